//! The register in a database: made, shared by several processes, moved, lost and found again.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::process::{Output, Stdio};
use std::thread;

use lora_postgres::testing::{Durability, Stop, TestCluster, TestDatabase};
use lora_tests::{Answer, Server, command, facet, run, uuid, wait_until};

fn put(server: &Server, number: u32) -> Answer {
    server.send("PUT", &format!("/klassifikation/facet/{}", uuid(number)), &facet(&format!("key {number}")))
}

fn has(server: &Server, number: u32) -> bool {
    server.get(&format!("/klassifikation/facet/{}", uuid(number))).text().contains(&format!("key {number}"))
}

fn call(arguments: &[&str], database: &TestDatabase) -> Output {
    run(&[arguments, &["--postgres", database.url()]].concat(), &[])
}

#[track_caller]
fn done(arguments: &[&str], database: &TestDatabase) -> String {
    let output = call(arguments, database);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn migrate_says_what_it_would_do_and_what_it_did() {
    let database = TestDatabase::create();
    let would = "would apply 0001 store\nwould apply 0002 trigram\n";
    for _ in 0..2 {
        assert_eq!(done(&["migrate", "--dry-run"], &database), would, "and does nothing");
    }
    assert_eq!(done(&["migrate"], &database), "applied 0001 store\napplied 0002 trigram\n");
    for arguments in [&["migrate", "--dry-run"][..], &["migrate"]] {
        let said = done(arguments, &database);
        assert!(said.starts_with("nothing to migrate in postgres://") && said.contains(database.name()), "{said}");
    }
}

#[test]
fn what_was_written_is_there_for_every_process() {
    let database = TestDatabase::create();
    let one = Server::on_postgres(database.url());
    assert_eq!(put(&one, 1).status, 200);
    let other = Server::on_postgres(database.url());
    assert!(has(&other, 1));
    assert_eq!(put(&other, 2).status, 200);
    assert!(has(&one, 2));
    assert_eq!(one.position(), other.position());
    assert!(done(&["export"], &database).contains("key 2"), "beside the servers");
    done(&["check"], &database);
    one.kill();
    other.stop();
    let again = Server::on_postgres(database.url());
    assert!(has(&again, 1) && has(&again, 2));
}

/// Servers that start at the same time on an empty database make one store of it.
#[test]
fn many_servers_start_at_once() {
    let database = TestDatabase::create();
    let url = database.url();
    let servers: Vec<_> = thread::scope(|scope| {
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(|| Server::on_postgres(url))).collect();
        starting.into_iter().map(|server| server.join().unwrap()).collect()
    });
    for (server, number) in servers.iter().zip(1..) {
        assert_eq!(put(server, number).status, 200);
    }
    assert!(servers.iter().all(|server| (1..=4).all(|number| has(server, number))));
    done(&["check"], &database);
}

/// Out of a database into a folder, and back: the same bytes.
#[test]
fn a_register_moves_between_a_folder_and_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let generated = run(&["generate", "--people", "5", "--years", "2"], &[]).stdout;
    fs::write(path("generated"), generated).unwrap();
    let (one, other) = (TestDatabase::create(), TestDatabase::create());
    let imported = call(&["import", &path("generated")], &one);
    assert!(String::from_utf8_lossy(&imported.stderr).contains("imported "), "{imported:?}");
    let exported = done(&["export"], &one);
    fs::write(path("exported"), &exported).unwrap();

    let restored = run(&["import", "--restore", &path("exported"), "--data", &path("store")], &[]);
    assert!(restored.status.success());
    let from_folder = run(&["export", "--data", &path("store")], &[]).stdout;
    assert_eq!(String::from_utf8(from_folder.clone()).unwrap(), exported);

    // From standard input, which is read twice.
    let mut restore = command(&["import", "--restore", "--postgres", other.url()], &[]);
    let mut restore = restore.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    restore.stdin.take().unwrap().write_all(&from_folder).unwrap();
    let restored = restore.wait_with_output().unwrap();
    assert_eq!(restored.status.code(), Some(0), "{}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(done(&["export"], &other), exported);
    done(&["check"], &other);
    let again = call(&["import", "--restore", &path("generated")], &other);
    assert_eq!(again.status.code(), Some(1), "it holds something else");
    assert_eq!(done(&["export"], &other), exported);
}

/// While PostgreSQL is gone every request is told when to come again; when it is back, so is the register.
#[test]
fn a_lost_server_is_503_until_it_is_back() {
    let cluster = TestCluster::start_with(Durability::Synced, &[]);
    let database = TestDatabase::create_on(&cluster);
    let server = Server::on_postgres_with(database.url(), &["--postgres-connect-ms", "2000"]);
    for (how, number) in [Stop::Clean, Stop::Immediate, Stop::Killed].into_iter().zip(1..) {
        assert_eq!(put(&server, number).status, 200, "{how:?}");
        cluster.stop(how);
        let asked = [
            put(&server, 100 + number),
            server.get("/klassifikation/facet"),
            server.get(&format!("/klassifikation/facet/{}", uuid(number))),
            server.get("/health/ready"),
        ];
        for answer in asked {
            assert_eq!(answer.status, 503, "{how:?}: {}", answer.text());
            assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
            assert!(answer.text().contains("store_unavailable") && !answer.text().contains("127.0.0.1"));
        }
        assert_eq!(server.get("/health/live").status, 204, "{how:?}");
        cluster.start_again();
        wait_until("the register is ready", || server.get("/health/ready").status == 204);
        assert!((1..=number).all(|number| has(&server, number)), "{how:?}");
        assert!(!has(&server, 100 + number), "{how:?}");
    }
    done(&["check"], &database);
}

/// The password is in the URL, and nowhere else.
#[test]
fn no_password_is_logged() {
    let cluster = TestCluster::start();
    let database = TestDatabase::create_on(&cluster);
    database.run(&format!(
        "CREATE ROLE guarded LOGIN PASSWORD 'very secret'; GRANT CREATE ON DATABASE {} TO guarded",
        database.name()
    ));
    let url = database.url().replace("lora@", "guarded:very%20secret@");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--postgres", &url, "--log", "trace"];
    let mut log = tempfile::tempfile().unwrap();
    let mut server = command(&arguments, &[]).stdout(Stdio::piped()).stderr(log.try_clone().unwrap()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on "), "{line}");
    cluster.stop(Stop::Clean);
    server.kill().unwrap();
    server.wait().unwrap();
    let mut said = String::new();
    log.rewind().unwrap();
    log.read_to_string(&mut said).unwrap();
    assert!(said.contains("migrated"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
