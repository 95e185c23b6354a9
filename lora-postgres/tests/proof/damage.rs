//! Rows that nobody has written so: an error that says where, or a finding of the check; and a full disk.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::PathBuf;
use std::process::Command;

use lora_core::check::check;
use lora_core::object::{Position, Seq};
use lora_core::storage::{CommitError, Key, KeyRange, KnownAt, Read, Scan, Storage, StoreError, Wait};
use lora_core::time::Period;
use lora_postgres::testing::{self, TestCluster};
use lora_postgres::{Options, PostgresStore, Tenant, connect};
use tokio_postgres::Client;

use crate::concurrency::postings;
use crate::support::{TestDatabase, clock, run};
use crate::writers::{Writer, assert_sound, declared, newest, registrations};

/// Six registrations of one object, at the positions 2 to 7.
async fn store_and_client() -> (TestDatabase, PostgresStore, Client, Writer) {
    let database = TestDatabase::new().await;
    let store = PostgresStore::new(database.pool(), Tenant(0), clock());
    declared(&store).await;
    let mut writer = Writer::new(1, 1);
    for _ in 0..6 {
        store.commit(writer.step()).await.unwrap();
    }
    let client = database.client().await;
    (database, store, client, writer)
}

/// Damages a table, which is kept as it was.
async fn damage(client: &Client, table: &str, change: &str) {
    let keep = format!("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * FROM lora.{table}");
    client.batch_execute(&keep).await.unwrap();
    assert!(client.execute(change, &[]).await.unwrap() > 0, "{change}");
}

async fn mend(client: &Client, table: &str) {
    let mend = format!("DELETE FROM lora.{table}; INSERT INTO lora.{table} SELECT * FROM kept");
    client.batch_execute(&mend).await.unwrap();
}

/// The positions at which a reading says that something is corrupt; every other failure is none that may come.
#[derive(Default)]
struct Corrupt(Vec<Position>);

