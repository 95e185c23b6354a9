//! Lines say all of an entry: what was written is read back to the byte, and nothing else is taken.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::{Arc, OnceLock};

use lora_core::Service;
use lora_core::codec::{EntryKind, Frame, Skeleton};
use lora_core::object::{
    AttributeRow, Content, Effect, LifeCycle, ObjectId, Position, Registration, RelationRow, Seq, StateRow, Target,
};
use lora_core::oio::json_lines::{Header, read_entry, read_header, read_restored, write_entry, write_header};
use lora_core::oio::{Document, shipped_classes};
use lora_core::schema::{Class, ClassDeclaration, FieldId, Keyword, Value};
use lora_core::storage::{Declarations, LedgerEntry, MemoryStore, Storage, Wait};
use lora_core::testing::{SmallAxis, content};
use lora_core::time::{ManualClock, Period, Timestamp, TransactionTime, ValidTime};
use pollster::block_on;
use proptest::prelude::*;
use uuid::Uuid;

/// The shipped classes, and `klasse` of the second declaration without its first group's last field, its second group,
/// the first value of its state and its first relation; and facets without their state.
fn declared() -> &'static (Declarations, Vec<LedgerEntry>) {
    static DECLARED: OnceLock<(Declarations, Vec<LedgerEntry>)> = OnceLock::new();
    DECLARED.get_or_init(declare)
}

fn declare() -> (Declarations, Vec<LedgerEntry>) {
    let mut fewer = shipped_classes();
    let class = fewer.iter_mut().find(|class| class.name == "class").unwrap();
    class.groups[0].fields.pop();
    class.groups.truncate(1);
    class.states[0].values.remove(0);
    class.relations.remove(0);
    class.presence = None;
    let facet = fewer.iter_mut().find(|class| class.name == "facet").unwrap();
    facet.states.clear();
    facet.presence = None;
    let store = MemoryStore::new(Arc::new(ManualClock::at(1_000).unwrap()));
    let open = |classes: Vec<ClassDeclaration>| block_on(Service::open(store.clone(), classes, || [7; 16])).unwrap();
    open(shipped_classes());
    open(fewer);
    let declarations = block_on(async { Declarations::of(&store.view(None).await.unwrap()).await.unwrap() });
    (declarations, block_on(store.ledger(Position(0), 9, Wait::Never)).unwrap())
}

fn at(micros: i64) -> Timestamp<TransactionTime> {
    Timestamp::from_micros(micros).unwrap()
}

fn registration(class: &Class, content: Content) -> Registration {
    Registration {
        object: ObjectId { class: class.id, uuid: Uuid::from_u128(7) },
        seq: Seq(3),
        lifecycle: LifeCycle::Corrected,
        actor: Uuid::from_u128(8),
        note: "\"hvorfor\"\n\u{1}".to_owned(),
        batch: Some(Uuid::from_u128(9)),
        asserted: Some(at(-1)),
        content,
    }
}

fn entry(position: u64, instant: i64, registration: &Registration) -> LedgerEntry {
    LedgerEntry {
        position: Position(position),
        instant: at(instant),
        kind: EntryKind::Registration,
        object: registration.object,
        frame: Arc::new(Frame::of(registration, [7; 16])),
        chain: [0; 32],
    }
}

fn line(declarations: &Declarations, entry: &LedgerEntry) -> String {
    let mut line = Vec::new();
    write_entry(&mut line, declarations, entry).unwrap();
    String::from_utf8(line).unwrap()
}

/// Writes an entry and reads it back under the declarations that were in force before it.
fn comes_back(all: &Declarations, before: &Declarations, entry: &LedgerEntry) -> Result<(), TestCaseError> {
    let line = line(all, entry);
    let read = read_restored(before, &Document::parse(line.as_bytes()).unwrap());
    let read = read.map_err(|error| TestCaseError::fail(format!("{error}: {line}")))?;
    prop_assert_eq!((read.position, read.instant), (entry.position, entry.instant));
    prop_assert!(read.entry.is(entry), "{}", line);
    let seq = Skeleton::decode(&entry.frame.skeleton).unwrap().seq;
    let draft = read.entry.into_draft(seq, entry.frame.salt);
    prop_assert_eq!(&draft.frame, &*entry.frame);
    Ok(())
}

