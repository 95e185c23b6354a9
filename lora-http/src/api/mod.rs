//! `/api/v1`: our own API, with English names; a file for each route.
//!
//! A new route stands in [`routes`] and [`is_served`], reads its class and object with [`class`] and [`object`], its
//! arguments with [`Arguments`], and answers with what [`answer`](crate::answer) and [`context`] have. What the JSON means
//! is said by `lora_core::native`.

mod access;
mod answering;
mod context;
mod differences;
mod etag;
mod find;
mod form;
mod history;
mod query;
mod read;
mod stream;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use lora_core::native::{When, class_in_path, only_arguments};
use lora_core::object::ObjectId;
use lora_core::oio::InputError;
use lora_core::query::{Filter, Known, TimeContext};
use lora_core::schema::{Class, Schema};
use lora_core::storage::Storage;
use lora_core::time::{Period, Timestamp, TransactionTime};
use uuid::Uuid;

use crate::app::App;
use crate::error::Problem;
use crate::params::{pairs, percent_decoded, read_uuid};

/// What all paths begin with.
const PREFIX: &str = "/api/v1/";

/// The routes of the API.
pub(crate) fn routes<S: Storage>(router: Router<App<S>>) -> Router<App<S>> {
    router
        .route("/api/v1/access", get(access::handle))
        .route("/api/v1/query", post(query::handle))
        .route("/api/v1/{class}", get(find::handle))
        .route("/api/v1/{class}/differences", get(differences::handle))
        .route("/api/v1/{class}/{id}", get(read::handle))
        .route("/api/v1/{class}/{id}/timeline", get(history::timeline))
        .route("/api/v1/{class}/{id}/registrations", get(history::registrations))
        .route("/api/v1/{class}/{id}/difference", get(history::difference))
        .route("/api/v1/{class}/{id}/learned", get(history::learned))
        .route("/api/v1/{class}/{id}/history.svg", get(history::picture))
}

/// Whether a path without a trailing slash is one of the API's.
pub(crate) fn is_served(schema: &Schema, path: &str) -> bool {
    let Some(path) = path.strip_prefix(PREFIX) else { return false };
    match path.split('/').collect::<Vec<_>>()[..] {
        ["access" | "query"] => true,
        [class] | [class, "differences"] => schema.class_named(class).is_some(),
        [class, id] | [class, id, "timeline" | "registrations" | "difference" | "learned" | "history.svg"] => {
            schema.class_named(class).is_some() && read_uuid(id).is_some()
        }
        _ => false,
    }
}

/// The class that a path names.
///
/// # Errors
/// 404 with the nearest.
fn class<'s>(schema: &'s Schema, uri: &Uri) -> Result<&'s Class, Problem> {
    let name = segment(uri, 0)?;
    class_in_path(schema, &name).map_err(|error| Problem::from(error).but(StatusCode::NOT_FOUND, "unknown_class"))
}

/// The class and the object that a path names.
///
/// # Errors
/// 404 for an unknown class, 400 where the object has no UUID.
fn object<'s>(schema: &'s Schema, uri: &Uri) -> Result<(&'s Class, ObjectId), Problem> {
    let class = class(schema, uri)?;
    let text = segment(uri, 1)?;
    let uuid = read_uuid(&text).ok_or_else(|| {
        let problem = Problem::invalid("path_uuid", "the path names no object").path("path").value(text);
        problem.accepted("a UUID such as `5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c`")
    })?;
    Ok((class, ObjectId { class: class.id, uuid }))
}

/// A segment of a path, counted behind the prefix.
fn segment(uri: &Uri, index: usize) -> Result<String, Problem> {
    let rest = uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let segment = rest.split('/').nth(index).unwrap_or_default();
    let not_utf8 = || Problem::invalid("invalid_utf8", "the path is not UTF-8").path("path").value(segment);
    percent_decoded(segment).ok_or_else(not_utf8)
}

/// Of two times of knowledge that which demands more of a view: an instant must be shown whole, and the newest is whatever
/// is shown.
fn demanding(one: Known, other: Known) -> Known {
    if one.ends() < other.ends() { other } else { one }
}

