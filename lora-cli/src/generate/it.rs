//! It systems, accounts in them, and the roles bound to accounts for a year at a time.

use super::calendar::{Day, Instant, Span};
use super::careers::Employment;
use super::classes::{Facet, class};
use super::employment_objects::{engagement_id, first_act};
use super::function::{PERSONS, TYPE, UNITS, function, within};
use super::oio::{Act, Class, LifeCycle, Object, Slot, Value};
use super::people::Person;
use super::plan::{Actor, Habit, Plan};
use super::random::{Kind, Random};
use super::unit_objects::line_id;

/// It systems: user key, name, type.
const SYSTEM_ROWS: [(&str, &str, &str); SYSTEMS] = [
    ("katalog", "Brugerkataloget", "directory"),
    ("post", "Post og kalender", "mail"),
    ("sager", "Sagsarkivet", "case"),
    ("oekonomi", "Økonomisystemet", "finance"),
    ("vagtplan", "Vagtplanen", "roster"),
    ("omsorg-gl", "Omsorgsjournalen (gammel)", "care"),
    ("omsorg", "Omsorgsjournalen", "care"),
    ("boernesager", "Børnesager", "case"),
];
/// How many it systems there are.
pub(super) const SYSTEMS: usize = 8;
/// The system that only the planted persons may use.
pub(super) const CHILDRENS_CASES: u64 = 7;
/// The roles that every system knows: user key and title.
pub(super) const ROLES: [(&str, &str); 4] =
    [("laes", "Læseadgang"), ("skriv", "Skriveadgang"), ("godkend", "Godkender"), ("admin", "Administrator")];
/// How many roles a system has.
pub(super) const ROLES_PER_SYSTEM: u64 = 4;

/// The system of an account.
pub(super) const SYSTEM: Slot = Slot::Relation("tilknyttedeitsystemer", "");
/// The account of a role binding.
pub(super) const ACCOUNT: Slot = Slot::Relation("tilknyttedefunktioner", "");

/// The user key of a system.
pub(super) fn system_key(system: u64) -> &'static str {
    SYSTEM_ROWS[system as usize].0
}

/// When a system is in use: one was replaced by another in the course of the history.
pub(super) fn system_life(plan: &Plan, system: u64) -> Span {
    match system {
        5 => Span { from: plan.founded, to: plan.past[1].effect.plus(31) },
        6 => Span::since(plan.past[1].effect.plus(-60)),
        _ => plan.era(),
    }
}

/// Every it system.
pub(super) fn systems(plan: Plan) -> impl Iterator<Item = Object> {
    (0..SYSTEMS as u64).map(move |system| system_object(&plan, system))
}

/// The act with which a system, or a role in it, is first registered; `seconds` into the migration or the hour.
pub(super) fn system_act(plan: &Plan, system: u64, seconds: i64) -> Act {
    let decided = plan.office_hour(&mut plan.random(Kind::System, system, 0), system_life(plan, system).from.plus(-80));
    plan.first(decided.plus_seconds(seconds), seconds, plan.actor(Actor::Administrator(0)), "Nyt system")
}

fn system_object(plan: &Plan, system: u64) -> Object {
    let (key, name, kind) = SYSTEM_ROWS[system as usize];
    let life = system_life(plan, system);
    let mut random = plan.random(Kind::System, system, 1);
    let first = system_act(plan, system, 20);
    let mut object = Object::new(Class::System, plan.id(Kind::System, system, 0), first);
    object.set(life.from, Slot::Property("brugervendtnoegle"), Value::text(key));
    object.set(life.from, Slot::Property("itsystemnavn"), Value::text(name));
    object.set(life.from, Slot::Property("itsystemtype"), Value::text(kind));
    object.present(object.created(), Span::since(life.from));
    let organisation = Value::id(plan.id(Kind::Organisation, 0, 0));
    object.set(life.from, Slot::Relation("tilknyttedeorganisationer", ""), organisation);
    if life.to.is_finite() {
        let at = plan.office_hour(&mut random, life.to.plus(-75));
        let known = object.act(Act::new(at, plan.actor(Actor::Administrator(0)), "Systemet lukkes"));
        object.absent(known, life.to);
    }
    object
}

/// An account, as its role bindings need to know it.
struct Account {
    system: u64,
    number: u64,
    span: Span,
    known: Instant,
    ended: Option<Instant>,
}

