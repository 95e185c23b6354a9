//! A loss of power after any operation of the disk, however much of it had become durable.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lora_core::storage::Storage;
use lora_embedded::files::{File, Files};
use lora_embedded::testing::{SimulatedDisk, Torn};
use lora_embedded::{EmbeddedStore, Options};
use pollster::block_on;

use crate::support::{Expected, clock, one_of, open, script, small};

/// A disk that is remembered as it is after each operation, with the number of steps acknowledged by then.
#[derive(Clone)]
struct Watched {
    disk: SimulatedDisk,
    acknowledged: Arc<AtomicUsize>,
    caught: Arc<Mutex<Vec<Caught>>>,
}

struct Caught {
    acknowledged: usize,
    disk: SimulatedDisk,
    /// The length of what was written, in a write to the log.
    write: Option<usize>,
}

impl Watched {
    fn new() -> Self {
        Self { disk: SimulatedDisk::new(), acknowledged: Arc::default(), caught: Arc::default() }
    }

    fn catch(&self, write: Option<usize>) {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        let caught = Caught { acknowledged, disk: self.disk.after_kill(), write };
        self.caught.lock().unwrap().push(caught);
    }

    fn watch(&self, name: &str, file: Arc<dyn File>) -> Arc<dyn File> {
        Arc::new(WatchedFile { watched: self.clone(), file, in_log: name.starts_with("log/") })
    }
}

struct WatchedFile {
    watched: Watched,
    file: Arc<dyn File>,
    in_log: bool,
}

impl Files for Watched {
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        Ok(self.watch(name, self.disk.open(name)?))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let file = self.disk.create(name)?;
        self.catch(None);
        Ok(self.watch(name, file))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.disk.list(folder)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name).inspect(|()| self.catch(None))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to).inspect(|()| self.catch(None))
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.disk.sync_folder(folder).inspect(|()| self.catch(None))
    }
}

impl File for WatchedFile {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let write = self.in_log.then_some(bytes.len());
        self.file.write_at(bytes, offset).inspect(|()| self.watched.catch(write))
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.file.set_size(size).inspect(|()| self.watched.catch(None))
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync().inspect(|()| self.watched.catch(None))
    }
}

/// Runs the script, and returns each state that the disk had meanwhile.
fn states(expected: &Expected, options: Options) -> Vec<Caught> {
    let watched = Watched::new();
    let store = EmbeddedStore::open(Arc::new(watched.clone()), clock(), options).unwrap();
    for step in &expected.steps {
        block_on(store.commit(step.clone())).unwrap();
        watched.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
    drop(store);
    std::mem::take(&mut *watched.caught.lock().unwrap())
}

fn survives(expected: &Expected, caught: &Caught, torn: Torn, options: Options, goes_on: bool) {
    let store = open(&caught.disk.crash(torn), options);
    let found = expected.steps_of(&store);
    let done = caught.acknowledged;
    assert!((done..=done + 1).contains(&found), "{found} steps for {done} after {torn:?}");
    if goes_on {
        expected.go_on(&store, found);
    }
}

#[test]
fn what_was_acknowledged_survives_a_crash_after_any_operation() {
    let expected = Expected::of(script(14));
    for options in [small(Duration::from_secs(3_600)), small(Duration::ZERO)] {
        let states = states(&expected, options);
        for (number, caught) in states.iter().enumerate().step_by(one_of(4) as usize) {
            let seed = Torn::Seed(number as u64);
            let torn = [Torn::Nothing, Torn::Everything, seed, seed][number % 4];
            survives(&expected, caught, torn, options, number % 8 == 0);
        }
    }
}

#[test]
fn a_torn_last_write_is_cut_off_wherever_it_ends() {
    let expected = Expected::of(script(14));
    let options = small(Duration::from_secs(3_600));
    let states = states(&expected, options);
    let writes = states.iter().filter_map(|caught| Some((caught, caught.write?)));
    for (number, (caught, length)) in writes.enumerate() {
        // In a long round every byte; else more of one write than of the others.
        let stride = if number == 4 { one_of(3) } else { one_of(101) };
        for cut in (0..=length).step_by(stride as usize) {
            survives(&expected, caught, Torn::LastWriteCutAt(cut), options, cut % 31 == 0);
        }
    }
}
