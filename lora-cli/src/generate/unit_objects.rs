//! The units themselves and what hangs on them: addresses, tasks, links between the trees, vacant committee seats.

use uuid::Uuid;

use super::calendar::{Day, Span};
use super::classes::{self, Facet, KLE_SUBJECTS, class};
use super::function::{TYPE, UNITS, address_value, close, function, reorganising, turn};
use super::names::{self, DOMAIN};
use super::oio::{Act, Class, Object, Slot, Value};
use super::plan::{Actor, Habit, Plan, Reorganisation};
use super::random::Kind;
use super::units::{self, life, unit_key, unit_names};

const NAME: Slot = Slot::Property("enhedsnavn");
const PARENT: Slot = Slot::Relation("overordnet", "");
/// Seconds into the migration at which units, and then what belongs to them, have their turn.
const UNITS_TURN: i64 = 1000;
const BELONGINGS_TURN: i64 = 5000;

/// The id of a line unit.
pub(super) fn line_id(plan: &Plan, unit: u64) -> Uuid {
    plan.id(Kind::LineUnit, unit, 0)
}

/// A line unit and everything that hangs on it.
pub(super) fn line(plan: Plan, unit: u64) -> Vec<Object> {
    let mut objects = vec![line_unit(&plan, unit)];
    objects.extend(addresses(&plan, unit));
    objects.extend(tasks(&plan, unit));
    objects
}

fn founding_act(plan: &Plan, founding: Option<Reorganisation>, unit: u64, stage: i64) -> Act {
    let days = if stage == UNITS_TURN { 0 } else { 2 };
    match founding {
        Some(by) => {
            let act = reorganising(plan, by, unit, days, "Oprettes ved omorganiseringen");
            act.life(super::oio::LifeCycle::Created)
        }
        None => plan.first(plan.migration(0), turn(stage, unit, 3500), plan.actor(Actor::Migration), ""),
    }
}

/// A unit with the properties that all three trees share; its names and parents are still to come.
fn unit(plan: &Plan, id: Uuid, first: Act, key: String, tree: u64, from: Day) -> Object {
    let mut object = Object::new(Class::Unit, id, first);
    object.set(from, Slot::Property("brugervendtnoegle"), Value::text(key));
    object.present(object.created(), Span::since(from));
    object.set(from, Slot::Relation("tilhoerer", ""), Value::id(plan.id(Kind::Organisation, 0, 0)));
    object.set(from, Slot::Relation("opmærkning", ""), class(plan, Facet::UnitHierarchy, tree));
    object
}

fn line_unit(plan: &Plan, index: u64) -> Object {
    let life = life(plan, index);
    let mut random = plan.random(Kind::LineUnit, index, 4);
    let first = founding_act(plan, life.founding, index, UNITS_TURN);
    let mut object = unit(plan, line_id(plan, index), first, unit_key(index), 0, life.span.from);
    let level = u64::from(units::level(index)).min(4);
    object.set(life.span.from, Slot::Relation("enhedstype", ""), class(plan, Facet::UnitType, level));
    object.set(life.span.from, Slot::Relation("niveau", ""), class(plan, Facet::UnitLevel, level));
    if level >= 2 {
        let time = class(plan, Facet::TimePlanning, index % 2);
        object.set(life.span.from, Slot::Relation("opgaver", "tidsregistrering"), time);
    }

    let mut names = Vec::new();
    for (day, name) in unit_names(plan, index) {
        let known = if day == life.span.from {
            object.created()
        } else {
            let at = plan.registered(&mut random, day, Habit::Planned);
            let actor = plan.administrator(&mut random);
            object.act(Act::new(at, actor, format!("Navneændring pr. {day}")))
        };
        names.push((known, day, Value::text(name)));
    }
    object.succession(NAME, names);

    let mut parents = Vec::new();
    for (day, parent, by) in units::parents(plan, index) {
        let known = match by {
            Some(by) => object.act(reorganising(plan, by, index, 3, "Flyttes ved omorganiseringen")),
            None => object.created(),
        };
        parents.push((known, day, Value::id(line_id(plan, parent))));
    }
    if parents.is_empty() {
        parents.push((object.created(), life.span.from, Value::id(plan.id(Kind::Organisation, 0, 0))));
    }
    object.succession(PARENT, parents);
    close(plan, &mut object, life.closing, index);
    object
}