/// The accounts that come with an employment, each with its role bindings.
pub(super) fn accounts(plan: &Plan, person: &Person, employment: &Employment) -> Vec<Object> {
    let mut random = plan.random(Kind::Account, person.index, employment.number);
    let mut objects = Vec::new();
    for system in 0..CHILDRENS_CASES {
        let wanted = [100, 75, 25, 15, 25, 25, 25][system as usize];
        let wanted = random.chance(wanted);
        let Some(span) = employment.span.intersect(system_life(plan, system)).filter(|_| wanted) else { continue };
        let decided = plan.office_hour(&mut random, system_life(plan, system).from.plus(-40));
        let ended = if span.to < employment.span.to {
            Some(plan.office_hour(&mut random, span.to.plus(-30)))
        } else {
            employment.ended.map(|ended| ended.plus_seconds(random.between(3600, 4 * 86_400)))
        };
        let known = employment.known.max(decided).plus_seconds(random.between(600, 3 * 86_400));
        // One whose end was known before it could be made was never made.
        if span.to <= plan.start || ended.is_some_and(|ended| ended <= known.max(person.created.plus_seconds(86_400))) {
            continue;
        }
        let account = Account { system, number: employment.number * 8 + system, span, known, ended };
        let object = account_object(plan, &mut random, person, employment, &account);
        let created = object.created();
        objects.push(object);
        for binding in 0..1 + random.below(2) {
            objects.extend(role_binding(plan, person, employment, &account, created, binding));
        }
    }
    objects
}

fn account_object(
    plan: &Plan,
    random: &mut Random,
    person: &Person,
    employment: &Employment,
    account: &Account,
) -> Object {
    let from = account.span.from;
    let id = plan.id(Kind::Account, person.index, account.number);
    let hand = plan.actor(Actor::Directory);
    let first = first_act(plan, person, account.known, 60 + account.number as i64, hand, "Konto oprettet");
    let mut object = function(plan, id, first, "IT-system", person.account_name(), Span::since(from));
    object.set(from, PERSONS, Value::id(person.id));
    object.set(from, SYSTEM, Value::id(plan.id(Kind::System, account.system, 0)));
    let engagement = Value::id(engagement_id(plan, person.index, employment.number));
    object.set(from, Slot::Relation("tilknyttedefunktioner", "engagement"), engagement);
    let synced = object.created().plus_seconds(random.between(600, 86_400));
    let known = object.act(Act::new(synced, hand, "Nøgle hentet fra systemet"));
    let external = plan.id(Kind::External, person.index, account.number).to_string();
    object.state_fact(known, Span::since(from), Slot::Extension("udvidelse_1"), Value::text(external));
    if let Some(ended) = account.ended {
        let known = object.act(Act::new(ended, hand, "Konto lukket"));
        object.absent(known, account.span.to);
    }
    object
}

/// A role bound to an account: for a year at a time, prolonged until the end of the account is known.
fn role_binding(
    plan: &Plan,
    person: &Person,
    employment: &Employment,
    account: &Account,
    account_created: Instant,
    number: u64,
) -> Option<Object> {
    let part = account.number * 4 + number;
    let mut random = plan.random(Kind::RoleBinding, person.index, part);
    let late = if number == 0 { 0 } else { random.days(0, 500) };
    let from = account.span.from.plus(late);
    let hand = plan.administrator(&mut random);
    let at = plan.registered(&mut random, from, Habit::Prompt).max(account_created.plus_seconds(60));
    let ended = account.ended.map(|ended| ended.plus_seconds(-60));
    if account.span.to <= from || ended.is_some_and(|ended| ended <= at.plus_seconds(3600)) {
        return None;
    }
    let first = first_act(plan, person, at, 100 + part as i64, hand, "Rolle tildelt for et år");
    let id = plan.id(Kind::RoleBinding, person.index, part);
    // The migration brought over what was granted before it as it stood then.
    let granted = if first.life == LifeCycle::Imported { plan.start.max(from) } else { from };
    let year = Span::new(from, granted.plus(365))?;
    let mut object = function(plan, id, first, "Rollebinding", id.to_string(), year);
    object.set(from, TYPE, class(plan, Facet::Role, account.system * ROLES_PER_SYSTEM + number));
    object.set(from, ACCOUNT, Value::id(plan.id(Kind::Account, person.index, account.number)));
    if random.chance(40) {
        object.set(from, UNITS, Value::id(line_id(plan, employment.places[0].unit)));
    }
    prolong(plan, &mut random, &mut object, account, year.to);
    if let Some(ended) = ended {
        let known = object.act(Act::new(ended, plan.actor(Actor::Directory), "Kontoen lukkes"));
        object.absent(known, account.span.to);
    }
    Some(object)
}

fn prolong(plan: &Plan, random: &mut Random, object: &mut Object, account: &Account, first_end: Day) {
    let mut end = first_end;
    while within(Span { from: Day::NEG_INFINITY, to: account.span.to.min(plan.until.plus(30)) }, end) {
        let ahead = random.days(3, 30);
        let at = plan.office_hour(random, end.plus(-ahead));
        if account.ended.is_some_and(|ended| ended.plus_seconds(-3600) <= at) {
            return;
        }
        let known = object.act(Act::new(at, plan.administrator(random), "Rollen er forlænget et år"));
        let Some(year) = Span::new(end, end.plus(365)) else { return };
        object.present(known, year);
        end = year.to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_system_replaces_another_with_an_overlap() {
        let plan = Plan::of(&super::super::options::Options::default()).expect("the defaults");
        let (old, new) = (system_life(&plan, 5), system_life(&plan, 6));
        assert!(new.from < old.to && old.to < new.to);
    }
}
