//! The history of an object over HTTP: what it shows, and what is refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use lora_tests::{Answer, Server, facet, send, uuid};
use serde_json::{Value, json};

const FACET: &str = "/klassifikation/facet";

fn path(rest: &str) -> String {
    format!("/api/v1/facet/{}{rest}", uuid(1))
}

/// A facet that is described otherwise during 2020, which is corrected, and the instant before the correction.
fn server() -> (Server, String) {
    let server = Server::start();
    let object = format!("{FACET}/{}", uuid(1));
    assert_eq!(server.send("PUT", &object, &facet("first")).status, 200);
    let described = |text: &str| {
        let effect = json!({"from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"});
        json!({"note": format!("says {text}"), "attributter": {"facetegenskaber": [{"beskrivelse": text, "virkning": effect}]}})
    };
    assert_eq!(server.send("PATCH", &object, &described("wrong")).status, 200);
    let answer = server.get(&path("")).json();
    let known = answer["registration"]["registered"]["from"].as_str().unwrap().to_owned();
    assert_eq!(server.send("PATCH", &object, &described("right")).status, 200);
    (server, known)
}

#[track_caller]
fn shown(server: &Server, rest: &str) -> Value {
    let answer = server.get(&path(rest));
    assert_eq!(answer.status, 200, "{rest}: {}", answer.text());
    assert!(answer.header("lora-position").is_some());
    answer.json()
}

#[test]
fn a_timeline_has_a_stage_for_everything_that_holds_together() {
    let (server, known) = server();
    let timeline = shown(&server, "/timeline");
    let descriptions = |timeline: &Value| -> Vec<(String, Value)> {
        let stages = timeline["stages"].as_array().unwrap();
        let stage = |stage: &Value| {
            let described = stage["stated"]["properties"][0]["description"].clone();
            (stage["valid"]["from"].as_str().unwrap().to_owned(), described)
        };
        stages.iter().map(stage).collect()
    };
    let expected = |text: &str| {
        vec![
            ("-infinity".to_owned(), Value::Null),
            ("2016-12-31T23:00:00Z".to_owned(), Value::Null),
            ("2020-01-01T00:00:00Z".to_owned(), json!(text)),
            ("2021-01-01T00:00:00Z".to_owned(), Value::Null),
        ]
    };
    assert_eq!(descriptions(&timeline), expected("right"));
    assert_eq!(timeline["stages"][0]["present"], false);
    assert_eq!(timeline["stages"][2]["present"], true);
    assert_eq!(descriptions(&shown(&server, &format!("/timeline?known={known}"))), expected("wrong"));
    let part = shown(&server, "/timeline?part=description&valid_from=2020-06-01T00:00:00Z");
    let to = json!({"valid": {"from": "2020-06-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"}, "stated": ["right"]});
    assert_eq!(part["spans"], json!([to]));
}

#[test]
fn registrations_say_what_they_changed_in_pages() {
    let (server, _) = server();
    let page = shown(&server, "/registrations?limit=2");
    let newest = &page["registrations"][0];
    assert_eq!((&newest["seq"], &newest["note"]), (&json!(3), &json!("says right")));
    let year = json!([{"from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"}]);
    assert_eq!(newest["changed"], json!({"properties": year, "description": year}));
    assert_eq!(newest["presence"], json!([]));
    assert_eq!(page["next_seq"], 1);
    let rest = shown(&server, "/registrations?limit=2&seq=1");
    assert_eq!(rest["registrations"][0]["lifecycle"], "imported");
    assert_eq!(rest["next_seq"], Value::Null);
    let oldest = shown(&server, "/registrations?order=oldest&limit=1");
    assert_eq!((&oldest["registrations"][0]["seq"], &oldest["next_seq"]), (&json!(1), &json!(2)));
}

#[test]
fn a_difference_has_both_sides_and_its_cause() {
    let (server, known) = server();
    let asked = format!("/difference?valid=2020-06-01T00:00:00Z&known={known}&to_valid=2020-06-01T00:00:00Z");
    let difference = &shown(&server, &asked)["difference"];
    assert_eq!(difference["became"], "changes");
    let properties = &difference["parts"]["properties"];
    assert_eq!(properties["before"][0]["description"], "wrong");
    assert_eq!(properties["after"][0]["description"], "right");
    assert_eq!(difference["causes"][0]["note"], "says right");
    assert_eq!(difference["causes"].as_array().unwrap().len(), 1);
    assert_eq!(shown(&server, "/difference")["difference"], Value::Null, "a point does not differ from itself");
}

