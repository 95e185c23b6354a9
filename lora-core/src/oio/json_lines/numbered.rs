//! What a content holds although its class declares it no more.
//!
//! It has no name then, as another part may have taken it, but it keeps its number: `#17`. That of a field says the
//! type of the values as well, `#17:text_list`. Names do not begin with `#`.

use std::borrow::Cow;

use crate::object::Content;
use crate::oio::Document;
use crate::schema::{Cardinality, Class, Field, FieldId, FieldType, Group, Relation, State, StateValue};

const TYPES: [(FieldType, &str); 5] = [
    (FieldType::Text, "text"),
    (FieldType::Boolean, "boolean"),
    (FieldType::Integer, "integer"),
    (FieldType::TextList, "text_list"),
    (FieldType::Keywords, "keywords"),
];

/// The class, with a part for everything in the content that it does not declare.
pub(super) fn holding<'a>(class: &'a Class, content: &Content) -> Cow<'a, Class> {
    let mut parts = Parts(Cow::Borrowed(class));
    for (group, rows) in content.all_attributes() {
        parts.group(group);
        for (field, value) in rows.iter().flat_map(|row| row.values()) {
            parts.field(group, field, value.field_type());
        }
    }
    for (state, rows) in content.all_states() {
        rows.iter().for_each(|row| parts.value(state, row.value));
    }
    content.all_relations().for_each(|(relation, _)| parts.relation(relation));
    parts.0
}

/// The class, with a part for everything that the document of a content has under a number.
pub(super) fn named<'a>(class: &'a Class, content: &Document) -> Cow<'a, Class> {
    let mut parts = Parts(Cow::Borrowed(class));
    for (wire, rows) in lists(content, "attributter") {
        let declared = class.groups.iter().find(|group| group.wire == wire).map(|group| group.id);
        let Some(group) = declared.or_else(|| number(wire)) else { continue };
        parts.group(group);
        for (field, value_type) in members(rows).filter_map(|(name, _)| typed_number(name)) {
            parts.field(group, field, value_type);
        }
    }
    for (wire, rows) in lists(content, "tilstande") {
        let declared = class.states.iter().find(|state| state.wire == wire).map(|state| state.id);
        let Some(state) = declared.or_else(|| number(wire)) else { continue };
        for value in members(rows).filter_map(|(_, value)| number(value.as_text()?)) {
            parts.value(state, value);
        }
    }
    lists(content, "relationer").filter_map(|(wire, _)| number(wire)).for_each(|relation| parts.relation(relation));
    parts.0
}

fn lists<'a>(content: &'a Document, section: &str) -> impl Iterator<Item = (&'a str, &'a Document)> {
    let members = content.member(section).and_then(Document::as_members).unwrap_or_default();
    members.iter().map(|(name, value)| (name.as_str(), value))
}

fn members(rows: &Document) -> impl Iterator<Item = (&str, &Document)> {
    let rows = rows.as_list().unwrap_or_default().iter().filter_map(Document::as_members);
    rows.flatten().map(|(name, value)| (name.as_str(), value))
}

fn wire(id: FieldId) -> String {
    format!("#{}", id.number())
}

fn number(name: &str) -> Option<FieldId> {
    let id = FieldId::from_number(name.strip_prefix('#')?.parse().ok()?);
    (wire(id) == name).then_some(id)
}

fn typed_number(name: &str) -> Option<(FieldId, FieldType)> {
    let (name, type_name) = name.split_once(':')?;
    let (value_type, _) = TYPES.iter().find(|(_, known)| *known == type_name)?;
    Some((number(name)?, *value_type))
}

/// A class that gets the parts that it lacks.
struct Parts<'a>(Cow<'a, Class>);

impl Parts<'_> {
    fn group(&mut self, id: FieldId) -> usize {
        self.0.groups.iter().position(|known| known.id == id).unwrap_or_else(|| {
            self.0.to_mut().groups.push(Group { id, name: wire(id), wire: wire(id), fields: Vec::new() });
            self.0.groups.len() - 1
        })
    }

    fn field(&mut self, group: FieldId, id: FieldId, field_type: FieldType) {
        let index = self.group(group);
        if self.0.groups[index].fields.iter().all(|known| known.id != id) {
            let type_name = TYPES.iter().find(|(known, _)| *known == field_type).map_or("", |(_, name)| name);
            self.0.to_mut().groups[index].fields.push(Field {
                id,
                name: wire(id),
                wire: format!("{}:{type_name}", wire(id)),
                field_type,
                mandatory: false,
                shown_when_empty: false,
                background: false,
            });
        }
    }

    fn value(&mut self, state: FieldId, id: FieldId) {
        let index = self.0.states.iter().position(|known| known.id == state).unwrap_or_else(|| {
            let name = wire(state);
            let value_wire = "#".to_owned();
            self.0.to_mut().states.push(State { id: state, wire: name.clone(), name, value_wire, values: Vec::new() });
            self.0.states.len() - 1
        });
        if self.0.states[index].value(id).is_none() {
            self.0.to_mut().states[index].values.push(StateValue { id, name: wire(id), wire: wire(id) });
        }
    }

    fn relation(&mut self, id: FieldId) {
        if self.0.relation(id).is_none() {
            let (cardinality, targets) = (Cardinality::ZeroToMany, Vec::new());
            self.0.to_mut().relations.push(Relation { id, name: wire(id), wire: wire(id), cardinality, targets });
        }
    }
}
