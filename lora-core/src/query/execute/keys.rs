//! Under which keys the index has what a filter asks for.

use super::QueryError;
use crate::object::Target;
use crate::query::{Comparison, Filter, Pattern, Test, fold};
use crate::schema::{FieldId, Value};
use crate::storage::{Key, KeyRange, Read, is_whole};

/// A wildcard that more texts match than this does not drive.
const TERMS_MAX: usize = 1_000;

/// Keys under which everything is that a filter asks for.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) ranges: Vec<KeyRange>,
    /// Whether nothing else is there: then the rectangles say when the filter holds.
    pub(super) exact: bool,
}

impl Keys {
    fn exact(keys: impl IntoIterator<Item = Key>) -> Self {
        Self { ranges: keys.into_iter().map(Key::alone).collect(), exact: true }
    }

    const fn none() -> Self {
        Self { ranges: Vec::new(), exact: true }
    }
}

/// The keys of a filter about one registration; `None` where the index does not have what it asks for.
///
/// `fields` are all that the class ever had.
pub(super) async fn keys<V: Read>(
    view: &V,
    fields: impl Fn() -> Vec<FieldId>,
    filter: &Filter,
) -> Result<Option<Keys>, QueryError> {
    Ok(match filter {
        Filter::Field { field, test } => of_field(view, *field, test).await?,
        Filter::AnyText(pattern) => of_texts(view, &fields(), pattern).await?,
        Filter::State { state, values } => Some(Keys::exact(values.iter().map(|value| Key::state(*state, *value)))),
        Filter::Relation { relation, object_type, targets: Some(targets) } => {
            of_targets(*relation, object_type.as_deref(), targets)
        }
        Filter::AnyRelation(uuid) => Some(Keys { ranges: vec![Key::uuid_prefix(*uuid).and_all_longer()], exact: true }),
        _ => None,
    })
}

async fn of_field<V: Read>(view: &V, field: FieldId, test: &Test) -> Result<Option<Keys>, QueryError> {
    let text = |text: &str| Keys { ranges: vec![Key::text(field, text).alone()], exact: false };
    Ok(match test {
        Test::Is(Value::Boolean(value)) => Some(Keys::exact([Key::boolean(field, *value)])),
        Test::Is(Value::Integer(value)) => Some(Keys::exact([Key::integer(field, *value)])),
        Test::Is(texts) => texts.texts().first().map(|first| text(first)),
        Test::Has(wanted) => Some(text(wanted)),
        Test::Like(pattern) => of_texts(view, &[field], pattern).await?,
        Test::Compares(comparison, Value::Integer(number)) => {
            Some(Keys { ranges: integers(field, *comparison, *number).into_iter().collect(), exact: true })
        }
        Test::Compares(comparison, Value::Text(bound)) => {
            Some(Keys { ranges: vec![texts(field, *comparison, bound)], exact: false })
        }
        Test::Compares(..) => Some(Keys::none()),
        Test::Given => None,
    })
}

async fn of_texts<V: Read>(view: &V, fields: &[FieldId], pattern: &Pattern) -> Result<Option<Keys>, QueryError> {
    if let Some(text) = pattern.exact() {
        let ranges = fields.iter().map(|field| Key::folded_text(*field, text).alone()).collect();
        return Ok(Some(Keys { ranges, exact: is_whole(text) }));
    }
    let terms = view.terms(fields, pattern, TERMS_MAX).await?;
    let exact = terms.keys.iter().all(|key| key.folded().is_some_and(|(_, whole)| whole));
    Ok(terms.complete.then(|| Keys { ranges: terms.keys.into_iter().map(Key::alone).collect(), exact }))
}

fn of_targets(relation: FieldId, object_type: Option<&str>, targets: &[Target]) -> Option<Keys> {
    let whole = |target: &Target| matches!(target, Target::Urn(urn) if !is_whole(urn));
    let exact = object_type.is_none_or(is_whole) && !targets.iter().any(whole);
    let range = |target: &Target| match object_type {
        Some(kind) => Key::relation(target, relation, Some(kind)).map(Key::alone),
        None => Key::relation_prefix(target, relation).map(Key::and_all_longer),
    };
    Some(Keys { ranges: targets.iter().map(range).collect::<Option<_>>()?, exact })
}

fn integers(field: FieldId, comparison: Comparison, number: i32) -> Option<KeyRange> {
    let all = Key::integer_prefix(field).and_all_longer();
    let after = number.checked_add(1).map(|next| Key::integer(field, next));
    Some(match (comparison, after) {
        (Comparison::Less, _) => KeyRange { to: Some(Key::integer(field, number)), ..all },
        (Comparison::AtMost, Some(after)) => KeyRange { to: Some(after), ..all },
        (Comparison::AtMost, None) => all,
        (Comparison::AtLeast, _) => KeyRange { from: Key::integer(field, number), ..all },
        (Comparison::Greater, Some(after)) => KeyRange { from: after, ..all },
        (Comparison::Greater, None) => return None,
    })
}

/// Where texts may be cut in their keys, a bound is no bound for certain: it stays inside.
fn texts(field: FieldId, comparison: Comparison, bound: &str) -> KeyRange {
    let all = Key::text_prefix(field).and_all_longer();
    let bound = Key::folded_text(field, &fold(bound)).alone();
    match comparison {
        Comparison::Less | Comparison::AtMost => KeyRange { to: bound.to, ..all },
        Comparison::AtLeast | Comparison::Greater => KeyRange { from: bound.from, ..all },
    }
}
