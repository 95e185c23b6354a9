//! The planted cases: a small children's centre whose history is written by hand, so that its answers are known.
//!
//! Everything is counted in days from the end of the history: `-200` is 200 days before it, `15` is a plan. A
//! registration is made at ten o'clock on its day, so a question put at noon sees it.

use uuid::Uuid;

use super::calendar::{Day, Instant, Span};
use super::classes::{Facet, class};
use super::function::{KEY, PERSONS, TYPE, UNITS, function};
use super::it::{ACCOUNT, CHILDRENS_CASES, ROLES_PER_SYSTEM, SYSTEM};
use super::oio::{Act, Class, LifeCycle, Object, Slot, Value};
use super::people::{birth, cpr};
use super::plan::{Actor, Plan};
use super::random::Kind;
use super::unit_objects::line_id;

/// Given names and surnames of the planted persons; the questions speak of them by these names.
pub(super) const PERSONS_BY_NAME: [(&str, &str); 13] = [
    ("Alma", "Nørrelund"),
    ("Bertil", "Rosenvad"),
    ("Clara", "Lindholt"),
    ("Ditlev", "Sandgaard"),
    ("Emmy", "Klintrup"),
    ("Folmer", "Tjørnebjerg"),
    ("Gry", "Havstrøm"),
    ("Hjalte", "Birkemark"),
    ("Ingrid", "Mosedahl"),
    ("Jesper", "Ravtoft"),
    ("Karen", "Skovvig"),
    ("Ludvig", "Kirkeby"),
    ("Molly", "Stenvad"),
];
/// The planted units by their first names.
pub(super) const UNITS_BY_NAME: [&str; 6] = [
    "Børnecentret",
    "Modtagelsen",
    "Familieteamet",
    "Ungeteamet",
    "Sekretariatet for Børnecentret",
    "Familie- og Ungehuset",
];

const IMPORT: Option<i32> = None;
const MIGRATED: i64 = 150_000;
/// CPR-shaped numbers of planted persons come after those of every possible person of the population.
const FIRST_INDEX: u64 = 5_000_000;

/// Days and ids of the planted cases.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage {
    pub(super) plan: Plan,
}

impl Stage {
    pub(super) fn day(self, offset: i32) -> Day {
        self.plan.until.plus(offset)
    }

    /// Ten o'clock: when the registrations of a day are made.
    pub(super) fn morning(self, offset: i32) -> Instant {
        self.day(offset).time(36_000, 0)
    }

    /// Noon: when questions are put.
    pub(super) fn noon(self, offset: i32) -> Instant {
        self.day(offset).time(43_200, 0)
    }

    pub(super) fn unit(self, index: u64) -> Uuid {
        self.plan.id(Kind::Planted, 1, index)
    }

    pub(super) fn person(self, index: u64) -> Uuid {
        self.plan.id(Kind::Planted, 2, index)
    }

    pub(super) fn engagement(self, index: u64) -> Uuid {
        self.plan.id(Kind::Planted, 3, index)
    }

    pub(super) fn account(self, person: u64) -> Uuid {
        self.plan.id(Kind::Planted, 4, person)
    }

    pub(super) fn system(self) -> Uuid {
        self.plan.id(Kind::System, CHILDRENS_CASES, 0)
    }

    fn act(self, offset: i32, note: &'static str) -> Act {
        Act::new(self.morning(offset), self.plan.actor(Actor::Administrator(7)), note)
    }

    /// A creation on that day, or the migration.
    fn first(self, created: Option<i32>, order: i64) -> Act {
        match created {
            Some(offset) => {
                let act = self.act(offset, "Oprettet");
                let at = act.at.plus_seconds(order);
                Act { at, ..act.life(LifeCycle::Created) }
            }
            None => self.plan.first(self.plan.migration(0), MIGRATED + order, self.plan.actor(Actor::Migration), ""),
        }
    }
}

