//! Cutting answers out of contents, written out.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use lora_core::object::slice::{consolidate, retain_in_effect};
use lora_core::object::{AttributeRow, Content, Effect};
use lora_core::schema::{FieldId, Value};
use lora_core::time::{Period, Timestamp, ValidTime};

const GROUP: FieldId = FieldId::from_number(1);
const NAME: FieldId = FieldId::from_number(2);
const TITLE: FieldId = FieldId::from_number(3);

fn period(from: i64, to: i64) -> Period<ValidTime> {
    Period::new(Timestamp::from_micros(from).unwrap(), Timestamp::from_micros(to).unwrap()).unwrap()
}

fn row(from: i64, to: i64, name: &str, title: Option<&str>) -> AttributeRow {
    let title = title.map(|title| (TITLE, Value::Text(title.to_owned())));
    let values = [(NAME, Value::Text(name.to_owned()))].into_iter().chain(title);
    AttributeRow::new(values, Effect::during(period(from, to)))
}

fn content(rows: Vec<AttributeRow>) -> Content {
    let mut content = Content::EMPTY;
    content.set_attributes(GROUP, rows);
    content
}

#[test]
fn rows_that_look_the_same_and_follow_on_each_other_are_joined() {
    let mut joined = content(vec![
        row(0, 10, "a", None),
        row(10, 20, "a", Some("")),
        row(20, 30, "a", Some("x")),
        row(30, 40, "a", Some("")),
        row(50, 60, "a", None),
    ]);
    consolidate(&mut joined);
    let mut periods: Vec<_> = joined.attributes(GROUP).iter().map(|row| row.effect.valid).collect();
    periods.sort();
    assert_eq!(periods, [period(0, 20), period(20, 30), period(30, 40), period(50, 60)], "a gap is not joined over");
}

#[test]
fn rows_stay_whole_where_the_window_reaches_into_them_and_go_where_it_ends() {
    let rows = || content(vec![row(0, 10, "a", None), row(10, 20, "b", None), row(20, 30, "c", None)]);
    let mut cut = rows();
    retain_in_effect(&mut cut, Some(period(5, 20)));
    assert_eq!(cut, content(vec![row(0, 10, "a", None), row(10, 20, "b", None)]));
    retain_in_effect(&mut cut, None);
    assert_eq!(cut, Content::EMPTY, "an empty window leaves no empty lists behind");
}
