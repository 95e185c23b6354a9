//! What the server offers beside the objects: both prefixes, health, metrics, its description, ids of requests.

use std::collections::BTreeSet;

use lora_tests::{Answer, Connection, Server, facet, send, uuid};
use serde_json::{Value, json};

#[test]
fn the_prefix_makes_no_difference() {
    let server = Server::start();
    let object = format!("/klassifikation/facet/{}", uuid(1));
    assert_eq!(server.send("PUT", &format!("/lora{object}"), &facet("a")).status, 200);
    for target in [
        object.as_str(),
        "/klassifikation/facet?bvn=a",
        "/klassifikation/facet?bvn=A&list=1&konsolider=",
        "/klassifikation/facet?BVN=%25&publiceret=Publiceret",
        "/klassifikation/facet/12",
        "/klassifikation/facet/fields",
        "/klassifikation/facet/schema",
        "/klassifikation/classes",
        "/klassifikation/ukendt",
        "/site-map",
    ] {
        let (plain, prefixed) = (server.get(target), server.get(&format!("/lora{target}")));
        assert_eq!(plain.status, prefixed.status, "{target}");
        assert_eq!(plain.text().replace("/lora/", "/"), prefixed.text().replace("/lora/", "/"), "{target}");
    }
    let read = server.get(&object).json();
    assert_eq!(read[uuid(1)][0]["registreringer"][0]["livscykluskode"], json!("Importeret"));
}

#[test]
fn a_trailing_slash_is_redirected_with_prefix_and_query() {
    let server = Server::start();
    for (target, location) in [
        ("/klassifikation/facet/?bvn=a%20b", "/klassifikation/facet?bvn=a%20b"),
        ("/lora/klassifikation/facet/?bvn=a", "/lora/klassifikation/facet?bvn=a"),
        ("/lora/klassifikation/classes/", "/lora/klassifikation/classes"),
        ("/", "/site-map"),
        ("/lora", "/lora/site-map"),
        ("/lora/", "/lora/site-map"),
    ] {
        let answer = server.get(target);
        assert_eq!((answer.status, answer.header("location")), (307, Some(location)), "{target}");
    }
}

#[test]
fn people_get_a_page() {
    let server = Server::start();
    for (target, link) in [("/", "/klassifikation/facet/fields"), ("/lora", "/lora/klassifikation/facet/fields")] {
        let answer = send(server.address, "GET", target, &["Accept: text/html,*/*;q=0.8"], b"");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert!(answer.text().contains(link) && answer.text().contains("position 1"), "{}", answer.text());
    }
}

#[test]
fn head_is_get_without_a_body() {
    let server = Server::start();
    for target in ["/klassifikation/facet?bvn=a", "/site-map", "/klassifikation/facet/12"] {
        let (get, head) = (server.get(target), send(server.address, "HEAD", target, &[], b""));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{target}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{target}");
    }
}

/// A refusal that left the body unread closed the connection under clients that send first and listen then.
#[test]
fn a_refusal_takes_in_the_body_so_that_the_connection_can_go_on() {
    let server = Server::start();
    let mut connection = Connection::open(server.address);
    let body = "x".repeat(100_000);
    for target in
        [format!("/klassifikation/facet/{}", uuid(1)), "/klassifikation/facet/12".to_owned(), "/what".to_owned()]
    {
        let head = format!("PATCH {target} HTTP/1.1\r\nHost: lora\r\nContent-Length: {}\r\n\r\n", body.len());
        connection.write(head.as_bytes());
        connection.write(body.as_bytes());
        let refusal = connection.read_until(b"}");
        assert!(refusal.starts_with(b"HTTP/1.1 40"), "{}", String::from_utf8_lossy(&refusal));
        if refusal.ends_with(b"\"type_error.uuid\"}") {
            connection.read_until(b"}");
        }
    }
    connection.write(b"GET /health/live HTTP/1.1\r\nHost: lora\r\nConnection: close\r\n\r\n");
    assert_eq!(connection.answer().status, 204);
}

