//! Every planted question of the generated municipality, asked over HTTP, of a folder and of a database.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::path::Path;

use lora_postgres::testing::TestDatabase;
use lora_tests::{Server, run};
use serde_json::{Value, json};

/// The municipality with its answers, as small as it can be: whoever is asked about is planted.
fn generated(folder: &Path) -> (String, Value) {
    let (lines, answers) = (folder.join("lines.jsonl"), folder.join("answers.json"));
    let output = run(&["generate", "--people", "1", "--years", "2", "--answers", answers.to_str().unwrap()], &[]);
    assert!(output.status.success());
    std::fs::write(&lines, output.stdout).unwrap();
    let answers = serde_json::from_slice(&std::fs::read(answers).unwrap()).unwrap();
    (lines.to_str().unwrap().to_owned(), answers)
}

fn import(arguments: &[&str]) {
    let output = run(&[&["import"], arguments].concat(), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A function of a kind that is tied to an object, as the objects of a class that it points at.
fn across(class: &str, through: &str, kind: &str, relation: &str, subject: &str) -> Value {
    let tied = json!({"all": [{"field": "function_name", "is": kind}, {"relation": relation, "to": subject}]});
    json!({"class": class, "where": {"referred_by": "organisation_function", "through": through, "where": tied}})
}

struct Asked<'a> {
    server: &'a Server,
    subject: &'a str,
    valid: &'a str,
    known: &'a str,
}

impl Asked<'_> {
    fn get(&self, path: &str) -> Value {
        let answer = self.server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    fn query(&self, mut query: Value) -> Vec<Value> {
        query["valid"] = json!(self.valid);
        query["known"] = json!(self.known);
        let answer = self.server.send("POST", "/api/v1/query", &query);
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        answer.json()["found"].as_array().unwrap().clone()
    }

    fn ids(&self, query: Value) -> Vec<String> {
        self.query(query).iter().map(|found| found["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The object itself, while it counts.
    fn object(&self, class: &str) -> Option<Value> {
        let query = json!({"class": class, "where": {"id": self.subject}, "show": "objects"});
        self.query(query).first().map(|found| found["object"].clone())
    }

    fn unit_states(&self, pointer: &str) -> Vec<String> {
        let text = self.object("organisation_unit").and_then(|unit| Some(unit.pointer(pointer)?.as_str()?.to_owned()));
        text.into_iter().collect()
    }

    fn name_of_person(&self) -> Vec<String> {
        let name = |person: Value| {
            let part = |name: &str| person["attributes"]["extensions"][0][name].as_str().unwrap().to_owned();
            format!("{} {}", part("given_name"), part("surname"))
        };
        self.object("user").map(name).into_iter().collect()
    }

    /// The persons of all rows: at the instant, and so at it and a microsecond on either side.
    fn access(&self) -> Vec<String> {
        let path = format!("/api/v1/access?system={}&known={}&valid={}", self.subject, self.known, self.valid);
        let answer = self.get(&path);
        let rows = answer["rows"].as_array().unwrap();
        let mut persons: Vec<String> =
            rows.iter().map(|row| row["person"]["id"].as_str().unwrap().to_owned()).collect();
        persons.sort();
        persons.dedup();
        for row in rows {
            let period = &row["valid"];
            assert!(period["from"].as_str().unwrap() <= self.valid || period["from"] == "-infinity", "{row}");
            for node in ["system", "account", "binding", "role", "person"] {
                assert!(row[node]["since"]["position"].is_u64(), "{row}");
            }
        }
        let mut bare = rows.clone();
        for node in bare.iter_mut().flat_map(|row| row.as_object_mut().unwrap().values_mut()) {
            if let Some(node) = node.as_object_mut() {
                node.remove("since");
            }
        }
        let unfounded = self.get(&format!("{path}&evidence=false"));
        assert_eq!(unfounded["rows"].as_array(), Some(&bare), "the same rows, without what they rest on");
        persons
    }

    fn exposure(&self) -> Vec<String> {
        let path = format!(
            "/api/v1/organisation_function/{}/learned?ended=true&known={}&valid={}",
            self.subject, self.known, self.valid
        );
        let exposure = self.get(&path)["learned"]["exposure"].clone();
        let instant = |name: &str| {
            let text = exposure[name].as_str().unwrap();
            if text.contains('.') { text.to_owned() } else { text.replace('Z', ".000000Z") }
        };
        vec![instant("from"), instant("to"), exposure["days"].to_string()]
    }
}

/// Who is in a unit, whose unit it is, or who leads it.
fn tied(kind: &str, subject: &str) -> Option<Value> {
    Some(match kind {
        "unit_of_person" => across("organisation_unit", "associated_units", "Engagement", "associated_users", subject),
        "people_in_unit" => across("user", "associated_users", "Engagement", "associated_units", subject),
        "leader_of_unit" => across("user", "associated_users", "Leder", "associated_units", subject),
        _ => return None,
    })
}

/// Times of one form, which are ordered as texts are.
fn ordered(time: &str) -> String {
    match time.trim_end_matches('Z') {
        "-infinity" => String::new(),
        "infinity" => "~".to_owned(),
        time => {
            let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
            format!("{seconds}.{fraction:0<6}")
        }
    }
}

fn holds(period: &Value, at: &str) -> bool {
    let bound = |name: &str| ordered(period[name].as_str().unwrap());
    bound("from") <= ordered(at) && ordered(at) < bound("to")
}

/// The same questions asked once, about all of both axes or of one: at each corner the answer holds what was planted.
fn answered_as_ranges(server: &Server, questions: &[Value]) {
    let corner = |question: &Value, name: &str| question[name].as_str().unwrap().to_owned();
    let long = json!({"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"});
    let mut corners = 0;
    for question in questions {
        let [kind, subject, valid, known] =
            ["kind", "subject", "valid_at", "known_at"].map(|name| corner(question, name));
        let mut found: Vec<String> = if let Some(mut query) = tied(&kind, &subject) {
            query["valid"] = long.clone();
            query["known"] = long.clone();
            query["show"] = json!("points");
            let answer = server.send("POST", "/api/v1/query", &query).json();
            let is_there = |band: &Value| {
                holds(&band["known"], &known) && band["valid"].as_array().unwrap().iter().any(|it| holds(it, &valid))
            };
            let found = answer["found"].as_array().unwrap().iter();
            let there = found.filter(|found| found["points"].as_array().unwrap().iter().any(is_there));
            there.map(|found| found["id"].as_str().unwrap().to_owned()).collect()
        } else if kind == "access_to_system" {
            let path = format!("/api/v1/access?system={subject}&known={known}&valid=always&evidence=false");
            let answer = server.get(&path).json();
            let rows = answer["rows"].as_array().unwrap().iter().filter(|row| holds(&row["valid"], &valid));
            rows.map(|row| row["person"]["id"].as_str().unwrap().to_owned()).collect()
        } else {
            continue;
        };
        found.sort();
        found.dedup();
        assert_eq!(json!(found), question["answer"], "as a range: {question}");
        corners += 1;
    }
    assert!(corners > 40, "{corners}");
}

fn answered(server: &Server, answers: &Value) {
    let questions = answers["questions"].as_array().unwrap();
    assert!(questions.len() > 50, "{}", questions.len());
    answered_as_ranges(server, questions);
    for question in questions {
        let text = |name: &str| question[name].as_str().unwrap();
        let subject = text("subject");
        let asked = Asked { server, subject, valid: text("valid_at"), known: text("known_at") };
        let mut found = match text("kind") {
            kind if let Some(query) = tied(kind, subject) => asked.ids(query),
            "name_of_unit" => asked.unit_states("/attributes/properties/0/unit_name"),
            "parent_of_unit" => asked.unit_states("/relations/parent/0/to"),
            "name_of_person" => asked.name_of_person(),
            "access_to_system" => asked.access(),
            "exposure_of_account" => asked.exposure(),
            other => panic!("an unknown kind of question: {other}"),
        };
        if text("kind") != "exposure_of_account" {
            found.sort();
        }
        assert_eq!(json!(found), question["answer"], "{question}");
    }
}

#[test]
fn every_planted_question_is_answered_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, answers) = generated(folder.path());
    let store = folder.path().join("store");
    import(&["--data", store.to_str().unwrap(), &lines]);
    answered(&Server::on(&store), &answers);
}

#[test]
fn every_planted_question_is_answered_from_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, answers) = generated(folder.path());
    let database = TestDatabase::create();
    import(&["--postgres", database.url(), &lines]);
    answered(&Server::on_postgres(database.url()), &answers);
}
