//! What an object states at an instant, apart from who says so and why.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::object::{Content, Said, SaidDuring, Target, said, said_of};
use crate::schema::{Class, FieldId, Value};
use crate::time::{Period, Timestamp, ValidTime};

/// One thing that a part states: a row without its effect.
///
/// Values count as they are kept: an empty text is another statement than no value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statement {
    /// The values of a row of an attribute group, in the order of their ids.
    Row(Vec<(FieldId, Value)>),
    /// The value of a field, or of a derived term.
    Value(Value),
    /// The value of a state.
    State(FieldId),
    /// The target of a relation, with the object type that it is said to have.
    Target(Target, Option<String>),
}

/// What a part states at an instant: in order, each as often as there are rows that say it.
///
/// Usually one thing; only relations to many have several.
pub type Statements = Arc<[Statement]>;

/// What an object states at an instant, by attribute group, state and relation; a part that states nothing is absent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Stated(BTreeMap<FieldId, Statements>);

impl Stated {
    /// What a content states at an instant.
    pub fn at(content: &Content, at: Timestamp<ValidTime>) -> Self {
        let mut parts: BTreeMap<FieldId, Vec<Statement>> = BTreeMap::new();
        for (valid, part, statement) in rows(content) {
            if valid.contains(at) {
                parts.entry(part).or_default().push(statement);
            }
        }
        parts.into_iter().map(|(part, statements)| (part, in_order(statements))).collect()
    }

    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a group, state or relation states; nothing for none.
    pub fn of(&self, part: FieldId) -> &[Statement] {
        self.0.get(&part).map_or(&[], |statements| statements)
    }

    /// Every group, state and relation that states something, in the order of their ids.
    pub fn parts(&self) -> impl Iterator<Item = (FieldId, &Statements)> {
        self.0.iter().map(|(part, statements)| (*part, statements))
    }

    /// The same with another thing stated by a part.
    pub(super) fn set(&mut self, part: FieldId, statements: Vec<Statement>) {
        if statements.is_empty() {
            self.0.remove(&part);
        } else {
            self.0.insert(part, in_order(statements));
        }
    }
}

impl FromIterator<(FieldId, Statements)> for Stated {
    fn from_iter<I: IntoIterator<Item = (FieldId, Statements)>>(parts: I) -> Self {
        Self(parts.into_iter().filter(|(_, statements)| !statements.is_empty()).collect())
    }
}

fn in_order(mut statements: Vec<Statement>) -> Statements {
    statements.sort_unstable();
    statements.into()
}

/// A statement with when it holds, and the group, state or relation that makes it.
pub(super) type Timed = (Period<ValidTime>, FieldId, Statement);

/// Every row of a content.
pub(super) fn rows(content: &Content) -> Vec<Timed> {
    let of_part = |(part, said): (FieldId, Vec<_>)| said.into_iter().map(move |said| timed(part, said));
    said(content).into_iter().flat_map(of_part).collect()
}

/// The rows of one part alone: a group, field, derived term, state or relation.
pub(super) fn rows_of(class: &Class, content: &Content, part: FieldId) -> Vec<Timed> {
    said_of(class, content, part).into_iter().map(|said| timed(part, said)).collect()
}

fn timed(part: FieldId, (valid, said): SaidDuring<'_>) -> Timed {
    (valid, part, said.into())
}

impl From<Said<'_>> for Statement {
    fn from(said: Said<'_>) -> Self {
        match said {
            Said::Row(values) => Self::Row(values.into_iter().map(|(field, value)| (field, value.clone())).collect()),
            Said::Value(value) => Self::Value(value.into_owned()),
            Said::State(value) => Self::State(value),
            Said::Target(target, kind) => Self::Target(target.clone(), kind.map(str::to_owned)),
        }
    }
}