fn holds(class: &str, content: Content) -> Result<(), TestCaseError> {
    let (declarations, entries) = declared();
    let mut first = Declarations::default();
    first.enter(Position(1), &entries[0].frame).unwrap();
    let registration = registration(first.schema().unwrap().class_named(class).unwrap(), content);
    comes_back(declarations, declarations, &entry(3, 2_000, &registration))?;
    // As it would stand between the declarations.
    comes_back(declarations, &first, &entry(1, 2_000, &registration))?;
    let unmarked = Registration { asserted: None, batch: None, ..registration };
    comes_back(declarations, declarations, &entry(3, 2_000, &unmarked))
}

fn contents(class: &'static str) -> impl Strategy<Value = Content> {
    let (declarations, entries) = declared();
    let mut first = Declarations::default();
    first.enter(Position(1), &entries[0].frame).unwrap();
    assert!(declarations.schema().unwrap().class_named(class).is_some());
    content(first.schema().unwrap().class_named(class).unwrap(), SmallAxis::default())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_content_comes_back(content in contents("class")) {
        holds("class", content)?;
    }

    #[test]
    fn every_facet_comes_back_although_its_state_is_declared_no_more(content in contents("facet")) {
        holds("facet", content)?;
    }

    #[test]
    fn every_function_comes_back(content in contents("organisation_function")) {
        holds("organisation_function", content)?;
    }
}

#[test]
fn what_only_an_application_can_store_comes_back() {
    let (declarations, _) = declared();
    let class = declarations.schema().unwrap().class_named("class").unwrap();
    let valid = |from: Timestamp<ValidTime>, to| Effect::during(Period::new(from, to).unwrap());
    let instant = |micros| Timestamp::from_micros(micros).unwrap();
    let keyword = |text: &str| Keyword { identifier: text.into(), description: String::new(), category: String::new() };
    let keywords = Value::Keywords(vec![keyword(""), keyword("a"), keyword("b"), keyword("c")]);
    let field = FieldId::from_number(4_000);
    let mut content = Content::EMPTY;
    let key_and_title = class.groups[0].fields.iter().filter(|field| field.mandatory);
    let values = key_and_title.map(|field| (field.id, Value::Text(String::new()))).chain([(field, keywords)]);
    let effect =
        Effect { note: "\u{2028}".into(), ..valid(Timestamp::NEG_INFINITY, instant(-210_863_519_999_999_999)) };
    content.set_attributes(class.groups[0].id, vec![AttributeRow::new(values, effect)]);
    let values =
        [(FieldId::from_number(4_001), Value::TextList(vec![])), (field, Value::TextList(vec![String::new()]))];
    let effect = valid(instant(9_223_371_244_799_999_999), Timestamp::INFINITY);
    content.set_attributes(FieldId::from_number(4_002), vec![AttributeRow::new(values, effect)]);
    let nothing = AttributeRow::new([], valid(instant(0), instant(1)));
    content.set_attributes(FieldId::from_number(4_006), vec![nothing]);
    let typed =
        |target| RelationRow { target, object_type: Some(String::new()), effect: valid(instant(0), instant(1)) };
    let rows = vec![typed(Target::Nothing), RelationRow { object_type: None, ..typed(Target::Nothing) }];
    content.set_relations(class.relations.last().unwrap().id, rows.clone());
    content.set_relations(FieldId::from_number(4_003), rows);
    let row = StateRow { value: FieldId::from_number(4_004), effect: valid(instant(-1), instant(0)) };
    content.set_states(FieldId::from_number(4_005), vec![row]);
    let mut registration = registration(class, content);
    for micros in [-210_863_520_000_000_000, -62_135_596_800_000_001, -1, 0, 253_402_300_800_000_000] {
        registration.asserted = Some(at(micros));
        comes_back(declarations, declarations, &entry(3, 9_223_371_244_799_999_999, &registration)).unwrap();
    }
}

#[test]
fn declarations_come_back() {
    let (declarations, entries) = declared();
    let mut before = Declarations::default();
    for entry in entries {
        comes_back(declarations, &before, entry).unwrap();
        before.enter(entry.position, &entry.frame).unwrap();
    }
    assert_eq!(entries.len(), 2);
}

