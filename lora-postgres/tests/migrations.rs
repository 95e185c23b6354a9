//! Migrating: once, whole, and never what is not ours.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use lora_postgres::migrate::{Access, MigrateError, Migrated, Migration, migrate_to, plan_to, prepare_to};
use lora_postgres::testing::{TestCluster, TestDatabase, schema};
use tokio_postgres::{Client, NoTls};

const ONE: Migration = Migration { number: 1, name: "store", text: "CREATE TABLE lora.kept (what text)" };
const TWO: Migration = Migration {
    number: 2,
    name: "more",
    text: "ALTER TABLE lora.kept ADD COLUMN more int; INSERT INTO lora.kept VALUES ('once', 1)",
};
const ALL: [Migration; 2] = [ONE, TWO];

/// A migration that the server refuses to who is no superuser.
const OPTIONAL: Migration =
    Migration { number: 2, name: "statistics", text: "-- optional: figures\nCREATE EXTENSION pg_stat_statements" };

fn numbers(migrations: &[Migration]) -> Vec<i32> {
    migrations.iter().map(|migration| migration.number).collect()
}

async fn migrate(database: &TestDatabase, migrations: &[Migration]) -> Result<Migrated, MigrateError> {
    migrate_to(&mut database.connect().await, migrations).await
}

async fn refusal(database: &TestDatabase, migrations: &[Migration]) -> String {
    let before = schema(database.url());
    let planned = plan_to(&database.connect().await, migrations).await.unwrap_err().to_string();
    let refused = migrate(database, migrations).await.unwrap_err().to_string();
    assert_eq!(planned, refused);
    assert_eq!(schema(database.url()), before, "nothing is created");
    refused
}

async fn texts(client: &Client, query: &str) -> Vec<String> {
    client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_plan_changes_nothing_and_a_migration_does_it_once() {
    let database = TestDatabase::new().await;
    let before = schema(database.url());
    let plan = plan_to(&database.connect().await, &ALL).await.unwrap();
    assert!(plan.is_empty && plan.database == database.name());
    assert_eq!(numbers(&plan.pending), [1, 2]);
    assert_eq!(schema(database.url()), before);

    assert_eq!(numbers(&migrate(&database, &ALL[..1]).await.unwrap().applied), [1]);
    let plan = plan_to(&database.connect().await, &ALL).await.unwrap();
    assert!(!plan.is_empty);
    assert_eq!(numbers(&plan.pending), [2]);
    assert_eq!(numbers(&migrate(&database, &ALL).await.unwrap().applied), [2]);
    assert_eq!(migrate(&database, &ALL).await.unwrap(), Migrated::default());
    let journal = "SELECT number || ' ' || name || ' ' || sha256 FROM lora.migration WHERE applied <= now() ORDER BY 1";
    let expected = ALL.map(|migration| format!("{} {} {}", migration.number, migration.name, migration.digest()));
    assert_eq!(texts(&database.connect().await, journal).await, expected);
}

/// What all migrations make of an empty database is what stands in `data/schema.sql`, as people read it.
#[tokio::test]
async fn all_migrations_from_empty_make_the_recorded_schema() {
    const RENEW: &str = "LORA_RENEW_SCHEMA";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/schema.sql");
    let database = TestDatabase::migrated().await;
    let made = schema(database.url());
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let recorded = std::fs::read_to_string(path).unwrap();
    assert!(
        made == recorded,
        "the migrations make another schema than the recorded one. Where that is meant, renew it and look at the \
         difference:\n  {RENEW}=1 cargo test -p lora-postgres --test migrations recorded && git diff {path}\n{made}"
    );
}

#[tokio::test]
async fn of_many_who_start_at_once_one_migrates() {
    let database = TestDatabase::new().await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(database.connect().await);
    }
    let all = clients.into_iter().map(|mut client| async move { migrate_to(&mut client, &ALL).await.unwrap() });
    let migrated = futures_util::future::join_all(all).await;
    let applied: Vec<_> = migrated.into_iter().flat_map(|migrated| migrated.applied).collect();
    assert_eq!(numbers(&applied), [1, 2]);
    assert_eq!(texts(&database.connect().await, "SELECT what FROM lora.kept").await, ["once"]);
}

/// Drops the future after each number of polls, and the connection with it, as when the process is killed.
#[tokio::test]
async fn a_migration_that_ends_anywhere_is_gone_on_with() {
    let whole = TestDatabase::new().await;
    migrate(&whole, &ALL).await.unwrap();
    for polls in 0.. {
        let database = TestDatabase::new().await;
        let mut client = database.connect().await;
        let mut left = polls;
        let mut ended = false;
        {
            let mut migrating = pin!(migrate_to(&mut client, &ALL));
            poll_fn(|context| {
                if left == 0 {
                    return Poll::Ready(());
                }
                left -= 1;
                migrating.as_mut().poll(context).map(|done| {
                    done.unwrap();
                    ended = true;
                })
            })
            .await;
        }
        drop(client);
        migrate(&database, &ALL).await.unwrap();
        assert_eq!(schema(database.url()), schema(whole.url()), "after {polls} polls");
        assert_eq!(texts(&database.connect().await, "SELECT what FROM lora.kept").await, ["once"]);
        if ended {
            assert!(polls > 8, "there is more than {polls} to wait for");
            return;
        }
    }
}

