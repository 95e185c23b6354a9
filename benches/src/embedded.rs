//! The embedded store, beside the raw disk and the raw engine.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lora_cli::transfer::Loading;
use lora_embedded::home::Home;
use lora_embedded::{EmbeddedStore, Options, SystemClock};
use redb::{Database, ReadOnlyTable, ReadableDatabase, TableDefinition};

use crate::figures::{Failed, Figure, Times, number_after};
use crate::machine;
use crate::place::{Place, Raw};
use crate::report::Kind;

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("raw");
/// Appends that say whether a growing or a preallocated file is faster.
const TRIALS: usize = 200;
/// How long the preallocated file is.
const PREALLOCATED: u64 = 64 << 20;

/// A folder.
pub(crate) struct Folder {
    data: PathBuf,
    raw: PathBuf,
}

impl Folder {
    /// Inside another one.
    pub(crate) fn inside(folder: &Path) -> Self {
        Self { data: folder.join("data"), raw: folder.join("raw") }
    }
}

impl Place for Folder {
    type Store = EmbeddedStore;
    type Raw = RawFiles;

    const KIND: Kind = Kind::Embedded;
    const WRITTEN: &'static str = "written to the device";

    async fn open(&self) -> Result<EmbeddedStore, Failed> {
        let files = Home::open(&self.data, "benches")?.files();
        Ok(EmbeddedStore::open(Arc::new(files), Arc::new(SystemClock), Options::default())?)
    }

    fn bulk(&self, store: &EmbeddedStore) -> Option<Loading> {
        Some(Loading::new(store.clone()))
    }

    async fn settle(&self) -> Result<(), Failed> {
        Ok(())
    }

    async fn raw(&self, count: usize, bytes: usize) -> Result<RawFiles, Failed> {
        fs::create_dir_all(&self.raw)?;
        RawFiles::filled(&self.raw, count, bytes)
    }

    async fn on_disk(&self) -> Result<u64, Failed> {
        Ok(size(&self.data)?)
    }

    async fn written(&self) -> Result<u64, Failed> {
        let counted = fs::read_to_string("/proc/self/io")?;
        Ok(number_after(&counted, "write_bytes:").ok_or("the system does not say what a process wrote")?)
    }

    fn server_options(&self) -> Vec<String> {
        vec!["--data".to_owned(), self.data.display().to_string()]
    }

    async fn facts(&self) -> Result<Vec<String>, Failed> {
        let files = machine::file_system(self.data.parent().unwrap_or(&self.data));
        Ok(vec![format!("redb {} on {files}", machine::locked("redb")), "every commit synced (`fdatasync`)".to_owned()])
    }
}

fn size(folder: &Path) -> io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        total += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(total)
}

/// A file that is appended to, and a redb database that is read at random in one transaction.
pub(crate) struct RawFiles {
    folder: PathBuf,
    file: Appended,
    table: ReadOnlyTable<&'static [u8], &'static [u8]>,
    count: usize,
    /// Without it the table is closed.
    _database: Database,
}

impl RawFiles {
    fn filled(folder: &Path, count: usize, bytes: usize) -> Result<Self, Failed> {
        let database = Database::create(folder.join("raw.redb"))?;
        let transaction = database.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for number in 0..count {
                table.insert(key(number).as_slice(), vec![number as u8; bytes].as_slice())?;
            }
        }
        transaction.commit()?;
        let table = database.begin_read()?.open_table(TABLE)?;
        Ok(Self { folder: folder.to_owned(), file: Appended::best(folder, bytes)?, table, count, _database: database })
    }
}

impl Raw for RawFiles {
    const READ: &'static str = "raw get";
    const WRITE: &'static str = "raw append and sync";
    const WRITERS: &'static str = "raw appends of one client";
    const DOCUMENT: &'static str = "raw get, and a hot body encoded";
    const DOCUMENT_IS_WRITTEN: bool = true;

    async fn read(&self, number: usize) -> Result<(), Failed> {
        let value = self.table.get(key(number * 7919 % self.count).as_slice())?.ok_or("it was put there")?;
        std::hint::black_box(value.value().to_vec());
        Ok(())
    }

    async fn write(&self) -> Result<(), Failed> {
        Ok(self.file.append()?)
    }

    async fn writers(&self, during: Duration) -> Result<Figure, Failed> {
        let (begin, mut count) = (Instant::now(), 0);
        while count == 0 || begin.elapsed() < during {
            self.file.append()?;
            count += 1;
        }
        Ok(Figure::rate(count, begin.elapsed()))
    }

    async fn load(&self) -> Result<Option<(&'static str, Figure)>, Failed> {
        Ok(None)
    }

    async fn remove(self) -> Result<(), Failed> {
        drop(self.table);
        Ok(fs::remove_dir_all(self.folder)?)
    }
}

/// Spread over the key space, as identities are.
fn key(number: usize) -> [u8; 26] {
    let mut key = [0; 26];
    key[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    key
}

/// A file that grows by a value, and is synced, again and again.
struct Appended {
    file: File,
    content: Vec<u8>,
    end: AtomicU64,
}

impl Appended {
    /// The better of a growing file and a preallocated one.
    fn best(folder: &Path, bytes: usize) -> Result<Self, Failed> {
        let growing = Self::new(&folder.join("growing"), bytes, 0)?;
        let preallocated = Self::new(&folder.join("preallocated"), bytes, PREALLOCATED)?;
        Ok(if growing.tried()? < preallocated.tried()? { growing } else { preallocated })
    }

    fn new(path: &Path, bytes: usize, preallocated: u64) -> io::Result<Self> {
        let (file, zeros) = (File::create(path)?, vec![0; 1 << 20]);
        for at in (0..preallocated).step_by(zeros.len()) {
            file.write_all_at(&zeros, at)?;
        }
        file.sync_all()?;
        Ok(Self { file, content: vec![7; bytes], end: AtomicU64::new(0) })
    }

    fn append(&self) -> io::Result<()> {
        let at = self.end.fetch_add(self.content.len() as u64, Ordering::Relaxed);
        self.file.write_all_at(&self.content, at)?;
        self.file.sync_data()
    }

    fn tried(&self) -> io::Result<f64> {
        let mut times = Vec::new();
        for _ in 0..TRIALS {
            let begin = Instant::now();
            self.append()?;
            times.push(begin.elapsed());
        }
        Ok(Figure::time(&Times::new(times)).value)
    }
}
