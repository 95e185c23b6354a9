//! Queries as arguments of a query string: `user_key.prefix=a&activity=active&valid=always`.
//!
//! All arguments must hold; of several values of one argument one is enough. A name alone asks for equality, or in a field
//! of lists for one of its texts; with a test behind it, it asks for that test. The names of this page go before those of
//! fields, which can always be called with their group in front.

use super::names::{self, Kind, Part};
use super::question::{Question, limit, order, wants, within_order};
use super::read::{Reader, TESTS, boolean as truth, lifecycle, of_tests, pattern, reading, state_value, target, uuid};
use super::when::{self, When};
use crate::oio::input::Place;
use crate::oio::{Document, InputError};
use crate::query::{Filter, Order, Reading, Selection};
use crate::schema::{Class, FieldType, Schema, State};

/// Arguments about the answer as a whole, each given once.
const OF_ANSWER: [&str; 7] = ["reading", "order", "limit", "after", "show", "count", "group_by"];
/// Operators that take a value.
const OPERATORS: [&str; 6] = ["id", "lifecycle", "actor", "note", "any_text", "any_relation"];

/// Reads a query about a class from the arguments of a query string, in the order given.
///
/// # Errors
/// [`InputError`] whose path is `?` and the name of the argument, for the first that may not stand there.
///
/// ```
/// use lora_core::native::{read_arguments, write_question};
/// use lora_core::oio::shipped_classes;
/// use lora_core::schema::{Ids, Schema};
///
/// let schema = Schema::new(&shipped_classes(), Ids::default()).expect("the shipped classes are sound");
/// let unit = schema.class_named("organisation_unit").expect("shipped");
/// let read = |name: &str, value: &str| read_arguments(&schema, unit, &[(name.to_owned(), value.to_owned())]);
///
/// let mut json = Vec::new();
/// write_question(&mut json, &schema, &read("unit_name.contains", "øko")?);
/// assert!(String::from_utf8_lossy(&json).contains(r#""where":{"all":[{"field":"unit_name","like":"%øko%"}]}"#));
///
/// let error = read("unit_nam", "x").unwrap_err();
/// assert_eq!(error.path, "?unit_nam");
/// assert!(error.accepted.starts_with("perhaps `unit_name`"));
/// # Ok::<(), lora_core::oio::InputError>(())
/// ```
pub fn read_arguments(schema: &Schema, class: &Class, arguments: &[(String, String)]) -> Result<Question, InputError> {
    let given = Arguments(arguments);
    let mut reader = Reader::new(schema);
    let mut filters = Vec::new();
    for (index, (name, _)) in arguments.iter().enumerate() {
        if OF_ANSWER.contains(&name.as_str()) || when::ARGUMENTS.contains(&name.as_str()) {
            once(arguments, index, &Place::Query.member(name))?;
        } else if arguments[..index].iter().all(|(other, _)| other != name) {
            filters.push(asked(&mut reader, class, name, &given.all(name))?);
        }
    }
    let reading = match given.text("reading") {
        Some(document) => reading(&document, &Place::Query.member("reading"))?,
        None => Reading::default(),
    };
    let documents = [given.text("show"), given.boolean("count"), given.text("group_by")];
    let [show, count, group_by] = &documents;
    let find = |name: &str| match name {
        "show" => show.as_ref(),
        "count" => count.as_ref(),
        "group_by" => group_by.as_ref(),
        other => given.first(other).map(|_| &Document::Null),
    };
    Ok(Question {
        select: Selection { class: class.id, reading, filter: Filter::All(filters) },
        when: When::of_arguments(|name| given.first(name))?,
        order: orders(class, given.first("order"))?,
        wants: wants(class, &find, &Place::Query)?,
        limit: given.first("limit").map(|text| limit(&number(text), &Place::Query.member("limit"))).transpose()?,
        after: given.first("after").map(str::to_owned),
    })
}

/// Refuses every argument that is not one of a few, and each of these that is given twice.
///
/// # Errors
/// [`InputError`] for the first, with the nearest name.
pub fn only_arguments(arguments: &[(String, String)], allowed: &[&str]) -> Result<(), InputError> {
    for (index, (name, _)) in arguments.iter().enumerate() {
        let at = Place::Query.member(name);
        if !allowed.contains(&name.as_str()) {
            let accepted = names::offered(name, None, allowed.iter().copied());
            return Err(at.error("unknown_argument", "is no argument here", None, accepted));
        }
        once(arguments, index, &at)?;
    }
    Ok(())
}

