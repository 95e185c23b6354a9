//! Time texts of OIO: what is accepted where, and how instants are written.
//!
//! | read by | where | words | infinity |
//! |---|---|---|---|
//! | [`virkning_bound`] | `from` and `to` of a virkning | refused | yes |
//! | [`window_bound`] | `virkningFra`, `registreretTil` and their like | `now`, `today`, `tomorrow`, `yesterday`, `epoch` | yes |
//! | [`point`] | `virkningstid`, `registreringstid` | refused | refused |
//!
//! The first two read the timestamps of PostgreSQL 15 as far as a register meets them:
//!
//! - a date with the year first, in at least four digits: `2017-01-01`, `2017-1-1`, `2017/01/01`, `20170101`, `10000-01-01`;
//! - after `T` or spaces a time: `12:30`, `12:30:00`, `12:30:00.123456`, `1230`, `123000`; `24:00` ends the day, second 60
//!   is the next minute, decimals are rounded to microseconds (ties to even);
//! - an offset or zone: `Z`, `+01`, `+0100`, `+05:30`, `+00:50:20`, `UTC`, `CET`, `Europe/London`; without one it is
//!   Europe/Copenhagen;
//! - `BC` or `AD`; letters in any case, spaces around everything; `infinity` and `-infinity`.
//!
//! One form goes further: PostgreSQL takes `T1200-0800` for a date, here it is ISO 8601's basic form.
//! Left out, although PostgreSQL reads them: names of months and weekdays, dates that end with the year, ordinal and
//! Julian days, two- and three-digit years, AM and PM, POSIX zones (`UTC+3`, which means three hours *behind*), offsets of three digits, and
//! words followed by a time (`today 12:00`).
//! The past of a zone other than Europe/Copenhagen is chrono-tz's, which joins some zones before 1970.

use std::str::FromStr as _;

use chrono::{Offset as _, TimeZone as _};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::civil::{DAY, Date, is_leap, weekday};
use super::copenhagen;
use super::document::shortened_text;
use crate::time::{Axis, Timestamp, TransactionTime, ValidTime};

const MICROS: i64 = 1_000_000;

const BOUND: &str = "a date or time such as `2017-01-01`, `2017-01-01T12:30:00+01:00` or `infinity`";
const WINDOW: &str =
    "a date or time such as `2017-01-01`, `2017-01-01T12:30:00+01:00`, `infinity`, or a word such as `now`";
const INSTANT: &str = "an instant such as `2017-01-01T12:30:00.000001Z`";
const POINT: &str = "an ISO 8601 date or time such as `2017-01-01` or `2017-01-01T12:30:00+01:00`";

/// A text that names no instant, and what would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeTextError {
    /// Not written as a time at all.
    #[error("`{text}` is no time: expected {accepted}")]
    Syntax {
        /// The refused text, shortened.
        text: String,
        /// What would be accepted.
        accepted: &'static str,
    },
    /// Written as a time, but a field has no such value.
    #[error("`{text}` is no time: its {field} is out of range, expected {}", range(field))]
    Field {
        /// The refused text, shortened.
        text: String,
        /// The field: `year`, `month`, `day`, `day of the year`, `week`, `weekday`, `hour`, `minute`, `second` or `offset`.
        field: &'static str,
    },
    /// No time zone has this name.
    #[error(
        "`{text}` names an unknown time zone: expected an offset such as `+01:00`, `Z`, or a name such as `Europe/London`"
    )]
    Zone {
        /// The refused text, shortened.
        text: String,
    },
    /// A well-formed time, but too early or too late.
    #[error("`{text}` lies outside the years 4713 BC to 294246")]
    Instant {
        /// The refused text, shortened.
        text: String,
    },
    /// A word that means an instant elsewhere, but is not allowed here.
    #[error("the word `{text}` is not allowed here: expected {accepted}")]
    Word {
        /// The refused text, shortened.
        text: String,
        /// What would be accepted.
        accepted: &'static str,
    },
}

