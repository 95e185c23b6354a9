//! What must hold from one line to the next.

use std::collections::HashSet;

use super::{Header, Line};
use crate::object::lifecycle::may_follow;
use crate::object::{LifeCycle, ObjectId, Position};
use crate::oio::input::{InputError, Place};
use crate::oio::lifecycle_on_wire;
use crate::time::{Timestamp, TransactionTime};

/// How positions follow on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// 1, 2, 3 …: all entries of a store.
    Consecutive,
    /// Each greater than the one before: some entries.
    Increasing,
}

/// Follows the lines of a file, and says where one may not follow.
#[derive(Debug, Clone)]
pub struct Order {
    positions: Positions,
    entries: u64,
    last: Position,
    instant: Timestamp<TransactionTime>,
    /// The objects of the entries that have the newest instant.
    step: HashSet<ObjectId>,
}

impl Order {
    /// Before the first entry.
    pub fn new(positions: Positions) -> Self {
        Self {
            positions,
            entries: 0,
            last: Position::default(),
            instant: Timestamp::NEG_INFINITY,
            step: HashSet::new(),
        }
    }

    /// How many entries there were so far.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Takes the next line, whose entry is one of `object`.
    ///
    /// # Errors
    /// [`InputError`] where its position or its instant does not follow, or the step has an entry of the object.
    pub fn admit<T>(&mut self, line: &Line<T>, object: ObjectId) -> Result<(), InputError> {
        self.place(line.position)?;
        let at = Place::Root.member("instant");
        if line.instant < self.instant {
            let accepted = format!("{} or later", self.instant);
            return Err(at.error("out_of_order", "is earlier than the one before", None, accepted));
        }
        if line.instant > self.instant {
            self.step.clear();
        }
        if !self.step.insert(object) {
            let accepted = format!("an instant after {}", self.instant);
            return Err(at.error("out_of_order", "is that of an earlier entry of the same object", None, accepted));
        }
        (self.last, self.instant) = (line.position, line.instant);
        self.entries += 1;
        Ok(())
    }

    fn place(&self, position: Position) -> Result<(), InputError> {
        let accepted = match self.positions {
            Positions::Consecutive if position.0 != self.last.0 + 1 => format!("{}", self.last.0 + 1),
            Positions::Increasing if position <= self.last => format!("more than {}", self.last),
            Positions::Consecutive | Positions::Increasing => return Ok(()),
        };
        let found = position.to_string();
        Err(Place::Root.member("position").error("out_of_order", "does not follow", Some(&found), accepted))
    }

    /// Whether the entries are those that the header announced.
    ///
    /// # Errors
    /// [`InputError`] about the header's `entries` or `position`.
    pub fn end(&self, header: &Header) -> Result<(), InputError> {
        let announced =
            [("entries", header.entries, self.entries), ("position", header.position.map(|at| at.0), self.last.0)];
        match announced.into_iter().find(|(_, announced, found)| announced.is_some_and(|announced| announced != *found))
        {
            None => Ok(()),
            Some((name, announced, found)) => {
                let announced = announced.unwrap_or_default().to_string();
                let accepted = format!("{found}, which is what the lines have, or all the lines of the export");
                Err(Place::Root.member(name).error(
                    "truncated",
                    "is not what the lines have",
                    Some(&announced),
                    accepted,
                ))
            }
        }
    }
}

/// The newest registration of an object, as far as it says which may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// What kind of act it was.
    pub lifecycle: LifeCycle,
    /// Since when it is the newest.
    pub registered_from: Timestamp<TransactionTime>,
}

impl Chain {
    /// Checks that a registration may follow on `previous`, or be the object's first, and is none of the future.
    ///
    /// # Errors
    /// [`InputError`] about the time of registration or the life cycle.
    pub fn follow(self, previous: Option<&Self>, now: Timestamp<TransactionTime>) -> Result<(), InputError> {
        let at = Place::Root;
        if self.registered_from > now {
            let (registered, found) = (at.member("registered"), self.registered_from.to_string());
            let accepted = format!("a time that is not after {now}");
            return Err(registered.member("from").error("bad_time", "lies in the future", Some(&found), accepted));
        }
        if let Some(previous) = previous.filter(|previous| self.registered_from <= previous.registered_from) {
            let accepted = format!("a time after {}, when the object was registered last", previous.registered_from);
            let (registered, found) = (at.member("registered"), self.registered_from.to_string());
            return Err(registered.member("from").error("out_of_order", "is too early", Some(&found), accepted));
        }
        may_follow(previous.map(|previous| previous.lifecycle), self.lifecycle).map_err(|error| {
            let code = lifecycle_on_wire(self.lifecycle);
            let accepted = "a life cycle that may follow".to_owned();
            at.member("lifecycle").error("illegal_transition", &format!("cannot be ({error})"), Some(code), accepted)
        })
    }
}
