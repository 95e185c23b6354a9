//! Any filter that JSON can say.

use std::collections::BTreeMap;

use lora_core::native::{Question, Show, Valid, Wants, When};
use lora_core::object::{LifeCycle, Target};
use lora_core::query::{
    Comparison, Direction, Filter, Known, Order, Other, Pattern, Reading, Related, Selection, Steps, Test,
};
use lora_core::schema::{Class, ClassId, FieldId, FieldType, Value};
use lora_core::storage::KnownAt;
use lora_core::testing::{SmallAxis, like_source, period, text, uuid, value, window};
use lora_core::time::{Allen, Period, Timestamp, TransactionTime, ValidTime};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use crate::SCHEMA;

/// Instants of all eras, apart by years and by single microseconds.
fn axis() -> impl Strategy<Value = SmallAxis> + Clone {
    let first = select(vec![-210_863_520_000_000_000, -62_135_596_800_000_001, 0, 253_402_300_799_999_999]);
    let step = select(vec![1, 86_400_000_000, 31_622_400_000_000]);
    (first, step).prop_map(|(first, step)| SmallAxis { first, step, count: 6 })
}

fn valid() -> BoxedStrategy<Period<ValidTime>> {
    axis().prop_flat_map(period).boxed()
}

fn registered() -> BoxedStrategy<Period<TransactionTime>> {
    axis().prop_flat_map(period).boxed()
}

fn instant() -> BoxedStrategy<Timestamp<TransactionTime>> {
    axis().prop_flat_map(|axis| select(axis.instants()[1..7].to_vec())).boxed()
}

fn pattern() -> impl Strategy<Value = Pattern> + Clone {
    like_source().prop_map(|source| Pattern::parse(&source).unwrap())
}

fn target() -> impl Strategy<Value = Target> + Clone {
    let urn = text().prop_map(|text| Target::Urn(format!("urn:{text}")));
    prop_oneof![3 => uuid().prop_map(Target::Uuid), 2 => urn, 1 => Just(Target::Nothing)]
}

pub(crate) fn reading() -> impl Strategy<Value = Reading> + Clone {
    select(vec![Reading::Present, Reading::Rows, Reading::Registered])
}

type ByClass = BTreeMap<ClassId, BoxedStrategy<Filter>>;

/// Any filter of objects of each class, with up to four inside each other.
pub(crate) fn filters() -> ByClass {
    let classes = SCHEMA.classes();
    let mut filters: ByClass = classes.iter().map(|class| (class.id, leaf(class))).collect();
    for _ in 0..3 {
        let any = |class: &Class| {
            let inner = filters[&class.id].clone();
            let joins = joins(class, &filters);
            prop_oneof![2 => leaf(class), 2 => combined(inner.clone()), 2 => carried(&inner), 2 => joins].boxed()
        };
        filters = classes.iter().map(|class| (class.id, any(class))).collect();
    }
    filters
}

fn leaf(class: &Class) -> BoxedStrategy<Filter> {
    use LifeCycle::{Corrected, Created, Deleted, Imported, Passivated};
    let lifecycles = subsequence(vec![Created, Imported, Corrected, Passivated, Deleted], 0..=5);
    let states = class.states.iter().map(|state| {
        let (state, values) = (state.id, state.values.iter().map(|value| value.id).collect::<Vec<_>>());
        vec(select(values), 0..3).prop_map(move |values| Filter::State { state, values }).boxed()
    });
    let relations: Vec<FieldId> = class.relations.iter().map(|relation| relation.id).collect();
    let relation = (select(relations), option::of(text()), option::of(vec(target(), 0..3)))
        .prop_map(|(relation, object_type, targets)| Filter::Relation { relation, object_type, targets });
    prop_oneof![
        6 => field(class),
        1 => pattern().prop_map(Filter::AnyText),
        2 => Union::new(states),
        2 => relation,
        1 => uuid().prop_map(Filter::AnyRelation),
        1 => vec(uuid(), 0..3).prop_map(Filter::Object),
        1 => lifecycles.prop_map(Filter::LifeCycle),
        1 => vec(uuid(), 0..3).prop_map(Filter::Actor),
        1 => pattern().prop_map(Filter::Note),
        1 => registered().prop_map(Filter::RegisteredIn),
        2 => (registered(), option::of(select(parts(class))))
            .prop_map(|(within, part)| Filter::ChangedIn { within, part }),
    ]
    .boxed()
}

fn values(class: &Class) -> Vec<(FieldId, FieldType)> {
    let fields = class.fields().map(|(_, field)| (field.id, field.field_type));
    fields.chain(class.derived.iter().map(|derived| (derived.id, FieldType::Text))).collect()
}

fn parts(class: &Class) -> Vec<FieldId> {
    let fields = values(class).into_iter().map(|(id, _)| id).chain(class.groups.iter().map(|group| group.id));
    let fields = fields.chain(class.states.iter().map(|state| state.id));
    fields.chain(class.relations.iter().map(|relation| relation.id)).collect()
}

fn field(class: &Class) -> impl Strategy<Value = Filter> + use<> {
    select(values(class))
        .prop_flat_map(|(field, field_type)| test(field_type).prop_map(move |test| Filter::Field { field, test }))
}