const WAITING: Migration = Migration {
    number: 2,
    name: "waiting",
    text: "CREATE TABLE lora.half (); SELECT pg_advisory_xact_lock(7); CREATE TABLE lora.other_half ()",
};

/// How many wait for a lock that we asked for.
const WAIT: &str = "SELECT pid::text FROM pg_locks WHERE NOT granted AND locktype = 'advisory' \
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// A store that is half-way is not taken for an old one: whoever opens it waits until it is whole.
#[tokio::test]
async fn who_opens_a_store_waits_for_who_migrates_it() {
    let database = TestDatabase::new().await;
    let holder = database.connect().await;
    holder.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
    let mut client = database.connect().await;
    let migrating = tokio::spawn(async move { migrate_to(&mut client, &[ONE, WAITING]).await });
    let waiting = async |count: usize| {
        while texts(&holder, WAIT).await.len() != count {
            tokio::task::yield_now().await;
        }
    };
    waiting(1).await;
    let mut opening = Vec::new();
    for access in [Access::Read, Access::Write] {
        let mut client = database.connect().await;
        opening.push(tokio::spawn(async move { prepare_to(&mut client, access, &[ONE, WAITING]).await }));
    }
    waiting(3).await;
    holder.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    assert_eq!(numbers(&migrating.await.unwrap().unwrap().applied), [1, 2]);
    for opened in opening {
        assert_eq!(opened.await.unwrap().unwrap(), Migrated::default());
    }
    let migrations = [ONE, WAITING, Migration { number: 3, ..TWO }];
    let older = prepare_to(&mut database.connect().await, Access::Write, &migrations).await;
    let older = older.unwrap_err().to_string();
    assert!(older.contains("lacks migration 0003 more, which this program needs: run `lora migrate`"), "{older}");
}

/// The server ends the connection in the middle of a migration, which waits for a lock that the test holds.
#[tokio::test]
async fn a_migration_that_is_killed_leaves_nothing_half() {
    let database = TestDatabase::new().await;
    let holder = database.connect().await;
    holder.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
    let mut client = database.connect().await;
    let migrating = tokio::spawn(async move { migrate_to(&mut client, &[ONE, WAITING]).await });
    let kill = WAIT.replace("pid::text", "pg_terminate_backend(pid)::text");
    while texts(&holder, &kill).await.is_empty() {
        tokio::task::yield_now().await;
    }
    let error = migrating.await.unwrap().unwrap_err();
    assert!(matches!(error, MigrateError::Failed { .. } | MigrateError::Server { .. }), "{error}");
    let tables =
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'lora'::regnamespace AND relkind = 'r' ORDER BY 1";
    assert_eq!(texts(&holder, tables).await, ["kept", "migration"]);
    holder.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    assert_eq!(numbers(&migrate(&database, &[ONE, WAITING]).await.unwrap().applied), [2]);
    assert_eq!(texts(&holder, tables).await, ["half", "kept", "migration", "other_half"]);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    const WRONG: Migration = Migration { number: 2, name: "wrong", text: "CREATE TABLE lora.half (); SELECT 1 / 0" };
    let database = TestDatabase::new().await;
    let error = migrate(&database, &[ONE, WRONG]).await.unwrap_err();
    assert_eq!(error.to_string(), "migration 0002 wrong failed, and nothing of it is kept");
    let whole = TestDatabase::new().await;
    migrate(&whole, &[ONE]).await.unwrap();
    assert_eq!(schema(database.url()), schema(whole.url()));
    assert_eq!(numbers(&migrate(&database, &ALL).await.unwrap().applied), [2]);
}

#[tokio::test]
async fn a_database_of_something_else_is_refused() {
    for (statement, found) in [
        ("CREATE TABLE letters (dear text)", "table public.letters"),
        ("CREATE SCHEMA os2mo CREATE TABLE units ()", "table os2mo.units"),
        ("CREATE SCHEMA lora CREATE TABLE half ()", "table lora.half"),
        ("CREATE VIEW seen AS SELECT 1", "view public.seen"),
        ("CREATE SEQUENCE counted", "sequence public.counted"),
    ] {
        let database = TestDatabase::new().await;
        database.connect().await.batch_execute(statement).await.unwrap();
        let refused = refusal(&database, &ALL).await;
        let expected =
            format!("database `{}` holds other things, such as {found}; needed is an empty one", database.name());
        assert!(refused.starts_with(&expected), "{refused}");
    }
    let database = TestDatabase::new().await;
    database.connect().await.batch_execute("CREATE SCHEMA lora CREATE TABLE migration (at date)").await.unwrap();
    assert!(refusal(&database, &ALL).await.contains("lora.migration that is none of ours"));
}

