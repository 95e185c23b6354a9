//! Registrations as lines of JSON text.
//!
//! Written directly and not through a tree of values: rendering is most of the generator's work.

use lora_core::object::Position;
use lora_core::oio::json_lines::{self, Header, Statement};
use lora_core::oio::shipped_classes;
use uuid::Uuid;

use super::calendar::{Day, Instant, Span};
use super::history::{Registration, Rows};
use super::oio::{Fact, LifeCycle, Slot, Target, Value};

/// The header: what the lines are, which store they make up, and the classes of its objects.
pub(super) fn header(store: Uuid) -> String {
    let header = Header { store, entries: None, position: None, classes: shipped_classes() };
    let mut line = Vec::new();
    json_lines::write_header(&mut line, &header);
    text(line)
}

/// The line of a registration.
pub(super) fn line(position: u64, instant: Instant, registration: &Registration<'_>) -> String {
    let act = registration.act;
    let statement = Statement {
        registered_from: act.at.timestamp(),
        asserted: true,
        batch: act.batch,
        lifecycle: act.life,
        actor: act.actor,
        note: &act.note,
    };
    let place = (Position(position), instant.timestamp());
    let mut line = Vec::with_capacity(1536);
    json_lines::begin_registration(&mut line, place, (registration.class.wire(), registration.id), &statement);
    let mut text = text(line);
    push_content(&mut text, registration);
    text.push('}');
    text
}

fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("JSON is UTF-8")
}

fn push_content(text: &mut String, registration: &Registration<'_>) {
    if registration.act.life == LifeCycle::Deleted {
        text.push_str("{}");
        return;
    }
    text.push_str(r#"{"attributter":{"#);
    push_group(
        text,
        registration,
        "egenskaber",
        |slot| if let Slot::Property(name) = slot { Some(name) } else { None },
    );
    push_group(
        text,
        registration,
        "udvidelser",
        |slot| if let Slot::Extension(name) = slot { Some(name) } else { None },
    );
    close(text, '}');
    text.push_str(r#","tilstande":{"#);
    push_state(text, registration);
    text.push_str(r#"},"relationer":{"#);
    push_relations(text, registration);
    close(text, '}');
    text.push('}');
}

/// One attribute group: a row for each stretch in which no field of the group changes.
fn push_group(
    text: &mut String,
    registration: &Registration<'_>,
    group: &str,
    field_of: impl Fn(Slot) -> Option<&'static str>,
) {
    let fields = || registration.belief.0.iter().filter_map(|rows| field_of(rows.slot).map(|name| (name, rows)));
    let mut borders: Vec<Day> =
        fields().flat_map(|(_, rows)| rows.spans.iter().flat_map(|(span, _)| [span.from, span.to])).collect();
    borders.sort_unstable();
    borders.dedup();
    if borders.is_empty() {
        return;
    }
    push_name(text, registration.class.wire(), group);
    text.push('[');
    for pair in borders.windows(2) {
        let before = text.len();
        text.push('{');
        for (name, rows) in fields() {
            if let Some(value) = value_at(rows, registration.facts, pair[0]) {
                push_member(text, name, value);
            }
        }
        if text.len() == before + 1 {
            text.truncate(before);
        } else {
            push_effect(text, Span { from: pair[0], to: pair[1] });
        }
    }
    close(text, ']');
    text.push(',');
}

fn value_at<'a>(rows: &Rows, facts: &'a [Fact], day: Day) -> Option<&'a Value> {
    let row = rows.spans.iter().find(|(span, _)| span.from <= day && day < span.to)?;
    Some(&facts[row.1].value)
}

fn push_state(text: &mut String, registration: &Registration<'_>) {
    push_name(text, registration.class.wire(), registration.class.state());
    text.push('[');
    for rows in registration.belief.0.iter().filter(|rows| rows.slot == Slot::State) {
        for (span, fact) in &rows.spans {
            text.push('{');
            push_member(text, registration.class.state(), &registration.facts[*fact].value);
            push_effect(text, *span);
        }
    }
    close(text, ']');
}

/// Relations of the same name stand in one list, whatever their object types.
fn push_relations(text: &mut String, registration: &Registration<'_>) {
    let rows = &registration.belief.0;
    for (index, first) in rows.iter().enumerate() {
        let Slot::Relation(name, _) = first.slot else { continue };
        let same = |rows: &&Rows| matches!(rows.slot, Slot::Relation(other, _) if other == name);
        let empty = rows.iter().filter(same).all(|rows| rows.spans.is_empty());
        if empty || rows[..index].iter().any(|rows| same(&rows)) {
            continue;
        }
        push_name(text, "", name);
        text.push('[');
        for rows in rows[index..].iter().filter(same) {
            push_relation(text, rows, registration.facts);
        }
        close(text, ']');
        text.push(',');
    }
}

fn push_relation(text: &mut String, rows: &Rows, facts: &[Fact]) {
    let Slot::Relation(_, object_type) = rows.slot else { return };
    for (span, fact) in &rows.spans {
        let Value::Targets(targets) = &facts[*fact].value else { continue };
        for target in targets {
            match target {
                Target::Id(id) => {
                    text.push_str(r#"{"uuid":"#);
                    push_id(text, *id);
                }
                Target::Urn(urn) => {
                    text.push_str(r#"{"urn":"#);
                    push_text(text, urn);
                }
            }
            text.push(',');
            if !object_type.is_empty() {
                push_member(text, "objekttype", &Value::text(object_type));
            }
            push_effect(text, *span);
        }
    }
}

fn push_name(text: &mut String, prefix: &str, name: &str) {
    text.push('"');
    text.push_str(prefix);
    text.push_str(name);
    text.push_str("\":");
}

/// A member and a comma.
fn push_member(text: &mut String, name: &str, value: &Value) {
    push_name(text, "", name);
    match value {
        Value::Text(value) => push_text(text, value),
        Value::Number(value) => text.push_str(&value.to_string()),
        Value::Nothing | Value::Targets(_) => text.push_str("null"),
    }
    text.push(',');
}

/// The member `virkning`, the end of its row and a comma.
fn push_effect(text: &mut String, span: Span) {
    text.push_str(r#""virkning":{"from":""#);
    span.from.push_to(text);
    text.push_str(r#"","to":""#);
    span.to.push_to(text);
    text.push_str("\"}},");
}

/// Ends a list or an object whose members were each followed by a comma.
fn close(text: &mut String, end: char) {
    if text.ends_with(',') {
        text.pop();
    }
    text.push(end);
}

fn push_id(text: &mut String, id: Uuid) {
    text.push('"');
    text.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    text.push('"');
}

fn push_text(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{0}'..='\u{1f}' => text.push_str(&format!("\\u{:04x}", character as u32)),
            _ => text.push(character),
        }
    }
    text.push('"');
}
