//! `GET /api/v1/{class}/{id}`: an object, its tag, and what is refused.

use lora_tests::{Answer, Server, facet, send, uuid};
use serde_json::{Value, json};

const ACTOR: &str = "00000000-0000-0000-0000-000000000000";

fn path(number: u32) -> String {
    format!("/api/v1/facet/{}", uuid(number))
}

/// A server with a facet that is described from 2020 to 2022.
fn server() -> Server {
    let server = Server::start();
    let target = format!("/klassifikation/facet/{}", uuid(1));
    assert_eq!(server.send("PUT", &target, &facet("a")).status, 200);
    let row = json!({"beskrivelse": "b", "virkning": {"from": "2020-01-01", "to": "2022-01-01"}});
    let patch = json!({"note": "described", "attributter": {"facetegenskaber": [row]}});
    assert_eq!(server.send("PATCH", &target, &patch).status, 200);
    server
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, code: &str, path: Option<&str>, accepted: &str) {
    let body = answer.json();
    assert_eq!((answer.status, body["code"].as_str()), (status, Some(code)), "{body}");
    assert_eq!(body["path"].as_str(), path, "{body}");
    assert!(body["accepted"].as_str().unwrap_or_default().contains(accepted), "{body}");
}

#[test]
fn an_object_is_shown_with_english_names_and_the_rows_in_effect() {
    let server = server();
    let answer = server.get(&format!("{}?valid=2021-06-01T00:00:00Z", path(1)));
    let mut shown = answer.json();
    let registered = shown["registration"]["registered"].take();
    assert_eq!((registered["to"].as_str(), registered["from"].as_str().map(str::len)), (Some("infinity"), Some(27)));
    let valid = |from: &str, to: &str| json!({"from": from, "to": to});
    assert_eq!(
        shown,
        json!({
            "id": uuid(1), "class": "facet",
            "registration": {"seq": 2, "position": 3, "registered": null, "lifecycle": "corrected", "actor": ACTOR,
                             "note": "described"},
            "attributes": {"properties": [
                {"user_key": "a", "description": "b", "valid": valid("2019-12-31T23:00:00Z", "2021-12-31T23:00:00Z")}]},
            "states": {"publication": [{"value": "published", "valid": valid("2016-12-31T23:00:00Z", "infinity")}]},
            "relations": {},
        })
    );
    assert_eq!((answer.header("content-type"), answer.header("lora-position")), (Some("application/json"), Some("3")));
    let context: Value = serde_json::from_str(answer.header("lora-context").expect("the context")).expect("JSON");
    assert_eq!((&context["known"], &context["valid"]), (&json!("latest"), &json!("2021-06-01T00:00:00Z")));
    assert_eq!(context["position"], json!(3));
    assert!(context["now"].as_str().is_some_and(|now| now.ends_with('Z')), "{context}");

    let all = server.get(&format!("{}?valid=always", path(1))).json();
    assert_eq!(all["attributes"]["properties"].as_array().map(Vec::len), Some(3));
    let window = "valid_from=2021-01-01T00:00:00Z&valid_to=2022-01-01T00:00:00Z";
    let both = server.get(&format!("{}?{window}", path(1))).json();
    assert_eq!(both["attributes"]["properties"].as_array().map(Vec::len), Some(2), "rows are whole, not clipped");
    let none = server.get(&format!("{}?valid=2000-01-01T00:00:00%2B01:00", path(1))).json();
    assert_eq!((&none["attributes"], &none["states"]), (&json!({}), &json!({})));

    let first = all["registration"]["registered"]["from"].as_str().expect("a time");
    let then = server.get(&format!("{}?known=2000-01-01T00:00:00Z", path(1)));
    is_refused(&then, 404, "not_found", None, "");
    let now = server.get(&format!("{}?known={first}", path(1))).json();
    assert_eq!(now["registration"]["seq"], json!(2));
}

