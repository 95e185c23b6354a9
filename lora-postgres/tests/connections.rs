//! Connections: what each has, what is done with those that cannot be used, and whom they are to.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use deadpool_postgres::{Object, Pool};
use lora_postgres::testing::{Stop, TestCluster, TestDatabase};
use lora_postgres::{ConnectError, Options, Timeouts, connect};

fn options(url: &str) -> Options {
    Options { pool: 2, ..Options::new(url.parse().unwrap()) }
}

async fn pool(url: &str) -> Pool {
    connect(&options(url)).await.unwrap()
}

async fn text(client: &Object, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

async fn process(client: &Object) -> i32 {
    client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0)
}

/// The message with its causes; a password never stands in it.
fn said(error: &ConnectError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

async fn refused(options: &Options) -> String {
    let message = said(&connect(options).await.map(drop).unwrap_err());
    assert!(!message.contains("secret"), "{message}");
    message
}

#[tokio::test]
async fn settings_of_the_server_do_not_reach_the_store() {
    const HOSTILE: [(&str, &str, &str); 14] = [
        ("jit", "on", "off"),
        ("enable_seqscan", "on", "off"),
        ("plan_cache_mode", "force_custom_plan", "force_generic_plan"),
        ("search_path", "public", ""),
        ("standard_conforming_strings", "off", "on"),
        ("TimeZone", "Europe/Copenhagen", "UTC"),
        ("default_transaction_isolation", "serializable", "read committed"),
        ("row_security", "on", "off"),
        ("statement_timeout", "7", "1min"),
        ("idle_in_transaction_session_timeout", "0", "1min"),
        ("synchronous_commit", "off", "on"),
        ("tcp_keepalives_idle", "7200", "15"),
        ("tcp_keepalives_interval", "75", "5"),
        ("tcp_user_timeout", "0", "30000"),
    ];
    let database = TestDatabase::new().await;
    let owner = database.connect().await;
    for (name, hostile, _) in HOSTILE {
        let alter = format!("ALTER DATABASE {} SET {name} = '{hostile}'", database.name());
        owner.batch_execute(&alter).await.unwrap();
    }
    let pool = pool(database.url()).await;
    let client = pool.get().await.unwrap();
    for (name, _, needed) in HOSTILE {
        assert_eq!(text(&client, &format!("SHOW {name}")).await, needed, "{name}");
    }
    assert_eq!(text(&client, "SHOW application_name").await, "lora");
    assert_eq!(text(&client, "SHOW client_encoding").await, "UTF8");
}

#[tokio::test]
async fn commits_wait_at_least_for_the_disk_of_the_server() {
    for (there, kept) in
        [("off", "on"), ("local", "on"), ("remote_write", "on"), ("on", "on"), ("remote_apply", "remote_apply")]
    {
        let database = TestDatabase::new().await;
        let alter = format!("ALTER DATABASE {} SET synchronous_commit = '{there}'", database.name());
        database.connect().await.batch_execute(&alter).await.unwrap();
        let pool = pool(database.url()).await;
        assert_eq!(text(&pool.get().await.unwrap(), "SHOW synchronous_commit").await, kept, "{there}");
    }
}

/// Longer than a connection is taken again without a look at it.
async fn unused_for_a_while() {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
}

#[tokio::test]
async fn a_connection_that_died_is_replaced() {
    let database = TestDatabase::new().await;
    let pool = pool(database.url()).await;
    let dead = process(&pool.get().await.unwrap()).await;
    let killed = database.connect().await.execute("SELECT pg_terminate_backend($1)", &[&dead]).await;
    assert_eq!(killed.unwrap(), 1);
    unused_for_a_while().await;
    let next = process(&pool.get().await.unwrap()).await;
    assert_ne!(next, dead);
}

#[tokio::test]
async fn a_connection_inside_a_transaction_is_thrown_away() {
    let database = TestDatabase::new().await;
    let pool = pool(database.url()).await;
    for begin in ["BEGIN", "BEGIN; SELECT 1", "BEGIN; CREATE TABLE public.lost ()"] {
        let client = pool.get().await.unwrap();
        let inside = process(&client).await;
        client.batch_execute(begin).await.unwrap();
        drop(client);
        unused_for_a_while().await;
        assert_ne!(process(&pool.get().await.unwrap()).await, inside, "{begin}");
    }
    let client = pool.get().await.unwrap();
    let failed = process(&client).await;
    client.batch_execute("BEGIN; SELECT 1 / 0").await.unwrap_err();
    drop(client);
    unused_for_a_while().await;
    let client = pool.get().await.unwrap();
    assert_ne!(process(&client).await, failed);
    let found = client.query("SELECT FROM pg_class WHERE relname = 'lost'", &[]).await.unwrap();
    assert!(found.is_empty());
}

/// Whatever a transaction was doing when its future was dropped, nothing of it is seen by who comes next.
#[tokio::test]
async fn a_transaction_dropped_anywhere_leaves_nothing_open() {
    let database = TestDatabase::new().await;
    database.connect().await.batch_execute("CREATE TABLE written ()").await.unwrap();
    let one = Options { pool: 1, ..options(database.url()) };
    let pool = connect(&one).await.unwrap();
    for polls in 0.. {
        let mut left = polls;
        let committed = {
            let mut writing = pin!(async {
                let mut client = pool.get().await.unwrap();
                let transaction = client.transaction().await.unwrap();
                transaction.execute("INSERT INTO public.written DEFAULT VALUES", &[]).await.unwrap();
                transaction.query("SELECT FROM public.written", &[]).await.unwrap();
                transaction.rollback().await.unwrap();
            });
            poll_fn(|context| {
                if left == 0 {
                    return Poll::Ready(false);
                }
                left -= 1;
                writing.as_mut().poll(context).map(|()| true)
            })
            .await
        };
        let client = pool.get().await.unwrap();
        let rows = client.query("SELECT FROM public.written", &[]).await.unwrap();
        assert!(rows.is_empty(), "after {polls} polls");
        if committed {
            assert!(polls > 4, "there is more than {polls} to wait for");
            return;
        }
    }
}

#[tokio::test]
async fn a_server_that_was_lost_is_found_again() {
    let cluster = TestCluster::start();
    let database = TestDatabase::on(&cluster).await;
    let pool = pool(database.url()).await;
    for how in [Stop::Clean, Stop::Immediate, Stop::Killed] {
        let held = pool.get().await.unwrap();
        drop(pool.get().await.unwrap());
        cluster.stop(how);
        assert!(held.query_one("SELECT 1", &[]).await.is_err(), "{how:?}");
        drop(held);
        assert!(pool.get().await.is_err(), "{how:?}");
        cluster.start_again();
        assert_eq!(text(&pool.get().await.unwrap(), "SHOW TimeZone").await, "UTC", "{how:?}");
    }
}

#[tokio::test]
async fn nobody_waits_for_longer_than_the_options_say() {
    let database = TestDatabase::new().await;
    let short = Duration::from_millis(200);
    let timeouts = Timeouts { wait: short, statement: short, idle_in_transaction: short, ..Timeouts::default() };
    let pool = connect(&Options { pool: 1, timeouts, ..options(database.url()) }).await.unwrap();
    let client = pool.get().await.unwrap();
    let asked = Instant::now();
    let error = pool.get().await.unwrap_err();
    assert!(matches!(error, deadpool_postgres::PoolError::Timeout(_)), "{error}");
    let error = client.query_one("SELECT pg_sleep(60)", &[]).await.unwrap_err();
    assert_eq!(error.code().unwrap(), &tokio_postgres::error::SqlState::QUERY_CANCELED);
    client.batch_execute("BEGIN").await.unwrap();
    while !client.is_closed() {
        tokio::task::yield_now().await;
    }
    assert!(asked.elapsed() < Duration::from_secs(30));
    drop(client);
    assert_eq!(text(&pool.get().await.unwrap(), "SELECT 'alive'").await, "alive");
}

#[tokio::test]
async fn who_cannot_connect_is_told_why() {
    let cluster = TestCluster::start();
    let database = TestDatabase::on(&cluster).await;
    database.connect().await.batch_execute("CREATE ROLE guarded LOGIN PASSWORD 'open sesame'").await.unwrap();
    let at = |user: &str, database: &str| format!("postgres://{user}@127.0.0.1:{}/{database}", cluster.port());
    pool(&at("guarded:open%20sesame", database.name())).await;

    let wrong = refused(&options(&at("guarded:secret", database.name()))).await;
    assert!(wrong.contains("refuses role `guarded`") && wrong.contains("password authentication failed"), "{wrong}");
    let unknown = refused(&options(&at("nobody:secret", database.name()))).await;
    assert!(unknown.contains("refuses role `nobody`") && unknown.contains("does not exist"), "{unknown}");
    let absent = refused(&options(&at("lora:secret", "absent"))).await;
    assert!(absent.contains("there is no database `absent`") && absent.contains("CREATE DATABASE"), "{absent}");
    let unsafe_only = refused(&options(&(at("lora:secret", database.name()) + "?sslmode=require"))).await;
    assert!(unsafe_only.contains("does not support TLS"), "{unsafe_only}");

    cluster.stop(Stop::Clean);
    let gone = refused(&options(&at("lora:secret", database.name()))).await;
    assert!(gone.contains("cannot be reached") && gone.contains("refused"), "{gone}");
    let nowhere = refused(&options("postgres://lora:secret@no-such-host.invalid/lora")).await;
    assert!(nowhere.contains("no-such-host.invalid:5432/lora cannot be reached"), "{nowhere}");

    // Somebody who listens, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://lora:secret@{}/lora", silent.local_addr().unwrap());
    let timeouts = Timeouts { connect: Duration::from_millis(200), ..Timeouts::default() };
    let slow = refused(&Options { timeouts, ..options(&url) }).await;
    assert!(slow.contains("did not answer within 200ms"), "{slow}");
}
