//! What a search finds (lora-semantics §7.2 and §7.3, with Q17, Q20, D16 and D17).

use uuid::Uuid;

use super::read::holds;
use super::{Entry, World};
use crate::object::{Content, LifeCycle, ObjectId, Position, RelationRow, Target};
use crate::query::{Criterion, Pattern, Search, ValueTest};
use crate::schema::{FieldId, Value};
use crate::time::{Period, ValidTime};

type Window = Option<Period<ValidTime>>;

impl World {
    /// The objects found, in the order of their UUIDs, as seen up to and including a position.
    ///
    /// One registration must meet all criteria, each by some row at some instant of the window, not necessarily the
    /// same instant; deletions are found only when a criterion asks for a life cycle.
    pub fn search(&self, search: &Search, at: Position) -> Vec<Uuid> {
        let mut found: Vec<Uuid> = self
            .objects
            .keys()
            .filter(|object| object.class == search.class && self.finds(search, **object, at))
            .map(|object| object.uuid)
            .collect();
        found.sort();
        let later = |uuid: &Uuid| search.page.after.is_none_or(|after| *uuid > after);
        let skip = usize::try_from(search.page.skip).unwrap_or(usize::MAX);
        let limit = search.page.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        found.into_iter().filter(later).skip(skip).take(limit).collect()
    }

    fn finds(&self, search: &Search, object: ObjectId, at: Position) -> bool {
        let asks_for_a_life_cycle = search.criteria.iter().any(|c| matches!(c, Criterion::LifeCycle(_)));
        self.known(object, search.context.known, at)
            .into_iter()
            .map(|(_, entry)| entry)
            .filter(|entry| entry.lifecycle != LifeCycle::Deleted || asks_for_a_life_cycle)
            .any(|entry| search.criteria.iter().all(|criterion| meets(criterion, object, entry, search.context.valid)))
    }
}

fn meets(criterion: &Criterion, object: ObjectId, entry: &Entry, window: Window) -> bool {
    let content = &entry.content;
    match criterion {
        Criterion::Object(uuid) => object.uuid == *uuid,
        Criterion::Attribute { field, test } => {
            values_in_effect(content, window).any(|(id, value)| id == *field && passes(test, value))
        }
        Criterion::AnyText(pattern) => values_in_effect(content, window).any(|(_, value)| some_text(pattern, value)),
        Criterion::State { state, value } => content
            .all_states()
            .filter(|(id, _)| id == state)
            .flat_map(|(_, rows)| rows)
            .any(|row| row.value == *value && holds(row.effect.valid, window)),
        Criterion::Relation { relation, object_type, targets } => {
            relations_in_effect(content, window).any(|(id, row)| {
                let typed = object_type.is_none() || row.object_type == *object_type;
                id == *relation && typed && targets.contains(&row.target)
            })
        }
        Criterion::AnyRelation(uuid) => {
            relations_in_effect(content, window).any(|(_, row)| row.target == Target::Uuid(*uuid))
        }
        Criterion::LifeCycle(lifecycle) => entry.lifecycle == *lifecycle,
        Criterion::Actor(actor) => entry.stamp.actor == *actor,
        Criterion::Note(pattern) => !entry.stamp.note.is_empty() && like(pattern, &entry.stamp.note),
    }
}

fn values_in_effect(content: &Content, window: Window) -> impl Iterator<Item = (FieldId, &Value)> {
    let rows = content.all_attributes().flat_map(|(_, rows)| rows);
    rows.filter(move |row| holds(row.effect.valid, window)).flat_map(|row| row.values())
}

fn relations_in_effect(content: &Content, window: Window) -> impl Iterator<Item = (FieldId, &RelationRow)> {
    let rows = content.all_relations().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row)));
    rows.filter(move |(_, row)| holds(row.effect.valid, window))
}

fn passes(test: &ValueTest, value: &Value) -> bool {
    match test {
        ValueTest::Like(pattern) => some_text(pattern, value),
        ValueTest::Is(wanted) => value == wanted,
    }
}

/// Whether one text in the value matches; numbers and booleans have none.
pub(super) fn some_text(pattern: &Pattern, value: &Value) -> bool {
    match value {
        Value::Text(text) => like(pattern, text),
        Value::TextList(texts) => texts.iter().any(|text| like(pattern, text)),
        Value::Keywords(words) => words
            .iter()
            .any(|word| [&word.identifier, &word.description, &word.category].into_iter().any(|t| like(pattern, t))),
        Value::Boolean(_) | Value::Integer(_) => false,
    }
}

/// Whether the whole of `text` matches what the pattern's source says, letter by letter, whatever the case.
pub fn like(pattern: &Pattern, text: &str) -> bool {
    let letters: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    fits(&tokens(pattern.source()), &letters)
}

enum Token {
    Run,
    Letter(char),
}

fn tokens(source: &str) -> Vec<Token> {
    let (mut tokens, mut escaped) = (Vec::new(), false);
    for c in source.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            '%' if !escaped => tokens.push(Token::Run),
            c => {
                tokens.extend(c.to_lowercase().map(Token::Letter));
                escaped = false;
            }
        }
    }
    tokens
}

fn fits(pattern: &[Token], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((Token::Run, rest)) => (0..=text.len()).any(|length| fits(rest, &text[length..])),
        Some((Token::Letter(letter), rest)) => {
            text.split_first().is_some_and(|(first, others)| first == letter && fits(rest, others))
        }
    }
}