#[test]
fn a_tag_stays_the_same_until_something_changes() {
    let server = server();
    let tag = |query: &str| {
        let answer = server.get(&format!("{}?{query}", path(1)));
        answer.header("etag").unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
    };
    let now = tag("");
    assert_eq!(tag(""), now, "at another instant");
    assert!(now.starts_with(&format!("\"{}.2.0.", uuid(1))) && now.ends_with(".json\""), "a strong tag: {now}");
    let during = tag("valid=2021-06-01T00:00:00Z");
    assert_ne!(during, now);
    assert_eq!(tag("valid=2020-02-01T00:00:00Z"), during, "the same rows are in effect");
    assert_eq!(tag("valid_from=2020-02-01T00:00:00Z&valid_to=2021-02-01T00:00:00Z"), during);

    let asked = |tag: &str| send(server.address, "GET", path(1), &[&format!("If-None-Match: {tag}")], b"");
    for known in [now.clone(), format!("\"x\", {now}"), format!("W/{now}"), "*".to_owned()] {
        let answer = asked(&known);
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
        assert_eq!((answer.header("etag"), answer.header("lora-position")), (Some(&*now), Some("3")));
    }
    assert_eq!(asked(&during).status, 200);
    assert_eq!(asked("\"x\"").status, 200);

    let first = server.get(&path(1)).json()["registration"]["registered"]["from"].as_str().expect("a time").to_owned();
    let then = tag(&format!("known={first}"));
    let target = format!("/klassifikation/facet/{}", uuid(1));
    let row = json!({"plan": "c", "virkning": {"from": "2000-01-01", "to": "2001-01-01"}, "brugervendtnoegle": "c"});
    let patch = json!({"attributter": {"facetegenskaber": [row]}});
    assert_eq!(server.send("PATCH", &target, &patch).status, 200);
    assert_eq!(asked(&now).status, 200, "there is another registration");
    assert_ne!(tag(&format!("known={first}")), then, "the answer says when it was replaced");
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let server = server();
    is_refused(&server.get(&path(2)), 404, "not_found", None, "");
    is_refused(
        &server.get(&format!("/api/v1/facets/{}", uuid(1))),
        404,
        "unknown_class",
        Some("path"),
        "perhaps `facet`",
    );
    is_refused(
        &server.get(&format!("/api/v1/klasse/{}", uuid(1))),
        404,
        "unknown_class",
        Some("path"),
        "perhaps `class`",
    );
    is_refused(&server.get("/api/v1/facet/12"), 400, "path_uuid", Some("path"), "a UUID");
    is_refused(&server.get("/api/v1/facet/%ff"), 400, "invalid_utf8", Some("path"), "");
    for (query, code, argument, accepted) in [
        ("valdi=now", "unknown_argument", "?valdi", "perhaps `valid`"),
        ("known_from=-infinity", "unknown_argument", "?known_from", "`known`"),
        ("known=always", "several_registrations", "?known", "`latest`"),
        ("valid=now&valid=now", "given_twice", "?valid", "once"),
        ("valid=2021-01-01", "no_offset", "?valid", "`2021-01-01T00:00:00+01:00` or `2021-01-01T00:00:00Z`"),
        ("valid=2021-01-01T00:00:00+01:00", "unreadable_time", "?valid", "offset"),
        ("valid=now&valid_from=-infinity", "conflicting_times", "?valid", "`valid_from`"),
        ("known=%ff", "invalid_utf8", "?known", ""),
    ] {
        is_refused(&server.get(&format!("{}?{query}", path(1))), 400, code, Some(argument), accepted);
    }
    let ahead = send(server.address, "GET", path(1), &["Lora-Position: 99"], b"");
    is_refused(&ahead, 409, "position_ahead", Some("header Lora-Position"), "up to 3");
    let method = server.send("POST", &path(1), &json!({}));
    is_refused(&method, 405, "wrong_method", Some("method"), "");

    assert_eq!(server.send("DELETE", &format!("/klassifikation/facet/{}", uuid(1)), &json!({"note": "x"})).status, 202);
    is_refused(&server.get(&path(1)), 410, "deleted", None, "");
    let slash = server.get(&format!("{}/?valid=now", path(1)));
    assert_eq!((slash.status, slash.header("location")), (307, Some(&*format!("{}?valid=now", path(1)))));
}
