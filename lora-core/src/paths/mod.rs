//! Paths: what belongs together along declared relations, at an instant or in a window, and since when that is known.
//!
//! ```text
//! question ──► shape     what of the path must be there, and from which node to begin
//!              walk      level by level, all objects together
//!              join      the rows, in the order of their objects
//!              grounds   of some rows: which registrations they rest on
//!              changes   of two knowledge times: which rows came, went or moved, and why
//! ```
//!
//! A **hop** is a node with the edge that ties it to a node before it. It holds for an object at a point (known, valid)
//! at which the object counts, meets the node's conditions, and the edge is stated. An optional node is missing at the
//! points at which no object is there for it, together with what must be there of the nodes tied to it.
//!
//! A **row** has an object for each node, or none for one that is missing, and one of the longest periods in which all
//! of that holds together as known. A question finds the rows whose period shares an instant with its window; the period
//! is told as a whole, also where it reaches beyond the window.
//!
//! Calls of the store are as many as the path is deep, whatever the number of rows: two for each level.
//! `docs/access.md` has examples; [`eval`](crate::query::eval) has the definition.

mod changes;
mod grounds;
mod join;
mod parts;
mod rows;
mod shape;
mod walk;

use uuid::Uuid;

pub use changes::{Cause, Change, Changes};
pub use grounds::{Evidence, Grounds, grounds};
pub use rows::{Row, RowKey, Rows};

use crate::query::execute::QueryError;
use crate::query::{Direction, Filter, Known, Reading, Related, Selection, Steps, TimeContext};
use crate::schema::{Path, PathNode};
use crate::time::{Period, TransactionTime};

/// A question about a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The path.
    pub path: Path,
    /// From which point of time: as known latest or at one instant, and in effect in the window.
    pub context: TimeContext,
    /// Which rows only; all of them must be met.
    pub restrictions: Vec<Restriction>,
}

/// Which objects of a node are asked about; a row without one is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// The index of the node.
    pub node: usize,
    /// Which objects.
    pub to: Among,
}

/// Some objects of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Among {
    /// Those with these UUIDs.
    These(Vec<Uuid>),
    /// Those that are selected, at the points at which they are: it cuts the periods of rows.
    Selected(Selection),
}

/// A question about a path was not answered.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// There is no such path.
    #[error("there is no path `{name}`; expected one of {expected}")]
    NoPath {
        /// The name that refers to nothing.
        name: String,
        /// Those that there are.
        expected: String,
    },
    /// The path has no such node.
    #[error("the path `{path}` has no node `{name}`; expected one of {expected}")]
    NoNode {
        /// The path.
        path: String,
        /// The name that refers to nothing.
        name: String,
        /// Those that it has.
        expected: String,
    },
    /// Nothing is said about what lies above and below the objects of a node.
    #[error("nothing lies below a `{name}`: the node has no `below`; expected one of {expected}")]
    NoBelow {
        /// The node.
        name: String,
        /// The nodes that have one.
        expected: String,
    },
    /// A node is restricted to a selection of another class.
    #[error("`{name}` is restricted to objects of another class")]
    OtherClass {
        /// The node.
        name: String,
    },
    /// A path is asked about as known at one point of time.
    #[error("a path is asked about as known latest or at one instant, not in {0}")]
    KnownWindow(Period<TransactionTime>),
    /// The rows could not be found.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl Question {
    /// All rows of a path at a context.
    ///
    /// # Errors
    /// [`PathError::KnownWindow`] for a context that is about more than one point of transaction time.
    pub fn new(path: Path, context: TimeContext) -> Result<Self, PathError> {
        match context.known {
            Known::During(Some(window)) if context.known.at_most_one().is_none() => Err(PathError::KnownWindow(window)),
            _ => Ok(Self { path, context, restrictions: Vec::new() }),
        }
    }

    /// Only rows with one of these objects for a node.
    ///
    /// # Errors
    /// [`PathError::NoNode`].
    pub fn only(mut self, node: &str, uuids: impl IntoIterator<Item = Uuid>) -> Result<Self, PathError> {
        let node = self.node(node)?;
        self.restrictions.push(Restriction { node, to: Among::These(uuids.into_iter().collect()) });
        Ok(self)
    }

    /// Only rows with one of these objects for a node, or one anywhere below them at the same point.
    ///
    /// # Errors
    /// [`PathError::NoNode`], [`PathError::NoBelow`].
    pub fn below(mut self, node: &str, uuids: impl IntoIterator<Item = Uuid>) -> Result<Self, PathError> {
        let index = self.node(node)?;
        let PathNode { class, below, .. } = self.path.nodes[index];
        let Some(relation) = below else {
            let nodes = self.path.nodes.iter().filter(|node| node.below.is_some());
            return Err(PathError::NoBelow { name: node.to_owned(), expected: names(nodes) });
        };
        let top = Filter::Object(uuids.into_iter().collect());
        let to = Selection { class, reading: Reading::Present, filter: top };
        let steps = Steps::Many { from_itself: true, through: None };
        let related = Related { relation, direction: Direction::Forward, object_type: None, steps, to };
        let filter = Filter::Related(Box::new(related));
        let to = Among::Selected(Selection { class, reading: Reading::Present, filter });
        self.restrictions.push(Restriction { node: index, to });
        Ok(self)
    }

    /// Only rows with a selected object for a node, at the points at which it is.
    ///
    /// # Errors
    /// [`PathError::NoNode`], [`PathError::OtherClass`].
    pub fn selected(mut self, node: &str, selection: Selection) -> Result<Self, PathError> {
        let index = self.node(node)?;
        if selection.class != self.path.nodes[index].class {
            return Err(PathError::OtherClass { name: node.to_owned() });
        }
        self.restrictions.push(Restriction { node: index, to: Among::Selected(selection) });
        Ok(self)
    }

    /// Whether the window reaches beyond the present: then the answer rests on what is registered so far.
    pub fn is_ahead(&self) -> bool {
        self.context.valid.is_some_and(|window| window.to() > self.context.now.as_valid().next())
    }

    fn node(&self, name: &str) -> Result<usize, PathError> {
        self.path.node_named(name).ok_or_else(|| PathError::NoNode {
            path: self.path.name.clone(),
            name: name.to_owned(),
            expected: names(&self.path.nodes),
        })
    }
}

fn names<'n>(nodes: impl IntoIterator<Item = &'n PathNode>) -> String {
    nodes.into_iter().map(|node| format!("`{}`", node.name)).collect::<Vec<_>>().join(", ")
}
