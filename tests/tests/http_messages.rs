//! The messages that must be exactly LoRA's, and the members of RFC 9457 that stand beside them.

use lora_tests::{Server, facet, uuid};
use serde_json::{Value, json};

/// What every problem has.
fn is_a_problem(body: &Value, status: u16) {
    for member in ["type", "title", "detail", "code"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {body}");
    }
    assert_eq!(body["status"], json!(status), "{body}");
}

#[track_caller]
fn says(server: &Server, method: &str, target: &str, body: &Value, status: u16, message: &str) -> Value {
    let answer = if body.is_null() {
        lora_tests::send(server.address, method, target, &[], b"")
    } else {
        server.send(method, target, body)
    };
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["message"], json!(message));
    is_a_problem(&body, status);
    body
}

#[test]
fn unknown_and_deleted_objects() {
    let server = Server::start();
    let (gone, unknown) = (uuid(1), uuid(2));
    let path = |uuid: &str| format!("/klassifikation/facet/{uuid}");
    assert_eq!(server.send("PUT", &path(&gone), &facet("gone")).status, 200);
    assert_eq!(server.send("DELETE", &path(&gone), &json!({"note": "away"})).status, 202);
    says(&server, "GET", &path(&gone), &Value::Null, 410, "This object has been deleted.");
    let message = format!("No Facet with ID {unknown} found in service Klassifikation");
    says(&server, "GET", &path(&unknown), &Value::Null, 404, &message);
    says(&server, "PATCH", &path(&unknown), &json!({"note": "x"}), 404, &message);
    says(&server, "PATCH", &path(&unknown), &Value::Null, 404, &message);
    let message = format!("No Facet with ID {unknown} found.");
    says(&server, "DELETE", &path(&unknown), &Value::Null, 404, &message);
    let message = format!("No OrganisationEnhed with ID {unknown} found in service Organisation");
    says(&server, "GET", &format!("/lora/organisation/organisationenhed/{unknown}"), &Value::Null, 404, &message);
}

#[test]
fn arguments_that_nobody_supports_or_that_conflict() {
    let server = Server::start();
    let object = format!("/klassifikation/facet/{}", uuid(1));
    let message = "Unsupported argument(s): aa, brugervendtnoegle, zz";
    says(&server, "GET", &format!("{object}?zz=1&aa=2&bvn=3&aa=4"), &Value::Null, 400, message);
    for method in ["POST", "PUT", "DELETE"] {
        let target = if method == "POST" { "/klassifikation/facet" } else { object.as_str() };
        let body = if method == "DELETE" { Value::Null } else { facet("a") };
        says(&server, method, &format!("{target}?x=1"), &body, 400, "Unsupported argument(s): x");
    }
    let message = "'virkningfra'/'virkningtil' conflict with 'virkningstid'";
    says(
        &server,
        "GET",
        &format!("{object}?virkningstid=2012-01-01&virkningFra=2011-01-01"),
        &Value::Null,
        400,
        message,
    );
    let message = "'registreretfra'/'registrerettil' conflict with 'registreringstid'";
    let target = "/klassifikation/facet?bvn=a&registreringstid=2012-01-01&registreretTil=2013-01-01";
    says(&server, "GET", target, &Value::Null, 400, message);
    let message = "Multiple uuid parameters passed to search operation. Only one uuid parameter is supported.";
    let target = format!("/klassifikation/facet?bvn=a&uuid={}&uuid={}", uuid(1), uuid(2));
    says(&server, "GET", &target, &Value::Null, 400, message);
}

#[test]
fn a_passive_or_deleted_object_takes_no_update() {
    let server = Server::start();
    let path = |number| format!("/klassifikation/facet/{}", uuid(number));
    for number in [1, 2] {
        assert_eq!(server.send("PUT", &path(number), &facet("a")).status, 200);
    }
    assert_eq!(server.send("PATCH", &path(1), &json!({"livscyklus": "passiv"})).status, 200);
    assert_eq!(server.send("DELETE", &path(2), &json!({"note": "away"})).status, 202);
    for number in [1, 2] {
        for (body, state) in [(json!({"note": "x"}), "Rettet"), (json!({"livscyklus": "Passiv"}), "Passiveret")] {
            let uuid = uuid(number);
            let message =
                format!("Error updating facet with uuid [{uuid}], Invalid [livscyklus] transition to [{state}]");
            let said = says(&server, "PATCH", &path(number), &body, 400, &message);
            assert_eq!(said["context"], json!([null]));
        }
    }
}

#[test]
fn an_empty_body_has_no_uuid() {
    let server = Server::start();
    let object = format!("/klassifikation/facet/{}", uuid(1));
    assert_eq!(server.send("PUT", &object, &facet("a")).status, 200);
    for body in [&b""[..], b" ", b"{}", b"[]", b"null", b"\"\"", b"0", b"false", b"{nope"] {
        for (method, target) in [("POST", "/klassifikation/facet"), ("PUT", &object), ("PATCH", &object)] {
            let answer = lora_tests::send(server.address, method, target, &[], body);
            let said = answer.json();
            assert_eq!((answer.status, said.get("uuid")), (400, Some(&Value::Null)), "{method} {body:?}");
            is_a_problem(&said, 400);
        }
    }
}

#[test]
fn unknown_paths_and_wrong_methods_are_told_as_by_the_web_framework() {
    let server = Server::start();
    for (method, target, status, detail) in [
        ("GET", "/klassifikation/ukendt", 404, "Not Found"),
        ("GET", "/organisation/facet", 404, "Not Found"),
        ("GET", "/lora/klassifikation/Facet", 404, "Not Found"),
        ("GET", "//example.org/", 404, "Not Found"),
        ("GET", "/klassifikation/ukendt/", 404, "Not Found"),
        ("PUT", "/klassifikation/facet", 405, "Method Not Allowed"),
        ("POST", "/lora/klassifikation/facet/x", 405, "Method Not Allowed"),
        ("DELETE", "/site-map", 405, "Method Not Allowed"),
    ] {
        let answer = lora_tests::send(server.address, method, target, &[], b"");
        assert_eq!((answer.status, answer.json()["detail"].as_str()), (status, Some(detail)), "{method} {target}");
        is_a_problem(&answer.json(), status);
        assert_eq!(answer.header("allow").is_some(), status == 405, "{method} {target}");
    }
}
