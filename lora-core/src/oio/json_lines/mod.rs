//! JSON Lines: a store's entries as text, one a line.
//!
//! The first line is a header (`format`, `version`, the store, its class declarations, how many entries follow and the
//! position of the last); each line after it is an entry, in position order, with its whole content in OIO JSON:
//!
//! ```text
//! {"position":2,"instant":"…Z","kind":"registration","class":"bruger","id":"…","registered":{"from":"…Z","asserted":true},
//!  "batch":"…","lifecycle":"Opstaaet","actor":"…","note":"…","content":{"attributter":{…},"tilstande":{…}}}
//! ```
//!
//! Lines are read in two ways. [`read_entry`] reads what a living store may be told: a registration under the classes
//! of that store. [`read_restored`] reads what a store was: everything of the entry, under the classes as they were
//! declared at its position. What [`write_entry`] wrote, it reads back to the byte; rows need no order of their own
//! for that, because a content has its rows in order whatever order they were given in.
//!
//! docs/json-lines.md has every member.

mod numbered;
mod order;
mod read;
mod write;

use uuid::Uuid;

use crate::codec::{EntryKind, Frame, Salt, Skeleton};
use crate::object::{Position, Seq};
use crate::oio::input::{InputError, Place, missing};
use crate::schema::ClassDeclaration;
use crate::storage::{Declared, Draft, IndexChange, LedgerEntry};
use crate::time::{Timestamp, TransactionTime};

pub use order::{Chain, Order, Positions};
pub use read::{read_entry, read_header, read_restored};
pub use write::{Statement, begin_registration, write_entry, write_header, write_registration};

/// What the first line of every file says.
pub const FORMAT: &str = "lora-json-lines";

/// The version of the lines that this module reads and writes.
pub const VERSION: i64 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The store that the entries come from.
    pub store: Uuid,
    /// How many entries follow, where the writer knew.
    pub entries: Option<u64>,
    /// The position of the last one, where the writer knew.
    pub position: Option<Position>,
    /// The classes in force at the end.
    pub classes: Vec<ClassDeclaration>,
}

impl Header {
    /// Checks that this is the header of all entries of a store, the last declaration of which is `newest`.
    ///
    /// # Errors
    /// [`InputError`] for what it lacks or says otherwise.
    pub fn check_whole(&self, newest: Option<&Declared>) -> Result<(), InputError> {
        let at = Place::Root;
        for (name, given) in [("entries", self.entries.is_some()), ("position", self.position.is_some())] {
            if !given {
                return Err(missing(&at, name));
            }
        }
        let (store, classes) = newest.map_or((Uuid::nil(), &[][..]), |newest| (newest.store, &newest.classes));
        let differs = [("store", self.store != store), ("classes", self.classes != classes)];
        match differs.into_iter().find(|(_, differs)| *differs) {
            None => Ok(()),
            Some((name, _)) => {
                let accepted = "what the last declaration has".to_owned();
                Err(at.member(name).error("bad_header", "is not what the lines declare", None, accepted))
            }
        }
    }
}

/// An entry as its line states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<T> {
    /// Its place in the store that it comes from.
    pub position: Position,
    /// The instant of its step there.
    pub instant: Timestamp<TransactionTime>,
    /// What it is.
    pub entry: T,
}

/// An entry to restore: all of it but the number in its object's chain, which follows from the order, and a salt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    skeleton: Skeleton,
    content: Vec<u8>,
}

impl Restored {
    /// What survives an erasure; the number in the chain is that of a first registration, whichever it is.
    pub const fn skeleton(&self) -> &Skeleton {
        &self.skeleton
    }

    /// What is declared, where this is a declaration.
    pub fn declared(&self) -> Option<Declared> {
        let content = (self.skeleton.kind == EntryKind::Declaration).then_some(&self.content)?;
        Some(serde_json::from_slice(content).expect("a declaration was read before it was kept"))
    }

    /// Whether this is what a store has.
    pub fn is(&self, entry: &LedgerEntry) -> bool {
        let stored = Skeleton::decode(&entry.frame.skeleton);
        stored.is_ok_and(|stored| Skeleton { seq: stored.seq, ..self.skeleton } == stored)
            && entry.frame.content == self.content
    }

    /// The draft of the entry, which changes no index.
    pub fn into_draft(self, seq: Seq, salt: Salt) -> Draft {
        let skeleton = Skeleton { seq, ..self.skeleton };
        Draft {
            kind: skeleton.kind,
            object: skeleton.object,
            seq,
            frame: Frame { skeleton: skeleton.encode(), salt, content: self.content },
            asserted: skeleton.asserted,
            index: IndexChange::default(),
        }
    }
}

const fn kind_on_wire(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Registration => "registration",
        EntryKind::Declaration => "declaration",
    }
}
