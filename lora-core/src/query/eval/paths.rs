//! What a question about a path means: which rows there are, since when they are believed, and what changed them.
//!
//! Everything is asked of points (known, valid), one after the other, by looking at every object there is.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::filter::{self, Classes, Point};
use super::instants::{share_an_instant, slots};
use super::query::periods;
use super::{Entry, World};
use crate::object::{LifeCycle, ObjectId, Position, Target};
use crate::paths::{Among, Cause, Change, Evidence, Grounds, Question, Row};
use crate::query::{Query, Selection};
use crate::schema::{Condition, Value};
use crate::storage::KnownAt;
use crate::time::{Period, Timestamp, TransactionTime, ValidTime};

type Valid = Timestamp<ValidTime>;
type Known = Timestamp<TransactionTime>;
/// An object for each node, or none.
type Objects = Vec<Option<Uuid>>;

/// A world that is asked about a path.
struct Asked<'a> {
    world: &'a World,
    classes: &'a Classes<'a>,
    /// The same, asked about what the restrictions select.
    selecting: Vec<filter::Asked<'a>>,
    question: &'a Question,
    /// The last position that is visible.
    at: Position,
    /// All of valid time in slots, in which nothing changes, also where the window begins and ends.
    slots: Vec<Period<ValidTime>>,
    window: Period<ValidTime>,
}

/// A node with an object, tied to one of the node before.
#[derive(Clone, Copy)]
struct Hop {
    node: usize,
    uuid: Uuid,
    near: Option<Uuid>,
}

impl World {
    /// The rows that a question finds in what is visible up to a position, in order, with what they rest on.
    pub fn rows<'a>(&'a self, classes: &'a Classes<'a>, question: &'a Question, at: Position) -> Vec<(Row, Grounds)> {
        let Some(known) = question.context.known.at_most_one() else { return Vec::new() };
        let Some(asked) = self.asked_path(classes, question, at) else { return Vec::new() };
        let rows = asked.rows(known).into_iter();
        let rows = rows.flat_map(|(objects, periods)| periods.into_iter().map(move |valid| (objects.clone(), valid)));
        rows.map(|(objects, valid)| {
            let row = Row { objects, valid };
            let grounds = asked.grounds(&row, known);
            (row, grounds)
        })
        .collect()
    }

    /// The rows that are known otherwise at the later of two times than at the earlier, by objects.
    pub fn row_changes<'a>(
        &'a self,
        classes: &'a Classes<'a>,
        question: &'a Question,
        compared: KnownAt,
        at: Position,
    ) -> Vec<Change> {
        let Some(known) = question.context.known.at_most_one() else { return Vec::new() };
        let Some(asked) = self.asked_path(classes, question, at) else { return Vec::new() };
        let (earlier, later) = if is_later(known, compared) { (compared, known) } else { (known, compared) };
        let (mut before, mut after) = (asked.rows(earlier), asked.rows(later));
        let all: BTreeSet<Objects> = before.keys().chain(after.keys()).cloned().collect();
        let mut changes = Vec::new();
        for objects in all {
            let (before, after) = (before.remove(&objects), after.remove(&objects));
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let holds = |periods: &[Period<ValidTime>], at| periods.iter().any(|period| period.contains(at));
            let differs = |slot: &Valid| holds(&before, *slot) != holds(&after, *slot);
            let differ: Vec<Valid> = asked.asked_slots().filter(differs).collect();
            if !differ.is_empty() {
                let causes = asked.causes(&objects, &differ, earlier, later);
                changes.push(Change { objects, before, after, causes });
            }
        }
        changes
    }

    fn asked_path<'a>(&'a self, classes: &'a Classes<'a>, question: &'a Question, at: Position) -> Option<Asked<'a>> {
        let window = question.context.valid?;
        let entries = self.objects.values().flatten();
        let effects = entries.flat_map(|entry| entry.content.effects()).map(|effect| effect.valid);
        let mut valid: Vec<_> = effects.chain([window]).collect();
        selections(question).for_each(|selection| periods(&selection.filter, &mut Vec::new(), &mut valid));
        let selecting = selections(question).map(|selection| {
            let query = Query::new(selection.clone(), question.context);
            self.asked(classes, &query, at)
        });
        let selecting = selecting.collect();
        Some(Asked { world: self, classes, selecting, question, at, slots: slots(valid), window })
    }
}

