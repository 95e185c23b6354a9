//! Contents of the size that one request can bring.
//!
//! Nothing here looks at a clock: what is not about linear in the size of the request runs for hours, or out of memory.
//! That is what an update did whose rows overlapped, and a content with many relations that came and went often.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::Arc;

use lora_core::Service;
use lora_core::error::Error;
use lora_core::object::{
    AttributePatch, AttributeRow, Change, Content, ContentError, Effect, ObjectId, Patch, RelationRow, StateRow, Target,
};
use lora_core::oio::shipped_classes;
use lora_core::schema::{Class, Value};
use lora_core::service::By;
use lora_core::storage::MemoryStore;
use lora_core::time::{ManualClock, Period, Timestamp, ValidTime};
use pollster::block_on;
use uuid::Uuid;

/// A row takes 100 bytes or more on the wire, so this is a fourth of what fits.
const ROWS: i64 = 40_000;

struct Register {
    service: Service<MemoryStore>,
    class: Class,
    object: ObjectId,
}

fn register() -> Register {
    let clock = Arc::new(ManualClock::at(1_000_000).unwrap());
    let service = block_on(Service::open(MemoryStore::new(clock), shipped_classes(), || [0; 16])).unwrap();
    let class = service.schema().class_named("organisation_unit").unwrap().clone();
    let object = ObjectId { class: class.id, uuid: Uuid::from_u128(1) };
    Register { service, class, object }
}

fn slot(number: i64) -> Period<ValidTime> {
    let at = |micros| Timestamp::from_micros(micros).unwrap();
    Period::new(at(number * 10), at(number * 10 + 10)).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A key and a name that changes all the time.
fn restless(class: &Class) -> Content {
    let group = &class.groups[0];
    let row = |number| {
        let values = [text("key"), text(if number % 2 == 0 { "a" } else { "b" })];
        AttributeRow::new(group.fields.iter().map(|field| field.id).zip(values), Effect::during(slot(number)))
    };
    let mut content = Content::EMPTY;
    content.set_attributes(group.id, (0..ROWS).map(row).collect());
    content
}

/// Another name in each of the periods.
fn renamed(class: &Class, periods: impl Iterator<Item = Period<ValidTime>>) -> Patch {
    let group = &class.groups[0];
    let values: std::collections::BTreeMap<_, _> = [(group.fields[1].id, Change::Set(text("c")))].into();
    let row = |valid| AttributePatch { values: values.clone(), effect: Effect::during(valid) };
    Patch { attributes: [(group.id, Change::Set(periods.map(row).collect()))].into(), ..Patch::default() }
}

/// An address for ever for each of `addresses`, and an activity that changes `changes` times.
fn blinking(class: &Class, addresses: i64, changes: i64) -> Content {
    let (state, relation) = (&class.states[0], class.relations.iter().find(|this| this.name == "addresses").unwrap());
    let activity = |number| {
        let value = &state.values[usize::from(number % 2 == 0)];
        StateRow { value: value.id, effect: Effect::during(slot(number)) }
    };
    let address = |number: i64| RelationRow {
        target: Target::Uuid(Uuid::from_u128(number.unsigned_abs().into())),
        object_type: None,
        effect: Effect::during(Period::ALWAYS),
    };
    let mut content = Content::EMPTY;
    content.set_states(state.id, (0..changes).map(activity).collect());
    content.set_relations(relation.id, (0..addresses).map(address).collect());
    content
}

#[test]
fn many_rows_are_laid_over_many_rows() {
    let Register { service, class, object } = register();
    block_on(service.create(object, restless(&class), By::default())).unwrap();
    block_on(service.update(object, renamed(&class, (0..ROWS).map(slot)), By::default())).unwrap();
}

#[test]
fn rows_that_overlap_are_refused_before_they_multiply_what_they_meet() {
    let Register { service, class, object } = register();
    block_on(service.create(object, restless(&class), By::default())).unwrap();
    let patch = renamed(&class, (0..ROWS).map(|_| Period::ALWAYS));
    let refused = block_on(service.update(object, patch, By::default())).unwrap_err();
    assert!(matches!(refused, Error::Content { source: ContentError::Overlap { .. }, .. }), "{refused:?}");
}

#[test]
fn relations_that_come_and_go_too_often_are_refused_before_they_are_indexed() {
    let Register { service, class, object } = register();
    let refused = block_on(service.create(object, blinking(&class, ROWS / 2, ROWS / 2), By::default())).unwrap_err();
    assert!(matches!(refused, Error::Content { source: ContentError::Cuts, .. }), "{refused:?}");
    block_on(service.create(object, blinking(&class, ROWS, 2), By::default())).unwrap();
    block_on(service.import(object, blinking(&class, 2, ROWS), By::default())).unwrap();
}