/// The addresses of a line unit: where it lies and how it is reached.
fn addresses(plan: &Plan, unit: u64) -> Vec<Object> {
    let life = life(plan, unit);
    let mut random = plan.random(Kind::UnitAddress, unit, 0);
    let mut objects = Vec::new();
    for kind in 0..6 {
        let wanted = match kind {
            0..=2 => 100,
            3 => 60,
            4 => 15,
            _ => 30,
        };
        if !random.chance(wanted) {
            continue;
        }
        let (_, _, scope) = classes::row(Facet::UnitAddressType, kind);
        let value = unit_address(plan, unit, scope, 0);
        let first = founding_act(plan, life.founding, unit, BELONGINGS_TURN);
        let mut object = function(
            plan,
            plan.id(Kind::UnitAddress, unit, kind),
            first,
            "Adresse",
            value.clone(),
            Span::since(life.span.from),
        );
        object.set(life.span.from, UNITS, Value::id(line_id(plan, unit)));
        object.set(life.span.from, TYPE, class(plan, Facet::UnitAddressType, kind));
        object.set(life.span.from, Slot::Relation("opgaver", "synlighed"), class(plan, Facet::Visibility, 1));
        let place = |scope| match scope {
            "DAR" => Slot::Relation("adresser", "DAR"),
            "PHONE" => Slot::Relation("adresser", "PHONE"),
            "EMAIL" => Slot::Relation("adresser", "EMAIL"),
            "EAN" => Slot::Relation("adresser", "EAN"),
            "WWW" => Slot::Relation("adresser", "WWW"),
            _ => Slot::Relation("adresser", "PNUMBER"),
        };
        object.set(life.span.from, place(scope), address_value(scope, &value));
        if kind < 2 && random.chance(35) {
            let day = plan.some_day(&mut random);
            if super::function::within(life.span, day) {
                let at = plan.registered(&mut random, day, Habit::Prompt);
                let known = object.act(Act::new(at, plan.administrator(&mut random), "Enheden er flyttet"));
                let value = unit_address(plan, unit, scope, 1);
                object.state_fact(known, Span::since(day), super::function::KEY, Value::text(value.clone()));
                object.state_fact(known, Span::since(day), place(scope), address_value(scope, &value));
            }
        }
        close(plan, &mut object, life.closing, unit);
        objects.push(object);
    }
    objects
}

/// What stands at a unit's address; `version` counts its moves.
fn unit_address(plan: &Plan, unit: u64, scope: &str, version: u64) -> String {
    match scope {
        "DAR" => plan.id(Kind::Dar, unit, version).to_string(),
        // Numbers beginning with 99 0 are not in use.
        "PHONE" => format!("+45990{:05}", (unit * 2 + version) % 100_000),
        "EMAIL" => format!("{}@{DOMAIN}", unit_key(unit).to_lowercase()),
        "EAN" => ean(unit),
        "WWW" => format!("https://{}.{DOMAIN}/", unit_key(unit).to_lowercase()),
        _ => format!("90{unit:08}"),
    }
}

/// An EAN-13 with its check digit.
fn ean(unit: u64) -> String {
    let digits = format!("579000{:06}", unit % 1_000_000);
    let weighted =
        digits.bytes().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| u32::from(digit - b'0') * weight);
    let check = (10 - weighted.sum::<u32>() % 10) % 10;
    format!("{digits}{check}")
}

/// The synthetic task numbers of a unit. Unit *n* alone answers for number *n*; the others carry out or look on.
fn tasks(plan: &Plan, unit: u64) -> Vec<Object> {
    let life = life(plan, unit);
    let mut random = plan.random(Kind::Kle, unit, 0);
    let mut objects = Vec::new();
    for turn_of_unit in 0..random.below(3) + 1 {
        let owned = turn_of_unit == 0 && unit < KLE_SUBJECTS;
        let number = if owned { unit } else { (unit * 7 + turn_of_unit * 31 + 13) % KLE_SUBJECTS };
        let first = founding_act(plan, life.founding, unit, BELONGINGS_TURN);
        let id = plan.id(Kind::Kle, unit, turn_of_unit);
        let mut object = function(plan, id, first, "KLE", id.to_string(), Span::since(life.span.from));
        object.set(life.span.from, UNITS, Value::id(line_id(plan, unit)));
        object.set(life.span.from, TYPE, class(plan, Facet::KleNumber, number));
        let aspect = |index| classes::class_id(plan, Facet::KleAspect, index);
        let aspects = if owned { vec![aspect(0), aspect(1)] } else { vec![aspect(1 + random.below(2))] };
        object.set(life.span.from, Slot::Relation("opgaver", ""), Value::ids(aspects));
        if !owned && random.chance(30) {
            let day = plan.some_day(&mut random).next_month();
            let at = plan.registered(&mut random, day, Habit::Planned);
            if super::function::within(life.span, day) {
                let known =
                    object.act(Act::new(at, plan.administrator(&mut random), "Opgavefordelingen er gennemgået"));
                let both = Value::ids([aspect(1), aspect(2)]);
                object.state_fact(known, Span::since(day), Slot::Relation("opgaver", ""), both);
            }
        }
        close(plan, &mut object, life.closing, unit);
        objects.push(object);
    }
    objects
}