#[test]
fn health_and_metrics() {
    let server = Server::start();
    for target in ["/health/live", "/health/ready"] {
        assert_eq!(server.get(target).status, 204, "{target}");
    }
    assert_eq!(server.send("POST", "/klassifikation/facet", &facet("a")).status, 201);
    assert_eq!(server.get("/klassifikation/facet/12").status, 400);
    let metrics = server.get("/metrics");
    assert!(metrics.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
    let text = metrics.text();
    for line in [
        r#"lora_http_requests_total{method="POST",route="/klassifikation/facet",status="201"} 1"#,
        r#"lora_http_requests_total{method="GET",route="/klassifikation/facet/{uuid}",status="400"} 1"#,
        r#"lora_http_request_duration_seconds_count{method="POST",route="/klassifikation/facet"} 1"#,
        "lora_registrations_written_total 1",
        "lora_store_position 2",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
}

#[test]
fn requests_keep_a_sane_id_and_get_one_otherwise() {
    let server = Server::start();
    let id = |headers: &[&str]| {
        let answer = send(server.address, "GET", "/site-map", headers, b"");
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id(&["X-Request-Id: abc-123"]), "abc-123");
    for given in ["X-Request-Id: a b", "X-Request-Id: <x>", &format!("X-Request-Id: {}", "a".repeat(200))] {
        assert_eq!(id(&[given]).len(), 36, "{given}");
    }
    assert_ne!(id(&[]), id(&[]));
}

#[test]
fn answers_tell_the_position_that_they_show() {
    let server = Server::start();
    let position = |answer: &Answer| answer.header("lora-position").and_then(|text| text.parse::<u64>().ok());
    let object = format!("/klassifikation/facet/{}", uuid(1));
    assert_eq!(position(&server.send("PUT", &object, &facet("a"))), Some(2));
    assert_eq!(position(&server.send("PATCH", &object, &json!({"note": "b"}))), Some(3));
    let again = server.send("PATCH", &object, &json!({"note": "nothing new"}));
    assert_eq!((again.status, position(&again)), (200, Some(3)), "nothing was registered");
    assert_eq!(position(&server.get(&object)), Some(3));
    assert_eq!(
        position(&server.get(&format!("/klassifikation/facet/{}", uuid(2)))),
        Some(3),
        "nothing was found there"
    );
}

#[test]
fn a_demanded_position_is_shown_or_refused() {
    let server = Server::start();
    let object = format!("/klassifikation/facet/{}", uuid(1));
    assert_eq!(server.send("PUT", &object, &facet("a")).status, 200);
    let body = facet("b").to_string();
    let demand = |method: &str, path: &str, position: &str| {
        let body = if method == "GET" { "" } else { &body };
        send(server.address, method, path, &[&format!("Lora-Position: {position}")], body.as_bytes())
    };
    for (method, path) in [("GET", object.as_str()), ("GET", "/klassifikation/facet?bvn=a"), ("PUT", &object)] {
        let ahead = demand(method, path, "9");
        assert_eq!((ahead.status, ahead.header("lora-position")), (409, Some("2")), "{method} {path}");
        assert_eq!(ahead.json()["code"], "position_ahead");
        let unreadable = demand(method, path, "-1");
        assert_eq!((unreadable.status, &unreadable.json()["path"]), (400, &json!("header Lora-Position")));
    }
    assert_eq!(demand("GET", &object, "2").status, 200);
    assert_eq!(demand("GET", &object, "1").header("lora-position"), Some("2"), "at least this");
    assert_eq!(demand("PUT", &object, "2").header("lora-position"), Some("3"));
}

#[test]
fn the_actor_is_who_the_trusted_header_says() {
    let server = Server::start_with(&["--trust-actor-header", "X-Actor"]);
    let (object, body) = (format!("/klassifikation/facet/{}", uuid(1)), facet("a").to_string());
    let put = |header: &[&str]| send(server.address, "PUT", &object, header, body.as_bytes());
    let actor = || server.get(&object).json()[uuid(1)][0]["registreringer"][0]["brugerref"].clone();
    assert_eq!(put(&[&format!("X-Actor: {}", uuid(7))]).status, 200);
    assert_eq!(actor(), json!(uuid(7)));
    assert_eq!(put(&[]).status, 200);
    assert_eq!(actor(), json!("00000000-0000-0000-0000-000000000000"));
    for wrong in [vec!["X-Actor: somebody"], vec!["X-Actor: x", "X-Actor: y"]] {
        assert_eq!((put(&wrong).status, put(&wrong).json()["code"].clone()), (400, json!("unreadable_actor")));
    }
    let untrusting = Server::start();
    let answer = send(untrusting.address, "PUT", &object, &["X-Actor: somebody"], body.as_bytes());
    assert_eq!(answer.status, 200, "the header means nothing where nobody said so");
}

/// After a change on purpose: write what the failure shows into the file.
#[test]
fn the_description_names_every_operation() {
    let server = Server::start();
    let document = server.get("/openapi.json").json();
    assert_eq!(document["openapi"], json!("3.1.0"));
    let mut operations = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(name, _)| !["parameters", "servers"].contains(&name.as_str()))
        {
            operations.insert(format!("{path} {}", method.to_uppercase()));
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}: the id is taken");
        }
    }
    let found = operations.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    assert_eq!(found, include_str!("../snapshots/openapi-operations.txt"), "{found}");
    references_resolve(&document, &document);
}

fn references_resolve(document: &Value, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        let pointer = target.trim_start_matches('#');
                        assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
                    }
                    member => references_resolve(document, member),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references_resolve(document, item)),
        _ => {}
    }
}
