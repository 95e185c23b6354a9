//! What a search asks for.
//!
//! Several arguments, and several values of one, must all be met; only the values of one relation with the same object
//! type and of the same kind (UUID or URN) are alternatives.

use std::fmt::Display;

use lora_core::object::Target;
use lora_core::oio::lifecycle_from_wire;
use lora_core::query::{Criterion, Page, Pattern, Search, TimeContext, ValueTest};
use lora_core::schema::{Class, Field, FieldType, Relation, State, Value};

use super::{Arguments, CONSOLIDATE, TIME, read_uuid, uuid};
use crate::error::Problem;

/// Arguments that are about the answer, not about what is found.
const PLAIN: [&str; 5] = ["uuid", "list", CONSOLIDATE, SKIP, LIMIT];
const SKIP: &str = "foersteresultat";
const LIMIT: &str = "maximalantalresultater";
/// Arguments about the registration or about any row, of which the first value counts or all do.
const ANY_CLASS: [&str; 5] = ["livscykluskode", "brugerref", "notetekst", "vilkaarligattr", "vilkaarligrel"];

/// The search that the arguments describe.
///
/// # Errors
/// 400 for arguments that the class does not have and for values that cannot be read.
pub(crate) fn search(arguments: &Arguments, class: &Class, context: TimeContext) -> Result<Search, Problem> {
    arguments.only(|name| is_plain(name) || ANY_CLASS.contains(&name) || asked(class, name).is_some())?;
    let mut criteria = Vec::new();
    let uuids: Vec<&str> = arguments.all("uuid").collect();
    match uuids[..] {
        [] => {}
        [text] => criteria.push(Criterion::Object(uuid("uuid", text)?)),
        _ => {
            let message = "Multiple uuid parameters passed to search operation. Only one uuid parameter is supported.";
            return Err(Problem::invalid("several_uuids", message).parameter("uuid"));
        }
    }
    of_any_class(arguments, &mut criteria)?;
    for (name, value) in arguments.iter() {
        let Some(asked) = asked(class, name) else { continue };
        let criterion = match (asked.relation, asked.field, asked.state) {
            (Some((relation, object_type)), field, _) => match (target(value), field) {
                (Some(target), _) => {
                    alternative(&mut criteria, relation, object_type, target);
                    continue;
                }
                (None, Some(field)) => attribute(name, field, value)?,
                (None, None) => return Err(not_a_target(name, value)),
            },
            (None, Some(field), _) => attribute(name, field, value)?,
            (None, None, Some(state)) => state_criterion(name, state, value)?,
            (None, None, None) => continue,
        };
        criteria.push(criterion);
    }
    Ok(Search { class: class.id, criteria, context, page: page(arguments)? })
}

/// What an argument's name stands for in a class; a name can stand for an attribute and a relation.
struct Asked<'a> {
    field: Option<&'a Field>,
    state: Option<&'a State>,
    relation: Option<(&'a Relation, Option<&'a str>)>,
}

fn is_plain(name: &str) -> bool {
    PLAIN.contains(&name) || TIME.contains(&name)
}

fn asked<'a>(class: &'a Class, name: &'a str) -> Option<Asked<'a>> {
    if is_plain(name) || ANY_CLASS.contains(&name) {
        return None;
    }
    let relation = |wire: &str| class.relations.iter().find(|relation| relation.wire == wire);
    if let Some((wire, object_type)) = name.split_once(':') {
        let relation = relation(wire).filter(|_| !object_type.contains(':'))?;
        return Some(Asked { field: None, state: None, relation: Some((relation, Some(object_type))) });
    }
    let field = class.fields().map(|(_, field)| field).find(|field| field.wire == name);
    let state = class.states.iter().find(|state| state.value_wire == name);
    let relation = relation(name).map(|relation| (relation, None));
    (field.is_some() || state.is_some() || relation.is_some()).then_some(Asked { field, state, relation })
}

fn of_any_class(arguments: &Arguments, criteria: &mut Vec<Criterion>) -> Result<(), Problem> {
    if let Some(code) = arguments.first("livscykluskode") {
        let unknown = || {
            let message = format!("invalid input value for enum livscykluskode: \"{code}\"");
            let accepted = "Opstaaet, Importeret, Rettet, Passiveret or Slettet";
            Problem::data("unknown_life_cycle", message).parameter("livscykluskode").value(code).accepted(accepted)
        };
        criteria.push(Criterion::LifeCycle(lifecycle_from_wire(code).ok_or_else(unknown)?));
    }
    if let Some(actor) = arguments.first("brugerref") {
        criteria.push(Criterion::Actor(uuid("brugerref", actor)?));
    }
    if let Some(text) = arguments.first("notetekst") {
        criteria.push(Criterion::Note(pattern("notetekst", text)?));
    }
    for text in arguments.all("vilkaarligattr") {
        criteria.push(Criterion::AnyText(pattern("vilkaarligattr", text)?));
    }
    for text in arguments.all("vilkaarligrel") {
        criteria.push(Criterion::AnyRelation(uuid("vilkaarligrel", text)?));
    }
    Ok(())
}