/// What the times of knowledge that a filter names demand of a view.
fn demanded_by(filter: &Filter) -> Known {
    let before = filter.ends().and_then(|end| Period::new(Timestamp::NEG_INFINITY, end).ok());
    before.map_or(Known::Latest, |before| Known::During(Some(before)))
}

/// What is said of an argument, where the client gave it another name: one that begins in front of the usual one.
fn renamed(mut error: InputError, prefix: &str) -> Problem {
    let [usual, given] = ["?".to_owned(), format!("?{prefix}")];
    error.message = error.message.replacen(&usual, &given, 1);
    error.path = error.path.replacen(&usual, &given, 1);
    error.into()
}

/// An object that is not there.
fn no_object(class: &Class, uuid: Uuid) -> Problem {
    let message = format!("there is no {} {uuid}, as far as was known", class.name);
    Problem::new(StatusCode::NOT_FOUND, "not_found", message).value(uuid.to_string())
}

/// The arguments of a request, in the order given.
struct Arguments(Vec<(String, String)>);

impl Arguments {
    /// All arguments.
    ///
    /// # Errors
    /// 400 where one is not UTF-8, or holds a NUL.
    fn of(uri: &Uri) -> Result<Self, Problem> {
        pairs(uri).map(Self)
    }

    /// Refuses every argument that is not allowed, and each of these that is given twice.
    ///
    /// # Errors
    /// 400 with the nearest name.
    fn only(&self, allowed: &[&str]) -> Result<(), Problem> {
        Ok(only_arguments(&self.0, allowed)?)
    }

    /// Whether an argument is `true`, or what is usual where it is not given.
    fn flag(&self, name: &str, usual: bool) -> Result<bool, Problem> {
        match self.first(name) {
            None => Ok(usual),
            Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => {
                let problem = Problem::invalid("unreadable_value", format!("`{name}` is neither true nor false"));
                Err(problem.parameter(name).value(other).accepted("true or false"))
            }
        }
    }

    /// The value of an argument.
    fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// From which point of time the arguments ask.
    ///
    /// # Errors
    /// 400 for texts that are no time, and for windows that are none.
    fn context(&self, now: Timestamp<TransactionTime>) -> Result<TimeContext, Problem> {
        Ok(When::of_arguments(|name| self.first(name))?.at(now))
    }
}

#[cfg(test)]
mod tests {
    use lora_core::storage::KnownAt;

    use super::*;

    #[test]
    fn an_instant_demands_more_of_a_view_than_the_newest_does() {
        let at = |micros| Known::at(Timestamp::from_micros(micros).unwrap());
        for (one, other, expected) in [
            (Known::Latest, Known::Latest, Known::Latest),
            (Known::Latest, at(1), at(1)),
            (at(1), Known::Latest, at(1)),
            (at(2), at(1), at(2)),
            (at(1), at(2), at(2)),
        ] {
            assert_eq!(demanding(one, other), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_filter_demands_the_latest_end_of_all_times_that_it_names() {
        let at = |micros| Timestamp::<TransactionTime>::from_micros(micros).unwrap();
        let within = |from, to| Period::new(at(from), at(to)).unwrap();
        let as_known = |at, filter| Filter::AsKnown { at, filter: Box::new(filter) };
        let ends = |filter: &Filter| demanded_by(filter).ends();
        assert_eq!(ends(&Filter::EVERYWHERE), None);
        assert_eq!(ends(&as_known(KnownAt::Latest, Filter::EVERYWHERE)), None);
        let instant = as_known(KnownAt::Instant(at(5)), Filter::EVERYWHERE);
        assert_eq!(ends(&instant), Some(at(6)), "the instant itself must be shown");
        assert_eq!(ends(&Filter::RegisteredIn(Period::since(at(7)).unwrap())), None, "what goes on is never whole");
        let changed = Filter::ChangedIn { within: within(1, 9), part: None };
        let first = Filter::FirstKnownIn { within: within(1, 8), filter: Box::new(instant.clone()) };
        assert_eq!(ends(&first), Some(at(8)));
        assert_eq!(ends(&Filter::All(vec![first, !changed, Filter::RegisteredIn(within(1, 3))])), Some(at(9)));
        let deep = as_known(KnownAt::Instant(at(2)), Filter::Any(vec![Filter::RegisteredIn(within(1, 4)), instant]));
        assert_eq!(ends(&deep), Some(at(6)));
    }
}
