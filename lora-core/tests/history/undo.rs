//! Registrations taken back.

use std::collections::BTreeMap;

use lora_core::Error;
use lora_core::object::lifecycle::TransitionError;
use lora_core::object::{
    AttributePatch, Change, Content, Effect, LifeCycle, ObjectId, Patch, Registration, RelationRow, Seq, StateRow,
    Target,
};
use lora_core::query::eval::Command;
use lora_core::schema::{Class, FieldId, FieldType, Value};
use lora_core::service::{By, Written};
use lora_core::testing;
use lora_core::time::{Period, Timestamp, ValidTime};
use pollster::block_on;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use crate::support::{Seen, Told, VALID, class, config, history, instants, objects, valid};

fn undo(told: &Told, object: ObjectId, seq: Seq) -> Result<Written, Error> {
    block_on(told.service.undo(object, seq, By { note: "undone".to_owned(), ..By::default() }))
}

fn registered(written: &Result<Written, Error>) -> bool {
    matches!(written, Ok(Written::Registered(_)))
}

fn registrations(told: &Told, object: ObjectId) -> Vec<Registration> {
    told.chain(object).into_iter().map(|answered| answered.registration).collect()
}

/// In use, passive, or neither.
fn used(registration: Option<&Registration>) -> u8 {
    match registration.map(|registration| registration.lifecycle) {
        Some(LifeCycle::Created | LifeCycle::Imported | LifeCycle::Corrected) => 2,
        Some(LifeCycle::Passivated) => 1,
        Some(LifeCycle::Deleted) | None => 0,
    }
}

fn in_order(told: &Told) {
    let report = block_on(lora_core::check::check(told.service.store(), |_| {})).unwrap();
    assert!(report.is_clean(), "{report}");
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn what_is_taken_back_at_once_is_as_it_was_and_taken_back_again_it_is_as_it_became((class, steps) in history()) {
        let told = Told::of(&steps);
        for object in objects(&class) {
            let chain = registrations(&told, object);
            let Some(newest) = chain.last() else { continue };
            let before = chain.iter().rev().nth(1);
            let result = undo(&told, object, newest.seq);
            let after = registrations(&told, object);
            let content = before.map_or(Content::EMPTY, |before| before.content.clone());
            let same = content == newest.content && used(before) == used(Some(newest));
            prop_assert_eq!(registered(&result), !same, "{:?}", result);
            let last = after.last().unwrap();
            prop_assert_eq!(&last.content, &content);
            let revived = used(before) == 1 && newest.lifecycle == LifeCycle::Deleted;
            prop_assert_eq!(used(Some(last)), if revived { 2 } else { used(before) });
            if !same {
                prop_assert_eq!(after.len(), chain.len() + 1);
                prop_assert_eq!(&last.note, "undone");
                undo(&told, object, last.seq).unwrap();
                prop_assert_eq!(&told.newest(object).unwrap().registration.content, &newest.content);
            }
        }
        in_order(&told);
    }

    #[test]
    fn what_was_restored_is_as_it_was((class, steps) in history(), at in any::<Index>()) {
        let told = Told::of(&steps);
        for object in objects(&class) {
            let chain = registrations(&told, object);
            let Some(current) = chain.last() else {
                let unknown = block_on(told.service.restore(object, Seq::FIRST, By::default()));
                let is_unknown = matches!(unknown, Err(Error::Transition { source: TransitionError::Unknown, .. }));
                prop_assert!(is_unknown, "{:?}", unknown);
                continue;
            };
            let then = &chain[at.index(chain.len())];
            let result = block_on(told.service.restore(object, then.seq, By::default()));
            let last = told.newest(object).unwrap().registration;
            if used(Some(current)) == 1 && used(Some(then)) == 1 && current.content != then.content {
                let illegal = matches!(result, Err(Error::Transition { source: TransitionError::Illegal { .. }, .. }));
                prop_assert!(illegal, "what is passive is not updated: {:?}", result);
                continue;
            }
            prop_assert!(result.is_ok(), "{:?}", result);
            prop_assert_eq!(&last.content, &then.content);
            let revived = used(Some(then)) == 1 && used(Some(current)) == 0;
            prop_assert_eq!(used(Some(&last)), if revived { 2 } else { used(Some(then)) });
        }
        in_order(&told);
    }

    #[test]
    fn an_older_registration_is_taken_back_or_those_are_named_who_changed_the_same(
        (class, steps) in history(),
        (small_class, acts) in small_acts(),
        at in any::<Index>(),
    ) {
        let told = Told::of(&steps);
        for object in objects(&class) {
            taken_back_or_named(&told, &class, object, at)?;
        }
        in_order(&told);
        let (told, object) = told_small(&small_class, &acts);
        taken_back_or_named(&told, &small_class, object, at)?;
        in_order(&told);
    }

    #[test]
    fn nothing_is_taken_back_over_a_later_change((class, steps) in history(), (small_class, acts) in small_acts()) {
        let told = Told::of(&steps);
        for object in objects(&class) {
            never_overlooked(&told, &class, object)?;
        }
        let (told, object) = told_small(&small_class, &acts);
        never_overlooked(&told, &small_class, object)?;
    }

    #[test]
    fn taking_back_and_acts_on_other_parts_can_be_swapped(
        (class, steps) in history(),
        (one, other) in apart(),
        number in 0..4_usize,
    ) {
        let object = objects(&class)[number];
        let told = Told::of(&steps);
        let Some(newest) = told.newest(object) else { return Ok(()) };
        if used(Some(&newest.registration)) != 2 { return Ok(()) }
        let alike = std::mem::discriminant(&one.thing) == std::mem::discriminant(&other.thing);
        let (one, other) = (one.patch(&class), other.patch(&class));
        let swapped = Told::of(&steps);
        let first = told.tell(object, &Command::Update(one), By::default());
        if !registered(&first) { return Ok(()) }
        let seq = told.newest(object).unwrap().registration.seq;
        let [then, alone] = [&told, &swapped].map(|told| told.tell(object, &Command::Update(other.clone()), By::default()));
        if then.is_err() || alone.is_err() { return Ok(()) }
        let result = undo(&told, object, seq);
        prop_assert!(result.is_ok(), "{:?}", result);
        let [taken_back, never_done] = [&told, &swapped].map(|told| told.newest(object).unwrap().registration);
        for at in instants() {
            prop_assert_eq!(seen(&class, Some(&taken_back), at), seen(&class, Some(&never_done), at), "at {}", at);
        }
        // Parts apart from each other also keep their rows as they were split.
        prop_assert!(alike || taken_back.content == never_done.content);
    }
}

