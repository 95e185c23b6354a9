//! What an employment leaves in the register: the engagement itself, leaves, addresses, committee seats, owners.

use uuid::Uuid;

use super::calendar::{Day, Instant, Span};
use super::careers::Employment;
use super::classes::{self, Facet, JOB_FUNCTIONS, class, class_id};
use super::function::{PERSONS, TYPE, UNITS, address_value, function, reorganising, within};
use super::it;
use super::oio::{Act, LifeCycle, Object, Slot, Value};
use super::people::{Person, duplicate, person_id, person_turn};
use super::plan::{Actor, Habit, Plan};
use super::random::{Kind, Random};
use super::unit_objects::line_id;
use super::units::{self, committee};

const FRACTION: Slot = Slot::Extension("fraktion");
const STEP: Slot = Slot::Extension("udvidelse_1");
const JOB: Slot = Slot::Relation("opgaver", "");
const LEAVE_NOTE: &str = "Fratrædelse";

/// A person with everything that belongs to the person alone.
pub(super) fn person(plan: Plan, index: u64) -> Vec<Object> {
    let person = Person::of(&plan, index);
    let mut objects = vec![person.object(&plan)];
    objects.extend(duplicate(&plan, &person));
    objects.extend(addresses(&plan, &person));
    for employment in &person.employments {
        objects.push(engagement(&plan, &person, employment));
        objects.extend(leave(&plan, &person, employment));
        if employment.primary && !employment.called_off {
            objects.extend(it::accounts(&plan, &person, employment));
        }
    }
    objects.extend(association(&plan, &person));
    objects.extend(owner(&plan, &person));
    objects
}

/// The id of an engagement.
pub(super) fn engagement_id(plan: &Plan, person: u64, number: u64) -> Uuid {
    plan.id(Kind::Engagement, person, number)
}

/// The first act of a function of a person; never before the person is registered.
pub(super) fn first_act(plan: &Plan, person: &Person, at: Instant, order: i64, actor: Uuid, note: &'static str) -> Act {
    plan.first(at.max(person.created.plus_seconds(order)), person_turn(person.index, order), actor, note)
}

/// The engagement of an employment, with its moves, jobs, hours and yearly pay steps.
pub(super) fn engagement(plan: &Plan, person: &Person, employment: &Employment) -> Object {
    let mut random = plan.random(Kind::Engagement, person.index, employment.number);
    let from = employment.span.from;
    let id = engagement_id(plan, person.index, employment.number);
    let number = format!("{:06}", person.index * 4 + employment.number);
    let hand = plan.administrator(&mut random);
    let first = first_act(plan, person, employment.known, 10 + employment.number as i64, hand, "Ansættelse");
    let mut object = function(plan, id, first, "Engagement", number, Span::since(from));
    object.set(from, PERSONS, Value::id(person.id));
    object.set(from, TYPE, class(plan, Facet::EngagementType, random.below(4)));
    let rank = if employment.primary { 0 } else { 1 };
    object.set(from, Slot::Relation("primær", ""), class(plan, Facet::PrimaryType, rank));
    if employment.called_off {
        object.set(from, UNITS, Value::id(line_id(plan, employment.places[0].unit)));
        object.set(from, JOB, class(plan, Facet::JobFunction, random.below(JOB_FUNCTIONS)));
        let at = plan.office_hour(&mut random, from.plus(-5));
        object.act(Act::new(at, hand, "Ansættelsen blev ikke til noget").life(LifeCycle::Deleted));
        return object;
    }
    place(plan, &mut random, &mut object, person, employment);
    job_and_hours(plan, &mut random, &mut object, employment);
    pay_steps(plan, &mut random, &mut object, employment);
    end(plan, &mut random, &mut object, employment);
    object
}

