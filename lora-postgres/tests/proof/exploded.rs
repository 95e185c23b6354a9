//! The ledger exploded into rows of plain tables, one for each instant known, instant valid, and value: what a third
//! opinion is asked of. Nothing here is shared with executor, index and merge.
//!
//! ```text
//! registration ─┐                   known_instant ─┐
//! fact ─────────┴─► as of a position, believed  ───┴─►  held, for each slot of valid time
//! ```

use std::collections::BTreeSet;

use lora_core::object::{Position, Registration, Target};
use lora_core::query::{Known, TimeContext};
use lora_core::schema::{FieldId, Value};
use lora_core::storage::Storage;
use lora_core::time::{Axis, Period, Timestamp, TransactionTime, ValidTime};
use tokio_postgres::Client;

use crate::writers::ledger;

const TABLES: &str = "
    DROP TABLE IF EXISTS registration, fact, known_instant, slot, believed, held;
    CREATE TEMP TABLE registration (position bigint, since bigint, class int, object uuid, lifecycle text, actor uuid,
        note text);
    CREATE TEMP TABLE fact (position bigint, valid_from bigint, valid_to bigint, kind text, field int, value text,
        text text, object_type text, target uuid);
    CREATE TEMP TABLE known_instant (known bigint);
    CREATE TEMP TABLE slot (valid bigint, until bigint, number bigint);
    CREATE TEMP TABLE believed (known bigint, position bigint, class int, object uuid, lifecycle text, actor uuid,
        note text);
    CREATE TEMP TABLE held (known bigint, class int, object uuid, valid bigint, kind text, field int, value text,
        text text, object_type text, target uuid);";

/// A registration of the ledger, and the instant from which on it is believed.
pub(crate) struct Believed {
    pub(crate) position: Position,
    pub(crate) since: Timestamp<TransactionTime>,
    pub(crate) registration: Registration,
}

pub(crate) async fn registrations<S: Storage>(store: &S) -> Vec<Believed> {
    let entries = ledger(store).await;
    let believed = entries.into_iter().filter_map(|entry| {
        let registration = entry.frame.registration().ok()?;
        let since = registration.asserted.unwrap_or(entry.instant);
        Some(Believed { position: entry.position, since, registration })
    });
    believed.collect()
}

/// The instants that make a difference: those at which something begins or ends, and those that are asked about. The
/// last one of `known` stands for what is known latest.
pub(crate) struct Instants {
    pub(crate) known: BTreeSet<i64>,
    valid: BTreeSet<i64>,
}

impl Instants {
    pub(crate) fn of<'c>(all: &[Believed], contexts: impl Iterator<Item = &'c TimeContext> + Clone) -> Self {
        fn ends<A: Axis>(period: Period<A>) -> [i64; 2] {
            [period.from().sort_key(), period.to().sort_key()]
        }
        let effects = all.iter().flat_map(|one| one.registration.content.effects()).map(|effect| effect.valid);
        let windows = contexts.clone().filter_map(|context| context.valid);
        let asked = contexts.filter_map(|context| match context.known {
            Known::During(window) => window,
            Known::Latest => None,
        });
        let known = all.iter().map(|one| one.since.sort_key()).chain(asked.flat_map(ends)).chain([i64::MAX]).collect();
        let mut valid: BTreeSet<i64> = effects.chain(windows).flat_map(ends).chain([i64::MIN]).collect();
        valid.remove(&i64::MAX);
        Self { known, valid }
    }
}

/// Fills the tables with what the ledger says.
pub(crate) async fn load(client: &Client, all: &[Believed], instants: &Instants) {
    client.batch_execute(TABLES).await.unwrap();
    let (mut registrations, mut stated) = (Vec::new(), Vec::new());
    for Believed { position, since, registration } in all {
        let Registration { object, lifecycle, actor, note, .. } = registration;
        let (class, uuid, note) = (object.class.number(), object.uuid, quoted(&folded(note)));
        let since = since.sort_key();
        registrations.push(format!("({position}, {since}, {class}, '{uuid}', '{lifecycle:?}', '{actor}', {note})"));
        let facts = facts(registration).into_iter();
        stated.extend(facts.map(|(from, to, fact)| format!("({position}, {from}, {to}, {fact})")));
    }
    let known = instants.known.iter().map(|known| format!("({known})")).collect();
    let ends = instants.valid.iter().skip(1).chain([&i64::MAX]);
    let slots = instants.valid.iter().zip(ends).enumerate();
    let slots = slots.map(|(number, (valid, until))| format!("({valid}, {until}, {number})")).collect();
    for (table, rows) in [("registration", registrations), ("fact", stated), ("known_instant", known), ("slot", slots)]
    {
        insert(client, table, &rows).await;
    }
}

