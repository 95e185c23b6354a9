//! What is exported and restored is the same store, and is exported as the same bytes.

use lora_cli::transfer::{Bulk, Committing};
use lora_core::Service;
use lora_core::object::{LifeCycle, ObjectId, Position};
use lora_core::oio::shipped_classes;
use lora_core::query::eval::Command;
use lora_core::query::{Criterion, Known, Page, Search, TimeContext};
use lora_core::service::{By, History};
use lora_core::storage::{Draft, IndexChange, LedgerEntry, MemoryStore, Read, Step as StoreStep};
use lora_core::testing::{SmallAxis, Step, history};
use lora_core::time::{ManualClock, Timestamp};
use pollster::block_on;
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

use super::{assert, empty, export, histories, index, ledger, municipality, now, opened, position, restore, view};

const REGISTERED: SmallAxis = SmallAxis { first: 1_000, step: 10, count: 40 };

fn steps(class: &str) -> impl Strategy<Value = Vec<(Step, bool)>> + use<> {
    let service = opened(&empty());
    let class = service.schema().class_named(class).unwrap();
    let steps = history(class, SmallAxis::default(), REGISTERED, 12);
    (steps, proptest::collection::vec(any::<bool>(), 16))
        .prop_map(|(steps, marks)| steps.into_iter().zip(marks).collect())
}

/// Does what a command says, at its time or asserted for a little earlier; what may not be done is not.
fn tell(service: &Service<MemoryStore>, clock: &ManualClock, ((object, command, stamp), asserted): (Step, bool)) {
    clock.set(stamp.registered.micros().unwrap()).unwrap();
    let batch = asserted.then(|| Uuid::from_u128(u128::from(stamp.position.0 / 3)));
    let by = By { actor: stamp.actor, note: stamp.note, batch };
    let registered_from = Timestamp::from_micros(stamp.registered.micros().unwrap() - 7).unwrap();
    let history = |lifecycle, content| History { object, registered_from, lifecycle, content, by: by.clone() };
    let done = block_on(async {
        match command {
            Command::Create(content) if asserted => {
                service.import_history(history(LifeCycle::Created, content), stamp.registered).await
            }
            Command::Import(content) if asserted => {
                service.import_history(history(LifeCycle::Corrected, content), stamp.registered).await
            }
            Command::Create(content) => service.create(object, content, by.clone()).await,
            Command::Import(content) => service.import(object, content, by.clone()).await,
            Command::Update(patch) => service.update(object, patch, by.clone()).await,
            Command::Passivate => service.passivate(object, by.clone()).await,
            Command::Delete => service.delete(object, by.clone()).await,
        }
    });
    drop(done);
}

/// A store of two classes, of which one loses its last field and a relation and the other its state on the way.
fn told(classes: Vec<(Step, bool)>, facets: Vec<(Step, bool)>) -> MemoryStore {
    let clock = Arc::new(ManualClock::at(REGISTERED.first - 10).unwrap());
    let store = MemoryStore::new(clock.clone());
    let service = opened(&store);
    let (before, after): (Vec<_>, Vec<_>) =
        classes.into_iter().chain(facets).partition(|((_, _, stamp), _)| stamp.position.0 <= 6);
    before.into_iter().for_each(|step| tell(&service, &clock, step));
    let mut fewer = shipped_classes();
    let class = fewer.iter_mut().find(|class| class.name == "class").unwrap();
    class.groups[0].fields.pop();
    class.relations.remove(1);
    let facet = fewer.iter_mut().find(|class| class.name == "facet").unwrap();
    facet.states.clear();
    facet.presence = None;
    let service = block_on(Service::open(store.clone(), fewer, || [1; 16])).unwrap();
    after.into_iter().for_each(|step| tell(&service, &clock, step));
    store
}