/// The units of an engagement. Now and then the first one is entered wrongly and put right weeks later.
fn place(plan: &Plan, random: &mut Random, object: &mut Object, person: &Person, employment: &Employment) {
    let mut units = Vec::new();
    for (index, place) in employment.places.iter().enumerate() {
        let known = if index == 0 {
            object.created()
        } else if let Some(by) = place.by {
            object.act(reorganising(plan, by, person.index, 8, "Flyttes med enheden ved omorganiseringen"))
        } else {
            let at = plan.registered(random, place.from, Habit::Planned);
            object.act(Act::new(at, plan.administrator(random), format!("Flytter enhed pr. {}", place.from)))
        };
        units.push((known, place.from, Value::id(line_id(plan, place.unit))));
    }
    let moves = units.len();
    let created = object.created();
    let wrong = random.chance(4) && moves == 1 && plan.migration(3 * 86_400) < created;
    if !wrong {
        object.succession(UNITS, units);
        return;
    }
    let unit = employment.places[0].unit;
    let mistaken = line_id(plan, units::parent(unit).unwrap_or(1));
    let fact = object.set(employment.span.from, UNITS, Value::id(mistaken));
    let found = created.plus_seconds(random.between(5 * 86_400, 90 * 86_400));
    let known = object.act(Act::new(found, plan.administrator(random), "Enheden var angivet forkert ved ansættelsen"));
    object.retract(fact, known);
    let right = units.swap_remove(0).2;
    object.state_fact(known, Span::since(employment.span.from), UNITS, right);
}

fn job_and_hours(plan: &Plan, random: &mut Random, object: &mut Object, employment: &Employment) {
    let from = employment.span.from;
    let mut jobs = vec![(object.created(), from, class(plan, Facet::JobFunction, random.below(JOB_FUNCTIONS)))];
    let mut hours = vec![(object.created(), from, Value::Number(*random.pick(&[1000, 1000, 946, 865, 811, 500])))];
    let mut days: Vec<Day> = (0..plan.years.div_ceil(4)).map(|_| plan.some_day(random).next_month()).collect();
    days.sort_unstable();
    days.dedup();
    for day in days {
        let (job, at) = (random.chance(40), plan.registered(random, day, Habit::Planned));
        if !within(employment.span, day) {
            continue;
        }
        let note = if job { "Ny stilling" } else { "Ændret arbejdstid" };
        let known = object.act(Act::new(at, plan.administrator(random), note));
        if job {
            jobs.push((known, day, class(plan, Facet::JobFunction, random.below(JOB_FUNCTIONS))));
        } else {
            hours.push((known, day, Value::Number(*random.pick(&[1000, 973, 865, 757, 676]))));
        }
    }
    object.succession(JOB, jobs);
    object.succession(FRACTION, hours);
}

/// Every April the payroll system raises the step, until it knows that the employment ends.
fn pay_steps(plan: &Plan, random: &mut Random, object: &mut Object, employment: &Employment) {
    let mut step = 10 + random.below(25);
    let mut steps = vec![(object.created(), employment.span.from, Value::text(format!("Trin {step}")))];
    for year in plan.start.year()..=plan.until.year() {
        let day = Day::of(year, 4, 1);
        let lag = random.days(-14, 20);
        let at = plan.office_hour(random, day.plus(lag));
        let known_end = employment.ended.is_some_and(|ended| ended <= at);
        if !within(employment.span, day) || known_end || day < plan.start {
            continue;
        }
        step += 1;
        let known = object.act(Act::new(at, plan.actor(Actor::Payroll), "Årlig lønregulering"));
        steps.push((known, day, Value::text(format!("Trin {step}"))));
    }
    object.succession(STEP, steps);
}

/// The end of an employment; some ends are postponed once, before they are reached.
fn end(plan: &Plan, random: &mut Random, object: &mut Object, employment: &Employment) {
    let Some(ended) = employment.ended else { return };
    let to = employment.span.to;
    let mistaken = random.chance(12).then(|| to.plus(-random.days(15, 60)));
    let known = object.act(Act::new(ended, plan.administrator(random), LEAVE_NOTE));
    match mistaken.filter(|mistaken| employment.span.from < *mistaken) {
        Some(mistaken) => {
            object.absent(known, mistaken);
            let later = ended.plus_seconds(random.between(86_400, 20 * 86_400));
            let again = object.act(Act::new(later, plan.administrator(random), "Fratrædelsesdatoen er rettet"));
            object.present(again, Span { from: mistaken, to });
        }
        None => object.absent(known, to),
    }
}

