//! From which point of the two time axes a request asks.

use lora_core::oio::{point, window_bound};
use lora_core::query::{Known, TimeContext};
use lora_core::time::{Axis, Period, Timestamp, TransactionTime};

use super::Arguments;
use crate::error::Problem;

/// The time context that the arguments give; without any it is now, as known latest.
///
/// A point is one microsecond; beside it an empty bound counts as absent. A window is half-open, and a bound that is not given is infinite; a window from an
/// instant to itself is empty, so that nothing is in it.
///
/// # Errors
/// 400 for a point together with a window, for texts that are no time, and for a window that ends before it begins.
pub(crate) fn time_context(arguments: &Arguments, now: Timestamp<TransactionTime>) -> Result<TimeContext, Problem> {
    let valid = asked(arguments, ["virkningstid", "virkningfra", "virkningtil"], now)?;
    let known = asked(arguments, ["registreringstid", "registreretfra", "registrerettil"], now)?;
    Ok(TimeContext {
        known: known.map_or(Known::Latest, Known::During),
        valid: valid.unwrap_or_else(|| Period::instant(now.as_valid())),
        now,
    })
}

/// The window asked for on one axis, `Some(None)` for an empty one; `None` where nothing is asked.
fn asked<A: Axis>(
    arguments: &Arguments,
    [at, from, to]: [&str; 3],
    now: Timestamp<TransactionTime>,
) -> Result<Option<Option<Period<A>>>, Problem> {
    let bound = |name: &str, missing| match arguments.first(name) {
        Some(text) => window_bound(text, now).map_err(|error| Problem::time(name, text, &error)),
        None => Ok(missing),
    };
    let windowed = arguments.has(from) || arguments.has(to);
    let says = |name: &str| arguments.first(name).filter(|text| !text.is_empty());
    match says(at) {
        Some(_) if says(from).or(says(to)).is_some() => {
            let message = format!("'{from}'/'{to}' conflict with '{at}'");
            Err(Problem::invalid("conflicting_times", message).parameter(at))
        }
        Some(text) => {
            let instant = point(text).map_err(|error| Problem::time(at, text, &error))?;
            Ok(Some(Period::instant(instant)))
        }
        None if windowed => {
            let (begin, end) = (bound(from, Timestamp::NEG_INFINITY)?, bound(to, Timestamp::INFINITY)?);
            if begin > end {
                let message = "range lower bound must be less than or equal to range upper bound";
                let problem = Problem::data("reversed_window", message).parameter(from);
                return Err(problem.value(format!("[{begin}, {end})")));
            }
            Ok(Some(Period::new(begin, end).ok()))
        }
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lora_core::time::ValidTime;

    fn context(query: &str) -> Result<TimeContext, Problem> {
        let arguments = Arguments::of(&format!("/x?{query}").parse().unwrap())?;
        time_context(&arguments, Timestamp::from_micros(1_000_000).unwrap())
    }

    fn valid(from: &str, to: &str) -> Option<Period<ValidTime>> {
        Period::new(point(from).unwrap(), point(to).unwrap()).ok()
    }

    #[test]
    fn nothing_asked_is_now_as_known_latest() {
        let now = Timestamp::from_micros(1_000_000).unwrap();
        assert_eq!(context("").unwrap(), TimeContext::now(now));
        assert_eq!(context("virkningstid=").unwrap(), TimeContext::now(now), "an empty point counts as absent");
        let point = "virkningstid=2010-01-01";
        let beside = context(&format!("{point}&virkningfra=&virkningtil="));
        assert_eq!(beside.unwrap(), context(point).unwrap(), "and so does an empty bound beside a point");
    }

    #[test]
    fn windows_are_half_open_and_may_be_open_or_empty() {
        let window = context("virkningFra=2010-01-01&virkningTil=2011-01-01").unwrap();
        assert_eq!(window.valid, valid("2010-01-01", "2011-01-01"));
        assert_eq!(window.known, Known::Latest);
        let open = context("virkningtil=2011-01-01").unwrap().valid.unwrap();
        assert_eq!(open.from(), Timestamp::NEG_INFINITY);
        assert_eq!(context("virkningfra=2010-01-01&virkningtil=2010-01-01").unwrap().valid, None);
        assert_eq!(context("registreretfra=today&registrerettil=today").unwrap().known, Known::During(None));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for query in [
            "virkningstid=2010-01-01&virkningtil=2011-01-01",
            "virkningfra=2012-01-01&virkningtil=2011-01-01",
            "virkningfra=garbage",
            "virkningfra=&virkningtil=infinity",
            "virkningstid=infinity",
            "registreringstid=now",
        ] {
            assert!(context(query).is_err(), "{query}");
        }
    }
}
