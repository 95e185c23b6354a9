//! `GET /api/v1/{class}` and `POST /api/v1/query`: what is found, in which form, and what is refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use lora_tests::{Answer, Server, facet, send, uuid};
use serde_json::{Value, json};

fn always() -> Value {
    json!({"from": "-infinity", "to": "infinity"})
}

fn put(server: &Server, path: &str, number: u32, body: &Value) {
    let answer = server.send("PUT", &format!("{path}/{}", uuid(number)), body);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A unit under another, active from a year on.
fn unit(server: &Server, number: u32, name: &str, parent: Option<u32>, from: &str) {
    let effect = json!({"from": from, "to": "infinity"});
    let parent = parent.map(|parent| json!([{"uuid": uuid(parent), "virkning": effect}]));
    let body = json!({
        "attributter": {"organisationenhedegenskaber": [
            {"brugervendtnoegle": format!("u{number}"), "enhedsnavn": name, "virkning": effect}]},
        "tilstande": {"organisationenhedgyldighed": [{"gyldighed": "Aktiv", "virkning": effect}]},
        "relationer": {"overordnet": parent.unwrap_or_else(|| json!([]))},
    });
    put(server, "/organisation/organisationenhed", number, &body);
}

/// An engagement of nobody in a unit.
fn function(server: &Server, number: u32, unit: u32, fraction: i32) {
    let body = json!({
        "attributter": {
            "organisationfunktionegenskaber": [
                {"brugervendtnoegle": "e", "funktionsnavn": "Engagement", "virkning": always()}],
            "organisationfunktionudvidelser": [
                {"fraktion": fraction, "primær": number.is_multiple_of(2), "udvidelse_1": "a \"b\", c\r\n", "virkning": always()}]},
        "tilstande": {"organisationfunktiongyldighed": [{"gyldighed": "Aktiv", "virkning": always()}]},
        "relationer": {"tilknyttedeenheder": [{"uuid": uuid(unit), "virkning": always()}],
                       "adresser": [{"urn": "urn:b", "virkning": always()}, {"uuid": uuid(9), "virkning": always()}]},
    });
    put(server, "/organisation/organisationfunktion", number, &body);
}

/// Kommune ─ Økonomi (2019) ─ Løn (2020), Kommune ─ Skole (2019); engagements in Løn and Skole.
fn server() -> Server {
    let server = Server::start();
    unit(&server, 1, "Kommune", None, "2019-01-01");
    unit(&server, 2, "Økonomi", Some(1), "2019-01-01");
    unit(&server, 3, "Løn", Some(2), "2020-01-01");
    unit(&server, 4, "Skole", Some(1), "2019-01-01");
    function(&server, 11, 3, 40);
    function(&server, 12, 4, 100);
    function(&server, 13, 4, 20);
    server
}

fn query(server: &Server, question: &Value) -> Answer {
    server.send("POST", "/api/v1/query", question)
}

fn ids(page: &Value) -> Vec<String> {
    let found = page["found"].as_array().unwrap_or_else(|| panic!("{page}"));
    found.iter().map(|found| found["id"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn finds(server: &Server, question: &Value, expected: &[u32]) {
    let answer = query(server, question);
    let expected: Vec<String> = expected.iter().map(|number| uuid(*number)).collect();
    assert_eq!(ids(&answer.json()), expected, "{question}: {}", answer.text());
}

#[test]
fn queries_find_by_fields_states_relations_and_joins() {
    let server = server();
    let units = |filter: Value, expected: &[u32]| {
        finds(&server, &json!({"class": "organisation_unit", "where": filter}), expected);
    };
    units(json!({"all": []}), &[1, 2, 3, 4]);
    units(json!({"field": "unit_name", "prefix": "øko"}), &[2]);
    units(json!({"field": "unit_name", "less": "M"}), &[1, 3]);
    units(json!({"not": {"relation": "parent", "is_empty": false}}), &[1]);
    units(json!({"relation": "parent", "to": [uuid(1), "urn:x"]}), &[2, 4]);
    units(json!({"relation": "parent", "where": {"field": "unit_name", "is": "Kommune"}}), &[2, 4]);
    let below = json!({"relation": "parent", "steps": "many", "where": {"id": uuid(1)}});
    units(below.clone(), &[2, 3, 4]);
    let engaged = |fraction: i32| {
        let of = json!({"field": "fraction", "at_least": fraction});
        json!({"referred_by": "organisation_function", "through": "associated_units", "where": of})
    };
    units(json!({"all": [below, engaged(50)]}), &[4]);
    units(engaged(30), &[3, 4]);
    units(json!({"changed_in": "always", "part": "parent"}), &[2, 3, 4]);
    let first = json!({"first_known_in": "always", "where": {"field": "unit_name", "contains": "k"}});
    units(first, &[1, 2, 4]);
    let begins_with = |from: &str| json!({"periods_of": {"all": []}, "stand": "started_by", "to": {"from": from, "to": "2021-06-01T00:00:00Z"}});
    units(begins_with("2019-12-31T23:00:00Z"), &[3]);
}

#[test]
fn queries_stand_at_a_point_of_time_that_the_answer_repeats() {
    let server = server();
    let page = query(&server, &json!({"class": "organisation_unit", "valid": "2019-06-01T02:00:00+02:00"})).json();
    assert_eq!(ids(&page), [1, 2, 4].map(uuid));
    assert_eq!(
        (&page["context"]["known"], &page["context"]["valid"]),
        (&json!("latest"), &json!("2019-06-01T00:00:00Z"))
    );
    assert_eq!((&page["context"]["position"], &page["next"]), (&json!(8), &Value::Null));

    let known = server.get(&format!("/api/v1/organisation_unit/{}", uuid(3))).json();
    let known = known["registration"]["registered"]["from"].as_str().unwrap().to_owned();
    let shown = query(
        &server,
        &json!({"class": "organisation_unit", "known": known, "valid": "always", "show": "points", "order": [{"by": "unit_name", "descending": true}]}),
    );
    let page = shown.json();
    assert_eq!(ids(&page), [2, 3, 1].map(uuid), "the fourth was not known yet, and Ø comes after L");
    let points = json!([{"valid": [{"from": "2018-12-31T23:00:00Z", "to": "infinity"}]}]);
    assert_eq!(page["found"][0]["points"], points, "as known at one instant");
    let window =
        json!({"class": "organisation_unit", "known": {"from": known}, "show": "objects", "where": {"id": uuid(4)}});
    let found = query(&server, &window).json()["found"][0].clone();
    let band = &found["points"][0]["known"];
    assert_eq!((&band["to"], band["from"].as_str() > Some(known.as_str())), (&json!("infinity"), true), "{found}");
    assert_eq!(found["object"]["attributes"]["properties"][0]["unit_name"], json!("Skole"));
    let nothing = query(&server, &json!({"class": "facet", "known": "always", "valid": "always"})).json();
    assert_eq!(nothing["found"], json!([]));
}

#[test]
fn objects_are_counted_and_grouped() {
    let server = server();
    let counted = |question: Value| {
        let mut answer = query(&server, &question).json();
        assert!(answer.as_object_mut().unwrap().remove("context").is_some_and(|context| context["position"] == 8));
        answer
    };
    let functions = |by: &str| counted(json!({"class": "organisation_function", "count": true, "group_by": by}));
    assert_eq!(counted(json!({"class": "organisation_function", "count": true})), json!({"objects": 3}));
    let group = |value: Value, objects: u32| json!({"value": value, "objects": objects});
    let by_unit = functions("associated_units")["groups"].clone();
    assert_eq!(by_unit, json!([group(json!(uuid(3)), 1), group(json!(uuid(4)), 2)]));
    assert_eq!(functions("activity")["groups"], json!([group(json!("active"), 3)]));
    let by_flag = functions("extensions.primary")["groups"].clone();
    assert_eq!(by_flag, json!([group(json!(false), 2), group(json!(true), 1)]));
    assert_eq!(functions("extension_2"), json!({"objects": 3, "groups": [group(Value::Null, 3)]}));
    let of_arguments =
        server.get("/api/v1/organisation_function?fraction.greater=30&count=true&group_by=fraction").json();
    assert_eq!(of_arguments["groups"], json!([group(json!(40), 1), group(json!(100), 1)]));
}

#[test]
fn arguments_ask_the_same_as_json() {
    let server = server();
    for (arguments, expected) in [
        ("", &[1, 2, 3, 4][..]),
        ("unit_name=Skole&unit_name=Kommune", &[1, 4]),
        ("unit_name.prefix=%C3%98ko&activity=active", &[2]),
        (&format!("parent={}", uuid(1)), &[2, 4]),
        ("parent.is_empty=true", &[1]),
        ("valid=2019-06-01T00:00:00%2B02:00&properties.user_key.like=U%25", &[1, 2, 4]),
        ("valid_to=2019-06-01T00:00:00Z&unit_name.contains=o&order=-user_key", &[4, 2, 1]),
        ("known=2019-06-01T00:00:00Z&reading=registered", &[]),
    ] {
        let answer = server.get(&format!("/api/v1/organisation_unit?{arguments}"));
        let expected: Vec<String> = expected.iter().map(|number| uuid(*number)).collect();
        assert_eq!(ids(&answer.json()), expected, "{arguments}: {}", answer.text());
    }
    let slash = server.get("/api/v1/organisation_unit/?user_key=a");
    assert_eq!((slash.status, slash.header("location")), (307, Some("/api/v1/organisation_unit?user_key=a")));
}

#[test]
fn lines_are_written_to_the_end_whatever_their_number() {
    const MANY: u32 = 1_300;
    let server = Server::start();
    std::thread::scope(|scope| {
        for client in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for number in (client..MANY).step_by(4) {
                    put(server, "/klassifikation/facet", number, &facet(&format!("k{number}")));
                }
            });
        }
    });
    let lines = |target: &str| send(server.address, "GET", target, &["Accept: application/x-ndjson"], b"");
    for (target, member) in [("/api/v1/facet", "points"), ("/api/v1/facet?show=objects", "object")] {
        let answer = lines(target);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        assert_eq!((answer.header("lora-position"), answer.header("vary")), (Some("1301"), Some("accept")));
        let context: Value = serde_json::from_str(answer.header("lora-context").unwrap()).unwrap();
        assert_eq!(context["position"], json!(MANY + 1));
        let text = answer.text();
        let found: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ids: Vec<&str> = found.iter().map(|found| found["id"].as_str().unwrap()).collect();
        let expected: Vec<String> = (0..MANY).map(uuid).collect();
        assert_eq!(ids, expected, "{target}");
        assert_eq!(found[7].get(member).is_some(), target.contains("objects"));
        assert!(text.ends_with('\n') && !text.contains("\n\n"));
    }
    let few = lines("/api/v1/facet?limit=3&order=-user_key");
    let next = few.header("lora-next").unwrap().to_owned();
    assert_eq!(few.text().lines().count(), 3);
    let rest = lines(&format!("/api/v1/facet?limit=10000&order=-user_key&after={next}"));
    assert_eq!((rest.text().lines().count(), rest.header("lora-next")), (MANY as usize - 3, None));
    let page = server.get("/api/v1/facet").json();
    assert_eq!(ids(&page).len(), 100, "a page of JSON is not without end");
    let after = page["next"].as_str().unwrap();
    assert_eq!(lines(&format!("/api/v1/facet?after={after}")).text().lines().count(), MANY as usize - 100);
    assert_eq!(lines("/api/v1/facet?user_key=none").body, b"");

    let csv = send(server.address, "GET", "/api/v1/facet", &["Accept: text/csv"], b"");
    assert_eq!(csv.text().matches("\r\n").count(), MANY as usize + 1);
}

#[test]
fn csv_is_quoted_where_it_must_be() {
    let server = server();
    let asked = |target: &str| send(server.address, "GET", target, &["Accept: text/csv"], b"");
    let answer = asked("/api/v1/organisation_function?id=00000000-0000-4000-8000-000000000012");
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let text = answer.text();
    let (header, row) = text.split_once("\r\n").unwrap();
    let columns: Vec<&str> = header.split(',').collect();
    assert_eq!(columns[..7], ["id", "known_from", "known_to", "valid_from", "valid_to", "user_key", "function_name"]);
    assert!(columns.contains(&"extensions.primary") && columns.contains(&"relations.primary"), "{header}");
    let (plain, quoted) = row.split_once('"').unwrap();
    let cells: Vec<&str> = plain.trim_end_matches(',').split(',').collect();
    assert_eq!((cells[0], cells[2]), (uuid(12).as_str(), "infinity"));
    let place = |name: &str| columns.iter().position(|column| *column == name).unwrap();
    assert_eq!((cells[place("extensions.primary")], cells[place("fraction")]), ("true", "100"));
    let (text, rest) = quoted.rsplit_once('"').unwrap();
    assert_eq!(text, "a \"\"b\"\", c\r\n", "quotes doubled, line ends kept");
    let after: Vec<&str> = rest.trim_end_matches("\r\n").split(',').collect();
    let at = |name: &str| after[place(name) - place("extension_1")];
    assert_eq!((at("activity"), at("associated_units")), ("active", uuid(4).as_str()));
    assert_eq!(at("addresses"), format!("{} urn:b", uuid(9)), "several targets");
    assert_eq!((at("tasks"), at("extension_2")), ("", ""));
    let none = asked("/api/v1/organisation_function?user_key=none").text();
    assert_eq!(none, format!("{header}\r\n"), "the names alone");
    let at_first = asked(&format!("/api/v1/organisation_unit?valid=always&id={}&limit=1", uuid(3))).text();
    assert!(at_first.contains(",2019-12-31T23:00:00Z,infinity,u3,Løn,"), "{at_first}");
}

#[test]
fn a_form_that_there_is_not_is_refused() {
    let server = server();
    let asked = |accept: &str, target: &str| send(server.address, "GET", target, &[&format!("Accept: {accept}")], b"");
    for (accept, target, code, status) in [
        ("text/html", "/api/v1/facet", "not_acceptable", 406),
        ("text/csv", "/api/v1/facet?count=true", "not_acceptable", 406),
        ("text/csv", "/api/v1/facet?order=user_key", "order_without_limit", 400),
    ] {
        let answer = asked(accept, target);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{}", answer.text());
    }
    assert_eq!(asked("text/html, */*;q=0.1", "/api/v1/facet").header("content-type"), Some("application/json"));
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, code: &str, path: Option<&str>) {
    let body = answer.json();
    assert_eq!((answer.status, body["code"].as_str(), body["path"].as_str()), (status, Some(code), path), "{body}");
    assert!(body["accepted"].is_string(), "{body}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    let server = server();
    for (question, code, path) in [
        (json!({"class": "facets"}), "unknown_name", "/class"),
        (
            json!({"class": "facet", "where": {"all": [{"field": "userkey", "is": "x"}]}}),
            "unknown_name",
            "/where/all/0/field",
        ),
        (json!({"class": "facet", "valid": "2025-01-01"}), "no_offset", "/valid"),
        (json!({"class": "facet", "wher": {}}), "unknown_member", "/wher"),
        (json!({"class": "facet", "after": "x"}), "damaged_cursor", "/after"),
        (json!([1]), "wrong_type", ""),
        (json!({}), "empty_body", ""),
    ] {
        is_refused(&query(&server, &question), 400, code, Some(path));
    }
    for (target, code, path) in [
        ("/api/v1/facet?userkey=x", "unknown_argument", "?userkey"),
        ("/api/v1/facet?valid=today", "unreadable_time", "?valid"),
        ("/api/v1/facet?after=x", "damaged_cursor", "?after"),
        ("/api/v1/facet?limit=0", "out_of_range", "?limit"),
    ] {
        is_refused(&server.get(target), 400, code, Some(path));
    }
    is_refused(&server.get("/api/v1/facets"), 404, "unknown_class", Some("path"));
    is_refused(
        &server.send("POST", "/api/v1/query?x=1", &json!({"class": "facet"})),
        400,
        "unknown_argument",
        Some("?x"),
    );
    let garbage = send(server.address, "POST", "/api/v1/query", &[], b"{\"class\":\"facet\",\"class\":\"user\"}");
    is_refused(&garbage, 400, "duplicate_member", Some("/class"));
    let deep = format!("{}{{\"all\":[]}}{}", "{\"not\":".repeat(40), "}".repeat(40));
    let deep = format!("{{\"class\":\"facet\",\"where\":{deep}}}");
    assert_eq!(send(server.address, "POST", "/api/v1/query", &[], deep.as_bytes()).json()["code"], json!("too_deep"));
    let ahead = send(server.address, "GET", "/api/v1/facet", &["Lora-Position: 99"], b"");
    is_refused(&ahead, 409, "position_ahead", Some("header Lora-Position"));
}

#[test]
fn a_query_that_takes_too_much_is_refused() {
    let limited = |option: &str| {
        let server = Server::start_with(&[option, "2"]);
        (1..=5).for_each(|number| put(&server, "/klassifikation/facet", number, &facet("a")));
        server
    };
    let (few_registrations, few_postings) = (limited("--query-registrations-max"), limited("--query-postings-max"));
    let question = json!({"class": "facet", "where": {"not": {"field": "user_key", "is": "a"}}});
    is_refused(&query(&few_registrations, &question), 422, "query_too_large", None);
    is_refused(
        &query(&few_postings, &json!({"class": "facet", "where": {"field": "user_key", "is": "a"}})),
        422,
        "query_too_large",
        None,
    );
    for accept in ["application/x-ndjson", "text/csv"] {
        let header = [&*format!("Accept: {accept}")];
        let answer = send(few_postings.address, "GET", "/api/v1/facet?user_key=a", &header, b"");
        is_refused(&answer, 422, "query_too_large", None);
    }
    finds(&few_registrations, &json!({"class": "facet", "where": {"id": uuid(2)}}), &[2]);
}