/// What extensions bring, and a schema that somebody made for us, is nothing of somebody else's.
#[tokio::test]
async fn extensions_and_an_empty_schema_are_no_hindrance() {
    let database = TestDatabase::new().await;
    let made = database.connect().await.batch_execute("CREATE EXTENSION pg_stat_statements; CREATE SCHEMA lora").await;
    made.unwrap();
    assert_eq!(numbers(&migrate(&database, &ALL).await.unwrap().applied), [1, 2]);
}

#[tokio::test]
async fn newer_changed_and_incomplete_stores_are_refused() {
    let database = TestDatabase::new().await;
    migrate(&database, &ALL).await.unwrap();
    let newer = refusal(&database, &[ONE]).await;
    assert!(newer.contains("has migration 0002 more, and this program knows them up to 1"), "{newer}");
    let changed = refusal(&database, &[ONE, Migration { text: "SELECT 2", ..TWO }]).await;
    assert!(changed.contains("migration 0002 more") && changed.contains(&TWO.digest()), "{changed}");
    database.connect().await.batch_execute("DELETE FROM lora.migration WHERE number = 1").await.unwrap();
    let gap = refusal(&database, &ALL).await;
    assert!(gap.contains("lacks migration 0001 store although later ones were applied"), "{gap}");
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let database = TestDatabase::with("ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'").await;
    let refused = refusal(&database, &ALL).await;
    assert!(refused.contains("has the encoding SQL_ASCII; needed is UTF8"), "{refused}");
}

async fn connect_as(cluster: &TestCluster, database: &TestDatabase, role: &str) -> Client {
    let url = cluster.url(database.name()).replace("lora@", &format!("{role}@"));
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn missing_rights_are_named_with_the_statement_that_gives_them() {
    let cluster = TestCluster::start();
    let database = TestDatabase::on(&cluster).await;
    let owner = database.connect().await;
    owner.batch_execute("CREATE ROLE ane LOGIN").await.unwrap();
    let mut ane = connect_as(&cluster, &database, "ane").await;

    // Each statement that is named is carried out, until there is no more to be named.
    let mut named = Vec::new();
    for round in 0.. {
        assert!(round < 10, "{named:?}");
        match migrate_to(&mut ane, &[ONE]).await {
            Ok(migrated) if migrated == Migrated::default() => break,
            Ok(_) => {
                // The store is somebody else's from now on.
                let move_away = "REASSIGN OWNED BY ane TO lora; REVOKE CREATE ON DATABASE {} FROM ane";
                owner.batch_execute(&move_away.replace("{}", database.name())).await.unwrap();
            }
            Err(MigrateError::Rights { role, what, grant }) => {
                assert_eq!(role, "ane");
                owner.batch_execute(&grant).await.unwrap();
                named.push(what);
            }
            Err(other) => panic!("{other}"),
        }
    }
    let create = format!("create a schema in database `{}`", database.name());
    assert_eq!(named, [create.as_str(), "use schema lora", "SELECT on table lora.migration"]);
}

#[tokio::test]
async fn what_is_optional_may_be_refused_and_comes_later() {
    let cluster = TestCluster::start();
    let database = TestDatabase::on(&cluster).await;
    let owner = database.connect().await;
    let let_in = format!("CREATE ROLE ane LOGIN; GRANT CREATE ON DATABASE {} TO ane", database.name());
    owner.batch_execute(&let_in).await.unwrap();
    let mut ane = connect_as(&cluster, &database, "ane").await;
    const THREE: Migration = Migration { number: 3, ..TWO };
    const ABSENT: Migration =
        Migration { number: 4, name: "absent", text: "-- optional: nothing\nCREATE EXTENSION no_such_extension" };
    let migrations = [ONE, OPTIONAL, THREE, ABSENT];
    let migrated = migrate_to(&mut ane, &migrations).await.unwrap();
    assert_eq!(numbers(&migrated.applied), [1, 3]);
    let refused: Vec<_> = migrated.refused.iter().map(|refused| refused.migration.number).collect();
    assert_eq!(refused, [2, 4]);
    assert_eq!(migrated.refused[0].migration.optional(), Some("figures"));
    assert!(migrated.refused[0].why.contains("permission denied"), "{:?}", migrated.refused);
    assert!(migrated.refused[1].why.contains("no_such_extension"), "{:?}", migrated.refused);
    plan_to(&ane, &migrations).await.unwrap().is_usable().unwrap();
    let plan = plan_to(&owner, &migrations[..3]).await.unwrap();
    assert_eq!(numbers(&plan.pending), [2]);
    assert_eq!(numbers(&migrate(&database, &migrations[..3]).await.unwrap().applied), [2]);
}

/// A limit for the statements of a server is none for those of a migration.
#[tokio::test]
async fn a_migration_takes_as_long_as_it_takes() {
    const SLOW: Migration = Migration { number: 1, name: "slow", text: "SELECT pg_sleep(0.1)" };
    let database = TestDatabase::new().await;
    let mut client = database.connect().await;
    client.batch_execute("SET statement_timeout = 20; SET idle_in_transaction_session_timeout = 20").await.unwrap();
    assert_eq!(numbers(&migrate_to(&mut client, &[SLOW]).await.unwrap().applied), [1]);
}