fn range(field: &str) -> &'static str {
    match field {
        "year" => "1 or later, with BC for the years before",
        "month" => "1 to 12",
        "day" => "a day that the month has",
        "day of the year" => "1 to 365, or 366 in a leap year",
        "week" => "1 to 53",
        "weekday" => "1 (Monday) to 7 (Sunday)",
        "hour" => "0 to 23, or 24:00 exactly",
        "minute" => "0 to 59",
        "second" => "0 to 59",
        _ => "one such as `+01:00` or `+00:50:20`",
    }
}

/// Why a text was refused, before the text is added.
#[derive(Debug)]
enum Fault {
    Syntax,
    Field(&'static str),
    Zone,
    Instant,
    Word,
}

impl Fault {
    fn of(self, text: &str, accepted: &'static str) -> TimeTextError {
        let text = shortened_text(text);
        match self {
            Self::Syntax => TimeTextError::Syntax { text, accepted },
            Self::Field(field) => TimeTextError::Field { text, field },
            Self::Zone => TimeTextError::Zone { text },
            Self::Instant => TimeTextError::Instant { text },
            Self::Word => TimeTextError::Word { text, accepted },
        }
    }
}

/// Reads `from` or `to` of a virkning.
///
/// # Errors
/// [`TimeTextError`] for anything but the forms named at the top of the module; words such as `now` are
/// [`TimeTextError::Word`], because a stored period must not depend on when it was sent.
///
/// ```
/// use lora_core::oio::{TimeTextError, virkning_bound};
/// use lora_core::time::Timestamp;
///
/// assert_eq!(virkning_bound("2017-07-01")?.to_string(), "2017-06-30T22:00:00Z");
/// assert_eq!(virkning_bound(" Infinity ")?, Timestamp::INFINITY);
/// assert!(matches!(virkning_bound("31-12-2017"), Err(TimeTextError::Syntax { .. })), "the year comes first");
/// assert!(matches!(virkning_bound("today"), Err(TimeTextError::Word { .. })));
/// # Ok::<(), TimeTextError>(())
/// ```
pub fn virkning_bound(text: &str) -> Result<Timestamp<ValidTime>, TimeTextError> {
    let trimmed = text.trim_ascii();
    let read = || match infinity(trimmed) {
        Some(infinity) => Ok(infinity),
        None if Word::read(first_token(trimmed)).is_some() => Err(Fault::Word),
        None => finite(trimmed),
    };
    read().map_err(|fault| fault.of(text, BOUND))
}

/// Reads a bound of a query's window; the words are relative to `now`, days to Copenhagen's midnight.
///
/// # Errors
/// [`TimeTextError`] for anything but the forms named at the top of the module.
///
/// ```
/// use lora_core::oio::{point, window_bound};
/// use lora_core::time::{Timestamp, TransactionTime, ValidTime};
///
/// let now: Timestamp<TransactionTime> = point("2017-06-30T23:59:59Z")?;
/// let today: Timestamp<ValidTime> = window_bound("today", now)?;
/// assert_eq!(today.to_string(), "2017-06-30T22:00:00Z", "in Copenhagen it is already July");
/// # Ok::<(), lora_core::oio::TimeTextError>(())
/// ```
pub fn window_bound<A: Axis>(text: &str, now: Timestamp<TransactionTime>) -> Result<Timestamp<A>, TimeTextError> {
    let trimmed = text.trim_ascii();
    let read = || match (infinity(trimmed), Word::read(trimmed)) {
        (Some(infinity), _) => Ok(infinity),
        (None, Some(word)) => word.instant(now),
        (None, None) => finite(trimmed),
    };
    read().map_err(|fault| fault.of(text, WINDOW))
}

/// Reads a point in time, strictly ISO 8601 with four-digit years.
///
/// Year, month (`2017-02`), date, week (`2017-W05`, `2017-W05-2`), day of the year (`2017-032`), with or without
/// dashes; after a full date `T` or another single character (but no digit or sign) and a time, with or without colons, where decimals
/// after the sixth are cut off; then `Z` or an offset. Without an offset it is Europe/Copenhagen.
/// As in LoRA, week 53 of a year with 52 weeks is the first week of the next.
///
/// # Errors
/// [`TimeTextError`] for anything else, spaces around included; words and the infinities are [`TimeTextError::Word`].
///
/// ```
/// use lora_core::oio::{TimeTextError, point};
/// use lora_core::time::{Timestamp, ValidTime};
///
/// let at: Timestamp<ValidTime> = point("2012")?;
/// assert_eq!(at.to_string(), "2011-12-31T23:00:00Z");
/// assert!(matches!(point::<ValidTime>("infinity"), Err(TimeTextError::Word { .. })), "infinity is no point");
/// # Ok::<(), TimeTextError>(())
/// ```
pub fn point<A: Axis>(text: &str) -> Result<Timestamp<A>, TimeTextError> {
    let trimmed = text.trim_ascii();
    let read = || {
        if infinity::<A>(trimmed).is_some() || Word::read(trimmed).is_some() {
            return Err(Fault::Word);
        }
        iso(text)
    };
    read().map_err(|fault| fault.of(text, POINT))
}

/// Reads what [`write_instant`] writes, and every other finite instant that a virkning takes.
pub(super) fn instant<A: Axis>(text: &str) -> Result<Timestamp<A>, TimeTextError> {
    finite(text.trim_ascii()).map_err(|fault| fault.of(text, INSTANT))
}

/// Appends a bound of a virkning as LoRA writes it: `2017-01-01 00:00:00+01`, `0044-03-15 00:00:00+00:50:20 BC`, `infinity`.
///
/// [`virkning_bound`] reads exactly the same instant back.
pub fn write_virkning_bound(out: &mut Vec<u8>, at: Timestamp<ValidTime>) {
    write(out, at, b' ', false);
}

/// Appends a time as LoRA writes registration times and typed attributes: `2026-11-21T21:16:04.123456+01:00`, `infinity`.
///
/// [`window_bound`] reads exactly the same instant back; [`point`] does for finite instants of the years 1 to 9999,
/// and from 1894 on (before, the offset has seconds).
pub fn write_registration_time<A: Axis>(out: &mut Vec<u8>, at: Timestamp<A>) {
    write(out, at, b'T', true);
}

/// Appends a finite instant in UTC with six decimals, `2026-11-21T20:16:04.120000Z`, after which texts of one era sort.
pub(super) fn write_instant<A: Axis>(out: &mut Vec<u8>, at: Timestamp<A>) {
    let Some(micros) = at.micros() else { return write(out, at, b'T', true) };
    let is_before_christ = write_clock(out, micros.div_euclid(MICROS), b'T');
    out.push(b'.');
    write_number(out, micros.rem_euclid(MICROS), 6);
    out.push(b'Z');
    if is_before_christ {
        out.extend_from_slice(b" BC");
    }
}

// ---- instants ----

fn infinity<A>(trimmed: &str) -> Option<Timestamp<A>> {
    if trimmed.eq_ignore_ascii_case("infinity") {
        Some(Timestamp::INFINITY)
    } else {
        trimmed.eq_ignore_ascii_case("-infinity").then_some(Timestamp::NEG_INFINITY)
    }
}

/// A word for an instant relative to the clock, or for 1970.
#[derive(Clone, Copy)]
enum Word {
    Now,
    /// Midnight so many days from today.
    Day(i64),
    Epoch,
}

impl Word {
    const ALL: [(&str, Self); 5] = [
        ("now", Self::Now),
        ("today", Self::Day(0)),
        ("tomorrow", Self::Day(1)),
        ("yesterday", Self::Day(-1)),
        ("epoch", Self::Epoch),
    ];

