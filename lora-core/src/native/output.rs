//! What is found, as JSON: objects with a registration, points, groups; written straight into bytes.

use super::Show;
use super::names::word_for;
use super::read::LIFECYCLES;
use super::write::{instant, texts, write_target, write_value};
use crate::object::{ActorKind, AttributeRow, Effect, RelationRow, StateRow, Target};
use crate::oio::output::{list, name, object, separated, text, text_member, uuid};
use crate::query::Found;
use crate::query::execute::{Group as Grouped, OrderValue};
use crate::schema::{Class, FieldId, FieldType, Group, State, Value};
use crate::service::Answered;
use crate::time::{Axis, Period, Region};

/// The words for the kinds of actor.
const ACTOR_KINDS: [(&str, ActorKind); 6] = [
    ("organisation", ActorKind::Organisation),
    ("organisation_unit", ActorKind::OrganisationUnit),
    ("organisation_function", ActorKind::OrganisationFunction),
    ("user", ActorKind::User),
    ("it_system", ActorKind::ItSystem),
    ("interest_community", ActorKind::InterestCommunity),
];

/// The members of a row that are its effect's; a field of that name is called with its group in front.
const OF_EFFECT: [&str; 4] = ["valid", "actor", "actor_kind", "note"];

/// Appends an object as one registration states it, with the rows that the registration has left.
///
/// The class is the one that was declared when it was registered. Values that a row does not have, and lists without
/// rows, are left out; what is empty is not.
///
/// ```text
/// {"id": …, "class": …,
///  "registration": {"seq", "position", "registered": {"from", "to"}, "lifecycle", "actor", "note", "batch"?},
///  "attributes": {"properties": [{"user_key": …, "valid": {"from", "to"}, "actor"?, "actor_kind"?, "note"?}]},
///  "states": {"activity": [{"value": …, "valid": …}]},
///  "relations": {"parent": [{"to": …, "type"?, "valid": …}]}}
/// ```
pub fn write_object(out: &mut Vec<u8>, class: &Class, answered: &Answered) {
    let content = &answered.registration.content;
    object(out, |out| {
        name(out, "id");
        uuid(out, answered.registration.object.uuid);
        texts(out, "class", &class.name);
        registration(out, answered);
        let groups = class.groups.iter().map(|group| (group, content.attributes(group.id)));
        section(out, "attributes", groups, |group| &group.name, attribute_row);
        let states = class.states.iter().map(|state| (state, content.states(state.id)));
        section(out, "states", states, |state| &state.name, state_row);
        let relations = class.relations.iter().map(|relation| (relation, content.relations(relation.id)));
        section(out, "relations", relations, |relation| &relation.name, |out, _, row| relation_row(out, row));
    });
}

fn registration(out: &mut Vec<u8>, answered: &Answered) {
    let registration = &answered.registration;
    name(out, "registration");
    object(out, |out| {
        number(out, "seq", u64::from(registration.seq.0));
        number(out, "position", answered.position.0);
        period(out, "registered", answered.registered);
        texts(out, "lifecycle", word_for(&LIFECYCLES, registration.lifecycle));
        name(out, "actor");
        uuid(out, registration.actor);
        texts(out, "note", &registration.note);
        if let Some(batch) = registration.batch {
            name(out, "batch");
            uuid(out, batch);
        }
    });
}

/// One of the three parts of a content.
fn section<'a, D: 'a, R: 'a>(
    out: &mut Vec<u8>,
    member: &str,
    lists: impl Iterator<Item = (&'a D, &'a [R])>,
    list_name: impl Fn(&D) -> &str,
    row: impl Fn(&mut Vec<u8>, &D, &R),
) {
    name(out, member);
    object(out, |out| {
        for (declared, rows) in lists.filter(|(_, rows)| !rows.is_empty()) {
            name(out, list_name(declared));
            list(out, rows, |out, this| object(out, |out| row(out, declared, this)));
        }
    });
}

