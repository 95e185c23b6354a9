//! OIO JSON in: objects and updates, checked member by member.

use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

use super::document::shortened_text;
use super::output::ACTOR_KINDS;
use super::{Document, virkning_bound};
use crate::object::{
    AttributePatch, AttributeRow, Change, Content, ContentError, Effect, Patch, RelationRow, Section, StateRow, Target,
    validate,
};
use crate::schema::{Class, Field, FieldId, FieldType, Group, Keyword, Relation, State, Value};
use crate::time::{Period, Timestamp, ValidTime};

/// LoRA's schema allows a class no more.
const KEYWORDS_MAX: usize = 2;

/// An object as a create or import states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// The content.
    pub content: Content,
    /// Why, in free text; empty for none.
    pub note: String,
}

/// What an update asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The changes.
    pub patch: Patch,
    /// Why, in free text; empty for none.
    pub note: String,
    /// Whether the object is to be passivated (`livscyklus: "Passiv"`), which leaves the changes out of account.
    pub passivates: bool,
}

/// A value in a document is not what may stand there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InputError {
    /// What is wrong, as a stable word.
    pub code: &'static str,
    /// Where, as a JSON pointer (RFC 6901).
    pub path: String,
    /// What is wrong, with the offending value.
    pub message: String,
    /// The offending value, shortened.
    pub found: Option<String>,
    /// What would be accepted.
    pub accepted: String,
}

/// Reads the body of a create or import.
///
/// Rows that overlap are not looked for here but where every content is checked, in [`validate`](crate::object::validate).
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands.
pub fn read_new_object(class: &Class, body: &Document) -> Result<NewObject, InputError> {
    let at = Place::Root;
    let members = top_members(body, &at)?;
    life_cycle(members, &at)?;
    let content = content_in(class, members, &at, Blanks::Dropped)?;
    let attributes = required(members, &at, "attributter")?;
    for group in class.groups.iter().filter(|group| group.fields.iter().any(|field| field.mandatory)) {
        let at = at.member("attributter");
        has_rows(attributes, &at, &group.wire, content.attributes(group.id).is_empty())?;
    }
    let states = required(members, &at, "tilstande")?;
    for state in &class.states {
        has_rows(states, &at.member("tilstande"), &state.wire, content.states(state.id).is_empty())?;
    }
    Ok(NewObject { content, note: note(members, &at)? })
}

/// Reads a content of any object, also an emptied or deleted one, with everything that was written, and checks it.
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands, or for what may not stand together.
pub(crate) fn read_whole_content(class: &Class, document: &Document, at: &Place<'_>) -> Result<Content, InputError> {
    let members = members(document, at)?;
    known(members, at, &["attributter", "tilstande", "relationer"])?;
    let content = content_in(class, members, at, Blanks::Kept)?;
    validate(class, &content).map_err(|error| unsound(class, at, &error))?;
    Ok(content)
}

fn unsound(class: &Class, at: &Place<'_>, error: &ContentError) -> InputError {
    let path = match error {
        ContentError::Overlap { section, .. } | ContentError::Missing { section, .. } => {
            format!("{at}{}", section_pointer(class, *section))
        }
        ContentError::Undeclared { .. } | ContentError::Nul | ContentError::Cuts => at.to_string(),
    };
    let accepted = "a content that its class allows".to_owned();
    let message = format!("{path} is not sound: {error}");
    InputError { code: "unsound_content", path, message, found: None, accepted }
}

/// Where in an OIO JSON object the rows of a section stand, as a JSON pointer; empty for one that the class lacks.
pub fn section_pointer(class: &Class, section: Section) -> String {
    match section {
        Section::Attributes(id) => class.group(id).map(|group| format!("/attributter/{}", group.wire)),
        Section::State(id) => class.state(id).map(|state| format!("/tilstande/{}", state.wire)),
        Section::Relation(id) => class.relation(id).map(|relation| format!("/relationer/{}", relation.wire)),
    }
    .unwrap_or_default()
}

