//! Cursors: where a page ended, as a text that any server of the same store goes on from, also after a restart.
//!
//! A cursor names what makes the rest of the answer what it is: the store, the question, the point of time that the first
//! page resolved, and the position; with the last object of the page, whose place in the order follows from these. It holds
//! nothing that an object states, because addresses end up in logs.
//!
//! ```text
//! version 1 | store 16 | digest 32 | position 8 | known 17 | valid 17 | now 8 | last 16 | checksum 8
//! ```
//!
//! 123 bytes, 164 characters of base64url; none of them can be changed unnoticed.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::question::{Question, write_common};
use crate::object::Position;
use crate::query::{Known, TimeContext};
use crate::schema::Schema;
use crate::time::{Axis, Period, Timestamp};

const VERSION: u8 = 1;
const LENGTH: usize = 123;
const CHECKSUM: usize = 8;

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The store.
    pub store: Uuid,
    /// What is asked: see [`digest`].
    pub digest: [u8; 32],
    /// The position that every page shows.
    pub position: Position,
    /// The point of time that every page is asked from.
    pub context: TimeContext,
    /// The last object of the page.
    pub last: Uuid,
}

/// A text is no cursor that a question can go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It is not as it was handed out.
    #[error("the cursor is not one that was handed out, or is damaged")]
    Damaged,
    /// It is one of another store.
    #[error("the cursor is one of another store")]
    OtherStore,
    /// It is one of another question.
    #[error("the cursor is one of another query; only `limit` may differ from page to page")]
    OtherQuestion,
}

impl CursorError {
    /// A stable word for what is wrong.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Damaged => "damaged_cursor",
            Self::OtherStore => "cursor_of_another_store",
            Self::OtherQuestion => "cursor_of_another_query",
        }
    }
}

/// What a question and those of its other pages have in common, as SHA-256 of their one written form.
pub fn digest(schema: &Schema, question: &Question) -> [u8; 32] {
    let mut json = Vec::new();
    write_common(&mut json, schema, question);
    Sha256::digest(&json).into()
}

impl Cursor {
    /// The cursor as a text.
    pub fn written(&self) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.store.as_bytes());
        bytes.extend_from_slice(&self.digest);
        bytes.extend_from_slice(&self.position.0.to_be_bytes());
        match self.context.known {
            Known::Latest => write_window::<crate::time::TransactionTime>(&mut bytes, LATEST, None),
            Known::During(window) => write_window(&mut bytes, WINDOW, window),
        }
        write_window(&mut bytes, WINDOW, self.context.valid);
        bytes.extend_from_slice(&self.context.now.sort_key().to_be_bytes());
        bytes.extend_from_slice(self.last.as_bytes());
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        base64(&bytes)
    }

    /// Reads a cursor of a question about a store.
    ///
    /// # Errors
    /// [`CursorError`] where it is another's, or not as it was written.
    pub fn read(text: &str, store: Uuid, digest: [u8; 32]) -> Result<Self, CursorError> {
        let cursor = parsed(text).ok_or(CursorError::Damaged)?;
        if cursor.store != store {
            return Err(CursorError::OtherStore);
        }
        if cursor.digest != digest { Err(CursorError::OtherQuestion) } else { Ok(cursor) }
    }
}

fn parsed(text: &str) -> Option<Cursor> {
    let bytes = unbase64(text)?;
    let (body, sum) = bytes.split_at_checked(LENGTH - CHECKSUM)?;
    if sum != checksum(body) {
        return None;
    }
    let mut rest = body;
    let [version] = take(&mut rest)?;
    let (store, digest) = (Uuid::from_bytes(take(&mut rest)?), take(&mut rest)?);
    let position = Position(u64::from_be_bytes(take(&mut rest)?));
    let known = match read_window(&mut rest)? {
        (LATEST, None) => Known::Latest,
        (_, window) => Known::During(window),
    };
    let (_, valid) = read_window(&mut rest)?;
    let now = instant(&mut rest)?;
    let last = Uuid::from_bytes(take(&mut rest)?);
    let context = TimeContext { known, valid, now };
    (version == VERSION && rest.is_empty()).then_some(Cursor { store, digest, position, context, last })
}

const EMPTY: u8 = 0;
const WINDOW: u8 = 1;
const LATEST: u8 = 2;

/// A kind and two bounds, which are zero where there is no window.
fn write_window<A: Axis>(out: &mut Vec<u8>, kind: u8, window: Option<Period<A>>) {
    let kind = if window.is_none() && kind == WINDOW { EMPTY } else { kind };
    out.push(kind);
    for bound in [window.map(Period::from), window.map(Period::to)] {
        out.extend_from_slice(&bound.map_or(0, Timestamp::sort_key).to_be_bytes());
    }
}

