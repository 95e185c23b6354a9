//! Cases on the register by names: what one says, any store does.

use std::sync::Arc;

use uuid::Uuid;

use super::{Harness, clock, in_order};
use crate::object::Position;
use crate::query::Reading;
use crate::query::build::Ask;
use crate::register::{Fields, Reader, Record, Register};
use crate::schema::{ClassDeclaration, FieldDeclaration as Field};
use crate::service::Written;
use crate::storage::Storage;
use crate::time::{ManualClock, Timestamp, TransactionTime, ValidTime};

const ROOT: Uuid = Uuid::from_u128(1);
const FINANCE: Uuid = Uuid::from_u128(2);
const SCHOOLS: Uuid = Uuid::from_u128(3);
const ANNA: Uuid = Uuid::from_u128(11);

fn classes() -> Vec<ClassDeclaration> {
    let unit = ClassDeclaration::new("unit")
        .group("properties", [Field::text("name").mandatory(), Field::integer("size"), Field::texts("aliases")])
        .state("activity", ["active", "inactive"])
        .present_while("activity", "active")
        .to_one("parent", ["unit"]);
    let person = ClassDeclaration::new("person")
        .group("properties", [Field::text("name").mandatory(), Field::boolean("leads")])
        .to_many("units", ["unit"]);
    vec![unit, person]
}

async fn register<H: Harness>(harness: &H) -> (Register<H::Store>, Arc<ManualClock>) {
    let clock = clock();
    let store = harness.empty(clock.clone()).await;
    let register = Register::open(store, classes(), clock.clone(), || [0x5a; 16]).await;
    (register.expect("an empty store opens"), clock)
}

fn named(name: &str) -> Fields {
    Fields::new().set("name", name)
}

fn at(text: &str) -> Timestamp<ValidTime> {
    text.parse().expect("an instant")
}

fn instant(written: &Written) -> Timestamp<TransactionTime> {
    written.receipt().expect("something was registered").instant
}

/// Four objects, of which one is renamed in the future, and one closed since.
async fn town<S: Storage>(register: &Register<S>) -> Vec<Written> {
    let from = at("2000-01-01T00:00:00Z");
    let put = async |class, id, fields: Fields| register.put(class, id, fields).await.expect("sound");
    let update = async |class, id, fields: Fields| register.update(class, id, fields).await.expect("sound");
    vec![
        put("unit", ROOT, named("Town").set("size", 900).from(from)).await,
        put("unit", FINANCE, named("Finance").set("size", 20).relate("parent", ROOT).from(from)).await,
        put("unit", SCHOOLS, named("Schools").set("aliases", ["S", "Skoler"]).relate("parent", ROOT).from(from)).await,
        put("person", ANNA, named("Anna").set("leads", true).relate("units", FINANCE).from(from)).await,
        update("unit", FINANCE, named("Economy").from(at("2030-01-01T00:00:00Z"))).await,
        update("unit", SCHOOLS, Fields::new().state("activity", "inactive").from(at("2010-01-01T00:00:00Z"))).await,
        update("person", ANNA, Fields::new().relate("units", SCHOOLS)).await,
    ]
}

fn name(record: Option<Record>) -> Option<String> {
    record.map(|record| record.text("name").expect("declared").expect("mandatory").to_owned())
}

async fn names<S: Storage>(reader: &Reader<S>, ask: Ask) -> Vec<String> {
    let found = reader.find(ask).await.expect("the store answers");
    found.into_iter().filter_map(|record| name(Some(record))).collect()
}

