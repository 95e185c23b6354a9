//! Bad input of every kind: refused with a status of 4xx, a message, a code, where it is and what it is, and nothing
//! is stored.

use lora_tests::{Answer, Server, facet, send, uuid};
use serde_json::{Value, json};

/// A request, the code of its refusal, and what the path into the input must be.
struct Case {
    name: &'static str,
    answer: Answer,
    status: u16,
    code: Option<&'static str>,
    path: Option<&'static str>,
}

#[track_caller]
fn is_refused(case: &Case) {
    let Case { name, answer, status, code, path } = case;
    assert_eq!(answer.status, *status, "{name}: {}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"), "{name}");
    let body = answer.json();
    for member in ["message", "code", "title", "detail", "type"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{name}: {member} in {body}");
    }
    if let Some(code) = code {
        assert_eq!(body["code"], json!(code), "{name}: {body}");
    }
    if let Some(path) = path {
        assert_eq!(body["path"], json!(path), "{name}: {body}");
    }
}

/// A facet, changed at a pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = facet("a");
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body
}

fn without(pointer: &str) -> Value {
    let mut body = facet("a");
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
    body
}

fn row(from: &str, to: &str) -> Value {
    json!({"brugervendtnoegle": "a", "virkning": {"from": from, "to": to}})
}

#[test]
fn bodies() {
    let server = Server::start();
    let before = server.position();
    let first = "/attributter/facetegenskaber/0";
    let rows = "/attributter/facetegenskaber";
    let effect = |member: &str| format!("{first}/virkning/{member}");
    let relation = |item: Value| with("/relationer", json!({"ejer": [item]}));
    let always = json!({"from": "-infinity", "to": "infinity"});
    let cases: Vec<(&str, Value, Option<&str>)> = vec![
        ("unknown member", with("/ukendt", json!(1)), None),
        ("unknown group", with("/attributter/ukendt", json!([])), None),
        ("unknown field", with(&format!("{first}/ukendt"), json!("x")), None),
        (
            "text as number",
            with(&format!("{first}/brugervendtnoegle"), json!(5)),
            Some("/attributter/facetegenskaber/0/brugervendtnoegle"),
        ),
        ("note as list", with("/note", json!([])), Some("/note")),
        ("sections as text", with("/attributter", json!("x")), Some("/attributter")),
        ("null row", with(rows, json!([null])), Some(first)),
        ("mandatory field missing", without(&format!("{first}/brugervendtnoegle")), None),
        ("virkning missing", without(&format!("{first}/virkning")), None),
        ("state missing", without("/tilstande/facetpubliceret"), None),
        ("states missing", without("/tilstande"), None),
        (
            "unknown state",
            with("/tilstande/facetpubliceret/0/publiceret", json!("Måske")),
            Some("/tilstande/facetpubliceret/0/publiceret"),
        ),
        ("empty period", with(rows, json!([row("2017-01-01", "2017-01-01")])), None),
        ("inverted period", with(rows, json!([row("2018-01-01", "2017-01-01")])), None),
        ("empty from", with(&effect("from"), json!("")), Some("/attributter/facetegenskaber/0/virkning/from")),
        ("no time", with(&effect("from"), json!("31-12-2017")), Some("/attributter/facetegenskaber/0/virkning/from")),
        ("a word as time", with(&effect("to"), json!("tomorrow")), Some("/attributter/facetegenskaber/0/virkning/to")),
        (
            "bounds",
            with(&effect("to_included"), json!(true)),
            Some("/attributter/facetegenskaber/0/virkning/to_included"),
        ),
        (
            "bad actor",
            with(&effect("aktoerref"), json!("x")),
            Some("/attributter/facetegenskaber/0/virkning/aktoerref"),
        ),
        ("bad kind of actor", with(&effect("aktoertypekode"), json!("bruger")), None),
        ("overlap", with(rows, json!([row("2016-01-01", "2018-01-01"), row("2017-01-01", "2019-01-01")])), Some(rows)),
        ("nowhere", relation(json!({"virkning": always})), None),
        ("two targets", relation(json!({"uuid": uuid(1), "urn": "urn:x", "virkning": always})), None),
        ("bad uuid", relation(json!({"uuid": "x", "virkning": always})), None),
        ("bad urn", relation(json!({"urn": "x", "virkning": always})), None),
        ("unknown relation", with("/relationer", json!({"ukendt": []})), None),
        ("not an object", json!([1]), None),
        (
            "NUL",
            with(&format!("{first}/brugervendtnoegle"), json!("a\u{0}b")),
            Some("/attributter/facetegenskaber/0/brugervendtnoegle"),
        ),
    ];
    let object = format!("/klassifikation/facet/{}", uuid(1));
    for (name, body, path) in cases {
        for (method, target) in [("POST", "/lora/klassifikation/facet"), ("PUT", &object)] {
            let answer = server.send(method, target, &body);
            let path = path.map(|path| &*path.to_owned().leak());
            is_refused(&Case { name, answer, status: 400, code: None, path });
        }
    }
    assert_eq!(server.position(), before, "nothing was stored");
}