/// Refuses an argument that was given before.
fn once(arguments: &[(String, String)], index: usize, at: &Place<'_>) -> Result<(), InputError> {
    let (name, _) = &arguments[index];
    match arguments[..index].iter().any(|(other, _)| other == name) {
        true => Err(at.error("given_twice", "is given twice", None, "it once".to_owned())),
        false => Ok(()),
    }
}

struct Arguments<'a>(&'a [(String, String)]);

impl<'a> Arguments<'a> {
    fn all(&self, name: &str) -> Vec<&'a str> {
        self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str()).collect()
    }

    fn first(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> Option<Document> {
        self.first(name).map(text)
    }

    fn boolean(&self, name: &str) -> Option<Document> {
        self.first(name).map(boolean)
    }
}

/// What one argument asks for: that one of its values passes.
fn asked(reader: &mut Reader<'_>, class: &Class, name: &str, values: &[&str]) -> Result<Filter, InputError> {
    let at = &Place::Query.member(name);
    reader.count(values.len(), at)?;
    if OPERATORS.contains(&name) {
        return operator(name, values, at);
    }
    let (part, test) = called(class, name, at)?;
    match part {
        Part::Relation(relation) if test == Some("is_empty") => {
            let is_empty = |value: &str| {
                let filter = Filter::Relation { relation: relation.id, object_type: None, targets: None };
                Ok(if truth(&boolean(value), at)? { !filter } else { filter })
            };
            values.iter().map(|value| is_empty(value)).collect::<Result<_, _>>().map(any)
        }
        Part::Relation(relation) if matches!(test, None | Some("is")) => {
            let targets = values.iter().map(|value| target(&text(value), at)).collect::<Result<_, _>>()?;
            Ok(Filter::Relation { relation: relation.id, object_type: None, targets: Some(targets) })
        }
        Part::State(state) if matches!(test, None | Some("is")) => {
            let values = values.iter().map(|value| state_value(state, &text(value), at)).collect::<Result<_, _>>()?;
            Ok(Filter::State { state: state.id, values })
        }
        Part::State(_) => Err(unfit(at, test, "a state", ["is"].into_iter())),
        Part::Relation(_) | Part::Group(_) => Err(unfit(at, test, "a relation", ["is", "is_empty"].into_iter())),
        Part::Field(..) | Part::Derived(_) => {
            let passes = |value: &&str| passes(reader, part, test, value, at);
            values.iter().map(passes).collect::<Result<_, _>>().map(any)
        }
    }
}

/// A field or derived term that passes a test, or without one is or has a value.
fn passes(
    reader: &mut Reader<'_>,
    part: Part<'_>,
    test: Option<&'static str>,
    value: &str,
    at: &Place<'_>,
) -> Result<Filter, InputError> {
    let field_type = part.field_type().unwrap_or_default();
    let lists = matches!(field_type, FieldType::TextList | FieldType::Keywords);
    let test = match test {
        Some("is") if lists => {
            return Err(unfit(at, test, "a list", tests_of(field_type).into_iter()));
        }
        Some(test) => test,
        None if lists => "has",
        None => "is",
    };
    let document = match field_type {
        _ if test == "is_empty" => boolean(value),
        FieldType::Boolean => boolean(value),
        FieldType::Integer => number(value),
        FieldType::Text | FieldType::TextList | FieldType::Keywords => text(value),
    };
    reader.tested(part, test, &document, at)
}

fn operator(name: &str, values: &[&str], at: &Place<'_>) -> Result<Filter, InputError> {
    fn each<T>(values: &[&str], read: impl Fn(&Document) -> Result<T, InputError>) -> Result<Vec<T>, InputError> {
        values.iter().map(|value| read(&text(value))).collect()
    }
    Ok(match name {
        "id" => Filter::Object(each(values, |value| uuid(value, at))?),
        "lifecycle" => Filter::LifeCycle(each(values, |value| lifecycle(value, at))?),
        "actor" => Filter::Actor(each(values, |value| uuid(value, at))?),
        "note" => any(each(values, |value| pattern(value, at).map(Filter::Note))?),
        "any_text" => any(each(values, |value| pattern(value, at).map(Filter::AnyText))?),
        _ => any(each(values, |value| uuid(value, at).map(Filter::AnyRelation))?),
    })
}

