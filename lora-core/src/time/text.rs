//! Instants as texts, as they are shown.

use std::str::FromStr;

use chrono::DateTime;

use super::Timestamp;

/// A text is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no instant: expected a date and time with its offset, such as `2024-01-01T00:00:00Z`, in the years 0 to \
     9999 and no finer than a microsecond, or `infinity` or `-infinity`"
)]
pub struct TimestampError {
    /// The refused text.
    pub text: String,
}

impl<A> FromStr for Timestamp<A> {
    type Err = TimestampError;

    /// The instant that RFC 3339 writes so, or an infinity. A date alone is none: nobody says where it is midnight.
    ///
    /// ```
    /// use lora_core::time::{Timestamp, ValidTime};
    ///
    /// let noon: Timestamp<ValidTime> = "2024-01-01T12:00:00+01:00".parse()?;
    /// assert_eq!(noon.to_string(), "2024-01-01T11:00:00Z");
    /// assert_eq!("infinity".parse(), Ok(Timestamp::<ValidTime>::INFINITY));
    /// assert!("2024-01-01".parse::<Timestamp<ValidTime>>().is_err());
    /// # Ok::<(), lora_core::time::TimestampError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        match text {
            "infinity" => return Ok(Self::INFINITY),
            "-infinity" => return Ok(Self::NEG_INFINITY),
            _ => {}
        }
        let refused = || TimestampError { text: text.to_owned() };
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| refused())?;
        if time.timestamp_subsec_nanos() % 1_000 != 0 {
            return Err(refused());
        }
        Self::from_micros(time.timestamp_micros()).map_err(|_| refused())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::ValidTime;

    type Valid = Timestamp<ValidTime>;

    /// The years 0 to 9999, in microseconds.
    const YEARS: std::ops::Range<i64> = -62_167_219_200_000_000..253_402_300_800_000_000;

    proptest! {
        #[test]
        fn what_is_shown_reads_back(micros in YEARS) {
            let instant = Valid::from_micros(micros).unwrap();
            prop_assert_eq!(instant.to_string().parse(), Ok(instant));
        }
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        for text in ["2024-01-01", "2024-01-01T00:00:00", "2024-01-01T00:00:00.0000001Z", "now", "", "Infinity"] {
            assert_eq!(text.parse::<Valid>(), Err(TimestampError { text: text.to_owned() }));
        }
        let ends = ["-infinity", "infinity"].map(|text| text.parse::<Valid>());
        assert_eq!(ends, [Ok(Valid::NEG_INFINITY), Ok(Valid::INFINITY)]);
    }
}