#[test]
fn the_line_is_that_of_the_contract() {
    let (declarations, _) = declared();
    let class = declarations.schema().unwrap().class_named("user").unwrap();
    let mut content = Content::EMPTY;
    let values = [(class.groups[0].fields[0].id, Value::Text("a".to_owned()))];
    content.set_attributes(class.groups[0].id, vec![AttributeRow::new(values, Effect::during(Period::ALWAYS))]);
    let registration = Registration { note: String::new(), ..registration(class, content) };
    let expected = concat!(
        r#"{"position":3,"instant":"1970-01-01T00:00:00.002000Z","kind":"registration","class":"bruger","#,
        r#""id":"00000000-0000-0000-0000-000000000007","registered":{"from":"1969-12-31T23:59:59.999999Z","asserted":true},"#,
        r#""batch":"00000000-0000-0000-0000-000000000009","lifecycle":"Rettet","actor":"00000000-0000-0000-0000-000000000008","#,
        r#""note":"","content":{"attributter":{"brugeregenskaber":[{"brugervendtnoegle":"a","virkning":{"from":"-infinity","#,
        r#""to":"infinity","from_included":true,"to_included":false}}]}}}"#
    );
    assert_eq!(line(declarations, &entry(3, 2_000, &registration)), expected);
    let read = read_entry(declarations.schema().unwrap(), &Document::parse(expected.as_bytes()).unwrap()).unwrap();
    let history = read.entry.unwrap();
    assert_eq!((history.object, history.registered_from), (registration.object, at(-1)));
    assert_eq!((history.content, history.by.batch), (registration.content, registration.batch));
}

#[test]
fn a_header_comes_back_with_or_without_a_count() {
    let count =
        Header { store: Uuid::from_u128(1), entries: Some(3), position: Some(Position(4)), classes: shipped_classes() };
    for header in [Header { entries: None, position: None, ..count.clone() }, count] {
        let mut line = Vec::new();
        write_header(&mut line, &header);
        assert_eq!(read_header(&Document::parse(&line).unwrap()), Ok(header));
    }
}

/// Refuses a line of which one part was replaced, and says where.
fn refused(all: &Declarations, entry: &LedgerEntry, part: &str, by: &str) -> String {
    let line = line(all, entry);
    assert!(line.contains(part), "{part} is in {line}");
    let document = Document::parse(line.replacen(part, by, 1).as_bytes()).unwrap();
    let error = read_restored(all, &document).unwrap_err();
    assert!(!error.accepted.is_empty() && error.message.contains(&error.accepted), "{error}");
    error.path
}

#[test]
fn what_an_export_does_not_write_is_refused_where_it_stands() {
    let (declarations, entries) = declared();
    let facet = declarations.schema().unwrap().class_named("facet").unwrap();
    let mut content = Content::EMPTY;
    let row = StateRow { value: FieldId::from_number(4_000), effect: Effect::during(Period::ALWAYS) };
    content.set_states(FieldId::from_number(4_001), vec![row]);
    let entry = entry(3, 2_000, &Registration { asserted: None, ..registration(facet, content) });
    for (part, by, path) in [
        (r#""position":3"#, r#""position":-3"#, "/position"),
        (r#""position":3"#, r#""position":3.0"#, "/position"),
        (r#""kind":"registration""#, r#""kind":"erasure""#, "/kind"),
        (r#""kind""#, r#""kinds""#, ""),
        (r#""class":"facet""#, r#""class":"fact""#, "/class"),
        (r#""note""#, r#""notes""#, "/notes"),
        (r#""Rettet""#, r#""Corrected""#, "/lifecycle"),
        (r#""from":"1970-01-01T00:00:00.002000Z""#, r#""from":"1970-01-01T00:00:00.002001Z""#, "/registered/from"),
        (r#"002000Z"}"#, r#"002001Z","asserted":true}"#, "/registered/from"),
        (r#"002000Z"}"#, r#"002000Z","asserted":"yes"}"#, "/registered/asserted"),
        (r##""#4001""##, r##""#04001""##, "/content/tilstande/#04001"),
        (r##""#":"#4000""##, r##""#":"#4x""##, "/content/tilstande/#4001"),
        (r#""tilstande""#, r#""tilstand""#, "/content/tilstand"),
    ] {
        assert_eq!(refused(declarations, &entry, part, by), path, "{by} in place of {part}");
    }
    let organisation = r#""organisation":1"#;
    for (part, by) in [(organisation, r#""organisation":2"#), (organisation, r#""organisation":900"#)] {
        assert_eq!(refused(declarations, &entries[0], part, by), "/content", "{by} in place of {part}");
    }
    let mut other = Declarations::default();
    other.enter(Position(1), &entries[0].frame).unwrap();
    let store = other.newest().unwrap().store.to_string();
    let document = line(declarations, &entries[1]).replace(&store, &Uuid::from_u128(3).to_string());
    assert_eq!(read_restored(&other, &Document::parse(document.as_bytes()).unwrap()).unwrap_err().path, "/content");
}
