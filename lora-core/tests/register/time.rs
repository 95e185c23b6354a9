//! When what is said to a register holds: each rule of the module, and the law that they come to.

use std::sync::Arc;

use lora_core::Service;
use lora_core::object::LifeCycle;
use lora_core::register::{Fields, Register, RegisterError};
use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field};
use lora_core::service::{By, Written};
use lora_core::storage::MemoryStore;
use lora_core::time::{ManualClock, Timestamp, TransactionTime, ValidTime};
use pollster::block_on;
use uuid::Uuid;

const START: i64 = 1_000_000;
const UNIT: Uuid = Uuid::from_u128(1);

type Known = Timestamp<TransactionTime>;
type Valid = Timestamp<ValidTime>;

fn classes() -> Vec<ClassDeclaration> {
    let unit = ClassDeclaration::new("unit")
        .group("properties", [Field::text("name").mandatory(), Field::integer("size")])
        .state("activity", ["active", "inactive"])
        .present_while("activity", "active")
        .to_one("parent", ["unit"])
        .to_many("members", []);
    vec![unit, ClassDeclaration::new("note").group("properties", [Field::text("text")])]
}

fn register() -> (Register<MemoryStore>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(START).unwrap());
    let register = block_on(Register::open(MemoryStore::new(clock.clone()), classes(), clock.clone(), || [7; 16]));
    (register.unwrap(), clock)
}

fn named(name: &str) -> Fields {
    Fields::new().set("name", name)
}

fn valid(micros: i64) -> Valid {
    Timestamp::from_micros(micros).unwrap()
}

fn registered(written: Result<Written, RegisterError>) -> Known {
    written.unwrap().receipt().expect("something was registered").instant
}

/// The unit's name at an instant, as known latest.
fn name_at(register: &Register<MemoryStore>, micros: i64) -> Option<String> {
    block_on(register.at(valid(micros)).get("unit", UNIT))
        .unwrap()
        .map(|unit| unit.text("name").unwrap().unwrap().into())
}

fn name(register: &Register<MemoryStore>) -> Option<String> {
    block_on(register.get("unit", UNIT)).unwrap().map(|unit| unit.text("name").unwrap().unwrap().into())
}

#[test]
fn what_is_put_holds_from_now_on_and_did_not_before() {
    let (register, clock) = register();
    block_on(register.put("unit", UNIT, named("Finance"))).unwrap();
    assert_eq!(name(&register).as_deref(), Some("Finance"));
    assert_eq!(name_at(&register, START).as_deref(), Some("Finance"), "the first instant is in");
    assert_eq!(name_at(&register, START - 1), None);
    assert_eq!(name_at(&register, i64::from(u32::MAX) * 1_000_000).as_deref(), Some("Finance"), "and so it stays");
    clock.set(START + 10).unwrap();
    block_on(register.put("unit", UNIT, named("Economy"))).unwrap();
    assert_eq!(name(&register).as_deref(), Some("Economy"));
    assert_eq!(name_at(&register, START + 10).as_deref(), Some("Economy"));
    assert_eq!(name_at(&register, START + 9).as_deref(), Some("Finance"), "what held before goes on to have held then");
}

#[test]
fn putting_leaves_nothing_else_and_updating_leaves_the_rest_and_both_only_while_they_hold() {
    let (register, _) = register();
    let whole =
        named("Finance").set("size", 4).relate("parent", Uuid::from_u128(9)).relate("members", Uuid::from_u128(5));
    block_on(register.put("unit", UNIT, whole.always())).unwrap();
    block_on(register.update("unit", UNIT, Fields::new().set("size", 5).valid(valid(10)..valid(20)))).unwrap();
    block_on(register.put("unit", UNIT, named("Economy").valid(valid(30)..valid(40)))).unwrap();
    let at = |micros| {
        let unit = block_on(register.at(valid(micros)).get("unit", UNIT)).unwrap().unwrap();
        let name = unit.text("name").unwrap().map(str::to_owned);
        (
            name.unwrap(),
            unit.integer("size").unwrap(),
            unit.target("parent").unwrap(),
            unit.targets("members").unwrap().len(),
        )
    };
    let before = ("Finance".to_owned(), Some(4), Some(Uuid::from_u128(9)), 1);
    let (updated, put) = ((before.0.clone(), Some(5), before.2, 1), ("Economy".to_owned(), None, None, 0));
    for (micros, expected) in [
        (9, &before),
        (10, &updated),
        (19, &updated),
        (20, &before),
        (29, &before),
        (30, &put),
        (39, &put),
        (40, &before),
    ] {
        assert_eq!(at(micros), *expected, "at {micros}");
    }
}