/// What was put is read, on both axes and at every position.
pub async fn what_is_put_by_name_is_read_by_name<H: Harness>(harness: &H) {
    let (register, clock) = register(harness).await;
    let written = town(&register).await;
    let get = async |reader: Reader<H::Store>, id| name(reader.get("unit", id).await.expect("the store answers"));
    let (now, later) = (at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    let before_rename = instant(&written[3]);
    assert_eq!(get(register.at(now), FINANCE).await.as_deref(), Some("Finance"));
    assert_eq!(get(register.at(later), FINANCE).await.as_deref(), Some("Economy"));
    assert_eq!(get(register.at(later).as_known(before_rename), FINANCE).await.as_deref(), Some("Finance"));
    assert_eq!(get(register.at(at("1999-12-31T23:59:59.999999Z")), FINANCE).await, None);
    let first = written[0].receipt().expect("registered").first;
    assert_eq!(get(register.at_position(first), FINANCE).await, None, "it was put after that");
    assert_eq!(get(register.at_position(first), ROOT).await.as_deref(), Some("Town"));
    let schools = register.get("unit", SCHOOLS).await.expect("the store answers").expect("stated");
    assert!(!schools.is_present());
    assert_eq!(schools.texts("aliases").expect("declared"), ["S", "Skoler"]);
    let anna = register.get("person", ANNA).await.expect("the store answers").expect("there");
    let units: Vec<_> =
        anna.targets("units").expect("declared").into_iter().filter_map(|target| target.uuid()).collect();
    assert_eq!((units, anna.boolean("leads")), (vec![FINANCE, SCHOOLS], Ok(Some(true))));
    assert_eq!(anna.position(), Position(first.0 + 6));
    clock.set(super::START_MICROS - 1).expect("an instant");
    assert_eq!(get(register.at_position(anna.position()), ROOT).await.as_deref(), Some("Town"), "the present stays");
    in_order(register.service().store()).await;
}

/// Questions by names find the same in every store, at any time.
pub async fn what_is_asked_by_name_is_found<H: Harness>(harness: &H) {
    let (register, _) = register(harness).await;
    let written = town(&register).await;
    let (now, later) = (register.at(at("2020-01-01T00:00:00Z")), register.at(at("2030-01-01T00:00:00Z")));
    let early = register.at(at("2005-01-01T00:00:00Z"));
    let units = || register.ask("unit").order_by("name");
    assert_eq!(names(&now, units()).await, ["Finance", "Town"]);
    assert_eq!(names(&early, units()).await, ["Finance", "Schools", "Town"]);
    assert_eq!(names(&now, units().reading(Reading::Rows)).await, ["Finance", "Schools", "Town"]);
    assert_eq!(names(&later, register.ask("unit").order_by_descending("name")).await, ["Town", "Economy"]);
    assert_eq!(names(&early, units().limit(2)).await, ["Finance", "Schools"]);
    assert_eq!(early.count(units().limit(2)).await.expect("the store answers"), 3);
    assert_eq!(now.ids(register.ask("unit")).await.expect("the store answers"), [ROOT, FINANCE]);

    let below = |name: &'static str| {
        units().filter(move |unit| unit.relation("parent").which(|parent| parent.field("name").like(name)))
    };
    assert_eq!(names(&early, below("TO%")).await, ["Finance", "Schools"]);
    assert_eq!(names(&now, below("fin%")).await, [""; 0]);
    let above = || units().filter(|unit| unit.relation("parent").join().or_itself().which(|unit| unit.is(ROOT)));
    assert_eq!(names(&early, above()).await, ["Finance", "Schools", "Town"]);
    let led = || {
        let led =
            units().filter(|unit| unit.pointed_at_by("person", "units").which(|person| person.field("leads").is(true)));
        led.filter(|unit| unit.field("size").at_least(10) | !unit.field("size").given())
    };
    assert_eq!(names(&now, led()).await, ["Finance"]);
    assert_eq!(names(&later.clone().as_known(instant(&written[3])), led()).await, ["Finance"], "as known then");
    assert_eq!(names(&later, led()).await, ["Economy"]);
    let closed = units().filter(|unit| {
        let active = unit.state("activity").is("active");
        let since = active.clone().throughout(
            crate::time::Period::new(at("2004-01-01T00:00:00Z"), at("2012-01-01T00:00:00Z")).expect("not empty"),
        );
        active & !since
    });
    assert_eq!(names(&early, closed).await, ["Schools"]);
    in_order(register.service().store()).await;
}

/// Writers that add to the same relation do not undo each other.
pub async fn writers_of_one_relation_keep_what_others_add<H: Harness>(harness: &H) {
    const EACH: u128 = 5;
    let (register, _) = register(harness).await;
    register.put("person", ANNA, named("Anna")).await.expect("sound");
    std::thread::scope(|threads| {
        for writer in 0..4 {
            let register = register.clone();
            threads.spawn(move || {
                for number in 0..EACH {
                    let unit = Uuid::from_u128(100 + writer * EACH + number);
                    let added = Fields::new().relate("units", unit);
                    harness.run(register.update("person", ANNA, added)).expect("everybody gets a turn");
                }
            });
        }
    });
    let anna = register.get("person", ANNA).await.expect("the store answers").expect("there");
    let expected: Vec<_> = (0..4 * EACH).map(|number| Uuid::from_u128(100 + number)).collect();
    let units: Vec<_> =
        anna.targets("units").expect("declared").into_iter().filter_map(|target| target.uuid()).collect();
    assert_eq!(units, expected);
    in_order(register.service().store()).await;
}
