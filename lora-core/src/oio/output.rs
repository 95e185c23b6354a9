//! OIO JSON out: objects with their registrations, written straight into bytes.
//!
//! As LoRA, what is empty is left out: texts, lists, objects, absent values. Unlike LoRA, `false` and `0` are shown (Q2).
//! JSON Lines hold everything, so what is empty stands in them as well.

use uuid::Uuid;

use super::{relation_order, write_registration_time, write_virkning_bound};
use crate::object::{ActorKind, AttributeRow, Content, Effect, LifeCycle, RelationRow, StateRow, Target};
use crate::schema::{Class, Field, Group, Keyword, State, Value};
use crate::service::{Answer, Answered};

/// The wire names of the life cycles (*livscykluskode*).
pub(crate) const LIFECYCLES: [(LifeCycle, &str); 5] = [
    (LifeCycle::Created, "Opstaaet"),
    (LifeCycle::Imported, "Importeret"),
    (LifeCycle::Corrected, "Rettet"),
    (LifeCycle::Passivated, "Passiveret"),
    (LifeCycle::Deleted, "Slettet"),
];

/// The wire names of the kinds of actor (*aktoertypekode*).
pub(crate) const ACTOR_KINDS: [(ActorKind, &str); 6] = [
    (ActorKind::Organisation, "Organisation"),
    (ActorKind::OrganisationUnit, "OrganisationEnhed"),
    (ActorKind::OrganisationFunction, "OrganisationFunktion"),
    (ActorKind::User, "Bruger"),
    (ActorKind::ItSystem, "ItSystem"),
    (ActorKind::InterestCommunity, "Interessefaellesskab"),
];

/// The wire name of a life cycle (*livscykluskode*), such as `Rettet`.
pub fn lifecycle_on_wire(lifecycle: LifeCycle) -> &'static str {
    LIFECYCLES.iter().find(|(known, _)| *known == lifecycle).map_or("", |(_, wire)| wire)
}

/// The life cycle with a wire name; exact case.
pub fn lifecycle_from_wire(code: &str) -> Option<LifeCycle> {
    LIFECYCLES.iter().find(|(_, wire)| *wire == code).map(|(known, _)| *known)
}

/// Appends an answer as OIO JSON, `{"id": …, "registreringer": [newest, …]}`.
pub fn write_object(out: &mut Vec<u8>, class: &Class, answer: &Answer) {
    object(out, |out| {
        name(out, "id");
        uuid(out, answer.object.uuid);
        name(out, "registreringer");
        list(out, &answer.registrations, |out, answered| registration(out, class, answered));
    });
}

/// Appends a content's three parts as members of an OIO JSON object: `"attributter": …, "tilstande": …, "relationer": …`.
///
/// The caller has opened the object, and may have written members before.
pub fn write_content(out: &mut Vec<u8>, class: &Class, content: &Content) {
    write_parts(out, class, content, Blanks::Hidden);
}

/// The same with every value that is empty.
pub(crate) fn write_whole_content(out: &mut Vec<u8>, class: &Class, content: &Content) {
    write_parts(out, class, content, Blanks::Shown);
}

/// Whether values are written that hold no text at all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blanks {
    Hidden,
    Shown,
}

fn write_parts(out: &mut Vec<u8>, class: &Class, content: &Content, blanks: Blanks) {
    let groups = class.groups.iter().map(|group| (group, content.attributes(group.id)));
    section(out, "attributter", groups, |group| &group.wire, |out, group, row| attribute_row(out, group, row, blanks));
    let states = class.states.iter().map(|state| (state, content.states(state.id)));
    section(out, "tilstande", states, |state| &state.wire, state_row);
    let relations = relation_order::relations(class, content);
    let relations = relations.iter().map(|(relation, rows)| (*relation, rows.as_slice()));
    section(out, "relationer", relations, |relation| &relation.wire, |out, _, row| relation_row(out, row, blanks));
}

fn registration(out: &mut Vec<u8>, class: &Class, answered: &Answered) {
    let registration = &answered.registration;
    object(out, |out| {
        name(out, "fratidspunkt");
        object(out, |out| {
            name(out, "tidsstempeldatotid");
            quoted(out, |out| write_registration_time(out, answered.registered.from()));
            name(out, "graenseindikator");
            out.extend_from_slice(b"true");
        });
        name(out, "tiltidspunkt");
        object(out, |out| {
            name(out, "tidsstempeldatotid");
            quoted(out, |out| write_registration_time(out, answered.registered.to()));
        });
        text_member(out, "livscykluskode", lifecycle_on_wire(registration.lifecycle));
        text_member(out, "note", &registration.note);
        name(out, "brugerref");
        uuid(out, registration.actor);
        write_content(out, class, &registration.content);
    });
}

/// One of the three parts of a content, unless none of its lists has rows.
fn section<'a, D: 'a, R: 'a>(
    out: &mut Vec<u8>,
    wire: &str,
    lists: impl Iterator<Item = (&'a D, &'a [R])>,
    list_wire: impl Fn(&D) -> &str,
    row: impl Fn(&mut Vec<u8>, &D, &R),
) {
    let mut lists = lists.filter(|(_, rows)| !rows.is_empty()).peekable();
    if lists.peek().is_none() {
        return;
    }
    name(out, wire);
    object(out, |out| {
        for (declared, rows) in lists {
            name(out, list_wire(declared));
            list(out, rows, |out, this| row(out, declared, this));
        }
    });
}

