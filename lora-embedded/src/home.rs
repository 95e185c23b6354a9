//! The folder of a store: what marks it as ours, and the lock that gives it to one process.
//!
//! ```text
//! lora-store    the marker: what this is, and in which format
//! lock          locked by whoever has the store open; says who that is
//! ```

use std::fs::{self, DirBuilder, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::files::{Files, Folder};
use crate::open::INDEX;

/// The format of folders that this program makes and reads.
pub const FORMAT: u32 = 1;

const MARKER: &str = "lora-store";
const NEW_MARKER: &str = "lora-store.new";
const LOCK: &str = "lock";
const FIRST_LINE: &str = "lora embedded store";

/// What may lie in a folder that becomes a store: the root of a fresh file system, or what a killed first start left.
const NOT_FOREIGN: [&str; 3] = [LOCK, NEW_MARKER, "lost+found"];

/// A longer marker is none.
const MARKER_BYTES_MAX: u64 = 1_000;

/// The folder of a store, taken by this process until this and its files are dropped.
#[derive(Debug)]
pub struct Home {
    files: Folder,
}

/// A folder cannot be the home of a store; nothing in it was touched.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// There is nothing at the path.
    #[error("there is no store at {}", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// There is a file at the path, or on the way to it.
    #[error("{} is not a folder: choose another path", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// This user may not use the folder.
    #[error("this user may not read and write {}: give it the right to, or run as the user who may", path.display())]
    Denied {
        /// What may not be used.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The folder lies on a file system that cannot be written to.
    #[error("{} lies on a file system that is read-only: mount it for writing, or copy the folder", path.display())]
    ReadOnly {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds other things.
    #[error("{} holds other things, such as {found:?}, and no store: choose an empty or a new folder", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// One of them.
        found: String,
    },
    /// The marker does not say what a marker says.
    #[error(
        "{} is damaged: it says {found:?}, where a store says {:?}; restore the folder from a backup",
        path.display(), marker()
    )]
    Marker {
        /// The marker.
        path: PathBuf,
        /// What it says.
        found: String,
    },
    /// A newer program made the folder.
    #[error(
        "the store in {} has format {found}, and this program knows formats up to {FORMAT}: use the newer program",
        path.display()
    )]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Another process has the store open.
    #[error("the store in {} is held by {owner}", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Who that is, for people.
        owner: String,
    },
    /// The operating system refused something else.
    #[error("{} cannot be used", path.display())]
    Io {
        /// What it was about.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl Home {
    /// Takes the folder of a store, and makes it where there is none yet; others are told that `call` has it.
    ///
    /// # Errors
    /// [`HomeError`]; an existing folder is as it was.
    pub fn open(path: &Path, call: &str) -> Result<Self, HomeError> {
        match inspect(path) {
            Err(HomeError::Missing { .. }) => make(path)?,
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        let lock = lock(path, call)?;
        // Only now: another process may have made a store of an empty folder before this one had the lock.
        if inspect(path)? == Found::Nothing {
            mark(path).map_err(|source| refused(path, source))?;
        }
        Ok(Self { files: Folder::new(path).locked(lock) })
    }

    /// Takes the folder of a store that is there.
    ///
    /// # Errors
    /// [`HomeError`], with [`HomeError::Missing`] where there is no folder, or an empty one.
    pub fn open_existing(path: &Path, call: &str) -> Result<Self, HomeError> {
        match inspect(path)? {
            Found::Nothing => Err(HomeError::Missing { path: path.to_owned() }),
            Found::Store => Ok(Self { files: Folder::new(path).locked(lock(path, call)?) }),
        }
    }

    /// Its files; whoever has them has the lock.
    pub fn files(self) -> Folder {
        self.files
    }

    /// Throws the index away, so that it is computed from the log when the store is opened.
    ///
    /// # Errors
    /// Whatever the operating system says.
    pub fn remove_index(&self) -> io::Result<()> {
        match self.files.remove(INDEX) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => self.files.sync_folder(""),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    Store,
    Nothing,
}

/// What a folder holds, without touching it.
fn inspect(path: &Path) -> Result<Found, HomeError> {
    let missing = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => HomeError::Missing { path: path.to_owned() },
        _ => refused(path, error),
    };
    if !fs::metadata(path).map_err(missing)?.is_dir() {
        return Err(HomeError::NotAFolder { path: path.to_owned() });
    }
    match fs::File::open(path.join(MARKER)) {
        Ok(file) => read_marker(path, file).map(|()| Found::Store),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let names = Folder::new(path).list("").map_err(|error| refused(path, error))?;
            match names.into_iter().find(|name| !NOT_FOREIGN.contains(&name.as_str())) {
                Some(found) => Err(HomeError::NotOurs { path: path.to_owned(), found }),
                None => Ok(Found::Nothing),
            }
        }
        Err(error) => Err(refused(&path.join(MARKER), error)),
    }
}