/// A pay unit, and its links to the three line units whose pay it gathers.
pub(super) fn pay(plan: Plan, index: u64) -> Vec<Object> {
    let id = plan.id(Kind::PayUnit, index, 0);
    let first = founding_act(&plan, None, index, UNITS_TURN);
    let mut object = unit(&plan, id, first, format!("LØN{index:04}"), 1, plan.founded);
    let top = plan.id(Kind::Organisation, 0, 0);
    let parent = if index == 0 { top } else { plan.id(Kind::PayUnit, (index - 1) / 12, 0) };
    object.set(plan.founded, NAME, Value::text(pay_name(&plan, index)));
    object.set(plan.founded, PARENT, Value::id(parent));
    object.set(plan.founded, Slot::Relation("enhedstype", ""), class(&plan, Facet::UnitType, 5));
    let linked = (index * 3..index * 3 + 3).filter(|unit| *unit < plan.line_units);
    let links = linked.map(|unit| related(&plan, unit, id, &format!("LØN{index:04}"), 0));
    std::iter::once(object).chain(links).collect()
}

fn pay_name(plan: &Plan, index: u64) -> String {
    if index == 0 {
        return format!("Løn: {}", names::MUNICIPALITY);
    }
    let names = unit_names(plan, index * 3);
    format!("Løn: {}", names[0].1)
}

/// A MED committee, its link to the line unit that it looks after, and its seats that nobody has taken.
pub(super) fn med(plan: Plan, index: u64) -> Vec<Object> {
    let id = plan.id(Kind::MedUnit, index, 0);
    let first = founding_act(&plan, None, index, UNITS_TURN);
    let mut object = unit(&plan, id, first, format!("MED{index:04}"), 2, plan.founded);
    let top = plan.id(Kind::Organisation, 0, 0);
    let parent = if index == 0 { top } else { plan.id(Kind::MedUnit, (index - 1) / 5, 0) };
    let of = &unit_names(&plan, index)[0].1;
    let name = if index == 0 { "Hoved-MED".to_owned() } else { format!("MED-udvalget: {of}") };
    object.set(plan.founded, NAME, Value::text(name));
    object.set(plan.founded, PARENT, Value::id(parent));
    object.set(plan.founded, Slot::Relation("enhedstype", ""), class(&plan, Facet::UnitType, 6));
    let link = related(&plan, index, id, &format!("MED{index:04}"), 1);

    let span = plan.era();
    let first = founding_act(&plan, None, index, BELONGINGS_TURN);
    let seat_id = plan.id(Kind::Seat, index, 0);
    let mut seat = function(&plan, seat_id, first, "Tilknytning", format!("MED{index:04}-ledig"), span);
    seat.set(span.from, UNITS, Value::id(id));
    seat.set(span.from, TYPE, class(&plan, Facet::AssociationType, 5));
    vec![object, link, seat]
}

/// The link between a line unit and a unit of another tree.
fn related(plan: &Plan, unit: u64, other: Uuid, other_key: &str, tree: u64) -> Object {
    let life = life(plan, unit);
    let first = founding_act(plan, life.founding, unit, BELONGINGS_TURN);
    let key = format!("{} <-> {other_key}", unit_key(unit));
    let id = plan.id(Kind::RelatedUnit, unit, tree);
    let mut object = function(plan, id, first, "Relateret Enhed", key, Span::since(life.span.from));
    object.set(life.span.from, UNITS, Value::ids([line_id(plan, unit), other]));
    close(plan, &mut object, life.closing, unit);
    object
}

#[cfg(test)]
mod tests {
    #[test]
    fn ean_numbers_carry_their_check_digit() {
        assert_eq!(super::ean(0), "5790000000005");
        assert_eq!(super::ean(123), "5790000001231");
    }
}