/// Every object of the planted cases.
pub(super) fn objects(plan: Plan) -> Vec<Object> {
    let stage = Stage { plan };
    let mut objects = units(stage);
    objects.extend(persons(stage));
    objects.extend(engagements(stage));
    objects.push(post(stage));
    objects.extend(access(stage));
    objects
}

fn unit(stage: Stage, index: u64, created: Option<i32>, from: Day, parent: Uuid) -> Object {
    let plan = &stage.plan;
    let mut object = Object::new(Class::Unit, stage.unit(index), stage.first(created, index as i64));
    object.set(from, KEY, Value::text(format!("BC{index}")));
    object.set(from, Slot::Property("enhedsnavn"), Value::text(UNITS_BY_NAME[index as usize]));
    object.present(object.created(), Span::since(from));
    object.set(from, Slot::Relation("tilhoerer", ""), Value::id(plan.id(Kind::Organisation, 0, 0)));
    object.set(from, Slot::Relation("overordnet", ""), Value::id(parent));
    object.set(from, Slot::Relation("enhedstype", ""), class(plan, Facet::UnitType, if index == 0 { 2 } else { 4 }));
    object.set(from, Slot::Relation("opmærkning", ""), class(plan, Facet::UnitHierarchy, 0));
    object
}

fn units(stage: Stage) -> Vec<Object> {
    let founded = stage.plan.founded;
    let name = Slot::Property("enhedsnavn");
    let centre = unit(stage, 0, IMPORT, founded, line_id(&stage.plan, 1));
    let [mut reception, mut families, mut young, mut secretariat] =
        [1, 2, 3, 4].map(|index| unit(stage, index, IMPORT, founded, stage.unit(0)));

    let known = reception.act(stage.act(-230, "Nyt navn besluttet"));
    reception.state_fact(known, Span::since(stage.day(-200)), name, Value::text("Børnemodtagelsen"));

    let known = families.act(stage.act(-121, "Nyt navn"));
    let misspelt = families.state_fact(known, Span::since(stage.day(-120)), name, Value::text("Famile og Netværk"));
    let known = families.act(stage.act(-90, "Stavefejl i navnet rettet"));
    families.retract(misspelt, known);
    families.state_fact(known, Span::since(stage.day(-120)), name, Value::text("Familie og Netværk"));

    let effect = stage.plan.planned.effect;
    let batch = Some(stage.plan.planned.batch);
    let mut house = unit(stage, 5, Some(-35), effect, stage.unit(0));
    house.act(stage.act(-34, "Godkendt af direktionen").batch(batch));
    for moved in [&mut families, &mut young] {
        let known = moved.act(stage.act(-33, "Flyttes ved den planlagte omorganisering").batch(batch));
        moved.state_fact(known, Span::since(effect), Slot::Relation("overordnet", ""), Value::id(stage.unit(5)));
    }

    let known = secretariat.act(stage.act(-70, "Nedlagt med tilbagevirkende kraft"));
    secretariat.absent(known, stage.day(-100));
    vec![centre, reception, families, young, secretariat, house]
}

fn persons(stage: Stage) -> Vec<Object> {
    let plan = &stage.plan;
    let created = |index| match index {
        1 => Some(-126),
        5 => Some(-81),
        6 => Some(-21),
        _ => IMPORT,
    };
    let mut persons = Vec::new();
    for (index, (given, surname)) in (0_u64..).zip(PERSONS_BY_NAME) {
        let first = stage.first(created(index), 100 + index as i64);
        let mut object = Object::new(Class::Person, stage.person(index), first);
        let from = birth(plan, FIRST_INDEX + index);
        object.set(from, KEY, Value::text(format!("bc{index:02}")));
        object.present(object.created(), Span::since(from));
        object.set(from, Slot::Relation("tilhoerer", ""), Value::id(plan.id(Kind::Organisation, 0, 0)));
        let number = format!("urn:dk:cpr:person:{}", cpr(plan, FIRST_INDEX + index));
        object.set(from, Slot::Relation("tilknyttedepersoner", ""), Value::urn(number));
        object.set(from, Slot::Extension("fornavn"), Value::text(given));
        object.set(from, Slot::Extension("efternavn"), Value::text(surname));
        persons.push(object);
    }
    let known = persons[2].act(stage.act(-128, "Gift"));
    let married = Span::since(stage.day(-130));
    persons[2].state_fact(known, married, Slot::Extension("efternavn"), Value::text("Østerholt"));
    persons[5].act(stage.act(-49, "Registreret på en forkert person").life(LifeCycle::Deleted));
    persons[12].act(stage.act(-25, "Fratrådt").life(LifeCycle::Passivated));
    persons[12].act(stage.act(-5, "Vender tilbage; genoplivet ved import").life(LifeCycle::Imported));
    persons
}