/// Whatever is taken back: either each thing is as it was before where the registration changed it, and as it is now
/// elsewhere; or somebody changed the same since, and is named.
fn taken_back_or_named(told: &Told, class: &Class, object: ObjectId, at: Index) -> Result<(), TestCaseError> {
    let chain = registrations(told, object);
    if chain.is_empty() {
        return Ok(());
    }
    // The first is seldom taken back: everything stands on it.
    let index = if at.index(5) == 0 { 0 } else { at.index(chain.len()) };
    let before = index.checked_sub(1).map(|index| &chain[index]);
    let (undone, current) = (&chain[index], chain.last().unwrap());
    match undo(told, object, undone.seq) {
        Ok(_) => {
            let last = told.newest(object).unwrap().registration;
            let gone = used(before) == 0 && used(Some(undone)) != 0;
            for at in instants() {
                let [before, undone, current, last] =
                    [before, Some(undone), Some(current), Some(&last)].map(|found| seen(class, found, at));
                let changed = before.differing(&undone);
                for part in parts(class) {
                    let expected = if changed.contains(&part) || gone { before.of(part) } else { current.of(part) };
                    prop_assert_eq!(last.of(part), expected, "{:?} at {}", part, at);
                }
            }
        }
        Err(Error::Overlaid { seq, obstacles, .. }) => {
            prop_assert_eq!(seq, undone.seq);
            prop_assert_eq!(registrations(told, object).len(), chain.len(), "nothing is registered");
            for obstacle in &obstacles {
                let [earlier, later] = [2, 1].map(|back| &chain[obstacle.seq.0 as usize - back]);
                prop_assert!(later.seq > undone.seq && !obstacle.valid.is_empty());
                match obstacle.part {
                    None => prop_assert_ne!(used(Some(later)), used(Some(earlier))),
                    Some(part) => {
                        let rows = |registration: &Registration| rows_of(class, &registration.content, part);
                        prop_assert_ne!(rows(earlier), rows(later), "{:?}", obstacle);
                    }
                }
            }
        }
        Err(Error::Content { .. }) => prop_assert!(index + 1 < chain.len()),
        Err(Error::Transition { source: TransitionError::Illegal { .. }, .. }) => {
            prop_assert!(used(Some(current)) != 2, "only what is not in use refuses");
        }
        other => prop_assert!(false, "{:?}", other),
    }
    Ok(())
}

