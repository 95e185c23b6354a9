//! Conditions on what objects state of themselves.

use super::{AskError, Condition, Subject};
use crate::query::{Comparison, Filter, Pattern, Test};
use crate::schema::{Class, FieldType, NameError, State, Term, Value};

const TEXTS: &str = "texts";

/// A field or derived term of the subject. Where there is no value, no condition on it holds.
#[derive(Debug, Clone)]
pub struct SubjectField<'s> {
    named: Named<'s>,
    found: Result<Term, NameError>,
}

/// How a field is spoken of in errors.
#[derive(Debug, Clone)]
struct Named<'s> {
    class: &'s Class,
    name: String,
}

impl<'s> SubjectField<'s> {
    pub(super) fn new(subject: Subject<'s>, name: &str) -> Self {
        let class = subject.class;
        Self { named: Named { class, name: name.to_owned() }, found: class.term_called(name) }
    }

    /// The value is this one; texts in exactly these letters.
    pub fn is(self, value: impl Into<Value>) -> Condition {
        let value = value.into();
        self.condition(|field, term| field.same_type(term, &value).map(|()| Test::Is(value)))
    }

    /// One of the texts in it is exactly this one.
    pub fn has(self, text: &str) -> Condition {
        self.condition(|field, term| field.holds_texts(term, "`has`").map(|()| Test::Has(text.to_owned())))
    }

    /// One of the texts in it matches a pattern, in which `%` is any run of characters, whatever the letter case.
    pub fn like(self, pattern: &str) -> Condition {
        self.condition(|field, term| {
            field.holds_texts(term, "`like`")?;
            Ok(Test::Like(Pattern::parse(pattern)?))
        })
    }

    /// The value comes before this one; of texts, letter case does not count.
    pub fn less(self, value: impl Into<Value>) -> Condition {
        self.compares(Comparison::Less, value.into())
    }

    /// The value comes before this one, or is the same.
    pub fn at_most(self, value: impl Into<Value>) -> Condition {
        self.compares(Comparison::AtMost, value.into())
    }

    /// The value comes after this one, or is the same.
    pub fn at_least(self, value: impl Into<Value>) -> Condition {
        self.compares(Comparison::AtLeast, value.into())
    }

    /// The value comes after this one.
    pub fn greater(self, value: impl Into<Value>) -> Condition {
        self.compares(Comparison::Greater, value.into())
    }

    /// There is a value that is not blank.
    pub fn given(self) -> Condition {
        self.condition(|_, _| Ok(Test::Given))
    }

    fn compares(self, comparison: Comparison, value: Value) -> Condition {
        self.condition(|field, term| {
            match (term.holds, &value) {
                (FieldType::Boolean, _) => Err(field.unfit(term, "a comparison", "texts or numbers")),
                (FieldType::Integer, Value::Integer(_)) => Ok(()),
                (FieldType::Text | FieldType::TextList | FieldType::Keywords, Value::Text(_)) => Ok(()),
                _ => Err(field.other_type(term, &value)),
            }?;
            Ok(Test::Compares(comparison, value))
        })
    }

    fn condition(self, test: impl FnOnce(&Named<'s>, Term) -> Result<Test, AskError>) -> Condition {
        let Self { named, found } = self;
        Condition::of(found.map_err(AskError::from).and_then(|term| {
            let test = test(&named, term)?;
            Ok(Filter::Field { field: term.id, test })
        }))
    }
}

impl Named<'_> {
    fn same_type(&self, term: Term, value: &Value) -> Result<(), AskError> {
        if term.holds == value.field_type() { Ok(()) } else { Err(self.other_type(term, value)) }
    }

    fn holds_texts(&self, term: Term, test: &'static str) -> Result<(), AskError> {
        match term.holds {
            FieldType::Text | FieldType::TextList | FieldType::Keywords => Ok(()),
            FieldType::Integer | FieldType::Boolean => Err(self.unfit(term, test, TEXTS)),
        }
    }

    fn other_type(&self, term: Term, value: &Value) -> AskError {
        let (of, field) = (self.class.name.clone(), self.name.clone());
        NameError::Type { of, field, holds: term.holds, given: value.field_type() }.into()
    }

    fn unfit(&self, term: Term, test: &'static str, needs: &'static str) -> AskError {
        let (of, field) = (self.class.name.clone(), self.name.clone());
        NameError::Test { of, field, holds: term.holds, test, needs }.into()
    }
}

/// A state of the subject.
#[derive(Debug, Clone)]
pub struct SubjectState<'s> {
    class: &'s Class,
    found: Result<&'s State, NameError>,
}

impl<'s> SubjectState<'s> {
    pub(super) fn new(subject: Subject<'s>, name: &str) -> Self {
        Self { class: subject.class, found: subject.class.state_called(name) }
    }

    /// It has this value.
    pub fn is(self, value: &str) -> Condition {
        self.is_any([value])
    }

    /// It has one of these values.
    pub fn is_any<'v>(self, values: impl IntoIterator<Item = &'v str>) -> Condition {
        Condition::of(self.found.and_then(|state| {
            let values = values.into_iter().map(|value| Ok(self.class.value_called(state, value)?.id));
            Ok(Filter::State { state: state.id, values: values.collect::<Result<_, NameError>>()? })
        }))
    }
}
