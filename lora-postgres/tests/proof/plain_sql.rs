//! Searches as SELECTs over what the ledger was exploded into.

use std::fmt::Write as _;

use lora_core::object::Target;
use lora_core::query::{Criterion, Known, Pattern, Search, ValueTest};
use lora_core::time::{Period, ValidTime};

use crate::exploded::{number, quoted, target, value_of, within};

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
