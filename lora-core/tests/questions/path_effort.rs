//! What a path reads: calls of the store as many as it is deep, whatever the number of rows; and where it begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use lora_core::Service;
use lora_core::object::{AttributeRow, Content, Effect, ObjectId, RelationRow, StateRow, Target};
use lora_core::oio::shipped_classes;
use lora_core::paths::{Changes, Question, Row, Rows, grounds, labels};
use lora_core::query::execute::{Limits, QueryError};
use lora_core::query::{Filter, Reading, Selection, TimeContext};
use lora_core::schema::{FieldId, Value};
use lora_core::service::By;
use lora_core::storage::{KnownAt, MemoryStore};
use lora_core::testing::{Effort, Watched};
use lora_core::time::{Clock, ManualClock, Period, Timestamp};
use pollster::block_on;
use uuid::Uuid;

const SYSTEM: u128 = 1;
const ROLE: u128 = 2;
const UNIT: u128 = 3;
const PERSON: u128 = 10_000;
const ENGAGEMENT: u128 = 20_000;
const ACCOUNT: u128 = 30_000;
const BINDING: u128 = 40_000;

/// A system in which people have an account each, all employed in one unit.
fn system(people: u128) -> Service<MemoryStore> {
    let clock = Arc::new(ManualClock::at(0).unwrap());
    let service = block_on(Service::open(MemoryStore::new(clock), shipped_classes(), || [3; 16])).unwrap();
    put(&service, "it_system", SYSTEM, "system", &[]);
    put(&service, "class", ROLE, "role", &[]);
    put(&service, "organisation_unit", UNIT, "unit", &[]);
    for number in 0..people {
        put(&service, "user", PERSON + number, "person", &[]);
        let unit = ("associated_units", UNIT, None);
        put(&service, "organisation_function", ENGAGEMENT + number, "Engagement", &[unit]);
        let points = [
            ("associated_it_systems", SYSTEM, None),
            ("associated_users", PERSON + number, None),
            ("associated_functions", ENGAGEMENT + number, Some("engagement")),
        ];
        put(&service, "organisation_function", ACCOUNT + number, "IT-system", &points);
        let points = [("associated_functions", ACCOUNT + number, None), ("function_type", ROLE, None)];
        put(&service, "organisation_function", BINDING + number, "Rollebinding", &points);
    }
    service
}

fn put(service: &Service<MemoryStore>, class: &str, number: u128, name: &str, points: &[(&str, u128, Option<&str>)]) {
    let class = service.schema().class_named(class).unwrap();
    let always = || Effect::during(Period::ALWAYS);
    let named = |(_, field): &(&_, &lora_core::schema::Field)| {
        ["user_key", "title", "function_name"].contains(&field.name.as_str())
    };
    let values = class.fields().filter(named).map(|(_, field)| (field.id, Value::Text(name.to_owned())));
    let mut content = Content::EMPTY;
    content.set_attributes(class.groups[0].id, vec![AttributeRow::new(values, always())]);
    let presence = class.presence.unwrap();
    content.set_states(presence.state, vec![StateRow { value: presence.value, effect: always() }]);
    let mut relations: BTreeMap<FieldId, Vec<RelationRow>> = BTreeMap::new();
    for (relation, number, kind) in points {
        let relation = class.relations.iter().find(|this| this.name == *relation).unwrap().id;
        let (target, object_type) = (Target::Uuid(Uuid::from_u128(*number)), kind.map(str::to_owned));
        relations.entry(relation).or_default().push(RelationRow { target, object_type, effect: always() });
    }
    relations.into_iter().for_each(|(relation, rows)| content.set_relations(relation, rows));
    let object = ObjectId { class: class.id, uuid: Uuid::from_u128(number) };
    block_on(service.import(object, content, By::default())).unwrap();
}

fn asked(service: &Service<MemoryStore>) -> Question {
    service.path("access", TimeContext::now(ManualClock::at(i64::from(u32::MAX)).unwrap().now())).unwrap()
}

fn only(question: Question, node: &str, number: u128) -> Question {
    question.only(node, [Uuid::from_u128(number)]).unwrap()
}

/// How many rows there are, and what was read for them.
fn effort(service: &Service<MemoryStore>, question: &Question) -> (usize, Effort) {
    let (found, effort) = in_parts(service, question, 10_000);
    (found.len(), effort)
}