fn attribute_row(out: &mut Vec<u8>, group: &Group, row: &AttributeRow) {
    for field in &group.fields {
        if let Some(value) = row.value(field.id) {
            match OF_EFFECT.contains(&field.name.as_str()) {
                true => name(out, &format!("{}.{}", group.name, field.name)),
                false => name(out, &field.name),
            }
            write_value(out, value);
        }
    }
    effect(out, &row.effect);
}

fn state_row(out: &mut Vec<u8>, state: &State, row: &StateRow) {
    texts(out, "value", state.value(row.value).map_or("", |value| &value.name));
    effect(out, &row.effect);
}

fn relation_row(out: &mut Vec<u8>, row: &RelationRow) {
    name(out, "to");
    write_target(out, &row.target);
    if let Some(object_type) = &row.object_type {
        texts(out, "type", object_type);
    }
    effect(out, &row.effect);
}

fn effect(out: &mut Vec<u8>, effect: &Effect) {
    period(out, "valid", effect.valid);
    if let Some(actor) = effect.actor {
        name(out, "actor");
        uuid(out, actor);
    }
    if let Some(kind) = effect.actor_kind {
        texts(out, "actor_kind", word_for(&ACTOR_KINDS, kind));
    }
    text_member(out, "note", &effect.note);
}

/// Appends an object that was found: `{"id", "points"?, "object"?}`, with what is to be shown of it.
///
/// `with_known` is as for [`write_points`].
pub fn write_found(
    out: &mut Vec<u8>,
    found: &Found,
    show: Show,
    stated: Option<(&Class, &Answered)>,
    with_known: bool,
) {
    object(out, |out| {
        name(out, "id");
        uuid(out, found.object);
        if show >= Show::Points {
            name(out, "points");
            write_points(out, &found.points, with_known);
        }
        if let Some((class, answered)) = stated {
            name(out, "object");
            write_object(out, class, answered);
        }
    });
}

/// Appends points as a list of `{"known": {"from", "to"}, "valid": [{"from", "to"}, …]}`.
///
/// `with_known` says whether the question was about several instants of transaction time; about one, `known` is left out.
pub fn write_points(out: &mut Vec<u8>, points: &Region, with_known: bool) {
    list(out, points.bands(), |out, band| {
        object(out, |out| {
            if with_known {
                period(out, "known", band.known);
            }
            name(out, "valid");
            let periods: Vec<_> = band.valid.iter().collect();
            list(out, &periods, |out, valid| bounds(out, *valid));
        });
    });
}

/// Appends what objects were grouped by: a value of the part `by`, the name of a state's value, a target; `null` for none.
pub fn write_group(out: &mut Vec<u8>, class: &Class, by: FieldId, group: Option<&Grouped>) {
    let is_boolean = || class.field(by).is_some_and(|(_, field)| field.field_type == FieldType::Boolean);
    match group {
        Some(Grouped::Value(OrderValue::Text(_, value))) => text(out, value),
        Some(Grouped::Value(OrderValue::Number(value))) if is_boolean() => {
            write_value(out, &Value::Boolean(*value != 0))
        }
        Some(Grouped::Value(OrderValue::Number(value))) => separated(out, value.to_string().as_bytes()),
        Some(Grouped::State(id)) => {
            let value = class.states.iter().find_map(|state| state.value(*id));
            text(out, value.map_or("", |value| &value.name));
        }
        Some(Grouped::Target(target)) => write_target(out, target),
        None => write_target(out, &Target::Nothing),
    }
}

fn period<A: Axis>(out: &mut Vec<u8>, member: &str, period: Period<A>) {
    name(out, member);
    bounds(out, period);
}

fn bounds<A: Axis>(out: &mut Vec<u8>, period: Period<A>) {
    object(out, |out| {
        name(out, "from");
        instant(out, period.from());
        name(out, "to");
        instant(out, period.to());
    });
}

fn number(out: &mut Vec<u8>, member: &str, number: u64) {
    name(out, member);
    separated(out, number.to_string().as_bytes());
}