/// A UUID, or a URN: the prefix decides.
fn target(text: &str) -> Option<Target> {
    if text.starts_with("urn:") || text.starts_with("URN:") {
        return Some(Target::Urn(text.to_owned()));
    }
    read_uuid(text).map(Target::Uuid)
}

fn not_a_target(name: &str, value: &str) -> Problem {
    let message = format!("invalid input syntax for type uuid: \"{value}\"");
    let problem = Problem::data("unreadable_target", message).parameter(name).value(value);
    problem.accepted("a UUID, or a URN that begins with `urn:`")
}

/// Adds a target to those that one criterion takes, or a criterion of its own where there is none like it.
fn alternative(criteria: &mut Vec<Criterion>, asked: &Relation, asked_type: Option<&str>, target: Target) {
    let alike = criteria.iter_mut().find_map(|criterion| match criterion {
        Criterion::Relation { relation, object_type, targets }
            if *relation == asked.id
                && object_type.as_deref() == asked_type
                && targets.iter().all(|other| matches!(other, Target::Urn(_)) == matches!(target, Target::Urn(_))) =>
        {
            Some(targets)
        }
        _ => None,
    });
    match alike {
        Some(targets) => targets.push(target),
        None => criteria.push(Criterion::Relation {
            relation: asked.id,
            object_type: asked_type.map(str::to_owned),
            targets: vec![target],
        }),
    }
}

fn attribute(name: &str, field: &Field, text: &str) -> Result<Criterion, Problem> {
    let unreadable = |kind: &str, accepted: &str| {
        let message = format!("invalid input syntax for type {kind}: \"{text}\"");
        Problem::data("unreadable_value", message).parameter(name).value(text).accepted(accepted)
    };
    let test = match field.field_type {
        FieldType::Text | FieldType::TextList | FieldType::Keywords => ValueTest::Like(pattern(name, text)?),
        FieldType::Boolean => match text {
            "true" | "True" | "1" => ValueTest::Is(Value::Boolean(true)),
            "false" | "False" | "0" => ValueTest::Is(Value::Boolean(false)),
            _ => return Err(unreadable("boolean", "true, True, 1, false, False or 0")),
        },
        FieldType::Integer => match text.trim().parse() {
            Ok(number) => ValueTest::Is(Value::Integer(number)),
            Err(_) => return Err(unreadable("integer", "a whole number of 32 bits")),
        },
    };
    Ok(Criterion::Attribute { field: field.id, test })
}

fn state_criterion(name: &str, state: &State, text: &str) -> Result<Criterion, Problem> {
    match state.values.iter().find(|value| value.wire == text) {
        Some(value) => Ok(Criterion::State { state: state.id, value: value.id }),
        None => {
            let values: Vec<&str> = state.values.iter().map(|value| value.wire.as_str()).collect();
            let message = format!("invalid input value for enum {}: \"{text}\"", state.wire);
            let problem = Problem::data("unknown_state", message).parameter(name).value(text);
            Err(problem.accepted(values.join(", ")))
        }
    }
}

fn pattern(name: &str, text: &str) -> Result<Pattern, Problem> {
    Pattern::parse(text).map_err(|_| {
        let problem = Problem::data("unfinished_pattern", "LIKE pattern must not end with escape character");
        problem.parameter(name).value(text).accepted("`\\\\` for a backslash")
    })
}

fn page(arguments: &Arguments) -> Result<Page, Problem> {
    let skip = count(arguments, SKIP, "OFFSET")?.unwrap_or_default();
    Ok(Page { after: None, skip, limit: count(arguments, LIMIT, "LIMIT")? })
}

fn count(arguments: &Arguments, name: &str, what: impl Display) -> Result<Option<u64>, Problem> {
    let Some(text) = arguments.first(name) else { return Ok(None) };
    let refused = |code, message| Problem::data(code, message).parameter(name).value(text).accepted("0 or more");
    match text.trim().parse::<i128>() {
        Ok(number) if number < 0 => Err(refused("negative", format!("{what} must not be negative"))),
        Ok(number) => Ok(Some(u64::try_from(number).unwrap_or(u64::MAX))),
        Err(_) => Err(refused("unreadable_number", format!("invalid input syntax for type bigint: \"{text}\""))),
    }
}
