//! Contents, patches and commands.

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::SmallAxis;
use super::axis::period;
use crate::object::{
    ActorKind, AttributePatch, AttributeRow, Change, Content, Effect, ObjectId, Patch, Position, RelationRow, StateRow,
    Target,
};
use crate::query::eval::{Command, Stamp};
use crate::schema::{Cardinality, Class, Field, FieldId, FieldType, Group, Keyword, Relation, State, Value};
use crate::time::{Period, Timestamp, ValidTime};

/// One of few UUIDs, the same for objects, actors and targets.
pub fn uuid() -> impl Strategy<Value = Uuid> + Clone {
    (1..=4_u128).prop_map(Uuid::from_u128)
}

/// One of few texts, which differ in letter case and hold what patterns must escape; seldom one that is hard to index.
pub fn text() -> impl Strategy<Value = String> + Clone {
    let usual = select(vec!["a", "", "A", "ab", "Åb%", "x_y", r"\", "b"]).prop_map(str::to_owned);
    prop_oneof![5 => usual, 1 => select(odd_texts())]
}

/// Texts that are longer or shorter in the other letter case, and long ones that are alike up to their last letter.
fn odd_texts() -> Vec<String> {
    let long = |letter: &str, count: usize, last: &str| letter.repeat(count) + last;
    let odd = ["İ", "i\u{307}", "ΣΑΣ", "σας", "ẞ", "ß", "\u{10ffff}", "\u{1}"].map(str::to_owned);
    let long =
        [long("a", 255, ""), long("a", 255, "b"), long("A", 254, "æ"), long("å", 126, "𝄞"), long("å", 126, "𝄞x")];
    odd.into_iter().chain(long).collect()
}

/// A value of a type.
pub fn value(field_type: FieldType) -> BoxedStrategy<Value> {
    let keyword = || {
        (text(), text(), text()).prop_map(|(identifier, description, category)| Keyword {
            identifier,
            description,
            category,
        })
    };
    match field_type {
        FieldType::Text => text().prop_map(Value::Text).boxed(),
        FieldType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        FieldType::Integer => (-1..=2_i32).prop_map(Value::Integer).boxed(),
        FieldType::TextList => vec(text(), 0..3).prop_map(Value::TextList).boxed(),
        FieldType::Keywords => vec(keyword(), 0..3)
            .prop_map(|mut words| {
                words.sort();
                Value::Keywords(words)
            })
            .boxed(),
    }
}

/// Actor and note of an effect, in a period that the caller has.
fn envelope() -> impl Strategy<Value = Effect> + Clone {
    let kind = select(vec![ActorKind::User, ActorKind::Organisation]);
    (option::weighted(0.3, uuid()), option::weighted(0.2, kind), select(vec!["", "", "why", "Åb%"])).prop_map(
        |(actor, actor_kind, note)| Effect { valid: Period::ALWAYS, actor, actor_kind, note: note.to_owned() },
    )
}

/// An effect in any period of the axis.
pub fn effect(axis: SmallAxis) -> impl Strategy<Value = Effect> + Clone {
    (envelope(), period(axis)).prop_map(|(effect, valid)| effect.moved_to(valid))
}

/// Things in periods of the axis that do not overlap: in each slot a new one begins, the last goes on, or none is.
pub(super) fn disjoint<T: Debug>(
    axis: SmallAxis,
    thing: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<(Period<ValidTime>, T)>> {
    let slots = axis.slots();
    vec((0..4_u8, thing), slots.len()).prop_map(move |choices| {
        let mut things: Vec<(Period<ValidTime>, T)> = Vec::new();
        for (slot, (choice, thing)) in slots.iter().zip(choices) {
            match (choice, things.last_mut()) {
                (0 | 1, _) => {}
                (2, Some((period, _))) if period.to() == slot.from() => {
                    *period = Period::new(period.from(), slot.to()).expect("slots follow each other");
                }
                _ => things.push((*slot, thing)),
            }
        }
        things
    })
}

fn attribute_values(group: &Group) -> impl Strategy<Value = Vec<(FieldId, Value)>> + use<> {
    let field = |field: &Field| {
        let (id, mandatory) = (field.id, field.mandatory);
        let held = (any::<bool>(), value(field.field_type));
        held.prop_map(move |(held, value)| (held || mandatory).then_some((id, value))).boxed()
    };
    let fields: Vec<_> = group.fields.iter().map(field).collect();
    fields.prop_map(|values| values.into_iter().flatten().collect())
}

fn attribute_rows(group: &Group, axis: SmallAxis) -> impl Strategy<Value = Vec<AttributeRow>> + use<> {
    disjoint(axis, (attribute_values(group), envelope())).prop_map(|rows| {
        rows.into_iter().map(|(valid, (values, effect))| AttributeRow::new(values, effect.moved_to(valid))).collect()
    })
}

/// Rows that name some of the fields, or all of them but those in the background.
fn attribute_patches(group: &Group, axis: SmallAxis) -> impl Strategy<Value = Vec<AttributePatch>> + use<> {
    let fields: Vec<Field> = group.fields.clone();
    let choices: Vec<_> = fields.iter().map(|field| (0..8_u8, value(field.field_type))).collect();
    let complete = prop_oneof![2 => Just(false), 1 => Just(true)];
    let row = (choices, complete, envelope()).prop_map(move |(choices, complete, effect)| {
        let change = |(field, (choice, value)): (&Field, (u8, Value))| {
            let change = match choice {
                0..=3 if complete && !field.background => Change::Set(value),
                0..=2 => return None,
                3 => Change::Keep,
                4 if !field.mandatory => Change::Clear,
                _ => Change::Set(value),
            };
            Some((field.id, change))
        };
        AttributePatch { values: fields.iter().zip(choices).filter_map(change).collect(), effect }
    });
    disjoint(axis, row).prop_map(|rows| {
        let during = |(valid, row): (_, AttributePatch)| AttributePatch { effect: row.effect.moved_to(valid), ..row };
        rows.into_iter().map(during).collect()
    })
}

fn state_value(state: &State) -> impl Strategy<Value = FieldId> + Clone + use<> {
    select(state.values.iter().map(|value| value.id).collect::<Vec<_>>())
}

fn state_rows(state: &State, axis: SmallAxis) -> impl Strategy<Value = Vec<StateRow>> + use<> {
    disjoint(axis, (state_value(state), envelope())).prop_map(|rows| {
        rows.into_iter().map(|(valid, (value, effect))| StateRow { value, effect: effect.moved_to(valid) }).collect()
    })
}

pub(super) fn target() -> impl Strategy<Value = Target> + Clone {
    prop_oneof![
        4 => uuid().prop_map(Target::Uuid),
        2 => short_or_long("urn:", ["a", "A"]).prop_map(Target::Urn),
        1 => Just(Target::Nothing),
    ]
}

pub(super) fn object_type() -> impl Strategy<Value = Option<String>> + Clone {
    option::weighted(0.4, short_or_long("", ["Bruger", "bruger"]))
}

/// A text that ends in one of two ways, or one so long that its end is cut off in keys: then the one has the key of the
/// other.
fn short_or_long(beginning: &'static str, ends: [&'static str; 2]) -> impl Strategy<Value = String> + Clone {
    let ended = move |middle: usize| {
        let text = move |end| format!("{beginning}{}{end}", "x".repeat(middle));
        select(ends.to_vec()).prop_map(text)
    };
    prop_oneof![8 => ended(0), 1 => ended(300)]
}

fn relation_rows(relation: &Relation, axis: SmallAxis) -> BoxedStrategy<Vec<RelationRow>> {
    let at_most_one = disjoint(axis, (target(), object_type(), envelope())).prop_map(|rows| {
        let row = |(valid, (target, object_type, effect)): (_, (_, _, Effect))| RelationRow {
            target,
            object_type,
            effect: effect.moved_to(valid),
        };
        rows.into_iter().map(row).collect()
    });
    let row = (target(), object_type(), effect(axis));
    let row = row.prop_map(|(target, object_type, effect)| RelationRow { target, object_type, effect });
    match relation.cardinality {
        Cardinality::ZeroToOne => at_most_one.boxed(),
        Cardinality::ZeroToMany => vec(row, 1..4).boxed(),
    }
}

/// Nothing more often than something: classes have many relations.
fn rarely<T: Debug + Clone + 'static>(rows: impl Strategy<Value = Vec<T>> + 'static) -> BoxedStrategy<Vec<T>> {
    prop_oneof![3 => Just(Vec::new()), 1 => rows].boxed()
}

/// A content that the class allows.
pub fn content(class: &Class, axis: SmallAxis) -> impl Strategy<Value = Content> + use<> {
    let attributes: Vec<_> =
        class.groups.iter().map(|group| (Just(group.id), attribute_rows(group, axis)).boxed()).collect();
    let states: Vec<_> = class.states.iter().map(|state| (Just(state.id), state_rows(state, axis)).boxed()).collect();
    let relations: Vec<_> = class
        .relations
        .iter()
        .map(|relation| (Just(relation.id), rarely(relation_rows(relation, axis))).boxed())
        .collect();
    (attributes, states, relations).prop_map(assembled)
}

type Sections<T> = Vec<(FieldId, Vec<T>)>;

fn assembled(
    (attributes, states, relations): (Sections<AttributeRow>, Sections<StateRow>, Sections<RelationRow>),
) -> Content {
    let mut content = Content::EMPTY;
    attributes.into_iter().for_each(|(id, rows)| content.set_attributes(id, rows));
    states.into_iter().for_each(|(id, rows)| content.set_states(id, rows));
    relations.into_iter().for_each(|(id, rows)| content.set_relations(id, rows));
    content
}

/// The content without what LoRA does not show: empty texts and empty lists.
pub fn shown(class: &Class, content: &Content) -> Content {
    let mut shown = content.clone();
    for group in &class.groups {
        let rows = content.attributes(group.id).iter().map(|row| {
            let values = group.fields.iter().filter_map(|field| {
                let value = match row.value(field.id)?.clone() {
                    Value::Text(text) if text.is_empty() && !field.shown_when_empty => return None,
                    Value::TextList(mut texts) => {
                        texts.retain(|text| !text.is_empty());
                        Value::TextList(texts)
                    }
                    Value::Keywords(mut keywords) => {
                        keywords.retain(|keyword| keyword.texts().concat() != "");
                        Value::Keywords(keywords)
                    }
                    value => value,
                };
                let empty = value == Value::TextList(vec![]) || value == Value::Keywords(vec![]);
                (!empty).then_some((field.id, value))
            });
            AttributeRow::new(values, row.effect.clone())
        });
        shown.set_attributes(group.id, rows.collect());
    }
    shown
}

/// A content that may or may not be one that the class allows.
///
/// Up to two rows are added to one that is: they may overlap others, lack a value, hold one of another type or of
/// another group, or stand under an id that is that of something else.
pub fn any_content(class: &Class, axis: SmallAxis) -> impl Strategy<Value = Content> + use<> {
    let damage = prop_oneof![
        2 => stray_attribute(class, axis).prop_map(Damage::Attribute),
        1 => stray_state(class, axis).prop_map(Damage::State),
        1 => stray_relation(class, axis).prop_map(Damage::Relation),
    ];
    (content(class, axis), vec(damage, 0..3)).prop_map(|(mut content, damages)| {
        damages.into_iter().for_each(|damage| damage.done_to(&mut content));
        content
    })
}

/// One of `usual`, or seldom any id at all that the class or nobody has.
fn mostly(usual: Vec<FieldId>) -> impl Strategy<Value = FieldId> + Clone {
    prop_oneof![12 => select(usual), 1 => (0..40_u16).prop_map(FieldId::from_number)]
}

fn stray_attribute(class: &Class, axis: SmallAxis) -> BoxedStrategy<(FieldId, AttributeRow)> {
    let sound = |group: &Group| (mostly(vec![group.id]), attribute_values(group)).boxed();
    let groups: Vec<_> = class.groups.iter().map(sound).collect();
    let fields: Vec<(FieldId, FieldType)> = class.fields().map(|(_, field)| (field.id, field.field_type)).collect();
    let stray = (select(fields), prop_oneof![6 => Just(None), 1 => Just(Some(FieldType::Integer))]);
    let stray = stray.prop_flat_map(|((id, own), other)| (Just(id), value(other.unwrap_or(own))));
    let stray = prop_oneof![3 => Just(Vec::new()), 1 => vec(stray, 1..3)];
    let lacking = prop_oneof![3 => Just(false), 1 => Just(true)];
    (proptest::strategy::Union::new(groups), stray, lacking, effect(axis))
        .prop_map(|((group, mut values), stray, lacking, effect)| {
            if lacking {
                values.truncate(values.len().saturating_sub(1) / 2);
            }
            (group, AttributeRow::new(values.into_iter().chain(stray), effect))
        })
        .boxed()
}

fn stray_state(class: &Class, axis: SmallAxis) -> impl Strategy<Value = (FieldId, StateRow)> + use<> {
    let states: Vec<FieldId> = class.states.iter().map(|state| state.id).collect();
    let values = class.states.iter().flat_map(|state| &state.values).map(|value| value.id).collect();
    (mostly(states), mostly(values), effect(axis))
        .prop_map(|(state, value, effect)| (state, StateRow { value, effect }))
}

fn stray_relation(class: &Class, axis: SmallAxis) -> impl Strategy<Value = (FieldId, RelationRow)> + use<> {
    let relations = class.relations.iter().map(|relation| relation.id).collect();
    (mostly(relations), target(), object_type(), effect(axis))
        .prop_map(|(relation, target, object_type, effect)| (relation, RelationRow { target, object_type, effect }))
}

#[derive(Debug, Clone)]
enum Damage {
    Attribute((FieldId, AttributeRow)),
    State((FieldId, StateRow)),
    Relation((FieldId, RelationRow)),
}

impl Damage {
    fn done_to(self, content: &mut Content) {
        fn with<T: Clone>(rows: &[T], row: T) -> Vec<T> {
            rows.iter().cloned().chain([row]).collect()
        }
        match self {
            Self::Attribute((id, row)) => content.set_attributes(id, with(content.attributes(id), row)),
            Self::State((id, row)) => content.set_states(id, with(content.states(id), row)),
            Self::Relation((id, row)) => content.set_relations(id, with(content.relations(id), row)),
        }
    }
}

/// What is said about one part: mostly nothing, where `Set` is one choice of three otherwise.
fn change<T: Debug + Clone + 'static>(
    rows: impl Strategy<Value = Vec<T>> + 'static,
    said: u32,
) -> BoxedStrategy<Option<Change<Vec<T>>>> {
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(Change::Keep)),
        1 => Just(Some(Change::Clear)),
        said => rows.prop_map(|rows| Some(Change::Set(rows))),
    ]
    .boxed()
}

