//! What a name stands for: the one place that turns English names into ids, and ids into names.
//!
//! A field is called by its name, `user_key`, or with its group in front, `properties.user_key`. Where a name stands for
//! several things it is refused, and each has a longer name: `extensions.primary` is a field, `relations.primary` the
//! relation, `states.activity` a state, `derived.full_name` a derived term, `attributes.properties` a group.

use crate::oio::InputError;
use crate::oio::input::{Place, quoted};
use crate::schema::{Class, Derived, Field, FieldId, FieldType, Group, Relation, Schema, State, StateValue, nearest};

/// A part of a class that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'c> {
    Group(&'c Group),
    Field(&'c Group, &'c Field),
    Derived(&'c Derived),
    State(&'c State),
    Relation(&'c Relation),
}

/// Which parts a name may stand for somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Fields and derived terms.
    Value,
    /// Fields, derived terms, states and relations.
    Stated,
    /// Everything.
    Any,
}

impl<'c> Part<'c> {
    pub(super) const fn id(self) -> FieldId {
        match self {
            Self::Group(group) => group.id,
            Self::Field(_, field) => field.id,
            Self::Derived(derived) => derived.id,
            Self::State(state) => state.id,
            Self::Relation(relation) => relation.id,
        }
    }

    /// The type of its values; `None` where it has none.
    pub(super) const fn field_type(self) -> Option<FieldType> {
        match self {
            Self::Field(_, field) => Some(field.field_type),
            Self::Derived(_) => Some(FieldType::Text),
            Self::Group(_) | Self::State(_) | Self::Relation(_) => None,
        }
    }

    fn name(self) -> &'c str {
        match self {
            Self::Group(group) => &group.name,
            Self::Field(_, field) => &field.name,
            Self::Derived(derived) => &derived.name,
            Self::State(state) => &state.name,
            Self::Relation(relation) => &relation.name,
        }
    }

    /// What stands before the dot of its longer name.
    pub(super) fn above(self) -> &'c str {
        match self {
            Self::Group(_) => "attributes",
            Self::Field(group, _) => &group.name,
            Self::Derived(_) => "derived",
            Self::State(_) => "states",
            Self::Relation(_) => "relations",
        }
    }

    /// Its name in LoRA, by which many know it.
    fn wire(self) -> &'c str {
        match self {
            Self::Group(group) => &group.wire,
            Self::Field(_, field) => &field.wire,
            Self::Derived(_) => "",
            Self::State(state) => &state.value_wire,
            Self::Relation(relation) => &relation.wire,
        }
    }
}

impl Kind {
    const fn takes(self, part: Part<'_>) -> bool {
        match part {
            Part::Field(..) | Part::Derived(_) => true,
            Part::State(_) | Part::Relation(_) => !matches!(self, Self::Value),
            Part::Group(_) => matches!(self, Self::Any),
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Value => "field",
            Self::Stated => "field, state or relation",
            Self::Any => "group, field, state or relation",
        }
    }
}

/// The parts of a class: groups each with its fields, derived terms, states, relations.
pub(super) fn parts(class: &Class, kind: Kind) -> impl Iterator<Item = Part<'_>> {
    let groups = class.groups.iter().flat_map(|group| {
        let fields = group.fields.iter().map(move |field| Part::Field(group, field));
        [Part::Group(group)].into_iter().chain(fields)
    });
    let all = groups.chain(class.derived.iter().map(Part::Derived));
    let all = all.chain(class.states.iter().map(Part::State)).chain(class.relations.iter().map(Part::Relation));
    all.filter(move |part| kind.takes(*part))
}

/// The shortest name by which a part is found among those of a kind.
fn shortest(class: &Class, kind: Kind, part: Part<'_>) -> String {
    let alike = parts(class, kind).filter(|other| other.name() == part.name()).count();
    if alike > 1 { format!("{}.{}", part.above(), part.name()) } else { part.name().to_owned() }
}

/// The name of the part with an id; `#12` for one that the class does not have.
pub(super) fn name_of(class: &Class, kind: Kind, id: FieldId) -> String {
    let part = parts(class, kind).find(|part| part.id() == id);
    part.map_or_else(|| format!("#{}", id.number()), |part| shortest(class, kind, part))
}

/// The names of everything of a kind.
pub(super) fn names(class: &Class, kind: Kind) -> Vec<String> {
    parts(class, kind).map(|part| shortest(class, kind, part)).collect()
}

/// What a name stands for; `None` for none.
///
/// # Errors
/// The longer names, where it stands for several things.
pub(super) fn find<'c>(class: &'c Class, kind: Kind, name: &str) -> Result<Option<Part<'c>>, Vec<String>> {
    if let Some((above, name)) = name.split_once('.')
        && let Some(part) = parts(class, kind).find(|part| part.above() == above && part.name() == name)
    {
        return Ok(Some(part));
    }
    let mut alike = parts(class, kind).filter(|part| part.name() == name);
    match (alike.next(), alike.next()) {
        (Some(_), Some(_)) => {
            let alike = parts(class, kind).filter(|part| part.name() == name);
            Err(alike.map(|part| shortest(class, kind, part)).collect())
        }
        (found, _) => Ok(found),
    }
}

