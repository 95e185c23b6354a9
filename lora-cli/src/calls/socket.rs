//! The socket in the folder of a store.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;

const SOCKET: &str = "socket";
const NEW_SOCKET: &str = "socket.new";

/// Listens in a folder whose lock this process holds: whoever left a socket there is dead. Only this user may connect.
pub(super) fn listen(folder: &Path) -> io::Result<UnixListener> {
    let new = folder.join(NEW_SOCKET);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = by_short_name(folder, NEW_SOCKET, |name| UnixListener::bind(name))?;
    fs::set_permissions(&new, Permissions::from_mode(0o600))?;
    fs::rename(&new, folder.join(SOCKET))?;
    Ok(listener)
}

/// Connects to whoever listens in a folder.
pub(super) fn connect(folder: &Path) -> io::Result<UnixStream> {
    by_short_name(folder, SOCKET, |name| UnixStream::connect(name))
}

/// Removes the socket; a folder that is gone or full is no reason to fail.
pub(super) fn remove(folder: &Path) {
    let _ = fs::remove_file(folder.join(SOCKET));
}

/// The name of a socket holds some 100 bytes; a folder with a longer path is reached through an open file.
fn by_short_name<T>(folder: &Path, name: &str, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let path = folder.join(name);
    if SocketAddr::from_pathname(&path).is_ok() {
        return act(&path);
    }
    let open = fs::File::open(folder)?;
    act(&Path::new("/proc/self/fd").join(open.as_raw_fd().to_string()).join(name))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_folder_of_any_length_has_a_socket_for_its_user() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(150));
        fs::create_dir(&long).unwrap();
        for path in [folder.path(), &long] {
            assert_eq!(connect(path).unwrap_err().kind(), ErrorKind::NotFound);
            drop(listen(path).unwrap());
            assert_eq!(connect(path).unwrap_err().kind(), ErrorKind::ConnectionRefused, "its owner is dead");
            let listener = listen(path).unwrap();
            assert_eq!(fs::metadata(path.join(SOCKET)).unwrap().permissions().mode() & 0o777, 0o600);
            connect(path).unwrap().write_all(b"hello").unwrap();
            let mut said = String::new();
            listener.accept().unwrap().0.read_to_string(&mut said).unwrap();
            assert_eq!(said, "hello");
            remove(path);
            assert!(!path.join(SOCKET).exists() && !path.join(NEW_SOCKET).exists());
        }
    }
}