#[test]
fn a_change_from_now_on_overwrites_what_was_planned_unless_it_ends_before() {
    let (register, _) = register();
    block_on(register.put("unit", UNIT, named("Finance"))).unwrap();
    block_on(register.update("unit", UNIT, named("Economy").from(valid(START + 100)))).unwrap();
    block_on(register.update("unit", UNIT, named("Money").until(valid(START + 100)))).unwrap();
    assert_eq!(name(&register).as_deref(), Some("Money"), "without a beginning it begins now");
    assert_eq!(name_at(&register, START + 100).as_deref(), Some("Economy"));
    block_on(register.update("unit", UNIT, named("Treasury"))).unwrap();
    assert_eq!(name_at(&register, START + 100).as_deref(), Some("Treasury"));
}

#[test]
fn what_holds_and_what_is_known_are_asked_for_one_by_one() {
    let (register, clock) = register();
    let first = registered(block_on(register.put("unit", UNIT, named("Finance").always())));
    clock.set(START + 10).unwrap();
    let second = registered(block_on(register.update("unit", UNIT, named("Economy").valid(valid(100)..valid(200)))));
    let name = |at: Option<i64>, known: Option<Known>| {
        let reader = register.at_position(block_on(register.position()).unwrap());
        let reader = at.map_or(reader.clone(), |at| reader.at(valid(at)));
        let reader = known.map_or(reader.clone(), |known| reader.as_known(known));
        block_on(reader.get("unit", UNIT)).unwrap().map(|unit| unit.text("name").unwrap().unwrap().to_owned())
    };
    assert_eq!(name(Some(150), None).as_deref(), Some("Economy"));
    assert_eq!(name(Some(150), Some(first)).as_deref(), Some("Finance"));
    assert_eq!(name(Some(150), Some(second)).as_deref(), Some("Economy"));
    assert_eq!(name(None, Some(second)).as_deref(), Some("Finance"), "as known then, of what holds now");
    let before = Timestamp::from_micros(first.micros().unwrap() - 1).unwrap();
    assert_eq!(name(None, Some(before)), None, "nothing was known of it");
    for nowhere in [Valid::INFINITY, Valid::NEG_INFINITY] {
        assert_eq!(block_on(register.at(nowhere).get("unit", UNIT)).unwrap(), None, "at {nowhere} nothing holds");
    }
    assert_eq!(block_on(register.as_known(Known::INFINITY).get("unit", UNIT)).unwrap(), None);
}

#[test]
fn a_position_shows_what_it_showed() {
    let (register, _) = register();
    block_on(register.put("unit", UNIT, named("Finance"))).unwrap();
    let position = block_on(register.position()).unwrap();
    let shown = block_on(register.at_position(position).get("unit", UNIT)).unwrap().unwrap();
    assert_eq!((shown.position(), shown.registered().to()), (position, Known::INFINITY));
    block_on(register.update("unit", UNIT, named("Economy"))).unwrap();
    assert_eq!(block_on(register.at_position(position).at(shown.at()).get("unit", UNIT)).unwrap(), Some(shown));
    let next = lora_core::object::Position(position.0 + 2);
    let ahead = block_on(register.at_position(next).get("unit", UNIT)).unwrap_err();
    assert_eq!(ahead.kind(), lora_core::ErrorKind::Invalid, "{ahead}");
}

#[test]
fn a_deleted_object_states_nothing_at_any_instant_and_is_known_before() {
    let (register, clock) = register();
    let first = registered(block_on(register.put("unit", UNIT, named("Finance").always())));
    clock.set(START + 10).unwrap();
    let second = registered(block_on(register.delete("unit", UNIT)));
    assert_eq!(block_on(register.delete("unit", UNIT)).unwrap(), Written::Unchanged);
    for reader in [register.at(valid(0)), register.at(valid(START)), register.as_known(second)] {
        assert_eq!(block_on(reader.get("unit", UNIT)).unwrap(), None);
        assert_eq!(block_on(reader.count(register.ask("unit"))).unwrap(), 0);
    }
    let before = block_on(register.as_known(first).get("unit", UNIT)).unwrap().unwrap();
    assert_eq!((before.text("name").unwrap(), before.registered().to()), (Some("Finance"), second));
    block_on(register.put("unit", UNIT, named("Economy"))).unwrap();
    assert_eq!(name_at(&register, 0), None, "what was deleted does not come back with what is put");
    let back = block_on(register.get("unit", UNIT)).unwrap().unwrap();
    assert_eq!((back.lifecycle(), back.text("name").unwrap()), (LifeCycle::Imported, Some("Economy")));
}

