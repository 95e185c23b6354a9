//! Filters and queries over the classes of a schema.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest::{option, sample};

use super::SmallAxis;
use super::axis::{period, window};
use super::contents::{object_type, target, text, uuid, value};
use super::linked::frequent_text;
use super::questions::{known, pattern};
use crate::object::LifeCycle;
use crate::query::{
    Comparison, Direction, Filter, Known, Order, Other, Query, Reading, Related, Selection, Steps, Test, TimeContext,
};
use crate::schema::{Class, ClassId, FieldId, FieldType, Schema, Value};
use crate::storage::KnownAt;
use crate::time::{Allen, Period};

/// The instants that filters name.
#[derive(Debug, Clone, Copy)]
struct Axes {
    valid: SmallAxis,
    registered: SmallAxis,
}

/// The filters of one depth, by class.
type ByClass = BTreeMap<ClassId, BoxedStrategy<Filter>>;

/// Any filter of objects of a class, up to `depth` filters inside each other.
pub fn filter(
    schema: &Schema,
    class: ClassId,
    depth: usize,
    valid: SmallAxis,
    registered: SmallAxis,
) -> BoxedStrategy<Filter> {
    filters(schema, depth, Axes { valid, registered })[&class].clone()
}

fn filters(schema: &Schema, depth: usize, axes: Axes) -> ByClass {
    let classes = || schema.classes().iter();
    let mut filters: ByClass = classes().map(|class| (class.id, leaf(class, axes))).collect();
    for _ in 1..depth {
        let deeper = |class: &Class| {
            let joins = joins(schema, class, &filters);
            let inner = filters[&class.id].clone();
            let any =
                prop_oneof![5 => inner.clone(), 3 => combined(inner.clone()), 4 => quantified(inner, axes), 4 => joins];
            (class.id, any.boxed())
        };
        filters = classes().map(deeper).collect();
    }
    filters
}

/// Any query of any class; now and then ordered.
pub fn query(schema: &Schema, valid: SmallAxis, registered: SmallAxis) -> BoxedStrategy<Query> {
    let filters = filters(schema, 3, Axes { valid, registered });
    let of_class = |class: &Class| {
        let (id, by) = (class.id, orderable(class));
        let order = vec((select(by), any::<bool>()).prop_map(|(by, descending)| Order { by, descending }), 0..3);
        // Most filters of several parts hold of little, so that their complements and unions are asked for, too.
        let filter = || filters[&id].clone();
        let filter = prop_oneof![
            4 => filter(),
            1 => filter().prop_map(|filter| !filter),
            2 => vec(filter(), 2..=3).prop_map(Filter::Any),
        ];
        (reading(), filter, context(valid, registered), order)
            .prop_map(move |(reading, filter, context, order)| {
                let select = Selection { class: id, reading, filter };
                Query { select, context, order }
            })
            .boxed()
    };
    Union::new(schema.classes().iter().map(of_class)).boxed()
}

/// Often latest and often everything, seldom an empty window.
fn context(valid: SmallAxis, registered: SmallAxis) -> impl Strategy<Value = TimeContext> + Clone {
    let known = prop_oneof![
        4 => Just(Known::Latest),
        4 => Just(Known::During(Some(Period::ALWAYS))),
        4 => known(registered),
    ];
    let valid = prop_oneof![3 => Just(Some(Period::ALWAYS)), 2 => window(valid)];
    let instants = registered.instants();
    let finite = select(instants[1..instants.len() - 1].to_vec());
    (known, valid, finite).prop_map(|(known, valid, now)| TimeContext { known, valid, now })
}

fn reading() -> impl Strategy<Value = Reading> + Clone {
    prop_oneof![2 => Just(Reading::Present), 2 => Just(Reading::Rows), 1 => Just(Reading::Registered)]
}