#[test]
fn updates() {
    let server = Server::start();
    let object = format!("/klassifikation/facet/{}", uuid(1));
    assert_eq!(server.send("PUT", &object, &facet("a")).status, 200);
    let before = server.position();
    let description = |from: &str, to: &str| json!({"beskrivelse": "b", "virkning": {"from": from, "to": to}});
    let attributes = |rows: Value| json!({"attributter": {"facetegenskaber": rows}});
    let cases = [
        ("unknown member", json!({"ukendt": 1}), None),
        ("null group", attributes(Value::Null), Some("/attributter/facetegenskaber")),
        (
            "null value",
            attributes(json!([{"beskrivelse": null, "virkning": {"from": "2017-01-01", "to": "infinity"}}])),
            None,
        ),
        ("no virkning", attributes(json!([{"beskrivelse": "b"}])), None),
        (
            "mandatory missing in a gap",
            attributes(json!([description("2010-01-01", "2011-01-01")])),
            Some("/attributter/facetegenskaber"),
        ),
        (
            "overlap",
            attributes(json!([description("2018-01-01", "2020-01-01"), description("2019-01-01", "2021-01-01")])),
            Some("/attributter/facetegenskaber"),
        ),
        ("life cycle as number", json!({"livscyklus": 5}), Some("/livscyklus")),
    ];
    for (name, body, path) in cases {
        is_refused(&Case { name, answer: server.send("PATCH", &object, &body), status: 400, code: None, path });
    }
    let said = server.send("DELETE", &object, &json!({"note": 5}));
    is_refused(&Case { name: "note as number", answer: said, status: 400, code: None, path: Some("/note") });
    assert_eq!(server.position(), before, "nothing was stored");
}

#[test]
fn bytes_that_are_no_document() {
    let server = Server::start();
    let before = server.position();
    let whole = facet("a").to_string();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let twice = whole.replacen('{', r#"{"note":"a","note":"b","#, 1);
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("syntax", b"{nope".to_vec(), "malformed_json"),
        ("cut off", whole.as_bytes()[..whole.len() - 1].to_vec(), "unexpected_end"),
        ("deep", deep.into_bytes(), "too_deep"),
        ("twice", twice.into_bytes(), "duplicate_member"),
        ("not UTF-8", [whole.as_bytes(), b"\xff"].concat(), "invalid_utf8"),
        ("NUL", whole.replace("\"a\"", "\"a\\u0000\"").into_bytes(), "nul_character"),
        ("half a pair", whole.replace("\"a\"", "\"\\ud800\"").into_bytes(), "lone_surrogate"),
    ];
    for (name, body, code) in cases {
        let answer = send(server.address, "POST", "/klassifikation/facet", &[], &body);
        is_refused(&Case { name, answer, status: 400, code: Some(code), path: None });
    }
    assert_eq!(server.position(), before, "nothing was stored");
}

