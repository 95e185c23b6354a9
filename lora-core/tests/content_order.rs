//! The order in which rows stand, written out: it is that of answers, and bytes and definition share it.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use lora_core::object::{AttributeRow, Content, Effect, RelationRow, StateRow, Target};
use lora_core::schema::{FieldId, Value};
use lora_core::time::{Period, Timestamp, ValidTime};
use uuid::Uuid;

fn id(number: u16) -> FieldId {
    FieldId::from_number(number)
}

fn during(from: i64, to: i64) -> Effect {
    let at = |micros| Timestamp::<ValidTime>::from_micros(micros).unwrap();
    Effect::during(Period::new(at(from), at(to)).unwrap())
}

/// Every two things of an ascending list compare as their places do, by every way of comparing.
fn ascending<T: Ord + std::fmt::Debug>(things: &[T]) {
    for (place, one) in things.iter().enumerate() {
        for (other_place, other) in things.iter().enumerate() {
            assert_eq!(one.cmp(other), place.cmp(&other_place), "{one:?} and {other:?}");
            assert_eq!(one.partial_cmp(other), Some(place.cmp(&other_place)), "{one:?} and {other:?}");
        }
    }
}

#[test]
fn attribute_rows_stand_by_their_values_field_by_field_and_then_by_time() {
    let row = |values: &[(u16, &str)], effect: Effect| {
        AttributeRow::new(values.iter().map(|(field, text)| (id(*field), Value::Text((*text).to_owned()))), effect)
    };
    ascending(&[
        row(&[(1, "a"), (2, "b")], during(0, 10)),
        row(&[(1, "a"), (2, "b")], during(0, 20)),
        row(&[(1, "a"), (2, "b")], during(10, 20)),
        row(&[(1, "a"), (2, "c")], during(0, 10)),
        row(&[(1, "a"), (3, "a")], during(0, 10)),
        row(&[(1, "a")], during(0, 10)),
        row(&[(1, "b"), (2, "a")], during(0, 10)),
        row(&[(2, "a")], during(0, 10)),
        row(&[], during(-10, 0)),
        row(&[], during(0, 10)),
    ]);
}

#[test]
fn relation_rows_stand_by_target_then_type_with_none_last_and_then_by_time() {
    let row = |target: Target, object_type: Option<&str>, effect: Effect| RelationRow {
        target,
        object_type: object_type.map(str::to_owned),
        effect,
    };
    let uuid = |number| Target::Uuid(Uuid::from_u128(number));
    let urn = |name: &str| Target::Urn(format!("urn:{name}"));
    ascending(&[
        row(uuid(1), Some("a"), during(0, 10)),
        row(uuid(1), Some("a"), during(0, 20)),
        row(uuid(1), Some("b"), during(0, 10)),
        row(uuid(1), None, during(-10, 0)),
        row(uuid(1), None, during(0, 10)),
        row(uuid(2), Some("a"), during(0, 10)),
        row(urn("a"), None, during(0, 10)),
        row(urn("b"), Some("a"), during(0, 10)),
        row(Target::Nothing, Some("a"), during(0, 10)),
        row(Target::Nothing, None, during(0, 10)),
    ]);
}

#[test]
fn rows_given_in_any_order_stand_in_theirs() {
    let row = |field: u16, effect| AttributeRow::new([(id(field), Value::Boolean(true))], effect);
    let (first, second, third) = (row(1, during(0, 10)), row(1, during(10, 20)), row(2, during(-10, 0)));
    let mut content = Content::EMPTY;
    content.set_attributes(id(9), vec![third.clone(), second.clone(), first.clone()]);
    assert_eq!(content.attributes(id(9)), [first, second, third]);
}

#[test]
fn a_content_is_empty_when_none_of_its_three_parts_has_a_row() {
    assert!(Content::EMPTY.is_empty());
    let (mut attributes, mut states, mut relations) = (Content::EMPTY, Content::EMPTY, Content::EMPTY);
    attributes.set_attributes(id(1), vec![AttributeRow::new([], during(0, 10))]);
    states.set_states(id(1), vec![StateRow { value: id(2), effect: during(0, 10) }]);
    let target = Target::Nothing;
    relations.set_relations(id(1), vec![RelationRow { target, object_type: None, effect: during(0, 10) }]);
    assert!(!attributes.is_empty() && !states.is_empty() && !relations.is_empty());
    attributes.set_attributes(id(1), Vec::new());
    assert_eq!(attributes, Content::EMPTY, "a part without rows is absent");
    assert!(attributes.is_empty());
}
