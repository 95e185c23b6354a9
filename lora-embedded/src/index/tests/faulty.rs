//! Files in memory that fail when told, and forget what was not synced.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::files::{File, Files};

/// What happens to the changes of files.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) full: AtomicBool,
    /// How many changes were tried.
    pub(super) done: AtomicU64,
    /// From which change on all fail; 0: none.
    pub(super) broken_from: AtomicU64,
}

impl Plan {
    fn step(&self) -> io::Result<()> {
        let broken_from = self.broken_from.load(Ordering::SeqCst);
        if self.done.fetch_add(1, Ordering::SeqCst) + 1 >= broken_from && broken_from > 0 {
            return Err(io::Error::other("the disk is broken"));
        }
        Ok(())
    }

    fn room(&self) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

#[derive(Default)]
pub(super) struct Faulty {
    files: Mutex<BTreeMap<String, Arc<Stored>>>,
    pub(super) plan: Arc<Plan>,
}

#[derive(Default)]
struct Stored {
    plan: Arc<Plan>,
    content: Mutex<Content>,
}

#[derive(Default, Clone)]
struct Content {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Step>,
}

#[derive(Clone)]
enum Step {
    Write(usize, Vec<u8>),
    Size(usize),
}

fn apply(bytes: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Size(size) => bytes.resize(*size, 0),
        Step::Write(at, written) => {
            bytes.resize(bytes.len().max(at + written.len()), 0);
            bytes[*at..][..written.len()].copy_from_slice(written);
        }
    }
}

impl Faulty {
    pub(super) fn with(name: &str, bytes: Vec<u8>) -> Self {
        let files = Self::default();
        let content = Content { durable: bytes.clone(), bytes, unsynced: Vec::new() };
        let stored = Stored { plan: files.plan.clone(), content: Mutex::new(content) };
        files.files.lock().unwrap().insert(name.to_owned(), Arc::new(stored));
        files
    }

    pub(super) fn bytes(&self, name: &str) -> Vec<u8> {
        self.files.lock().unwrap()[name].content.lock().unwrap().bytes.clone()
    }

    /// What a power cut leaves: what was synced, and of the rest a step each whole, not at all, or to a sector.
    pub(super) fn after_power_cut(&self, mut random: impl FnMut() -> u64) -> Self {
        let after = Self::default();
        for (name, stored) in &*self.files.lock().unwrap() {
            let Content { durable: mut bytes, unsynced, .. } = stored.content.lock().unwrap().clone();
            for step in unsynced {
                match (random() % 3, step) {
                    (0, _) => {}
                    (1, Step::Write(at, mut written)) => {
                        let sectors = random() as usize % (written.len() / 512 + 1);
                        let end = ((at / 512 + sectors) * 512).max(at) - at;
                        written.truncate(end);
                        apply(&mut bytes, &Step::Write(at, written));
                    }
                    (_, step) => apply(&mut bytes, &step),
                }
            }
            let content = Content { durable: bytes.clone(), bytes, unsynced: Vec::new() };
            let stored = Stored { plan: after.plan.clone(), content: Mutex::new(content) };
            after.files.lock().unwrap().insert(name.clone(), Arc::new(stored));
        }
        after
    }
}

impl Stored {
    fn change(&self, step: Step) -> io::Result<()> {
        self.plan.room()?;
        self.plan.step()?;
        let mut content = self.content.lock().unwrap();
        apply(&mut content.bytes, &step);
        content.unsynced.push(step);
        Ok(())
    }
}

impl Files for Faulty {
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let files = self.files.lock().unwrap();
        Ok(files.get(name).ok_or(io::ErrorKind::NotFound)?.clone())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        self.plan.step()?;
        let file = Arc::new(Stored { plan: self.plan.clone(), content: Mutex::default() });
        self.files.lock().unwrap().insert(name.to_owned(), file.clone());
        Ok(file)
    }

    fn list(&self, _folder: &str) -> io::Result<Vec<String>> {
        Ok(self.files.lock().unwrap().keys().cloned().collect())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.plan.step()?;
        self.files.lock().unwrap().remove(name).map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.plan.step()?;
        let mut files = self.files.lock().unwrap();
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn sync_folder(&self, _folder: &str) -> io::Result<()> {
        self.plan.step()
    }
}

impl File for Stored {
    fn size(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().bytes.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let content = self.content.lock().unwrap();
        let rest = content.bytes.get(offset as usize..).unwrap_or_default();
        buffer.copy_from_slice(rest.get(..buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.change(Step::Write(offset as usize, bytes.to_vec()))
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.change(Step::Size(size as usize))
    }

    fn sync(&self) -> io::Result<()> {
        self.plan.step()?;
        let content = &mut *self.content.lock().unwrap();
        content.unsynced.drain(..).for_each(|step| apply(&mut content.durable, &step));
        Ok(())
    }
}
