//! The store on PostgreSQL, beside raw statements on the same server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deadpool_postgres::{Object, Pool};
use lora_cli::transfer::Loading;
use lora_embedded::SystemClock;
use lora_postgres::migrate::{self, Access};
use lora_postgres::testing::{Durability, TestCluster};
use lora_postgres::{Options, PostgresStore, Tenant, connect};
use tokio_postgres::Statement;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::figures::{Failed, Figure};
use crate::machine;
use crate::place::{Place, Raw};
use crate::report::Kind;

/// Who writes raw rows side by side.
const WRITERS: usize = 8;
/// A statement that tidies up may take this long.
const STATEMENT_MAX: Duration = Duration::from_secs(3600);
/// What a server of our own has beside its defaults.
const SETTINGS: [&str; 2] = ["shared_buffers=1GB", "max_wal_size=4GB"];

const YARDSTICK: &str = "DROP SCHEMA IF EXISTS yardstick CASCADE;
    CREATE SCHEMA yardstick;
    CREATE TABLE yardstick.value (key uuid PRIMARY KEY, bytes bytea NOT NULL);
    CREATE TABLE yardstick.written (key uuid PRIMARY KEY, bytes bytea NOT NULL);
    CREATE TABLE yardstick.loaded (key uuid PRIMARY KEY, bytes bytea NOT NULL)";
const SELECT: &str = "SELECT bytes FROM yardstick.value WHERE key = $1";
const INSERT: &str = "INSERT INTO yardstick.written (key, bytes) VALUES ($1, $2)";
const ON_DISK: &str = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
    WHERE relnamespace = 'lora'::regnamespace AND relkind IN ('r', 'm')";
const WRITTEN: &str = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint";
const SERVER: &str = "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1), string_agg(
    name || '=' || current_setting(name), ', ' ORDER BY name) FROM unnest(ARRAY['fsync', 'synchronous_commit',
    'full_page_writes', 'shared_buffers', 'max_wal_size', 'autovacuum']) AS name";

/// A database.
pub(crate) struct Database {
    url: String,
    options: Options,
    pool: Pool,
    /// The server, where it is our own.
    cluster: Option<TestCluster>,
}

impl Database {
    /// The one at a URL, else one on a private server that syncs.
    pub(crate) async fn at(url: Option<String>) -> Result<Self, Failed> {
        let cluster = url.is_none().then(|| TestCluster::start_with(Durability::Synced, &SETTINGS));
        let own = || cluster.as_ref().map(|cluster| cluster.url("postgres"));
        let url = url.or_else(own).ok_or("there is no server")?;
        let mut options = Options::new(url.parse()?);
        options.timeouts.statement = STATEMENT_MAX;
        let pool = connect(&options).await?;
        Ok(Self { url, options, pool, cluster })
    }

    async fn ask(&self, statement: &str) -> Result<u64, Failed> {
        let number: i64 = self.pool.get().await?.query_one(statement, &[]).await?.get(0);
        Ok(u64::try_from(number)?)
    }
}

impl Place for Database {
    type Store = PostgresStore;
    type Raw = RawRows;

    const KIND: Kind = Kind::Postgres;
    const WRITTEN: &'static str = "WAL written";

    async fn open(&self) -> Result<PostgresStore, Failed> {
        let pool = connect(&self.options).await?;
        migrate::prepare(&pool, Access::Write).await?;
        Ok(PostgresStore::new(pool, Tenant::default(), Arc::new(SystemClock)))
    }

    fn bulk(&self, _: &PostgresStore) -> Option<Loading> {
        None
    }

    async fn settle(&self) -> Result<(), Failed> {
        Ok(self.pool.get().await?.batch_execute("VACUUM (ANALYZE)").await?)
    }

    async fn raw(&self, count: usize, bytes: usize) -> Result<RawRows, Failed> {
        self.pool.get().await?.batch_execute(YARDSTICK).await?;
        let mut sessions = Vec::new();
        for _ in 0..WRITERS {
            sessions.push(Arc::new(Session::of(self.pool.get().await?, bytes).await?));
        }
        let rows = RawRows { sessions, count, loaded: AtomicUsize::new(0) };
        rows.copy("yardstick.value", 0..count).await?;
        rows.first()?.client.batch_execute("VACUUM (ANALYZE) yardstick.value").await?;
        Ok(rows)
    }

    async fn on_disk(&self) -> Result<u64, Failed> {
        self.ask(ON_DISK).await
    }