    fn read(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, meaning)| *meaning)
    }

    fn instant<A>(self, now: Timestamp<TransactionTime>) -> Result<Timestamp<A>, Fault> {
        let now = now.micros().ok_or(Fault::Instant)?;
        match self {
            Self::Now => timestamp(now.div_euclid(MICROS), now.rem_euclid(MICROS)),
            Self::Epoch => timestamp(0, 0),
            Self::Day(days) => {
                let local = now.div_euclid(MICROS) + i64::from(copenhagen::offset_at(now));
                timestamp(copenhagen::to_utc_second((local.div_euclid(DAY) + days) * DAY), 0)
            }
        }
    }
}

fn first_token(trimmed: &str) -> &str {
    trimmed.split_ascii_whitespace().next().unwrap_or_default()
}

fn timestamp<A>(utc: i64, micros: i64) -> Result<Timestamp<A>, Fault> {
    let micros = utc.checked_mul(MICROS).and_then(|whole| whole.checked_add(micros)).ok_or(Fault::Instant)?;
    Timestamp::from_micros(micros).map_err(|_| Fault::Instant)
}

/// What a text says about where its clock hangs.
#[derive(Clone, Copy)]
enum Zone {
    Offset(i64),
    Copenhagen,
    Named(Tz),
}

/// Abbreviations, which mean an offset at any time of the year; they go before zones of the same name.
const ABBREVIATIONS: [(&str, i64); 22] = [
    ("Z", 0),
    ("ZULU", 0),
    ("UTC", 0),
    ("UCT", 0),
    ("GMT", 0),
    ("WET", 0),
    ("BST", 1),
    ("CET", 1),
    ("MET", 1),
    ("MEZ", 1),
    ("CEST", 2),
    ("MEST", 2),
    ("MESZ", 2),
    ("EET", 2),
    ("EEST", 3),
    ("EDT", -4),
    ("EST", -5),
    ("CDT", -5),
    ("CST", -6),
    ("MST", -7),
    ("PDT", -7),
    ("PST", -8),
];