fn test(field_type: FieldType) -> BoxedStrategy<Test> {
    use Comparison::{AtLeast, AtMost, Greater, Less};
    let side = select(vec![Less, AtMost, AtLeast, Greater]);
    let compares = |bound: BoxedStrategy<Value>| (side, bound).prop_map(|(side, bound)| Test::Compares(side, bound));
    let is = value(field_type).prop_map(Test::Is);
    match field_type {
        FieldType::Boolean => prop_oneof![is, Just(Test::Given)].boxed(),
        FieldType::Integer => prop_oneof![is, compares(value(field_type)), Just(Test::Given)].boxed(),
        FieldType::Text | FieldType::TextList | FieldType::Keywords => prop_oneof![
            is,
            text().prop_map(Test::Has),
            pattern().prop_map(Test::Like),
            compares(value(FieldType::Text)),
            Just(Test::Given),
        ]
        .boxed(),
    }
}

fn combined(inner: BoxedStrategy<Filter>) -> impl Strategy<Value = Filter> {
    prop_oneof![
        vec(inner.clone(), 0..3).prop_map(Filter::All),
        vec(inner.clone(), 0..3).prop_map(Filter::Any),
        inner.prop_map(|inner| !inner),
    ]
}

fn carried(inner: &BoxedStrategy<Filter>) -> impl Strategy<Value = Filter> + use<> {
    let boxed = || inner.clone().prop_map(Box::new);
    let at = prop_oneof![Just(KnownAt::Latest), instant().prop_map(KnownAt::Instant)];
    let other = prop_oneof![valid().prop_map(Other::Period), boxed().prop_map(Other::Filter)];
    let stand = subsequence(Allen::ALL.to_vec(), 0..=13);
    let sometime = axis().prop_flat_map(window);
    prop_oneof![
        (registered(), boxed()).prop_map(|(within, filter)| Filter::FirstKnownIn { within, filter }),
        (at, boxed()).prop_map(|(at, filter)| Filter::AsKnown { at, filter }),
        (sometime, boxed()).prop_map(|(within, filter)| Filter::Sometime { within, filter }),
        (valid(), boxed()).prop_map(|(within, filter)| Filter::Throughout { within, filter }),
        (boxed(), stand, other).prop_map(|(of, stand, to)| Filter::Periods { of, stand, to }),
    ]
}

/// Along every relation of the class, and along those that lead to it.
fn joins(class: &Class, inner: &ByClass) -> BoxedStrategy<Filter> {
    let classes = SCHEMA.classes();
    let forward = class.relations.iter().flat_map(|relation| {
        let reached = |to: &&Class| relation.targets.is_empty() || relation.targets.contains(&to.name);
        classes.iter().filter(reached).map(|to| (relation.id, Direction::Forward, to.id))
    });
    let backward = classes.iter().flat_map(|from| {
        let reaches = |targets: &[String]| targets.is_empty() || targets.contains(&class.name);
        let relations = from.relations.iter().filter(move |relation| reaches(&relation.targets));
        relations.map(|relation| (relation.id, Direction::Backward, from.id)).collect::<Vec<_>>()
    });
    let (own, inner) = (class.id, inner.clone());
    let ends: Vec<_> = forward.chain(backward).collect();
    let join = move |(relation, direction, class): (FieldId, Direction, ClassId)| {
        let filter = inner[&class].clone();
        let many = (any::<bool>(), option::of(filter.clone().prop_map(Box::new)));
        let many = many.prop_map(|(from_itself, through)| Steps::Many { from_itself, through });
        let steps = if class == own { prop_oneof![Just(Steps::One), many].boxed() } else { Just(Steps::One).boxed() };
        (option::of(text()), steps, reading(), filter).prop_map(move |(object_type, steps, reading, filter)| {
            let to = Selection { class, reading, filter };
            Filter::Related(Box::new(Related { relation, direction, object_type, steps, to }))
        })
    };
    select(ends).prop_flat_map(join).boxed()
}

/// Any query.
pub(crate) fn question() -> impl Strategy<Value = Question> {
    let filters = filters();
    let of_class = move |class: &'static Class| {
        let single = |(id, kind): (FieldId, FieldType)| {
            (!matches!(kind, FieldType::TextList | FieldType::Keywords)).then_some(id)
        };
        let by: Vec<FieldId> = values(class).into_iter().filter_map(single).collect();
        let grouped = by.iter().copied().chain(class.states.iter().map(|state| state.id));
        let grouped = grouped.chain(class.relations.iter().map(|relation| relation.id)).collect::<Vec<_>>();
        let order = vec((select(by), any::<bool>()).prop_map(|(by, descending)| Order { by, descending }), 0..3);
        let objects = (
            order,
            option::of(1..=10_000_usize),
            option::of(text()),
            select(vec![Show::Ids, Show::Points, Show::Objects]),
        );
        let objects = objects.prop_map(|(order, limit, after, show)| (order, limit, after, Wants::Objects(show)));
        let count = option::of(select(grouped)).prop_map(|by| (Vec::new(), None, None, Wants::Count(by)));
        let select = (reading(), filters[&class.id].clone());
        let select = select.prop_map(move |(reading, filter)| Selection { class: class.id, reading, filter });
        (select, when(), prop_oneof![3 => objects, 1 => count])
            .prop_map(|(select, when, (order, limit, after, wants))| Question {
                select,
                when,
                order,
                wants,
                limit,
                after,
            })
            .boxed()
    };
    Union::new(SCHEMA.classes().iter().map(of_class))
}

fn when() -> impl Strategy<Value = When> {
    let known = prop_oneof![
        Just(Known::Latest),
        instant().prop_map(Known::at),
        axis().prop_flat_map(window).prop_map(Known::During),
    ];
    let valid = prop_oneof![Just(Valid::Now), axis().prop_flat_map(window).prop_map(Valid::During)];
    (known, valid).prop_map(|(known, valid)| When { known, valid })
}
