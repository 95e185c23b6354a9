//! A JSON document as a tree of our own, read strictly.
//!
//! JSON leaves much to the reader: which of two equal names counts, what a lone surrogate is, how deep is too deep.
//! Here everything doubtful is refused, and the refusal says where.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::io;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Number;

/// The deepest nesting of lists and objects that is read.
pub const DEPTH_MAX: usize = 32;

/// The longest value, in characters, that a message quotes.
const SHORTENED_CHARS: usize = 80;

/// Objects with more members than this look for duplicates in a set.
const SCANNED_MEMBERS: usize = 16;

/// A JSON value; members keep their order, and their names are distinct.
///
/// ```
/// use lora_core::oio::{Document, DocumentErrorKind};
///
/// let document = Document::parse(br#"{"note": "new", "list": [1, true]}"#).unwrap();
/// assert_eq!(document.member("note").and_then(Document::as_text), Some("new"));
/// assert_eq!(document.to_string(), r#"{"note":"new","list":[1,true]}"#);
///
/// let error = Document::parse(br#"{"a": [{"b": 1, "b": 2}]}"#).unwrap_err();
/// assert_eq!(error.kind, DocumentErrorKind::DuplicateMember, "neither of the two is silently dropped");
/// assert_eq!(error.path, "/a/0/b");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; integers of 64 bits are exact, everything else is the nearest double.
    Number(Number),
    /// A text without NUL.
    Text(String),
    /// A list.
    List(Vec<Document>),
    /// An object.
    Members(Vec<(String, Document)>),
}

/// A place in the bytes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The byte in the line, from 1; 0 is the end of the line before.
    pub column: usize,
}

/// Why a document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at {}{}{}; expected {}", Place(.path), At(.position), Found(.found), kind.accepted())]
pub struct DocumentError {
    /// The value in question, as a JSON pointer (RFC 6901); empty for the document itself.
    pub path: String,
    /// Where reading stopped.
    pub position: Option<Position>,
    /// What is wrong.
    pub kind: DocumentErrorKind,
    /// The offending value, or the text around it, shortened.
    pub found: Option<String>,
}

/// What is wrong with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DocumentErrorKind {
    /// Not JSON (RFC 8259), or something follows the value.
    #[error("malformed JSON")]
    Syntax,
    /// The bytes end before the value does.
    #[error("the document ends too early")]
    UnexpectedEnd,
    /// The bytes are not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// One half of a surrogate pair, written as an escape.
    #[error("a lone surrogate")]
    LoneSurrogate,
    /// U+0000 in a text or name.
    #[error("a NUL character")]
    Nul,
    /// Two members of one object have the same name.
    #[error("a member given twice")]
    DuplicateMember,
    /// Lists and objects are nested deeper than [`DEPTH_MAX`].
    #[error("nesting that is too deep")]
    TooDeep,
    /// A number too large for a double.
    #[error("a number out of range")]
    NumberOutOfRange,
}

