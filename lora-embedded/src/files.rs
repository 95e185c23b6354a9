//! The files of one folder: all that this store asks of an operating system, so that a test can put a disk in its place
//! that fails where it says.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

/// The files of one folder, by names such as `log/00000000000000000001`.
pub trait Files: Send + Sync + 'static {
    /// Opens a file that is there, for reading and writing.
    ///
    /// # Errors
    /// Whatever the operating system says; `NotFound` where it is not there.
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>>;

    /// Makes a file, and the folder that it lies in.
    ///
    /// # Errors
    /// Whatever the operating system says; `AlreadyExists` where it is there.
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>>;

    /// The names in a folder (`""` for the store's own), sorted, without the folder; none where there is no folder.
    ///
    /// # Errors
    /// Whatever the operating system says.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;

    /// Removes a file.
    ///
    /// # Errors
    /// Whatever the operating system says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Renames a file, in place of another of that name, and makes the folder that it then lies in.
    ///
    /// # Errors
    /// Whatever the operating system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes what was created, renamed and removed in a folder durable.
    ///
    /// # Errors
    /// Whatever the operating system says.
    fn sync_folder(&self, folder: &str) -> io::Result<()>;
}

/// An open file.
pub trait File: Send + Sync + 'static {
    /// How long it is, in bytes.
    ///
    /// # Errors
    /// Whatever the operating system says.
    fn size(&self) -> io::Result<u64>;

    /// Fills a buffer from an offset on.
    ///
    /// # Errors
    /// `UnexpectedEof` where the file ends before; whatever else the operating system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all bytes from an offset on. Where that fails, some of them may have been written.
    ///
    /// # Errors
    /// Whatever the operating system says; `StorageFull` where there is no room.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts the file, or makes it longer with zeros.
    ///
    /// # Errors
    /// Whatever the operating system says.
    fn set_size(&self, size: u64) -> io::Result<()>;

    /// Makes what was written durable, and as much about the file as reading it back needs (`fdatasync`).
    ///
    /// # Errors
    /// Whatever the operating system says; what was written since the last success may then be lost.
    fn sync(&self) -> io::Result<()>;
}

/// A folder of the operating system.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    /// What keeps others away for as long as anybody has these files.
    _lock: Option<Arc<fs::File>>,
}

impl Folder {
    /// The folder at a path; it must be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), _lock: None }
    }

    /// The same, with a lock that is held until the last clone is gone.
    pub(crate) fn locked(self, lock: fs::File) -> Self {
        Self { _lock: Some(Arc::new(lock)), ..self }
    }
}

impl Files for Folder {
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(OpenOptions::new().read(true).write(true).open(self.path.join(name))?))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let path = self.path.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(Arc::new(OpenOptions::new().read(true).write(true).create_new(true).open(path)?))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.path.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        let mut names = entries.map(name).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let to = self.path.join(to);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::rename(self.path.join(from), to)
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        fs::File::open(self.path.join(folder))?.sync_all()
    }
}

impl File for fs::File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.set_len(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
