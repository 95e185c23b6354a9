//! The difference between two points, applied to the first, gives the second.

use std::collections::BTreeMap;

use lora_core::history::{Became, Between, Difference, Differences, Point, Statement};
use lora_core::object::{LifeCycle, ObjectId};
use lora_core::query::execute::{Limits, find};
use lora_core::query::{Direction, Filter, Known, Query, Reading, Related, Selection, Steps};
use lora_core::schema::{Class, FieldId};
use lora_core::storage::{KnownAt, MemoryView};
use lora_core::time::Period;
use pollster::block_on;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use crate::support::{Seen, Told, config, context, history, instants, knowns, objects, pinned};

/// What an object states after a difference: fields get their values, states theirs, relations lose and gain targets.
fn applied(class: &Class, before: &Seen, difference: &Difference) -> BTreeMap<FieldId, Vec<Statement>> {
    let mut parts = before.parts.clone();
    for part in difference.parts.keys() {
        let statements = parts.entry(*part).or_default();
        let [added, removed] = difference.added_and_removed(*part);
        for gone in removed {
            let place = statements.iter().position(|statement| statement == gone).expect("what is removed was there");
            statements.remove(place);
        }
        statements.extend(added.into_iter().cloned());
        statements.sort();
        if let (Some(_), [Statement::Row(old)], [Statement::Row(new)]) =
            (class.group(*part), before.of(*part), &statements[..])
        {
            let mut values: BTreeMap<_, _> = old.iter().cloned().collect();
            for (field, [was, is]) in difference.fields(*part) {
                assert_eq!(values.remove(&field).iter().collect::<Vec<_>>(), was);
                values.extend(is.first().map(|value| (field, (*value).clone())));
            }
            assert_eq!(&values.into_iter().collect::<Vec<_>>(), new, "the fields say the same as the rows");
        }
    }
    parts.retain(|_, statements| !statements.is_empty());
    parts
}

fn pick<T: Copy>(of: &[T], index: Index) -> T {
    of[index.index(of.len())]
}

fn readings() -> impl Strategy<Value = Reading> {
    proptest::sample::select(vec![Reading::Present, Reading::Rows, Reading::Registered])
}

fn between(told: &Told, class: &Class, at: [Index; 4]) -> Between {
    let (knowns, instants) = (knowns(told, class), instants());
    let point = |known, valid| Point { known: pick(&knowns, known), valid: pick(&instants, valid) };
    Between { from: point(at[0], at[1]), to: point(at[2], at[3]) }
}

fn seen(told: &Told, view: &MemoryView, class: &Class, object: ObjectId, point: Point) -> Seen {
    told.seen(view, class, object, point.known, point.valid)
}

