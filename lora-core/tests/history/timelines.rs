//! Stages and timelines of parts.

use lora_core::schema::FieldId;
use lora_core::testing;
use lora_core::time::Period;
use pollster::block_on;
use proptest::prelude::*;

use crate::support::{Told, VALID, config, history, instants, knowns, objects, pinned};

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn the_stage_at_an_instant_is_what_a_read_of_it_says_and_neighbours_differ(
        (class, steps) in history(),
        window in testing::period(VALID),
    ) {
        let told = Told::of(&steps);
        let view = pinned(&told);
        for known in knowns(&told, &class) {
            for object in objects(&class) {
                let Some(belief) = block_on(told.service.timeline(&view, object, known)).unwrap() else {
                    prop_assert!(!told.seen(&view, &class, object, known, instants()[0]).registered);
                    continue;
                };
                let stages: Vec<_> = belief.stages(window).collect();
                prop_assert_eq!(stages[0].period.from(), window.from());
                prop_assert_eq!(stages.last().unwrap().period.to(), window.to());
                for pair in stages.windows(2) {
                    prop_assert_eq!(pair[0].period.to(), pair[1].period.from());
                    prop_assert_ne!((pair[0].present, &pair[0].stated), (pair[1].present, &pair[1].stated));
                }
                for at in instants().into_iter().filter(|at| window.contains(*at)) {
                    let stage = stages.iter().find(|stage| stage.period.contains(at)).unwrap();
                    let seen = told.seen(&view, &class, object, known, at);
                    prop_assert_eq!(stage.present, seen.present);
                    let parts = stage.stated.parts().map(|(part, statements)| (part, statements.to_vec())).collect();
                    prop_assert_eq!(&seen.parts, &parts, "{:?} at {}", known, at);
                    prop_assert_eq!(&belief.at(at), &stage.stated);
                }
            }
        }
    }

    #[test]
    fn the_timeline_of_a_part_is_what_reads_say_of_it((class, steps) in history(), window in testing::period(VALID)) {
        let told = Told::of(&steps);
        let view = pinned(&told);
        let groups = class.groups.iter().flat_map(|group| {
            [group.id].into_iter().chain(group.fields.iter().map(|field| field.id)).collect::<Vec<_>>()
        });
        let others = class.states.iter().map(|state| state.id).chain(class.relations.iter().map(|relation| relation.id));
        let parts: Vec<FieldId> = groups.chain(others).collect();
        for known in knowns(&told, &class) {
            for object in objects(&class) {
                let Some(belief) = block_on(told.service.timeline(&view, object, known)).unwrap() else { continue };
                let seen = |at| (at, told.seen(&view, &class, object, known, at));
                let seen: Vec<_> = instants().into_iter().map(seen).collect();
                for part in &parts {
                    let timeline = belief.part(*part, window).unwrap();
                    for pair in timeline.spans().windows(2) {
                        let touch = pair[0].period.to() == pair[1].period.from();
                        prop_assert!(!touch || pair[0].value != pair[1].value);
                    }
                    for (at, seen) in &seen {
                        let expected = if window.contains(*at) { seen.of(*part) } else { &[] };
                        prop_assert_eq!(timeline.at(*at).map_or(&[][..], |statements| statements), expected);
                    }
                }
            }
        }
    }
}

/// A derived term is what its parts say together.
#[test]
fn a_derived_term_has_a_timeline() {
    use lora_core::history::Statement;
    use lora_core::object::{AttributeRow, Content, Effect, ObjectId};
    use lora_core::schema::Value;
    use lora_core::service::By;
    use lora_core::storage::KnownAt;
    let told = Told::nothing();
    let class = told.service.schema().class_named("user").unwrap().clone();
    let derived = &class.derived[0];
    let key = class.group(derived.group).unwrap().fields.iter().find(|field| field.mandatory).map(|field| field.id);
    let row = |texts: &[&str], from, to| {
        let parts = derived.parts.iter().copied().zip(texts).map(|(part, text)| (part, (*text).to_owned()));
        let key = key.map(|key| (key, "key".to_owned()));
        let values = parts.chain(key).map(|(field, text)| (field, Value::Text(text)));
        let valid = Period::new(crate::support::valid(from), crate::support::valid(to)).unwrap();
        AttributeRow::new(values, Effect::during(valid))
    };
    let mut content = Content::EMPTY;
    content.set_attributes(derived.group, vec![row(&["Ada", "Lund"], 0, 10), row(&["Ada", "Holm"], 10, 20)]);
    let object = ObjectId { class: class.id, uuid: uuid::Uuid::from_u128(1) };
    block_on(told.service.create(object, content, By::default())).unwrap();
    let belief = block_on(told.service.timeline(&told.view(), object, KnownAt::Latest)).unwrap().unwrap();
    let names = belief.part(derived.id, Period::ALWAYS).unwrap();
    let text = |text: &str| vec![Statement::Value(Value::Text(text.to_owned()))];
    let found: Vec<_> = names.spans().iter().map(|span| span.value.to_vec()).collect();
    assert_eq!(found, [text("Ada Lund"), text("Ada Holm")]);
}