impl Zone {
    fn named(name: &str) -> Option<Self> {
        if let Some((_, hours)) = ABBREVIATIONS.iter().find(|(word, _)| word.eq_ignore_ascii_case(name)) {
            return Some(Self::Offset(hours * 3_600));
        }
        if name.eq_ignore_ascii_case("Europe/Copenhagen") {
            return Some(Self::Copenhagen);
        }
        let exact = Tz::from_str(name).ok();
        exact.or_else(|| TZ_VARIANTS.into_iter().find(|zone| zone.name().eq_ignore_ascii_case(name))).map(Self::Named)
    }

    /// The instant (UTC seconds) at which a clock of the zone shows `local`.
    fn to_utc(self, local: i64) -> i64 {
        match self {
            Self::Offset(offset) => local - offset,
            Self::Copenhagen => copenhagen::to_utc_second(local),
            Self::Named(zone) => copenhagen::resolve(local, |utc| named_offset(zone, utc)),
        }
    }
}

/// The last year that chrono-tz has transitions for; the calendar's 28 kinds of sequence end with it.
const LAST_TABLED_YEAR: i64 = 2_099;

fn named_offset(zone: Tz, utc: i64) -> i32 {
    let time = chrono::DateTime::from_timestamp(within_tables(utc), 0);
    time.map_or(0, |time| zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc())
}

/// The same instant of the year in a year with the same calendar that the tables of chrono-tz reach.
fn within_tables(utc: i64) -> i64 {
    let year = Date::from_day(utc.div_euclid(DAY)).year;
    if year <= LAST_TABLED_YEAR {
        return utc;
    }
    let first_day = |year| Date { year, month: 1, day: 1 }.to_day();
    let same = |other: &i64| is_leap(*other) == is_leap(year) && weekday(first_day(*other)) == weekday(first_day(year));
    let alike = (LAST_TABLED_YEAR - 27..=LAST_TABLED_YEAR).rev().find(same).unwrap_or(LAST_TABLED_YEAR);
    utc + (first_day(alike) - first_day(year)) * DAY
}