/// Who changed the same is never overlooked.
fn never_overlooked(told: &Told, class: &Class, object: ObjectId) -> Result<(), TestCaseError> {
    let chain = registrations(told, object);
    for index in 0..chain.len() {
        let changed = |index: usize, at| {
            let before = index.checked_sub(1).map(|index| &chain[index]);
            seen(class, before, at).differing(&seen(class, Some(&chain[index]), at))
        };
        let same = |later: usize, at| {
            let (mine, theirs) = (changed(index, at), changed(later, at));
            parts(class).into_iter().any(|part| mine.contains(&part) && theirs.contains(&part))
        };
        if (index + 1..chain.len()).any(|later| instants().into_iter().any(|at| same(later, at))) {
            let result = undo(told, object, chain[index].seq);
            prop_assert!(matches!(result, Err(Error::Overlaid { .. })), "{:?}", result);
        }
    }
    Ok(())
}

fn seen(class: &Class, registration: Option<&Registration>, at: Timestamp<ValidTime>) -> Seen {
    registration.map_or_else(Seen::default, |found| Seen::at(class, found.lifecycle, &found.content, at))
}

/// What is taken back apart from each other: fields, states and relations.
fn parts(class: &Class) -> Vec<FieldId> {
    let fields = class.fields().map(|(_, field)| field.id);
    let states = class.states.iter().map(|state| state.id);
    fields.chain(states).chain(class.relations.iter().map(|relation| relation.id)).collect()
}

/// Acts on one object, each of which changes little.
fn small_acts() -> impl Strategy<Value = (Class, Vec<Command>)> {
    class().prop_flat_map(|class| {
        let of = class.clone();
        let single = single().prop_map(move |single| Command::Update(single.patch(&of)));
        let act = prop_oneof![
            20 => single,
            1 => Just(Command::Passivate),
            1 => Just(Command::Delete),
            1 => testing::content(&class, VALID).prop_map(Command::Import),
        ];
        let made = testing::content(&class, VALID).prop_map(Command::Import);
        let acts = (made, proptest::collection::vec(act, 2..8));
        (Just(class), acts.prop_map(|(made, acts)| [vec![made], acts].concat()))
    })
}

fn told_small(class: &Class, acts: &[Command]) -> (Told, ObjectId) {
    let told = Told::nothing();
    let object = objects(class)[0];
    for act in acts {
        let told = told.tell(object, act, By::default());
        assert!(matches!(told, Ok(_) | Err(Error::Content { .. } | Error::Transition { .. })), "{told:?}");
    }
    (told, object)
}

/// The rows of a group, state or relation with who says so and why; the values of a field with when they hold.
fn rows_of(class: &Class, content: &Content, part: FieldId) -> String {
    if class.field(part).is_some() {
        let rows = content.all_attributes().flat_map(|(_, rows)| rows);
        let values: BTreeMap<_, _> = rows.filter_map(|row| Some((row.effect.valid, row.value(part)?))).collect();
        return format!("{values:?}");
    }
    format!("{:?} {:?} {:?}", content.attributes(part), content.states(part), content.relations(part))
}

/// An update of one thing in a period.
#[derive(Debug, Clone)]
struct Single {
    thing: Thing,
    valid: Period<ValidTime>,
}

