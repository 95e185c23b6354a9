//! Civil dates of the proleptic Gregorian calendar as day numbers, exact for every year a timestamp can name.
//!
//! Years are astronomical: 0 is 1 BC, −1 is 2 BC.

/// Seconds of a day without leap seconds.
pub(crate) const DAY: i64 = 86_400;

/// A 400-year cycle of the calendar, in days; a whole number of weeks.
const CYCLE_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const MARCH_0_TO_EPOCH: i64 = 719_468;

/// A date of the calendar; only [`Date::new`] and [`Date::from_day`] make one, so it always exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
}

impl Date {
    /// The date, or the name of the field that is out of range.
    pub(crate) fn new(year: i64, month: i64, day: i64) -> Result<Self, &'static str> {
        if !(1..=12).contains(&month) {
            Err("month")
        } else if !(1..=days_in_month(year, month)).contains(&day) {
            Err("day")
        } else {
            Ok(Self { year, month, day })
        }
    }

    /// The date `day` days after 1970-01-01.
    pub(crate) fn from_day(day: i64) -> Self {
        let since = day + MARCH_0_TO_EPOCH;
        let (cycle, in_cycle) = (since.div_euclid(CYCLE_DAYS), since.rem_euclid(CYCLE_DAYS));
        // Years begin in March here, so that the leap day is the last day of a year, a century and a cycle.
        let leap_days = in_cycle / 1460 - in_cycle / 36_524 + in_cycle / 146_096;
        let year_in_cycle = (in_cycle - leap_days) / 365;
        let in_year = in_cycle - (365 * year_in_cycle + year_in_cycle / 4 - year_in_cycle / 100);
        let months_since_march = (5 * in_year + 2) / 153;
        let month = if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 };
        Self {
            year: 400 * cycle + year_in_cycle + i64::from(month <= 2),
            month,
            day: in_year - (153 * months_since_march + 2) / 5 + 1,
        }
    }

    /// Days since 1970-01-01.
    pub(crate) fn to_day(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (cycle, year_in_cycle) = (year.div_euclid(400), year.rem_euclid(400));
        let months_since_march = (self.month + 9) % 12;
        let in_year = (153 * months_since_march + 2) / 5 + self.day - 1;
        cycle * CYCLE_DAYS + 365 * year_in_cycle + year_in_cycle / 4 - year_in_cycle / 100 + in_year - MARCH_0_TO_EPOCH
    }
}

/// Monday is 1 and Sunday 7, as in ISO 8601.
pub(crate) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7) + 1
}

pub(crate) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_two_cycles_follows_the_day_before() {
        let mut expected = Date { year: -400, month: 1, day: 1 };
        let first = expected.to_day();
        for day in first..first + 2 * CYCLE_DAYS + 366 {
            assert_eq!(Date::from_day(day), expected);
            assert_eq!(expected.to_day(), day);
            expected = Date::new(expected.year, expected.month, expected.day + 1)
                .or_else(|_| Date::new(expected.year, expected.month + 1, 1))
                .or_else(|_| Date::new(expected.year + 1, 1, 1))
                .unwrap();
        }
    }

    #[test]
    fn known_days() {
        assert_eq!(Date { year: 1970, month: 1, day: 1 }.to_day(), 0);
        assert_eq!(Date { year: 2000, month: 3, day: 1 }.to_day(), 11_017);
        assert_eq!(Date { year: -4712, month: 1, day: 1 }.to_day() * DAY, -210_863_520_000);
        assert_eq!(Date { year: 294_247, month: 1, day: 1 }.to_day() * DAY, 9_223_371_244_800);
        assert_eq!(weekday(0), 4, "1970 began on a Thursday");
        assert_eq!(Date::new(2017, 13, 1), Err("month"));
        assert_eq!(Date::new(1900, 2, 29), Err("day"));
        assert!(Date::new(-4, 2, 29).is_ok(), "5 BC was a leap year");
    }
}