/// What objects of a class can be ordered by: fields of texts, numbers and booleans, and derived terms.
fn orderable(class: &Class) -> Vec<FieldId> {
    let single = |field_type| matches!(field_type, FieldType::Text | FieldType::Integer | FieldType::Boolean);
    let fields = class.fields().filter(|(_, field)| single(field.field_type)).map(|(_, field)| field.id);
    fields.chain(class.derived.iter().map(|derived| derived.id)).collect()
}

/// Mostly any object type.
fn kind() -> impl Strategy<Value = Option<String>> + Clone {
    prop_oneof![3 => Just(None), 1 => object_type()]
}

/// A filter that has no other inside.
fn leaf(class: &Class, axes: Axes) -> BoxedStrategy<Filter> {
    let states = class.states.iter().map(|state| {
        let (state, values) = (state.id, state.values.iter().map(|value| value.id).collect::<Vec<_>>());
        vec(select(values), 1..=2).prop_map(move |values| Filter::State { state, values }).boxed()
    });
    let relations: Vec<FieldId> = class.relations.iter().map(|relation| relation.id).collect();
    let relation = (select(relations), kind(), option::weighted(0.7, vec(target(), 0..5)))
        .prop_map(|(relation, object_type, targets)| Filter::Relation { relation, object_type, targets });
    use LifeCycle::{Corrected, Created, Deleted, Imported, Passivated};
    let lifecycles = vec![Created, Imported, Corrected, Passivated, Deleted];
    let within = || period(axes.registered);
    prop_oneof![
        8 => field(class),
        1 => pattern().prop_map(Filter::AnyText),
        3 => Union::new(states),
        3 => relation,
        1 => uuid().prop_map(Filter::AnyRelation),
        1 => vec(uuid(), 0..5).prop_map(Filter::Object),
        1 => sample::subsequence(lifecycles, 0..=4).prop_map(Filter::LifeCycle),
        1 => vec(uuid(), 0..5).prop_map(Filter::Actor),
        1 => pattern().prop_map(Filter::Note),
        1 => within().prop_map(Filter::RegisteredIn),
        2 => (within(), option::weighted(0.7, select(parts(class))))
            .prop_map(|(within, part)| Filter::ChangedIn { within, part }),
        1 => Just(Filter::EVERYWHERE),
    ]
    .boxed()
}

/// Everything of which a class can say that it changed.
pub(super) fn parts(class: &Class) -> Vec<FieldId> {
    let groups = class.groups.iter().map(|group| group.id).chain(class.fields().map(|(_, field)| field.id));
    let states = class.states.iter().map(|state| state.id).chain(class.derived.iter().map(|derived| derived.id));
    groups.chain(states).chain(class.relations.iter().map(|relation| relation.id)).collect()
}

/// A field or derived term that passes a test, which mostly fits its type.
fn field(class: &Class) -> BoxedStrategy<Filter> {
    let fields = class.fields().map(|(_, field)| (field.id, field.field_type));
    let all = fields.chain(class.derived.iter().map(|derived| (derived.id, FieldType::Text)));
    Union::new(all.map(|(field, field_type)| {
        let other = prop_oneof![Just(FieldType::Text), Just(FieldType::Integer), Just(FieldType::Boolean)];
        let odd = other.prop_flat_map(test);
        let test = prop_oneof![9 => test(field_type), 1 => odd];
        test.prop_map(move |test| Filter::Field { field, test }).boxed()
    }))
    .boxed()
}

/// A test of values of a type.
fn test(field_type: FieldType) -> BoxedStrategy<Test> {
    use Comparison::{AtLeast, AtMost, Greater, Less};
    let compares = |other: BoxedStrategy<Value>| {
        let comparison = select(vec![Less, AtMost, AtLeast, Greater]);
        (comparison, other).prop_map(|(comparison, other)| Test::Compares(comparison, other))
    };
    let is = match field_type {
        FieldType::Text => prop_oneof![1 => text(), 2 => frequent_text()].prop_map(Value::Text).boxed(),
        _ => value(field_type),
    };
    let is = is.prop_map(Test::Is);
    match field_type {
        FieldType::Integer | FieldType::Boolean => {
            prop_oneof![2 => is, 2 => compares(value(field_type)), 1 => Just(Test::Given)].boxed()
        }
        FieldType::Text | FieldType::TextList | FieldType::Keywords => prop_oneof![
            1 => is,
            2 => prop_oneof![1 => text(), 2 => frequent_text()].prop_map(Test::Has),
            3 => pattern().prop_map(Test::Like),
            2 => compares(value(FieldType::Text)),
            1 => Just(Test::Given),
        ]
        .boxed(),
    }
}

