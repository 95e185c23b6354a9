//! Objects as JSON.

use std::sync::Arc;

use lora_core::Service;
use lora_core::native::{write_context, write_object, write_points};
use lora_core::object::{ActorKind, AttributeRow, Content, Effect, ObjectId, RelationRow, StateRow, Target};
use lora_core::oio::{Document, shipped_classes};
use lora_core::query::execute::find;
use lora_core::query::{Filter, Query, Reading, Selection, TimeContext};
use lora_core::schema::{ClassDeclaration, Keyword, Value};
use lora_core::service::By;
use lora_core::storage::{MemoryStore, Read};
use lora_core::time::{Clock, ManualClock, Period, Timestamp, ValidTime};
use pollster::block_on;
use uuid::Uuid;

use crate::AWKWARD;

fn during(from: i64, to: Option<i64>) -> Effect {
    let at = |second: i64| Timestamp::<ValidTime>::from_micros(second * 1_000_000).unwrap();
    Effect::during(Period::new(at(from), to.map_or(Timestamp::INFINITY, at)).unwrap())
}

#[test]
fn an_object_is_shown_with_the_rows_in_effect_whole() {
    let clock = Arc::new(ManualClock::at(100_000_000).unwrap());
    let awkward = ClassDeclaration::from_toml("awkward.toml", AWKWARD).unwrap();
    let classes = shipped_classes().into_iter().chain([awkward]).collect();
    let service = block_on(Service::open(MemoryStore::new(clock.clone()), classes, || [0; 16])).unwrap();
    let class = service.schema().class_named("awkward").unwrap().clone();
    let object = ObjectId { class: class.id, uuid: Uuid::from_u128(1) };

    let field =
        |group: usize, name: &str| class.groups[group].fields.iter().find(|field| field.name == name).unwrap().id;
    let keyword = Keyword { identifier: "i".to_owned(), description: String::new(), category: "c".to_owned() };
    let values = [
        (field(0, "same"), Value::Text("\"".to_owned())),
        (field(0, "note"), Value::Text(String::new())),
        (field(0, "joined"), Value::TextList(vec!["a".to_owned(), String::new()])),
        (field(0, "words"), Value::Keywords(vec![keyword])),
    ];
    let effect = Effect {
        actor: Some(Uuid::from_u128(7)),
        actor_kind: Some(ActorKind::ItSystem),
        note: "so".to_owned(),
        ..during(0, None)
    };
    let mut content = Content::EMPTY;
    content.set_attributes(class.groups[0].id, vec![AttributeRow::new(values, effect)]);
    let numbers = [(field(1, "same"), Value::Integer(-3)), (field(1, "flag"), Value::Boolean(false))];
    let rows = vec![
        AttributeRow::new(numbers.clone(), during(0, Some(50))),
        AttributeRow::new(numbers, during(90, Some(200))),
    ];
    content.set_attributes(class.groups[1].id, rows);
    let state = &class.states[0];
    content.set_states(state.id, vec![StateRow { value: state.values[1].id, effect: during(0, None) }]);
    let row = |target, object_type: Option<&str>| RelationRow {
        target,
        object_type: object_type.map(str::to_owned),
        effect: during(0, None),
    };
    let rows = vec![
        row(Target::Uuid(Uuid::from_u128(2)), Some("t")),
        row(Target::Urn("urn:x".to_owned()), None),
        row(Target::Nothing, None),
    ];
    content.set_relations(class.relations[0].id, rows);
    let by = By { actor: Uuid::from_u128(9), note: "why".to_owned(), batch: Some(Uuid::from_u128(8)) };
    block_on(service.create(object, content, by)).unwrap();

    let context = TimeContext::now(clock.now());
    let select = Selection { class: class.id, reading: Reading::Rows, filter: Filter::EVERYWHERE };
    let view = block_on(service.view(None)).unwrap();
    let found = block_on(find(&view, service.declarations(), &Query::new(select, context))).unwrap();
    let answered = block_on(service.show(&view, class.id, &found, &context)).unwrap();
    let mut out = Vec::new();
    let answered = answered[0].as_ref().unwrap();
    write_object(&mut out, service.class_of(answered).unwrap(), answered);
    let expected = r#"{"id":"00000000-0000-0000-0000-000000000001","class":"awkward",
        "registration":{"seq":1,"position":2,"registered":{"from":"1970-01-01T00:01:40.000001Z","to":"infinity"},
            "lifecycle":"created","actor":"00000000-0000-0000-0000-000000000009","note":"why",
            "batch":"00000000-0000-0000-0000-000000000008"},
        "attributes":{
            "first":[{"same":"\"","first.note":"","joined":["a",""],
                "words":[{"identifier":"i","description":"","category":"c"}],
                "valid":{"from":"1970-01-01T00:00:00Z","to":"infinity"},
                "actor":"00000000-0000-0000-0000-000000000007","actor_kind":"it_system","note":"so"}],
            "second":[{"same":-3,"flag":false,"valid":{"from":"1970-01-01T00:01:30Z","to":"1970-01-01T00:03:20Z"}}]},
        "states":{"mood":[{"value":"bad","valid":{"from":"1970-01-01T00:00:00Z","to":"infinity"}}]},
        "relations":{"same":[
            {"to":"00000000-0000-0000-0000-000000000002","type":"t","valid":{"from":"1970-01-01T00:00:00Z","to":"infinity"}},
            {"to":"urn:x","valid":{"from":"1970-01-01T00:00:00Z","to":"infinity"}},
            {"to":null,"valid":{"from":"1970-01-01T00:00:00Z","to":"infinity"}}]}}"#;
    let expected = Document::parse(expected.as_bytes()).unwrap().to_string();
    assert_eq!(String::from_utf8(out).unwrap(), expected);

    let mut out = Vec::new();
    write_points(&mut out, &found[0].points, false);
    let point = r#"[{"valid":[{"from":"1970-01-01T00:01:40Z","to":"1970-01-01T00:01:40.000001Z"}]}]"#;
    assert_eq!(String::from_utf8(out).unwrap(), point);
    let mut out = Vec::new();
    write_context(&mut out, &context, view.position());
    let expected = r#"{"known":"latest","valid":"1970-01-01T00:01:40Z","now":"1970-01-01T00:01:40Z","position":2}"#;
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}
