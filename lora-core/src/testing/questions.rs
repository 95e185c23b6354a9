//! Time contexts and searches.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::SmallAxis;
use super::axis::window;
use super::contents::{object_type, target, text, uuid, value};
use crate::object::LifeCycle;
use crate::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use crate::schema::{Class, FieldId, FieldType};

/// What a client may write for a pattern.
pub fn like_source() -> impl Strategy<Value = String> + Clone {
    select(vec!["%", "a", "a%", "%B%", "", "x_y", r"%\%", r"\\", "%%a%", "_", "å%", r"\a", "i%", "%Σ", "%b", "%𝄞"])
        .prop_map(str::to_owned)
}

pub(super) fn pattern() -> impl Strategy<Value = Pattern> + Clone {
    prop_oneof![
        2 => like_source().prop_map(|source| Pattern::parse(&source).expect("no pattern of these ends in an escape")),
        1 => text().prop_map(|text| Pattern::exactly(&text)),
    ]
}

/// Which registrations count: the latest, or those of a window on the registrations' axis.
pub fn known(registered: SmallAxis) -> impl Strategy<Value = Known> + Clone {
    prop_oneof![1 => Just(Known::Latest), 2 => window(registered).prop_map(Known::During)]
}

/// Any point or window of both axes.
pub fn time_context(valid: SmallAxis, registered: SmallAxis) -> impl Strategy<Value = TimeContext> + Clone {
    let instants = registered.instants();
    let finite = select(instants[1..instants.len() - 1].to_vec());
    (known(registered), window(valid), finite).prop_map(|(known, valid, now)| TimeContext { known, valid, now })
}

/// Anything that can be asked of a class's registrations.
pub fn criterion(class: &Class) -> BoxedStrategy<Criterion> {
    let fields: Vec<(FieldId, FieldType)> = class.fields().map(|(_, field)| (field.id, field.field_type)).collect();
    let attribute = select(fields).prop_flat_map(|(field, field_type)| {
        let is = value(field_type).prop_map(ValueTest::Is);
        let test = prop_oneof![2 => pattern().prop_map(ValueTest::Like), 1 => is];
        test.prop_map(move |test| Criterion::Attribute { field, test })
    });
    let states: Vec<(FieldId, FieldId)> =
        class.states.iter().flat_map(|state| state.values.iter().map(|value| (state.id, value.id))).collect();
    let state = select(states).prop_map(|(state, value)| Criterion::State { state, value });
    let related = pattern().prop_map(Criterion::AnyText).boxed();
    let relations: Vec<FieldId> = class.relations.iter().map(|relation| relation.id).collect();
    let relation = (select(relations), object_type(), vec(target(), 0..3))
        .prop_map(|(relation, object_type, targets)| Criterion::Relation { relation, object_type, targets });
    use LifeCycle::{Corrected, Created, Deleted, Imported, Passivated};
    let lifecycle = select(vec![Created, Imported, Corrected, Passivated, Deleted]).prop_map(Criterion::LifeCycle);
    prop_oneof![
        6 => attribute,
        2 => related,
        2 => state,
        3 => relation,
        1 => uuid().prop_map(Criterion::AnyRelation),
        1 => uuid().prop_map(Criterion::Object),
        1 => lifecycle,
        1 => uuid().prop_map(Criterion::Actor),
        1 => pattern().prop_map(Criterion::Note),
    ]
    .boxed()
}

/// Mostly the whole answer.
pub fn page() -> impl Strategy<Value = Page> + Clone {
    (option::weighted(0.2, uuid()), prop_oneof![3 => Just(0), 1 => 0..3_u64], option::weighted(0.2, 0..3_u64))
        .prop_map(|(after, skip, limit)| Page { after, skip, limit })
}

/// A search of the class with up to two criteria.
pub fn search(class: &Class, valid: SmallAxis, registered: SmallAxis) -> impl Strategy<Value = Search> + use<> {
    let class_id = class.id;
    (vec(criterion(class), 0..3), time_context(valid, registered), page())
        .prop_map(move |(criteria, context, page)| Search { class: class_id, criteria, context, page })
}