fn read_marker(path: &Path, file: fs::File) -> Result<(), HomeError> {
    let mut bytes = Vec::new();
    file.take(MARKER_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| refused(&path.join(MARKER), error))?;
    let text = String::from_utf8_lossy(&bytes);
    let format = text.strip_prefix(FIRST_LINE).and_then(|rest| rest.strip_prefix("\nformat "));
    match format.and_then(|format| format.lines().next()?.parse().ok()) {
        Some(FORMAT) if text == marker() => Ok(()),
        Some(found) if found > FORMAT => Err(HomeError::Newer { path: path.to_owned(), found }),
        _ => Err(HomeError::Marker { path: path.join(MARKER), found: text.into_owned() }),
    }
}

fn marker() -> String {
    format!("{FIRST_LINE}\nformat {FORMAT}\n")
}

/// Makes the folder, and those that it lies in; what a register holds is nobody else's business.
fn make(path: &Path) -> Result<(), HomeError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.and_then(|()| fs::File::open(path.join("..")).and_then(|parent| parent.sync_all()))
        .map_err(|error| refused(path, error))
}

/// Writes the marker, durable and whole or not at all.
fn mark(path: &Path) -> io::Result<()> {
    let mut file = fs::File::create(path.join(NEW_MARKER))?;
    file.write_all(marker().as_bytes())?;
    file.sync_all()?;
    let files = Folder::new(path);
    files.rename(NEW_MARKER, MARKER)?;
    files.sync_folder("")
}

fn lock(path: &Path, call: &str) -> Result<fs::File, HomeError> {
    let name = path.join(LOCK);
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&name);
    let mut file = opened.map_err(|error| refused(path, error))?;
    match file.try_lock() {
        Ok(()) => {
            // For people only: a full disk is no reason not to read.
            let _ = file.set_len(0).and_then(|()| write!(file, "pid {} (lora {call})", std::process::id()));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            let _ = file.take(MARKER_BYTES_MAX).read_to_string(&mut owner);
            let owner = if owner.is_empty() { "another process".to_owned() } else { owner };
            Err(HomeError::Locked { path: path.to_owned(), owner })
        }
        Err(TryLockError::Error(error)) => Err(refused(&name, error)),
    }
}