/// What a filter finds at either point, each object once and by UUID.
#[test]
fn the_differences_of_a_set_are_those_of_its_objects() {
    let (server, known) = server();
    for number in [2, 3] {
        let object = format!("{FACET}/{}", uuid(number));
        assert_eq!(server.send("PUT", &object, &facet("other")).status, 200);
    }
    let asked = |rest: &str| {
        let answer = server.get(&format!("/api/v1/facet/differences?{rest}"));
        assert_eq!(answer.status, 200, "{rest}: {}", answer.text());
        assert_eq!(answer.header("lora-position"), Some(&*server.position().to_string()));
        answer.json()
    };
    let became = |answer: &Value| -> Vec<(String, String)> {
        let word = |member: &Value| member.as_str().unwrap().to_owned();
        let all = answer["differences"].as_array().unwrap().iter();
        all.map(|one| (word(&one["id"]), word(&one["became"]))).collect()
    };
    let expected = |all: &[(u32, &str)]| -> Vec<(String, String)> {
        all.iter().map(|(number, became)| (uuid(*number), (*became).to_owned())).collect()
    };
    let summer = "2020-06-01T00:00:00Z";
    let same_instant = format!("valid={summer}&to_valid={summer}&known={known}");
    let all = asked(&same_instant);
    assert_eq!(became(&all), expected(&[(1, "changes"), (2, "appears"), (3, "appears")]));
    let alone = shown(&server, &format!("/difference?{same_instant}"));
    assert_eq!(all["differences"][0], alone["difference"]);
    assert_eq!(all["context"]["known"], known);

    let described = |text: &str| format!("&where=%7B%22field%22:%22description%22,%22is%22:%22{text}%22%7D");
    let wrong = asked(&format!("{same_instant}{}", described("wrong")));
    assert_eq!(became(&wrong), expected(&[(1, "disappears")]));
    assert_eq!(wrong["differences"][0]["causes"][0]["note"], "says right");
    let ahead = asked(&format!("valid={summer}&to_valid=2021-01-01T00:00:00Z{}", described("right")));
    assert_eq!(became(&ahead), expected(&[(1, "disappears")]));
    assert_eq!(ahead["differences"][0]["causes"], json!([]), "time passed");
    assert_eq!(asked("")["differences"], json!([]), "a point does not differ from itself");
    assert_eq!(asked(&format!("{same_instant}{}", described("never")))["differences"], json!([]));

    let lines = |accept: &str| {
        let target = format!("/api/v1/facet/differences?{same_instant}");
        send(server.address, "GET", &target, &[&format!("Accept: {accept}")], b"")
    };
    let answer = lines("application/x-ndjson");
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let found: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json!(found), all["differences"]);
    assert_eq!(lines("text/csv").status, 406);
}

