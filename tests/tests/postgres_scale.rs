//! More than one of everything: servers on one database, tenants in one, replicas of one.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use lora_postgres::testing::{Stop, TestCluster, TestDatabase};
use lora_tests::{Answer, Server, facet, run, send, uuid};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(20);

fn path(number: u32) -> String {
    format!("/klassifikation/facet/{}", uuid(number))
}

fn put(server: &Server, number: u32, key: &str) -> u64 {
    let answer = server.send("PUT", &path(number), &facet(key));
    assert_eq!(answer.status, 200, "{}", answer.text());
    position(&answer)
}

fn position(answer: &Answer) -> u64 {
    answer.header("lora-position").and_then(|text| text.parse().ok()).expect("every answer tells its position")
}

/// What a server answers that must show at least a position.
fn get_at_least(server: &Server, number: u32, position: u64) -> Answer {
    send(server.address, "GET", path(number), &[&format!("Lora-Position: {position}")], b"")
}

/// Eight clients of each of two servers write; what one server answered, the other shows to who demands it. Afterwards
/// the ledger has every position once, instants rise with positions, and nothing is missing.
#[test]
fn two_servers_write_and_answers_on_both_obey_positions() {
    const WRITES: u32 = 25;
    let database = TestDatabase::create();
    let servers = [Server::on_postgres(database.url()), Server::on_postgres(database.url())];
    let client = |number: u32| {
        let (mine, other) = (&servers[number as usize % 2], &servers[(number as usize + 1) % 2]);
        let mut last = 0;
        for write in 0..WRITES {
            // All clients also write to one object in turn: nobody's write may get lost among them.
            let object = if write % 5 == 0 { 1 } else { 100 + number * WRITES + write };
            let at = put(mine, object, &format!("client {number} write {write}"));
            assert!(at > last, "positions rise for each client");
            last = at;
            let shown = get_at_least(other, object, at);
            assert_eq!(shown.status, 200);
            assert!(position(&shown) >= at);
            assert!(object == 1 || shown.text().contains(&format!("client {number} write {write}")));
        }
    };
    thread::scope(|scope| (0..16).for_each(|number| drop(scope.spawn(move || client(number)))));

    let exported = run(&["export", "--postgres", database.url()], &[]);
    let lines = String::from_utf8(exported.stdout).unwrap();
    let entries: Vec<Value> = lines.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut writes = BTreeMap::new();
    for (entry, expected) in entries.iter().zip(1..) {
        assert_eq!(entry["position"].as_u64(), Some(expected));
        *writes.entry(entry["id"].to_string()).or_insert(0) += 1;
    }
    assert!(entries.windows(2).all(|pair| pair[0]["instant"].as_str() < pair[1]["instant"].as_str()));
    assert_eq!(writes[&format!("\"{}\"", uuid(1))], 16 * WRITES.div_ceil(5), "every write of the hot object");
    assert_eq!(entries.len() as u32, 1 + 16 * WRITES);
    assert_eq!(run(&["check", "--postgres", database.url()], &[]).status.code(), Some(0));
}