/// What restrictions select.
fn selections(question: &Question) -> impl Iterator<Item = &Selection> {
    question.restrictions.iter().filter_map(|restriction| match &restriction.to {
        Among::Selected(selection) => Some(selection),
        Among::These(_) => None,
    })
}

/// Whether more is known at the one than at the other.
fn is_later(one: KnownAt, other: KnownAt) -> bool {
    match (one, other) {
        (KnownAt::Latest, _) => true,
        (_, KnownAt::Latest) => false,
        (KnownAt::Instant(one), KnownAt::Instant(other)) => one > other,
    }
}

impl Asked<'_> {
    /// The rows as known at an instant: for each the longest periods that share an instant with the window.
    fn rows(&self, known: KnownAt) -> BTreeMap<Objects, Vec<Period<ValidTime>>> {
        let mut held: BTreeMap<Objects, Vec<Period<ValidTime>>> = BTreeMap::new();
        for slot in &self.slots {
            let mut found = BTreeSet::new();
            self.extend(&mut Vec::new(), known, slot.from(), &mut found);
            for objects in found {
                let periods = held.entry(objects).or_default();
                match periods.last_mut() {
                    Some(last) if last.to() == slot.from() => {
                        *last = Period::new(last.from(), slot.to()).expect("slots follow each other");
                    }
                    _ => periods.push(*slot),
                }
            }
        }
        held.values_mut().for_each(|periods| periods.retain(|period| share_an_instant(*period, self.window)));
        held.retain(|_, periods| !periods.is_empty());
        held
    }

    /// Every row at a point that begins with some objects.
    fn extend(&self, objects: &mut Objects, known: KnownAt, valid: Valid, found: &mut BTreeSet<Objects>) {
        let node = objects.len();
        let Some(declared) = self.question.path.nodes.get(node) else {
            if self.is_asked_for(objects, known, valid) {
                found.insert(objects.clone());
            }
            return;
        };
        let near = declared.edge.as_ref().map(|edge| objects[edge.to]);
        let mut choices: Vec<Option<Uuid>> = Vec::new();
        match near {
            Some(None) => choices.push(None),
            Some(Some(near)) => {
                if declared.optional && !self.is_there(node, near, known, valid) {
                    choices.push(None);
                }
                let hops = self.hops(node, Some(near)).filter(|hop| self.holds(*hop, known, valid));
                choices.extend(hops.map(|hop| Some(hop.uuid)));
            }
            None => {
                let hops = self.hops(node, None).filter(|hop| self.holds(*hop, known, valid));
                choices.extend(hops.map(|hop| Some(hop.uuid)));
            }
        }
        for choice in choices {
            objects.push(choice);
            self.extend(objects, known, valid, found);
            objects.pop();
        }
    }

    fn is_asked_for(&self, objects: &Objects, known: KnownAt, valid: Valid) -> bool {
        let mut selecting = self.selecting.iter();
        self.question.restrictions.iter().all(|restriction| {
            let Some(uuid) = objects[restriction.node] else { return false };
            let object = ObjectId { class: self.question.path.nodes[restriction.node].class, uuid };
            match &restriction.to {
                Among::These(uuids) => uuids.contains(&uuid),
                Among::Selected(selection) => {
                    let asked = selecting.next().expect("there is one for each selection");
                    asked.selected(selection, object, Point { known, valid })
                }
            }
        })
    }

    /// Whether an object is there for an optional node, with all that must be tied to it.
    fn is_there(&self, node: usize, near: Uuid, known: KnownAt, valid: Valid) -> bool {
        self.hops(node, Some(near)).any(|hop| {
            let must = self.tied(node).filter(|tied| !self.question.path.nodes[*tied].optional);
            self.holds(hop, known, valid) && must.into_iter().all(|tied| self.is_there(tied, hop.uuid, known, valid))
        })
    }

    /// The nodes that are tied to a node.
    fn tied(&self, node: usize) -> impl Iterator<Item = usize> {
        let nodes = self.question.path.nodes.iter().enumerate();
        nodes.filter(move |(_, other)| other.edge.as_ref().is_some_and(|edge| edge.to == node)).map(|(index, _)| index)
    }

    /// Every object of the class of a node, tied to one.
    fn hops(&self, node: usize, near: Option<Uuid>) -> impl Iterator<Item = Hop> {
        let class = self.question.path.nodes[node].class;
        let objects = self.world.objects.keys().filter(move |object| object.class == class);
        objects.map(move |object| Hop { node, uuid: object.uuid, near })
    }

    fn holds(&self, hop: Hop, known: KnownAt, valid: Valid) -> bool {
        let declared = &self.question.path.nodes[hop.node];
        let object = ObjectId { class: declared.class, uuid: hop.uuid };
        let Some(entry) = self.believed(object, known) else { return false };
        let met = declared.conditions.iter().all(|condition| is_met(condition, entry, valid));
        met && self.counts(object, entry, valid) && self.is_tied(hop, entry, known, valid)
    }

    fn counts(&self, object: ObjectId, entry: &Entry, valid: Valid) -> bool {
        let class = (self.classes)(object.class, entry.stamp.position).expect("the class was declared");
        let is_present = class.presence.is_none_or(|presence| {
            let rows = entry.content.all_states().filter(|(state, _)| *state == presence.state);
            let mut rows = rows.flat_map(|(_, rows)| rows);
            rows.any(|row| row.value == presence.value && row.effect.valid.contains(valid))
        });
        is_present && entry.lifecycle != LifeCycle::Deleted
    }

    fn is_tied(&self, hop: Hop, entry: &Entry, known: KnownAt, valid: Valid) -> bool {
        let nodes = &self.question.path.nodes;
        let Some((edge, near)) = nodes[hop.node].edge.as_ref().zip(hop.near) else { return true };
        let (pointing, target) = if edge.points_back {
            (Some(entry), near)
        } else {
            (self.believed(ObjectId { class: nodes[edge.to].class, uuid: near }, known), hop.uuid)
        };
        pointing.is_some_and(|entry| {
            let rows = entry.content.all_relations().filter(|(relation, _)| *relation == edge.relation);
            rows.flat_map(|(_, rows)| rows).any(|row| {
                let is_typed = edge.object_type.is_none() || row.object_type == edge.object_type;
                row.target == Target::Uuid(target) && is_typed && row.effect.valid.contains(valid)
            })
        })
    }

    /// The registration of an object that is believed: of those that are visible the last one up to an instant.
    fn believed(&self, object: ObjectId, known: KnownAt) -> Option<&Entry> {
        self.visible(object).rfind(|entry| match known {
            KnownAt::Latest => true,
            KnownAt::Instant(at) => entry.stamp.registered <= at,
        })
    }

    fn visible(&self, object: ObjectId) -> impl DoubleEndedIterator<Item = &Entry> {
        let entries = self.world.objects.get(&object).map_or(&[][..], Vec::as_slice);
        entries.iter().filter(|entry| entry.stamp.position <= self.at)
    }

    /// The registrations that a hop rests on, latest first: of its object, and of the one before that points at it.
    fn stating(&self, hop: Hop) -> Vec<(ObjectId, &Entry)> {
        let nodes = &self.question.path.nodes;
        let mut objects = vec![ObjectId { class: nodes[hop.node].class, uuid: hop.uuid }];
        if let Some((edge, near)) = nodes[hop.node].edge.as_ref().zip(hop.near)
            && !edge.points_back
        {
            objects.push(ObjectId { class: nodes[edge.to].class, uuid: near });
        }
        let mut entries: Vec<_> =
            objects.into_iter().flat_map(|object| self.visible(object).map(move |entry| (object, entry))).collect();
        entries.sort_by_key(|(_, entry)| std::cmp::Reverse((entry.stamp.registered, entry.stamp.position)));
        entries
    }

    /// The slots of the window, by their first instants.
    fn asked_slots(&self) -> impl Iterator<Item = Valid> {
        self.slots.iter().filter(|slot| share_an_instant(**slot, self.window)).map(|slot| slot.from())
    }

    fn grounds(&self, row: &Row, known: KnownAt) -> Grounds {
        let asked: Vec<Valid> = self.asked_slots().filter(|at| row.valid.contains(*at)).collect();
        let ground = |node: usize| {
            let edge = self.question.path.nodes[node].edge.as_ref();
            let hop = Hop { node, uuid: row.objects[node]?, near: edge.and_then(|edge| row.objects[edge.to]) };
            let held = |at: Known| asked.iter().all(|valid| self.holds(hop, KnownAt::Instant(at), *valid));
            let mut since = None;
            for (object, entry) in self.stating(hop) {
                if matches!(known, KnownAt::Instant(known) if entry.stamp.registered > known) {
                    continue;
                }
                if !held(entry.stamp.registered) {
                    break;
                }
                // Of several of the same instant the first is the one with the latest position.
                let is_same = since.as_ref().is_some_and(|since: &Evidence| since.registered == entry.stamp.registered);
                if !is_same {
                    since = Some(evidence(object, entry));
                }
            }
            since
        };
        (0..row.objects.len()).map(ground).collect()
    }

    fn causes(&self, objects: &Objects, differ: &[Valid], earlier: KnownAt, later: KnownAt) -> Vec<Cause> {
        let mut causes: BTreeMap<(usize, Position), Cause> = BTreeMap::new();
        for (node, object) in objects.iter().enumerate() {
            let near = self.question.path.nodes[node].edge.as_ref().map(|edge| objects[edge.to]);
            for valid in differ {
                match (object, near) {
                    (Some(uuid), None) => {
                        self.flip(Hop { node, uuid: *uuid, near: None }, *valid, earlier, later, &mut causes);
                    }
                    (Some(uuid), Some(near)) => {
                        self.flip(Hop { node, uuid: *uuid, near }, *valid, earlier, later, &mut causes);
                    }
                    (None, Some(Some(near))) => {
                        let there = |known| self.is_there(node, near, known, *valid);
                        if there(earlier) != there(later) {
                            self.arrivals(node, near, *valid, earlier, later, &mut causes);
                        }
                    }
                    (None, _) => {}
                }
            }
        }
        causes.into_values().collect()
    }

    /// What may be there for a node that is missing, with what must be tied to that.
    fn arrivals(
        &self,
        node: usize,
        near: Uuid,
        valid: Valid,
        earlier: KnownAt,
        later: KnownAt,
        causes: &mut BTreeMap<(usize, Position), Cause>,
    ) {
        for hop in self.hops(node, Some(near)) {
            self.flip(hop, valid, earlier, later, causes);
            if self.holds(hop, earlier, valid) || self.holds(hop, later, valid) {
                for tied in self.tied(node).filter(|tied| !self.question.path.nodes[*tied].optional) {
                    self.arrivals(tied, hop.uuid, valid, earlier, later, causes);
                }
            }
        }
    }

    /// The last registration up to the later time after which a hop held otherwise than before, where it does.
    fn flip(
        &self,
        hop: Hop,
        valid: Valid,
        earlier: KnownAt,
        later: KnownAt,
        causes: &mut BTreeMap<(usize, Position), Cause>,
    ) {
        if self.holds(hop, earlier, valid) == self.holds(hop, later, valid) {
            return;
        }
        for (object, entry) in self.stating(hop) {
            let at = entry.stamp.registered;
            let just_before = Timestamp::from_micros(at.micros().expect("registrations have an instant") - 1);
            let just_before = just_before.map_or(Timestamp::NEG_INFINITY, |at| at);
            let is_between = !is_later(KnownAt::Instant(at), later) && is_later(KnownAt::Instant(at), earlier);
            let flips =
                self.holds(hop, KnownAt::Instant(at), valid) != self.holds(hop, KnownAt::Instant(just_before), valid);
            if is_between && flips {
                let cause = Cause { node: hop.node, evidence: evidence(object, entry) };
                causes.insert((hop.node, entry.stamp.position), cause);
                return;
            }
        }
    }
}

fn is_met(condition: &Condition, entry: &Entry, valid: Valid) -> bool {
    match condition {
        Condition::Text { field, is } => {
            let rows = entry.content.all_attributes().flat_map(|(_, rows)| rows);
            let mut rows = rows.filter(|row| row.effect.valid.contains(valid));
            rows.any(|row| row.values().any(|(id, value)| id == *field && *value == Value::Text(is.clone())))
        }
        Condition::State { state, is } => {
            let rows = entry.content.all_states().filter(|(id, _)| id == state).flat_map(|(_, rows)| rows);
            rows.into_iter().any(|row| row.value == *is && row.effect.valid.contains(valid))
        }
    }
}

fn evidence(object: ObjectId, entry: &Entry) -> Evidence {
    let stamp = &entry.stamp;
    Evidence {
        object,
        position: stamp.position,
        registered: stamp.registered,
        lifecycle: entry.lifecycle,
        actor: stamp.actor,
        note: stamp.note.clone(),
        batch: None,
    }
}
