//! What was stated under other declarations stays found, as it was known then.
//!
//! An index is changed by the difference between two registrations. Where the older one had been indexed under other
//! declarations, the difference named rectangles that the store did not have, and a later one took the place of one
//! that had stayed open: what it had found before was lost.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::Arc;

use lora_core::Service;
use lora_core::object::{
    AttributePatch, AttributeRow, Change, Content, ContentError, Effect, ObjectId, Patch, StateRow, validate_next,
};
use lora_core::oio::shipped_classes;
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use lora_core::schema::{ClassDeclaration, FieldId, Ids, Schema, Value};
use lora_core::service::By;
use lora_core::storage::MemoryStore;
use lora_core::time::{Clock, ManualClock, Period, Timestamp, ValidTime};
use pollster::block_on;
use uuid::Uuid;

fn micros(from: i64, to: i64) -> Period<ValidTime> {
    Period::new(Timestamp::from_micros(from).unwrap(), Timestamp::from_micros(to).unwrap()).unwrap()
}

/// The shipped units, with or without a state that makes them count.
fn classes(with_presence: bool) -> Vec<ClassDeclaration> {
    let mut classes = shipped_classes();
    let unit = classes.iter_mut().find(|class| class.name == "organisation_unit").unwrap();
    unit.presence = unit.presence.take().filter(|_| with_presence);
    classes
}

#[test]
fn what_was_indexed_before_presence_was_declared_is_still_found_as_known_then() {
    let clock = Arc::new(ManualClock::at(1_000).unwrap());
    let store = MemoryStore::new(clock.clone());
    let open = |with_presence| block_on(Service::open(store.clone(), classes(with_presence), || [0; 16])).unwrap();
    let without = open(false);
    let unit = without.schema().class_named("organisation_unit").unwrap().clone();
    let object = ObjectId { class: unit.id, uuid: Uuid::from_u128(1) };
    let key = unit.groups[0].fields[0].id;
    let content = |text: &str, active: Period<ValidTime>| {
        let mut content = Content::EMPTY;
        let values = [(key, Value::Text(text.to_owned()))];
        content.set_attributes(unit.groups[0].id, vec![AttributeRow::new(values, Effect::during(micros(0, 10)))]);
        let value = unit.states[0].values[0].id;
        content.set_states(unit.states[0].id, vec![StateRow { value, effect: Effect::during(active) }]);
        content
    };
    let import = |service: &Service<MemoryStore>, content| {
        block_on(service.import(object, content, By::default())).unwrap().receipt().unwrap().instant
    };
    let first_known = import(&without, content("old", micros(0, 5)));
    let with = open(true);
    import(&with, content("new", micros(0, 5)));
    import(&with, content("old", micros(0, 10)));

    let test = ValueTest::Like(Pattern::exactly("old"));
    let context = TimeContext { known: Known::at(first_known), ..TimeContext::now(clock.now()).always() };
    let criteria = vec![Criterion::Attribute { field: key, test }];
    let search = Search { class: unit.id, criteria, context, page: Page::default() };
    let found = |service: &Service<MemoryStore>| {
        let view = block_on(service.view(None)).unwrap();
        block_on(service.search(&view, &search)).unwrap()
    };
    assert_eq!(found(&with), [object.uuid]);
    assert_eq!(found(&open(false)), [object.uuid], "declared back");

    // What was indexed before says nothing of the state that is presence now.
    let presence = with.schema().class(unit.id).unwrap().presence.unwrap();
    let active = |at: i64| {
        let mut search = search.clone();
        search.context.valid = Some(micros(at, at + 1));
        search.criteria.push(Criterion::State { state: presence.state, value: presence.value });
        let view = block_on(with.view(None)).unwrap();
        block_on(with.search(&view, &search)).unwrap()
    };
    assert_eq!((active(4), active(5)), (vec![object.uuid], Vec::new()), "the end is exclusive");
}