/// Whether empty search words and kinds of target are kept, and any number of search words is, or as LoRA does it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blanks {
    Dropped,
    Kept,
}

/// Reads the body of an update.
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands.
pub fn read_update(class: &Class, body: &Document) -> Result<Update, InputError> {
    let at = Place::Root;
    let members = top_members(body, &at)?;
    let passivates = life_cycle(members, &at)?.is_some_and(|life| life.to_lowercase() == "passiv");
    let mut patch = Patch::default();
    if let Some(attributes) = find(members, "attributter") {
        let at = at.member("attributter");
        for (group, list) in parts(attributes, &at, &class.groups, |group| &group.wire)? {
            let rows = each(list, &at.member(&group.wire), |row, at| attribute_patch(group, row, at))?;
            patch.attributes.insert(group.id, set_or_clear(rows));
        }
    }
    let states = states(class, members, &at)?;
    patch.states = states.into_iter().map(|(state, rows)| (state, set_or_clear(rows))).collect();
    let relations = relations(class, members, &at, Blanks::Dropped)?;
    patch.relations = relations.into_iter().map(|(relation, rows)| (relation, set_or_clear(rows))).collect();
    Ok(Update { patch, note: note(members, &at)?, passivates })
}

/// Reads the note of a body of which nothing else counts, as in a delete; `null` is none.
///
/// # Errors
/// [`InputError`] when the body is not an object, or the note not a text.
pub fn read_note(body: &Document) -> Result<String, InputError> {
    let at = Place::Root;
    let given = members(body, &at)?;
    if find(given, "note").is_some_and(Document::is_null) {
        return Ok(String::new());
    }
    note(given, &at)
}

pub(crate) type Members = [(String, Document)];

fn top_members<'a>(body: &'a Document, at: &Place<'_>) -> Result<&'a Members, InputError> {
    let members = members(body, at)?;
    known(members, at, &["attributter", "tilstande", "relationer", "note", "livscyklus"])?;
    Ok(members)
}

/// What the body calls the life cycle; only an update looks at it.
fn life_cycle<'a>(members: &'a Members, at: &Place<'_>) -> Result<Option<&'a str>, InputError> {
    find(members, "livscyklus").map(|life| text(life, &at.member("livscyklus"))).transpose()
}

fn note(members: &Members, at: &Place<'_>) -> Result<String, InputError> {
    let note = find(members, "note").map(|note| text(note, &at.member("note")));
    Ok(note.transpose()?.unwrap_or_default().to_owned())
}

fn content_in(class: &Class, given: &Members, at: &Place<'_>, blanks: Blanks) -> Result<Content, InputError> {
    let mut content = Content::EMPTY;
    if let Some(attributes) = find(given, "attributter") {
        let at = at.member("attributter");
        for (group, list) in parts(attributes, &at, &class.groups, |group| &group.wire)? {
            let rows = each(list, &at.member(&group.wire), |row, at| attribute_row(group, row, at, blanks))?;
            content.set_attributes(group.id, rows);
        }
    }
    for (state, rows) in states(class, given, at)? {
        content.set_states(state, rows);
    }
    for (relation, rows) in relations(class, given, at, blanks)? {
        content.set_relations(relation, rows);
    }
    Ok(content)
}

/// A part that every new object has rows of.
fn has_rows(section: &Document, at: &Place<'_>, wire: &str, is_empty: bool) -> Result<(), InputError> {
    match section.member(wire) {
        None => Err(missing(at, wire)),
        Some(_) if is_empty => {
            let accepted = "a list with at least one row".to_owned();
            Err(at.member(wire).error("missing_rows", "is empty", None, accepted))
        }
        Some(_) => Ok(()),
    }
}