fn read_window<A: Axis>(rest: &mut &[u8]) -> Option<(u8, Option<Period<A>>)> {
    let [kind] = take(rest)?;
    let (from, to) = (instant(rest)?, instant(rest)?);
    match kind {
        WINDOW => Some((kind, Some(Period::new(from, to).ok()?))),
        EMPTY | LATEST => Some((kind, None)),
        _ => None,
    }
}

fn instant<A: Axis>(rest: &mut &[u8]) -> Option<Timestamp<A>> {
    Timestamp::from_sort_key(i64::from_be_bytes(take(rest)?)).ok()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let sum = Sha256::new().chain_update(b"lora cursor").chain_update(bytes).finalize();
    *sum.first_chunk().expect("SHA-256 has 32 bytes")
}

/// The digits of base64url (RFC 4648 §5).
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Three bytes as four digits each; the length of a cursor is a multiple of three.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() / 3 * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        text.extend([18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63])));
    }
    text
}

/// The bytes of a cursor's length that digits write.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    if text.len() != LENGTH / 3 * 4 {
        return None;
    }
    let mut bytes = Vec::with_capacity(LENGTH);
    for four in text.as_bytes().chunks(4) {
        let value = |digit: &u8| DIGITS.iter().position(|known| known == digit);
        let bits = four.iter().try_fold(0, |bits, digit| Some(bits << 6 | value(digit)?))?;
        bytes.extend([16, 8, 0].map(|shift| (bits >> shift & 255) as u8));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursor(known: Known, valid: Option<(i64, i64)>) -> Cursor {
        let at = |micros| Timestamp::from_micros(micros).unwrap();
        let valid = valid.map(|(from, to)| Period::new(at(from), at(to)).unwrap());
        let context = TimeContext { known, valid, now: Timestamp::from_micros(1_700_000_000_000_001).unwrap() };
        let (store, last) = (Uuid::from_u128(u128::MAX - 1), Uuid::from_u128(2));
        Cursor { store, digest: [0xfb; 32], position: Position(u64::MAX - 7), context, last }
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_back(
            from in -1_000..1_000_i64, length in 1..1_000_i64, kind in 0..4_u8, digest: [u8; 32], last: u128
        ) {
            let window = Period::new(Timestamp::from_micros(from).unwrap(), Timestamp::INFINITY).ok();
            let known = match kind {
                0 => Known::Latest,
                1 => Known::During(None),
                2 => Known::During(Some(Period::ALWAYS)),
                _ => Known::During(window),
            };
            let valid = (kind != 1).then_some((from, from + length));
            let cursor = Cursor { digest, last: Uuid::from_u128(last), ..cursor(known, valid) };
            let text = cursor.written();
            prop_assert_eq!(text.len(), 164);
            prop_assert_eq!(Cursor::read(&text, cursor.store, digest), Ok(cursor));
        }
    }

    #[test]
    fn no_character_can_be_changed_added_or_left_out() {
        let cursor = cursor(Known::Latest, Some((0, 1)));
        let text = cursor.written();
        let read = |text: &str| Cursor::read(text, cursor.store, cursor.digest);
        assert_eq!(read(&text), Ok(cursor.clone()));
        for at in 0..text.len() {
            for digit in DIGITS.iter().chain(b"=+/ ").filter(|digit| **digit != text.as_bytes()[at]) {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = *digit;
                let forged = String::from_utf8(bytes).unwrap();
                assert_eq!(read(&forged), Err(CursorError::Damaged), "{forged}");
            }
            assert_eq!(read(&text[..at]), Err(CursorError::Damaged));
        }
        assert_eq!(read(&format!("{text}A")), Err(CursorError::Damaged));
        assert_eq!(read(&text.replacen(&text[..1], "æ", 1)), Err(CursorError::Damaged));
    }

    #[test]
    fn what_cannot_have_been_written_is_refused_whatever_its_checksum() {
        let text = cursor(Known::Latest, Some((0, 1))).written();
        let bytes = unbase64(&text).unwrap();
        // The version, the kind of a window, an end before the beginning, an instant that there is none.
        for (at, byte) in [(0, 2), (57, 9), (82, 255), (74, 9), (91, 0x80)] {
            let mut body = bytes[..LENGTH - CHECKSUM].to_vec();
            body[at] = byte;
            let sum = checksum(&body);
            body.extend_from_slice(&sum);
            assert_eq!(parsed(&base64(&body)), None, "byte {at}");
        }
    }

    #[test]
    fn a_cursor_of_another_store_or_query_is_refused() {
        let cursor = cursor(Known::Latest, None);
        let text = cursor.written();
        assert_eq!(Cursor::read(&text, Uuid::nil(), cursor.digest), Err(CursorError::OtherStore));
        assert_eq!(Cursor::read(&text, cursor.store, [0; 32]), Err(CursorError::OtherQuestion));
    }
}
