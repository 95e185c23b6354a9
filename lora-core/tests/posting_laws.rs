//! Postings against what rows say instant by instant.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::{BTreeMap, BTreeSet};

use lora_core::object::{Content, LifeCycle, ObjectId, Registration, Seq};
use lora_core::oio::shipped_classes;
use lora_core::schema::{Class, Ids, Schema, Value};
use lora_core::storage::{Key, PostingDraft, boundaries, changes, postings};
use lora_core::testing::{self, SmallAxis};
use lora_core::time::{Period, Timestamp, ValidTime};
use proptest::prelude::*;
use uuid::Uuid;

fn any_class() -> impl Strategy<Value = Class> {
    let schema = Schema::new(&shipped_classes(), Ids::default()).unwrap();
    prop::sample::select(schema.classes().to_vec())
}

fn registration(class: &Class, content: Content) -> Registration {
    Registration {
        object: ObjectId { class: class.id, uuid: Uuid::from_u128(1) },
        seq: Seq::FIRST,
        lifecycle: LifeCycle::Created,
        actor: Uuid::nil(),
        note: String::new(),
        batch: None,
        asserted: None,
        content,
    }
}

/// Every key that the rows in effect at an instant stand under.
fn keys_at(class: &Class, content: &Content, at: Timestamp<ValidTime>) -> BTreeSet<Key> {
    let mut keys = BTreeSet::from([Key::existence(class.id)]);
    for (_, rows) in content.all_attributes() {
        for (field, value) in rows.iter().filter(|row| row.effect.valid.contains(at)).flat_map(|row| row.values()) {
            match value {
                Value::Boolean(value) => drop(keys.insert(Key::boolean(field, *value))),
                Value::Integer(value) => drop(keys.insert(Key::integer(field, *value))),
                texts => keys.extend(texts.texts().into_iter().map(|text| Key::text(field, text))),
            }
        }
    }
    for derived in &class.derived {
        for row in content.attributes(derived.group).iter().filter(|row| row.effect.valid.contains(at)) {
            let parts = derived.parts.iter().filter_map(|part| row.value(*part)).flat_map(|value| value.texts());
            let joined: Vec<&str> = parts.filter(|text| !text.is_empty()).collect();
            if !joined.is_empty() {
                keys.insert(Key::text(derived.id, &joined.join(" ")));
            }
        }
    }
    for (state, rows) in content.all_states() {
        let rows = rows.iter().filter(|row| row.effect.valid.contains(at));
        keys.extend(rows.map(|row| Key::state(state, row.value)));
    }
    for (relation, rows) in content.all_relations() {
        let rows = rows.iter().filter(|row| row.effect.valid.contains(at));
        keys.extend(rows.filter_map(|row| Key::relation(&row.target, relation, row.object_type.as_deref())));
    }
    keys
}

fn is_present(class: &Class, content: &Content, at: Timestamp<ValidTime>) -> bool {
    let presence = class.presence.unwrap();
    content.states(presence.state).iter().any(|row| row.value == presence.value && row.effect.valid.contains(at))
}

proptest! {
    #[test]
    fn at_every_instant_postings_are_the_keys_of_the_rows((class, content) in any_class().prop_flat_map(|class| {
        let content = testing::content(&class, SmallAxis::default());
        (Just(class), content)
    })) {
        let found = postings(&class, &registration(&class, content.clone()));
        for at in SmallAxis::default().slots().into_iter().map(Period::from) {
            let here: Vec<&PostingDraft> = found.iter().filter(|posting| posting.valid.contains(at)).collect();
            let keys: BTreeSet<Key> = here.iter().map(|posting| posting.key.clone()).collect();
            prop_assert_eq!(keys.len(), here.len(), "one posting a key");
            prop_assert_eq!(keys, keys_at(&class, &content, at));
            let present = is_present(&class, &content, at);
            prop_assert!(here.iter().all(|posting| posting.present == present), "at {}", at);
        }
        let mut by_key: BTreeMap<&Key, Vec<&PostingDraft>> = BTreeMap::new();
        found.iter().for_each(|posting| by_key.entry(&posting.key).or_default().push(posting));
        for postings in by_key.values() {
            let joined = |pair: &[&PostingDraft]| pair[0].valid.to() < pair[1].valid.from() || pair[0].present != pair[1].present;
            prop_assert!(postings.windows(2).all(joined), "as long as can be: {:?}", postings);
        }
    }

    #[test]
    fn changes_lead_from_one_registration_to_the_next((class, before, after) in any_class().prop_flat_map(|class| {
        let content = || testing::content(&class, SmallAxis::default());
        (Just(class.clone()), content(), content())
    })) {
        let (before, after) = (registration(&class, before), registration(&class, after));
        let change = changes(Some((&class, &before)), &class, &after);
        let mut open: BTreeSet<PostingDraft> = postings(&class, &before).into_iter().collect();
        for closed in &change.closes {
            prop_assert!(open.remove(closed), "{:?} was not open", closed);
        }
        for opened in change.opens {
            prop_assert!(!change.closes.contains(&opened), "what stays the same is left alone");
            prop_assert!(open.insert(opened));
        }
        prop_assert_eq!(open, postings(&class, &after).into_iter().collect());
        let mut bounds: BTreeSet<_> = boundaries(&before.content).into_iter().collect();
        prop_assert!(change.boundaries_gone.iter().all(|at| bounds.remove(at)));
        bounds.extend(change.boundaries_new);
        prop_assert_eq!(bounds, boundaries(&after.content).into_iter().collect());
    }
}

#[test]
fn a_person_stands_under_the_full_name_folded() {
    let schema = Schema::new(&shipped_classes(), Ids::default()).unwrap();
    let class = schema.class_named("user").unwrap();
    let body = r#"{"attributter": {
        "brugeregenskaber": [{"brugervendtnoegle": "k", "virkning": {"from": "2020-01-01", "to": "infinity"}}],
        "brugerudvidelser": [{"fornavn": "Åse", "efternavn": "Ærø", "virkning": {"from": "2020-01-01", "to": "infinity"}}]},
        "tilstande": {"brugergyldighed": [{"gyldighed": "Aktiv", "virkning": {"from": "2021-01-01", "to": "infinity"}}]}}"#;
    let document = lora_core::oio::Document::parse(body.as_bytes()).unwrap();
    let content = lora_core::oio::read_new_object(class, &document).unwrap().content;
    let found = postings(class, &registration(class, content));
    let name = Key::text(class.derived[0].id, "åse ærø");
    let named: Vec<bool> = found.iter().filter(|posting| posting.key == name).map(|posting| posting.present).collect();
    assert_eq!(named, [false, true], "split where the person begins to count");
}