/// Leaves within an employment; some are prolonged while they last.
fn leave(plan: &Plan, person: &Person, employment: &Employment) -> Option<Object> {
    let mut random = plan.random(Kind::Leave, person.index, employment.number);
    let (day, length) = (plan.some_day(&mut random), random.days(40, 330));
    let span = Span::new(day, day.plus(length))?;
    if !random.chance(45) || employment.called_off || !within(employment.span, day) {
        return None;
    }
    let at = plan.registered(&mut random, day, Habit::Planned);
    let hand = plan.administrator(&mut random);
    let first = first_act(plan, person, at.max(employment.known.plus_seconds(60)), 30, hand, "Orlov bevilget");
    let id = plan.id(Kind::Leave, person.index, employment.number);
    let mut object = function(plan, id, first, "Orlov", id.to_string(), span);
    object.set(day, PERSONS, Value::id(person.id));
    object.set(day, TYPE, class(plan, Facet::LeaveType, random.below(4)));
    let engagement = Value::id(engagement_id(plan, person.index, employment.number));
    object.set(day, Slot::Relation("tilknyttedefunktioner", ""), engagement);
    let prolonged = plan.office_hour(&mut random, span.to.plus(-10));
    if random.chance(30) && employment.ended.is_none_or(|ended| prolonged < ended) {
        let known = object.act(Act::new(prolonged, plan.administrator(&mut random), "Orloven er forlænget"));
        object.present(known, Span { from: span.to, to: span.to.plus(random.days(14, 90)) });
    }
    end_with(&mut object, employment, span.to.plus(90), hand);
    Some(object)
}

/// Ends what would have lasted until `to`, when the employment turns out to end before that.
fn end_with(object: &mut Object, employment: &Employment, to: Day, hand: Uuid) {
    if let Some(ended) = employment.ended.filter(|_| employment.span.to < to) {
        let known = object.act(Act::new(ended.plus_seconds(900), hand, LEAVE_NOTE));
        object.absent(known, employment.span.to);
    }
}

/// Mail, telephone, mobile and room of a person. They end when the last employment does.
fn addresses(plan: &Plan, person: &Person) -> Vec<Object> {
    let lasting = person.employments.iter().filter(|employment| !employment.called_off);
    let Some(last) = lasting.clone().max_by_key(|employment| employment.span.to) else { return Vec::new() };
    let Some(from) = lasting.map(|employment| employment.span.from).min() else { return Vec::new() };
    let mut random = plan.random(Kind::PersonAddress, person.index, 0);
    let mut objects = Vec::new();
    for (kind, wanted) in [(0, 100), (1, 75), (2, 55), (3, 30)] {
        if !random.chance(wanted) {
            continue;
        }
        let id = plan.id(Kind::PersonAddress, person.index, kind);
        let first =
            first_act(plan, person, person.created, 2 + kind as i64, plan.actor(Actor::Directory), "Adresse oprettet");
        let values = address_values(plan, &mut random, person, kind, from);
        let mut object = function(plan, id, first, "Adresse", values[0].1.clone(), Span::since(from));
        object.set(from, PERSONS, Value::id(person.id));
        object.set(from, TYPE, class(plan, Facet::PersonAddressType, kind));
        let visibility = class(plan, Facet::Visibility, if random.chance(70) { 1 } else { random.below(3) });
        object.set(from, Slot::Relation("opgaver", "synlighed"), visibility);
        set_address(plan, &mut random, &mut object, kind, values);
        if let Some(ended) = last.ended {
            let at = ended.plus_seconds(3600 * (1 + kind as i64));
            let known = object.act(Act::new(at, plan.actor(Actor::Directory), LEAVE_NOTE));
            object.absent(known, last.span.to);
        }
        objects.push(object);
    }
    objects
}

fn address_values(plan: &Plan, random: &mut Random, person: &Person, kind: u64, from: Day) -> Vec<(Day, String)> {
    if kind == 0 {
        let mut mails: Vec<(Day, String)> = Vec::new();
        for (day, surname) in &person.surnames {
            let day = if mails.is_empty() { from } else { day.plus(3) };
            // A name taken before the employment is the only one in the address.
            if !mails.is_empty() && day <= from {
                mails.clear();
            }
            mails.push((day.max(from), person.mail(surname)));
        }
        return mails;
    }
    let value = |version: u64| match kind {
        1 => format!("+45991{:05}", (person.index * 2 + version) % 100_000),
        2 => format!("+45992{:05}", (person.index * 2 + version) % 100_000),
        _ => format!("Lokale {}.{:02}", 1 + (person.index + version) % 4, 1 + (person.index * 3 + version * 5) % 60),
    };
    let mut values = vec![(from, value(0))];
    let day = plan.some_day(random);
    if random.chance(45) && from < day {
        values.push((day, value(1)));
    }
    values
}

