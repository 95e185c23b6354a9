//! One act on one object, and the content believed from then on.

use std::fmt;

use uuid::Uuid;

use super::{Content, LifeCycle};
use crate::schema::ClassId;
use crate::time::{Timestamp, TransactionTime};

/// An object: a UUID in a class. The same UUID in two classes is two objects, as in LoRA.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The class.
    pub class: ClassId,
    /// The UUID, unique within the class.
    pub uuid: Uuid,
}

impl ObjectId {
    /// The object under which a store keeps the declarations of its own classes.
    pub const STORE: Self = Self { class: ClassId::STORE, uuid: Uuid::nil() };
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{}", self.class, self.uuid)
    }
}

/// Who acted; all zeros where nobody is known.
pub type ActorId = Uuid;

/// What ties entries of one larger act together.
pub type BatchId = Uuid;

/// The place of an entry in the ledger of a store: 1, 2, 3 … without gaps; zero is before the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The number of a registration in the chain of its object: 1, 2, 3 … without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u32);

impl Seq {
    /// The first registration of an object.
    pub const FIRST: Self = Self(1);

    /// The registration after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Debug for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// One act on one object: who did what, and the whole content as believed from then on.
///
/// When it was registered is assigned by the store at commit and stands beside it (see
/// [`Encoded`](crate::storage::Encoded)), unless a history import asserted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The object.
    pub object: ObjectId,
    /// The place in the object's chain.
    pub seq: Seq,
    /// What kind of act.
    pub lifecycle: LifeCycle,
    /// Who acted.
    pub actor: ActorId,
    /// Why, in free text; empty for none.
    pub note: String,
    /// The larger act that this belongs to.
    pub batch: Option<BatchId>,
    /// The registration time that a history import asserted, on the axis of transaction time.
    pub asserted: Option<Timestamp<TransactionTime>>,
    /// What is believed from then on.
    pub content: Content,
}