/// The rows in parts of about so many, and what was read for them.
fn in_parts(service: &Service<MemoryStore>, question: &Question, wanted: usize) -> (Vec<Row>, Effort) {
    let watched = Watched::new(block_on(service.view(None)).unwrap());
    let (mut rows, mut found) = (Rows::after(None), Vec::new());
    while let Some(part) =
        block_on(rows.next(&watched, service.declarations(), question, wanted, Limits::NONE)).unwrap()
    {
        found.extend(part);
    }
    (found, watched.effort())
}

#[test]
fn calls_are_as_many_as_the_path_is_deep_whatever_the_number_of_rows() {
    // So few that what is read at one level is one page.
    let (few, many) = (system(3), system(300));
    let (found, small) = effort(&few, &only(asked(&few), "system", SYSTEM));
    assert_eq!(found, 3);
    // Who points at the system, and at the accounts; then systems, accounts, what is tied to those, and what to that.
    assert_eq!((small.calls, small.scans), (6, 2), "{small:?}");
    let (found, large) = effort(&many, &only(asked(&many), "system", SYSTEM));
    assert_eq!((found, large.calls, large.scans), (300, small.calls, small.scans));
    // A system, a role and a unit, and for each row a person, an engagement, an account and a binding.
    assert_eq!((large.registrations, large.postings), (3 + 4 * 300, 2 * 300), "each of them once");

    let (found, small) = effort(&few, &only(asked(&few), "unit", UNIT));
    let (found_of_many, large) = effort(&many, &only(asked(&many), "unit", UNIT));
    assert_eq!((found, found_of_many), (3, 300));
    assert_eq!(large.calls, small.calls, "{large:?}");
    assert!(small.calls <= 11, "up and down again: {small:?}");
}

#[test]
fn it_begins_with_the_restriction_that_promises_the_fewest() {
    let service = system(500);
    let both = only(only(asked(&service), "system", SYSTEM), "person", PERSON + 7);
    let (found, effort_of_both) = effort(&service, &both);
    assert_eq!(found, 1);
    // The seven of the row, and those that are looked at to find where to begin.
    assert!(effort_of_both.registrations <= 10 && effort_of_both.postings <= 80, "{effort_of_both:?}");
    let one = Filter::Object(vec![Uuid::from_u128(PERSON + 7)]);
    let class = service.schema().class_named("user").unwrap().id;
    let selection = Selection { class, reading: Reading::Present, filter: one };
    let (found, effort_of_selected) = effort(&service, &asked(&service).selected("person", selection).unwrap());
    assert_eq!(found, 1);
    assert!(effort_of_selected.registrations <= 20, "the others are not looked at: {effort_of_selected:?}");
    let (found, effort_of_none) = effort(&service, &only(asked(&service), "person", PERSON + 500));
    assert_eq!((found, effort_of_none.scans, effort_of_none.registrations), (0, 0, 1), "there is no such person");
}

#[test]
fn a_page_reads_no_more_than_a_part() {
    let service = system(500);
    let question = only(asked(&service), "system", SYSTEM);
    let watched = Watched::new(block_on(service.view(None)).unwrap());
    let mut rows = Rows::after(None);
    let first = block_on(rows.next(&watched, service.declarations(), &question, 10, Limits::NONE)).unwrap().unwrap();
    assert_eq!(first.len(), 64);
    assert_eq!(watched.effort().registrations, 3 + 4 * 64);
    let before = watched.effort().calls;
    let told = block_on(grounds(&watched, service.declarations(), &question, &first, Limits::NONE)).unwrap();
    assert!(told.iter().flatten().all(Option::is_some));
    assert_eq!(told.len(), first.len());
    assert!(watched.effort().calls > before);
}

#[test]
fn a_question_is_ahead_where_its_window_reaches_beyond_the_present() {
    let question = asked(&system(0));
    let now = question.context.now.as_valid();
    let is_ahead = |valid| {
        let context = TimeContext { valid, ..question.context };
        Question { context, ..question.clone() }.is_ahead()
    };
    assert!(!is_ahead(Period::instant(now)), "the present itself is not ahead");
    assert!(is_ahead(Period::new(now, now.next().next()).ok()), "and the instant after it is");
    assert!(is_ahead(Some(Period::ALWAYS)) && !is_ahead(None));
}

