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

/// A name that a class has no part of, or several.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{class} has {} called `{name}`: expected one of {}", if *.many { "several parts" } else { "no part" }, expected.join(", "))]
pub struct UnknownPart {
    /// The class's English name.
    pub class: String,
    /// The name asked for.
    pub name: String,
    /// Whether several parts are called so.
    pub many: bool,
    /// The names that would be accepted.
    pub expected: Vec<String>,
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

    /// The part with a name, such as `unit_name`, `activity` or `parent`; where several have it, with what it belongs to:
    /// `properties.unit_name`, `states.activity`, `relations.parent`.
    ///
    /// # Errors
    /// [`UnknownPart`] for none, and for several: a field and a relation may have the same name.
    pub fn part_named(&self, name: &str) -> Result<FieldId, UnknownPart> {
        let parts = parts(self.class());
        let called: Vec<&(String, FieldId)> =
            parts.iter().filter(|(path, _)| path.rsplit('.').next() == Some(name)).collect();
        let exact = parts.iter().find(|(path, _)| path == name);
        match (exact, &called[..]) {
            (Some((_, id)), _) | (None, [(_, id)]) => Ok(*id),
            (None, several) => {
                let expected = if several.is_empty() { parts.iter().collect() } else { several.to_vec() };
                let expected = expected.into_iter().map(|(path, _)| path.clone()).collect();
                let class = self.class().name.clone();
                Err(UnknownPart { class, name: name.to_owned(), many: !several.is_empty(), expected })
            }
        }
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

/// Every part with its path.
fn parts(class: &Class) -> Vec<(String, FieldId)> {
    let groups = class.groups.iter().map(|group| (group.name.clone(), group.id));
    let fields = class.fields().map(|(group, field)| (format!("{}.{}", group.name, field.name), field.id));
    let states = class.states.iter().map(|state| (format!("states.{}", state.name), state.id));
    let relations = class.relations.iter().map(|relation| (format!("relations.{}", relation.name), relation.id));
    let derived = class.derived.iter().map(|derived| (format!("derived.{}", derived.name), derived.id));
    groups.chain(fields).chain(states).chain(relations).chain(derived).collect()
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
