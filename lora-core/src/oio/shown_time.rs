//! Instants as people read them.

use super::write_virkning_bound;
use crate::time::{Timestamp, ValidTime};

/// A finite instant, given in microseconds since 1970, as Copenhagen's clocks and calendars show it: a date where it is
/// midnight there, else with the time and the offset.
///
/// ```
/// use lora_core::oio::shown_instant;
///
/// assert_eq!(shown_instant(1_577_833_200_000_000), "2020-01-01");
/// assert_eq!(shown_instant(1_577_833_200_000_001), "2020-01-01 00:00:00.000001+01");
/// ```
pub fn shown_instant(micros: i64) -> String {
    let Ok(at) = Timestamp::<ValidTime>::from_micros(micros) else {
        return format!("{micros} microseconds since 1970");
    };
    let mut text = Vec::new();
    write_virkning_bound(&mut text, at);
    let text = String::from_utf8_lossy(&text);
    match text.split_once(" 00:00:00+") {
        Some((date, _)) if !text.ends_with("BC") => date.to_owned(),
        _ => text.into_owned(),
    }
}
