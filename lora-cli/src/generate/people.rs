//! Who the persons are, by rule: births, CPR-shaped numbers, names over time, and the person objects.

use uuid::Uuid;

use super::calendar::{Day, Instant, Span};
use super::careers::{Employment, careers};
use super::function::turn;
use super::names;
use super::oio::{Act, Class, LifeCycle, Object, Slot, Value};
use super::plan::{Actor, Habit, Plan};
use super::random::Kind;

/// Seconds into the migration at which persons, with their functions, have their turn.
const PERSONS_TURN: i64 = 10_000;
const PERSONS_WIDTH: u64 = 100_000;
/// Years of birth that occur, and days in each: not the first of January, see [`cpr`].
const BIRTH_YEARS: u64 = 51;
const BIRTH_DAYS: u64 = 364;
/// Serial numbers of a day; with the last digit they make the last four of a CPR number.
const SERIALS: u64 = 400;

/// A person of the population.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) index: u64,
    pub(super) id: Uuid,
    pub(super) birth: Day,
    pub(super) given: String,
    /// Surnames in order of time; the first since birth.
    pub(super) surnames: Vec<(Day, String)>,
    pub(super) created: Instant,
    pub(super) employments: Vec<Employment>,
}

/// The id of a person.
pub(super) fn person_id(plan: &Plan, person: u64) -> Uuid {
    plan.id(Kind::Person, person, 0)
}

/// The turn of a person in the migration, and of the functions that follow: `order` counts them.
pub(super) fn person_turn(person: u64, order: i64) -> i64 {
    turn(PERSONS_TURN, person, PERSONS_WIDTH) + order
}

/// Which birthday and serial number a person has: no two persons share both, because the step has no factor in
/// common with the number of places.
fn place(plan: &Plan, person: u64) -> (u64, u64) {
    let places = BIRTH_YEARS * BIRTH_DAYS * SERIALS;
    let shifted = super::random::hash(plan.seed, Kind::Person, 0, 7) % places;
    let place = (person * 3_779_879 + shifted) % places;
    (place / SERIALS, place % SERIALS)
}

/// The birthday of a person: 21 to 72 years before the end of the history.
pub(super) fn birth(plan: &Plan, person: u64) -> Day {
    let (day, _) = place(plan, person);
    let year = plan.until.year() - 72 + (day / BIRTH_DAYS) as i32;
    Day::of(year, 1, 2).plus((day % BIRTH_DAYS) as i32)
}

fn is_woman(plan: &Plan, person: u64) -> bool {
    plan.random(Kind::Person, person, 1).chance(68)
}

