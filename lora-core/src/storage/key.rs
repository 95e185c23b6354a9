//! Keys of the index: order-preserving bytes, the same in every store.
//!
//! ```text
//! existence      01 · class
//! text           02 · field · folded text · 00
//! boolean        03 · field · 00 or 01
//! integer        04 · field · four bytes, big-endian, sign flipped
//! state          05 · state · value
//! relation       06 · 00 · UUID · relation · object type · 00
//!                06 · 01 · URN · 00 · relation · object type · 00
//! ```
//!
//! Ids are two bytes, big-endian. Texts, URNs and object types are cut at 255 bytes, because indexes take no key of any
//! length; what they find is checked against the registration. They hold no NUL, so that it can end them.
//! Relation keys lead with the target: "who points at X, from anywhere" is one range.

use std::fmt;

use uuid::Uuid;

use crate::object::Target;
use crate::query::fold;
use crate::schema::{ClassId, FieldId};

const EXISTENCE: u8 = 1;
const TEXT: u8 = 2;
const BOOLEAN: u8 = 3;
const INTEGER: u8 = 4;
const STATE: u8 = 5;
const RELATION: u8 = 6;

/// Longer texts are cut.
const TEXT_BYTES_MAX: usize = 255;

/// As long as the keys of relations to UUIDs, the most frequent ones; others grow once.
const USUAL_BYTES: usize = 21;

/// A key of the index.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

/// Keys from one on, up to another which is out.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key.
    pub from: Key,
    /// The first key that is out; `None` where every later key is in.
    pub to: Option<Key>,
}

impl Key {
    /// The key with these bytes, read back from a store.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Every object of a class, deleted or not.
    pub fn existence(class: ClassId) -> Self {
        Self::beginning(&[EXISTENCE]).with_number(class.number())
    }

    /// A text of a field.
    pub fn text(field: FieldId, text: &str) -> Self {
        Self::folded_text(field, &fold(text))
    }

    /// A text of a field, folded already.
    pub fn folded_text(field: FieldId, text: &str) -> Self {
        Self::text_prefix(field).with_text(text)
    }

    /// What the keys of all texts of a field begin with.
    pub fn text_prefix(field: FieldId) -> Self {
        Self::beginning(&[TEXT]).with_number(field.number())
    }

    /// A boolean of a field.
    pub fn boolean(field: FieldId, value: bool) -> Self {
        Self::beginning(&[BOOLEAN]).with_number(field.number()).with_bytes(&[u8::from(value)])
    }

    /// An integer of a field.
    pub fn integer(field: FieldId, value: i32) -> Self {
        let ordered = (value as u32) ^ (1 << 31);
        Self::integer_prefix(field).with_bytes(&ordered.to_be_bytes())
    }

    /// A value of a state.
    pub fn state(state: FieldId, value: FieldId) -> Self {
        Self::beginning(&[STATE]).with_number(state.number()).with_number(value.number())
    }

    /// A relation to a target with or without an object type; `None` for a row without target, which has no key.
    pub fn relation(target: &Target, relation: FieldId, object_type: Option<&str>) -> Option<Self> {
        let key = Self::relation_prefix(target, relation)?;
        Some(key.with_text(object_type.unwrap_or_default()))
    }

    /// What the keys of all relations of one kind to a target begin with, whatever the object type.
    pub fn relation_prefix(target: &Target, relation: FieldId) -> Option<Self> {
        Some(Self::target_prefix(target)?.with_number(relation.number()))
    }

    /// What the keys of all relations to a UUID begin with.
    pub fn uuid_prefix(uuid: Uuid) -> Self {
        Self::beginning(&[RELATION, 0]).with_bytes(uuid.as_bytes())
    }

    fn target_prefix(target: &Target) -> Option<Self> {
        match target {
            Target::Uuid(uuid) => Some(Self::uuid_prefix(*uuid)),
            Target::Urn(urn) => Some(Self::beginning(&[RELATION, 1]).with_text(urn)),
            Target::Nothing => None,
        }
    }

    /// What the keys of all numbers of a field begin with.
    pub fn integer_prefix(field: FieldId) -> Self {
        Self::beginning(&[INTEGER]).with_number(field.number())
    }

    /// The UUID that a relation key leads with.
    pub fn relation_target(&self) -> Option<Uuid> {
        let [RELATION, 0, rest @ ..] = self.0.as_slice() else { return None };
        Uuid::from_slice(rest.get(..16)?).ok()
    }

    /// The folded text of a text key, and whether it is the whole text.
    pub fn folded(&self) -> Option<(&str, bool)> {
        let [TEXT, _, _, text @ .., 0] = self.0.as_slice() else { return None };
        let text = std::str::from_utf8(text).ok()?;
        Some((text, is_whole(text)))
    }

    /// Only this key.
    pub fn alone(self) -> KeyRange {
        let to = self.clone().with_bytes(&[0]);
        KeyRange { from: self, to: Some(to) }
    }

    /// Every key that begins with this one.
    pub fn and_all_longer(self) -> KeyRange {
        let mut end = self.0.clone();
        while end.last() == Some(&u8::MAX) {
            end.pop();
        }
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        KeyRange { from: self, to: (!end.is_empty()).then_some(Self(end)) }
    }

    fn beginning(bytes: &[u8]) -> Self {
        Self(Vec::with_capacity(USUAL_BYTES)).with_bytes(bytes)
    }

