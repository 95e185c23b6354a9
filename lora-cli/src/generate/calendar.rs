//! Days of the Danish calendar and instants in UTC, as the generator needs them: small, total, without a clock.

use std::fmt;
use std::str::FromStr;

use lora_core::time::{Timestamp, TransactionTime};

const DAY_MICROS: i64 = 86_400_000_000;

/// A day, standing for its first instant in Copenhagen; or one of the two infinities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// The text is no day of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date; expected YYYY-MM-DD, for example 2026-07-01")]
pub struct NotADate(String);

impl Day {
    /// Before every day.
    pub const NEG_INFINITY: Self = Self(i32::MIN);
    /// After every day.
    pub const INFINITY: Self = Self(i32::MAX);

    /// The day of that date; dates beyond the end of a month run on into the next one.
    pub const fn of(year: i32, month: i32, day: i32) -> Self {
        // Years are counted from March, so that the leap day is the last of its year.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * month + 2) / 5 + day - 1;
        Self(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
    }

    /// Year, month and day of month.
    pub const fn civil(self) -> (i32, i32, i32) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
    }

    /// Whether this is neither of the infinities.
    pub const fn is_finite(self) -> bool {
        self.0 != i32::MIN && self.0 != i32::MAX
    }

    pub(super) const fn year(self) -> i32 {
        self.civil().0
    }

    /// That many days later; the infinities stay what they are.
    pub(super) const fn plus(self, days: i32) -> Self {
        if self.is_finite() { Self(self.0 + days) } else { self }
    }

    /// The same date that many years later (29 February becomes 1 March).
    pub(super) const fn plus_years(self, years: i32) -> Self {
        if !self.is_finite() {
            return self;
        }
        let (year, month, day) = self.civil();
        Self::of(year + years, month, day)
    }

    /// The first day of the month after the one that holds this day.
    pub(super) const fn next_month(self) -> Self {
        let (year, month, _) = self.civil();
        if month == 12 { Self::of(year + 1, 1, 1) } else { Self::of(year, month + 1, 1) }
    }

    /// The days from `earlier` to this one; both finite.
    pub(super) const fn days_since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// The first day from this one on that is neither Saturday nor Sunday.
    pub(super) const fn working_day(self) -> Self {
        match (self.0 + 3).rem_euclid(7) {
            5 => Self(self.0 + 2),
            6 => Self(self.0 + 1),
            _ => self,
        }
    }

    const fn last_sunday(year: i32, month: i32) -> Self {
        let last = Self::of(year, month, 31 - if month == 9 { 1 } else { 0 });
        Self(last.0 - (last.0 + 4).rem_euclid(7))
    }

    /// The offset of Copenhagen at the beginning of this day: right for every day since 1949.
    const fn offset_hours(self) -> i32 {
        let year = self.year();
        if year < 1980 {
            return 1;
        }
        let begin = if year == 1980 { Self::of(1980, 4, 6) } else { Self::last_sunday(year, 3) };
        let end = Self::last_sunday(year, if year < 1996 { 9 } else { 10 });
        // Both changes come after midnight, so their days begin with the old offset.
        if begin.0 < self.0 && self.0 <= end.0 { 2 } else { 1 }
    }

    /// The first instant of the day in Copenhagen.
    pub(super) const fn begin(self) -> Instant {
        Instant(self.0 as i64 * DAY_MICROS - self.offset_hours() as i64 * 3_600_000_000)
    }

    /// The first instant of the day in UTC.
    pub(super) const fn begin_utc(self) -> Instant {
        Instant(self.0 as i64 * DAY_MICROS)
    }

    /// `seconds` and `micros` into the day, counted from its beginning in Copenhagen.
    pub(super) const fn time(self, seconds: i64, micros: i64) -> Instant {
        Instant(self.begin().0 + seconds * 1_000_000 + micros)
    }

    /// Appends the day's first instant: ISO 8601 with Copenhagen's offset, or the name of the infinity.
    pub(super) fn push_to(self, text: &mut String) {
        if !self.is_finite() {
            text.push_str(if self == Self::INFINITY { "infinity" } else { "-infinity" });
            return;
        }
        self.push_date(text);
        text.push_str(if self.offset_hours() == 2 { "T00:00:00+02:00" } else { "T00:00:00+01:00" });
    }

    fn push_date(self, text: &mut String) {
        let (year, month, day) = self.civil();
        push_padded(text, i64::from(year), 4);
        text.push('-');
        push_padded(text, i64::from(month), 2);
        text.push('-');
        push_padded(text, i64::from(day), 2);
    }
}

impl FromStr for Day {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let refused = || NotADate(text.to_owned());
        let shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let number = |part: Option<&str>, width: usize| {
            part.filter(|part| part.len() == width).and_then(|part| part.parse::<i32>().ok()).ok_or_else(refused)
        };
        let mut parts = text.split('-');
        let date = (number(parts.next(), 4)?, number(parts.next(), 2)?, number(parts.next(), 2)?);
        let day = Self::of(date.0, date.1, date.2);
        if shaped && (1..=12).contains(&date.1) && day.civil() == date { Ok(day) } else { Err(refused()) }
    }
}