/// A number in the shape of a CPR number: date, serial number for the century, last digit for the sex.
///
/// Every one of them fails the check of modulus 11, and none has a birthday on 1 January, where most of the real
/// numbers without check digit are: so it is as good as certain that nobody has it.
pub(super) fn cpr(plan: &Plan, person: u64) -> String {
    let (_, serial) = place(plan, person);
    let (year, month, day) = birth(plan, person).civil();
    let serial = if year < 2000 { serial } else { serial + SERIALS };
    let digits = format!("{day:02}{month:02}{:02}{serial:03}", year % 100);
    let weights = [4, 3, 2, 7, 6, 5, 4, 3, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let first = if is_woman(plan, person) { 2 } else { 1 };
    let last = if (sum + first).is_multiple_of(11) { first + 2 } else { first };
    format!("{digits}{last}")
}

impl Person {
    /// Everything about the person `index`.
    pub(super) fn of(plan: &Plan, index: u64) -> Self {
        let mut random = plan.random(Kind::Person, index, 2);
        let birth = birth(plan, index);
        let given = names::given(&mut random, is_woman(plan, index));
        let mut surnames = vec![(birth, names::surname(&mut random))];
        if random.chance((u64::from(plan.years) * 3 / 4).max(3)) {
            surnames.push((plan.some_day(&mut random), names::surname(&mut random)));
        }
        let employments = careers(plan, index, birth);
        let known = employments.iter().map(|employment| employment.known).min().unwrap_or(plan.end());
        let created = known.plus_seconds(-3600).max(plan.migration(person_turn(index, 0)));
        Self { index, id: person_id(plan, index), birth, given, surnames, created, employments }
    }

    /// The user name in the person's accounts: never another person's.
    pub(super) fn account_name(&self) -> String {
        let letters = |name: &str, count| names::mail_part(name).chars().take(count).collect::<String>();
        format!("{}{}{:05}", letters(&self.given, 2), letters(&self.surnames[0].1, 2), self.index)
    }

    /// The mail address under one of the person's surnames.
    pub(super) fn mail(&self, surname: &str) -> String {
        let name = names::mail_part(&format!("{} {surname}", self.given));
        format!("{name}.{:05}@{}", self.index, names::DOMAIN)
    }

    /// The person object.
    pub(super) fn object(&self, plan: &Plan) -> Object {
        let mut random = plan.random(Kind::Person, self.index, 3);
        let hand = plan.administrator(&mut random);
        let first = plan.first(self.created, person_turn(self.index, 0), hand, "Oprettet ved ansættelse");
        let mut object = Object::new(Class::Person, self.id, first);
        object.set(self.birth, Slot::Property("brugervendtnoegle"), Value::text(self.account_name()));
        object.present(object.created(), Span::since(self.birth));
        object.set(self.birth, Slot::Relation("tilhoerer", ""), Value::id(plan.id(Kind::Organisation, 0, 0)));
        let number = format!("urn:dk:cpr:person:{}", cpr(plan, self.index));
        object.set(self.birth, Slot::Relation("tilknyttedepersoner", ""), Value::urn(number));
        object.set(self.birth, Slot::Extension("fornavn"), Value::text(self.given.clone()));
        if let Some(seniority) = self.employments.first() {
            object.set(self.birth, Slot::Extension("seniority"), Value::text(seniority.span.from.to_string()));
        }
        let mut surnames = Vec::new();
        for (day, name) in &self.surnames {
            let known = if *day == self.birth {
                object.created()
            } else {
                let at = plan.registered(&mut random, *day, Habit::Prompt);
                object.act(Act::new(at, plan.administrator(&mut random), "Nyt efternavn"))
            };
            surnames.push((known, *day, Value::text(name.clone())));
        }
        object.succession(Slot::Extension("efternavn"), surnames);
        if random.chance(4) {
            let day = plan.some_day(&mut random);
            let at = plan.office_hour(&mut random, day);
            let known = object.act(Act::new(at, plan.administrator(&mut random), "Kaldenavn ønsket"));
            let short = self.given.split(' ').next().unwrap_or_default().chars().take(3).collect::<String>();
            object.state_fact(known, Span::since(day), Slot::Extension("kaldenavn_fornavn"), Value::text(short));
        }
        self.set_passive(plan, &mut object);
        object
    }

    /// Persons who left long ago are passivated: after that nothing more is registered about them.
    fn set_passive(&self, plan: &Plan, object: &mut Object) {
        let mut random = plan.random(Kind::Person, self.index, 4);
        let left = self.employments.iter().map(|employment| employment.span.to).max().unwrap_or(Day::INFINITY);
        if !left.is_finite() || !random.chance(40) {
            return;
        }
        let known = self.employments.iter().filter_map(|employment| employment.ended).max();
        let later = left.plus(random.days(500, 800));
        let at = plan.office_hour(&mut random, later);
        let quiet = self.surnames.len() == 1 && known.is_none_or(|known| known < at);
        if quiet && at < plan.end() && plan.start < left {
            let act = Act::new(at, plan.actor(Actor::Directory), "Fratrådt for mere end et år siden");
            object.act(act.life(LifeCycle::Passivated));
        }
    }
}

/// The objects of persons who were registered twice: the second object is deleted when that is found out.
pub(super) fn duplicate(plan: &Plan, person: &Person) -> Option<Object> {
    let mut random = plan.random(Kind::Duplicate, person.index, 0);
    if !random.chance(1) {
        return None;
    }
    let day = plan.some_day(&mut random);
    let at = plan.office_hour(&mut random, day).max(person.created.plus_seconds(60));
    let hand = plan.administrator(&mut random);
    let first = Act::new(at, hand, "Oprettet i stamdata").life(LifeCycle::Created);
    let mut object = Object::new(Class::Person, plan.id(Kind::Duplicate, person.index, 0), first);
    object.set(person.birth, Slot::Property("brugervendtnoegle"), Value::text(format!("{}-2", person.account_name())));
    object.present(object.created(), Span::since(person.birth));
    object.set(person.birth, Slot::Relation("tilhoerer", ""), Value::id(plan.id(Kind::Organisation, 0, 0)));
    object.set(person.birth, Slot::Extension("fornavn"), Value::text(person.given.clone()));
    object.set(person.birth, Slot::Extension("efternavn"), Value::text(person.surnames[0].1.clone()));
    let found = at.plus_seconds(random.between(86_400, 40 * 86_400));
    object.act(Act::new(found, plan.administrator(&mut random), "Dubletten er slettet").life(LifeCycle::Deleted));
    Some(object)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::options::Options;
    use super::*;

    #[test]
    fn cpr_shaped_numbers_are_unique_and_fail_modulus_11() {
        let plan = Plan::of(&Options::default()).expect("the defaults");
        let mut seen = HashSet::new();
        for person in 0..20_000 {
            let number = cpr(&plan, person);
            let weights = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
            let sum: u32 = number.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
            assert!(number.len() == 10 && !sum.is_multiple_of(11), "{number}");
            assert!(!number.starts_with("0101"), "{number}");
            assert!(seen.insert(number));
        }
    }
}
