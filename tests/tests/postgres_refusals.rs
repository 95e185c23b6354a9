//! Databases that cannot be a store's: each is refused with what is needed, and left as it was.

use std::net::TcpListener;

use lora_postgres::testing::{TestCluster, TestDatabase, schema};
use lora_tests::run;

/// The calls that open a store.
const CALLS: [&[&str]; 6] = [
    &["serve", "--listen", "127.0.0.1:0", "--log", "warn"],
    &["import"],
    &["import", "--restore"],
    &["export"],
    &["check"],
    &["migrate"],
];

/// Every one of the calls ends with `code` and one line that says `says`, and never the password.
#[track_caller]
fn refused(calls: &[&[&str]], url: &str, code: i32, says: &[&str]) {
    for call in calls {
        let output = run(&[call, &["--postgres", url][..]].concat(), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{call:?}: {said}");
        for text in says {
            assert!(said.contains(text), "{call:?}: no {text:?} in {said}");
        }
        assert_eq!(said.lines().count(), 1, "{call:?}: {said}");
        assert!(!said.contains("secret") && output.stdout.is_empty(), "{call:?}: {said}");
    }
}

/// As [`refused`], by every call, with a database that stays as it was.
#[track_caller]
fn refused_untouched(database: &TestDatabase, says: &[&str]) {
    let before = schema(database.url());
    refused(&CALLS, database.url(), 1, says);
    refused(&[&["migrate", "--dry-run"]], database.url(), 1, says);
    assert_eq!(schema(database.url()), before);
}

#[test]
fn a_wrong_url_is_wrong_use() {
    for (url, says) in [
        ("secret", "not a URL"),
        ("mysql://ane:secret@db/lora", "not a URL"),
        ("postgres://ane:secret@db", "names no database"),
        ("postgres://ane:secret@db:port/lora", "`port`"),
        ("postgres://ane:secret@db/lora?colour=blue", "`colour`"),
        ("postgres://ane:secret@db/lora?sslmode=perhaps", "verify-full"),
        ("postgres://ane:secret@db/lora?sslmode=verify-full", "sslrootcert"),
    ] {
        refused(&CALLS, url, 2, &["--postgres: ", says]);
    }
    let url = "postgres://ane@db/lora";
    refused(&[&["export", "--postgres-pool", "0"]], url, 2, &["--postgres-pool: `0`", "from 1 to"]);
    refused(&[&["check", "--postgres-statement-ms", "soon"]], url, 2, &["--postgres-statement-ms: `soon`"]);
    refused(&[&["check", "--rebuild"]], url, 2, &["--rebuild: only a store in a folder"]);
}

#[test]
fn who_does_not_answer_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://ane:secret@127.0.0.1:{port}/lora");
    refused(&CALLS, &url, 1, &[&format!("postgres://ane@127.0.0.1:{port}/lora cannot be reached"), "refused"]);
    let nowhere = "postgres://ane:secret@no-such-host.invalid/lora";
    refused(&CALLS[3..4], nowhere, 1, &["postgres://ane@no-such-host.invalid:5432/lora cannot be reached"]);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ane:secret@{}/lora", silent.local_addr().unwrap());
    refused(&[&["check", "--postgres-connect-ms", "100"]], &url, 1, &["did not answer within 100ms"]);
    refused(&CALLS[3..4], "postgres://ane@db/lora?sslmode=verify-ca&sslrootcert=/absent", 1, &["/absent", "PEM"]);
}

#[test]
fn roles_without_a_password_or_rights_are_told_what_is_needed() {
    let cluster = TestCluster::start();
    let database = TestDatabase::create_on(&cluster);
    database.run("CREATE ROLE guarded LOGIN PASSWORD 'right'; CREATE ROLE ane LOGIN");
    let before = schema(database.url());
    let at = |user: &str, database: &str| format!("postgres://{user}@127.0.0.1:{}/{database}", cluster.port());
    refused(&CALLS, &at("guarded:secret", database.name()), 1, &["refuses role `guarded`", "password authentication"]);
    refused(&CALLS[..1], &at("bo:secret", database.name()), 1, &["refuses role `bo`"]);
    refused(&CALLS, &at("lora:secret", "absent"), 1, &["there is no database `absent`", "CREATE DATABASE"]);
    let grant = format!("GRANT CREATE ON DATABASE \"{}\" TO \"ane\"", database.name());
    let writing = [CALLS[0], CALLS[1], CALLS[2], CALLS[5]];
    refused(&writing, &at("ane:secret", database.name()), 1, &["`ane` may not create a schema", &grant]);
    assert_eq!(schema(database.url()), before);
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let database = TestDatabase::create();
    database.run("CREATE TABLE letters (dear text)");
    refused_untouched(&database, &[database.name(), "table public.letters", "needed is an empty one"]);
}