/// An engagement of a person in a unit during a span, first registered on a day.
fn engagement(stage: Stage, index: u64, person: u64, unit: u64, span: Span, created: Option<i32>) -> Object {
    let plan = &stage.plan;
    let first = stage.first(created, 200 + index as i64);
    let mut object = function(plan, stage.engagement(index), first, "Engagement", format!("9{index:05}"), span);
    object.set(span.from, PERSONS, Value::id(stage.person(person)));
    object.set(span.from, UNITS, Value::id(stage.unit(unit)));
    object.set(span.from, TYPE, class(plan, Facet::EngagementType, 0));
    object.set(span.from, Slot::Relation("opgaver", ""), class(plan, Facet::JobFunction, 20));
    object.set(span.from, Slot::Relation("primær", ""), class(plan, Facet::PrimaryType, 0));
    object
}

fn engagements(stage: Stage) -> Vec<Object> {
    let since = |offset: Option<i32>| Span::since(offset.map_or(stage.plan.founded, |offset| stage.day(offset)));
    // Engagement n is that of person n, in these units, since these days, registered on these.
    let begun: [(u64, Option<i32>, Option<i32>); 13] = [
        (0, None, IMPORT),
        (0, Some(-120), Some(-125)),
        (1, None, IMPORT),
        (1, None, IMPORT),
        (2, None, IMPORT),
        (2, Some(-80), Some(-80)),
        (2, Some(31), Some(-20)),
        (3, None, IMPORT),
        (3, None, IMPORT),
        (3, None, IMPORT),
        (1, None, IMPORT),
        (4, None, IMPORT),
        (1, None, IMPORT),
    ];
    let mut list: Vec<Object> = (0..)
        .zip(begun)
        .map(|(index, (unit, from, created))| engagement(stage, index, index, unit, since(from), created))
        .collect();
    let mut ends = |index: usize, at: i32, end: i32, note| {
        let known = list[index].act(stage.act(at, note));
        list[index].absent(known, stage.day(end));
    };
    ends(0, -170, -180, "Fratrådt; meddelt for sent");
    ends(3, -320, -300, "Fratræder");
    ends(4, -98, -140, "Fratrådt med tilbagevirkende kraft");
    ends(7, -10, 15, "Fratræder");
    ends(12, -340, -330, "Går på pension");

    let mut moves = |index: usize, at: i32, from: i32, unit: u64, note| {
        let known = list[index].act(stage.act(at, note));
        list[index].state_fact(known, Span::since(stage.day(from)), UNITS, Value::id(stage.unit(unit)));
    };
    moves(2, -100, -160, 2, "Flyttet; meddelt for sent");
    moves(11, -70, -100, 0, "Flyttet, da sekretariatet blev nedlagt");

    list[5].act(stage.act(-50, "Registreret på en forkert person").life(LifeCycle::Deleted));
    let rehired = engagement(stage, 13, 3, 3, since(Some(-60)), Some(-75));
    list.push(rehired);
    list.push(engagement(stage, 14, 12, 1, since(Some(-3)), Some(-4)));
    list
}