/// What an argument's name calls: a part of the class, and the test behind its name.
fn called<'c>(class: &'c Class, name: &str, at: &Place<'_>) -> Result<(Part<'c>, Option<&'static str>), InputError> {
    match names::find(class, Kind::Stated, name) {
        Ok(Some(part)) => return Ok((part, None)),
        Ok(None) => {}
        Err(_) => return names::resolve(class, Kind::Stated, name, at).map(|part| (part, None)),
    }
    let test = |test: &str| TESTS.into_iter().find(|known| *known == test && *known != "in");
    match name.rsplit_once('.').and_then(|(part, behind)| Some((part, test(behind)?))) {
        Some((part, test)) => Ok((names::resolve(class, Kind::Stated, part, at)?, Some(test))),
        None => Err(unknown(class, name, at)),
    }
}

fn unknown(class: &Class, name: &str, at: &Place<'_>) -> InputError {
    let known = names::names(class, Kind::Stated);
    let ours = OPERATORS.into_iter().chain(when::ARGUMENTS).chain(OF_ANSWER);
    let all: Vec<&str> = known.iter().map(String::as_str).chain(ours).collect();
    let meant = names::meant(class, Kind::Stated, name);
    let accepted = names::offered(name, meant.as_deref(), all.into_iter());
    let what = format!("is no argument about {}", class.name);
    at.error("unknown_argument", &what, None, format!("{accepted}; each with a test such as `.prefix` behind it"))
}

fn unfit(at: &Place<'_>, test: Option<&str>, of: &str, fit: impl Iterator<Item = &'static str>) -> InputError {
    let fit = fit.map(|test| format!("`{test}`")).collect::<Vec<_>>().join(", ");
    at.error("unfit_test", &format!("is no test of {of}"), test, format!("one of {fit}"))
}

fn orders(class: &Class, given: Option<&str>) -> Result<Vec<Order>, InputError> {
    let at = &Place::Query.member("order");
    let names: Vec<&str> = given.into_iter().flat_map(|given| given.split(',')).collect();
    within_order(names.len(), at)?;
    let by = |name: &&str| match name.strip_prefix('-') {
        Some(name) => order(class, name, true, at),
        None => order(class, name, false, at),
    };
    names.iter().map(by).collect()
}

/// What one of several filters finds.
fn any(mut filters: Vec<Filter>) -> Filter {
    if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) }
}

fn text(text: &str) -> Document {
    Document::Text(text.to_owned())
}

/// `true` or `false`; any other text stays one, and is refused as such.
fn boolean(given: &str) -> Document {
    given.parse().map_or_else(|_| text(given), Document::Bool)
}

/// A whole number; any other text stays one, and is refused as such.
fn number(given: &str) -> Document {
    given.parse::<i64>().map_or_else(|_| text(given), |number| Document::Number(number.into()))
}

/// An argument that asks what objects of a class state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument<'c> {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub takes: Takes<'c>,
    /// The tests that may stand behind its name, with a dot in between.
    pub tests: Vec<&'static str>,
}

/// What an argument's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes<'c> {
    /// Values of a field.
    Values(FieldType),
    /// Names of a state's values.
    States(&'c State),
    /// UUIDs and URNs.
    Targets,
}

/// The arguments that ask what objects of a class state, in the order of its declaration.
pub fn arguments_of(class: &Class) -> Vec<Argument<'_>> {
    names::parts(class, Kind::Stated).map(|part| argument_of(class, part)).collect()
}

fn argument_of<'c>(class: &'c Class, part: Part<'c>) -> Argument<'c> {
    let name = names::name_of(class, Kind::Stated, part.id());
    match part {
        Part::State(state) => Argument { name, takes: Takes::States(state), tests: vec!["is"] },
        Part::Relation(_) | Part::Group(_) => Argument { name, takes: Takes::Targets, tests: vec!["is", "is_empty"] },
        Part::Field(..) | Part::Derived(_) => {
            let field_type = part.field_type().unwrap_or_default();
            Argument { name, takes: Takes::Values(field_type), tests: tests_of(field_type) }
        }
    }
}

/// The tests that values in a query string can pass.
fn tests_of(field_type: FieldType) -> Vec<&'static str> {
    let lists = matches!(field_type, FieldType::TextList | FieldType::Keywords);
    of_tests(field_type).filter(|test| *test != "in" && (*test != "is" || !lists)).collect()
}