// ---- reading ----

/// What is left of a text; every method takes from its front, or leaves it alone.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn next_is_digit(&self) -> bool {
        self.peek().is_some_and(|byte| byte.is_ascii_digit())
    }

    fn eat(&mut self, allowed: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| allowed.contains(byte))?;
        self.0 = &self.0[1..];
        Some(byte)
    }

    fn take_while(&mut self, wanted: impl Fn(&u8) -> bool) -> &'a [u8] {
        let length = self.0.iter().take_while(|byte| wanted(byte)).count();
        self.take(length)
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn digits(&mut self) -> &'a [u8] {
        self.take_while(u8::is_ascii_digit)
    }

    fn spaces(&mut self) -> bool {
        !self.take_while(u8::is_ascii_whitespace).is_empty()
    }

    /// Exactly `count` digits.
    fn exactly(&mut self, count: usize) -> Result<i64, Fault> {
        match self.0.get(..count) {
            Some(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(number(self.take(count))),
            _ => Err(Fault::Syntax),
        }
    }

    /// One or two digits, and no third.
    fn one_or_two(&mut self) -> Result<i64, Fault> {
        match self.digits() {
            digits @ ([_] | [_, _]) => Ok(number(digits)),
            _ => Err(Fault::Syntax),
        }
    }
}

/// The value of some digits, or something too large to be a year.
fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |value: i64, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')))
}

/// A time of day as written.
#[derive(Clone, Copy, Default)]
struct Time {
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
}

impl Time {
    /// Seconds and microseconds since midnight, at most a whole day.
    fn since_midnight(self, second_max: i64) -> Result<(i64, i64), Fault> {
        let Self { hour, minute, second, micros } = self;
        if hour > 24 || (hour == 24 && (minute, second, micros) != (0, 0, 0)) {
            Err(Fault::Field("hour"))
        } else if minute > 59 {
            Err(Fault::Field("minute"))
        } else if second > second_max || (second == 60 && hour == 23 && minute == 59 && micros > 0) {
            Err(Fault::Field("second"))
        } else {
            Ok((hour * 3_600 + minute * 60 + second, micros))
        }
    }
}

fn finite<A>(trimmed: &str) -> Result<Timestamp<A>, Fault> {
    let mut rest = Cursor(trimmed.as_bytes());
    let (year, month, day) = date(&mut rest)?;
    if rest.peek() == Some(b'-') {
        return Err(Fault::Syntax); // `2017-01-01-01`: a field too many; an offset behind Greenwich needs a space
    }
    let time = time_after_date(&mut rest)?;
    let (zone, before_christ) = zone_and_era(&mut rest)?;
    if year < 1 {
        return Err(Fault::Field("year"));
    }
    if year > 1_000_000 {
        return Err(Fault::Instant);
    }
    let year = if before_christ { 1 - year } else { year };
    let date = Date::new(year, month, day).map_err(Fault::Field)?;
    let (second, micros) = time.unwrap_or_default().since_midnight(60)?;
    timestamp(zone.to_utc(date.to_day() * DAY + second), micros)
}

/// Year, month and day as written, the year first.
fn date(rest: &mut Cursor<'_>) -> Result<(i64, i64, i64), Fault> {
    let digits = rest.digits();
    if let Some(separator) = rest.eat(b"-/.") {
        let month = rest.one_or_two()?;
        rest.eat(&[separator]).ok_or(Fault::Syntax)?;
        let day = rest.one_or_two()?;
        return if digits.len() >= 4 { Ok((number(digits), month, day)) } else { Err(Fault::Syntax) };
    }
    match digits.len().checked_sub(4) {
        Some(year @ 4..) => {
            let (year, month_and_day) = digits.split_at(year);
            Ok((number(year), number(&month_and_day[..2]), number(&month_and_day[2..])))
        }
        _ => Err(Fault::Syntax),
    }
}