impl DocumentErrorKind {
    /// What would be accepted instead.
    pub const fn accepted(self) -> &'static str {
        match self {
            Self::Syntax => "exactly one JSON value (RFC 8259)",
            Self::UnexpectedEnd => "one whole JSON value (RFC 8259)",
            Self::InvalidUtf8 => "UTF-8",
            Self::LoneSurrogate => "an escape for a whole character, with both halves of a pair",
            Self::Nul => "text without U+0000",
            Self::DuplicateMember => "every name once in an object",
            Self::TooDeep => "at most 32 levels of lists and objects",
            Self::NumberOutOfRange => "a number between -1.7976931348623157e308 and 1.7976931348623157e308",
        }
    }
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// [`DocumentError`] for anything but one JSON value in UTF-8, and for what JSON allows but a register cannot keep:
    /// see [`DocumentErrorKind`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
        let mut reader = Reader::default();
        let mut json = serde_json::Deserializer::from_str(text);
        let read = reader.value(0).deserialize(&mut json).and_then(|document| json.end().map(|()| document));
        read.map_err(|error| reader.explain(text, &error))
    }

    /// The member of that name; `None` also when this is no object.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.as_members()?.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The members in order, if this is an object.
    pub fn as_members(&self) -> Option<&[(String, Self)]> {
        if let Self::Members(members) = self { Some(members) } else { None }
    }

    /// The items, if this is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The integer, if this is one that 64 bits hold; `1.0` is none.
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Number(number) = self { number.as_i64() } else { None }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The kind of value in the words of JSON: `object`, `array`, `string`, `number`, `boolean` or `null`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Members(_) => "object",
        }
    }

    /// The value as JSON for a message: at most 80 characters, the last of them `…` when something is left out.
    pub fn shortened(&self) -> String {
        // Four bytes a character are enough, so the rest of a large document is not even written.
        let mut head = Head { bytes: Vec::new(), room: 4 * (SHORTENED_CHARS + 1) };
        let _full = serde_json::to_writer(&mut head, self);
        shortened_text(&String::from_utf8_lossy(&head.bytes))
    }
}

/// The text with at most 80 characters, the last of them `…` when something is left out.
pub(crate) fn shortened_text(text: &str) -> String {
    match text.char_indices().nth(SHORTENED_CHARS) {
        None => text.to_owned(),
        Some(_) => text.chars().take(SHORTENED_CHARS - 1).chain(['…']).collect(),
    }
}

/// The first bytes of what is written; then writing fails.
struct Head {
    bytes: Vec<u8>,
    room: usize,
}

