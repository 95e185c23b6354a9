//! Every planted answer, found again by brute force.

use lora_cli::generate::{Day, Options, answers};
use serde_json::Value;

use crate::reader::{Entry, Store, micros, period, text};

fn check(options: &Options) {
    let store = Store::of(options);
    let answers = serde_json::to_value(answers(options).expect("good options")).expect("JSON");
    let questions = answers["questions"].as_array().expect("a list");
    assert!(questions.len() > 50, "{}", questions.len());
    for question in questions {
        let mut found = answer(&store, question);
        if question["kind"] != "exposure_of_account" {
            found.sort();
        }
        assert_eq!(serde_json::json!(found), question["answer"], "{options:?}: {question}");
    }
}

fn answer(store: &Store, question: &Value) -> Vec<String> {
    let subject = text(question, "subject");
    let (at, known) = (micros(text(question, "valid_at")), micros(text(question, "known_at")));
    let subject_counts = || store.known(subject, known).filter(|entry| entry.counts(at));
    let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<Vec<_>>();
    // From the functions of a kind that point to the subject, what they point to besides.
    let across = |kind: &str, from: &str, to: &str| -> Vec<String> {
        let functions = store.functions(kind, at, known).into_iter().filter(|entry| entry.points_to(from, subject, at));
        functions.flat_map(|entry| owned(entry.ids(to, at))).collect()
    };
    match text(question, "kind") {
        "unit_of_person" => across("Engagement", "tilknyttedebrugere", "tilknyttedeenheder"),
        "people_in_unit" => across("Engagement", "tilknyttedeenheder", "tilknyttedebrugere"),
        "leader_of_unit" => across("Leder", "tilknyttedeenheder", "tilknyttedebrugere"),
        "name_of_unit" => {
            let name = subject_counts().and_then(|unit| unit.property("enhedsnavn", at));
            name.into_iter().map(str::to_owned).collect()
        }
        "parent_of_unit" => subject_counts().map_or_else(Vec::new, |unit| owned(unit.ids("overordnet", at))),
        "name_of_person" => subject_counts().map_or_else(Vec::new, |person| vec![full_name(person, at)]),
        "access_to_system" => access(store, subject, at, known),
        "exposure_of_account" => exposure(store, subject, at, known),
        other => panic!("unknown kind {other}"),
    }
}

fn full_name(person: &Entry, at: i64) -> String {
    let part = |name| person.extension(name, at).expect("a name");
    format!("{} {}", part("fornavn"), part("efternavn"))
}

fn access(store: &Store, system: &str, at: i64, known: i64) -> Vec<String> {
    let mut persons = Vec::new();
    let accounts = store.functions("IT-system", at, known);
    for binding in store.functions("Rollebinding", at, known) {
        let roles = binding.ids("organisatoriskfunktionstype", at);
        let role = store.known(roles[0], known).filter(|role| role.counts(at)).expect("a role in force");
        if !role.points_to("mapninger", system, at) {
            continue;
        }
        for account in accounts.iter().filter(|account| binding.points_to("tilknyttedefunktioner", &account.id, at)) {
            assert!(account.points_to("tilknyttedeitsystemer", system, at), "role and account are of one system");
            persons.extend(account.ids("tilknyttedebrugere", at).into_iter().map(str::to_owned));
        }
    }
    persons.sort();
    persons.dedup();
    persons
}

/// The beginning of the inactive row at `at`, and the first registration from which on it was there.
fn exposure(store: &Store, account: &str, at: i64, known: i64) -> Vec<String> {
    let entries = store.objects[account].iter().map(|index| &store.entries[*index]);
    let begin = |entry: &Entry| {
        let rows = entry.content["tilstande"]["organisationfunktiongyldighed"].as_array().expect("a state").clone();
        rows.iter()
            .find(|row| row["gyldighed"] == "Inaktiv" && period(row).0 <= at && at < period(row).1)
            .map(|row| period(row).0)
    };
    let told = entries.filter(|entry| entry.registered <= known).find(|entry| begin(entry).is_some()).expect("closed");
    let ended = begin(told).expect("closed");
    let show = |micros| {
        let instant = chrono::DateTime::from_timestamp_micros(micros).expect("in range");
        instant.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
    };
    vec![show(ended), show(told.registered), ((told.registered - ended) / 86_400_000_000).to_string()]
}

#[test]
fn planted_answers_are_found_in_the_lines() {
    check(&Options { people: 150, ..Options::default() });
}

#[test]
fn planted_answers_hold_for_other_seeds_years_and_ends() {
    check(&Options { people: 1, years: 1, seed: 7, ..Options::default() });
    check(&Options { people: 30, years: 20, until: Day::of(2026, 11, 22), ..Options::default() });
    check(&Options { people: 30, years: 3, until: Day::of(2031, 1, 1), registrations: 5000, ..Options::default() });
}