fn attribute_row(out: &mut Vec<u8>, group: &Group, row: &AttributeRow, blanks: Blanks) {
    object(out, |out| {
        for field in &group.fields {
            if let Some(value) = row.value(field.id) {
                value_member(out, field, value, blanks);
            }
        }
        effect(out, &row.effect);
    });
}

fn state_row(out: &mut Vec<u8>, state: &State, row: &StateRow) {
    object(out, |out| {
        effect(out, &row.effect);
        text_member(out, &state.value_wire, state.value(row.value).map_or("", |value| &value.wire));
    });
}

fn relation_row(out: &mut Vec<u8>, row: &RelationRow, blanks: Blanks) {
    object(out, |out| {
        effect(out, &row.effect);
        match &row.target {
            Target::Uuid(target) => {
                name(out, "uuid");
                uuid(out, *target);
            }
            Target::Urn(urn) => text_member(out, "urn", urn),
            Target::Nothing => separated(out, br#""uuid":"","urn":"""#),
        }
        if let Some(object_type) = row.object_type.as_deref().filter(|text| blanks.shows(text.is_empty())) {
            name(out, "objekttype");
            text(out, object_type);
        }
    });
}

fn effect(out: &mut Vec<u8>, effect: &Effect) {
    name(out, "virkning");
    object(out, |out| {
        if let Some(actor) = effect.actor {
            name(out, "aktoerref");
            uuid(out, actor);
        }
        let kind = ACTOR_KINDS.iter().find(|(kind, _)| Some(*kind) == effect.actor_kind);
        text_member(out, "aktoertypekode", kind.map_or("", |(_, wire)| wire));
        text_member(out, "notetekst", &effect.note);
        name(out, "from");
        quoted(out, |out| write_virkning_bound(out, effect.valid.from()));
        name(out, "to");
        quoted(out, |out| write_virkning_bound(out, effect.valid.to()));
        separated(out, br#""from_included":true,"to_included":false"#);
    });
}

impl Blanks {
    fn shows(self, is_blank: bool) -> bool {
        !is_blank || self == Self::Shown
    }
}

fn value_member(out: &mut Vec<u8>, field: &Field, value: &Value, blanks: Blanks) {
    match value {
        Value::Text(this) if field.shown_when_empty || blanks.shows(this.is_empty()) => {
            name(out, &field.wire);
            text(out, this);
        }
        Value::Text(_) => {}
        Value::Boolean(value) => {
            name(out, &field.wire);
            out.extend_from_slice(if *value { b"true" } else { b"false" });
        }
        Value::Integer(value) => {
            name(out, &field.wire);
            out.extend_from_slice(value.to_string().as_bytes());
        }
        Value::TextList(texts) => {
            let shown: Vec<&String> = texts.iter().filter(|text| blanks.shows(text.is_empty())).collect();
            if blanks.shows(shown.is_empty()) {
                name(out, &field.wire);
                list(out, &shown, |out, shown| text(out, shown));
            }
        }
        Value::Keywords(keywords) if blanks.shows(keywords.is_empty()) => {
            name(out, &field.wire);
            list(out, keywords, keyword);
        }
        Value::Keywords(_) => {}
    }
}

fn keyword(out: &mut Vec<u8>, keyword: &Keyword) {
    object(out, |out| {
        text_member(out, "soegeordidentifikator", &keyword.identifier);
        text_member(out, "beskrivelse", &keyword.description);
        text_member(out, "soegeordskategori", &keyword.category);
    });
}

// Members and items are separated by looking at what was written last, so that no writer needs to know its place.

pub(crate) fn separate(out: &mut Vec<u8>) {
    if !matches!(out.last(), None | Some(b'{' | b'[' | b':' | b',')) {
        out.push(b',');
    }
}

pub(crate) fn separated(out: &mut Vec<u8>, json: &[u8]) {
    separate(out);
    out.extend_from_slice(json);
}

pub(crate) fn object(out: &mut Vec<u8>, members: impl FnOnce(&mut Vec<u8>)) {
    separate(out);
    out.push(b'{');
    members(out);
    out.push(b'}');
}

pub(crate) fn list<T>(out: &mut Vec<u8>, items: &[T], item: impl Fn(&mut Vec<u8>, &T)) {
    separate(out);
    out.push(b'[');
    for this in items {
        item(out, this);
    }
    out.push(b']');
}

pub(crate) fn name(out: &mut Vec<u8>, name: &str) {
    text(out, name);
    out.push(b':');
}

/// A member, unless the text is empty.
pub(crate) fn text_member(out: &mut Vec<u8>, wire: &str, value: &str) {
    if !value.is_empty() {
        name(out, wire);
        text(out, value);
    }
}

pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    separate(out);
    serde_json::to_writer(out, text).expect("writing a text into memory cannot fail");
}

pub(crate) fn uuid(out: &mut Vec<u8>, uuid: Uuid) {
    let mut buffer = Uuid::encode_buffer();
    quoted(out, |out| out.extend_from_slice(uuid.hyphenated().encode_lower(&mut buffer).as_bytes()));
}

/// Text that needs no escapes.
pub(crate) fn quoted(out: &mut Vec<u8>, text: impl FnOnce(&mut Vec<u8>)) {
    separate(out);
    out.push(b'"');
    text(out);
    out.push(b'"');
}