/// The time that `T`, spaces or both introduce; without a time they are left for what follows.
fn time_after_date(rest: &mut Cursor<'_>) -> Result<Option<Time>, Fault> {
    let start = rest.0;
    let mut is_introduced = rest.spaces();
    if rest.eat(b"Tt").is_some() {
        rest.spaces();
        is_introduced = true;
    }
    if !is_introduced || !rest.next_is_digit() {
        rest.0 = start;
        return Ok(None);
    }
    let digits = rest.digits();
    let mut time = match digits.len() {
        1 | 2 => return time_with_colons(rest, number(digits)).map(Some),
        4 | 6 => Time {
            hour: number(&digits[..2]),
            minute: number(&digits[2..4]),
            second: number(&digits[4..]),
            ..Time::default()
        },
        _ => return Err(Fault::Syntax),
    };
    if digits.len() == 6 {
        time.micros = rounded_fraction(rest)?;
    }
    Ok(Some(time))
}

fn time_with_colons(rest: &mut Cursor<'_>, hour: i64) -> Result<Time, Fault> {
    rest.eat(b":").ok_or(Fault::Syntax)?;
    let mut time = Time { hour, minute: rest.one_or_two()?, ..Time::default() };
    if rest.eat(b":").is_some() {
        time.second = rest.one_or_two()?;
        time.micros = rounded_fraction(rest)?;
    }
    Ok(time)
}

/// Any number of decimals, rounded to microseconds as PostgreSQL does: by way of a double, ties to even.
fn rounded_fraction(rest: &mut Cursor<'_>) -> Result<i64, Fault> {
    let text = rest.0;
    if rest.eat(b".").is_none() {
        return Ok(0);
    }
    let decimals = rest.digits().len();
    let fraction = std::str::from_utf8(&text[..=decimals]).ok().and_then(|text| text.parse::<f64>().ok());
    let fraction = fraction.ok_or(Fault::Syntax)?;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number between 0 and a million")]
    Ok((fraction * 1e6).round_ties_even() as i64)
}

/// Everything after the time: at most one offset or zone, at most one `BC` or `AD`, in either order.
fn zone_and_era(rest: &mut Cursor<'_>) -> Result<(Zone, bool), Fault> {
    let (mut zone, mut before_christ) = (None, None);
    loop {
        rest.spaces();
        match rest.peek() {
            None => return Ok((zone.unwrap_or(Zone::Copenhagen), before_christ.unwrap_or(false))),
            Some(b'+' | b'-') if zone.is_none() => zone = Some(Zone::Offset(offset(rest)?)),
            Some(byte) if byte.is_ascii_alphabetic() => {
                let word = rest.take_while(|byte| !byte.is_ascii_whitespace());
                if before_christ.is_none() && (word.eq_ignore_ascii_case(b"BC") || word.eq_ignore_ascii_case(b"AD")) {
                    before_christ = Some(word.eq_ignore_ascii_case(b"BC"));
                } else if zone.is_none() {
                    zone = Some(named_zone(word)?);
                } else {
                    return Err(Fault::Syntax);
                }
            }
            Some(_) => return Err(Fault::Syntax),
        }
    }
}

/// A single letter that is no zone is rather a `T` without a time.
fn named_zone(word: &[u8]) -> Result<Zone, Fault> {
    let fault = if word.len() == 1 { Fault::Syntax } else { Fault::Zone };
    std::str::from_utf8(word).ok().and_then(Zone::named).ok_or(fault)
}