fn refused(path: &Path, source: io::Error) -> HomeError {
    let path = path.to_owned();
    match source.kind() {
        ErrorKind::PermissionDenied => HomeError::Denied { path, source },
        ErrorKind::ReadOnlyFilesystem => HomeError::ReadOnly { path },
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => HomeError::NotAFolder { path },
        _ => HomeError::Io { path, source },
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(path: &Path) -> Vec<String> {
        Folder::new(path).list("").unwrap()
    }

    fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
        folder
    }

    /// Refuses the folder both ways, and leaves it as it was.
    #[track_caller]
    fn refuses(files: &[(&str, &str)]) -> HomeError {
        let folder = with(files);
        let before = names(folder.path());
        Home::open_existing(folder.path(), "check").unwrap_err();
        let error = Home::open(folder.path(), "serve").unwrap_err();
        assert_eq!(names(folder.path()), before);
        for (name, text) in files {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), *text);
        }
        error
    }

    #[test]
    fn a_folder_is_made_and_marked_and_taken_once() {
        let folder = with(&[]);
        let path = folder.path().join("new/one");
        let home = Home::open(&path, "serve").unwrap();
        assert_eq!(fs::read_to_string(path.join(MARKER)).unwrap(), "lora embedded store\nformat 1\n");
        assert_eq!(names(&path), ["lock", "lora-store"]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        for error in [Home::open(&path, "import").unwrap_err(), Home::open_existing(&path, "check").unwrap_err()] {
            let HomeError::Locked { owner, .. } = error else { panic!("{error}") };
            assert_eq!(owner, format!("pid {} (lora serve)", std::process::id()));
        }
        drop(home);
        let files = Home::open_existing(&path, "check").unwrap().files();
        let error = Home::open(&path, "serve").unwrap_err();
        assert!(matches!(&error, HomeError::Locked { owner, .. } if owner.ends_with("(lora check)")), "{error}");
        drop(files);
        fs::write(path.join(INDEX), "").unwrap();
        let home = Home::open(&path, "serve").unwrap();
        home.remove_index().unwrap();
        home.remove_index().unwrap();
        assert_eq!(names(&path), ["lock", "lora-store"]);
    }

    #[test]
    fn what_a_killed_first_start_leaves_is_no_hindrance() {
        for left in [&[("lock", "")][..], &[("lock", ""), (NEW_MARKER, "lora emb")]] {
            let folder = with(left);
            fs::create_dir(folder.path().join("lost+found")).unwrap();
            drop(Home::open(folder.path(), "serve").unwrap());
            assert_eq!(names(folder.path()), ["lock", "lora-store", "lost+found"]);
        }
    }

    #[test]
    fn what_is_there_must_be_ours() {
        let error = refuses(&[("letter.txt", "dear")]);
        assert!(matches!(&error, HomeError::NotOurs { found, .. } if found == "letter.txt"), "{error}");
        assert!(matches!(refuses(&[(".profile", "")]), HomeError::NotOurs { .. }));
        assert!(matches!(refuses(&[("lock", ""), ("socket", "")]), HomeError::NotOurs { .. }));
    }

    #[test]
    fn a_newer_format_and_a_damaged_marker_are_told_apart() {
        let error = refuses(&[(MARKER, "lora embedded store\nformat 2\nand more\n")]);
        assert!(matches!(error, HomeError::Newer { found: 2, .. }), "{error}");
        assert!(error.to_string().contains("format 2, and this program knows formats up to 1"), "{error}");
        for damaged in ["", "lora embedded", "lora embedded store\nformat 1", "lora embedded store\nformat 0\n", "\0\0"]
        {
            let error = refuses(&[(MARKER, damaged)]);
            assert!(matches!(&error, HomeError::Marker { found, .. } if found == damaged), "{damaged:?}: {error}");
        }
        let long = format!("{}{}", marker(), "x".repeat(2_000));
        assert!(matches!(refuses(&[(MARKER, &long)]), HomeError::Marker { .. }));
    }

    #[test]
    fn a_path_that_is_or_leads_through_a_file_is_refused() {
        let folder = with(&[("file", "")]);
        for path in ["file", "file/in/it"] {
            let error = Home::open(&folder.path().join(path), "serve").unwrap_err();
            assert!(matches!(error, HomeError::NotAFolder { .. }), "{error}");
        }
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_store_that_must_be_there_is_not_made() {
        let folder = with(&[]);
        for path in [folder.path(), &folder.path().join("none")] {
            let error = Home::open_existing(path, "check").unwrap_err();
            assert!(matches!(error, HomeError::Missing { .. }), "{error}");
        }
        assert!(names(folder.path()).is_empty());
    }
}