/// The same entries, several in a step where `joined` says so: those of different objects, none of which is registered
/// again, by an asserted time, before the last of them is.
fn in_longer_steps(store: &MemoryStore, joined: &[bool]) -> MemoryStore {
    let view = view(store);
    let next = |entry: &LedgerEntry| {
        let seq = lora_core::codec::Skeleton::decode(&entry.frame.skeleton).unwrap().seq.next();
        block_on(view.history(entry.object, seq, 1)).unwrap().first().map(|next| next.registered.from())
    };
    let mut groups: Vec<Vec<LedgerEntry>> = Vec::new();
    for (entry, joins) in ledger(store).into_iter().zip(joined.iter().cycle()) {
        let goes_with =
            |other: &LedgerEntry| other.object != entry.object && next(other).is_none_or(|next| next > entry.instant);
        match groups.last_mut().filter(|group| *joins && group.iter().all(goes_with)) {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    let other = empty();
    block_on(async {
        let mut into = Committing::new(other.clone());
        let mut chains: HashMap<ObjectId, _> = HashMap::new();
        for group in groups {
            let mut step = StoreStep { restored: group.last().map(|entry| entry.instant), ..StoreStep::default() };
            for entry in group {
                let skeleton = lora_core::codec::Skeleton::decode(&entry.frame.skeleton).unwrap();
                step.heads.push((entry.object, chains.insert(entry.object, skeleton.seq)));
                step.entries.push(Draft {
                    kind: entry.kind,
                    object: entry.object,
                    seq: skeleton.seq,
                    frame: (*entry.frame).clone(),
                    asserted: skeleton.asserted,
                    index: IndexChange::default(),
                });
            }
            into.step(step).await.unwrap();
        }
        into.finish().await.unwrap();
    });
    other
}

/// Whether both have the same entries but for the salts, and what follows from them.
fn same(left: &MemoryStore, right: &MemoryStore) {
    let plain = |store: &MemoryStore| {
        let entries = ledger(store).into_iter();
        let plain = entries.map(|entry| {
            let frame = (*entry.frame).clone();
            (entry.position, entry.instant, entry.kind, entry.object, frame.skeleton, frame.content)
        });
        plain.collect::<Vec<_>>()
    };
    assert_eq!(plain(left), plain(right));
    assert_eq!(index(left), index(right));
    assert_eq!(histories(left), histories(right));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_store_is_restored_as_it_was(
        classes in steps("class"),
        facets in steps("facet"),
        joined in proptest::collection::vec(any::<bool>(), 7),
    ) {
        let store = told(classes, facets);
        for store in [in_longer_steps(&store, &joined), store] {
            let text = export(&store);
            let restored = empty();
            let done = restore(&restored, &text).unwrap();
            prop_assert_eq!((done.entered, done.present), (position(&store).0, 0));
            same(&store, &restored);
            prop_assert_eq!(export(&restored).rows(), text.rows());
        }
    }
}

#[test]
fn the_municipality_is_asserted_exported_and_restored() {
    let store = empty();
    let service = opened(&store);
    let lines = municipality(20);
    let done = assert(&service, &lines).unwrap();
    assert_eq!((done.entered, done.present), (lines.rows().len() as u64 - 1, 0));
    let text = export(&store);
    let restored = empty();
    restore(&restored, &text).unwrap();
    same(&store, &restored);
    assert!(export(&restored).0 == text.0);

    let other = opened(&restored);
    assert_eq!(position(&restored), position(&store), "nothing is declared anew");
    assert_eq!(other.store_id(), service.store_id());
    for class in service.schema().classes() {
        let presence = class.presence.unwrap();
        let present = Criterion::State { state: presence.state, value: presence.value };
        for known in [now(), Timestamp::from_micros(1_735_000_000_000_000).unwrap()] {
            let context = TimeContext { known: Known::at(known), ..TimeContext::now(known) };
            let criteria = vec![present.clone()];
            let search = Search { class: class.id, criteria, context, page: Page::default() };
            let found = block_on(service.search(&view(&store), &search)).unwrap();
            assert_eq!(block_on(other.search(&view(&restored), &search)).unwrap(), found);
        }
    }
}

#[test]
fn an_export_ends_at_its_position_while_writers_go_on() {
    let store = empty();
    let service = opened(&store);
    let lines = municipality(1);
    let half = lines.rows().len() / 2;
    let first = super::Text::of(&lines.rows()[..half]);
    assert(&service, &first).unwrap();
    let (text, at) = (export(&store), position(&store));
    assert(&service, &lines).unwrap();
    let mut out = Vec::new();
    block_on(lora_cli::transfer::export(&store, Some(at), &mut out, |_| {})).unwrap();
    assert!(out == text.0);
    let later = block_on(lora_cli::transfer::export(&store, Some(Position(1 << 40)), &mut out, |_| {}));
    assert!(later.is_err());
}

#[test]
fn an_empty_store_is_exported_and_restored() {
    let text = export(&empty());
    let restored = empty();
    assert_eq!(restore(&restored, &text).unwrap().entered, 0);
    assert_eq!(position(&restored), Position(0));
}
