//! One point of the two time axes against another: what objects state otherwise, and which registrations brought it.

use std::collections::BTreeMap;

use super::PART;
use super::chains::Chains;
use super::registrations::Registered;
use super::statement::{Stated, Statement};
use super::timeline::{Belief, beliefs};
use crate::object::{ActorId, LifeCycle, ObjectId, Position, Seq};
use crate::query::Reading;
use crate::query::execute::{QueryError, give_way};
use crate::schema::{FieldId, Value};
use crate::storage::{Declarations, KnownAt, Read};
use crate::time::{Period, Timestamp, TransactionTime, ValidTime};

/// A point of the two time axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// As known when.
    pub known: KnownAt,
    /// In effect when; a finite instant.
    pub valid: Timestamp<ValidTime>,
}

/// How an object differs between two points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The object.
    pub object: ObjectId,
    /// Whether it is there at the first point, and whether at the second: selected, or counting by a reading.
    pub there: [bool; 2],
    /// What each group, state or relation states, at the first point and at the second, where that is not the same.
    pub parts: BTreeMap<FieldId, [Vec<Statement>; 2]>,
    /// Why it is known otherwise: the registrations between the two times of knowledge that brought it, oldest first.
    /// None where the object states the same at the second valid instant, as known at either time; then it is time
    /// that passed, or other objects changed.
    pub causes: Vec<Cause>,
}

/// What became of an object from one point to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It is there only at the second.
    Appears,
    /// It is there only at the first.
    Disappears,
    /// It is there at both, or at neither.
    Changes,
}

/// A registration that brought a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Its place in the object's chain.
    pub seq: Seq,
    /// Its place in the ledger.
    pub position: Position,
    /// When it was registered.
    pub registered: Timestamp<TransactionTime>,
    /// What kind of act.
    pub lifecycle: LifeCycle,
    /// Who acted.
    pub actor: ActorId,
    /// Why, in free text; empty for none.
    pub note: String,
    /// The groups, states, relations and fields that it changed at the second valid instant, of those that are known
    /// otherwise.
    pub parts: Vec<FieldId>,
}

impl Difference {
    /// What became of the object.
    pub const fn became(&self) -> Became {
        match self.there {
            [false, true] => Became::Appears,
            [true, false] => Became::Disappears,
            _ => Became::Changes,
        }
    }

    /// Whether the points do not tell the object apart.
    pub fn is_none(&self) -> bool {
        self.there[0] == self.there[1] && self.parts.is_empty()
    }

    /// What a part states only at the second point, and what only at the first: the targets added and removed.
    pub fn added_and_removed(&self, part: FieldId) -> [Vec<&Statement>; 2] {
        let Some([before, after]) = self.parts.get(&part) else { return [Vec::new(), Vec::new()] };
        [without(after, before), without(before, after)]
    }

    /// The values of the fields of a group at the first point and at the second, where they are not the same.
    pub fn fields(&self, group: FieldId) -> BTreeMap<FieldId, [Vec<&Value>; 2]> {
        let mut fields: BTreeMap<FieldId, [Vec<&Value>; 2]> = BTreeMap::new();
        let Some(sides) = self.parts.get(&group) else { return fields };
        for (side, statements) in sides.iter().enumerate() {
            for statement in statements {
                let Statement::Row(values) = statement else { continue };
                values.iter().for_each(|(field, value)| fields.entry(*field).or_default()[side].push(value));
            }
        }
        fields.values_mut().flatten().for_each(|values| values.sort());
        fields.retain(|_, [before, after]| before != after);
        fields
    }
}

/// The elements of a sorted list that another sorted list does not have, each as often as it has them less.
fn without<'s>(list: &'s [Statement], other: &[Statement]) -> Vec<&'s Statement> {
    let mut rest = other;
    let only = |statement: &&Statement| {
        let smaller = rest.partition_point(|other| other < *statement);
        rest = &rest[smaller..];
        let same = rest.first() == Some(*statement);
        rest = &rest[usize::from(same)..];
        !same
    };
    list.iter().filter(only).collect()
}

/// Two points, between which objects are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    /// The first.
    pub from: Point,
    /// The second.
    pub to: Point,
}

/// How each object differs between two points, in the order asked; it is there where it counts by a reading.
///
/// # Errors
/// [`QueryError::Store`] from the view.
pub async fn differences<V: Read>(
    view: &V,
    declarations: &Declarations,
    objects: &[ObjectId],
    between: Between,
    reading: Reading,
) -> Result<Vec<Difference>, QueryError> {
    let mut found = Vec::with_capacity(objects.len());
    for part in objects.chunks(PART) {
        let part: Vec<(ObjectId, Option<[bool; 2]>)> = part.iter().map(|object| (*object, None)).collect();
        found.extend(compared(view, declarations, &part, between, reading).await?);
        give_way().await;
    }
    Ok(found)
}

