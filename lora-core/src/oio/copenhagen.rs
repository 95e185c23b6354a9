//! Europe/Copenhagen: from instants to the clock on the wall and back.
//!
//! A table of our own up to 1995, then the rule of the EU, which is taken to hold for ever.
//! Ours, because the sources at hand join Copenhagen's past with Berlin's: until 1894 Copenhagen was 50 minutes and
//! 20 seconds ahead of Greenwich, and its summer times of 1916 and 1940–1948 were its own.

use super::civil::{DAY, Date, weekday};

const MICROS: i64 = 1_000_000;

/// Copenhagen's mean time, before 1894.
const MEAN: i32 = 3_020;
const WINTER: i32 = 3_600;
const SUMMER: i32 = 7_200;

/// The start of 1996 (UTC), from which on the rule of the EU holds.
const EU_RULE: i64 = 820_454_400;

/// When (UTC seconds) which offset began, before the rule of the EU.
#[rustfmt::skip]
const TRANSITIONS: [(i64, i32); 49] = [
    (-2_398_294_220, WINTER), // 1893-12-31T23:09:40Z
    (-1_692_496_800, SUMMER), // 1916-05-14T22:00:00Z
    (-1_680_490_800, WINTER), // 1916-09-30T21:00:00Z
    (-935_110_800, SUMMER), // 1940-05-14T23:00:00Z
    (-857_257_200, WINTER), // 1942-11-02T01:00:00Z
    (-844_556_400, SUMMER), // 1943-03-29T01:00:00Z
    (-828_226_800, WINTER), // 1943-10-04T01:00:00Z
    (-812_502_000, SUMMER), // 1944-04-03T01:00:00Z
    (-796_777_200, WINTER), // 1944-10-02T01:00:00Z
    (-781_052_400, SUMMER), // 1945-04-02T01:00:00Z
    (-769_388_400, WINTER), // 1945-08-15T01:00:00Z
    (-747_010_800, SUMMER), // 1946-05-01T01:00:00Z
    (-736_383_600, WINTER), // 1946-09-01T01:00:00Z
    (-715_215_600, SUMMER), // 1947-05-04T01:00:00Z
    (-706_748_400, WINTER), // 1947-08-10T01:00:00Z
    (-683_161_200, SUMMER), // 1948-05-09T01:00:00Z
    (-675_298_800, WINTER), // 1948-08-08T01:00:00Z
    (323_830_800, SUMMER), // 1980-04-06T01:00:00Z
    (338_950_800, WINTER), // 1980-09-28T01:00:00Z
    (354_675_600, SUMMER), // 1981-03-29T01:00:00Z
    (370_400_400, WINTER), // 1981-09-27T01:00:00Z
    (386_125_200, SUMMER), // 1982-03-28T01:00:00Z
    (401_850_000, WINTER), // 1982-09-26T01:00:00Z
    (417_574_800, SUMMER), // 1983-03-27T01:00:00Z
    (433_299_600, WINTER), // 1983-09-25T01:00:00Z
    (449_024_400, SUMMER), // 1984-03-25T01:00:00Z
    (465_354_000, WINTER), // 1984-09-30T01:00:00Z
    (481_078_800, SUMMER), // 1985-03-31T01:00:00Z
    (496_803_600, WINTER), // 1985-09-29T01:00:00Z
    (512_528_400, SUMMER), // 1986-03-30T01:00:00Z
    (528_253_200, WINTER), // 1986-09-28T01:00:00Z
    (543_978_000, SUMMER), // 1987-03-29T01:00:00Z
    (559_702_800, WINTER), // 1987-09-27T01:00:00Z
    (575_427_600, SUMMER), // 1988-03-27T01:00:00Z
    (591_152_400, WINTER), // 1988-09-25T01:00:00Z
    (606_877_200, SUMMER), // 1989-03-26T01:00:00Z
    (622_602_000, WINTER), // 1989-09-24T01:00:00Z
    (638_326_800, SUMMER), // 1990-03-25T01:00:00Z
    (654_656_400, WINTER), // 1990-09-30T01:00:00Z
    (670_381_200, SUMMER), // 1991-03-31T01:00:00Z
    (686_106_000, WINTER), // 1991-09-29T01:00:00Z
    (701_830_800, SUMMER), // 1992-03-29T01:00:00Z
    (717_555_600, WINTER), // 1992-09-27T01:00:00Z
    (733_280_400, SUMMER), // 1993-03-28T01:00:00Z
    (749_005_200, WINTER), // 1993-09-26T01:00:00Z
    (764_730_000, SUMMER), // 1994-03-27T01:00:00Z
    (780_454_800, WINTER), // 1994-09-25T01:00:00Z
    (796_179_600, SUMMER), // 1995-03-26T01:00:00Z
    (811_904_400, WINTER), // 1995-09-24T01:00:00Z
];