/// `YYYY-MM-DD`, or the name of the infinity.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(10);
        if self.is_finite() {
            self.push_date(&mut text)
        } else {
            self.push_to(&mut text)
        }
        f.pad(&text)
    }
}

/// Half-open stretch of days `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Day,
    pub(super) to: Day,
}

impl Span {
    /// `[from, to)`, or `None` when that is empty.
    pub(super) fn new(from: Day, to: Day) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// `[from, infinity)`.
    pub(super) const fn since(from: Day) -> Self {
        Self { from, to: Day::INFINITY }
    }

    /// The days in both.
    pub(super) fn intersect(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }
}

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(i64);

impl Instant {
    /// After every instant that the generator writes.
    pub(super) const NEVER: Self = Self(i64::MAX);

    pub(super) const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    pub(super) const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_micros(seconds.saturating_mul(1_000_000))
    }

    pub(super) const fn micros_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The same as others know it.
    pub(super) fn timestamp(self) -> Timestamp<TransactionTime> {
        Timestamp::from_micros(self.0).expect("what is generated lies near the present")
    }
}

/// ISO 8601 in UTC with six decimals.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.rem_euclid(DAY_MICROS);
        let mut text = String::with_capacity(27);
        Day(self.0.div_euclid(DAY_MICROS) as i32).push_date(&mut text);
        for (mark, value, width) in [
            ('T', micros / 3_600_000_000, 2),
            (':', micros / 60_000_000 % 60, 2),
            (':', micros / 1_000_000 % 60, 2),
            ('.', micros % 1_000_000, 6),
        ] {
            text.push(mark);
            push_padded(&mut text, value, width);
        }
        text.push('Z');
        f.pad(&text)
    }
}

/// Appends a non-negative number with leading zeros; the formatting machinery is too slow for the hot path.
pub(super) fn push_padded(text: &mut String, value: i64, width: u32) {
    let mut divisor = 10_i64.pow(width - 1);
    while divisor > 0 {
        text.push(char::from(b'0' + (value / divisor % 10) as u8));
        divisor /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_day_numbers_agree_in_both_directions() {
        assert_eq!(Day::of(1970, 1, 1), Day(0));
        assert_eq!(Day::of(2000, 3, 1), Day(11_017));
        for number in -30_000..60_000 {
            let (year, month, day) = Day(number).civil();
            assert_eq!(Day::of(year, month, day), Day(number));
        }
    }

    #[test]
    fn summer_time_begins_after_the_midnight_of_its_day() {
        let text = |day: Day| {
            let mut text = String::new();
            day.push_to(&mut text);
            text
        };
        assert_eq!(text(Day::of(2024, 3, 31)), "2024-03-31T00:00:00+01:00");
        assert_eq!(text(Day::of(2024, 4, 1)), "2024-04-01T00:00:00+02:00");
        assert_eq!(text(Day::of(2024, 10, 27)), "2024-10-27T00:00:00+02:00");
        assert_eq!(text(Day::of(2024, 10, 28)), "2024-10-28T00:00:00+01:00");
        assert_eq!(text(Day::of(1975, 7, 1)), "1975-07-01T00:00:00+01:00", "no summer time before 1980");
        assert_eq!(text(Day::of(1990, 10, 1)), "1990-10-01T00:00:00+01:00", "it ended in September before 1996");
        assert_eq!(text(Day::INFINITY), "infinity");
    }

    #[test]
    fn instants_are_written_in_utc() {
        assert_eq!(Day::of(2026, 7, 1).begin().to_string(), "2026-06-30T22:00:00.000000Z");
        assert_eq!(Day::of(2026, 1, 1).time(3661, 7).to_string(), "2026-01-01T00:01:01.000007Z");
    }

    #[test]
    fn only_whole_dates_of_the_calendar_are_read() {
        assert_eq!("2024-02-29".parse(), Ok(Day::of(2024, 2, 29)));
        for text in ["2023-02-29", "2024-13-01", "2024-00-10", "24-01-01", "2024-1-1", "i går", "", "2024-01-011"] {
            assert_eq!(text.parse::<Day>(), Err(NotADate(text.to_owned())));
        }
    }

    #[test]
    fn working_days_skip_the_weekend() {
        assert_eq!(Day::of(2026, 6, 27).working_day(), Day::of(2026, 6, 29), "a Saturday");
        assert_eq!(Day::of(2026, 6, 28).working_day(), Day::of(2026, 6, 29), "a Sunday");
        assert_eq!(Day::of(2026, 6, 26).working_day(), Day::of(2026, 6, 26), "a Friday");
    }
}