fn states(class: &Class, given: &Members, at: &Place<'_>) -> Result<BTreeMap<FieldId, Vec<StateRow>>, InputError> {
    let Some(section) = find(given, "tilstande") else { return Ok(BTreeMap::new()) };
    let at = at.member("tilstande");
    let parts = parts(section, &at, &class.states, |state| &state.wire)?;
    let rows = |(state, list): (&State, &Document)| {
        Ok((state.id, each(list, &at.member(&state.wire), |row, at| state_row(state, row, at))?))
    };
    parts.into_iter().map(rows).collect()
}

fn relations(
    class: &Class,
    given: &Members,
    at: &Place<'_>,
    blanks: Blanks,
) -> Result<BTreeMap<FieldId, Vec<RelationRow>>, InputError> {
    let Some(section) = find(given, "relationer") else { return Ok(BTreeMap::new()) };
    let at = at.member("relationer");
    let parts = parts(section, &at, &class.relations, |relation| &relation.wire)?;
    let rows = |(relation, list): (&Relation, &Document)| {
        Ok((relation.id, each(list, &at.member(&relation.wire), |row, at| relation_row(row, at, blanks))?))
    };
    parts.into_iter().map(rows).collect()
}

/// An empty list takes everything away.
fn set_or_clear<R>(rows: Vec<R>) -> Change<Vec<R>> {
    if rows.is_empty() { Change::Clear } else { Change::Set(rows) }
}

fn attribute_row(group: &Group, row: &Document, at: &Place<'_>, blanks: Blanks) -> Result<AttributeRow, InputError> {
    let members = row_members(group, row, at)?;
    let mut values = Vec::new();
    for field in &group.fields {
        match find(members, &field.wire) {
            Some(document) => values.push((field.id, value(field, document, &at.member(&field.wire), blanks)?)),
            None if field.mandatory => return Err(missing(at, &field.wire)),
            None => {}
        }
    }
    Ok(AttributeRow::new(values, effect(members, at)?))
}

fn attribute_patch(group: &Group, row: &Document, at: &Place<'_>) -> Result<AttributePatch, InputError> {
    let members = row_members(group, row, at)?;
    let mut values = BTreeMap::new();
    for field in &group.fields {
        let Some(document) = find(members, &field.wire) else { continue };
        let clears = field.field_type != FieldType::Text && !field.mandatory && document.as_text() == Some("");
        let change = match clears {
            true => Change::Clear,
            false => Change::Set(value(field, document, &at.member(&field.wire), Blanks::Dropped)?),
        };
        values.insert(field.id, change);
    }
    Ok(AttributePatch { values, effect: effect(members, at)? })
}

fn row_members<'a>(group: &Group, row: &'a Document, at: &Place<'_>) -> Result<&'a Members, InputError> {
    let members = members(row, at)?;
    let wires: Vec<&str> = group.fields.iter().map(|field| field.wire.as_str()).chain(["virkning"]).collect();
    known(members, at, &wires)?;
    Ok(members)
}

fn state_row(state: &State, row: &Document, at: &Place<'_>) -> Result<StateRow, InputError> {
    let members = members(row, at)?;
    known(members, at, &[&state.value_wire, "virkning"])?;
    let wire = text(required(members, at, &state.value_wire)?, &at.member(&state.value_wire))?;
    let values = || state.values.iter().map(|value| value.wire.as_str());
    match state.values.iter().find(|value| value.wire == wire) {
        Some(value) => Ok(StateRow { value: value.id, effect: effect(members, at)? }),
        None => Err(at.member(&state.value_wire).not_one_of(wire, values())),
    }
}

fn relation_row(row: &Document, at: &Place<'_>, blanks: Blanks) -> Result<RelationRow, InputError> {
    let members = members(row, at)?;
    known(members, at, &["uuid", "urn", "objekttype", "virkning"])?;
    let given = |name: &str| find(members, name).map(|this| text(this, &at.member(name))).transpose();
    let target = match (given("uuid")?, given("urn")?) {
        (Some(""), Some("")) => Target::Nothing,
        (Some(text), None) => Target::Uuid(uuid(text, &at.member("uuid"))?),
        (None, Some(text)) => Target::Urn(urn(text, &at.member("urn"))?),
        _ => {
            let accepted = "either `uuid` or `urn`, or both of them empty for a row without a target".to_owned();
            return Err(at.error("bad_target", "names no single target", Some(&row.shortened()), accepted));
        }
    };
    let object_type = given("objekttype")?.filter(|kind| blanks == Blanks::Kept || !kind.is_empty()).map(str::to_owned);
    Ok(RelationRow { target, object_type, effect: effect(members, at)? })
}