/// More objects than are written at once.
#[test]
fn a_long_answer_of_differences_is_whole() {
    let server = Server::start();
    let earlier = "known=2020-01-01T00:00:00Z&valid=2020-01-01T00:00:00Z";
    for number in 1..=150 {
        let object = format!("{FACET}/{}", uuid(number));
        assert_eq!(server.send("PUT", &object, &facet("one of many")).status, 200);
    }
    let answer = server.get(&format!("/api/v1/facet/differences?{earlier}")).json();
    let found = answer["differences"].as_array().unwrap().iter();
    let ids: Vec<&str> = found.map(|one| one["id"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=150).map(uuid).collect();
    assert_eq!(ids, expected);
}

#[test]
fn when_something_was_learned_is_told_with_how_late_that_was() {
    let (server, known) = server();
    let filter = |text: &str| format!("%7B%22field%22:%22description%22,%22is%22:%22{text}%22%7D");
    let learned = |text: &str| {
        let asked = format!("/learned?valid=2020-06-01T00:00:00Z&where={}", filter(text));
        shown(&server, &asked)["learned"].clone()
    };
    let right = learned("right");
    assert_eq!(right["period"], json!({"from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"}));
    assert_eq!(right["exposure"]["from"], "2020-01-01T00:00:00Z");
    assert_eq!(right["exposure"]["to"], right["first_known"]);
    let wrong = learned("wrong");
    assert_eq!(wrong["first_known"], known);
    assert_eq!(wrong["believed"][0]["to"], right["believed"][0]["from"], "believed until it was corrected");
    assert_eq!(wrong.get("exposure"), None);
}

#[test]
fn a_picture_is_svg_that_runs_nothing() {
    let (server, _) = server();
    let answer = server.get(&path("/history.svg?part=description"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert!(answer.text().starts_with("<svg") && answer.text().contains("right"));
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    let (server, _) = server();
    let refused = |answer: Answer| {
        let body = answer.json();
        (answer.status, body["code"].as_str().unwrap().to_owned(), body["path"].as_str().unwrap_or_default().to_owned())
    };
    for (rest, status, code, at) in [
        ("/timeline?part=descriptoin", 400, "unknown_name", "?part"),
        ("/timeline?knwon=latest", 400, "unknown_argument", "?knwon"),
        ("/timeline?known_from=2020-01-01T00:00:00Z", 400, "unknown_argument", "?known_from"),
        ("/timeline?valid=2020-01-01", 400, "no_offset", "?valid"),
        ("/registrations?limit=0", 400, "unreadable_number", "?limit"),
        ("/registrations?seq=x", 400, "unreadable_number", "?seq"),
        ("/registrations?order=random", 400, "unknown_value", "?order"),
        ("/difference?to_valid=always", 400, "several_instants", "?to_valid"),
        ("/learned?ended=perhaps", 400, "unreadable_value", "?ended"),
        ("/learned?where=%7B%22field%22:%22x%22%7D", 400, "unknown_name", "?where/field"),
        ("/learned?where=%7B", 400, "unexpected_end", "?where"),
        ("/history.svg?part=x", 400, "unknown_name", "?part"),
    ] {
        let answer = refused(server.get(&path(rest)));
        assert_eq!((answer.0, answer.1.as_str(), answer.2.as_str()), (status, code, at), "{rest}");
    }
    for (asked, code, at) in [
        ("to_known=2020-01-01", "no_offset", "?to_known"),
        ("valid=always", "several_instants", "?valid"),
        ("to_valid=always", "several_instants", "?to_valid"),
        ("where=%7B", "unexpected_end", "?where"),
        ("where=%7B%22field%22:%22x%22%7D", "unknown_name", "?where/field"),
        ("where=", "unexpected_end", "?where"),
        ("wher=x", "unknown_argument", "?wher"),
        ("known_from=2020-01-01T00:00:00Z", "unknown_argument", "?known_from"),
    ] {
        let answer = refused(server.get(&format!("/api/v1/facet/differences?{asked}")));
        assert_eq!((answer.0, answer.1.as_str(), answer.2.as_str()), (400, code, at), "{asked}");
    }
    let answer = refused(server.get("/api/v1/facette/differences"));
    assert_eq!((answer.0, answer.1.as_str()), (404, "unknown_class"));
    for rest in ["timeline", "registrations", "history.svg"] {
        let answer = server.get(&format!("/api/v1/facet/{}/{rest}", uuid(9)));
        assert_eq!(answer.status, 404, "{rest}: {}", answer.text());
    }
    for (asked, code, at) in [
        ("path=acess", "unknown_name", "?path"),
        ("system=x", "unreadable_uuid", "?system"),
        ("below=yes", "unreadable_value", "?below"),
        ("evidence=1", "unreadable_value", "?evidence"),
        ("compare_known=2020-01-01", "no_offset", "?compare_known"),
        ("known_from=2020-01-01T00:00:00Z", "several_registrations", "?known"),
        ("sytem=x", "unknown_argument", "?sytem"),
    ] {
        let answer = refused(server.get(&format!("/api/v1/access?{asked}")));
        assert_eq!((answer.0, answer.1.as_str(), answer.2.as_str()), (400, code, at), "{asked}");
    }
}
