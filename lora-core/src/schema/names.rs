//! Names that people write, looked up in the classes: what they mean, or what there is instead.

use super::nearest::nearest;
use super::{Class, Derived, Field, FieldId, FieldType, Group, Relation, Schema, State, StateValue};

/// A name that the classes do not have, or something that does not fit what they declare for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is no such thing.
    #[error("{}", unknown(*part, of, name, nearest.as_deref(), known))]
    Unknown {
        /// What was looked for.
        part: Part,
        /// Where: a class, or `class.state` for a value; empty for a class itself.
        of: String,
        /// The name that means nothing.
        name: String,
        /// The name that was probably meant.
        nearest: Option<String>,
        /// All names that would have been found.
        known: Vec<String>,
    },
    /// Several things have the name.
    #[error("`{name}` of `{of}` may be {}: say which", listed(choices, " or "))]
    Ambiguous {
        /// The class.
        of: String,
        /// The name.
        name: String,
        /// The longer names that would be found.
        choices: Vec<String>,
    },
    /// A field does not hold values of this type.
    #[error("`{field}` of `{of}` holds {}, not {}", words(*holds), words(*given))]
    Type {
        /// The class.
        of: String,
        /// The field.
        field: String,
        /// What it holds.
        holds: FieldType,
        /// What it was taken to hold.
        given: FieldType,
    },
    /// What is asked of a field makes no sense for values of its type.
    #[error("`{field}` of `{of}` holds {}, but {test} asks for {needs}", words(*holds))]
    Test {
        /// The class.
        of: String,
        /// The field.
        field: String,
        /// What it holds.
        holds: FieldType,
        /// What was asked.
        test: &'static str,
        /// What can be asked that.
        needs: &'static str,
    },
    /// A relation to at most one was given more.
    #[error("`{relation}` of `{of}` points at one object at a time, and {count} were given")]
    OneTarget {
        /// The class.
        of: String,
        /// The relation.
        relation: String,
        /// How many.
        count: usize,
    },
    /// Nobody said of which class the targets of a relation are, and it may be several.
    #[error("`{relation}` of `{of}` may point at {}: say at which with `in_class`", any_of(choices))]
    TargetClass {
        /// The class.
        of: String,
        /// The relation.
        relation: String,
        /// The classes that it may point at; none means any.
        choices: Vec<String>,
    },
    /// A relation leads to another class, so that it cannot be followed on from there.
    #[error("`{relation}` leads from `{from}` to `{to}`: only within one class can it be followed again and again")]
    Repeated {
        /// The relation.
        relation: String,
        /// The class that points.
        from: String,
        /// The class that is pointed at.
        to: String,
    },
}

/// A kind of thing that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of a declaration")]
pub enum Part {
    Class,
    Field,
    State,
    StateValue,
    Relation,
    /// A group, field, state or relation.
    Any,
}

/// What the name of a field means where values are searched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    pub(crate) id: FieldId,
    pub(crate) holds: FieldType,
}

impl Schema {
    /// The class with an English name.
    pub(crate) fn class_called(&self, name: &str) -> Result<&Class, NameError> {
        let known = || self.classes().iter().map(|class| class.name.clone()).collect();
        self.class_named(name).ok_or_else(|| NameError::unknown(Part::Class, "", name, known()))
    }
}

impl Class {
    /// The field with an English name, alone or as `group.field`.
    pub(crate) fn field_called(&self, name: &str) -> Result<(&Group, &Field), NameError> {
        self.only_field(name)
            .unwrap_or_else(|| Err(NameError::unknown(Part::Field, &self.name, name, self.fields_known())))
    }

    /// The field or derived term with an English name; what has a name of its own is found before a derived term.
    pub(crate) fn term_called(&self, name: &str) -> Result<Term, NameError> {
        let term = |(_, field): (&Group, &Field)| Term { id: field.id, holds: field.field_type };
        if let Some(found) = self.only_field(name) {
            return found.map(term);
        }
        let of_derived = |derived: &Derived| Term { id: derived.id, holds: FieldType::Text };
        self.derived.iter().find(|derived| derived.name == name).map(of_derived).ok_or_else(|| {
            let derived = self.derived.iter().map(|derived| derived.name.clone());
            NameError::unknown(Part::Field, &self.name, name, self.fields_known().into_iter().chain(derived).collect())
        })
    }