fn urn(text: &str, at: &Place<'_>) -> Result<String, InputError> {
    match text.strip_prefix("urn:") {
        Some(name) if !name.is_empty() => Ok(text.to_owned()),
        _ => Err(at.error("bad_urn", "is no URN", Some(text), "`urn:` followed by a name".to_owned())),
    }
}

/// A UUID with its dashes, as LoRA wants it in bodies.
pub(crate) fn uuid(text: &str, at: &Place<'_>) -> Result<Uuid, InputError> {
    let parsed = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    let accepted = || "a UUID such as 5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c".to_owned();
    parsed.ok_or_else(|| at.error("bad_uuid", "is no UUID", Some(text), accepted()))
}

fn effect(members: &Members, at: &Place<'_>) -> Result<Effect, InputError> {
    let document = required(members, at, "virkning")?;
    let at = at.member("virkning");
    let given = self::members(document, &at)?;
    known(given, &at, &["from", "to", "from_included", "to_included", "aktoerref", "aktoertypekode", "notetekst"])?;
    included(given, &at)?;
    let (from, to) = (bound(given, &at, "from")?, bound(given, &at, "to")?);
    let valid = Period::new(from, to).map_err(|empty| {
        let (code, what) = if empty.from == empty.to {
            ("empty_period", "is empty: it ends where it begins")
        } else {
            ("inverted_period", "ends before it begins")
        };
        at.error(code, what, Some(&document.shortened()), "a `to` that is later than `from`".to_owned())
    })?;
    let optional = |name: &str| find(given, name).map(|this| text(this, &at.member(name))).transpose();
    let actor = optional("aktoerref")?.map(|text| uuid(text, &at.member("aktoerref"))).transpose()?;
    let actor_kind = match optional("aktoertypekode")? {
        None | Some("") => None,
        Some(code) => {
            let kind = ACTOR_KINDS.iter().find(|(_, wire)| *wire == code).map(|(kind, _)| *kind);
            let wires = ACTOR_KINDS.iter().map(|(_, wire)| *wire);
            Some(kind.ok_or_else(|| at.member("aktoertypekode").not_one_of(code, wires))?)
        }
    };
    Ok(Effect { valid, actor, actor_kind, note: optional("notetekst")?.unwrap_or_default().to_owned() })
}

/// Periods are half-open; the flags that would say otherwise are refused (Q5).
fn included(virkning: &Members, at: &Place<'_>) -> Result<(), InputError> {
    for (name, supported) in [("from_included", true), ("to_included", false)] {
        let Some(flag) = find(virkning, name) else { continue };
        let at = at.member(name);
        match flag.as_bool() {
            Some(flag) if flag == supported => {}
            Some(_) => {
                let accepted =
                    format!("{supported}, with a `from` that is in and a `to` that is the first instant after");
                return Err(at.error("unsupported_bound", "is not supported", Some(&flag.shortened()), accepted));
            }
            None => return Err(at.wrong_type(flag, "boolean")),
        }
    }
    Ok(())
}

fn bound(virkning: &Members, at: &Place<'_>, name: &str) -> Result<Timestamp<ValidTime>, InputError> {
    let document = required(virkning, at, name)?;
    let at = at.member(name);
    let given = text(document, &at)?;
    virkning_bound(given).map_err(|error| {
        let accepted = "a date or time such as 2017-01-01 or 2017-01-01T12:30:00+01:00, `-infinity` or `infinity`";
        InputError {
            message: at.said(&error.to_string()),
            ..at.error("bad_time", "", Some(given), accepted.to_owned())
        }
    })
}