fn combined(inner: BoxedStrategy<Filter>) -> impl Strategy<Value = Filter> {
    prop_oneof![
        2 => vec(inner.clone(), 0..3).prop_map(Filter::All),
        2 => vec(inner.clone(), 0..4).prop_map(Filter::Any),
        2 => inner.prop_map(|inner| !inner),
    ]
}

/// What carries a filter to other instants.
fn quantified(inner: BoxedStrategy<Filter>, axes: Axes) -> impl Strategy<Value = Filter> {
    let boxed = move || inner.clone().prop_map(Box::new);
    let known = select(axes.registered.instants()).prop_map(KnownAt::Instant);
    let at = prop_oneof![1 => Just(KnownAt::Latest), 3 => known];
    let stand = sample::subsequence(Allen::ALL.to_vec(), 1..=10);
    let other = prop_oneof![period(axes.valid).prop_map(Other::Period), boxed().prop_map(Other::Filter),];
    prop_oneof![
        2 => (period(axes.registered), boxed()).prop_map(|(within, filter)| Filter::FirstKnownIn { within, filter }),
        2 => (window(axes.valid), boxed()).prop_map(|(within, filter)| Filter::Sometime { within, filter }),
        2 => (period(axes.valid), boxed()).prop_map(|(within, filter)| Filter::Throughout { within, filter }),
        2 => (at, boxed()).prop_map(|(at, filter)| Filter::AsKnown { at, filter }),
        3 => (boxed(), stand, other).prop_map(|(of, stand, to)| Filter::Periods { of, stand, to }),
    ]
}

/// Any join from a class: along its relations, and along those that point at it.
fn joins(schema: &Schema, class: &Class, inner: &ByClass) -> BoxedStrategy<Filter> {
    let mut joins = Vec::new();
    for relation in &class.relations {
        let targets = schema.classes().iter().filter(|to| reaches(&relation.targets, to));
        joins.extend(targets.map(|to| join(relation.id, Direction::Forward, class, to, inner)));
    }
    for from in schema.classes() {
        let pointing = from.relations.iter().filter(|relation| reaches(&relation.targets, class));
        joins.extend(pointing.map(|relation| join(relation.id, Direction::Backward, class, from, inner)));
    }
    Union::new(joins).boxed()
}

fn reaches(targets: &[String], class: &Class) -> bool {
    targets.is_empty() || targets.contains(&class.name)
}

fn join(relation: FieldId, direction: Direction, class: &Class, to: &Class, inner: &ByClass) -> BoxedStrategy<Filter> {
    let (id, inner) = (to.id, inner[&to.id].clone());
    let filter = prop_oneof![1 => Just(Filter::EVERYWHERE), 3 => inner.clone()];
    let selection = (reading(), filter).prop_map(move |(reading, filter)| Selection { class: id, reading, filter });
    let many = (any::<bool>(), option::weighted(0.4, inner.prop_map(Box::new)))
        .prop_map(|(from_itself, through)| Steps::Many { from_itself, through });
    let steps = if class.id == to.id {
        prop_oneof![1 => Just(Steps::One), 2 => many].boxed()
    } else {
        Just(Steps::One).boxed()
    };
    (kind(), steps, selection)
        .prop_map(move |(object_type, steps, to)| {
            Filter::Related(Box::new(Related { relation, direction, object_type, steps, to }))
        })
        .boxed()
}