/// What a name stands for.
///
/// # Errors
/// `unknown_name` with the nearest, `ambiguous_name` with the longer names.
pub(super) fn resolve<'c>(class: &'c Class, kind: Kind, name: &str, at: &Place<'_>) -> Result<Part<'c>, InputError> {
    match find(class, kind, name) {
        Ok(Some(part)) => Ok(part),
        Ok(None) => {
            let known = names(class, kind);
            Err(unknown(at, (kind.what(), &class.name), name, meant(class, kind, name).as_deref(), &known))
        }
        Err(names) => {
            let what = format!("`{name}` is the name of several parts of `{}`", class.name);
            Err(refused(at, "ambiguous_name", &what, name, one_of(names.iter().map(String::as_str))))
        }
    }
}

/// The name of the part that has this name in LoRA.
pub(super) fn meant(class: &Class, kind: Kind, wire: &str) -> Option<String> {
    let part = parts(class, kind).find(|part| part.wire() == wire)?;
    Some(shortest(class, kind, part))
}

/// The class with an English name.
///
/// # Errors
/// `unknown_name` with the nearest.
pub(super) fn class<'s>(schema: &'s Schema, name: &str, at: &Place<'_>) -> Result<&'s Class, InputError> {
    among(schema.classes(), |class| (&class.name, &class.wire), name, at, ("class", "this store"))
}

/// The state of a class with a name.
///
/// # Errors
/// `unknown_name` with the nearest.
pub(super) fn state<'c>(class: &'c Class, name: &str, at: &Place<'_>) -> Result<&'c State, InputError> {
    among(&class.states, |state| (&state.name, &state.value_wire), name, at, ("state", &class.name))
}

/// The value of a state with a name.
///
/// # Errors
/// `unknown_name` with the nearest.
pub(super) fn state_value<'c>(state: &'c State, name: &str, at: &Place<'_>) -> Result<&'c StateValue, InputError> {
    among(&state.values, |value| (&value.name, &value.wire), name, at, ("value", &state.name))
}

/// The relation of a class with a name.
///
/// # Errors
/// `unknown_name` with the nearest.
pub(super) fn relation<'c>(class: &'c Class, name: &str, at: &Place<'_>) -> Result<&'c Relation, InputError> {
    among(&class.relations, |relation| (&relation.name, &relation.wire), name, at, ("relation", &class.name))
}

/// The one of several things that has a name; who gives its name in LoRA is told ours.
fn among<'c, T>(
    all: &'c [T],
    names: impl Fn(&'c T) -> (&'c String, &'c String),
    given: &str,
    at: &Place<'_>,
    (what, of): (&str, &str),
) -> Result<&'c T, InputError> {
    all.iter().find(|one| names(one).0 == given).ok_or_else(|| {
        let meant = all.iter().map(&names).find(|(_, wire)| *wire == given).map(|(name, _)| name.as_str());
        let known: Vec<String> = all.iter().map(|one| names(one).0.clone()).collect();
        unknown(at, (what, of), given, meant, &known)
    })
}

/// One of a few words.
///
/// # Errors
/// `unknown_value` with the nearest.
pub(super) fn word<T: Copy>(words: &[(&'static str, T)], given: &str, at: &Place<'_>) -> Result<T, InputError> {
    let found = words.iter().find(|(word, _)| *word == given).map(|(_, meaning)| *meaning);
    found.ok_or_else(|| {
        let names = || words.iter().map(|(word, _)| *word);
        refused(at, "unknown_value", "is not a known value", given, offered(given, None, names()))
    })
}

/// The word for a meaning.
pub(super) fn word_for<T: Copy + PartialEq>(words: &[(&'static str, T)], meaning: T) -> &'static str {
    words.iter().find(|(_, other)| *other == meaning).map_or("", |(word, _)| word)
}

fn unknown(at: &Place<'_>, (what, of): (&str, &str), given: &str, meant: Option<&str>, known: &[String]) -> InputError {
    let known = known.iter().map(String::as_str);
    let what = format!("names no {what} of {of}");
    refused(at, "unknown_name", &what, given, offered(given, meant, known))
}

/// A member that may not stand where it stands, with the nearest of those that may.
pub(super) fn unknown_member(at: &Place<'_>, name: &str, known: &[&str]) -> InputError {
    let accepted = offered(name, None, known.iter().copied());
    refused(&at.member(name), "unknown_member", "is not a member that may stand here", name, accepted)
}

fn refused(at: &Place<'_>, code: &'static str, what: &str, given: &str, accepted: String) -> InputError {
    at.error(code, what, Some(given), accepted)
}

/// The nearest name in front of all.
pub(super) fn offered<'n>(given: &str, meant: Option<&'n str>, names: impl Iterator<Item = &'n str> + Clone) -> String {
    match meant.or_else(|| nearest(given, names.clone())) {
        Some(near) => format!("perhaps `{near}`; {}", one_of(names)),
        None => one_of(names),
    }
}

fn one_of<'n>(names: impl Iterator<Item = &'n str> + Clone) -> String {
    match names.clone().count() {
        0 => "nothing, because there is none".to_owned(),
        1 => quoted(names),
        _ => format!("one of {}", quoted(names)),
    }
}
