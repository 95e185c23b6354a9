//! What is taken as a body, in every verb: as lenient as LoRA about how it is sent, and no more about what it says.

use lora_tests::{Server, facet, send, uuid};
use serde_json::{Value, json};

const CLASS: &str = "/klassifikation/facet";

#[test]
fn json_is_taken_however_it_is_sent() {
    let server = Server::start();
    let body = facet("a").to_string().into_bytes();
    let marked = [b"\xef\xbb\xbf", &body[..]].concat();
    let cases: [(&str, &[&str], &[u8]); 5] = [
        ("called a form", &["Content-Type: multipart/form-data"], &body),
        ("called a form with a boundary", &["Content-Type: multipart/form-data; boundary=x"], &body),
        ("called an encoded form", &["Content-Type: application/x-www-form-urlencoded"], &body),
        ("with a byte order mark", &["Content-Type: application/json"], &marked),
        ("called nothing", &[], &body),
    ];
    for (name, headers, body) in cases {
        let answer = send(server.address, "POST", CLASS, headers, body);
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
    }
    let twice = [b"\xef\xbb\xbf", &marked[..]].concat();
    assert_eq!(send(server.address, "POST", CLASS, &[], &twice).status, 400, "one mark is enough");
}

#[test]
fn a_delete_takes_a_note_or_nothing() {
    let server = Server::start();
    let object = format!("{CLASS}/{}", uuid(1));
    for body in ["", "null", "[]", "{}", "0", "false", "\"\"", r#"{"note":null}"#, r#"{"note":"n"}"#, r#"{"x":1}"#] {
        assert_eq!(server.send("PUT", &object, &facet("a")).status, 200);
        let answer = send(server.address, "DELETE", &object, &[], body.as_bytes());
        assert_eq!(answer.status, 202, "{body}: {}", answer.text());
    }
    assert_eq!(server.send("PUT", &object, &facet("a")).status, 200);
    for body in ["[1]", "5", "true", "\"x\"", r#"{"note":5}"#, r#"{"note":[]}"#] {
        let answer = send(server.address, "DELETE", &object, &[], body.as_bytes());
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
    }
    assert_eq!(server.get(&object).status, 200, "it is still there");
}

#[test]
fn the_life_cycle_of_a_new_object_is_ignored_but_must_be_a_text() {
    let server = Server::start();
    let with = |life: Value| {
        let mut body = facet("a");
        body["livscyklus"] = life;
        server.send("POST", CLASS, &body)
    };
    assert_eq!(with(json!("Passiv")).status, 201);
    for life in [json!(5), json!(null), json!(["Passiv"])] {
        let refused = with(life);
        assert_eq!((refused.status, &refused.json()["path"]), (400, &json!("/livscyklus")));
    }
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let server = Server::start();
    let object = format!("/organisation/organisationfunktion/{}", uuid(1));
    let always = json!({"from": "-infinity", "to": "infinity"});
    let body = |fraction: &str| {
        let body = json!({
            "attributter": {
                "organisationfunktionegenskaber": [{"brugervendtnoegle": "a", "virkning": always}],
                "organisationfunktionudvidelser": [{"fraktion": "FRACTION", "virkning": always}],
            },
            "tilstande": {"organisationfunktiongyldighed": [{"gyldighed": "Aktiv", "virkning": always}]},
        });
        body.to_string().replace("\"FRACTION\"", fraction).into_bytes()
    };
    for (written, number) in [("50.0", 50), ("5e1", 50), ("-0", 0), ("-2147483648.0", i32::MIN)] {
        let answer = send(server.address, "PUT", &object, &[], &body(written));
        assert_eq!(answer.status, 200, "{written}: {}", answer.text());
        let read = server.get(&object).json();
        let extensions = "/0/registreringer/0/attributter/organisationfunktionudvidelser/0/fraktion";
        assert_eq!(read[uuid(1)].pointer(extensions), Some(&json!(number)), "{written}");
    }
    for written in ["0.5", "2147483648.0", "1e300", "true", "\"5\""] {
        assert_eq!(send(server.address, "PUT", &object, &[], &body(written)).status, 400, "{written}");
    }
}