/// Seconds that Copenhagen's clocks are ahead of UTC at an instant, given in microseconds since 1970.
///
/// ```
/// use lora_core::oio::copenhagen::offset_at;
///
/// assert_eq!(offset_at(1_521_939_600_000_000 - 1), 3_600, "2018-03-25, the last microsecond of winter time");
/// assert_eq!(offset_at(1_521_939_600_000_000), 7_200);
/// assert_eq!(offset_at(-2_500_000_000_000_000), 3_020, "1890");
/// ```
pub fn offset_at(utc_micros: i64) -> i32 {
    offset_at_second(utc_micros.div_euclid(MICROS))
}

/// The instant at which Copenhagen's clocks showed `local_micros`, the microseconds from 1970-01-01T00:00 on the wall.
///
/// A time that the clocks skipped is read with the offset before the jump, which moves it forward: 02:30 in the
/// spring becomes 03:30. A time that they showed twice is the later one, winter time.
///
/// ```
/// use lora_core::oio::copenhagen::{offset_at, to_utc};
///
/// let half_past_two = 1_521_945_000_000_000; // 2018-03-25 02:30, which no clock showed
/// let instant = to_utc(half_past_two);
/// let shown = instant + i64::from(offset_at(instant)) * 1_000_000;
/// assert_eq!(shown - half_past_two, 3_600_000_000);
/// ```
pub fn to_utc(local_micros: i64) -> i64 {
    let local = local_micros.div_euclid(MICROS);
    local_micros.saturating_sub((local - to_utc_second(local)) * MICROS)
}

/// [`offset_at`] in whole seconds.
pub(crate) fn offset_at_second(utc: i64) -> i32 {
    if utc >= EU_RULE {
        return offset_by_rule(utc);
    }
    match TRANSITIONS.partition_point(|&(from, _)| from <= utc) {
        0 => MEAN,
        after => TRANSITIONS[after - 1].1,
    }
}

/// [`to_utc`] in whole seconds.
pub(crate) fn to_utc_second(local: i64) -> i64 {
    resolve(local, offset_at_second)
}

/// The instant (UTC seconds) of a local time in a zone whose offsets are given: skipped times move forward, and of
/// two instants with the same local time it is the later one.
///
/// The zone must not change its clocks twice within two days.
pub(super) fn resolve(local: i64, offset_at: impl Fn(i64) -> i32) -> i64 {
    let before = i64::from(offset_at(local - DAY));
    let after = i64::from(offset_at(local + DAY));
    let shows = |offset: i64| i64::from(offset_at(local - offset)) == offset;
    if shows(after) { local - after } else { local - before }
}

/// Summer time from the last Sunday in March to the last in October, both at 01:00 UTC.
fn offset_by_rule(utc: i64) -> i32 {
    let year = Date::from_day(utc.div_euclid(DAY)).year;
    let change = |month| last_sunday(year, month) * DAY + 3_600;
    if change(3) <= utc && utc < change(10) { SUMMER } else { WINTER }
}