fn value(field: &Field, document: &Document, at: &Place<'_>, blanks: Blanks) -> Result<Value, InputError> {
    match field.field_type {
        FieldType::Text => text(document, at).map(|text| Value::Text(text.to_owned())),
        FieldType::Boolean => document.as_bool().map(Value::Boolean).ok_or_else(|| at.wrong_type(document, "boolean")),
        FieldType::Integer => integer(document, at).map(Value::Integer),
        FieldType::TextList => each(document, at, |item, at| text(item, at).map(str::to_owned)).map(Value::TextList),
        FieldType::Keywords => keywords(document, at, blanks).map(Value::Keywords),
    }
}

/// A number without a fraction, in whatever way it is written: `1.0` and `1e0` are as good as `1`.
pub(crate) fn integer(document: &Document, at: &Place<'_>) -> Result<i32, InputError> {
    let Document::Number(number) = document else { return Err(at.wrong_type(document, "integer")) };
    let written_out = |number: f64| (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok()).flatten();
    let whole = match number.as_i64() {
        Some(number) => i32::try_from(number).ok(),
        None => number.as_f64().and_then(written_out),
    };
    let accepted = || "a whole number from -2147483648 to 2147483647".to_owned();
    whole.ok_or_else(|| at.error("out_of_range", "is no integer of 32 bits", Some(&document.shortened()), accepted()))
}

/// A number without a fraction or sign.
pub(crate) fn whole_number(document: &Document, at: &Place<'_>) -> Result<u64, InputError> {
    let number = document.as_integer().and_then(|number| u64::try_from(number).ok());
    let accepted = || "a whole number from 0 on".to_owned();
    number.ok_or_else(|| at.error("out_of_range", "is no whole number", Some(&document.shortened()), accepted()))
}

/// Lists of three texts as LoRA takes them, or objects as it gives them back; entries without any text say nothing.
fn keywords(document: &Document, at: &Place<'_>, blanks: Blanks) -> Result<Vec<Keyword>, InputError> {
    let mut keywords = each(document, at, keyword)?;
    if blanks == Blanks::Kept {
        return Ok(keywords);
    }
    if keywords.len() > KEYWORDS_MAX {
        let accepted = format!("at most {KEYWORDS_MAX} entries");
        return Err(at.error("too_long", "has too many entries", Some(&document.shortened()), accepted));
    }
    keywords.retain(|keyword| keyword.texts().iter().any(|text| !text.is_empty()));
    keywords.sort();
    Ok(keywords)
}

fn keyword(document: &Document, at: &Place<'_>) -> Result<Keyword, InputError> {
    const NAMES: [&str; 3] = ["soegeordidentifikator", "beskrivelse", "soegeordskategori"];
    if let Some(members) = document.as_members() {
        known(members, at, &NAMES)?;
        let part = |name| match find(members, name) {
            Some(document) => text(document, &at.member(name)).map(str::to_owned),
            None => Ok(String::new()),
        };
        return Ok(Keyword { identifier: part(NAMES[0])?, description: part(NAMES[1])?, category: part(NAMES[2])? });
    }
    let texts = each(document, at, |item, at| text(item, at).map(str::to_owned))?;
    let [identifier, description, category] = <[String; 3]>::try_from(texts).map_err(|_| {
        let accepted = "three texts: identifier, description, category".to_owned();
        at.error("wrong_length", "is no search word", Some(&document.shortened()), accepted)
    })?;
    Ok(Keyword { identifier, description, category })
}

// Reading members, items and texts.

pub(crate) fn members<'a>(document: &'a Document, at: &Place<'_>) -> Result<&'a Members, InputError> {
    document.as_members().ok_or_else(|| at.wrong_type(document, "object"))
}

pub(crate) fn text<'a>(document: &'a Document, at: &Place<'_>) -> Result<&'a str, InputError> {
    document.as_text().ok_or_else(|| at.wrong_type(document, "string"))
}