    /// The state with an English name.
    pub(crate) fn state_called(&self, name: &str) -> Result<&State, NameError> {
        let known = || self.states.iter().map(|state| state.name.clone()).collect();
        let found = self.states.iter().find(|state| state.name == name);
        found.ok_or_else(|| NameError::unknown(Part::State, &self.name, name, known()))
    }

    /// The value of a state with an English name.
    pub(crate) fn value_called<'a>(&self, state: &'a State, name: &str) -> Result<&'a StateValue, NameError> {
        let known = || state.values.iter().map(|value| value.name.clone()).collect();
        let of = || format!("{}.{}", self.name, state.name);
        let found = state.values.iter().find(|value| value.name == name);
        found.ok_or_else(|| NameError::unknown(Part::StateValue, &of(), name, known()))
    }

    /// The relation with an English name.
    pub(crate) fn relation_called(&self, name: &str) -> Result<&Relation, NameError> {
        let known = || self.relations.iter().map(|relation| relation.name.clone()).collect();
        let found = self.relations.iter().find(|relation| relation.name == name);
        found.ok_or_else(|| NameError::unknown(Part::Relation, &self.name, name, known()))
    }

    /// The group, field, state or relation with an English name.
    pub(crate) fn part_called(&self, name: &str) -> Result<FieldId, NameError> {
        let groups = self.groups.iter().map(|group| (group.id, &group.name));
        let states = self.states.iter().map(|state| (state.id, &state.name));
        let relations = self.relations.iter().map(|relation| (relation.id, &relation.name));
        let direct: Vec<_> = groups.chain(states).chain(relations).collect();
        let found = direct.iter().find(|(_, known)| *known == name).map(|(id, _)| *id);
        match (found, self.only_field(name)) {
            (Some(id), None) => Ok(id),
            (None, Some(field)) => field.map(|(_, field)| field.id),
            (Some(_), Some(_)) => {
                let mut choices = self.long_names(name);
                choices.push(format!("`{name}` itself"));
                Err(NameError::Ambiguous { of: self.name.clone(), name: name.to_owned(), choices })
            }
            (None, None) => {
                let known = direct.into_iter().map(|(_, name)| name.clone()).chain(self.fields_known());
                Err(NameError::unknown(Part::Any, &self.name, name, known.collect()))
            }
        }
    }

    /// The one field with a name; `None` where there is none.
    fn only_field(&self, name: &str) -> Option<Result<(&Group, &Field), NameError>> {
        let (group, field) = name.split_once('.').map_or((None, name), |(group, field)| (Some(group), field));
        let named = |(this, one): &(&Group, &Field)| one.name == field && group.is_none_or(|group| this.name == group);
        let mut found = self.fields().filter(named);
        let first = found.next()?;
        if found.next().is_none() {
            return Some(Ok(first));
        }
        let (of, name, choices) = (self.name.clone(), name.to_owned(), self.long_names(name));
        Some(Err(NameError::Ambiguous { of, name, choices }))
    }

    fn long_names(&self, field: &str) -> Vec<String> {
        let named = self.fields().filter(|(_, this)| this.name == field);
        named.map(|(group, field)| format!("{}.{}", group.name, field.name)).collect()
    }

    fn fields_known(&self) -> Vec<String> {
        let alone = |name: &str| self.fields().filter(|(_, field)| field.name == name).count() == 1;
        let known = self.fields().map(|(group, field)| match alone(&field.name) {
            true => field.name.clone(),
            false => format!("{}.{}", group.name, field.name),
        });
        known.collect()
    }
}

impl NameError {
    fn unknown(part: Part, of: &str, name: &str, known: Vec<String>) -> Self {
        let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        Self::Unknown { part, of: of.to_owned(), name: name.to_owned(), nearest, known }
    }
}