/// A cause lies between the two times of knowledge, and nobody else than the causes can have brought the difference.
fn causes_are_right(told: &Told, class: &Class, between: Between, difference: &Difference, reading: Reading) {
    let chain = told.chain(difference.object);
    let valid = between.to.valid;
    let known = |known: KnownAt| match known {
        KnownAt::Latest => chain.len(),
        KnownAt::Instant(at) => chain.iter().filter(|answered| answered.registered.from() <= at).count(),
    };
    let (one, other) = (known(between.from.known), known(between.to.known));
    let at = |count: usize| {
        let registration = count.checked_sub(1).map(|index| &chain[index].registration);
        registration.map_or_else(Seen::default, |found| Seen::at(class, found.lifecycle, &found.content, valid))
    };
    let differing = at(one).differing(&at(other));
    let comes_or_goes = at(one).counts(reading) != at(other).counts(reading);
    let mut expected = Vec::new();
    for count in one.min(other) + 1..=one.max(other) {
        let (before, after) = (at(count - 1), at(count));
        let parts = before.differing(&after);
        let relevant: Vec<FieldId> = parts.into_iter().filter(|part| differing.contains(part)).collect();
        let turns = comes_or_goes && before.counts(reading) != after.counts(reading);
        if turns || !relevant.is_empty() {
            expected.push((count as u32, relevant));
        }
    }
    let found: Vec<(u32, Vec<FieldId>)> = difference
        .causes
        .iter()
        .map(|cause| (cause.seq.0, cause.parts.iter().copied().filter(|part| differing.contains(part)).collect()))
        .collect();
    assert_eq!(found, expected, "{between:?}");
    for cause in &difference.causes {
        let answered = &chain[cause.seq.0 as usize - 1];
        assert_eq!((cause.position, cause.registered), (answered.position, answered.registered.from()));
        assert_eq!((cause.actor, &cause.note), (answered.registration.actor, &answered.registration.note));
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn a_difference_makes_the_second_point_of_the_first(
        (class, steps) in history(),
        at in any::<[Index; 4]>(),
        reading in readings(),
    ) {
        let told = Told::of(&steps);
        let (view, between) = (pinned(&told), between(&told, &class, at));
        let objects = objects(&class);
        let found = block_on(told.service.differences(&view, &objects, between, reading)).unwrap();
        prop_assert_eq!(found.len(), objects.len());
        for (object, difference) in objects.iter().zip(&found) {
            let before = seen(&told, &view, &class, *object, between.from);
            let after = seen(&told, &view, &class, *object, between.to);
            prop_assert_eq!(difference.object, *object);
            prop_assert_eq!(difference.there, [before.counts(reading), after.counts(reading)]);
            prop_assert_eq!(&applied(&class, &before, difference), &after.parts);
            let changed: Vec<_> = difference.parts.keys().copied().collect();
            let expected: Vec<_> =
                before.differing(&after).into_iter().filter(|id| before.parts.contains_key(id) || after.parts.contains_key(id)).collect();
            prop_assert_eq!(changed, expected, "nothing is named that is the same");
            causes_are_right(&told, &class, between, difference, reading);
        }
        let back = Between { from: between.to, to: between.from };
        let backwards = block_on(told.service.differences(&view, &objects, back, reading)).unwrap();
        for (one, other) in found.iter().zip(&backwards) {
            prop_assert_eq!(one.there, [other.there[1], other.there[0]]);
            let turned = other.parts.iter().map(|(part, [a, b])| (*part, [b.clone(), a.clone()])).collect();
            prop_assert_eq!(&one.parts, &turned);
        }
    }

    #[test]
    fn the_differences_of_a_selection_are_those_of_what_is_found_at_either_point(
        (class, steps) in history(),
        at in any::<[Index; 4]>(),
        reading in readings(),
        value in any::<Index>(),
    ) {
        let told = Told::of(&steps);
        let (view, between) = (pinned(&told), between(&told, &class, at));
        let state = &class.states[0];
        let values = vec![state.values[value.index(state.values.len())].id];
        for filter in [Filter::EVERYWHERE, Filter::State { state: state.id, values }] {
            let select = Selection { class: class.id, reading, filter };
            selected(&told, &view, &select, between)?;
        }
    }

    /// A relation within the class, followed any number of times.
    #[test]
    fn the_differences_of_a_subtree_are_those_of_what_is_below_at_either_point(
        (class, steps) in history(),
        at in any::<[Index; 4]>(),
        reading in readings(),
        relation in any::<Index>(),
    ) {
        let told = Told::of(&steps);
        let (view, between) = (pinned(&told), between(&told, &class, at));
        let relation = class.relations[relation.index(class.relations.len())].id;
        let root = Selection { class: class.id, reading, filter: Filter::Object(vec![Uuid::from_u128(1)]) };
        let steps = Steps::Many { from_itself: true, through: None };
        let below = Related { relation, direction: Direction::Forward, object_type: None, steps, to: root };
        let select = Selection { class: class.id, reading, filter: Filter::Related(Box::new(below)) };
        selected(&told, &view, &select, between)?;
    }
}

fn selected(told: &Told, view: &MemoryView, select: &Selection, between: Between) -> Result<(), TestCaseError> {
    let found = |point: Point| -> Vec<Uuid> {
        let known = match point.known {
            KnownAt::Latest => Known::Latest,
            KnownAt::Instant(at) => Known::at(at),
        };
        let query = Query::new(select.clone(), context(known, Period::instant(point.valid)));
        let found = block_on(find(view, told.service.declarations(), &query)).unwrap();
        found.into_iter().map(|found| found.object).collect()
    };
    let sides = [found(between.from), found(between.to)];
    let mut expected = Vec::new();
    for uuid in (1..=4).map(Uuid::from_u128) {
        let there = [sides[0].contains(&uuid), sides[1].contains(&uuid)];
        if there != [false, false] {
            let object = ObjectId { class: select.class, uuid };
            let alone = block_on(told.service.differences(view, &[object], between, select.reading)).unwrap().remove(0);
            expected.extend(Some(Difference { there, ..alone }).filter(|difference| !difference.is_none()));
        }
    }
    for after in [None, Some(Uuid::from_u128(2))] {
        let mut all = Differences::new(select, between, after, Limits::NONE);
        let mut streamed = Vec::new();
        while let Some(part) = block_on(told.service.next_differences(view, &mut all)).unwrap() {
            prop_assert!(!part.is_empty());
            streamed.extend(part);
        }
        let expected: Vec<_> =
            expected.iter().filter(|difference| after.is_none_or(|after| difference.object.uuid > after)).collect();
        prop_assert_eq!(streamed.iter().collect::<Vec<_>>(), expected);
    }
    Ok(())
}

/// More objects than are compared together: all of them, once each and in order.
#[test]
fn a_long_difference_comes_in_parts() {
    use lora_core::object::{Content, Effect, StateRow};
    use lora_core::query::eval::Command;
    use lora_core::service::By;
    let told = Told::nothing();
    let class = told.service.schema().class_named("it_system").unwrap().clone();
    let presence = class.presence.unwrap();
    let object = |number: u128| ObjectId { class: class.id, uuid: Uuid::from_u128(number) };
    let mut content = Content::EMPTY;
    let effect = Effect::during(Period::since(crate::support::valid(10)).unwrap());
    content.set_states(presence.state, vec![StateRow { value: presence.value, effect }]);
    for number in 1..=300 {
        told.tell(object(number), &Command::Create(content.clone()), By::default()).unwrap();
    }
    for number in (1..=300).filter(|number| number % 3 == 0) {
        told.tell(object(number), &Command::Delete, By::default()).unwrap();
    }
    let view = pinned(&told);
    let known = told.chain(object(300))[0].registered.from();
    let point = |known| Point { known, valid: crate::support::valid(20) };
    let between = Between { from: point(KnownAt::Instant(known)), to: point(KnownAt::Latest) };
    let select = Selection { class: class.id, reading: Reading::Present, filter: Filter::EVERYWHERE };
    let mut all = Differences::new(&select, between, None, Limits::NONE);
    let mut found = Vec::new();
    while let Some(part) = block_on(told.service.next_differences(&view, &mut all)).unwrap() {
        assert!(part.len() <= 64, "few are in memory at once");
        found.extend(part);
    }
    let expected: Vec<_> = (1..=300).filter(|number| number % 3 == 0).map(object).collect();
    assert_eq!(found.iter().map(|difference| difference.object).collect::<Vec<_>>(), expected);
    for difference in &found {
        assert_eq!(difference.became(), Became::Disappears);
        assert_eq!(difference.causes.len(), 1);
        assert_eq!(difference.causes[0].lifecycle, LifeCycle::Deleted);
        assert!(difference.added_and_removed(presence.state)[0].is_empty());
    }
}
