//! The posts of managers, and the owners of the upper units.

use super::calendar::{Day, Instant, Span};
use super::careers::{Seat, seats};
use super::classes::{Facet, class};
use super::employment_objects::{class_list, engagement_id, holder};
use super::function::{PERSONS, TYPE, UNITS, close, function, reorganising, turn};
use super::oio::{Act, LifeCycle, Object, Slot, Value};
use super::people::Person;
use super::plan::{Actor, Habit, Plan};
use super::random::Kind;
use super::unit_objects::line_id;
use super::units::{level, life};

/// Seconds into the migration at which posts have their turn: after every person.
const POSTS_TURN: i64 = 120_000;
const ENGAGEMENT: Slot = Slot::Relation("tilknyttedefunktioner", "engagement");
const OWNERS: Slot = Slot::Relation("tilknyttedepersoner", "");

/// The post of a unit's manager, one object with its successive holders, and the owner of an upper unit.
pub(super) fn post(plan: &Plan, unit: u64) -> Vec<Object> {
    let changes = changes(plan, unit);
    let mut objects = vec![manager(plan, unit, &changes)];
    if (1..=2).contains(&level(unit)) {
        objects.push(owner(plan, unit, &changes));
    }
    objects
}

/// From `day` on `holder` has the post, or nobody; registered at `at`.
struct Change {
    at: Instant,
    day: Day,
    holder: Option<Holder>,
    note: &'static str,
}

#[derive(Clone, Copy)]
struct Holder {
    person: u64,
    engagement: u64,
}

fn changes(plan: &Plan, unit: u64) -> Vec<Change> {
    let mut random = plan.random(Kind::Post, unit, 1);
    let unit_life = life(plan, unit).span;
    let seats = seats(plan, unit);
    let mut changes = Vec::new();
    for (index, Seat { person, span }) in seats.iter().copied().enumerate() {
        let holder = Person::of(plan, person);
        let employment = &holder.employments[0];
        let at = plan.registered(&mut random, span.from, Habit::Prompt);
        let at = at.max(employment.known.plus_seconds(3600)).max(holder.created.plus_seconds(3600));
        let holder = Some(Holder { person, engagement: employment.number });
        changes.push(Change { at, day: span.from, holder, note: "Ny leder" });
        let next = seats.get(index + 1).map(|seat| seat.span.from);
        if let Some(ended) = employment.ended.filter(|_| span.to < unit_life.to && next != Some(span.to)) {
            let at = ended.plus_seconds(1800);
            changes.push(Change { at, day: span.to, holder: None, note: "Lederposten er ledig" });
        }
    }
    changes
}

fn manager(plan: &Plan, unit: u64, changes: &[Change]) -> Object {
    let life = life(plan, unit);
    let level = u64::from(level(unit)).min(3);
    let migrated = turn(POSTS_TURN, unit, 20_000);
    let first = match life.founding {
        Some(by) => reorganising(plan, by, unit, 6, "Lederpost oprettes ved omorganiseringen").life(LifeCycle::Created),
        None => plan.first(plan.migration(0), migrated, plan.actor(Actor::Migration), ""),
    };
    let id = plan.id(Kind::Post, unit, 0);
    let mut object = function(plan, id, first, "Leder", id.to_string(), Span::since(life.span.from));
    let from = life.span.from;
    object.set(from, UNITS, Value::id(line_id(plan, unit)));
    object.set(from, TYPE, class(plan, Facet::ManagerType, level));
    object.set(from, Slot::Relation("opgaver", "lederniveau"), class(plan, Facet::ManagerLevel, level));
    let duties = class_list(plan, Facet::Responsibility, if level < 2 { &[0, 2, 3] } else { &[0, 1] });
    object.set(from, Slot::Relation("opgaver", "lederansvar"), duties);
    let known = register(plan, &mut object, unit, changes);
    let engagement = |holder: Option<Holder>| {
        holder.map_or(Value::Nothing, |holder| Value::id(engagement_id(plan, holder.person, holder.engagement)))
    };
    let engagements = known.iter().map(|(at, day, holder)| (*at, *day, engagement(*holder))).collect();
    object.succession(PERSONS, persons(plan, &known));
    object.succession(ENGAGEMENT, engagements);
    close(plan, &mut object, life.closing, unit);
    object
}

/// The owner of a unit is whoever manages it.
fn owner(plan: &Plan, unit: u64, changes: &[Change]) -> Object {
    let life = life(plan, unit);
    let migrated = turn(POSTS_TURN, unit, 20_000) + 1;
    let first = match life.founding {
        Some(by) => reorganising(plan, by, unit, 7, "Ejer angives ved omorganiseringen").life(LifeCycle::Created),
        None => plan.first(plan.migration(0), migrated, plan.actor(Actor::Migration), ""),
    };
    let id = plan.id(Kind::UnitOwner, unit, 0);
    let mut object = function(plan, id, first, "owner", id.to_string(), Span::since(life.span.from));
    object.set(life.span.from, UNITS, Value::id(line_id(plan, unit)));
    let known = register(plan, &mut object, unit, changes);
    object.succession(OWNERS, persons(plan, &known));
    close(plan, &mut object, life.closing, unit);
    object
}

fn register(plan: &Plan, object: &mut Object, unit: u64, changes: &[Change]) -> Vec<(Instant, Day, Option<Holder>)> {
    let mut random = plan.random(Kind::Post, unit, 2);
    let mut known = Vec::new();
    for change in changes {
        let at = object.act(Act::new(change.at, plan.administrator(&mut random), change.note));
        known.push((at, change.day, change.holder));
    }
    known
}

fn persons(plan: &Plan, known: &[(Instant, Day, Option<Holder>)]) -> Vec<(Instant, Day, Value)> {
    known.iter().map(|(at, day, who)| (*at, *day, holder(plan, who.map(|who| who.person)))).collect()
}