fn set_address(plan: &Plan, random: &mut Random, object: &mut Object, kind: u64, values: Vec<(Day, String)>) {
    let (_, _, scope) = classes::row(Facet::PersonAddressType, kind);
    let place = match scope {
        "EMAIL" => Slot::Relation("adresser", "EMAIL"),
        "PHONE" => Slot::Relation("adresser", "PHONE"),
        _ => Slot::Relation("adresser", "TEXT"),
    };
    let (mut keys, mut addresses) = (Vec::new(), Vec::new());
    for (index, (day, value)) in values.into_iter().enumerate() {
        let known = if index == 0 {
            object.created()
        } else {
            let at = plan.registered(random, day, Habit::Prompt);
            object.act(Act::new(at, plan.actor(Actor::Directory), "Ændret kontaktoplysning"))
        };
        addresses.push((known, day, address_value(scope, &value)));
        if index > 0 {
            keys.push((known, day, Value::text(value)));
        }
    }
    object.succession(place, addresses);
    object.succession(super::function::KEY, keys);
}

/// A seat in the MED committee of the person's unit.
fn association(plan: &Plan, person: &Person) -> Option<Object> {
    let employment = person.employments.first().filter(|employment| !employment.called_off)?;
    let mut random = plan.random(Kind::Association, person.index, 0);
    let day = plan.some_day(&mut random).next_month();
    if !random.chance(11) || !within(employment.span, day) {
        return None;
    }
    let term = Span::new(day, day.plus_years(2 + random.below(3) as i32))?;
    let at = plan.registered(&mut random, day, Habit::Planned).max(employment.known.plus_seconds(60));
    let hand = plan.administrator(&mut random);
    let first = first_act(plan, person, at, 40, hand, "Valgt til MED-udvalget");
    let id = plan.id(Kind::Association, person.index, 0);
    let mut object = function(plan, id, first, "Tilknytning", id.to_string(), term);
    object.set(day, PERSONS, Value::id(person.id));
    let seat = committee(plan, employment.places[0].unit);
    object.set(day, UNITS, Value::id(plan.id(Kind::MedUnit, seat, 0)));
    object.set(day, TYPE, class(plan, Facet::AssociationType, random.below(6)));
    end_with(&mut object, employment, term.to, hand);
    Some(object)
}

/// A few persons are looked after by an owner, found through their engagement.
fn owner(plan: &Plan, person: &Person) -> Option<Object> {
    let mut random = plan.random(Kind::PersonOwner, person.index, 0);
    let from = person.employments.first()?.span.from;
    if !random.chance(1) || person.index == 0 {
        return None;
    }
    let id = plan.id(Kind::PersonOwner, person.index, 0);
    let hand = plan.administrator(&mut random);
    let first = first_act(plan, person, person.created, 50, hand, "Ejer udledt");
    let mut object = function(plan, id, first, "owner", id.to_string(), Span::since(from));
    object.set(from, PERSONS, Value::id(person.id));
    object.set(from, Slot::Extension("udvidelse_1"), Value::text("engagement_priority"));
    Some(object)
}

/// A further registration about an engagement, `part` of `parts` of the way from its last one to the end of the
/// history: a review that puts a field on record. `None` when the engagement is not there any more.
pub(super) fn review(plan: &Plan, person: &Person, employment: &Employment, part: u64, parts: u64) -> Option<Object> {
    if employment.called_off {
        return None;
    }
    let mut object = engagement(plan, person, employment);
    let last = object.last_before(plan.end())?;
    let way = plan.end().micros_since(last);
    let at = last.plus_micros((i128::from(way) * i128::from(part) / i128::from(parts + 1)) as i64);
    if at <= last {
        return None;
    }
    let mut random = plan.random(Kind::Review, person.index, part);
    let known = object.act(Act::new(at, plan.administrator(&mut random), "Gennemgang af stamdata"));
    let from = employment.span.from.max(plan.start);
    if let Some(span) = Span::new(from, Day::INFINITY) {
        object.state_fact(known, span, Slot::Extension("udvidelse_2"), Value::text(format!("Gennemgang {part}")));
    }
    Some(object)
}

/// A relation to the holder of something, or to nobody.
pub(super) fn holder(plan: &Plan, person: Option<u64>) -> Value {
    person.map_or(Value::Nothing, |person| Value::id(person_id(plan, person)))
}

/// The id of a class as a value list, for relations that hold several.
pub(super) fn class_list(plan: &Plan, facet: Facet, indexes: &[u64]) -> Value {
    Value::ids(indexes.iter().map(|index| class_id(plan, facet, *index)))
}