/// The day number of the last Sunday of a month with 31 days.
fn last_sunday(year: i64, month: i64) -> i64 {
    let last = Date { year, month, day: 31 }.to_day();
    last - weekday(last) % 7
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SYSTEM_FILE: &str = "/usr/share/zoneinfo/Europe/Copenhagen";

    /// The transitions of a TZif file (RFC 8536), as (UTC seconds, offset), and the offset before the first.
    struct Zone {
        first: i32,
        transitions: Vec<(i64, i32)>,
        rule: String,
    }

    impl Zone {
        fn read(file: &[u8]) -> Self {
            let second = &file[44 + Self::block_length(file, 4)..];
            let [.., transition_count, type_count, _] = Self::counts(second);
            let (times, rest) = second[44..].split_at(8 * transition_count);
            let (kinds, rest) = rest.split_at(transition_count);
            let offset = |kind: u8| {
                assert!(usize::from(kind) < type_count);
                i32::from_be_bytes(rest[6 * usize::from(kind)..][..4].try_into().unwrap())
            };
            let time = |bytes: &[u8]| i64::from_be_bytes(bytes.try_into().unwrap());
            let transitions = times.chunks(8).zip(kinds).map(|(at, kind)| (time(at), offset(*kind))).collect();
            let rule = String::from_utf8(second[44 + Self::block_length(second, 8)..].to_vec()).unwrap();
            Self { first: offset(0), transitions, rule }
        }

        /// UT/local marks, standard/wall marks, leap seconds, transitions, types, bytes of abbreviations.
        fn counts(block: &[u8]) -> [usize; 6] {
            assert_eq!(&block[..4], b"TZif");
            std::array::from_fn(|i| u32::from_be_bytes(block[20 + 4 * i..][..4].try_into().unwrap()) as usize)
        }

        fn block_length(block: &[u8], time_bytes: usize) -> usize {
            let [ut, standard, leaps, transitions, types, names] = Self::counts(block);
            transitions * (time_bytes + 1) + types * 6 + names + leaps * (time_bytes + 4) + standard + ut
        }
    }

    #[test]
    fn every_transition_agrees_with_the_tz_data_of_the_system() {
        let Ok(file) = std::fs::read(SYSTEM_FILE) else {
            eprintln!("NOT CHECKED: {SYSTEM_FILE} is missing on this system (package tzdata)");
            return;
        };
        let zone = Zone::read(&file);
        assert_eq!(zone.rule.trim(), "CET-1CEST,M3.5.0,M10.5.0/3", "the rule of the EU holds for ever");
        assert!(
            zone.first == MEAN && zone.transitions.len() > 100,
            "{SYSTEM_FILE} lacks the past before 1970: it was built without the zones' full history"
        );
        let mut before = zone.first;
        for (at, offset) in zone.transitions {
            for (second, expected) in [(at - 1, before), (at, offset), (at + 1, offset)] {
                assert_eq!(offset_at_second(second), expected, "at {second}");
            }
            assert_eq!(offset_at(at * MICROS - 1), before, "the last microsecond before {at}");
            before = offset;
        }
    }

    #[test]
    fn the_table_is_in_order_and_every_entry_changes_the_clocks() {
        assert!(TRANSITIONS.is_sorted_by(|a, b| a.0 < b.0 && a.1 != b.1));
        assert!(TRANSITIONS.iter().all(|(at, _)| *at < EU_RULE));
    }

    #[test]
    fn skipped_times_move_forward_and_doubled_times_are_winter() {
        let mut before = MEAN;
        for (at, offset) in TRANSITIONS {
            let (earlier, later) = (at + i64::from(before.min(offset)), at + i64::from(before.max(offset)));
            for local in [earlier, earlier + 1, later - 1] {
                let expected = if before < offset { before } else { offset };
                assert_eq!(to_utc_second(local), local - i64::from(expected), "{local} on the wall");
            }
            assert_eq!(to_utc_second(earlier - 1), earlier - 1 - i64::from(before));
            assert_eq!(to_utc_second(later), later - i64::from(offset));
            before = offset;
        }
    }

    #[test]
    fn the_rule_holds_to_the_last_year() {
        let second = |month, day, hour: i64| Date { year: 294_246, month, day }.to_day() * DAY + hour * 3_600;
        assert_eq!(offset_at_second(second(7, 1, 0)), SUMMER);
        assert_eq!(offset_at_second(second(12, 31, 23)), WINTER);
        assert_eq!(offset_at_second(second(3, 20, 0)), WINTER);
    }

    proptest! {
        #[test]
        fn what_a_clock_showed_once_is_read_back(utc in -210_863_520_000_000_000_i64..9_223_371_244_800_000_000) {
            let shown = |utc: i64| utc + i64::from(offset_at(utc)) * MICROS;
            let read = to_utc(shown(utc));
            prop_assert_eq!(shown(read), shown(utc));
            prop_assert!(read == utc || (read > utc && offset_at(utc) == SUMMER), "only a doubled hour is moved, to winter");
        }

        #[test]
        fn whatever_is_on_the_wall_has_an_instant(local in any::<i64>()) {
            let utc = to_utc(local);
            prop_assert!((local.saturating_sub(utc) / MICROS) <= i64::from(SUMMER));
        }
    }
}