impl io::Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Members(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl fmt::Display for Document {
    /// The document as JSON, without spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

// ---- reading ----

/// A step of the path to the value being read.
enum Step {
    Member(String),
    Item(usize),
}

/// Where reading is, and what was wrong if it was not the grammar. After an error the path stays where it was.
#[derive(Default)]
struct Reader {
    path: Vec<Step>,
    refused: Option<(DocumentErrorKind, Option<String>)>,
}

impl Reader {
    fn value(&mut self, depth: usize) -> ValueReader<'_> {
        ValueReader { reader: self, depth }
    }

    fn refuse<E: de::Error>(&mut self, kind: DocumentErrorKind, found: Option<String>) -> E {
        self.refused = Some((kind, found));
        E::custom(kind)
    }

    fn text<E: de::Error>(&mut self, text: Cow<'_, str>) -> Result<String, E> {
        if text.contains('\0') {
            return Err(self.refuse(DocumentErrorKind::Nul, Some(quoted(&text))));
        }
        Ok(text.into_owned())
    }

    fn explain(self, text: &str, error: &serde_json::Error) -> DocumentError {
        let position = Position { line: error.line(), column: error.column() };
        let (kind, found) = match self.refused {
            Some(refused) => refused,
            None => (kind_of(error), around(text, position)),
        };
        DocumentError { path: pointer(&self.path), position: Some(position), kind, found }
    }
}

/// Which of the kinds an error of the grammar is; serde_json tells them apart only by its text.
fn kind_of(error: &serde_json::Error) -> DocumentErrorKind {
    let text = error.to_string();
    if error.is_eof() {
        DocumentErrorKind::UnexpectedEnd
    } else if text.starts_with("number out of range") {
        DocumentErrorKind::NumberOutOfRange
    } else if text.starts_with("lone leading surrogate") || text.starts_with("unexpected end of hex escape") {
        DocumentErrorKind::LoneSurrogate
    } else {
        DocumentErrorKind::Syntax
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> DocumentError {
    let before = &bytes[..at];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    DocumentError {
        path: String::new(),
        position: Some(Position { line, column: at - line_start + 1 }),
        kind: DocumentErrorKind::InvalidUtf8,
        found: bytes.get(at).map(|byte| format!("byte 0x{byte:02X}")),
    }
}

/// The last characters up to a position: what a reader sees in front of the place where reading stopped.
fn around(text: &str, position: Position) -> Option<String> {
    const BEFORE: usize = 24;
    let line = text.split('\n').nth(position.line.checked_sub(1)?)?;
    let mut end = position.column.min(line.len());
    while !line.is_char_boundary(end) {
        end += 1;
    }
    let start = line[..end].char_indices().rev().nth(BEFORE - 1).map_or(0, |(start, _)| start);
    Some(format!("`{}`", &line[start..end])).filter(|_| start < end)
}

fn quoted(text: &str) -> String {
    Document::Text(text.chars().take(SHORTENED_CHARS).collect()).shortened()
}

fn pointer(path: &[Step]) -> String {
    let mut pointer = String::new();
    for step in path {
        pointer.push('/');
        match step {
            Step::Member(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
            Step::Item(index) => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}

/// Reads one value, inside `depth` lists and objects.
struct ValueReader<'r> {
    reader: &'r mut Reader,
    depth: usize,
}

impl ValueReader<'_> {
    /// The depth of what is inside, if it may be that deep.
    fn enter<E: de::Error>(&mut self) -> Result<usize, E> {
        if self.depth == DEPTH_MAX {
            return Err(self.reader.refuse(DocumentErrorKind::TooDeep, None));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for ValueReader<'_> {
    type Value = Document;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueReader<'_> {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
        Ok(Document::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Document, E> {
        Ok(Document::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Document, E> {
        Ok(Document::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Document, E> {
        let number = Number::from_f64(value);
        number.map(Document::Number).ok_or_else(|| self.reader.refuse(DocumentErrorKind::NumberOutOfRange, None))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Document, E> {
        self.reader.text(text.into()).map(Document::Text)
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Document, E> {
        self.reader.text(text.into()).map(Document::Text)
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut list: S) -> Result<Document, S::Error> {
        let depth = self.enter()?;
        let mut items = Vec::new();
        loop {
            self.reader.path.push(Step::Item(items.len()));
            let item = list.next_element_seed(self.reader.value(depth))?;
            self.reader.path.pop();
            match item {
                Some(item) => items.push(item),
                None => return Ok(Document::List(items)),
            }
        }
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<Document, M::Error> {
        let depth = self.enter()?;
        let mut members = Members::default();
        while let Some(name) = map.next_key_seed(NameReader(self.reader))? {
            let is_new = members.admit(&name);
            self.reader.path.push(Step::Member(name));
            if !is_new {
                return Err(self.reader.refuse(DocumentErrorKind::DuplicateMember, None));
            }
            let value = map.next_value_seed(self.reader.value(depth))?;
            if let Some(Step::Member(name)) = self.reader.path.pop() {
                members.list.push((name, value));
            }
        }
        Ok(Document::Members(members.list))
    }
}

/// The members read so far; a set of their names once there are many, so that reading stays linear.
#[derive(Default)]
struct Members {
    list: Vec<(String, Document)>,
    names: HashSet<String>,
}

impl Members {
    /// Whether no member has the name yet.
    fn admit(&mut self, name: &str) -> bool {
        if self.list.len() < SCANNED_MEMBERS {
            return self.list.iter().all(|(other, _)| other != name);
        }
        if self.names.is_empty() {
            self.names = self.list.iter().map(|(other, _)| other.clone()).collect();
        }
        self.names.insert(name.to_owned())
    }
}

/// Reads the name of a member.
struct NameReader<'r>(&'r mut Reader);

impl<'de> DeserializeSeed<'de> for NameReader<'_> {
    type Value = String;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameReader<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<String, E> {
        self.0.text(name.into())
    }

    fn visit_string<E: de::Error>(self, name: String) -> Result<String, E> {
        self.0.text(name.into())
    }
}

// ---- messages ----

struct Place<'a>(&'a str);
struct At<'a>(&'a Option<Position>);
struct Found<'a>(&'a Option<String>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("the top of the document") } else { write!(f, "`{}`", self.0) }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |Position { line, column }| write!(f, " (line {line}, column {column})"))
    }
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |found| write!(f, ", found {found}"))
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