#[test]
fn queries() {
    let server = Server::start();
    let cases: &[(&str, &[u8], &str, Option<&str>)] = &[
        ("not UTF-8", b"?bvn=%ff", "invalid_utf8", Some("?bvn")),
        ("NUL", b"?bvn=%00", "nul_character", None),
        ("unfinished pattern", b"?bvn=a%5C", "unfinished_pattern", Some("?brugervendtnoegle")),
        ("unknown state", b"?publiceret=x", "unknown_state", Some("?publiceret")),
        ("no target", b"?ejer=x", "unreadable_target", Some("?ejer")),
        ("no target, typed", b"?ejer:T=", "unreadable_target", Some("?ejer:T")),
        ("bad life cycle", b"?livscykluskode=rettet", "unknown_life_cycle", Some("?livscykluskode")),
        ("bad actor", b"?brugerref=x", "unreadable_uuid", Some("?brugerref")),
        ("bad any relation", b"?vilkaarligrel=urn:x", "unreadable_uuid", Some("?vilkaarligrel")),
        ("bad uuid", b"?uuid=12", "unreadable_uuid", Some("?uuid")),
        ("bad uuid in a search", b"?uuid=12&bvn=a", "unreadable_uuid", Some("?uuid")),
        ("negative start", b"?bvn=a&foersteresultat=-1", "negative", Some("?foersteresultat")),
        ("negative limit", b"?bvn=a&maximalantalresultater=-1", "negative", Some("?maximalantalresultater")),
        ("no number", b"?bvn=a&foersteresultat=x", "unreadable_number", Some("?foersteresultat")),
        ("bad point", b"?virkningstid=infinity", "unreadable_time", Some("?virkningstid")),
        ("bad bound", b"?virkningFra=garbage", "unreadable_time", Some("?virkningfra")),
        ("reversed", b"?virkningfra=2012-01-01&virkningtil=2011-01-01", "reversed_window", None),
        ("conflict", b"?virkningfra=2012-01-01&virkningstid=2011-01-01", "conflicting_times", None),
        ("unknown", b"?ukendt=1", "unsupported_argument", Some("?ukendt")),
        ("type of an attribute", b"?bvn:T=1", "unsupported_argument", Some("?bvn:T")),
        ("bad path", b"/12", "path_uuid", None),
        ("bad path, not UTF-8", b"/%ff", "path_uuid", None),
    ];
    for (name, query, code, path) in cases {
        let target = [b"/klassifikation/facet", *query].concat();
        let answer = send(server.address, "GET", target, &[], b"");
        is_refused(&Case { name, answer, status: 400, code: Some(code), path: *path });
    }
    let raw = send(server.address, "GET", b"/klassifikation/facet?bvn=\xff", &[], b"");
    assert_eq!(raw.status, 400, "bytes that no target may hold, as HTTP itself says");
    let answer = server.get("/organisation/organisationfunktion?fraktion=x");
    is_refused(&Case {
        name: "no integer",
        answer,
        status: 400,
        code: Some("unreadable_value"),
        path: Some("?fraktion"),
    });
    let answer = server.get("/organisation/organisationfunktion?prim%C3%A6r=yes");
    is_refused(&Case {
        name: "no boolean",
        answer,
        status: 400,
        code: Some("unreadable_value"),
        path: Some("?primær"),
    });
}

#[test]
fn bodies_that_are_too_long() {
    let server = Server::start_with(&["--body-bytes-max", "1000"]);
    let before = server.position();
    for length in [1_001, 3_000, 1_000_000] {
        let answer = send(server.address, "POST", "/klassifikation/facet", &[], &vec![b' '; length]);
        is_refused(&Case { name: "too long", answer, status: 413, code: Some("body_too_large"), path: None });
    }
    assert_eq!(server.position(), before, "nothing was stored");
    assert_eq!(server.send("POST", "/klassifikation/facet", &facet("a")).status, 201);
}
