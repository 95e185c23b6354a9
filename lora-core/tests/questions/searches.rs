//! What one registration meets, written out: searches that name the object, so that no posting answers for the rows.

use std::sync::Arc;

use lora_core::Service;
use lora_core::object::{Content, Effect, LifeCycle, ObjectId, RelationRow, Target};
use lora_core::oio::shipped_classes;
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext};
use lora_core::schema::ClassId;
use lora_core::service::By;
use lora_core::storage::MemoryStore;
use lora_core::time::{ManualClock, Period, Timestamp, ValidTime};
use pollster::block_on;
use uuid::Uuid;

const OBJECT: Uuid = Uuid::from_u128(1);
const ACTOR: Uuid = Uuid::from_u128(77);

fn period(from: i64, to: i64) -> Period<ValidTime> {
    Period::new(Timestamp::from_micros(from).unwrap(), Timestamp::from_micros(to).unwrap()).unwrap()
}

fn uuid(number: u128) -> Target {
    Target::Uuid(Uuid::from_u128(number))
}

/// A user with a typed address and an untyped one from 0 to 10, and one from 20 to 30.
#[expect(clippy::type_complexity, reason = "a closure has no name to give it")]
fn registered() -> (Service<MemoryStore>, ClassId, impl Fn(Vec<Target>, Option<&str>) -> Criterion) {
    let store = MemoryStore::new(Arc::new(ManualClock::at(0).unwrap()));
    let service = block_on(Service::open(store, shipped_classes(), || [3; 16])).unwrap();
    let class = service.schema().class_named("user").unwrap().clone();
    let addresses = class.relations.iter().find(|relation| relation.name == "addresses").unwrap().id;
    let row = |target, object_type: Option<&str>, valid| RelationRow {
        target,
        object_type: object_type.map(str::to_owned),
        effect: Effect::during(valid),
    };
    let mut content = Content::EMPTY;
    let typed = row(Target::Urn("urn:x".to_owned()), Some("Adresse"), period(0, 10));
    content
        .set_relations(addresses, vec![typed, row(uuid(9), None, period(0, 10)), row(uuid(8), None, period(20, 30))]);
    let by = By { actor: ACTOR, note: "why".to_owned(), batch: None };
    block_on(service.create(ObjectId { class: class.id, uuid: OBJECT }, content, by)).unwrap();
    let related = move |targets, object_type: Option<&str>| Criterion::Relation {
        relation: addresses,
        object_type: object_type.map(str::to_owned),
        targets,
    };
    (service, class.id, related)
}

fn meets(
    service: &Service<MemoryStore>,
    class: ClassId,
    criterion: Criterion,
    valid: Option<Period<ValidTime>>,
) -> bool {
    let context = TimeContext { known: Known::Latest, valid, now: Timestamp::from_micros(5).unwrap() };
    let criteria = vec![Criterion::Object(OBJECT), criterion];
    let view = block_on(service.view(None)).unwrap();
    let found = block_on(service.search(&view, &Search { class, criteria, context, page: Page::default() })).unwrap();
    assert!(found.is_empty() || found == [OBJECT]);
    !found.is_empty()
}

#[test]
fn a_relation_is_met_by_one_row_that_has_it_all() {
    let (service, class, related) = registered();
    let at_five = Period::instant(Timestamp::from_micros(5).unwrap());
    let urn = || Target::Urn("urn:x".to_owned());
    for (targets, object_type, met) in [
        (vec![urn()], None, true),
        (vec![urn()], Some("Adresse"), true),
        (vec![urn()], Some("adresse"), false),
        (vec![uuid(9)], None, true),
        (vec![uuid(9)], Some("Adresse"), false),
        (vec![uuid(8), uuid(9)], None, true),
        (vec![uuid(8)], None, false),
        (vec![uuid(7)], None, false),
        (vec![Target::Nothing], None, false),
        (vec![], None, false),
    ] {
        let criterion = related(targets, object_type);
        assert_eq!(meets(&service, class, criterion.clone(), at_five), met, "{criterion:?}");
    }
    assert!(meets(&service, class, related(vec![uuid(8)], None), Some(period(0, 21))));
    for (number, met) in [(9, true), (8, false), (7, false)] {
        assert_eq!(meets(&service, class, Criterion::AnyRelation(Uuid::from_u128(number)), at_five), met, "{number}");
    }
}

#[test]
fn an_empty_window_leaves_what_is_not_about_rows() {
    let (service, class, related) = registered();
    let note = |pattern| Criterion::Note(Pattern::parse(pattern).unwrap());
    for (criterion, met) in [
        (Criterion::Object(OBJECT), true),
        (Criterion::LifeCycle(LifeCycle::Created), true),
        (Criterion::LifeCycle(LifeCycle::Corrected), false),
        (Criterion::Actor(ACTOR), true),
        (Criterion::Actor(OBJECT), false),
        (note("w%"), true),
        (note("x%"), false),
        (related(vec![uuid(9)], None), false),
        (Criterion::AnyRelation(Uuid::from_u128(9)), false),
    ] {
        assert_eq!(meets(&service, class, criterion.clone(), None), met, "{criterion:?}");
    }
}
