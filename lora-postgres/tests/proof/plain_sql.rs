//! What a third opinion is made of: registrations exploded into rows, and searches as SELECTs over them. They share
//! nothing with executor, index and merge.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lora_core::object::{Position, Registration, Target};
use lora_core::query::{Criterion, Known, Pattern, Search, ValueTest};
use lora_core::schema::{FieldId, Value};
use lora_core::storage::Storage;
use lora_core::time::{Axis, Period, Timestamp, TransactionTime, ValidTime};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::writers::ledger;

const TABLES: &str = "
    DROP TABLE IF EXISTS believed, held;
    CREATE TEMP TABLE believed (known bigint, object uuid, lifecycle text, actor uuid, note text);
    CREATE TEMP TABLE held (known bigint, object uuid, valid bigint, kind text, field int, value text, text text,
        object_type text);";

/// A registration of the ledger, and the instant from which on it is believed.
pub(crate) struct Believed {
    pub(crate) position: Position,
    from: i64,
    registration: Registration,
}

pub(crate) async fn registrations<S: Storage>(store: &S) -> Vec<Believed> {
    let entries = ledger(store).await;
    let believed = entries.into_iter().filter_map(|entry| {
        let registration = entry.frame.registration().ok()?;
        let from = registration.asserted.unwrap_or(entry.instant).sort_key();
        Some(Believed { position: entry.position, from, registration })
    });
    believed.collect()
}

/// The instants that make a difference: those at which something begins or ends, and those that are asked about. The
/// last one of `known` stands for what is known latest.
pub(crate) struct Instants {
    known: BTreeSet<i64>,
    valid: BTreeSet<i64>,
}

pub(crate) fn instants(all: &[Believed], searches: &[Search]) -> Instants {
    fn ends<A: Axis>(period: Period<A>) -> [i64; 2] {
        [period.from().sort_key(), period.to().sort_key()]
    }
    let effects = all.iter().flat_map(|one| one.registration.content.effects()).map(|effect| effect.valid);
    let windows = searches.iter().filter_map(|search| search.context.valid);
    let asked = searches.iter().filter_map(|search| match search.context.known {
        Known::During(window) => window,
        Known::Latest => None,
    });
    let infinity = Timestamp::<TransactionTime>::INFINITY.sort_key();
    let known = all.iter().map(|one| one.from).chain(asked.flat_map(ends)).chain([infinity]).collect();
    let mut valid: BTreeSet<i64> = effects.chain(windows).flat_map(ends).collect();
    valid.remove(&Timestamp::<ValidTime>::INFINITY.sort_key());
    Instants { known, valid }
}

/// Fills the tables with what a view at a position believes.
pub(crate) async fn explode(client: &Client, all: &[Believed], instants: &Instants, at: Position) {
    let (mut believed, mut held) = (Vec::new(), Vec::new());
    let objects: BTreeSet<Uuid> = all.iter().map(|one| one.registration.object.uuid).collect();
    for known in &instants.known {
        for object in &objects {
            let visible = all.iter().filter(|one| one.position <= at && one.registration.object.uuid == *object);
            let Some(newest) = visible.filter(|one| one.from <= *known).max_by_key(|one| one.from) else { continue };
            let Registration { lifecycle, actor, note, .. } = &newest.registration;
            believed.push(format!("({known}, '{object}', '{lifecycle:?}', '{actor}', {})", quoted(&folded(note))));
            for (from, to, fact) in facts(&newest.registration) {
                for valid in instants.valid.range(from..to) {
                    held.push(format!("({known}, '{object}', {valid}, {fact})"));
                }
            }
        }
    }
    client.batch_execute(TABLES).await.unwrap();
    for (table, rows) in [("believed", believed), ("held", held)] {
        if !rows.is_empty() {
            client.batch_execute(&format!("INSERT INTO {table} VALUES {}", rows.join(", "))).await.unwrap();
        }
    }
}

