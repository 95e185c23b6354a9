//! What a registration has in the index, written out: postings, boundaries, and what changes from one to the next.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use lora_core::object::{
    AttributeRow, Content, Effect, LifeCycle, ObjectId, Registration, RelationRow, Seq, StateRow, Target,
};
use lora_core::oio::shipped_classes;
use lora_core::schema::{Class, FieldId, Ids, Schema, Value};
use lora_core::storage::{Key, PostingDraft, boundaries, changes, postings};
use lora_core::time::{Period, Timestamp, ValidTime};
use uuid::Uuid;

fn user() -> Class {
    Schema::new(&shipped_classes(), Ids::default()).unwrap().class_named("user").unwrap().clone()
}

fn at(micros: i64) -> Timestamp<ValidTime> {
    Timestamp::from_micros(micros).unwrap()
}

fn period(from: i64, to: i64) -> Period<ValidTime> {
    Period::new(at(from), at(to)).unwrap()
}

fn field(class: &Class, name: &str) -> FieldId {
    class.fields().find(|(_, field)| field.name == name).unwrap().1.id
}

fn registration(class: &Class, content: Content) -> Registration {
    Registration {
        object: ObjectId { class: class.id, uuid: Uuid::from_u128(1) },
        seq: Seq::FIRST,
        lifecycle: LifeCycle::Created,
        actor: Uuid::nil(),
        note: String::new(),
        batch: None,
        asserted: None,
        content,
    }
}

/// A user, active from 10 to 20, with names in two rows and relations to something and to nothing.
fn content(class: &Class) -> Content {
    let mut content = Content::EMPTY;
    let text = |name: &str, text: &str| (field(class, name), Value::Text(text.to_owned()));
    let key = |valid| AttributeRow::new([text("user_key", "Key")], Effect::during(valid));
    content.set_attributes(class.groups[0].id, vec![key(period(0, 15)), key(period(15, 30)), key(period(40, 50))]);
    let named = AttributeRow::new([text("given_name", "Åse"), text("surname", "Berg")], Effect::during(period(0, 10)));
    let half = AttributeRow::new([text("given_name", ""), text("surname", "Lund")], Effect::during(period(10, 20)));
    let neither = AttributeRow::new([text("seniority", "")], Effect::during(period(20, 30)));
    content.set_attributes(class.groups[1].id, vec![named, half, neither]);
    let state =
        |value: usize, valid| StateRow { value: class.states[0].values[value].id, effect: Effect::during(valid) };
    content.set_states(class.states[0].id, vec![state(0, period(10, 20)), state(1, period(20, 30))]);
    let relation = |target| RelationRow { target, object_type: None, effect: Effect::during(Period::ALWAYS) };
    let rows = vec![relation(Target::Uuid(Uuid::from_u128(9))), relation(Target::Nothing)];
    content.set_relations(class.relations[0].id, rows);
    content
}

#[test]
fn postings_are_coalesced_by_key_and_split_where_presence_changes() {
    let class = user();
    let (state, values) = (class.states[0].id, &class.states[0].values);
    let text = |name: &str, text: &str| Key::text(field(&class, name), text);
    let full_name = |text: &str| Key::text(class.derived[0].id, text);
    let before = Period::new(Timestamp::NEG_INFINITY, at(10)).unwrap();
    let after = Period::since(at(20)).unwrap();
    let relation = Key::relation(&Target::Uuid(Uuid::from_u128(9)), class.relations[0].id, None).unwrap();
    let mut expected: Vec<PostingDraft> = [
        (Key::existence(class.id), before, false),
        (Key::existence(class.id), period(10, 20), true),
        (Key::existence(class.id), after, false),
        (text("user_key", "key"), period(0, 10), false),
        (text("user_key", "key"), period(10, 20), true),
        (text("user_key", "key"), period(20, 30), false),
        (text("user_key", "key"), period(40, 50), false),
        (text("given_name", "åse"), period(0, 10), false),
        (text("given_name", ""), period(10, 20), true),
        (text("surname", "berg"), period(0, 10), false),
        (text("surname", "lund"), period(10, 20), true),
        (text("seniority", ""), period(20, 30), false),
        (full_name("åse berg"), period(0, 10), false),
        (full_name("lund"), period(10, 20), true),
        (Key::state(state, values[0].id), period(10, 20), true),
        (Key::state(state, values[1].id), period(20, 30), false),
        (relation.clone(), before, false),
        (relation.clone(), period(10, 20), true),
        (relation, after, false),
    ]
    .map(|(key, valid, present)| PostingDraft { key, valid, present })
    .to_vec();
    expected.sort();
    assert_eq!(postings(&class, &registration(&class, content(&class))), expected);
}

#[test]
fn an_object_without_a_rule_of_presence_always_counts() {
    let class = Class { presence: None, ..user() };
    let postings = postings(&class, &registration(&class, Content::EMPTY));
    assert_eq!(postings, [PostingDraft { key: Key::existence(class.id), valid: Period::ALWAYS, present: true }]);
}

#[test]
fn boundaries_are_the_finite_bounds_once_each() {
    let bounds: Vec<_> = boundaries(&content(&user())).into_iter().map(|at| at.micros().unwrap()).collect();
    assert_eq!(bounds, [0, 10, 15, 20, 30, 40, 50]);
}

#[test]
fn only_what_differs_changes() {
    let class = user();
    let first = registration(&class, content(&class));
    let all = changes(None, &class, &first);
    assert_eq!((all.opens, all.closes), (postings(&class, &first), vec![]));
    assert_eq!((all.boundaries_new, all.boundaries_gone), (boundaries(&first.content), vec![]));

    let mut next = first.clone();
    let keys = next.content.attributes(class.groups[0].id);
    let keys: Vec<_> = keys.iter().filter(|row| row.effect.valid != period(40, 50)).cloned().collect();
    let moved = keys[0].moved_to(Effect::during(period(60, 70)));
    next.content.set_attributes(class.groups[0].id, keys.into_iter().chain([moved]).collect());
    let changes = changes(Some((&class, &first)), &class, &next);
    let key = |valid| PostingDraft { key: Key::text(field(&class, "user_key"), "key"), valid, present: false };
    assert_eq!((changes.closes, changes.opens), (vec![key(period(40, 50))], vec![key(period(60, 70))]));
    assert_eq!(changes.boundaries_gone, [at(40), at(50)]);
    assert_eq!(changes.boundaries_new, [at(60), at(70)]);
}
