//! Real replicas: one that lags, stops, starts again, is cut off from the primary, and takes its place.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use lora_core::codec::{EntryKind, Frame};
use lora_core::object::{Content, LifeCycle, ObjectId, Position, Registration, Seq};
use lora_core::schema::ClassId;
use lora_core::storage::{
    CommitError, Draft, IndexChange, KnownAt, Need, Read, Receipt, Step, Storage, StoreError, Wait,
};
use lora_core::time::{ManualClock, Timestamp, TransactionTime};
use lora_postgres::testing::{Stop, TestCluster, TestDatabase};
use lora_postgres::{Options, PostgresStore, Tenant, connect};
use uuid::Uuid;

/// A database with a replica. Servers are removed in this order, clients first.
struct Site {
    replica: TestCluster,
    database: TestDatabase,
    primary: TestCluster,
}

const OBJECT: ObjectId = ObjectId { class: ClassId::from_number(1), uuid: Uuid::from_u128(1) };
const SOON: Duration = Duration::from_secs(20);

impl Site {
    async fn new() -> Self {
        let primary = TestCluster::start();
        let replica = TestCluster::replica_of(&primary);
        let database = TestDatabase::migrated_on(&primary).await;
        let site = Self { replica, database, primary };
        let begun = Instant::now();
        while site.on_replica("SELECT count(*) FROM lora.migration").await.is_none() {
            assert!(begun.elapsed() < SOON, "{}", site.replica.log());
        }
        site
    }

    async fn pool(&self, url: &str) -> Pool {
        let mut options = Options::new(url.parse().unwrap());
        options.timeouts.connect = Duration::from_secs(2);
        connect(&options).await.unwrap()
    }

    /// A store that writes to the primary and reads from the replica.
    async fn store(&self) -> PostgresStore {
        let (primary, replica) = (self.pool(self.database.url()).await, self.pool(&self.replica_url()).await);
        PostgresStore::new(primary, Tenant(0), clock()).with_replicas(vec![replica])
    }

    fn replica_url(&self) -> String {
        self.replica.url(self.database.name())
    }

    /// The answer of the replica as text; `None` where it does not answer, or has not got it yet.
    async fn on_replica(&self, query: &str) -> Option<String> {
        let (client, connection) = tokio_postgres::connect(&self.replica_url(), tokio_postgres::NoTls).await.ok()?;
        tokio::spawn(connection);
        let messages = client.simple_query(query).await.ok()?;
        messages.into_iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
    }

    /// What the replica's own ledger says, or zero.
    async fn replicated(&self) -> Position {
        let position = self.on_replica("SELECT position FROM lora.ledger WHERE tenant = 0").await;
        Position(position.map_or(0, |position| position.parse().unwrap()))
    }

    async fn until_replicated(&self, position: Position) {
        let begun = Instant::now();
        while self.replicated().await < position {
            assert!(begun.elapsed() < SOON, "the replica stands at {}", self.replicated().await);
        }
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(1_000_000).unwrap())
}

fn instant(micros: i64) -> Timestamp<TransactionTime> {
    Timestamp::from_micros(micros).unwrap()
}

async fn register(store: &PostgresStore, number: u32) -> Result<Receipt, CommitError> {
    let registration = Registration {
        object: OBJECT,
        seq: Seq(number),
        lifecycle: if number == 1 { LifeCycle::Created } else { LifeCycle::Corrected },
        actor: Uuid::nil(),
        note: format!("registration {number}"),
        batch: None,
        asserted: None,
        content: Content::EMPTY,
    };
    let draft = Draft {
        kind: EntryKind::Registration,
        object: OBJECT,
        seq: registration.seq,
        frame: Frame::of(&registration, [1; 16]),
        asserted: None,
        index: IndexChange::default(),
    };
    let head = (number > 1).then(|| Seq(number - 1));
    store.commit(Step { heads: vec![(OBJECT, head)], entries: vec![draft], ..Step::default() }).await
}

/// The note of the newest registration that a view shows.
async fn note(view: &impl Read) -> String {
    let found = view.registrations(&[(OBJECT, KnownAt::Latest)]).await.unwrap().remove(0).unwrap();
    found.frame.registration().unwrap().note
}