/// A page that one server began is gone on with by another, while both write.
#[test]
fn pages_go_on_at_another_server() {
    let database = TestDatabase::create();
    let servers = [Server::on_postgres(database.url()), Server::on_postgres(database.url())];
    for number in 1..=20 {
        put(&servers[0], number, &format!("k{:02}", number * 7 % 20));
    }
    let page = |server: &Server, after: &str| {
        let answer = server.get(&format!("/api/v1/facet?order=user_key&valid=always&limit=3&show=objects{after}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let keys = |page: &Value| {
        let found = page["found"].as_array().unwrap().iter();
        found.map(|found| found["object"]["attributes"]["properties"][0]["user_key"].to_string()).collect::<Vec<_>>()
    };
    let mut last = page(&servers[0], "");
    let mut found = keys(&last);
    for turn in 1_u32.. {
        let Some(next) = last["next"].as_str().map(str::to_owned) else { break };
        put(&servers[0], turn, "zz");
        put(&servers[1], 100 + turn, "k00");
        last = page(&servers[turn as usize % 2], &format!("&after={next}"));
        found.extend(keys(&last));
    }
    let expected: Vec<String> = (0..20).map(|number| format!("\"k{number:02}\"")).collect();
    assert_eq!(found, expected);
}

#[test]
fn tenants_of_one_database_know_nothing_of_each_other() {
    let database = TestDatabase::create();
    let tenants = ["0", "1", "32767"].map(|tenant| Server::on_postgres_with(database.url(), &["--tenant", tenant]));
    for (server, key) in tenants.iter().zip(["a", "b", "c"]) {
        assert_eq!(put(server, 1, key), 2, "positions are the tenant's own");
        assert!(server.get(&path(1)).text().contains(&format!("\"{key}\"")));
    }
    let exported = run(&["export", "--postgres", database.url(), "--tenant", "1"], &[]);
    let lines = String::from_utf8(exported.stdout).unwrap();
    assert_eq!(lines.lines().count(), 3, "a header, the declaration and one registration: {lines}");
    assert!(lines.lines().nth(2).unwrap().contains("\"b\""));
    for wrong in [&["--tenant", "-1"][..], &["--tenant", "32768"], &["--tenant", "x"]] {
        let refused = run(&[&["export", "--postgres", database.url()], wrong].concat(), &[]);
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
    }
    for wrong in [&["--tenant", "1"][..], &["--postgres-replica", "postgres://lora@127.0.0.1/lora"]] {
        let refused = run(&[&["export", "--data", "nowhere"], wrong].concat(), &[]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("only with --postgres"), "{said}");
    }
}

/// A real replica behind a server: it answers, lags, dies and comes back, and no answer is older than what was seen.
#[test]
fn a_replica_answers_and_may_lag_and_die() {
    let primary = TestCluster::start();
    let replica = TestCluster::replica_of(&primary);
    let database = TestDatabase::create_on(&primary);
    let writer = Server::on_postgres(database.url());
    let url = replica.url(database.name());
    let reader = Server::on_postgres_with(database.url(), &["--postgres-replica", &url]);
    let on_replica = |statement: &str| TestDatabase::ask_at(&url, statement);
    let first = put(&writer, 1, "first");
    let begun = Instant::now();
    while on_replica("SELECT position FROM lora.ledger").as_deref() != Some("2") {
        assert!(begun.elapsed() < SOON);
    }
    assert_eq!(position(&reader.get(&path(1))), first);

    on_replica("SELECT pg_wal_replay_pause()").unwrap();
    let second = put(&writer, 1, "second");
    assert_eq!(position(&reader.get(&path(1))), first, "from the replica");
    let registered =
        writer.get(&format!("/api/v1/facet/{}", uuid(1))).json()["registration"]["registered"]["from"].clone();
    let as_known = format!(
        r#"{{"class":"facet","where":{{"as_known":{registered},"where":{{"field":"user_key","is":"second"}}}}}}"#
    );
    let found = send(reader.address, "POST", "/api/v1/query", &["Content-Type: application/json"], as_known.as_bytes());
    assert!(found.text().contains(&uuid(1)), "a filter's own time of knowledge is shown whole: {}", found.text());
    assert_eq!(position(&found), second, "from the primary");
    let demanded = get_at_least(&reader, 1, second);
    assert_eq!(position(&demanded), second, "from the primary");
    assert!(demanded.text().contains("second"));
    assert_eq!(position(&reader.get(&path(1))), second, "and never back");
    assert_eq!(get_at_least(&reader, 1, 9).status, 409);

    replica.stop(Stop::Killed);
    let third = put(&reader, 1, "third");
    for _ in 0..10 {
        assert_eq!(position(&reader.get(&path(1))), third);
    }
    replica.start_again();
    assert_eq!(position(&reader.get(&path(1))), third);
}