    /// A text, cut between two characters where it is too long, and its end.
    fn with_text(self, text: &str) -> Self {
        self.with_bytes(&text.as_bytes()[..text.floor_char_boundary(TEXT_BYTES_MAX)]).with_bytes(&[0])
    }

    fn with_number(self, number: u16) -> Self {
        self.with_bytes(&number.to_be_bytes())
    }

    fn with_bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

/// Whether a text in a key is a whole one for certain. Cutting at a character leaves at most three bytes unused.
pub(crate) fn is_whole(text: &str) -> bool {
    text.len() < TEXT_BYTES_MAX - 3
}

impl KeyRange {
    /// Whether a key is in the range.
    pub fn contains(&self, key: &Key) -> bool {
        self.from <= *key && self.to.as_ref().is_none_or(|to| key < to)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}..{:?}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_sort_as_numbers() {
        let key = |value| Key::integer(FieldId(7), value);
        assert!(key(i32::MIN) < key(-1) && key(-1) < key(0) && key(0) < key(i32::MAX));
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_and_says_so() {
        let key = Key::text(FieldId(1), &"æ".repeat(200));
        let (text, whole) = key.folded().unwrap();
        assert_eq!(text.len(), 254, "127 characters of two bytes fit into 255");
        assert!(!whole);
        assert_eq!(Key::text(FieldId(1), "ÆBLE").folded(), Some(("æble", true)));
    }

    #[test]
    fn a_text_is_whole_where_no_further_character_could_have_been_cut() {
        let whole = |length: usize| {
            Key::text(FieldId(1), &"a".repeat(length)).folded().map(|(text, whole)| (text.len(), whole))
        };
        assert_eq!(whole(0), Some((0, true)));
        assert_eq!(whole(251), Some((251, true)));
        assert_eq!(whole(252), Some((252, false)), "a character of four bytes may have followed");
        assert_eq!(whole(255), Some((255, false)));
        assert_eq!(whole(256), Some((255, false)));
        assert_eq!(Key::existence(ClassId(1)).folded(), None);
    }

    /// As drawn at the top of the module: stores keep these bytes.
    #[test]
    fn the_bytes_are_those_of_the_picture() {
        let uuid = Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
        let with_uuid = |end: &[u8]| [&[6, 0], uuid.as_bytes().as_slice(), end].concat();
        let urn = Target::Urn("urn:X".to_owned());
        for (key, bytes) in [
            (Key::existence(ClassId(0x0102)), vec![1, 1, 2]),
            (Key::text(FieldId(0x0102), "Æ"), vec![2, 1, 2, 0xc3, 0xa6, 0]),
            (Key::text_prefix(FieldId(0x0102)), vec![2, 1, 2]),
            (Key::boolean(FieldId(7), false), vec![3, 0, 7, 0]),
            (Key::boolean(FieldId(7), true), vec![3, 0, 7, 1]),
            (Key::integer(FieldId(7), -1), vec![4, 0, 7, 0x7f, 0xff, 0xff, 0xff]),
            (Key::integer(FieldId(7), 1), vec![4, 0, 7, 0x80, 0, 0, 1]),
            (Key::state(FieldId(7), FieldId(0x0809)), vec![5, 0, 7, 8, 9]),
            (Key::uuid_prefix(uuid), with_uuid(&[])),
            (Key::relation_prefix(&Target::Uuid(uuid), FieldId(7)).unwrap(), with_uuid(&[0, 7])),
            (Key::relation(&Target::Uuid(uuid), FieldId(7), None).unwrap(), with_uuid(&[0, 7, 0])),
            (Key::relation(&Target::Uuid(uuid), FieldId(7), Some("Ab")).unwrap(), with_uuid(&[0, 7, 0x41, 0x62, 0])),
            (Key::relation(&urn, FieldId(7), None).unwrap(), b"\x06\x01urn:X\0\0\x07\0".to_vec()),
        ] {
            assert_eq!(key.as_bytes(), bytes);
            assert_eq!(Key::from_bytes(bytes), key);
        }
    }

    #[test]
    fn a_long_urn_and_a_long_object_type_are_cut_as_texts_are() {
        let key = |urn: String, kind: String| Key::relation(&Target::Urn(urn), FieldId(1), Some(&kind)).unwrap();
        let long = key("urn:".to_owned() + &"x".repeat(9_000), "Bruger".repeat(9_000));
        assert_eq!(long.as_bytes().len(), 2 + 255 + 1 + 2 + 255 + 1);
    }

    #[test]
    fn ranges_end_where_they_should() {
        let range = Key::from_bytes(vec![1, 255]).and_all_longer();
        assert_eq!(range.to, Some(Key::from_bytes(vec![2])));
        assert!(range.contains(&Key::from_bytes(vec![1, 255, 255, 9])));
        assert!(!range.contains(&Key::from_bytes(vec![2])));
        assert_eq!(Key::from_bytes(vec![255]).and_all_longer().to, None);
        let alone = Key::from_bytes(vec![3]).alone();
        assert!(alone.contains(&Key::from_bytes(vec![3])) && !alone.contains(&Key::from_bytes(vec![3, 0])));
    }

    #[test]
    fn one_range_finds_a_target_in_every_relation() {
        let uuid = Uuid::from_u128(5);
        let range = Key::uuid_prefix(uuid).and_all_longer();
        let key = Key::relation(&Target::Uuid(uuid), FieldId(9), Some("Bruger")).unwrap();
        assert!(range.contains(&key));
        assert_eq!(Key::relation(&Target::Nothing, FieldId(9), None), None);
    }
}
