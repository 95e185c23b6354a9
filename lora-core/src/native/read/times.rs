//! Time: windows, and the operators that carry a filter to other instants.

use super::super::instant::{INSTANT, InstantError, read_instant};
use super::super::names::{self, Kind};
use super::{Node, Operator, Reader, one_of, only};
use crate::oio::input::{Place, find, text};
use crate::oio::{Document, InputError};
use crate::query::{Filter, Other};
use crate::storage::KnownAt;
use crate::time::{Allen, Axis, Period, Timestamp};

/// The words for how periods stand to each other.
pub(crate) const STANDS: [(&str, Allen); 13] = [
    ("before", Allen::Before),
    ("meets", Allen::Meets),
    ("overlaps", Allen::Overlaps),
    ("starts", Allen::Starts),
    ("during", Allen::During),
    ("finishes", Allen::Finishes),
    ("equals", Allen::Equals),
    ("finished_by", Allen::FinishedBy),
    ("contains", Allen::Contains),
    ("started_by", Allen::StartedBy),
    ("overlapped_by", Allen::OverlappedBy),
    ("met_by", Allen::MetBy),
    ("after", Allen::After),
];

/// All of an axis, and an empty window.
pub(crate) const ALWAYS: &str = "always";
pub(crate) const NEVER: &str = "never";

const WINDOW: &str = "an object with `from`, `to` or both, or `always`";

impl Reader<'_> {
    pub(super) fn quantified(
        &mut self,
        operator: Operator,
        value: &Document,
        node: &Node<'_>,
    ) -> Result<Filter, InputError> {
        Ok(match operator {
            Operator::RegisteredIn => Filter::RegisteredIn(period(value, &node.member("registered_in"))?),
            Operator::ChangedIn => self.changed_in(value, node)?,
            Operator::FirstKnownIn => {
                let within = period(value, &node.member("first_known_in"))?;
                Filter::FirstKnownIn { within, filter: self.carried(node)? }
            }
            Operator::AsKnown => {
                let at = known_at(value, &node.member("as_known"))?;
                Filter::AsKnown { at, filter: self.carried(node)? }
            }
            Operator::Sometime => {
                let within = window(value, &node.member("sometime"))?;
                Filter::Sometime { within, filter: self.carried(node)? }
            }
            Operator::Throughout => {
                let within = period(value, &node.member("throughout"))?;
                Filter::Throughout { within, filter: self.carried(node)? }
            }
            _ => self.periods(value, node)?,
        })
    }

    /// What stands under `where`.
    fn carried(&mut self, node: &Node<'_>) -> Result<Box<Filter>, InputError> {
        self.boxed(node.class, node.required("where")?, &node.member("where"))
    }

    fn changed_in(&self, value: &Document, node: &Node<'_>) -> Result<Filter, InputError> {
        let within = period(value, &node.member("changed_in"))?;
        let part = match node.find("part") {
            Some(document) => {
                let at = node.member("part");
                Some(names::resolve(node.class, Kind::Any, text(document, &at)?, &at)?.id())
            }
            None => None,
        };
        Ok(Filter::ChangedIn { within, part })
    }

    fn periods(&mut self, of: &Document, node: &Node<'_>) -> Result<Filter, InputError> {
        let of = self.boxed(node.class, of, &node.member("periods_of"))?;
        let stand = |document: &Document, at: &Place<'_>| names::word(&STANDS, text(document, at)?, at);
        let stand = self.one_or_many(node.required("stand")?, &node.member("stand"), stand)?;
        let to = match one_of(node, &["to", "to_periods_of"])? {
            ("to", document) => Other::Period(period(document, &node.member("to"))?),
            (name, document) => Other::Filter(self.boxed(node.class, document, &node.member(name))?),
        };
        Ok(Filter::Periods { of, stand, to })
    }
}

/// Reads `latest` or an instant.
fn known_at(document: &Document, at: &Place<'_>) -> Result<KnownAt, InputError> {
    match text(document, at)? {
        "latest" => Ok(KnownAt::Latest),
        given => instant(given, at, "`latest`").map(KnownAt::Instant),
    }
}

/// Reads a window that is not empty.
pub(super) fn period<A: Axis>(document: &Document, at: &Place<'_>) -> Result<Period<A>, InputError> {
    let empty = || at.error("empty_window", "is empty", Some(NEVER), WINDOW.to_owned());
    window(document, at)?.ok_or_else(empty)
}

/// Reads a window: `{"from": …, "to": …}`, `always`, or `never`, which is empty.
pub(crate) fn window<A: Axis>(document: &Document, at: &Place<'_>) -> Result<Option<Period<A>>, InputError> {
    match document.as_text() {
        Some(ALWAYS) => return Ok(Some(Period::ALWAYS)),
        Some(NEVER) => return Ok(None),
        Some(other) => return Err(at.error("wrong_type", "is no window", Some(other), WINDOW.to_owned())),
        None => {}
    }
    let members = document
        .as_members()
        .ok_or_else(|| at.error("wrong_type", "is no window", Some(&document.shortened()), WINDOW.to_owned()))?;
    only(members, at, &["from", "to"])?;
    let bound = |name, missing| match find(members, name) {
        Some(document) => bound(text(document, &at.member(name))?, &at.member(name)),
        None => Ok(missing),
    };
    let (from, to) = (bound("from", Timestamp::NEG_INFINITY)?, bound("to", Timestamp::INFINITY)?);
    between(from, to, at).map(Some)
}

/// The window between two bounds.
pub(crate) fn between<A: Axis>(from: Timestamp<A>, to: Timestamp<A>, at: &Place<'_>) -> Result<Period<A>, InputError> {
    Period::new(from, to).map_err(|_| {
        let (code, what) = if from == to { ("empty_window", "is empty") } else { ("reversed_window", "ends first") };
        let bounds = format!("from {from} to {to}");
        at.error(code, what, Some(&bounds), "a `to`, which is exclusive, that lies after `from`".to_owned())
    })
}

/// Reads a bound of a window: an instant, or an infinity.
pub(crate) fn bound<A: Axis>(text: &str, at: &Place<'_>) -> Result<Timestamp<A>, InputError> {
    match text {
        "infinity" => Ok(Timestamp::INFINITY),
        "-infinity" => Ok(Timestamp::NEG_INFINITY),
        text => instant(text, at, "`infinity`, `-infinity`"),
    }
}

/// Reads an instant; `words` would be accepted, too.
pub(crate) fn instant<A: Axis>(text: &str, at: &Place<'_>, words: &str) -> Result<Timestamp<A>, InputError> {
    read_instant(text).map_err(|error| {
        let code = match error {
            InstantError::NoOffset { .. } => "no_offset",
            _ => "unreadable_time",
        };
        let accepted = match &error {
            InstantError::NoOffset { copenhagen, utc, .. } => format!("`{copenhagen}` or `{utc}`"),
            _ => format!("{words} or {INSTANT}"),
        };
        InputError { message: at.said(&format!("holds {error}")), ..at.error(code, "", Some(text), accepted) }
    })
}