#[test]
fn what_was_put_is_read_whatever_the_clock_does() {
    let (register, clock) = register();
    block_on(register.put("unit", UNIT, named("Finance"))).unwrap();
    clock.set(START - 500).unwrap();
    assert_eq!(name(&register).as_deref(), Some("Finance"), "a clock that goes back hides nothing");
    block_on(register.put("unit", UNIT, named("Economy"))).unwrap();
    assert_eq!(name(&register).as_deref(), Some("Economy"));
    clock.set(START - 1_000).unwrap();
    let store = register.service().store().clone();
    let again = block_on(Register::open(store, classes(), clock, || [7; 16])).unwrap();
    assert_eq!(name(&again).as_deref(), Some("Economy"), "nor does opening the store again");
}

#[test]
fn what_is_new_is_present_unless_it_says_otherwise() {
    let (register, _) = register();
    let [one, two, three] = [1, 2, 3].map(Uuid::from_u128);
    block_on(register.create("unit", one, named("One"))).unwrap();
    block_on(register.put("unit", two, named("Two").state("activity", "inactive"))).unwrap();
    block_on(register.put("unit", three, named("Three").clear_state("activity"))).unwrap();
    let seen = |id: Uuid| {
        let unit = block_on(register.get("unit", id)).unwrap().unwrap();
        (unit.is_present(), unit.state("activity").unwrap().map(str::to_owned))
    };
    assert_eq!(seen(one), (true, Some("active".to_owned())));
    assert_eq!(seen(two), (false, Some("inactive".to_owned())));
    assert_eq!(seen(three), (false, None));
    assert_eq!(block_on(register.ids(register.ask("unit"))).unwrap(), [one], "what is not present is not found");
    block_on(register.update("unit", two, named("Zwei"))).unwrap();
    assert_eq!(seen(two), (false, Some("inactive".to_owned())), "an update says nothing of it");
    block_on(register.put("unit", two, named("Zwei"))).unwrap();
    assert_eq!(seen(two), (true, Some("active".to_owned())), "who puts a thing says that it is there");
    block_on(register.put("note", one, Fields::new().set("text", "x"))).unwrap();
    assert!(block_on(register.get("note", one)).unwrap().unwrap().is_present(), "nothing says when a note is");
}

#[test]
fn an_object_that_states_nothing_at_an_instant_is_not_there() {
    let (register, _) = register();
    block_on(register.put("note", UNIT, Fields::new().set("text", "x").until(valid(START + 5)))).unwrap();
    assert!(block_on(register.get("note", UNIT)).unwrap().is_some());
    assert_eq!(block_on(register.at(valid(START + 5)).get("note", UNIT)).unwrap(), None, "the end is exclusive");
    block_on(register.update("note", UNIT, Fields::new().clear("text").always())).unwrap();
    assert_eq!(block_on(register.get("note", UNIT)).unwrap(), None);
}

#[test]
fn whoever_says_the_same_again_registers_nothing() {
    let (register, clock) = register();
    let fields = || named("Finance").set("size", 4).relate("members", Uuid::from_u128(5));
    block_on(register.put("unit", UNIT, fields())).unwrap();
    clock.set(START + 10).unwrap();
    assert_eq!(block_on(register.put("unit", UNIT, fields())).unwrap(), Written::Unchanged);
    assert_eq!(block_on(register.update("unit", UNIT, fields())).unwrap(), Written::Unchanged);
    assert_eq!(block_on(register.update("unit", UNIT, Fields::new())).unwrap(), Written::Unchanged);
    let forgotten = Fields::new().clear("size").valid(valid(START + 2)..valid(START + 4));
    registered(block_on(register.update("unit", UNIT, forgotten)));
    assert_eq!(
        block_on(register.put("unit", UNIT, fields())).unwrap(),
        Written::Unchanged,
        "from now on it is the same"
    );
    registered(block_on(register.put("unit", UNIT, fields().from(valid(START)))));
}