/// An update whose rows do not overlap; what it leaves may lack a mandatory value where there was no row before.
pub fn patch(class: &Class, axis: SmallAxis) -> impl Strategy<Value = Patch> + use<> {
    fn named<T>(changes: Vec<(FieldId, Option<T>)>) -> std::collections::BTreeMap<FieldId, T> {
        changes.into_iter().filter_map(|(id, change)| Some((id, change?))).collect()
    }
    let attributes: Vec<_> =
        class.groups.iter().map(|group| (Just(group.id), change(attribute_patches(group, axis), 6)).boxed()).collect();
    let states: Vec<_> =
        class.states.iter().map(|state| (Just(state.id), change(state_rows(state, axis), 4)).boxed()).collect();
    let relations: Vec<_> = class
        .relations
        .iter()
        .map(|relation| (Just(relation.id), change(relation_rows(relation, axis), 2)).boxed())
        .collect();
    (attributes, states, relations).prop_map(|(attributes, states, relations)| Patch {
        attributes: named(attributes),
        states: named(states),
        relations: named(relations),
    })
}

/// Any command, mostly updates.
pub fn command(class: &Class, axis: SmallAxis) -> impl Strategy<Value = Command> + use<> {
    prop_oneof![
        4 => content(class, axis).prop_map(Command::Create),
        3 => content(class, axis).prop_map(Command::Import),
        8 => patch(class, axis).prop_map(Command::Update),
        1 => Just(Command::Update(Patch::default())),
        1 => Just(Command::Passivate),
        1 => Just(Command::Delete),
    ]
}

