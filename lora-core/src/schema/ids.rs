//! Ids that are allocated once and kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// A class's number in one store. Zero is the store itself, see [`ClassId::STORE`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClassId(pub(crate) u16);

impl ClassId {
    /// The store's own declarations; no declared class gets this number.
    pub const STORE: Self = Self(0);

    /// The number as stored in keys and frames.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The id with a number read back from a key or a frame.
    pub const fn from_number(number: u16) -> Self {
        Self(number)
    }
}

/// The number of a group, field, state, state value, relation or derived term in one store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldId(pub(crate) u16);

impl FieldId {
    /// The number as stored in keys and frames.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The id with a number read back from a key or a frame.
    pub const fn from_number(number: u16) -> Self {
        Self(number)
    }
}

impl fmt::Debug for ClassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "class {}", self.0)
    }
}

impl fmt::Debug for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field {}", self.0)
    }
}

/// Which number each declared name has; grows, and never changes what it holds.
///
/// Names are paths of English names: `organisation_unit`, `organisation_unit.properties.user_key`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ids {
    classes: BTreeMap<String, u16>,
    fields: BTreeMap<String, u16>,
}

/// All 65,535 numbers are taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no number is left for `{path}`: a store holds at most 65,535 declared names")]
pub struct IdsExhausted {
    /// The name that got none.
    pub path: String,
}

impl Ids {
    /// The class's number: the one it has, or the next free one.
    pub(super) fn class(&mut self, path: &str) -> Result<ClassId, IdsExhausted> {
        number(&mut self.classes, path).map(ClassId)
    }

    /// The field's number: the one it has, or the next free one.
    pub(super) fn field(&mut self, path: &str) -> Result<FieldId, IdsExhausted> {
        number(&mut self.fields, path).map(FieldId)
    }

    /// Whether these can have come from `earlier`: no number is changed, none given twice, none left out.
    pub(crate) fn follow(&self, earlier: Option<&Self>) -> bool {
        let kept = |now: &BTreeMap<String, u16>, before: &BTreeMap<String, u16>| {
            let numbers: BTreeSet<u16> = now.values().copied().collect();
            let gapless = numbers.iter().copied().zip(1..).all(|(number, place)| number == place);
            gapless && numbers.len() == now.len() && before.iter().all(|(path, number)| now.get(path) == Some(number))
        };
        let none = Self::default();
        let earlier = earlier.unwrap_or(&none);
        kept(&self.classes, &earlier.classes) && kept(&self.fields, &earlier.fields)
    }
}

/// Numbers start at one and are never freed, so the count of the names is the last one given.
fn number(numbers: &mut BTreeMap<String, u16>, path: &str) -> Result<u16, IdsExhausted> {
    if let Some(number) = numbers.get(path) {
        return Ok(*number);
    }
    let next = u16::try_from(numbers.len() + 1).map_err(|_| IdsExhausted { path: path.to_owned() })?;
    numbers.insert(path.to_owned(), next);
    Ok(next)
}
