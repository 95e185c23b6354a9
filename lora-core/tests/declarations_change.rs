//! What was stated under other declarations stays found, as it was known then.
//!
//! An index is changed by the difference between two registrations. Where the older one had been indexed under other
//! declarations, the difference named rectangles that the store did not have, and a later one took the place of one
//! that had stayed open: what it had found before was lost.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::Arc;

use lora_core::Service;
use lora_core::object::{AttributeRow, Content, Effect, ObjectId, StateRow};
use lora_core::oio::shipped_classes;
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use lora_core::schema::{ClassDeclaration, Value};
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
}