fn unknown(part: Part, of: &str, name: &str, nearest: Option<&str>, known: &[String]) -> String {
    let part = match part {
        Part::Class => "class",
        Part::Field => "field",
        Part::State => "state",
        Part::StateValue => "value",
        Part::Relation => "relation",
        Part::Any => "group, field, state or relation",
    };
    let (subject, has) =
        if of.is_empty() { ("there is".to_owned(), "there is") } else { (format!("`{of}` has"), "it has") };
    let meant = nearest.map_or_else(String::new, |nearest| format!(" (did you mean `{nearest}`?)"));
    let known = if known.is_empty() { "none at all".to_owned() } else { listed(known, " and ") };
    format!("{subject} no {part} `{name}`{meant}: {has} {known}")
}

/// `a`, `b` and `c`.
fn listed(names: &[String], last: &str) -> String {
    let quoted: Vec<String> =
        names.iter().map(|name| if name.contains('`') { name.clone() } else { format!("`{name}`") }).collect();
    match quoted.split_last() {
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{}{last}{end}", rest.join(", ")),
        None => String::new(),
    }
}

fn any_of(classes: &[String]) -> String {
    if classes.is_empty() { "objects of any class".to_owned() } else { listed(classes, " and ") }
}

const fn words(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::Text => "a text",
        FieldType::Boolean => "true or false",
        FieldType::Integer => "a whole number",
        FieldType::TextList => "a list of texts",
        FieldType::Keywords => "keywords",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ClassDeclaration, FieldDeclaration, Ids};

    fn class() -> Class {
        let declaration = ClassDeclaration::new("case")
            .group("properties", [FieldDeclaration::text("title"), FieldDeclaration::integer("weight")])
            .group(
                "contact",
                [FieldDeclaration::text("title").on_wire("contact_title"), FieldDeclaration::text("status")],
            )
            .derived("caption", "contact", ["title", "status"])
            .state("status", ["open", "closed"])
            .to_one("unit", []);
        Schema::new(&[declaration], Ids::default()).unwrap().classes()[0].clone()
    }

    #[test]
    fn an_unknown_name_is_answered_with_what_there_is() {
        let class = class();
        let said = |error: NameError| error.to_string();
        assert_eq!(
            said(class.field_called("wieght").unwrap_err()),
            "`case` has no field `wieght` (did you mean `weight`?): it has `properties.title`, `weight`, `contact.title` and \
             `status`"
        );
        assert_eq!(
            said(class.value_called(&class.states[0], "shut").unwrap_err()),
            "`case.status` has no value `shut`: it has `open` and `closed`"
        );
        assert_eq!(
            said(class.relation_called("units").unwrap_err()),
            "`case` has no relation `units` (did you mean `unit`?): it has `unit`"
        );
        let schema =
            Schema::new(&[ClassDeclaration::new("case").group("p", [FieldDeclaration::text("t")])], Ids::default());
        assert_eq!(
            said(schema.unwrap().class_called("cases").unwrap_err()),
            "there is no class `cases` (did you mean `case`?): there is `case`"
        );
    }

    #[test]
    fn a_name_in_two_groups_is_ambiguous_until_its_group_is_said() {
        let class = class();
        assert_eq!(
            class.field_called("title").unwrap_err().to_string(),
            "`title` of `case` may be `properties.title` or `contact.title`: say which"
        );
        assert_eq!(class.field_called("contact.title").unwrap().0.name, "contact");
        assert_eq!(
            class.part_called("status").unwrap_err().to_string(),
            "`status` of `case` may be `contact.status` or `status` itself: say which"
        );
        assert_eq!(class.part_called("unit"), Ok(class.relations[0].id));
        assert_eq!(class.part_called("weight"), Ok(class.groups[0].fields[1].id));
        assert!(class.term_called("caption").is_ok_and(|term| term.id == class.derived[0].id));
        assert!(class.field_called("caption").is_err(), "nobody writes a derived term");
    }
}