/// The same for a part of objects of which it may have been found out where they are there.
pub(super) async fn compared<V: Read>(
    view: &V,
    declarations: &Declarations,
    objects: &[(ObjectId, Option<[bool; 2]>)],
    between: Between,
    reading: Reading,
) -> Result<Vec<Difference>, QueryError> {
    let Between { from, to } = between;
    let asked: Vec<(ObjectId, KnownAt)> =
        objects.iter().flat_map(|(object, _)| [(*object, from.known), (*object, to.known)]).collect();
    let believed = beliefs(view, declarations, &asked).await?;
    let (mut found, mut unexplained) = (Vec::with_capacity(objects.len()), Vec::new());
    for ((object, there), sides) in objects.iter().zip(believed.chunks(2)) {
        let sides = Sides { then: sides[0].as_ref(), now: sides[1].as_ref() };
        let there = there.unwrap_or([sides.counts(0, from.valid, reading), sides.counts(1, to.valid, reading)]);
        let parts = parts(&sides.at(0, from.valid), &sides.at(1, to.valid));
        unexplained.extend(Unexplained::of(&sides, to.valid, reading).map(|unexplained| (found.len(), unexplained)));
        found.push(Difference { object: *object, there, parts, causes: Vec::new() });
    }
    let objects: Vec<ObjectId> = unexplained.iter().map(|(index, _)| found[*index].object).collect();
    let Some(known) = between.known() else { return Ok(found) };
    let mut chains = Chains::of(declarations, &objects, known);
    while let Some((number, before, belief)) = chains.next(view).await? {
        let (index, unexplained) = &unexplained[number];
        found[*index].causes.extend(unexplained.cause(before, belief));
    }
    Ok(found)
}

impl Between {
    /// From the earlier to the later of the times of knowledge, both included; `None` where nothing is known at either.
    fn known(self) -> Option<Period<TransactionTime>> {
        let instant = |known: KnownAt| match known {
            KnownAt::Latest => Timestamp::INFINITY,
            KnownAt::Instant(at) => at,
        };
        let [from, to] = [self.from, self.to].map(|point| instant(point.known));
        Period::new(from.min(to), from.max(to).next()).ok()
    }
}

/// An object as known at the first point and as known at the second.
struct Sides<'s, 'a> {
    then: Option<&'s Belief<'a>>,
    now: Option<&'s Belief<'a>>,
}

impl<'s, 'a> Sides<'s, 'a> {
    fn of(&self, side: usize) -> Option<&'s Belief<'a>> {
        if side == 0 { self.then } else { self.now }
    }

    fn at(&self, side: usize, valid: Timestamp<ValidTime>) -> Stated {
        self.of(side).map(|belief| belief.at(valid)).unwrap_or_default()
    }

    fn counts(&self, side: usize, valid: Timestamp<ValidTime>, reading: Reading) -> bool {
        counts(self.of(side), valid, reading)
    }
}

fn counts(belief: Option<&Belief<'_>>, valid: Timestamp<ValidTime>, reading: Reading) -> bool {
    belief.is_some_and(|belief| belief.counts(reading).contains(valid))
}

fn parts(before: &Stated, after: &Stated) -> BTreeMap<FieldId, [Vec<Statement>; 2]> {
    let ids = before.parts().chain(after.parts()).map(|(part, _)| part);
    let sides = ids.map(|part| (part, [before.of(part).to_vec(), after.of(part).to_vec()]));
    sides.filter(|(_, [before, after])| before != after).collect()
}

/// What is known otherwise of one object at an instant, and has a cause.
struct Unexplained {
    valid: Timestamp<ValidTime>,
    reading: Reading,
    /// The earlier of the two registrations that are known at the points.
    first: Seq,
    differing: BTreeMap<FieldId, [Vec<Statement>; 2]>,
    comes_or_goes: bool,
}

impl Unexplained {
    fn of(sides: &Sides<'_, '_>, valid: Timestamp<ValidTime>, reading: Reading) -> Option<Self> {
        let seq = |belief: Option<&Belief<'_>>| belief.map_or(Seq(0), |belief| belief.registration.seq);
        let (then, now) = (seq(sides.then), seq(sides.now));
        let differing = parts(&sides.at(0, valid), &sides.at(1, valid));
        let comes_or_goes = sides.counts(0, valid, reading) != sides.counts(1, valid, reading);
        let same = then == now || (differing.is_empty() && !comes_or_goes);
        (!same).then_some(Self { valid, reading, first: then.min(now), differing, comes_or_goes })
    }

    /// A registration up to the later one as a cause, where it came after the earlier and changed what is known otherwise.
    fn cause(&self, before: Option<&Belief<'_>>, belief: &Belief<'_>) -> Option<Cause> {
        if belief.registration.seq <= self.first {
            return None;
        }
        let registered = Registered::of(before, belief);
        let changed = registered.changes.parts_at(self.valid);
        let parts: Vec<FieldId> = changed.filter(|part| self.differs(*part)).collect();
        let turns = self.comes_or_goes
            && counts(before, self.valid, self.reading) != counts(Some(belief), self.valid, self.reading);
        (turns || !parts.is_empty()).then(|| Cause::of(registered, parts))
    }

    fn differs(&self, part: FieldId) -> bool {
        let mut statements = self.differing.values().flatten().flatten();
        self.differing.contains_key(&part) || statements.any(|statement| has_field(statement, part))
    }
}

fn has_field(statement: &Statement, field: FieldId) -> bool {
    matches!(statement, Statement::Row(values) if values.iter().any(|(id, _)| *id == field))
}

impl Cause {
    fn of(registered: Registered, parts: Vec<FieldId>) -> Self {
        let Registered { seq, position, lifecycle, actor, note, .. } = registered;
        Self { seq, position, registered: registered.registered.from(), lifecycle, actor, note, parts }
    }
}
