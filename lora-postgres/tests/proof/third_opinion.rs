//! A third opinion in plain SQL: every registration of the ledger exploded into rows, one for each instant at which it
//! was believed, each instant at which it holds, and each value; searches are SELECTs over these rows. They share
//! nothing with executor, index and merge, and must find what the service finds on this store and on the one in memory.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lora_core::Service;
use lora_core::object::{ObjectId, Position};
use lora_core::oio::shipped_classes;
use lora_core::query::Search;
use lora_core::schema::{ClassId, Ids, Schema};
use lora_core::storage::{MemoryStore, Storage};
use lora_core::testing::state_machine::{Act, acts};
use lora_core::testing::{self, SmallAxis};
use lora_core::time::ManualClock;
use lora_postgres::PostgresStore;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use crate::exploded::{Instants, explode, load, registrations};
use crate::plain_sql::select;
use crate::support::{TestDatabase, new_tenant, run};
use crate::told::{cases, command, history, opened};

/// The instants of registrations in scripts, and those that are asked about.
const REGISTERED: SmallAxis = SmallAxis { first: 1_000, step: 10, count: 12 };

/// Commands and searches about a class, more searches, and a position gone by.
type Script = (ClassId, Vec<Act<()>>, Vec<Search>, Index);

fn scripts() -> impl Strategy<Value = Script> {
    acts(None).prop_flat_map(|(class, acts)| {
        let schema = Schema::new(&shipped_classes(), Ids::default()).unwrap();
        let search = testing::search(schema.class(class).unwrap(), SmallAxis::default(), REGISTERED);
        (Just(class), Just(acts), vec(search, 8..16), any::<Index>())
    })
}

/// Carries the commands of a script out; whether each was taken.
async fn play<S: Storage>(service: &Service<S>, clock: &ManualClock, class: ClassId, acts: &[Act<()>]) -> Vec<bool> {
    let mut taken = Vec::new();
    let object = |uuid| ObjectId { class, uuid };
    for (number, act) in acts.iter().enumerate() {
        let result = match act.clone() {
            Act::Command(uuid, given, by) => command(service, object(uuid), given, by).await,
            Act::History(uuid, lifecycle, content, after) => {
                let micros = 950 + 10 * number as i64 + after;
                history(service, clock, object(uuid), (lifecycle, content), micros).await
            }
            Act::Clock(micros) => {
                clock.set(micros).unwrap();
                continue;
            }
            Act::Search(..) | Act::Read(..) | Act::Event(()) => continue,
        };
        taken.push(result.is_ok());
    }
    taken
}

async fn on<S: Storage>(store: S) -> Service<S> {
    opened(store, shipped_classes()).await
}

/// How many searches were asked, and how many objects they found.
#[derive(Default)]
struct Tally {
    asked: AtomicUsize,
    found: AtomicUsize,
}

async fn compare(database: &TestDatabase, (class, acts, searches, gone_by): &Script, tally: &Tally) {
    let clocks: [Arc<ManualClock>; 2] = std::array::from_fn(|_| Arc::new(ManualClock::at(REGISTERED.first).unwrap()));
    let store = PostgresStore::new(database.pool(), new_tenant(), clocks[0].clone());
    let (postgres, memory) = (on(store.clone()).await, on(MemoryStore::new(clocks[1].clone())).await);
    let taken = play(&postgres, &clocks[0], *class, acts).await;
    assert_eq!(taken, play(&memory, &clocks[1], *class, acts).await);
    let all = registrations(&store).await;
    let newest = all.last().map_or(Position(1), |one| one.position);
    let of_script = acts.iter().filter_map(|act| match act {
        Act::Search(search, _) => Some((**search).clone()),
        _ => None,
    });
    let searches: Vec<Search> = searches.iter().cloned().chain(of_script).collect();
    let instants = Instants::of(&all, searches.iter().map(|search| &search.context));
    let client = database.client().await;
    load(&client, &all, &instants).await;
    // At the newest position, and at one gone by.
    let gone_by = Position(gone_by.index(newest.0 as usize) as u64 + 1);
    for at in BTreeSet::from([newest, gone_by]) {
        explode(&client, at).await;
        let views = (postgres.view(Some(at)).await.unwrap(), memory.view(Some(at)).await.unwrap());
        for search in &searches {
            let select = select(search);
            let plain: Vec<Uuid> = match &select {
                Some(select) => client.query(select, &[]).await.unwrap().iter().map(|row| row.get(0)).collect(),
                None => Vec::new(),
            };
            let found =
                (postgres.search(&views.0, search).await.unwrap(), memory.search(&views.1, search).await.unwrap());
            assert_eq!(found, (plain.clone(), plain.clone()), "{search:#?} at {at}; the third opinion is {select:?}");
            tally.asked.fetch_add(1, Ordering::Relaxed);
            tally.found.fetch_add(plain.len(), Ordering::Relaxed);
        }
    }
}

#[test]
fn a_third_opinion_in_plain_sql_finds_the_same() {
    let (database, tally) = (run(TestDatabase::new()), Tally::default());
    let mut runner = TestRunner::new(ProptestConfig { cases: cases(), ..ProptestConfig::default() });
    let done = runner.run(&scripts(), |script| {
        run(compare(&database, &script, &tally));
        Ok(())
    });
    done.unwrap_or_else(|failure| panic!("{failure}"));
    let (asked, found) = (tally.asked.into_inner(), tally.found.into_inner());
    assert!(asked > 16 * cases() as usize && found * 8 > asked, "{asked} searches found {found} objects");
}
