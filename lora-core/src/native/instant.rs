//! Instants as texts: RFC 3339, always with an offset.
//!
//! Written in UTC, with six decimals where there are microseconds: `2025-03-12T08:00:00Z`, `2025-03-12T08:00:00.000001Z`.
//! Years that have no four digits stand with a sign and six: `-000043-03-15T00:00:00Z` (ECMAScript's expanded years; the
//! year 0 is 1 BC). The infinities are `-infinity` and `infinity`.

use crate::oio::civil::{DAY, Date};
use crate::oio::copenhagen;
use crate::oio::document::shortened_text;
use crate::time::{Axis, Timestamp};

const MICROS: i64 = 1_000_000;

/// What would be accepted as an instant.
pub(super) const INSTANT: &str =
    "an instant with an offset such as `2025-03-12T09:00:00+01:00` or `2025-03-12T08:00:00Z`";

/// A text that names no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// It names a time of day, or a day, of which nobody can know where the clock hangs.
    #[error("`{text}` has no offset: in Copenhagen it would be `{copenhagen}`, in UTC `{utc}`")]
    NoOffset {
        /// The refused text.
        text: String,
        /// The same as a clock in Copenhagen shows it.
        copenhagen: String,
        /// The same as a clock in UTC shows it.
        utc: String,
    },
    /// There is a space where the `+` of an offset would stand: a query string was not encoded.
    #[error("`{text}` has a space in place of the offset's sign: in a URL a `+` is written `%2B`")]
    LostPlus {
        /// The refused text.
        text: String,
    },
    /// Written as an instant, but a field has no such value.
    #[error("`{text}` is no instant: its {field} is out of range")]
    Field {
        /// The refused text.
        text: String,
        /// The field.
        field: &'static str,
    },
    /// Too early or too late.
    #[error("`{text}` lies outside the years 4713 BC to 294246")]
    Outside {
        /// The refused text.
        text: String,
    },
    /// Not written as an instant at all.
    #[error("`{text}` is no instant")]
    Syntax {
        /// The refused text, shortened.
        text: String,
    },
}