#[test]
fn an_object_with_values_of_a_field_that_is_declared_no_more_can_still_be_changed() {
    let clock = Arc::new(ManualClock::at(1_000).unwrap());
    let store = MemoryStore::new(clock.clone());
    let open = |classes| block_on(Service::open(store.clone(), classes, || [0; 16])).unwrap();
    let service = open(shipped_classes());
    let unit = service.schema().class_named("organisation_unit").unwrap().clone();
    let (group, state) = (&unit.groups[0], &unit.states[0]);
    let (key, name) = (group.fields[0].id, group.fields[1].id);
    let row = |value, field| (field, Value::Text(str::to_owned(value)));
    let effect = Effect::during(micros(0, 10));
    let mut content = Content::EMPTY;
    content.set_attributes(group.id, vec![AttributeRow::new([row("k", key), row("n", name)], effect.clone())]);
    content.set_states(state.id, vec![StateRow { value: state.values[0].id, effect: effect.clone() }]);
    let object = ObjectId { class: unit.id, uuid: Uuid::from_u128(1) };
    block_on(service.create(object, content, By::default())).unwrap();

    let mut fewer = shipped_classes();
    let declared = fewer.iter_mut().find(|class| class.name == "organisation_unit").unwrap();
    declared.groups[0].fields.retain(|field| field.name != "unit_name");
    let service = open(fewer);
    let values = [(key, Change::Set(Value::Text("new".to_owned())))].into_iter().collect();
    let rows = Change::Set(vec![AttributePatch { values, effect: Effect::during(micros(0, 5)) }]);
    let patch = Patch { attributes: [(group.id, rows)].into_iter().collect(), ..Patch::default() };
    block_on(service.update(object, patch, By::default())).unwrap();
    block_on(service.passivate(object, By::default())).unwrap();

    let view = block_on(service.view(None)).unwrap();
    let context = TimeContext::now(clock.now()).always();
    let answer = block_on(service.read(&view, object, &context)).unwrap().unwrap();
    let rows = answer.registrations[0].registration.content.attributes(group.id).to_vec();
    let later = rows.iter().find(|row| row.effect.valid == micros(5, 10)).unwrap();
    assert_eq!(later.value(name), Some(&Value::Text("n".to_owned())), "it keeps what it had");

    let values = [(name, Change::Set(Value::Text("x".to_owned())))].into_iter().collect();
    let rows = Change::Set(vec![AttributePatch { values, effect }]);
    let patch = Patch { attributes: [(group.id, rows)].into_iter().collect(), ..Patch::default() };
    let other = ObjectId { uuid: Uuid::from_u128(2), ..object };
    let mut content = Content::EMPTY;
    content.set_attributes(group.id, vec![AttributeRow::new([row("k", key)], Effect::during(micros(0, 10)))]);
    block_on(service.create(other, content, By::default())).unwrap();
    let refused = block_on(service.update(other, patch, By::default()));
    assert!(refused.is_err(), "and nobody gets a new one: {refused:?}");
}

#[test]
fn a_state_value_that_is_declared_no_more_stays_where_it_was_and_comes_nowhere_else() {
    let schema = Schema::new(&shipped_classes(), Ids::default()).unwrap();
    let unit = schema.class_named("organisation_unit").unwrap();
    let (state, [active, inactive]) = (unit.states[0].id, [0, 1].map(|value| unit.states[0].values[value].id));
    let mut fewer = unit.clone();
    fewer.states[0].values.retain(|value| value.id == active);
    let content = |values: &[FieldId]| {
        let row = |(at, value): (i64, &FieldId)| StateRow { value: *value, effect: Effect::during(micros(at, at + 1)) };
        let mut content = Content::EMPTY;
        content.set_states(state, (0..).zip(values).map(row).collect());
        content
    };
    let (held, other) = (content(&[inactive, active]), content(&[active]));
    assert_eq!(validate_next(&fewer, &held, &content(&[inactive])), Ok(()));
    let refused = validate_next(&fewer, &other, &held);
    assert!(matches!(refused, Err(ContentError::Undeclared { .. })), "{refused:?}");
}
