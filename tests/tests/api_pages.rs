//! Pages: nothing twice, nothing missing, whoever writes meanwhile, after a restart, and only with a cursor of their own.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use lora_tests::{Answer, Server, facet, send, uuid};
use serde_json::{Value, json};

const OBJECTS: u32 = 60;
const WRITERS: u32 = 8;

fn put(server: &Server, number: u32, key: &str) {
    let answer = server.send("PUT", &format!("/klassifikation/facet/{}", uuid(number)), &facet(key));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A key after which facets stand in another order than by their UUIDs.
fn key(number: u32) -> String {
    format!("k{:03}", number * 37 % 101)
}

fn filled(server: &Server) {
    (1..=OBJECTS).for_each(|number| put(server, number, &key(number)));
}

fn page(server: &Server, question: &Value, after: Option<&str>) -> Answer {
    let mut question = question.clone();
    if let Some(after) = after {
        question["after"] = json!(after);
    }
    server.send("POST", "/api/v1/query", &question)
}

/// Pages from a cursor on, as many as asked for, and the cursor of the next.
fn pages(server: &Server, question: &Value, from: Option<String>, count: usize) -> (Vec<Value>, Option<String>) {
    let (mut found, mut cursor) = (Vec::new(), from);
    for _ in 0..count {
        let answer = page(server, question, cursor.as_deref());
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page = answer.json();
        found.extend(page["found"].as_array().unwrap().iter().cloned());
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    (found, cursor)
}

/// Eight clients write while something is done: they rename, delete and create.
fn while_others_write<T>(server: &Server, done: impl FnOnce() -> T) -> T {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let stop = &stop;
            scope.spawn(move || {
                for turn in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let number = 1 + (writer * 11 + turn * 7) % OBJECTS;
                    let target = format!("/klassifikation/facet/{}", uuid(number));
                    match turn % 4 {
                        0 => drop(server.send("DELETE", &target, &json!({"note": "x"}))),
                        1 => put(server, 1_000 + writer * 1_000 + turn, &format!("k{:03}", turn % 101)),
                        _ => put(server, number, &format!("x{turn}")),
                    }
                }
            });
        }
        let outcome = done();
        stop.store(true, Ordering::SeqCst);
        outcome
    })
}

/// A query in an order, at a point of time that does not move with the clock.
fn question(order: &Value, limit: u32) -> Value {
    json!({"class": "facet", "valid": "2020-01-01T00:00:00Z", "where": {"field": "user_key", "prefix": "k"},
           "order": order, "limit": limit, "show": "objects"})
}

fn orders() -> [Value; 3] {
    [json!([]), json!(["user_key"]), json!([{"by": "user_key", "descending": true}, "description"])]
}

#[test]
fn pages_under_writers_make_up_the_whole_that_there_was() {
    let server = Server::start();
    filled(&server);
    for order in orders() {
        let (whole, _) = pages(&server, &question(&order, 10_000), None, 1);
        assert!(whole.len() >= OBJECTS as usize);
        let (mut found, cursor) = pages(&server, &question(&order, 7), None, 1);
        let (more, end) = while_others_write(&server, || pages(&server, &question(&order, 7), cursor, 1_000));
        found.extend(more);
        assert_eq!((found, end), (whole, None), "ordered by {order}");
        filled(&server);
    }
}

#[test]
fn pages_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path());
    filled(&server);
    for order in orders() {
        let (whole, _) = pages(&server, &question(&order, 10_000), None, 1);
        let (mut found, cursor) = pages(&server, &question(&order, 7), None, 1);
        let (more, cursor) = while_others_write(&server, || pages(&server, &question(&order, 7), cursor, 3));
        found.extend(more);
        server.stop();
        server = Server::on(folder.path());
        let (rest, end) = while_others_write(&server, || pages(&server, &question(&order, 9), cursor, 1_000));
        found.extend(rest);
        assert_eq!((found, end), (whole, None), "ordered by {order}");
        filled(&server);
    }
    server.stop();
}

#[track_caller]
fn is_refused(answer: &Answer, code: &str, path: &str) {
    let body = answer.json();
    assert_eq!((answer.status, body["code"].as_str(), body["path"].as_str()), (400, Some(code), Some(path)), "{body}");
    assert!(body["accepted"].as_str().unwrap().contains("no `after`"), "it says what to do: {body}");
}

#[test]
fn a_cursor_is_taken_for_its_own_query_and_store_only() {
    let (server, other) = (Server::start(), Server::start());
    for server in [&server, &other] {
        filled(server);
    }
    let asked = question(&json!(["user_key"]), 7);
    let (_, cursor) = pages(&server, &asked, None, 1);
    let cursor = cursor.unwrap();
    assert_eq!(page(&server, &question(&json!(["user_key"]), 50), Some(&cursor)).status, 200, "the limit may differ");
    for (member, value) in [
        ("order", json!([])),
        ("show", json!("ids")),
        ("valid", json!("now")),
        ("known", json!("always")),
        ("reading", json!("rows")),
        ("class", json!("class")),
        ("where", json!({"field": "user_key", "prefix": "K"})),
    ] {
        let mut asked = asked.clone();
        asked[member] = value;
        is_refused(&page(&server, &asked, Some(&cursor)), "cursor_of_another_query", "/after");
    }
    is_refused(&page(&other, &asked, Some(&cursor)), "cursor_of_another_store", "/after");
    for at in 0..cursor.len() {
        let mut forged = cursor.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        is_refused(&page(&server, &asked, Some(&forged)), "damaged_cursor", "/after");
    }
    is_refused(&server.get("/api/v1/facet?after=AAAA"), "damaged_cursor", "?after");
    let ahead = format!("Lora-Position: {}", u32::MAX);
    let mut body = asked;
    body["after"] = json!(cursor);
    let answer = send(server.address, "POST", "/api/v1/query", &[&ahead], body.to_string().as_bytes());
    assert_eq!((answer.status, answer.json()["code"].as_str()), (409, Some("position_ahead")));
}