/// `+1`, `+01`, `+0100`, `+01:00`, `+00:50:20`, in seconds; less than 16 hours, as in PostgreSQL.
fn offset(rest: &mut Cursor<'_>) -> Result<i64, Fault> {
    let sign = if rest.eat(b"+-") == Some(b'-') { -1 } else { 1 };
    let digits = rest.digits();
    let (hours, mut minutes, mut seconds) = match digits.len() {
        1 | 2 => (number(digits), 0, 0),
        4 => (number(&digits[..2]), number(&digits[2..]), 0),
        _ => return Err(Fault::Syntax),
    };
    if digits.len() < 4 && rest.eat(b":").is_some() {
        minutes = rest.one_or_two()?;
        if rest.eat(b":").is_some() {
            seconds = rest.one_or_two()?;
        }
    }
    if hours > 15 || minutes > 59 || seconds > 59 {
        return Err(Fault::Field("offset"));
    }
    Ok(sign * (hours * 3_600 + minutes * 60 + seconds))
}

// ---- reading ISO 8601 ----

fn iso<A>(text: &str) -> Result<Timestamp<A>, Fault> {
    let mut rest = Cursor(text.as_bytes());
    let (day, is_full) = iso_day(&mut rest)?;
    let (mut time, mut zone) = (Time::default(), Zone::Copenhagen);
    if !rest.is_done() {
        match rest.take(1) {
            [separator]
                if is_full && separator.is_ascii() && !separator.is_ascii_digit() && !b"+-".contains(separator) => {}
            _ => return Err(Fault::Syntax),
        }
        time = iso_time(&mut rest)?;
        zone = iso_zone(&mut rest)?;
    }
    let (second, micros) = time.since_midnight(59)?;
    timestamp(zone.to_utc(day * DAY + second), micros)
}

/// The first day meant, and whether the text names a single day, so that a time may follow.
fn iso_day(rest: &mut Cursor<'_>) -> Result<(i64, bool), Fault> {
    let year = rest.exactly(4)?;
    if year == 0 {
        return Err(Fault::Field("year"));
    }
    let first = Date { year, month: 1, day: 1 };
    if rest.is_done() {
        return Ok((first.to_day(), false));
    }
    let has_dash = rest.eat(b"-").is_some();
    if rest.eat(b"W").is_some() {
        return iso_week(rest, first, has_dash);
    }
    let digits = rest.digits();
    let day = match (has_dash, digits.len()) {
        (_, 3) => {
            let day = number(digits);
            let last = if is_leap(year) { 366 } else { 365 };
            return if (1..=last).contains(&day) {
                Ok((first.to_day() + day - 1, true))
            } else {
                Err(Fault::Field("day of the year"))
            };
        }
        (true, 2) if rest.eat(b"-").is_some() => Some(rest.exactly(2)?),
        (true, 2) => None,
        (false, 4) => Some(number(&digits[2..])),
        _ => return Err(Fault::Syntax),
    };
    let date = Date::new(year, number(&digits[..2]), day.unwrap_or(1)).map_err(Fault::Field)?;
    Ok((date.to_day(), day.is_some()))
}

/// Week 1 is the week of 4 January.
fn iso_week(rest: &mut Cursor<'_>, first: Date, has_dash: bool) -> Result<(i64, bool), Fault> {
    let week = rest.exactly(2)?;
    let is_full = if has_dash { rest.eat(b"-").is_some() } else { rest.next_is_digit() };
    let day = if is_full { rest.exactly(1)? } else { 1 };
    if !(1..=53).contains(&week) {
        return Err(Fault::Field("week"));
    }
    if !(1..=7).contains(&day) {
        return Err(Fault::Field("weekday"));
    }
    let fourth = first.to_day() + 3;
    let monday = fourth + 1 - weekday(fourth);
    Ok((monday + (week - 1) * 7 + day - 1, is_full))
}

fn iso_time(rest: &mut Cursor<'_>) -> Result<Time, Fault> {
    let mut time = Time { hour: rest.exactly(2)?, ..Time::default() };
    let has_colons = rest.eat(b":").is_some();
    if !has_colons && !rest.next_is_digit() {
        return Ok(time);
    }
    time.minute = rest.exactly(2)?;
    let has_seconds = if has_colons { rest.eat(b":").is_some() } else { rest.next_is_digit() };
    if has_seconds {
        time.second = rest.exactly(2)?;
        time.micros = cut_fraction(rest)?;
    }
    Ok(time)
}