fn at_least(position: Position) -> Need {
    Need { position, registered_before: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_answers_what_it_shows_and_the_primary_the_rest() {
    let site = Site::new().await;
    let store = site.store().await;
    let other = PostgresStore::new(site.pool(site.database.url()).await, Tenant(0), clock());
    let first = register(&store, 1).await.unwrap();
    site.until_replicated(first.last).await;

    // Behind: what somebody else writes does not reach the replica.
    site.on_replica("SELECT pg_wal_replay_pause()").await;
    let second = register(&other, 2).await.unwrap();
    let view = store.view_showing(Need::default()).await.unwrap();
    assert_eq!((view.position(), note(&view).await), (first.last, "registration 1".to_owned()), "from the replica");
    assert_eq!(store.view(None).await.unwrap().position(), second.last, "whoever writes sees everything");
    let before = Need { position: Position(0), registered_before: Some(first.instant.next()) };
    assert_eq!(store.view_showing(before).await.unwrap().position(), first.last, "nothing comes before it any more");

    // What it may lack is asked of the primary, and from then on nothing older is shown.
    let after = Need { position: Position(0), registered_before: Some(first.instant.next().next()) };
    assert_eq!(store.view_showing(after).await.unwrap().position(), second.last);
    assert_eq!(store.view_showing(Need::default()).await.unwrap().position(), second.last, "never back");
    let fresh = site.store().await;
    assert_eq!(fresh.view_showing(Need::default()).await.unwrap().position(), first.last);
    let demanded = fresh.view_showing(at_least(second.last)).await.unwrap();
    assert_eq!((demanded.position(), note(&demanded).await), (second.last, "registration 2".to_owned()));
    let ahead = fresh.view_showing(at_least(Position(3))).await;
    assert!(matches!(ahead, Err(StoreError::Ahead { asked: Position(3), newest: Position(2) })));

    // A replica that comes up to it in time answers itself.
    let waiting = site.store().await;
    let (view, _) = tokio::join!(waiting.view_showing(at_least(second.last)), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        site.on_replica("SELECT pg_wal_replay_resume()").await
    });
    assert_eq!(note(&view.unwrap()).await, "registration 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_shows_its_own_writes_whatever_the_replica_has() {
    let site = Site::new().await;
    let store = site.store().await;
    site.on_replica("SELECT pg_wal_replay_pause()").await;
    for number in 1..=20 {
        let receipt = register(&store, number).await.unwrap();
        let view = store.view_showing(Need::default()).await.unwrap();
        assert!(view.position() >= receipt.last);
        assert_eq!(note(&view).await, format!("registration {number}"));
        if number == 10 {
            site.on_replica("SELECT pg_wal_replay_resume()").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_stops_is_done_without_until_it_is_back() {
    let site = Site::new().await;
    let store = site.store().await;
    let first = register(&store, 1).await.unwrap();
    site.until_replicated(first.last).await;
    let held = store.view_showing(Need::default()).await.unwrap();
    site.replica.stop(Stop::Killed);
    assert_eq!(note(&held).await, "registration 1", "a view of a replica that is gone is answered by the primary");
    let begun = Instant::now();
    for number in 2..=50 {
        register(&store, number).await.unwrap();
        let view = store.view_showing(Need::default()).await.unwrap();
        assert_eq!(note(&view).await, format!("registration {number}"));
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());

    site.replica.start_again();
    site.until_replicated(Position(50)).await;
    let fresh = site.store().await;
    site.on_replica("SELECT pg_wal_replay_pause()").await;
    let elsewhere = PostgresStore::new(site.pool(site.database.url()).await, Tenant(0), clock());
    register(&elsewhere, 51).await.unwrap();
    assert_eq!(fresh.view_showing(Need::default()).await.unwrap().position(), Position(50), "it answers again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_takes_the_place_of_the_primary_goes_on_where_it_stood() {
    let site = Site::new().await;
    let store = site.store().await;
    let mut last = Position(0);
    for number in 1..=10 {
        last = register(&store, number).await.unwrap().last;
    }
    site.until_replicated(last).await;
    let before = store.ledger(Position(0), 100, Wait::Never).await.unwrap();
    assert_eq!(site.on_replica("SELECT pg_promote()").await.as_deref(), Some("t"));

    let promoted = PostgresStore::new(site.pool(&site.replica_url()).await, Tenant(0), clock());
    let next = register(&promoted, 11).await.unwrap();
    assert_eq!(next.first, Position(last.0 + 1));
    assert!(next.instant > before.last().unwrap().instant && next.instant > instant(1_000_000));
    let after = promoted.ledger(Position(0), 100, Wait::Never).await.unwrap();
    assert_eq!(after[..before.len()], before[..], "positions keep their meaning");
    let report = lora_core::check::check(&promoted, |_| {}).await.unwrap();
    assert_eq!(report.entries, 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_database_is_never_taken_for_a_replica() {
    let (database, other) = (TestDatabase::migrated().await, TestDatabase::migrated().await);
    let pool = async |database: &TestDatabase| connect(&Options::new(database.url().parse().unwrap())).await.unwrap();
    let wrong = PostgresStore::new(pool(&other).await, Tenant(0), Arc::new(ManualClock::at(7_000_000).unwrap()));
    let store = PostgresStore::new(pool(&database).await, Tenant(0), clock());
    let store = store.with_replicas(vec![pool(&other).await]);
    register(&store, 1).await.unwrap();
    for number in 1..=3 {
        register(&wrong, number).await.unwrap();
        let view = store.view_showing(Need::default()).await.unwrap();
        assert_eq!((view.position(), note(&view).await), (Position(1), "registration 1".to_owned()));
    }
}

/// What an operator must know: what the old primary acknowledged and the replica never got is gone.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_replica_never_got_is_not_there_when_it_takes_over_and_is_demanded_in_vain() {
    let site = Site::new().await;
    let store = site.store().await;
    let first = register(&store, 1).await.unwrap();
    site.until_replicated(first.last).await;
    site.replica.stop(Stop::Killed);
    let lost = register(&store, 2).await.unwrap();
    site.primary.stop(Stop::Killed);
    site.replica.start_again();
    assert_eq!(site.on_replica("SELECT pg_promote()").await.as_deref(), Some("t"));

    let promoted = PostgresStore::new(site.pool(&site.replica_url()).await, Tenant(0), clock());
    let demanded = promoted.view_showing(at_least(lost.last)).await;
    assert!(matches!(demanded, Err(StoreError::Ahead { asked: Position(2), newest: Position(1) })));
    assert_eq!(note(&promoted.view(None).await.unwrap()).await, "registration 1");
    assert!(matches!(register(&promoted, 3).await, Err(CommitError::Moved { .. })), "who saw more may not write");
}
