//! A disk in memory that knows what was synced, and fails where a test says.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chance::Chance;
use crate::files::{File, Files};

/// A folder of files in memory; clones are handles on the same disk.
///
/// As on a real disk, a write is there at once and durable only after a sync of its file; a file that was made, renamed
/// or removed only after a sync of its folder. What a failed sync should have made durable never will be.
#[derive(Clone)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

/// How much of what was not synced is there after a loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Torn {
    /// Nothing.
    Nothing,
    /// All of it.
    Everything,
    /// What chance says: of each file some of the writes, the last one cut anywhere, or some of their sectors.
    Seed(u64),
    /// All of it, but of the very last write only so many bytes.
    LastWriteCutAt(usize),
}

#[derive(Clone)]
struct State {
    inodes: Vec<Inode>,
    /// Files and folders.
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// How the durable names become the names.
    name_changes: Vec<NameChange>,
    /// The file that was written to last.
    last_written: usize,
    /// How many bytes files may still grow.
    room: u64,
    reads: u64,
    writes: Counter,
    syncs: Counter,
}

#[derive(Clone, Default)]
struct Inode {
    current: Vec<u8>,
    synced: Vec<u8>,
    /// How `synced` becomes `current`.
    changes: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Size(u64),
}

#[derive(Clone)]
enum NameChange {
    Link(String, usize),
    Unlink(String),
    Rename(String, String, usize),
}

#[derive(Clone, Default)]
struct Counter {
    done: u64,
    fault: Option<Fault>,
}

#[derive(Clone, Copy)]
struct Fault {
    at: u64,
    lasting: bool,
    kind: ErrorKind,
}

impl Default for SimulatedDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl SimulatedDisk {
    /// An empty disk without faults and with room for everything.
    pub fn new() -> Self {
        Self::with(Vec::new(), BTreeMap::new())
    }

    fn with(inodes: Vec<Inode>, names: BTreeMap<String, usize>) -> Self {
        Self::of(State {
            inodes,
            durable_names: names.clone(),
            names,
            name_changes: Vec::new(),
            last_written: 0,
            room: u64::MAX,
            reads: 0,
            writes: Counter::default(),
            syncs: Counter::default(),
        })
    }

    fn of(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a durable file on the disk.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut state = self.state();
        let inode = Inode { current: bytes.to_vec(), synced: bytes.to_vec(), changes: Vec::new() };
        state.link(name, inode);
        state.sync_names(|_| true);
    }

    /// The bytes of a file, as somebody reads them now.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(name).map(|inode| state.inodes[*inode].current.clone())
    }

    /// Changes one bit of a file, behind everybody's back.
    ///
    /// # Panics
    /// Where there is no such byte.
    pub fn flip_bit(&self, name: &str, offset: usize, bit: u8) {
        let mut state = self.state();
        let inode = *state.names.get(name).expect("the test flips a bit of a file that is there");
        let inode = &mut state.inodes[inode];
        inode.current[offset] ^= 1 << bit;
        if let Some(byte) = inode.synced.get_mut(offset) {
            *byte ^= 1 << bit;
        }
    }

    /// How often bytes of a file were read.
    pub fn reads(&self) -> u64 {
        self.state().reads
    }

    /// How often something was written: bytes, a length, or a name.
    pub fn writes(&self) -> u64 {
        self.state().writes.done
    }

    /// How often a file or a folder was synced.
    pub fn syncs(&self) -> u64 {
        self.state().syncs.done
    }

    /// Lets one write fail; 1 is the next one. Half of its bytes are written all the same.
    pub fn fail_write(&self, nth: u64, kind: ErrorKind) {
        self.state().writes.fail(nth, kind, false);
    }

    /// Lets a write and all after it fail.
    pub fn fail_writes_from(&self, nth: u64, kind: ErrorKind) {
        self.state().writes.fail(nth, kind, true);
    }

    /// Lets one sync fail; 1 is the next one.
    pub fn fail_sync(&self, nth: u64, kind: ErrorKind) {
        self.state().syncs.fail(nth, kind, false);
    }

    /// Lets a sync and all after it fail.
    pub fn fail_syncs_from(&self, nth: u64, kind: ErrorKind) {
        self.state().syncs.fail(nth, kind, true);
    }

    /// Lets files grow by so many bytes more; a write that finds too little room writes what fits.
    pub fn set_room(&self, bytes: u64) {
        self.state().room = bytes;
    }

    /// Ends all faults, and gives room for everything.
    pub fn heal(&self) {
        let mut state = self.state();
        (state.writes.fault, state.syncs.fault, state.room) = (None, None, u64::MAX);
    }

    /// What is found after a loss of power, without faults.
    pub fn crash(&self, torn: Torn) -> Self {
        let state = self.state();
        let mut chance = Chance(if let Torn::Seed(seed) = torn { seed } else { 0 });
        let contents = state.inodes.iter().enumerate().map(|(index, inode)| match torn {
            Torn::Nothing => inode.synced.clone(),
            Torn::LastWriteCutAt(length) if index == state.last_written => inode.cut_at(length),
            Torn::Everything | Torn::LastWriteCutAt(_) => inode.current.clone(),
            Torn::Seed(_) => inode.by_chance(&mut chance),
        });
        let inodes = contents.map(|content| Inode { current: content.clone(), synced: content, changes: Vec::new() });
        let inodes = inodes.collect();
        let mut names = state.durable_names.clone();
        let changes = match torn {
            Torn::Nothing => 0,
            Torn::Seed(_) => chance.below(state.name_changes.len() + 1),
            Torn::Everything | Torn::LastWriteCutAt(_) => state.name_changes.len(),
        };
        state.name_changes[..changes].iter().for_each(|change| change.apply(&mut names));
        let all = names.clone();
        names.retain(|name, _| folders_of(name).all(|folder| all.contains_key(folder)));
        Self::with(inodes, names)
    }

    /// What is found after the process was killed: everything that was written, synced or not; without faults.
    pub fn after_kill(&self) -> Self {
        let disk = Self::of(self.state().clone());
        disk.heal();
        disk
    }
}