impl Corrupt {
    fn add<T>(&mut self, answer: Result<T, StoreError>) {
        match answer {
            Ok(_) => {}
            Err(StoreError::Corrupt { position, .. }) => self.0.push(position),
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Reads everything.
async fn read(store: &PostgresStore, writer: &Writer) -> Vec<Position> {
    let (mut corrupt, object) = (Corrupt::default(), writer.objects()[0]);
    corrupt.add(store.ledger(Position(0), 100, Wait::Never).await);
    for at in 2..=7 {
        let view = match store.view(Some(Position(at))).await {
            Ok(view) => view,
            Err(error) => {
                corrupt.add::<()>(Err(error));
                continue;
            }
        };
        corrupt.add(view.registrations(&[(object, KnownAt::Latest)]).await);
        corrupt.add(view.history(object, Seq::FIRST, 100).await);
        corrupt.add(view.known_during(&[object], Period::ALWAYS, None, 100).await);
    }
    corrupt.0.sort_unstable();
    corrupt.0.dedup();
    corrupt.0
}

#[test]
fn a_damaged_row_is_an_error_that_says_where() {
    const DAMAGES: [&str; 7] = [
        "UPDATE lora.entry SET salt = '\\x01' WHERE position = 4",
        "UPDATE lora.entry SET chain = '\\x01' WHERE position = 4",
        "UPDATE lora.entry SET kind = 9 WHERE position = 4",
        "UPDATE lora.entry SET class = -1 WHERE position = 4",
        "UPDATE lora.entry SET class = 70000 WHERE position = 4",
        "UPDATE lora.entry SET instant = 9223372036854775806 WHERE position = 4",
        "DELETE FROM lora.entry WHERE position = 4",
    ];
    run(async {
        let (_database, store, client, writer) = store_and_client().await;
        assert_eq!(read(&store, &writer).await, []);
        for change in DAMAGES {
            damage(&client, "entry", change).await;
            assert_eq!(read(&store, &writer).await, [Position(4)], "{change}");
            // The check names it, or says that it cannot go on there.
            match check(&store, |_| {}).await {
                Ok(report) => assert!(!report.is_clean(), "{change}"),
                Err(StoreError::Corrupt { position, .. }) => assert_eq!(position, Position(4), "{change}"),
                Err(error) => panic!("{change}: {error:?}"),
            }
            mend(&client, "entry").await;
        }
        assert_sound(&store).await;
    });
}

/// What is damaged and still reads well is found by the check alone: the server's page checksums guard the rest.
#[test]
fn a_check_finds_what_reads_well_and_was_not_written_so() {
    const DAMAGES: [(&str, &str); 9] = [
        ("entry", "SET content = set_byte(content, 0, get_byte(content, 0) # 1) WHERE position = 4"),
        ("entry", "SET skeleton = set_byte(skeleton, 9, get_byte(skeleton, 9) # 1) WHERE position = 4"),
        ("entry", "SET salt = set_byte(salt, 0, get_byte(salt, 0) # 1) WHERE position = 4"),
        ("entry", "SET chain = set_byte(chain, 31, get_byte(chain, 31) # 1) WHERE position = 4"),
        ("entry", "SET registered_from = registered_from - 1 WHERE position = 2"),
        ("posting_current", "SET present = NOT present WHERE opened = 7"),
        ("posting_history", "SET closed = closed + 1 WHERE closed = 5"),
        ("posting_history", "SET known_to = known_to + 1 WHERE closed = 5"),
        ("boundary", "SET at = at + 1 WHERE gone = 9223372036854775807"),
    ];
    run(async {
        let (_database, store, client, _writer) = store_and_client().await;
        for (table, change) in DAMAGES {
            damage(&client, table, &format!("UPDATE lora.{table} {change}")).await;
            let report = check(&store, |_| {}).await.unwrap();
            assert!(!report.is_clean(), "nothing was found: {table} {change}");
            mend(&client, table).await;
        }
        assert_sound(&store).await;
    });
}

#[test]
fn a_damaged_rectangle_is_an_error() {
    const DAMAGES: [(&str, &str); 3] = [
        ("posting_current", "SET class = 70000 WHERE opened = 7"),
        ("posting_current", "SET known_from = 9223372036854775806 WHERE opened = 7"),
        ("posting_history", "SET class = 70000 WHERE closed = 7"),
    ];
    run(async {
        let (_database, store, client, writer) = store_and_client().await;
        for (table, change) in DAMAGES {
            damage(&client, table, &format!("UPDATE lora.{table} {change}")).await;
            let view = store.view(None).await.unwrap();
            let scan = Scan {
                keys: KeyRange { from: Key::from_bytes(Vec::new()), to: None },
                valid: Period::ALWAYS,
                known: Some(Period::ALWAYS),
            };
            let error = view.postings(&[scan], None, 1_000).await.unwrap_err();
            assert!(matches!(error, StoreError::Corrupt { .. }), "{change}: {error:?}");
            mend(&client, table).await;
        }
        assert!(!postings(&store.view(None).await.unwrap(), None).await.is_empty());
        assert_eq!(registrations(&store, &writer.objects()).await.unwrap(), 6);
    });
}

/// A small file system of its own, gone with this.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this user may not mount.
    fn mount(size: &str) -> Option<Self> {
        let path = tempfile::tempdir().unwrap().keep();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        fs::remove_dir(&path).unwrap();
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Nothing is lost where it stays until the machine is restarted.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}

/// The disk of the tables is full, that of the write-ahead log is not: where that is full the server ends, which is as
/// if it were killed.
#[test]
fn a_full_disk_refuses_commits_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount("48m") else {
        println!("SKIPPED: this user may not mount a small file system; run the tests as root");
        return;
    };
    run(async {
        let ballast = disk.0.join("ballast");
        fs::write(&ballast, vec![1; 24 << 20]).unwrap();
        let cluster = TestCluster::start();
        let (space, owner) = (disk.0.join("space"), fs::metadata(cluster.folder()).unwrap());
        fs::create_dir(&space).unwrap();
        chown(&space, Some(owner.uid()), Some(owner.gid())).unwrap();
        let (admin, connection) =
            tokio_postgres::connect(&cluster.url("postgres"), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let create = format!("CREATE TABLESPACE small LOCATION '{}'", space.display());
        admin.batch_execute(&create).await.unwrap();
        let database = testing::TestDatabase::migrated_on(&cluster).await;
        admin.batch_execute(&format!("ALTER DATABASE {} SET TABLESPACE small", database.name())).await.unwrap();

        let pool = connect(&Options::new(database.url().parse().unwrap())).await.unwrap();
        let store = PostgresStore::new(pool, Tenant(0), clock());
        declared(&store).await;
        let mut writer = Writer::new(1, 200);
        let mut commits = 0;
        let refusal = loop {
            let (step, next) = writer.next();
            match store.commit(step).await {
                Ok(_) => writer.went(next),
                Err(error) => break error,
            }
            commits += 1;
            assert!(commits < 1_000, "the disk is not full");
        };
        assert!(matches!(refusal, CommitError::Store(StoreError::Full(_))), "{refusal:?}");
        assert!(commits > 3, "{commits}");

        // Full for a while: commits are refused, and everything can be read.
        let position = newest(&store).await;
        for _ in 0..5 {
            let refused = store.commit(writer.next().0).await.unwrap_err();
            assert!(matches!(refused, CommitError::Store(StoreError::Full(_))), "{refused:?}");
        }
        assert_eq!(newest(&store).await, position);
        assert_eq!(registrations(&store, &writer.objects()).await.unwrap(), writer.registered());
        let report = check(&store, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{report}");

        // Space returns: so do commits, on the same connections.
        fs::remove_file(&ballast).unwrap();
        for _ in 0..3 {
            store.commit(writer.step()).await.unwrap();
        }
        assert_sound(&store).await;
    });
}
