//! The definition of meaning: a deliberately naive interpreter of every write, read, search and query.
//!
//! What an update makes of a content, what a read shows and what a search or query finds is *by definition* what is
//! computed here, over all objects held in memory, instant by instant, with no index, no plan and no cleverness.
//! Everything else ([`merge`](crate::object::merge), [`validate`](crate::object::validate),
//! [`Pattern`](super::Pattern), the executor, each store) is judged by comparison with it. Therefore
//!
//! - **no store, no executor, no service may call this module**; only tests do;
//! - it shares no code with what it judges: no merge, no slicing, no `Periods`, no `Timeline`, not even
//!   `Period::overlaps`. All it knows of time is which instants a period contains;
//! - it is read more often than run: where a faster way would need a proof, it takes the slow one.
//!
//! A [`World`] holds everything that was ever registered; [`World::apply`] adds to it, [`World::read`],
//! [`World::search`] and [`World::found`] ask it. [`updated`], [`flaws`] and [`consolidated`] are the rules about
//! contents alone.

mod filter;
mod instants;
mod paths;
mod query;
mod read;
mod related;
mod search;
mod stated;
mod write;

use std::collections::{BTreeMap, BTreeSet};

pub use filter::Classes;
pub use query::{FoundAt, Grouped};
pub use read::{SeenRegistration, consolidated};
pub use search::like;
pub use write::{Flaw, flaws, updated};

use crate::object::{ActorId, Content, LifeCycle, ObjectId, Patch, Position};
use crate::schema::Schema;
use crate::time::{Timestamp, TransactionTime};

/// All objects with all their registrations, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    objects: BTreeMap<ObjectId, Vec<Entry>>,
}

/// One registration: the stamp of its ledger entry, and what is believed from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who, why, when and where in the ledger.
    pub stamp: Stamp,
    /// What kind of act.
    pub lifecycle: LifeCycle,
    /// What is believed from then on.
    pub content: Content,
}

/// Who acted and why, when that was registered, and its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the first line")]
pub struct Stamp {
    pub actor: ActorId,
    pub note: String,
    pub registered: Timestamp<TransactionTime>,
    pub position: Position,
}

/// What somebody asks to be done to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make an object that does not exist.
    Create(Content),
    /// Make an object, or replace all of its content.
    Import(Content),
    /// Merge into its content.
    Update(Patch),
    /// Take it out of use; the content stays.
    Passivate,
    /// Take it away with its content.
    Delete,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It made a registration of this life cycle.
    Registered(LifeCycle),
    /// All is as it was; nothing was registered.
    Unchanged,
    /// It is against a rule; nothing was registered.
    Refused(Refusal),
}

/// The rule that a command is against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The schema has no such class.
    UnknownClass,
    /// There is no such object, and the command does not make one.
    Unknown,
    /// There is such an object, and the command would make it.
    Exists,
    /// An object in this stage takes no such command.
    Illegal(LifeCycle),
    /// All that is wrong with the patch, or with the content that the command would have left.
    Flawed(BTreeSet<Flaw>),
}

impl World {
    /// Does `command`, or says why not; only [`Outcome::Registered`] changes the world.
    ///
    /// Nothing is registered when life cycle and content stay the same, whatever the stamp says (Q24). The life cycle
    /// counts, so the first update after create or import always registers. An import always registers.
    ///
    /// # Panics
    /// When a registration is not stamped later than the object's newest, in instant and position: the ledger's promise.
    pub fn apply(&mut self, schema: &Schema, object: ObjectId, command: &Command, stamp: Stamp) -> Outcome {
        let newest = self.objects.get(&object).and_then(|entries| entries.last());
        let (lifecycle, content) = match outcome(schema, object, newest, command) {
            Ok(next) => next,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        if let Some(newest) = newest {
            let same = newest.lifecycle == lifecycle && newest.content == content;
            if same && !matches!(command, Command::Import(_)) {
                return Outcome::Unchanged;
            }
            let (before, after) = (&newest.stamp, &stamp);
            assert!(before.registered < after.registered && before.position < after.position, "{before:?}, {after:?}");
        }
        self.objects.entry(object).or_default().push(Entry { stamp, lifecycle, content });
        Outcome::Registered(lifecycle)
    }

    /// Adds a registration as another register states it, whatever the content was before.
    pub fn state(&mut self, object: ObjectId, lifecycle: LifeCycle, content: Content, stamp: Stamp) {
        self.objects.entry(object).or_default().push(Entry { stamp, lifecycle, content });
    }

    /// Every registration of every object, by object, oldest first.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectId, &[Entry])> {
        self.objects.iter().map(|(object, entries)| (*object, entries.as_slice()))
    }
}

/// The life cycle and content that `command` leaves.
fn outcome(
    schema: &Schema,
    object: ObjectId,
    newest: Option<&Entry>,
    command: &Command,
) -> Result<(LifeCycle, Content), Refusal> {
    let class = schema.class(object.class).ok_or(Refusal::UnknownClass)?;
    let lifecycle = next(newest.map(|entry| entry.lifecycle), command)?;
    let previous = newest.map_or(Content::EMPTY, |entry| entry.content.clone());
    let content = match command {
        Command::Passivate => return Ok((lifecycle, previous)),
        Command::Delete => return Ok((lifecycle, Content::EMPTY)),
        Command::Create(content) | Command::Import(content) => content.clone(),
        Command::Update(patch) => {
            sound(write::patch_flaws(class, patch))?;
            updated(class, &previous, patch)
        }
    };
    sound(flaws(class, &content))?;
    Ok((lifecycle, content))
}

fn sound(flaws: BTreeSet<Flaw>) -> Result<(), Refusal> {
    if flaws.is_empty() { Ok(()) } else { Err(Refusal::Flawed(flaws)) }
}

/// The life cycle that follows (lora-semantics §8 with Q13; what is deleted stays so when it is deleted again).
fn next(current: Option<LifeCycle>, command: &Command) -> Result<LifeCycle, Refusal> {
    use Command as C;
    use LifeCycle::{Corrected, Created, Deleted, Imported, Passivated};
    match (current, command) {
        (None, C::Create(_)) => Ok(Created),
        (None, C::Import(_)) => Ok(Imported),
        (None, C::Update(_) | C::Passivate | C::Delete) => Err(Refusal::Unknown),
        (Some(_), C::Create(_)) => Err(Refusal::Exists),
        (Some(_), C::Delete) => Ok(Deleted),
        (Some(Created | Imported | Corrected), C::Import(_) | C::Update(_)) => Ok(Corrected),
        (Some(Created | Imported | Corrected), C::Passivate) => Ok(Passivated),
        (Some(Passivated | Deleted), C::Import(_)) => Ok(Imported),
        (Some(from @ (Passivated | Deleted)), C::Update(_) | C::Passivate) => Err(Refusal::Illegal(from)),
    }
}
