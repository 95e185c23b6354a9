//! Contents and commands whose rows are long and whose relations meet objects, so that joins find something.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::contents::{command, content, disjoint, effect, object_type, target};
use super::{SmallAxis, uuid, value};
use crate::object::{AttributeRow, Change, Content, Effect, RelationRow, StateRow, Target};
use crate::query::eval::Command;
use crate::schema::{Cardinality, Class, Field, FieldId, FieldType, Group, Relation, Value};
use crate::time::Period;

/// Mostly a UUID that objects have.
fn linked_target() -> impl Strategy<Value = Target> + Clone {
    prop_oneof![4 => uuid().prop_map(Target::Uuid), 1 => target()]
}

/// Mostly for all of time.
fn long_effect(axis: SmallAxis) -> impl Strategy<Value = Effect> + Clone {
    (effect(axis), prop_oneof![1 => Just(true), 2 => Just(false)])
        .prop_map(|(effect, always)| if always { effect.moved_to(Period::ALWAYS) } else { effect })
}

fn relation_rows(relation: &Relation, axis: SmallAxis) -> BoxedStrategy<Vec<RelationRow>> {
    let row = |(target, object_type, effect)| RelationRow { target, object_type, effect };
    let one = (linked_target(), object_type(), long_effect(axis)).prop_map(row);
    match relation.cardinality {
        Cardinality::ZeroToMany => vec(one, 1..4).boxed(),
        Cardinality::ZeroToOne => {
            let several = disjoint(axis, (linked_target(), object_type())).prop_map(move |rows| {
                rows.into_iter().map(|(valid, (target, kind))| row((target, kind, Effect::during(valid)))).collect()
            });
            prop_oneof![1 => several, 1 => one.prop_map(|one| vec![one])].boxed()
        }
    }
}

/// Rows for most of the relations.
fn relations(class: &Class, axis: SmallAxis) -> impl Strategy<Value = Vec<(FieldId, Vec<RelationRow>)>> + use<> {
    let rows = |relation: &Relation| {
        let id = relation.id;
        option::weighted(0.6, relation_rows(relation, axis)).prop_map(move |rows| rows.map(|rows| (id, rows))).boxed()
    };
    let relations: Vec<_> = class.relations.iter().map(rows).collect();
    relations.prop_map(|relations| relations.into_iter().flatten().collect())
}

/// Often a single row of the presence, which the content is to have in place of what it has.
fn presence(class: &Class, axis: SmallAxis) -> BoxedStrategy<Option<(FieldId, Vec<StateRow>)>> {
    let Some(presence) = class.presence else { return Just(None).boxed() };
    let row = move |effect| Some((presence.state, vec![StateRow { value: presence.value, effect }]));
    prop_oneof![1 => Just(None), 2 => long_effect(axis).prop_map(row)].boxed()
}

/// One of very few texts.
pub(super) fn frequent_text() -> impl Strategy<Value = String> + Clone {
    select(vec!["a", "A", "ab", "b"]).prop_map(str::to_owned)
}

/// Often a single row of a group, of few texts, which the content is to have in place of what it has.
fn long_rows(group: &Group, axis: SmallAxis) -> impl Strategy<Value = Option<(FieldId, Vec<AttributeRow>)>> + use<> {
    let id = group.id;
    let value = |field: &Field| {
        let id = field.id;
        let held = if field.field_type == FieldType::Text {
            frequent_text().prop_map(Value::Text).boxed()
        } else {
            value(field.field_type)
        };
        held.prop_map(move |value| (id, value)).boxed()
    };
    let values: Vec<_> = group.fields.iter().map(value).collect();
    let row =
        (values, long_effect(axis)).prop_map(move |(values, effect)| (id, vec![AttributeRow::new(values, effect)]));
    option::weighted(0.5, row)
}

/// A content that the class allows, mostly present and with relations.
pub fn linked_content(class: &Class, axis: SmallAxis) -> impl Strategy<Value = Content> + use<> {
    let rows: Vec<_> = class.groups.iter().map(|group| long_rows(group, axis)).collect();
    let parts = (content(class, axis), rows, presence(class, axis), relations(class, axis));
    parts.prop_map(|(mut content, rows, presence, relations)| {
        rows.into_iter().flatten().for_each(|(group, rows)| content.set_attributes(group, rows));
        presence.into_iter().for_each(|(state, rows)| content.set_states(state, rows));
        relations.into_iter().for_each(|(relation, rows)| content.set_relations(relation, rows));
        content
    })
}

/// Any command, of which most that say something of a content make it present and give it relations.
pub fn linked_command(class: &Class, axis: SmallAxis) -> impl Strategy<Value = Command> + use<> {
    (command(class, axis), linked_content(class, axis), relations(class, axis), select(vec![true, true, false]))
        .prop_map(|(command, content, relations, linked)| match command {
            Command::Create(_) if linked => Command::Create(content),
            Command::Import(_) if linked => Command::Import(content),
            Command::Update(mut patch) if linked => {
                patch.relations.extend(relations.into_iter().map(|(relation, rows)| (relation, Change::Set(rows))));
                Command::Update(patch)
            }
            command => command,
        })
}