pub(crate) fn each<T>(
    document: &Document,
    at: &Place<'_>,
    read: impl Fn(&Document, &Place<'_>) -> Result<T, InputError>,
) -> Result<Vec<T>, InputError> {
    let items = document.as_list().ok_or_else(|| at.wrong_type(document, "array"))?;
    items.iter().enumerate().map(|(index, item)| read(item, &at.item(index))).collect()
}

pub(crate) fn find<'a>(members: &'a Members, name: &str) -> Option<&'a Document> {
    members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
}

pub(crate) fn required<'a>(members: &'a Members, at: &Place<'_>, name: &str) -> Result<&'a Document, InputError> {
    find(members, name).ok_or_else(|| missing(at, name))
}

pub(crate) fn missing(at: &Place<'_>, name: &str) -> InputError {
    at.error("missing_member", &format!("lacks the member `{name}`"), None, format!("an object with `{name}`"))
}

pub(crate) fn known(members: &Members, at: &Place<'_>, names: &[&str]) -> Result<(), InputError> {
    match members.iter().find(|(name, _)| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => {
            let accepted = format!("one of the members {}", quoted(names.iter().copied()));
            Err(at.member(name).error("unknown_member", "is not a member that may stand here", Some(name), accepted))
        }
    }
}

/// The members of a section, each with the part of the class that it is about.
fn parts<'d, 'a, D>(
    section: &'a Document,
    at: &Place<'_>,
    declared: &'d [D],
    wire: impl Fn(&D) -> &str,
) -> Result<Vec<(&'d D, &'a Document)>, InputError> {
    let members = members(section, at)?;
    known(members, at, &declared.iter().map(&wire).collect::<Vec<_>>())?;
    let part = |declared: &'d D| Some((declared, find(members, wire(declared))?));
    Ok(declared.iter().filter_map(part).collect())
}

pub(crate) fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A place in the document; turned into a JSON pointer only where something is wrong.
pub(crate) enum Place<'a> {
    Root,
    /// The query string, whose members are its arguments.
    Query,
    /// The path of a URL.
    Path,
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    pub(crate) fn member(&'a self, name: &'a str) -> Self {
        Self::Member(self, name)
    }

    pub(crate) fn item(&'a self, index: usize) -> Self {
        Self::Item(self, index)
    }

    pub(crate) fn error(&self, code: &'static str, what: &str, found: Option<&str>, accepted: String) -> InputError {
        let found = found.map(shortened_text);
        let what = match &found {
            Some(found) => format!("{what}: {found}"),
            None => what.to_owned(),
        };
        InputError {
            code,
            path: self.to_string(),
            message: self.said(&format!("{what}; expected {accepted}")),
            found,
            accepted,
        }
    }

    pub(crate) fn said(&self, what: &str) -> String {
        match self {
            Self::Root => format!("the body {what}"),
            Self::Query => format!("the query {what}"),
            Self::Path => format!("the path {what}"),
            place => format!("{place} {what}"),
        }
    }

    pub(crate) fn wrong_type(&self, document: &Document, expected: &str) -> InputError {
        let what = format!("is of type {}", document.type_name());
        self.error("wrong_type", &what, Some(&document.shortened()), format!("type {expected}"))
    }

    pub(crate) fn not_one_of<'n>(&self, found: &str, names: impl Iterator<Item = &'n str>) -> InputError {
        self.error("unknown_value", "is not a known value", Some(found), format!("one of {}", quoted(names)))
    }
}

impl fmt::Display for Place<'_> {
    /// The JSON pointer (RFC 6901), or `?name` of an argument.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Query => f.write_str("?"),
            Self::Path => f.write_str("path"),
            Self::Member(Self::Query, name) => write!(f, "?{}", shortened_text(name)),
            Self::Member(above, name) => write!(f, "{above}/{}", name.replace('~', "~0").replace('/', "~1")),
            Self::Item(above, index) => write!(f, "{above}/{index}"),
        }
    }
}