    async fn written(&self) -> Result<u64, Failed> {
        self.ask(WRITTEN).await
    }

    fn server_options(&self) -> Vec<String> {
        vec!["--postgres".to_owned(), self.url.clone()]
    }

    async fn facts(&self) -> Result<Vec<String>, Failed> {
        let row = self.pool.get().await?.query_one(SERVER, &[]).await?;
        let place = match &self.cluster {
            Some(cluster) => format!("a private server on {}", machine::file_system(cluster.folder())),
            None => "a server that was named".to_owned(),
        };
        let vacuumed = "vacuumed after the import".to_owned();
        Ok(vec![row.get(0), place, row.get(1), vacuumed])
    }
}

/// A connection with its statements prepared.
struct Session {
    client: Object,
    select: Statement,
    insert: Statement,
    bytes: Vec<u8>,
}

impl Session {
    async fn of(client: Object, bytes: usize) -> Result<Self, Failed> {
        let (select, insert) = (client.prepare(SELECT).await?, client.prepare(INSERT).await?);
        // Random, so that the server cannot compress them away.
        let bytes = (0..bytes.div_ceil(16)).flat_map(|_| Uuid::new_v4().into_bytes()).take(bytes).collect();
        Ok(Self { client, select, insert, bytes })
    }

    async fn insert(&self) -> Result<(), Failed> {
        self.client.execute(&self.insert, &[&Uuid::new_v4(), &self.bytes]).await?;
        Ok(())
    }
}

/// Tables of nothing but a key and bytes.
pub(crate) struct RawRows {
    sessions: Vec<Arc<Session>>,
    count: usize,
    /// How many rows were loaded, beside those that are read.
    loaded: AtomicUsize,
}

impl RawRows {
    fn first(&self) -> Result<&Session, Failed> {
        Ok(self.sessions.first().ok_or("there is a session")?)
    }

    async fn copy(&self, table: &str, numbers: std::ops::Range<usize>) -> Result<(), Failed> {
        let Session { client, bytes, .. } = self.first()?;
        let sink = client.copy_in(&format!("COPY {table} (key, bytes) FROM STDIN BINARY")).await?;
        let writer = BinaryCopyInWriter::new(sink, &[Type::UUID, Type::BYTEA]);
        tokio::pin!(writer);
        for number in numbers {
            writer.as_mut().write(&[&key(number), bytes]).await?;
        }
        writer.finish().await?;
        Ok(())
    }
}

impl Raw for RawRows {
    const READ: &'static str = "raw SELECT";
    const WRITE: &'static str = "raw INSERT, commit and SELECT";
    const WRITERS: &'static str = "raw INSERTs of 8 connections";
    const DOCUMENT: &'static str = "raw SELECT";
    const DOCUMENT_IS_WRITTEN: bool = false;

    async fn read(&self, number: usize) -> Result<(), Failed> {
        let session = self.first()?;
        let key = key(number * 7919 % self.count);
        let row = session.client.query_one(&session.select, &[&key]).await?;
        std::hint::black_box(row.get::<_, Vec<u8>>(0));
        Ok(())
    }

    async fn write(&self) -> Result<(), Failed> {
        self.read(0).await?;
        self.first()?.insert().await
    }

    async fn writers(&self, during: Duration) -> Result<Figure, Failed> {
        let begin = Instant::now();
        let clients: Vec<_> = self
            .sessions
            .iter()
            .cloned()
            .map(|session| {
                tokio::spawn(async move {
                    let mut count = 0;
                    while count == 0 || begin.elapsed() < during {
                        session.insert().await?;
                        count += 1;
                    }
                    Ok::<_, Failed>(count)
                })
            })
            .collect();
        let mut total = 0;
        for client in clients {
            total += client.await??;
        }
        Ok(Figure::rate(total, begin.elapsed()))
    }

    async fn load(&self) -> Result<Option<(&'static str, Figure)>, Failed> {
        let from = self.loaded.fetch_add(self.count, Ordering::Relaxed);
        let begin = Instant::now();
        self.copy("yardstick.loaded", from..from + self.count).await?;
        Ok(Some(("COPY into a keyed table", Figure::rate(self.count, begin.elapsed()))))
    }

    async fn remove(self) -> Result<(), Failed> {
        Ok(self.first()?.client.batch_execute("DROP SCHEMA yardstick CASCADE").await?)
    }
}

/// Spread over the key space, as identities are, and the same in each run.
fn key(number: usize) -> Uuid {
    Uuid::from_u128((number as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}
