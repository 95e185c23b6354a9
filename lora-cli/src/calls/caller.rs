//! Asking the process that has the store open.

use std::io::{self, BufReader, ErrorKind};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

use super::jobs::Input;
use super::wire::{self, Answer};
use super::{Call, Listener, socket};
use crate::failure::complain;

/// The process that has the store open could not be asked, or did not answer to the end.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// It does not listen.
    #[error("the store in {} is held by {owner}, which takes no calls now: try again when it has ended", folder.display())]
    NotListening {
        /// The folder.
        folder: PathBuf,
        /// Who holds it.
        owner: String,
    },
    /// Its socket cannot be used.
    #[error("the store in {} is held by {owner}, whose socket cannot be used", folder.display())]
    Unreachable {
        /// The folder.
        folder: PathBuf,
        /// Who holds it.
        owner: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// The connection ended before the answer.
    #[error("{owner}, which holds the store, broke off before it had answered: try again")]
    BrokenOff {
        /// Who held it.
        owner: String,
        /// What the connection says.
        source: io::Error,
    },
    /// The answer could not be written.
    #[error("the answer cannot be written to standard output")]
    Output(#[source] io::Error),
}

/// Has a call carried out by the owner of a folder, and passes on what it says. Returns the exit code.
pub(super) fn ask(folder: &Path, owner: &str, call: &Call, input: Input, to: &dyn Listener) -> Result<u8, AskError> {
    let (folder, owner) = (folder.to_owned(), owner.to_owned());
    let mut stream = match socket::connect(&folder) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            return Err(AskError::NotListening { folder, owner });
        }
        Err(source) => return Err(AskError::Unreachable { folder, owner, source }),
    };
    // An owner that does not listen to the end has answered: reading tells.
    let _ = wire::write_request(&mut stream, call);
    if matches!(call, Call::Import { .. })
        && let Ok(stream) = stream.try_clone()
    {
        thread::spawn(move || send_input(stream, input));
    }
    let mut from = BufReader::new(stream);
    loop {
        match wire::read_answer(&mut from) {
            Ok(Answer::Said(said)) => match to.hear(said) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(0),
                heard => heard.map_err(AskError::Output)?,
            },
            Ok(Answer::End(code)) => return Ok(code),
            Err(source) => return Err(AskError::BrokenOff { owner, source }),
        }
    }
}

/// Sends the input; the owner refuses it where it does not come whole.
fn send_input(mut to: UnixStream, input: Input) {
    match wire::send_input(&mut to, input) {
        Err(error) if !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
            complain(&format!("the input cannot be read: {error}"));
            let _ = to.shutdown(Shutdown::Write);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::Said;
    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<Said>>);

    impl Listener for Heard {
        fn hear(&self, said: Said) -> io::Result<()> {
            self.0.lock().unwrap().push(said);
            Ok(())
        }
    }

    fn asked(answers: &[Answer]) -> (Result<u8, AskError>, Vec<Said>) {
        let folder = tempfile::tempdir().unwrap();
        let listener = socket::listen(folder.path()).unwrap();
        let heard = Heard::default();
        let code = thread::scope(|scope| {
            scope.spawn(|| {
                let mut stream = BufReader::new(listener.accept().unwrap().0);
                assert_eq!(wire::read_request(&mut stream).unwrap().call, Call::Check);
                answers.iter().for_each(|answer| wire::write_answer(stream.get_mut(), answer).unwrap());
            });
            ask(folder.path(), "pid 1 (lora serve)", &Call::Check, Box::new(io::empty()), &heard)
        });
        (code, heard.0.into_inner().unwrap())
    }

    #[test]
    fn an_owner_that_dies_on_the_way_is_told() {
        let said = || Said::Output(b"half".to_vec());
        let (code, heard) = asked(&[Answer::Said(said())]);
        assert_eq!(heard, [said()]);
        let error = code.unwrap_err();
        assert!(matches!(error, AskError::BrokenOff { .. }), "{error}");
        let (code, heard) = asked(&[Answer::Said(said()), Answer::End(1)]);
        assert_eq!((code.unwrap(), heard), (1, vec![said()]));
    }

    #[test]
    fn an_owner_without_a_socket_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let ask = || ask(folder.path(), "pid 7 (lora import)", &Call::Check, Box::new(io::empty()), &Heard::default());
        let error = ask().unwrap_err().to_string();
        assert!(error.contains("pid 7 (lora import), which takes no calls now"), "{error}");
        drop(socket::listen(folder.path()).unwrap());
        assert!(matches!(ask().unwrap_err(), AskError::NotListening { .. }), "a socket of the dead");
    }
}