pub(crate) async fn insert(client: &Client, table: &str, rows: &[String]) {
    if !rows.is_empty() {
        client.batch_execute(&format!("INSERT INTO {table} VALUES {}", rows.join(", "))).await.unwrap();
    }
}

/// Fills the tables with what a view at a position believes.
pub(crate) async fn explode(client: &Client, at: Position) {
    let explode = format!(
        "TRUNCATE believed, held;
        INSERT INTO believed SELECT DISTINCT ON (known, class, object)
                known, position, class, object, lifecycle, actor, note
            FROM known_instant JOIN registration ON since <= known AND position <= {at}
            ORDER BY known, class, object, since DESC;
        INSERT INTO held SELECT known, class, object, valid, kind, field, value, text, object_type, target
            FROM believed JOIN fact USING (position) JOIN slot ON valid >= valid_from AND valid < valid_to;
        ANALYZE believed, held;"
    );
    client.batch_execute(&explode).await.unwrap();
}

/// What a registration states: from when to when, and kind, field, value, text, object type and target as SQL.
fn facts(registration: &Registration) -> Vec<(i64, i64, String)> {
    let content = &registration.content;
    let mut facts = Vec::new();
    let mut add = |valid: Period<ValidTime>, fact| facts.push((valid.from().sort_key(), valid.to().sort_key(), fact));
    for row in content.all_attributes().flat_map(|(_, rows)| rows) {
        for (field, value) in row.values() {
            let texts: Vec<String> = texts(value).iter().map(|text| quoted(&folded(text))).collect();
            // A value without a text is one all the same.
            for text in if texts.is_empty() { vec!["NULL".to_owned()] } else { texts } {
                let (field, value) = (number(field), value_of(value));
                add(row.effect.valid, format!("'attribute', {field}, {value}, {text}, NULL, NULL"));
            }
        }
    }
    for (state, rows) in content.all_states() {
        for row in rows {
            add(row.effect.valid, format!("'state', {}, '{}', NULL, NULL, NULL", number(state), number(row.value)));
        }
    }
    for (relation, rows) in content.all_relations() {
        for row in rows {
            let object_type = row.object_type.as_deref().map_or("NULL".to_owned(), quoted);
            let (relation, value) = (number(relation), target(&row.target));
            let uuid = match row.target {
                Target::Uuid(uuid) => format!("'{uuid}'"),
                Target::Urn(_) | Target::Nothing => "NULL".to_owned(),
            };
            add(row.effect.valid, format!("'relation', {relation}, {value}, NULL, {object_type}, {uuid}"));
        }
    }
    facts
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Text(text) => vec![text],
        Value::TextList(texts) => texts.iter().map(String::as_str).collect(),
        Value::Keywords(words) => {
            words.iter().flat_map(|word| [&*word.identifier, &*word.description, &*word.category]).collect()
        }
        Value::Boolean(_) | Value::Integer(_) => Vec::new(),
    }
}

/// Letter case does not count; whether the database agrees about the case of `İ` is another question.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(crate) fn number(field: FieldId) -> u16 {
    field.number()
}

pub(crate) fn value_of(value: &Value) -> String {
    quoted(&format!("{value:?}"))
}

pub(crate) fn target(target: &Target) -> String {
    quoted(&format!("{target:?}"))
}

/// That an instant of a column lies in a window.
pub(crate) fn within<A: Axis>(column: &str, window: Period<A>) -> String {
    format!("{column} >= {} AND {column} < {}", window.from().sort_key(), window.to().sort_key())
}