impl State {
    fn inode(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn change_name(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.name_changes.push(change);
    }

    /// Makes the folder of a name, and the folder that it lies in, where they are not there.
    fn make_folder_of(&mut self, name: &str) {
        let folder = folder_of(name);
        if !folder.is_empty() && !self.names.contains_key(folder) {
            self.link(folder, Inode::default());
        }
    }

    /// Makes a file, and its folder where it is not there.
    fn link(&mut self, name: &str, inode: Inode) -> usize {
        self.make_folder_of(name);
        self.inodes.push(inode);
        let inode = self.inodes.len() - 1;
        self.change_name(NameChange::Link(name.to_owned(), inode));
        inode
    }

    fn sync_names(&mut self, synced: impl Fn(&NameChange) -> bool) {
        let (durable, pending) = std::mem::take(&mut self.name_changes).into_iter().partition(synced);
        let durable: Vec<NameChange> = durable;
        durable.iter().for_each(|change| change.apply(&mut self.durable_names));
        self.name_changes = pending;
    }

    /// How many of `length` bytes at an offset there is room for.
    fn fitting(&mut self, inode: usize, length: usize, offset: u64) -> usize {
        let growth = (offset + length as u64).saturating_sub(self.inodes[inode].current.len() as u64);
        let missing = growth.saturating_sub(self.room);
        self.room -= growth - missing;
        length - (missing as usize).min(length)
    }

    fn write(&mut self, inode: usize, bytes: &[u8], offset: u64) -> io::Result<()> {
        let asked = self.writes.next();
        let length = if asked.is_ok() { bytes.len() } else { bytes.len() / 2 };
        let fitting = self.fitting(inode, length, offset);
        self.last_written = inode;
        self.inodes[inode].change(Change::Write(offset, bytes[..fitting].to_vec()));
        asked?;
        if fitting == length { Ok(()) } else { Err(ErrorKind::StorageFull.into()) }
    }

    fn set_size(&mut self, inode: usize, size: u64) -> io::Result<()> {
        self.writes.next()?;
        let before = self.inodes[inode].current.len() as u64;
        if size.saturating_sub(before) > self.room {
            return Err(ErrorKind::StorageFull.into());
        }
        self.room = self.room.saturating_add(before).saturating_sub(size);
        self.inodes[inode].change(Change::Size(size));
        Ok(())
    }

    fn sync(&mut self, inode: usize) -> io::Result<()> {
        let synced = self.syncs.next();
        let inode = &mut self.inodes[inode];
        let changes = std::mem::take(&mut inode.changes);
        synced?;
        changes.iter().for_each(|change| change.apply(&mut inode.synced));
        Ok(())
    }
}

impl Inode {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.current);
        self.changes.push(change);
    }

    fn cut_at(&self, length: usize) -> Vec<u8> {
        let mut content = self.synced.clone();
        for (index, change) in self.changes.iter().enumerate() {
            match change {
                Change::Write(offset, bytes) if index + 1 == self.changes.len() => {
                    Change::Write(*offset, bytes[..length.min(bytes.len())].to_vec()).apply(&mut content);
                }
                change => change.apply(&mut content),
            }
        }
        content
    }

    fn by_chance(&self, chance: &mut Chance) -> Vec<u8> {
        if chance.below(2) == 0 {
            let kept = chance.below(self.changes.len() + 1);
            let magnitude = chance.below(16);
            let length = chance.below(1 << magnitude);
            return Self { changes: self.changes[..kept].to_vec(), ..self.clone() }.cut_at(length);
        }
        let mut content = self.synced.clone();
        for change in &self.changes {
            change.some_sectors(chance, &mut content);
        }
        content
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Size(size) => content.resize(*size as usize, 0),
            // A file does not grow by nothing.
            Self::Write(_, bytes) if bytes.is_empty() => {}
            Self::Write(offset, bytes) => {
                let (from, to) = (*offset as usize, *offset as usize + bytes.len());
                content.resize(content.len().max(to), 0);
                content[from..to].copy_from_slice(bytes);
            }
        }
    }

    /// Applies those sectors of a write that reached the disk.
    fn some_sectors(&self, chance: &mut Chance, content: &mut Vec<u8>) {
        const SECTOR: u64 = 512;
        match self {
            Self::Size(_) if chance.below(2) == 0 => {}
            Self::Size(_) => self.apply(content),
            Self::Write(offset, bytes) => {
                let mut at = 0;
                while at < bytes.len() {
                    let left = SECTOR - (offset + at as u64) % SECTOR;
                    let to = bytes.len().min(at + left as usize);
                    if chance.below(2) == 0 {
                        Self::Write(offset + at as u64, bytes[at..to].to_vec()).apply(content);
                    }
                    at = to;
                }
            }
        }
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Link(name, inode) => {
                names.insert(name.clone(), *inode);
            }
            Self::Unlink(name) => {
                names.remove(name);
            }
            // The name that it had may never have become durable; the one that it has does all the same.
            Self::Rename(from, to, inode) => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
        }
    }

    fn folder(&self) -> &str {
        match self {
            Self::Link(name, _) | Self::Unlink(name) | Self::Rename(_, name, _) => folder_of(name),
        }
    }
}