/// Why a text was refused, before the text is added.
enum Fault {
    NoOffset { local: i64, micros: i64 },
    LostPlus,
    Field(&'static str),
    Outside,
    Syntax,
}

/// Reads a finite instant.
///
/// # Errors
/// [`InstantError`]: a date, and a time without an offset, are refused with both readings written out.
///
/// ```
/// use lora_core::native::{InstantError, read_instant};
/// use lora_core::time::{Timestamp, ValidTime};
///
/// let at: Timestamp<ValidTime> = read_instant("2025-03-12T09:00:00+01:00")?;
/// assert_eq!(at, read_instant("2025-03-12T08:00:00Z")?);
/// let error = read_instant::<ValidTime>("2025-07-01").unwrap_err();
/// assert_eq!(error.to_string(), "`2025-07-01` has no offset: in Copenhagen it would be \
///     `2025-07-01T00:00:00+02:00`, in UTC `2025-07-01T00:00:00Z`");
/// # Ok::<(), InstantError>(())
/// ```
pub fn read_instant<A: Axis>(text: &str) -> Result<Timestamp<A>, InstantError> {
    read(text.as_bytes()).map_err(|fault| {
        let text = shortened_text(text);
        match fault {
            Fault::NoOffset { local, micros } => {
                let utc = copenhagen::to_utc_second(local);
                let offset = i64::from(copenhagen::offset_at_second(utc));
                let shown = |local, offset| written(local, micros, offset);
                InstantError::NoOffset { copenhagen: shown(utc + offset, offset), utc: shown(local, 0), text }
            }
            Fault::LostPlus => InstantError::LostPlus { text },
            Fault::Field(field) => InstantError::Field { text, field },
            Fault::Outside => InstantError::Outside { text },
            Fault::Syntax => InstantError::Syntax { text },
        }
    })
}

/// Appends an instant in UTC, or the word for an infinity; [`read_instant`] reads finite ones back.
pub fn write_instant<A: Axis>(out: &mut Vec<u8>, at: Timestamp<A>) {
    match at.micros() {
        Some(micros) => {
            let (second, micros) = (micros.div_euclid(MICROS), micros.rem_euclid(MICROS));
            out.extend_from_slice(written(second, micros, 0).as_bytes());
        }
        None if at > Timestamp::NEG_INFINITY => out.extend_from_slice(b"infinity"),
        None => out.extend_from_slice(b"-infinity"),
    }
}

/// What a clock shows that is ahead of UTC by an offset.
fn written(local: i64, micros: i64, offset: i64) -> String {
    let (date, second) = (Date::from_day(local.div_euclid(DAY)), local.rem_euclid(DAY));
    let year = match date.year {
        year @ 0..=9_999 => format!("{year:04}"),
        year => format!("{year:+07}"),
    };
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    let offset = match offset {
        0 => "Z".to_owned(),
        offset if offset % 60 == 0 => format!("+{:02}:{:02}", offset / 3_600, offset / 60 % 60),
        offset => format!("+{:02}:{:02}:{:02}", offset / 3_600, offset / 60 % 60, offset % 60),
    };
    format!("{year}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}", date.month, date.day)
}

fn read<A: Axis>(text: &[u8]) -> Result<Timestamp<A>, Fault> {
    let mut rest = text;
    let date = date(&mut rest)?;
    if rest.is_empty() {
        return Err(Fault::NoOffset { local: date.to_day() * DAY, micros: 0 });
    }
    eat(&mut rest, b"Tt").ok_or(Fault::Syntax)?;
    let (second, micros) = time_of_day(&mut rest)?;
    let local = date.to_day() * DAY + second;
    let offset = match rest {
        [] => return Err(Fault::NoOffset { local, micros }),
        [b'Z' | b'z'] => 0,
        [b'+', rest @ ..] => offset(rest)?,
        [b'-', rest @ ..] => -offset(rest)?,
        [b' ', rest @ ..] if offset(rest).is_ok() => return Err(Fault::LostPlus),
        _ => return Err(Fault::Syntax),
    };
    let micros = (local - offset).checked_mul(MICROS).and_then(|whole| whole.checked_add(micros));
    micros.and_then(|micros| Timestamp::from_micros(micros).ok()).ok_or(Fault::Outside)
}

fn date(rest: &mut &[u8]) -> Result<Date, Fault> {
    let sign = eat(rest, b"+-");
    let year = digits(rest, if sign.is_some() { 6 } else { 4 })?;
    let year = if sign == Some(b'-') { -year } else { year };
    eat(rest, b"-").ok_or(Fault::Syntax)?;
    let month = digits(rest, 2)?;
    eat(rest, b"-").ok_or(Fault::Syntax)?;
    Date::new(year, month, digits(rest, 2)?).map_err(Fault::Field)
}

/// Seconds and microseconds since midnight.
fn time_of_day(rest: &mut &[u8]) -> Result<(i64, i64), Fault> {
    let hour = field(rest, "hour", 23)?;
    eat(rest, b":").ok_or(Fault::Syntax)?;
    let minute = field(rest, "minute", 59)?;
    eat(rest, b":").ok_or(Fault::Syntax)?;
    let second = field(rest, "second", 59)?;
    let mut micros = 0;
    if eat(rest, b".").is_some() {
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match count {
            0 => return Err(Fault::Syntax),
            1..=6 => micros = (count..6).fold(digits(rest, count)?, |micros, _| micros * 10),
            _ => return Err(Fault::Field("fraction (of six digits at most)")),
        }
    }
    Ok((hour * 3_600 + minute * 60 + second, micros))
}

/// Seconds of `01:00`, or of `00:50:20` as clocks showed it before 1894.
fn offset(mut rest: &[u8]) -> Result<i64, Fault> {
    let hour = field(&mut rest, "offset", 23)?;
    eat(&mut rest, b":").ok_or(Fault::Syntax)?;
    let minute = field(&mut rest, "offset", 59)?;
    let second = if eat(&mut rest, b":").is_some() { field(&mut rest, "offset", 59)? } else { 0 };
    if rest.is_empty() { Ok(hour * 3_600 + minute * 60 + second) } else { Err(Fault::Syntax) }
}

fn field(rest: &mut &[u8], name: &'static str, max: i64) -> Result<i64, Fault> {
    let value = digits(rest, 2)?;
    if value <= max { Ok(value) } else { Err(Fault::Field(name)) }
}

/// The number that exactly so many digits write.
fn digits(rest: &mut &[u8], count: usize) -> Result<i64, Fault> {
    let (digits, after) = rest.split_at_checked(count).ok_or(Fault::Syntax)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Fault::Syntax);
    }
    *rest = after;
    Ok(digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

fn eat(rest: &mut &[u8], allowed: &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    allowed.contains(first).then(|| {
        *rest = after;
        *first
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::ValidTime;

    fn said(text: &str) -> String {
        read_instant::<ValidTime>(text).unwrap_err().to_string()
    }

    fn read_back(at: Timestamp<ValidTime>) -> String {
        let mut written = Vec::new();
        write_instant(&mut written, at);
        let written = String::from_utf8(written).unwrap();
        assert_eq!(read_instant(&written), Ok(at), "{written}");
        written
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(micros in -210_863_520_000_000_000_i64..9_223_371_244_800_000_000) {
            read_back(Timestamp::from_micros(micros).unwrap());
        }
    }

    #[test]
    fn instants_are_written_with_the_microseconds_that_they_have() {
        let at = |micros| read_back(Timestamp::from_micros(micros).unwrap());
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(1), "1970-01-01T00:00:00.000001Z");
        assert_eq!(at(-500_000), "1969-12-31T23:59:59.500000Z");
        assert_eq!(at(-210_863_520_000_000_000), "-004712-01-01T00:00:00Z");
        assert_eq!(at(9_223_371_244_799_999_999), "+294246-12-31T23:59:59.999999Z");
    }

    #[test]
    fn a_time_without_an_offset_is_refused_with_both_readings() {
        assert!(said("2025-03-12T09:00:00").contains("`2025-03-12T09:00:00+01:00`, in UTC `2025-03-12T09:00:00Z`"));
        assert!(said("2025-03-12").contains("`2025-03-12T00:00:00+01:00`, in UTC `2025-03-12T00:00:00Z`"));
        assert!(said("2018-03-25T02:30:00").contains("`2018-03-25T03:30:00+02:00`"), "no clock showed it");
        assert!(said("1890-01-01").contains("`1890-01-01T00:00:00+00:50:20`"));
        let local: Timestamp<ValidTime> = read_instant("1890-01-01T00:00:00+00:50:20").unwrap();
        assert_eq!(local.to_string(), "1889-12-31T23:09:40Z", "what is offered is accepted");
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        assert!(said("2025-03-12T09:00:00 01:00").contains("%2B"));
        for (text, field) in [
            ("2025-13-01T00:00:00Z", "month"),
            ("2025-02-29T00:00:00Z", "day"),
            ("2025-02-28T24:00:00Z", "hour"),
            ("2025-02-28T23:60:00Z", "minute"),
            ("2025-02-28T23:59:60Z", "second"),
            ("2025-02-28T23:59:59.1234567Z", "fraction"),
            ("2025-02-28T23:59:59+24:00", "offset"),
        ] {
            assert!(said(text).contains(&format!("its {field}")), "{}", said(text));
        }
        for text in ["", "now", "infinity", "2025", "2025-03", "20250312T090000Z", "2025-03-12 09:00:00Z", "x025-03-12"]
        {
            assert!(said(text).ends_with("is no instant"), "{}", said(text));
        }
        for text in ["2025-03-12T09:00Z", "2025-03-12T09:00:00.Z", "2025-03-12T09:00:00Zx", "2025-03-12T09:00:00+1:00"]
        {
            assert!(said(text).ends_with("is no instant"), "{}", said(text));
        }
        assert!(said("+294247-01-01T00:00:00Z").contains("outside"));
        assert!(said("-999999-01-01T00:00:00Z").contains("outside"));
    }
}