#[test]
fn an_encoding_that_cannot_hold_every_text_is_refused() {
    let database = TestDatabase::create_with("ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'");
    refused_untouched(&database, &[database.name(), "SQL_ASCII", "needed is UTF8"]);
}

/// Who only reads makes nothing.
#[test]
fn an_empty_database_is_no_store_to_read() {
    let database = TestDatabase::create();
    let before = schema(database.url());
    refused(&CALLS[3..5], database.url(), 1, &["there is no store in database", database.name(), "lora migrate"]);
    assert_eq!(schema(database.url()), before);
}

#[test]
fn a_folder_has_nothing_to_migrate() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for call in [&["migrate"][..], &["migrate", "--dry-run"]] {
        let output = run(&[call, &["--data", data.to_str().unwrap()]].concat(), &[]);
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("nothing to migrate"));
    }
    assert!(!data.exists());
}

#[test]
fn the_configuration_shows_the_database_and_no_password() {
    let arguments = ["config", "--check", "--postgres", "postgres://ane:secret@db/lora?password=secret"];
    let output = run(&arguments, &[("LORA_POSTGRES_POOL", "7")]);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    for line in [
        "# data is not given",
        "postgres = \"postgres://ane@db:5432/lora\" # flag --postgres",
        "postgres_pool = 7 # environment LORA_POSTGRES_POOL",
        "postgres_statement_ms = 60000 # default",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "no {line:?} in {shown}");
    }
    assert!(!shown.contains("secret"));

    let arguments = ["config", "--check", "--postgres-wait-ms", "never", "--postgres-pool", "0"];
    let output = run(&arguments, &[("LORA_POSTGRES", "db.example password=secret")]);
    let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2));
    assert!(shown.contains("postgres = \"***\" # environment LORA_POSTGRES"), "{shown}");
    assert_eq!(said.lines().count(), 3, "every problem at once: {said}");
    assert!(!shown.contains("secret") && !said.contains("secret"));
    let help = run(&["serve", "--help"], &[("LORA_POSTGRES", "postgres://ane:secret@db/lora")]);
    assert!(!String::from_utf8_lossy(&help.stdout).contains("secret"));
}

/// A store that a program of tomorrow, or one that was tampered with, left behind.
#[test]
fn newer_and_changed_stores_are_refused() {
    let database = TestDatabase::create();
    assert!(run(&["migrate", "--postgres", database.url()], &[]).status.success());
    database.run("INSERT INTO lora.migration (number, name, sha256) VALUES (7, 'tomorrow', '')");
    refused_untouched(&database, &[database.name(), "migration 0007 tomorrow", "up to 2", "newer program"]);
    database
        .run("DELETE FROM lora.migration WHERE number = 7; UPDATE lora.migration SET sha256 = 'ab' WHERE number = 1");
    refused_untouched(&database, &["migration 0001 store", "SHA-256 ab there", "the program that made this store"]);
    database.run("DELETE FROM lora.migration WHERE number = 1");
    refused_untouched(&database, &["lacks migration 0001 store although later ones were applied"]);
}

/// A role that may read exports and checks; what it may not, it is told.
#[test]
fn who_may_only_read_can_read() {
    let cluster = TestCluster::start();
    let database = TestDatabase::create_on(&cluster);
    assert!(run(&["migrate", "--postgres", database.url()], &[]).status.success());
    database.run("CREATE ROLE reader LOGIN");
    let url = database.url().replace("lora@", "reader@");
    refused(&CALLS[..5], &url, 1, &["`reader` may not use schema lora", "GRANT USAGE ON SCHEMA lora TO \"reader\""]);
    database.run("GRANT USAGE ON SCHEMA lora TO reader; GRANT SELECT ON lora.migration TO reader");
    refused(&CALLS[3..5], &url, 1, &["`reader` may not SELECT on table lora.", "GRANT SELECT ON ALL TABLES"]);
    database.run("GRANT SELECT ON ALL TABLES IN SCHEMA lora TO reader");
    for call in ["export", "check"] {
        assert_eq!(run(&[call, "--postgres", &url], &[]).status.code(), Some(0), "{call}");
    }
    let needed = ["`reader` may not DELETE on table lora.", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES"];
    refused(&CALLS[..3], &url, 1, &needed);
}
