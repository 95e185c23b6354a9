//! What a field can hold.

use serde::{Deserialize, Serialize};

/// The type of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Unicode text without NUL.
    #[default]
    Text,
    /// True or false.
    Boolean,
    /// A whole number of 32 bits with sign.
    Integer,
    /// A list of texts; order and repetitions count.
    TextList,
    /// A list of [`Keyword`]s (OIO: *soegeord*), ordered by their texts.
    Keywords,
}

/// A field's value in one attribute row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A text; the empty text is a value, other than no value.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i32),
    /// Texts in the order given.
    TextList(Vec<String>),
    /// Keywords, ordered by their texts.
    Keywords(Vec<Keyword>),
}

impl Value {
    /// The type whose values look like this one.
    pub const fn field_type(&self) -> FieldType {
        match self {
            Self::Text(_) => FieldType::Text,
            Self::Boolean(_) => FieldType::Boolean,
            Self::Integer(_) => FieldType::Integer,
            Self::TextList(_) => FieldType::TextList,
            Self::Keywords(_) => FieldType::Keywords,
        }
    }

    /// Whether nothing is in it, so that answers show it as they show no value.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::TextList(texts) => texts.iter().all(String::is_empty),
            Self::Keywords(keywords) => keywords.is_empty(),
            Self::Boolean(_) | Self::Integer(_) => false,
        }
    }

    /// Every text inside, for searching by pattern; none for numbers and booleans.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::TextList(texts) => texts.iter().map(String::as_str).collect(),
            Self::Keywords(keywords) => keywords.iter().flat_map(Keyword::texts).collect(),
            Self::Boolean(_) | Self::Integer(_) => Vec::new(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Integer(number)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::TextList(texts)
    }
}

impl<const N: usize> From<[&str; N]> for Value {
    fn from(texts: [&str; N]) -> Self {
        Self::TextList(texts.map(str::to_owned).to_vec())
    }
}

impl From<Vec<Keyword>> for Value {
    fn from(keywords: Vec<Keyword>) -> Self {
        Self::Keywords(keywords)
    }
}

/// A search word of an OIO *klasse*.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keyword {
    /// OIO: *soegeordidentifikator*.
    pub identifier: String,
    /// OIO: *beskrivelse*.
    pub description: String,
    /// OIO: *soegeordskategori*.
    pub category: String,
}

impl Keyword {
    /// The three texts, in the order in which they are written.
    pub fn texts(&self) -> [&str; 3] {
        [&self.identifier, &self.description, &self.category]
    }
}
