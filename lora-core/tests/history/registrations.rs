//! Registrations in pages, each with what it changed.

use lora_core::history::{Chronology, Registered};
use lora_core::object::{ObjectId, Seq};
use pollster::block_on;
use proptest::prelude::*;

use crate::support::{Seen, Told, config, history, instants, objects, pinned};

fn all(told: &Told, object: ObjectId, chronology: Chronology, page: usize) -> Vec<Registered> {
    let view = pinned(told);
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let next = block_on(told.service.registrations(&view, object, chronology, from, page)).unwrap();
        assert!(next.len() <= page);
        let Some(last) = next.last().map(|last| last.seq) else { return found };
        found.extend(next);
        from = Some(match chronology {
            Chronology::OldestFirst => last.next(),
            Chronology::NewestFirst if last == Seq::FIRST => return found,
            Chronology::NewestFirst => Seq(last.0 - 1),
        });
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn pages_in_either_order_make_up_the_chain((class, steps) in history(), page in 1..4_usize) {
        let told = Told::of(&steps);
        for object in objects(&class) {
            let oldest = all(&told, object, Chronology::OldestFirst, page);
            let mut newest = all(&told, object, Chronology::NewestFirst, page);
            newest.reverse();
            prop_assert_eq!(&oldest, &newest);
            let chain = told.chain(object);
            prop_assert_eq!(oldest.len(), chain.len());
            for (one, answered) in oldest.iter().zip(&chain) {
                let registration = &answered.registration;
                prop_assert_eq!((one.position, one.registered), (answered.position, answered.registered));
                prop_assert_eq!((one.seq, one.lifecycle), (registration.seq, registration.lifecycle));
                prop_assert_eq!((one.actor, &one.note), (registration.actor, &registration.note));
                prop_assert_eq!((one.batch, one.asserted), (registration.batch, registration.asserted));
            }
        }
    }

    #[test]
    fn a_part_changed_exactly_where_the_two_contents_do_not_agree((class, steps) in history()) {
        let told = Told::of(&steps);
        for object in objects(&class) {
            let chain = told.chain(object);
            for (index, one) in all(&told, object, Chronology::OldestFirst, 100).iter().enumerate() {
                for at in instants() {
                    let seen = |index: usize| {
                        let registration = &chain[index].registration;
                        Seen::at(&class, registration.lifecycle, &registration.content, at)
                    };
                    let before = index.checked_sub(1).map(seen).unwrap_or_default();
                    let after = seen(index);
                    prop_assert_eq!(one.changes.parts_at(at).collect::<Vec<_>>(), before.differing(&after));
                    prop_assert_eq!(one.changes.presence.contains(at), before.present != after.present);
                    for part in one.changes.parts().map(|(part, _)| part) {
                        let differ = before.of(part) != after.of(part);
                        prop_assert_eq!(one.changes.of(part).contains(at), differ);
                    }
                }
                prop_assert_eq!(one.changes.is_empty(), one.changes.stated().is_empty() && one.changes.presence.is_empty());
            }
        }
    }
}