/// Decimals after a point or comma; those after the sixth do not count.
fn cut_fraction(rest: &mut Cursor<'_>) -> Result<i64, Fault> {
    if rest.eat(b".,").is_none() {
        return Ok(0);
    }
    let digits = rest.digits();
    if digits.is_empty() {
        return Err(Fault::Syntax);
    }
    let used = &digits[..digits.len().min(6)];
    Ok((used.len()..6).fold(number(used), |micros, _| micros * 10))
}

fn iso_zone(rest: &mut Cursor<'_>) -> Result<Zone, Fault> {
    let zone = match rest.eat(b"Zz+-") {
        None => Zone::Copenhagen,
        Some(b'Z' | b'z') => Zone::Offset(0),
        Some(sign) => {
            let hours = rest.exactly(2)?;
            let has_minutes = rest.eat(b":").is_some() || rest.next_is_digit();
            let minutes = if has_minutes { rest.exactly(2)? } else { 0 };
            if hours > 23 || minutes > 59 {
                return Err(Fault::Field("offset"));
            }
            let offset = hours * 3_600 + minutes * 60;
            Zone::Offset(if sign == b'-' { -offset } else { offset })
        }
    };
    if rest.is_done() { Ok(zone) } else { Err(Fault::Syntax) }
}

// ---- writing ----

fn write<A>(out: &mut Vec<u8>, at: Timestamp<A>, separator: u8, full_offset: bool) {
    let Some(micros) = at.micros() else {
        let name: &[u8] = if at.sort_key() > 0 { b"infinity" } else { b"-infinity" };
        return out.extend_from_slice(name);
    };
    let offset = i64::from(copenhagen::offset_at(micros));
    let is_before_christ = write_clock(out, micros.div_euclid(MICROS) + offset, separator);
    write_fraction(out, micros.rem_euclid(MICROS));
    write_offset(out, offset, full_offset);
    if is_before_christ {
        out.extend_from_slice(b" BC");
    }
}

/// Writes what a clock and a calendar show; returns whether the year is one before Christ.
fn write_clock(out: &mut Vec<u8>, seconds: i64, separator: u8) -> bool {
    let date = Date::from_day(seconds.div_euclid(DAY));
    let is_before_christ = date.year < 1;
    write_number(out, if is_before_christ { 1 - date.year } else { date.year }, 4);
    write_field(out, b'-', date.month);
    write_field(out, b'-', date.day);
    let second = seconds.rem_euclid(DAY);
    write_field(out, separator, second / 3_600);
    write_field(out, b':', second / 60 % 60);
    write_field(out, b':', second % 60);
    is_before_christ
}

/// Copenhagen has always been ahead of UTC, so there is no minus.
fn write_offset(out: &mut Vec<u8>, offset: i64, full: bool) {
    write_field(out, b'+', offset / 3_600);
    if full || offset % 3_600 != 0 {
        write_field(out, b':', offset / 60 % 60);
    }
    if offset % 60 != 0 {
        write_field(out, b':', offset % 60);
    }
}

fn write_fraction(out: &mut Vec<u8>, micros: i64) {
    if micros == 0 {
        return;
    }
    out.push(b'.');
    write_number(out, micros, 6);
    while out.last() == Some(&b'0') {
        out.pop();
    }
}

fn write_field(out: &mut Vec<u8>, separator: u8, value: i64) {
    out.push(separator);
    write_number(out, value, 2);
}

/// A number that is not negative, with zeros in front up to `width`.
fn write_number(out: &mut Vec<u8>, mut value: i64, width: usize) {
    let start = out.len();
    while value > 0 || out.len() < start + width {
        out.push(b'0' + u8::try_from(value % 10).unwrap_or_default());
        value /= 10;
    }
    out[start..].reverse();
}

#[cfg(test)]
#[path = "time_text_tests.rs"]
mod tests;