#[derive(Debug, Clone)]
enum Thing {
    /// The value of one of the text fields of the first group that are not mandatory.
    Text(usize, &'static str),
    State(usize),
    /// One of the relations points at somebody.
    Relation(usize, u128),
}

fn single() -> impl Strategy<Value = Single> {
    let texts = proptest::sample::select(vec!["new", "other", ""]);
    let thing = prop_oneof![
        4 => (0..3_usize, texts).prop_map(|(field, text)| Thing::Text(field, text)),
        2 => (0..2_usize).prop_map(Thing::State),
        2 => (0..4_usize, 1..3_u128).prop_map(|(relation, target)| Thing::Relation(relation, target)),
    ];
    (thing, testing::period(VALID)).prop_map(|(thing, valid)| Single { thing, valid })
}

/// Two updates of different fields, of a field and a state, or of one thing at different instants.
fn apart() -> impl Strategy<Value = (Single, Single)> {
    let [early, late] = [(-1_i64, 20), (20, 45)].map(|(from, to)| Period::new(valid(from), valid(to)).unwrap());
    (single(), single()).prop_map(move |(one, other)| match (&one.thing, &other.thing) {
        (Thing::Text(field, _), Thing::Text(another, _)) if field % 2 != another % 2 => (one, other),
        (Thing::State(_), Thing::Text(..)) | (Thing::Text(..), Thing::State(_)) => (one, other),
        // Rows of relations to many are replaced as a whole, so what comes later would change what was before.
        (Thing::Relation(..), _) => {
            (Single { thing: Thing::State(0), ..one }, Single { thing: Thing::Text(0, "x"), ..other })
        }
        _ => (Single { valid: early, ..one.clone() }, Single { thing: one.thing, valid: late }),
    })
}

impl Single {
    fn patch(&self, class: &Class) -> Patch {
        let mut patch = Patch::default();
        let effect = Effect::during(self.valid);
        match self.thing {
            Thing::Text(number, text) => {
                let group = &class.groups[0];
                let fields =
                    group.fields.iter().filter(|field| !field.mandatory && field.field_type == FieldType::Text);
                let Some(field) = fields.clone().nth(number % fields.count().max(1)) else { return patch };
                let values = [(field.id, Change::Set(Value::Text(text.to_owned())))].into_iter().collect();
                patch.attributes.insert(group.id, Change::Set(vec![AttributePatch { values, effect }]));
            }
            Thing::State(number) => {
                let state = &class.states[0];
                let value = state.values[number % state.values.len()].id;
                patch.states.insert(state.id, Change::Set(vec![StateRow { value, effect }]));
            }
            Thing::Relation(number, target) => {
                let relation = &class.relations[number % class.relations.len()];
                let row = RelationRow { target: Target::Uuid(Uuid::from_u128(target)), object_type: None, effect };
                patch.relations.insert(relation.id, Change::Set(vec![row]));
            }
        }
        patch
    }
}

#[test]
fn a_registration_that_is_not_there_is_named_with_the_newest() {
    let told = Told::nothing();
    let class = told.service.schema().class_named("user").unwrap().clone();
    let object = ObjectId { class: class.id, uuid: Uuid::from_u128(1) };
    let unknown = undo(&told, object, Seq::FIRST);
    assert!(matches!(unknown, Err(Error::Transition { source: TransitionError::Unknown, .. })), "{unknown:?}");
    told.tell(object, &Command::Create(Content::EMPTY), By::default()).unwrap();
    for number in [0, 2, u32::MAX] {
        let result = undo(&told, object, Seq(number));
        assert!(matches!(result, Err(Error::NoRegistration { newest: Seq(1), .. })), "{number}: {result:?}");
    }
}

/// Who may hand the futures to another thread must be able to.
#[test]
fn the_operations_can_be_awaited_anywhere() {
    fn sent<F: std::future::Future + Send>(future: F) -> F {
        future
    }
    let told = Told::nothing();
    let class = told.service.schema().class_named("user").unwrap().clone();
    let object = ObjectId { class: class.id, uuid: Uuid::from_u128(1) };
    drop(block_on(sent(told.service.undo(object, Seq::FIRST, By::default()))));
    drop(block_on(sent(told.service.restore(object, Seq::FIRST, By::default()))));
}
