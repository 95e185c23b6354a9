//! What the parts of a class and their values are called.

use super::Statement;
use crate::object::Target;
use crate::schema::{Class, ClassId, FieldId, Keyword, Value};
use crate::storage::Declarations;

/// The English names of a class's parts, also of those that are no longer declared.
#[derive(Debug, Clone)]
pub struct Names<'a> {
    /// The class as it was declared from time to time, newest first; at least once.
    versions: Vec<&'a Class>,
}

impl<'a> Names<'a> {
    /// The names of a class; `None` where there is no such class.
    pub fn of(declarations: &'a Declarations, class: ClassId) -> Option<Self> {
        let mut versions: Vec<&Class> = declarations.declared(class).collect();
        versions.reverse();
        (!versions.is_empty()).then_some(Self { versions })
    }

    /// The class as it was declared last.
    pub fn class(&self) -> &'a Class {
        self.versions[0]
    }

    /// What a group, field, derived term, state or relation is called; its number where nobody knows.
    pub fn part(&self, id: FieldId) -> String {
        let name = self.versions.iter().find_map(|class| part_name(class, id));
        name.map_or_else(|| format!("{id:?}"), str::to_owned)
    }

    /// What a state's value is called.
    pub fn state_value(&self, id: FieldId) -> String {
        let states = self.versions.iter().flat_map(|class| &class.states);
        let value = states.flat_map(|state| &state.values).find(|value| value.id == id);
        value.map_or_else(|| format!("{id:?}"), |value| value.name.clone())
    }

    /// A statement in words, on one line as far as its texts are; a row as its values alone.
    pub fn statement(&self, statement: &Statement) -> String {
        match statement {
            Statement::Row(values) => {
                let said: Vec<String> =
                    values.iter().map(|(id, value)| format!("{}: {}", self.part(*id), value_in_words(value))).collect();
                said.join("; ")
            }
            Statement::Value(value) => value_in_words(value),
            Statement::State(value) => self.state_value(*value),
            Statement::Target(target, kind) => {
                let target = match target {
                    Target::Uuid(uuid) => uuid.to_string(),
                    Target::Urn(urn) => urn.clone(),
                    Target::Nothing => "nothing".to_owned(),
                };
                kind.as_ref().map_or_else(|| target.clone(), |kind| format!("{target} ({kind})"))
            }
        }
    }
}

fn part_name(class: &Class, id: FieldId) -> Option<&str> {
    let field = class.field(id).map(|(_, field)| &field.name);
    let group = || class.group(id).map(|group| &group.name);
    let state = || class.state(id).map(|state| &state.name);
    let relation = || class.relation(id).map(|relation| &relation.name);
    let derived = || class.derived.iter().find(|derived| derived.id == id).map(|derived| &derived.name);
    field.or_else(group).or_else(state).or_else(relation).or_else(derived).map(String::as_str)
}

fn value_in_words(value: &Value) -> String {
    let list = |texts: &mut dyn Iterator<Item = String>| format!("[{}]", texts.collect::<Vec<_>>().join(", "));
    match value {
        Value::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Value::Text(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::TextList(texts) => list(&mut texts.iter().cloned()),
        Value::Keywords(words) => list(&mut words.iter().map(|word: &Keyword| word.texts().join(" / "))),
    }
}
