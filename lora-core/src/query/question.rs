//! A question as a whole: what is selected, from which point of time, in which order, and which part of the answer.

use uuid::Uuid;

use super::{Selection, TimeContext};
use crate::schema::FieldId;
use crate::time::Region;

/// A question about the objects of a class.
///
/// An object is found when some point at which it counts and the filter holds lies in the context: as known at an instant
/// that counts, and in effect at an instant of the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which objects, at which points.
    pub select: Selection,
    /// From which point of time.
    pub context: TimeContext,
    /// In which order; where nothing tells two objects apart, and where nothing is given, the UUID does.
    pub order: Vec<Order>,
}

impl Query {
    /// The objects selected at the context, by UUID.
    pub const fn new(select: Selection, context: TimeContext) -> Self {
        Self { select, context, order: Vec::new() }
    }
}

/// An order by the values of a field.
///
/// What counts is the value at the first point at which the object is found and has a value: the earliest known, and of
/// these the earliest in effect. Objects without one come last, in either direction; a blank one is none.
/// Texts stand in the order of their folded letters' code points, and where these are the same, of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// A field of texts, numbers or booleans, or a derived term.
    pub by: FieldId,
    /// Whether great values come first.
    pub descending: bool,
}

/// An object that a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The object.
    pub object: Uuid,
    /// The points of the context at which it was found. As known latest or at one instant, all of transaction time
    /// stands for that one point.
    pub points: Region,
}
