//! What a question asks of each node of its path.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Among, Question};
use crate::object::ObjectId;
use crate::query::execute::place::Slice;
use crate::query::execute::stated::Stated;
use crate::query::{Filter, Reading, Selection, Test};
use crate::schema::{Condition, PathNode, Value};
use crate::time::{Band, Period, Periods, Region, Timestamp, TransactionTime, ValidTime};

/// A question, looked at node by node.
pub(super) struct Shape<'q> {
    pub(super) question: &'q Question,
    /// Which registrations count.
    pub(super) slice: Slice,
    /// At which of their instants rows are asked for.
    pub(super) moments: Vec<Timestamp<TransactionTime>>,
    /// In which valid time.
    pub(super) window: Period<ValidTime>,
    pub(super) nodes: Vec<Shaped<'q>>,
    /// The nodes by the number of edges up to the first one.
    pub(super) levels: Vec<Vec<usize>>,
}

/// A node, and what is asked of it.
pub(super) struct Shaped<'q> {
    pub(super) node: &'q PathNode,
    conditions: Vec<Filter>,
    /// Whether rows may stand without an object for it.
    pub(super) optional: bool,
    /// Whether its objects count also outside the window: where they begin, rows without them end.
    pub(super) ever: bool,
    /// The nodes tied to it.
    pub(super) tied: Vec<usize>,
    /// The only objects that are asked about.
    pub(super) these: Option<BTreeSet<Uuid>>,
    pub(super) selected: Vec<&'q Selection>,
}

impl<'q> Shape<'q> {
    pub(super) fn new(
        question: &'q Question,
        slice: Slice,
        moments: Vec<Timestamp<TransactionTime>>,
        window: Period<ValidTime>,
    ) -> Self {
        let mut nodes: Vec<Shaped<'q>> = question.path.nodes.iter().map(Shaped::new).collect();
        for restriction in &question.restrictions {
            nodes[restriction.node].restrict(&restriction.to);
            let mut at = Some(restriction.node);
            while let Some(node) = at {
                nodes[node].optional = false;
                at = nodes[node].before();
            }
        }
        let mut levels: Vec<Vec<usize>> = Vec::new();
        let mut depths: Vec<usize> = Vec::new();
        for node in 0..nodes.len() {
            let depth = nodes[node].before().map_or(0, |before| depths[before] + 1);
            let after_optional = nodes[node].before().is_some_and(|before| nodes[before].ever);
            nodes[node].ever = nodes[node].optional || after_optional;
            if let Some(before) = nodes[node].before() {
                nodes[before].tied.push(node);
            }
            depths.push(depth);
            levels.resize_with(levels.len().max(depth + 1), Vec::new);
            levels[depth].push(node);
        }
        Self { question, slice, moments, window, nodes, levels }
    }

    pub(super) fn object(&self, node: usize, uuid: Uuid) -> ObjectId {
        ObjectId { class: self.nodes[node].node.class, uuid }
    }

    /// Every point that is looked at.
    pub(super) fn everywhere(&self) -> Region {
        Region::rectangle(self.slice.span(), Period::ALWAYS)
    }

    /// Whether some of the points lie in the window at an instant for which rows are asked.
    pub(super) fn is_found(&self, points: &Region) -> bool {
        self.moments.iter().any(|moment| valid_at(points, *moment).is_some_and(|valid| overlaps(valid, self.window)))
    }

    /// In which valid time objects of a node are looked for.
    pub(super) fn reach(&self, node: usize) -> Period<ValidTime> {
        if self.nodes[node].ever { Period::ALWAYS } else { self.window }
    }

    /// Whether an object of a node is of use that is tied at some instants.
    pub(super) fn is_of_use(&self, node: usize, valid: &Periods<ValidTime>) -> bool {
        if self.nodes[node].ever { !valid.is_empty() } else { overlaps(valid, self.window) }
    }
}

impl<'q> Shaped<'q> {
    fn new(node: &'q PathNode) -> Self {
        let conditions = node.conditions.iter().map(filter).collect();
        let (optional, tied, selected) = (node.optional, Vec::new(), Vec::new());
        Self { node, conditions, optional, ever: false, tied, these: None, selected }
    }

    /// The node before it.
    pub(super) fn before(&self) -> Option<usize> {
        self.node.edge.as_ref().map(|edge| edge.to)
    }

    fn restrict(&mut self, to: &'q Among) {
        match to {
            Among::Selected(selection) => self.selected.push(selection),
            Among::These(uuids) => {
                let uuids: BTreeSet<Uuid> = uuids.iter().copied().collect();
                self.these = Some(match self.these.take() {
                    Some(these) => these.intersection(&uuids).copied().collect(),
                    None => uuids,
                });
            }
        }
    }

    pub(super) fn is_restricted(&self) -> bool {
        self.these.is_some() || !self.selected.is_empty()
    }

    pub(super) fn has(&self, uuid: Uuid) -> bool {
        self.these.as_ref().is_none_or(|these| these.contains(&uuid))
    }

    /// Where an object counts and the conditions hold.
    pub(super) fn holds(&self, chain: &[Stated<'_>]) -> Region {
        let band = |stated: &Stated<'_>| {
            let counts = stated.counts(Reading::Present);
            let valid = self.conditions.iter().fold(counts, |valid, condition| {
                valid.intersect(&stated.holds(condition).expect("a condition is about one registration"))
            });
            Band { known: stated.known, valid }
        };
        chain.iter().map(band).collect()
    }

    /// What its objects are, as a selection of their class.
    pub(super) fn selection(&self) -> Selection {
        let class = self.node.class;
        Selection { class, reading: Reading::Present, filter: Filter::All(self.conditions.clone()) }
    }
}

fn filter(condition: &Condition) -> Filter {
    match condition.clone() {
        Condition::Text { field, is } => Filter::Field { field, test: Test::Is(Value::Text(is)) },
        Condition::State { state, is } => Filter::State { state, values: vec![is] },
    }
}

/// The instants of valid time of the points that are known at an instant.
pub(super) fn valid_at(points: &Region, known: Timestamp<TransactionTime>) -> Option<&Periods<ValidTime>> {
    points.bands().iter().find(|band| band.known.contains(known)).map(|band| &band.valid)
}

pub(super) fn overlaps(valid: &Periods<ValidTime>, window: Period<ValidTime>) -> bool {
    valid.within(window).next().is_some()
}