/// What a registration states: from when to when, and kind, field, value, text and object type as SQL.
fn facts(registration: &Registration) -> Vec<(i64, i64, String)> {
    let content = &registration.content;
    let mut facts = Vec::new();
    let mut add = |valid: Period<ValidTime>, fact| facts.push((valid.from().sort_key(), valid.to().sort_key(), fact));
    for row in content.all_attributes().flat_map(|(_, rows)| rows) {
        for (field, value) in row.values() {
            let texts: Vec<String> = texts(value).iter().map(|text| quoted(&folded(text))).collect();
            // A value without a text is one all the same.
            for text in if texts.is_empty() { vec!["NULL".to_owned()] } else { texts } {
                add(row.effect.valid, format!("'attribute', {}, {}, {text}, NULL", number(field), value_of(value)));
            }
        }
    }
    for (state, rows) in content.all_states() {
        for row in rows {
            add(row.effect.valid, format!("'state', {}, '{}', NULL, NULL", number(state), number(row.value)));
        }
    }
    for (relation, rows) in content.all_relations() {
        for row in rows {
            let object_type = row.object_type.as_deref().map_or("NULL".to_owned(), quoted);
            let fact = format!("'relation', {}, {}, NULL, {object_type}", number(relation), target(&row.target));
            add(row.effect.valid, fact);
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

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn number(field: FieldId) -> u16 {
    field.number()
}

fn value_of(value: &Value) -> String {
    quoted(&format!("{value:?}"))
}

fn target(target: &Target) -> String {
    quoted(&format!("{target:?}"))
}

/// The search as a SELECT; `None` where an empty window leaves nothing to look at.
pub(crate) fn select(search: &Search) -> Option<String> {
    let known = match search.context.known {
        Known::Latest => format!("believed.known = {}", i64::MAX),
        Known::During(window) => within("believed.known", window?),
    };
    let mut select = format!("SELECT DISTINCT object FROM believed WHERE {known}");
    if !search.criteria.iter().any(|criterion| matches!(criterion, Criterion::LifeCycle(_))) {
        select += " AND lifecycle <> 'Deleted'";
    }
    for criterion in &search.criteria {
        write!(select, " AND {}", met(criterion, search.context.valid)).unwrap();
    }
    if let Some(after) = search.page.after {
        write!(select, " AND object > '{after}'").unwrap();
    }
    let limit = search.page.limit.map_or("ALL".to_owned(), |limit| limit.to_string());
    write!(select, " ORDER BY object OFFSET {} LIMIT {limit}", search.page.skip).unwrap();
    Some(select)
}

fn within<A: Axis>(column: &str, window: Period<A>) -> String {
    format!("{column} >= {} AND {column} < {}", window.from().sort_key(), window.to().sort_key())
}

fn met(criterion: &Criterion, window: Option<Period<ValidTime>>) -> String {
    let some_row = |fact: String| {
        let Some(window) = window else { return "false".to_owned() };
        let within = within("held.valid", window);
        format!(
            "EXISTS (SELECT FROM held WHERE held.known = believed.known AND held.object = believed.object \
             AND {within} AND {fact})"
        )
    };
    match criterion {
        Criterion::Object(uuid) => format!("object = '{uuid}'"),
        Criterion::Attribute { field, test: ValueTest::Like(pattern) } => {
            some_row(format!("kind = 'attribute' AND field = {} AND text LIKE {}", number(*field), like(pattern)))
        }
        Criterion::Attribute { field, test: ValueTest::Is(value) } => {
            some_row(format!("kind = 'attribute' AND field = {} AND value = {}", number(*field), value_of(value)))
        }
        Criterion::AnyText(pattern) => some_row(format!("kind = 'attribute' AND text LIKE {}", like(pattern))),
        Criterion::State { state, value } => {
            some_row(format!("kind = 'state' AND field = {} AND value = '{}'", number(*state), number(*value)))
        }
        Criterion::Relation { relation, object_type, targets } => {
            let targets: Vec<String> = targets.iter().map(target).collect();
            let typed =
                object_type.as_deref().map_or("true".to_owned(), |name| format!("object_type = {}", quoted(name)));
            let relation = number(*relation);
            let targets = targets.join(", ");
            some_row(format!(
                "kind = 'relation' AND field = {relation} AND {typed} AND value = ANY (ARRAY[{targets}]::text[])"
            ))
        }
        Criterion::AnyRelation(uuid) => {
            some_row(format!("kind = 'relation' AND value = {}", target(&Target::Uuid(*uuid))))
        }
        Criterion::LifeCycle(lifecycle) => format!("lifecycle = '{lifecycle:?}'"),
        Criterion::Actor(actor) => format!("actor = '{actor}'"),
        Criterion::Note(pattern) => format!("note <> '' AND note LIKE {}", like(pattern)),
    }
}

/// The pattern that LIKE takes for the same.
fn like(pattern: &Pattern) -> String {
    let (mut like, mut is_escaped) = (String::new(), false);
    for letter in pattern.source().chars() {
        match letter {
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            '%' if !is_escaped => like.push('%'),
            '%' | '_' | '\\' => like.extend(['\\', letter]),
            letter => like.extend(letter.to_lowercase()),
        }
        is_escaped = false;
    }
    quoted(&like)
}