#[test]
fn targets_of_a_relation_to_many_come_and_go_one_by_one() {
    let (register, _) = register();
    let [a, b, c] = [11, 12, 13].map(Uuid::from_u128);
    let members = || {
        let unit = block_on(register.get("unit", UNIT)).unwrap().unwrap();
        unit.targets("members").unwrap().into_iter().filter_map(|target| target.uuid()).collect::<Vec<_>>()
    };
    let update = |fields| block_on(register.update("unit", UNIT, fields)).map(drop).unwrap();
    block_on(register.put("unit", UNIT, named("Finance").relate("members", a).relate("members", a))).unwrap();
    update(Fields::new().relate("members", b));
    assert_eq!(members(), [a, b]);
    update(Fields::new().unrelate("members", a).relate("members", c));
    assert_eq!(members(), [b, c]);
    update(Fields::new().unrelate_all("members").relate("members", a));
    assert_eq!(members(), [a]);
    update(Fields::new().relate("parent", a));
    update(Fields::new().relate("parent", b));
    let unit = block_on(register.get("unit", UNIT)).unwrap().unwrap();
    assert_eq!(unit.target("parent").unwrap(), Some(b), "where there is one at a time it is replaced");
    update(Fields::new().unrelate("parent", a));
    assert!(
        block_on(register.get("unit", UNIT)).unwrap().unwrap().target("parent").unwrap().is_some(),
        "another stays"
    );
    update(Fields::new().unrelate_all("parent"));
    assert_eq!(block_on(register.get("unit", UNIT)).unwrap().unwrap().target("parent").unwrap(), None);
}

#[test]
fn who_acts_and_why_is_registered() {
    let (register, _) = register();
    let (anna, bo) = (Uuid::from_u128(100), Uuid::from_u128(200));
    block_on(register.by(anna).note("first").put("unit", UNIT, named("Finance"))).unwrap();
    block_on(register.note("second").by(bo).update("unit", UNIT, named("Economy"))).unwrap();
    let by = |ask: lora_core::query::build::Ask| block_on(register.count(ask)).unwrap();
    assert_eq!(by(register.ask("unit").filter(|unit| unit.registered_by(bo) & unit.note("SEC%"))), 1);
    assert_eq!(by(register.ask("unit").filter(|unit| unit.registered_by(anna))), 0, "the newest is another's");
    let unit = block_on(register.get("unit", UNIT)).unwrap().unwrap();
    assert_eq!((unit.registration().actor, unit.registration().note.as_str()), (bo, "second"));
    block_on(register.update("unit", UNIT, named("Money"))).unwrap();
    let unit = block_on(register.get("unit", UNIT)).unwrap().unwrap();
    assert_eq!(
        (unit.registration().actor, unit.registration().note.as_str()),
        (Uuid::nil(), ""),
        "a handle of its own"
    );
}

#[test]
fn what_was_taken_out_of_use_is_read_and_comes_back_when_it_is_put() {
    let (register, _) = register();
    block_on(register.put("unit", UNIT, named("Finance"))).unwrap();
    let object = block_on(register.get("unit", UNIT)).unwrap().unwrap().registration().object;
    let service: &Service<_> = register.service();
    block_on(service.passivate(object, By::default())).unwrap();
    assert_eq!(name(&register).as_deref(), Some("Finance"), "its content stays");
    assert_eq!(
        block_on(register.update("unit", UNIT, named("x"))).unwrap_err().to_string(),
        "the `unit` 00000000-0000-0000-0000-000000000001 is passive: put it anew to bring it back"
    );
    registered(block_on(register.put("unit", UNIT, named("Finance"))));
    let unit = block_on(register.get("unit", UNIT)).unwrap().unwrap();
    assert_eq!(unit.lifecycle(), LifeCycle::Imported, "back in use, although nothing else has changed");
}

#[test]
fn its_operations_can_be_handed_to_other_threads() {
    fn run_elsewhere<T: Send>(future: impl Future<Output = T> + Send) -> T {
        std::thread::scope(|threads| threads.spawn(|| block_on(future)).join()).unwrap()
    }
    let (register, _) = register();
    run_elsewhere(register.put("unit", UNIT, named("Finance"))).unwrap();
    run_elsewhere(register.update("unit", UNIT, named("Economy"))).unwrap();
    assert_eq!(run_elsewhere(register.find(register.ask("unit"))).unwrap().len(), 1);
    assert!(run_elsewhere(register.get("unit", UNIT)).unwrap().is_some());
    run_elsewhere(register.delete("unit", UNIT)).unwrap();
}
