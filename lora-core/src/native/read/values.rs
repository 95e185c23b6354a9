//! Tests of fields and states.

use uuid::Uuid;

use super::super::names::{self, Kind, Part};
use super::{Node, Reader, boolean, one_of, pattern_in};
use crate::oio::input::{Place, each, find, integer, members, text};
use crate::oio::{Document, InputError};
use crate::query::{Comparison, Filter, Pattern, Test};
use crate::schema::{FieldId, FieldType, Keyword, State, Value};

/// The tests of a field.
pub(crate) const TESTS: [&str; 11] =
    ["is", "in", "has", "like", "prefix", "contains", "less", "at_most", "at_least", "greater", "is_empty"];

/// The words for the sides of a value.
pub(crate) const COMPARISONS: [(&str, Comparison); 4] = [
    ("less", Comparison::Less),
    ("at_most", Comparison::AtMost),
    ("at_least", Comparison::AtLeast),
    ("greater", Comparison::Greater),
];

impl Reader<'_> {
    /// `{"field": …, test: …}`
    pub(super) fn field(&mut self, node: &Node<'_>) -> Result<Filter, InputError> {
        let at = node.member("field");
        let part = names::resolve(node.class, Kind::Value, text(node.required("field")?, &at)?, &at)?;
        let (test, document) = one_of(node, &TESTS)?;
        self.tested(part, test, document, &node.member(test))
    }

    /// `{"state": …, "is": …}`
    pub(super) fn state(&mut self, node: &Node<'_>) -> Result<Filter, InputError> {
        let at = node.member("state");
        let state = names::state(node.class, text(node.required("state")?, &at)?, &at)?;
        let value = |document: &Document, at: &Place<'_>| state_value(state, document, at);
        let values = match one_of(node, &["is", "in"])? {
            ("is", document) => vec![value(document, &node.member("is"))?],
            (_, document) => self.many(document, &node.member("in"), value)?,
        };
        Ok(Filter::State { state: state.id, values })
    }

    /// A field or derived term that passes a test.
    pub(crate) fn tested(
        &mut self,
        part: Part<'_>,
        test: &'static str,
        document: &Document,
        at: &Place<'_>,
    ) -> Result<Filter, InputError> {
        let (field, field_type) = (part.id(), part.field_type().unwrap_or_default());
        let passes = |test| Filter::Field { field, test };
        let is = |document: &Document, at: &Place<'_>| Ok(passes(Test::Is(value(field_type, document, at)?)));
        if !of_tests(field_type).any(|taken| taken == test) {
            return Err(unfit(test, field_type, at));
        }
        let comparison = COMPARISONS.iter().find(|(word, _)| *word == test).map(|(_, comparison)| *comparison);
        if let Some(comparison) = comparison {
            return Ok(passes(Test::Compares(comparison, bound(field_type, document, at)?)));
        }
        Ok(match test {
            "is" => is(document, at)?,
            "in" => Filter::Any(self.many(document, at, is)?),
            "has" => passes(Test::Has(text(document, at)?.to_owned())),
            "is_empty" if boolean(document, at)? => !passes(Test::Given),
            "is_empty" => passes(Test::Given),
            _ => {
                let text = text(document, at)?;
                let escaped = Pattern::exactly(text).source().to_owned();
                let source = match test {
                    "prefix" => escaped + "%",
                    "contains" => format!("%{escaped}%"),
                    _ => text.to_owned(),
                };
                passes(Test::Like(pattern_in(&source, at)?))
            }
        })
    }
}

/// A value of a state, by its name.
pub(crate) fn state_value(state: &State, document: &Document, at: &Place<'_>) -> Result<FieldId, InputError> {
    names::state_value(state, text(document, at)?, at).map(|value| value.id)
}

/// The tests that values of a type can pass.
pub(crate) fn of_tests(field_type: FieldType) -> impl Iterator<Item = &'static str> {
    TESTS.into_iter().filter(move |test| match field_type {
        FieldType::Text | FieldType::TextList | FieldType::Keywords => true,
        FieldType::Integer => !matches!(*test, "has" | "like" | "prefix" | "contains"),
        FieldType::Boolean => matches!(*test, "is" | "in" | "is_empty"),
    })
}

fn unfit(test: &str, field_type: FieldType, at: &Place<'_>) -> InputError {
    let kind = match field_type {
        FieldType::Boolean => "a boolean",
        FieldType::Integer => "a number",
        FieldType::Text | FieldType::TextList | FieldType::Keywords => "a text",
    };
    let accepted = of_tests(field_type).map(|test| format!("`{test}`")).collect::<Vec<_>>().join(", ");
    at.error("unfit_test", &format!("is no test of {kind}"), Some(test), format!("one of {accepted}"))
}

/// A value of a type.
fn value(field_type: FieldType, document: &Document, at: &Place<'_>) -> Result<Value, InputError> {
    match field_type {
        FieldType::Text => text(document, at).map(|text| Value::Text(text.to_owned())),
        FieldType::Boolean => boolean(document, at).map(Value::Boolean),
        FieldType::Integer => integer(document, at).map(Value::Integer),
        FieldType::TextList => each(document, at, |item, at| text(item, at).map(str::to_owned)).map(Value::TextList),
        FieldType::Keywords => {
            let mut keywords = each(document, at, keyword)?;
            keywords.sort();
            Ok(Value::Keywords(keywords))
        }
    }
}

fn keyword(document: &Document, at: &Place<'_>) -> Result<Keyword, InputError> {
    const NAMES: [&str; 3] = ["identifier", "description", "category"];
    let members = members(document, at)?;
    super::only(members, at, &NAMES)?;
    let part = |name| match find(members, name) {
        Some(document) => text(document, &at.member(name)).map(str::to_owned),
        None => Ok(String::new()),
    };
    Ok(Keyword { identifier: part(NAMES[0])?, description: part(NAMES[1])?, category: part(NAMES[2])? })
}

/// What values of a type are compared with.
fn bound(field_type: FieldType, document: &Document, at: &Place<'_>) -> Result<Value, InputError> {
    match field_type {
        FieldType::Integer => integer(document, at).map(Value::Integer),
        _ => text(document, at).map(|text| Value::Text(text.to_owned())),
    }
}

/// A UUID as everybody writes it.
pub(crate) fn uuid(document: &Document, at: &Place<'_>) -> Result<Uuid, InputError> {
    uuid_in(text(document, at)?, at)
}

pub(super) fn uuid_in(text: &str, at: &Place<'_>) -> Result<Uuid, InputError> {
    let hyphenated = Some(text).filter(|text| text.len() == uuid::fmt::Hyphenated::LENGTH);
    hyphenated.and_then(|text| Uuid::try_parse(text).ok()).ok_or_else(|| {
        let accepted = "a UUID such as `5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c`".to_owned();
        at.error("unreadable_uuid", "is no UUID", Some(text), accepted)
    })
}