/// One command of a history: on what, what, and the stamp that its registration gets if it makes one.
pub type Step = (ObjectId, Command, Stamp);

/// Up to `most` commands on few objects of a class, most of which are made first, at the positions 1, 2, 3 … and the
/// instants of `registered` and beyond, one step apart.
pub fn history(
    class: &Class,
    valid: SmallAxis,
    registered: SmallAxis,
    most: usize,
) -> impl Strategy<Value = Vec<Step>> + use<> {
    let class_id = class.id;
    let made = prop_oneof![
        2 => content(class, valid).prop_map(Command::Create),
        1 => content(class, valid).prop_map(Command::Import),
    ];
    let made = vec(option::weighted(0.9, (made, envelope())), 3).prop_map(|made| {
        let made = (1..).map(Uuid::from_u128).zip(made);
        made.filter_map(|(uuid, made)| made.map(|(command, effect)| (uuid, command, effect))).collect::<Vec<_>>()
    });
    let further = vec((uuid(), command(class, valid), envelope()), 0..=most);
    (made, further).prop_map(move |(made, further)| {
        let stamped = |(number, (uuid, command, by)): (i64, (Uuid, Command, Effect))| {
            let instant = Timestamp::from_micros(registered.first + registered.step * number);
            let stamp = Stamp {
                actor: by.actor.unwrap_or_default(),
                note: by.note,
                registered: instant.expect("a small axis lies within finite time"),
                position: Position(number.unsigned_abs() + 1),
            };
            (ObjectId { class: class_id, uuid }, command, stamp)
        };
        (0..).zip(made.into_iter().chain(further)).map(stamped).collect()
    })
}