impl Counter {
    fn fail(&mut self, nth: u64, kind: ErrorKind, lasting: bool) {
        self.fault = Some(Fault { at: self.done + nth, lasting, kind });
    }

    fn next(&mut self) -> io::Result<()> {
        self.done += 1;
        let due = |fault: &Fault| self.done == fault.at || (fault.lasting && self.done > fault.at);
        self.fault.filter(due).map_or(Ok(()), |fault| Err(fault.kind.into()))
    }
}

/// The folder of a file, the folder that this lies in, and so on.
fn folders_of(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Files for SimulatedDisk {
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let inode = self.state().inode(name)?;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), inode }))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut state = self.state();
        state.writes.next()?;
        if state.names.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let inode = state.link(name, Inode::default());
        Ok(Arc::new(SimulatedFile { disk: self.clone(), inode }))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.names.keys().filter(|name| folder_of(name) == folder);
        Ok(inside.map(|name| name.rsplit_once('/').map_or(&**name, |(_, name)| name).to_owned()).collect())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        state.writes.next()?;
        state.inode(name)?;
        state.change_name(NameChange::Unlink(name.to_owned()));
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        state.writes.next()?;
        let inode = state.inode(from)?;
        state.make_folder_of(to);
        state.change_name(NameChange::Rename(from.to_owned(), to.to_owned(), inode));
        Ok(())
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        let mut state = self.state();
        state.syncs.next()?;
        if !folder.is_empty() {
            state.inode(folder)?;
        }
        state.sync_names(|change| change.folder() == folder);
        Ok(())
    }
}

struct SimulatedFile {
    disk: SimulatedDisk,
    inode: usize,
}

impl File for SimulatedFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.state().inodes[self.inode].current.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.reads += 1;
        let rest = state.inodes[self.inode].current.get(offset as usize..);
        let bytes = rest.and_then(|rest| rest.get(..buffer.len()));
        buffer.copy_from_slice(bytes.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.state().write(self.inode, bytes, offset)
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.disk.state().set_size(self.inode, size)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.state().sync(self.inode)
    }
}
