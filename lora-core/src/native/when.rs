//! From which point of time a question is asked: `known` and `valid`, as members of JSON and as arguments.

use super::read::{ALWAYS, NEVER, between, bound, instant, window};
use super::write;
use crate::object::Position;
use crate::oio::input::Place;
use crate::oio::output::{name, object, separated, text as write_text};
use crate::oio::{Document, InputError};
use crate::query::{Known, TimeContext};
use crate::time::{Axis, Period, Timestamp, TransactionTime, ValidTime};

const LATEST: &str = "latest";
const NOW: &str = "now";

/// The arguments that say it, those of a window beside the one for an instant.
pub(super) const ARGUMENTS: [&str; 6] = ["known", "known_from", "known_to", "valid", "valid_from", "valid_to"];

/// From which point of time a question is asked, before the present is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// Which registrations count.
    pub known: Known,
    /// Which effects count.
    pub valid: Valid,
}

/// Which effects count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Valid {
    /// Those at the one instant that the request takes for the present.
    Now,
    /// Those that share an instant with this window; `None` is an empty window.
    During(Option<Period<ValidTime>>),
}

impl Default for When {
    /// In effect now, as known latest.
    fn default() -> Self {
        Self { known: Known::Latest, valid: Valid::Now }
    }
}

impl When {
    /// The same, where `now` is the present.
    pub fn at(self, now: Timestamp<TransactionTime>) -> TimeContext {
        let valid = match self.valid {
            Valid::Now => Period::instant(now.as_valid()),
            Valid::During(window) => window,
        };
        TimeContext { known: self.known, valid, now }
    }

    /// Reads the arguments `known`, `known_from`, `known_to`, `valid`, `valid_from` and `valid_to` of a query string.
    ///
    /// # Errors
    /// [`InputError`] whose path is `?` and the name: for a text that is no time, for an empty or reversed window, and
    /// for an instant together with a window.
    pub fn of_arguments<'a>(argument: impl Fn(&str) -> Option<&'a str>) -> Result<Self, InputError> {
        let [at, from, to, valid_at, valid_from, valid_to] = ARGUMENTS;
        let known = of_axis([at, from, to], &argument, read_known)?;
        let valid = of_axis([valid_at, valid_from, valid_to], &argument, read_valid)?;
        Ok(Self {
            known: known.map_or(Known::Latest, |asked| asked.unwrap_or_else(|window| Known::During(Some(window)))),
            valid: valid.map_or(Valid::Now, |asked| asked.unwrap_or_else(|window| Valid::During(Some(window)))),
        })
    }

    /// Reads the members `known` and `valid`, of which either may be absent.
    pub(super) fn of_members(
        known: Option<&Document>,
        valid: Option<&Document>,
        above: &Place<'_>,
    ) -> Result<Self, InputError> {
        let mut when = Self::default();
        if let Some(document) = known {
            let at = above.member("known");
            when.known = match document.as_text() {
                Some(text) => read_known(text, &at)?,
                None => Known::During(window(document, &at)?),
            };
        }
        if let Some(document) = valid {
            let at = above.member("valid");
            when.valid = match document.as_text() {
                Some(text) => read_valid(text, &at)?,
                None => Valid::During(window(document, &at)?),
            };
        }
        Ok(when)
    }

    /// Appends the members `known` and `valid`.
    pub(super) fn write_members(self, out: &mut Vec<u8>) {
        write_known(out, self.known);
        name(out, "valid");
        match self.valid {
            Valid::Now => write_text(out, NOW),
            Valid::During(window) => write_point_or_window(out, window),
        }
    }
}

/// What an axis is asked about: a word or an instant as it is read, or else a window between two bounds.
fn of_axis<'a, A: Axis, T>(
    [at, from, to]: [&str; 3],
    argument: &impl Fn(&str) -> Option<&'a str>,
    read: impl Fn(&str, &Place<'_>) -> Result<T, InputError>,
) -> Result<Option<Result<T, Period<A>>>, InputError> {
    let bounded = |name, missing| match argument(name) {
        Some(text) => bound(text, &Place::Query.member(name)),
        None => Ok(missing),
    };
    let begins_or_ends = argument(from).or(argument(to)).is_some();
    match argument(at) {
        Some(text) if begins_or_ends => {
            let accepted = format!("either `{at}`, or `{from}` and `{to}`");
            Err(Place::Query.member(at).error("conflicting_times", "stands beside a window", Some(text), accepted))
        }
        Some(text) => read(text, &Place::Query.member(at)).map(|read| Some(Ok(read))),
        None if begins_or_ends => {
            let (begin, end) = (bounded(from, Timestamp::NEG_INFINITY)?, bounded(to, Timestamp::INFINITY)?);
            between(begin, end, &Place::Query.member(to)).map(|window| Some(Err(window)))
        }
        None => Ok(None),
    }
}

fn read_known(text: &str, at: &Place<'_>) -> Result<Known, InputError> {
    Ok(match text {
        LATEST => Known::Latest,
        ALWAYS => Known::During(Some(Period::ALWAYS)),
        NEVER => Known::During(None),
        text => Known::at(instant(text, at, "`latest`, `always`")?),
    })
}

fn read_valid(text: &str, at: &Place<'_>) -> Result<Valid, InputError> {
    Ok(Valid::During(match text {
        NOW => return Ok(Valid::Now),
        ALWAYS => Some(Period::ALWAYS),
        NEVER => None,
        text => Period::instant(instant(text, at, "`now`, `always`")?),
    }))
}

/// Appends a point of time with the position of the store that shows it:
/// `{"known": …, "valid": …, "now": …, "position": …}`.
pub fn write_context(out: &mut Vec<u8>, context: &TimeContext, position: Position) {
    object(out, |out| {
        write_known(out, context.known);
        name(out, "valid");
        write_point_or_window(out, context.valid);
        name(out, "now");
        write::instant(out, context.now);
        name(out, "position");
        separated(out, position.to_string().as_bytes());
    });
}

fn write_known(out: &mut Vec<u8>, known: Known) {
    name(out, "known");
    match known {
        Known::Latest => write_text(out, LATEST),
        Known::During(window) => write_point_or_window(out, window),
    }
}

/// Appends a window, or the instant that it is.
fn write_point_or_window<A: Axis>(out: &mut Vec<u8>, window: Option<Period<A>>) {
    match window.filter(|window| Period::instant(window.from()) == Some(*window)) {
        Some(instant) => write::instant(out, instant.from()),
        None => write::write_window(out, window),
    }
}