#[test]
fn objects_are_called_by_their_title_or_name_and_else_by_their_key() {
    let service = system(0);
    let named = |class: &str, number: u128, texts: &[(&str, &str)]| {
        let class = service.schema().class_named(class).unwrap();
        let group =
            class.groups.iter().find(|group| group.fields.iter().any(|field| field.name == "user_key")).unwrap();
        let value = |(name, text): &(&str, &str)| {
            let field = group.fields.iter().find(|field| field.name == *name).unwrap();
            (field.id, Value::Text((*text).to_owned()))
        };
        let mut content = Content::EMPTY;
        let rows = vec![AttributeRow::new(texts.iter().map(value), Effect::during(Period::ALWAYS))];
        content.set_attributes(group.id, rows);
        let object = ObjectId { class: class.id, uuid: Uuid::from_u128(number) };
        block_on(service.import(object, content, By::default())).unwrap();
        Some(object.uuid)
    };
    let objects = [
        named("it_system", 101, &[("user_key", "key")]),
        named("organisation_function", 102, &[("user_key", "key"), ("function_name", "IT-system")]),
        None,
        named("class", 103, &[("user_key", "key"), ("title", "Reader")]),
        named("user", 104, &[("user_key", "key")]),
        Some(Uuid::from_u128(105)),
        named("organisation_unit", 106, &[("user_key", "key"), ("unit_name", "Unit")]),
    ];
    let view = block_on(service.view(None)).unwrap();
    let rows = [(&objects[..], Timestamp::from_micros(0).unwrap())];
    let found = block_on(labels(&view, service.declarations(), &asked(&service), &rows)).unwrap();
    let names: Vec<Option<&str>> = found[0].iter().map(Option::as_deref).collect();
    assert_eq!(
        names,
        [Some("key"), Some("IT-system"), None, Some("Reader"), Some("key"), None, Some("Unit")],
        "one that is missing and one that is not known have no name"
    );
}

#[test]
fn parts_make_up_the_whole_wherever_it_begins() {
    let service = system(300);
    for (node, number) in [("system", SYSTEM), ("unit", UNIT), ("role", ROLE)] {
        let question = only(asked(&service), node, number);
        let (whole, _) = in_parts(&service, &question, 10_000);
        assert_eq!(whole.len(), 300, "{node}");
        assert_eq!(in_parts(&service, &question, 10).0, whole, "{node}");
    }
}

#[test]
fn many_rows_rest_on_what_each_of_them_rests_on() {
    let service = system(300);
    let question = only(asked(&service), "system", SYSTEM);
    let view = block_on(service.view(None)).unwrap();
    let rows = block_on(service.rows(&view, &question, None, 1_000, Limits::NONE)).unwrap().rows;
    assert_eq!(rows.len(), 300);
    let grounds = |rows| block_on(service.grounds(&view, &question, rows, Limits::NONE)).unwrap();
    let one_by_one: Vec<_> = rows.chunks(1).flat_map(grounds).collect();
    assert_eq!(grounds(&rows), one_by_one);
    // What is in memory at once is limited, and not what the answer takes together.
    let limits = Limits { registrations: 600, ..Limits::NONE };
    assert_eq!(block_on(service.grounds(&view, &question, &rows, limits)).unwrap(), one_by_one);
}

#[test]
fn what_is_beyond_the_limits_is_given_up() {
    let service = system(20);
    let view = block_on(service.view(None)).unwrap();
    let question = only(asked(&service), "system", SYSTEM);
    let declarations = service.declarations();
    for (limits, expected) in [
        (Limits { registrations: 30, ..Limits::NONE }, "registrations"),
        (Limits { postings: 30, ..Limits::NONE }, "postings"),
    ] {
        let given_up = block_on(Rows::after(None).next(&view, declarations, &question, 10, limits)).unwrap_err();
        assert!(matches!(given_up, QueryError::TooLarge { what, max: 30 } if what == expected), "{given_up}");
        let then = KnownAt::Instant(Timestamp::from_micros(10).unwrap());
        let given_up = block_on(Changes::after(None).next(&view, declarations, &question, then, 10, limits));
        assert!(matches!(given_up, Err(QueryError::TooLarge { .. })), "{given_up:?}");
    }
    let enough = Limits { registrations: 3 + 4 * 20, postings: 40 };
    let found = block_on(Rows::after(None).next(&view, declarations, &question, 10, enough)).unwrap().unwrap();
    assert_eq!(found.len(), 20);
}