/// The post of the centre's manager: held, vacant, held again, with both borders told too late or wrongly.
fn post(stage: Stage) -> Object {
    let plan = &stage.plan;
    let id = plan.id(Kind::Planted, 5, 0);
    let mut object = function(plan, id, stage.first(IMPORT, 300), "Leder", "bc-leder", plan.era());
    object.set(plan.founded, UNITS, Value::id(stage.unit(0)));
    object.set(plan.founded, TYPE, class(plan, Facet::ManagerType, 1));
    object.set(plan.founded, Slot::Relation("opgaver", "lederniveau"), class(plan, Facet::ManagerLevel, 1));
    object.set(plan.founded, Slot::Relation("opgaver", "lederansvar"), class(plan, Facet::Responsibility, 0));
    object.set(plan.founded, PERSONS, Value::id(stage.person(0)));
    let known = object.act(stage.act(-170, "Lederen er fratrådt"));
    object.state_fact(known, Span::since(stage.day(-180)), PERSONS, Value::Nothing);
    let known = object.act(stage.act(-124, "Ny leder ansat"));
    let wrong = object.state_fact(known, Span::since(stage.day(-110)), PERSONS, Value::id(stage.person(1)));
    let known = object.act(stage.act(-105, "Tiltrædelsesdatoen rettet"));
    object.retract(wrong, known);
    object.state_fact(known, Span::since(stage.day(-120)), PERSONS, Value::id(stage.person(1)));
    object
}

/// Accounts in the children's case system, and the roles bound to them.
fn access(stage: Stage) -> Vec<Object> {
    let plan = &stage.plan;
    let account = |person: u64, from: Day, created: Option<i32>| {
        let first = stage.first(created, 400 + person as i64);
        let key = format!("bc{person:02}");
        let mut object = function(plan, stage.account(person), first, "IT-system", key, Span::since(from));
        object.set(from, PERSONS, Value::id(stage.person(person)));
        object.set(from, SYSTEM, Value::id(stage.system()));
        let engagement = Value::id(stage.engagement(person));
        object.set(from, Slot::Relation("tilknyttedefunktioner", "engagement"), engagement);
        object
    };
    let binding = |person: u64, role: u64, span: Span, created: Option<i32>| {
        let first = stage.first(created, 500 + person as i64);
        let id = plan.id(Kind::Planted, 6, person);
        let mut object = function(plan, id, first, "Rollebinding", id.to_string(), span);
        object.set(span.from, TYPE, class(plan, Facet::Role, CHILDRENS_CASES * ROLES_PER_SYSTEM + role));
        object.set(span.from, ACCOUNT, Value::id(stage.account(person)));
        object
    };
    let always = plan.era();
    let imported = |person| account(person, plan.founded, IMPORT);

    let plain = [imported(10), binding(10, 1, always, IMPORT)];

    let mut leaver = [imported(4), binding(4, 1, always, IMPORT)];
    for object in &mut leaver {
        let known = object.act(stage.act(-98, "Fratrådt med tilbagevirkende kraft"));
        object.absent(known, stage.day(-140));
    }

    let joining = Span::since(stage.day(31));
    let joiner = [account(6, joining.from, Some(-20)), binding(6, 0, joining, Some(-20))];

    let mut planned_leaver = [imported(7), binding(7, 0, always, IMPORT)];
    for object in &mut planned_leaver {
        let known = object.act(stage.act(-10, "Fratræder"));
        object.absent(known, stage.day(15));
    }

    let granted = Span::since(stage.day(-90));
    let mut mistake = [imported(8), binding(8, 3, granted, Some(-90))];
    let known = mistake[1].act(stage.act(-68, "Rollen var tildelt ved en fejl"));
    mistake[1].absent(known, granted.from);

    let mut suspended = [imported(9), binding(9, 1, always, IMPORT)];
    let known = suspended[0].act(stage.act(-51, "Kontoen spærres midlertidigt"));
    suspended[0].absent(known, stage.day(-50));
    let known = suspended[0].act(stage.act(-20, "Kontoen åbnes igen"));
    suspended[0].present(known, Span::since(stage.day(-20)));

    let year = Span { from: plan.founded, to: stage.day(-30) };
    let expired = [imported(2), binding(2, 0, year, IMPORT)];

    [plain, leaver, joiner, planned_leaver, mistake, suspended, expired].into_iter().flatten().collect()
}
