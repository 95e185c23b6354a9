//! A naive reader: every line as it stands, every question by looking at all of them.

use std::collections::HashMap;

use chrono::DateTime;
use lora_cli::generate::{Options, lines};
use serde_json::Value;

/// One registration.
pub(crate) struct Entry {
    pub(crate) position: u64,
    pub(crate) instant: i64,
    pub(crate) class: String,
    pub(crate) id: String,
    pub(crate) registered: i64,
    pub(crate) lifecycle: String,
    pub(crate) content: Value,
}

/// All registrations, by object.
pub(crate) struct Store {
    pub(crate) header: Value,
    pub(crate) entries: Vec<Entry>,
    pub(crate) objects: HashMap<String, Vec<usize>>,
}

/// Microseconds of an ISO text with offset, or the infinities.
pub(crate) fn micros(text: &str) -> i64 {
    match text {
        "infinity" => i64::MAX,
        "-infinity" => i64::MIN,
        text => DateTime::parse_from_rfc3339(text).unwrap_or_else(|error| panic!("{text}: {error}")).timestamp_micros(),
    }
}

pub(crate) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no text `{member}` in {value}"))
}

/// The period of a row.
pub(crate) fn period(row: &Value) -> (i64, i64) {
    (micros(text(&row["virkning"], "from")), micros(text(&row["virkning"], "to")))
}

/// The rows in effect at an instant.
fn rows(list: &Value, at: i64) -> impl Iterator<Item = &Value> {
    let rows = list.as_array().map_or(&[][..], Vec::as_slice);
    rows.iter().filter(move |row| {
        let (from, to) = period(row);
        from <= at && at < to
    })
}

impl Store {
    pub(crate) fn of(options: &Options) -> Self {
        let mut lines = lines(options).expect("good options");
        let header = serde_json::from_str(&lines.next().expect("a header")).expect("JSON");
        let mut store = Self { header, entries: Vec::new(), objects: HashMap::new() };
        for line in lines {
            let value: Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(value["kind"], "registration");
            assert_eq!(value["registered"]["asserted"], true);
            let entry = Entry {
                position: value["position"].as_u64().expect("a number"),
                instant: micros(text(&value, "instant")),
                class: text(&value, "class").to_owned(),
                id: text(&value, "id").to_owned(),
                registered: micros(text(&value["registered"], "from")),
                lifecycle: text(&value, "lifecycle").to_owned(),
                content: value["content"].clone(),
            };
            store.objects.entry(entry.id.clone()).or_default().push(store.entries.len());
            store.entries.push(entry);
        }
        store
    }

    /// What was registered about an object at `known`, unless it was deleted.
    pub(crate) fn known(&self, id: &str, known: i64) -> Option<&Entry> {
        let entries = self.objects.get(id)?.iter().map(|index| &self.entries[*index]);
        entries.rev().find(|entry| entry.registered <= known).filter(|entry| entry.lifecycle != "Slettet")
    }

    /// Every function of a kind that counts at `at`, as known at `known`.
    pub(crate) fn functions(&self, kind: &str, at: i64, known: i64) -> Vec<&Entry> {
        let found = self.objects.keys().filter_map(|id| self.known(id, known));
        let functions = found.filter(|entry| entry.class == "organisationfunktion" && entry.counts(at));
        functions.filter(|entry| entry.property("funktionsnavn", at) == Some(kind)).collect()
    }
}

impl Entry {
    pub(crate) fn counts(&self, at: i64) -> bool {
        let (state, member, value) = match self.class.as_str() {
            "facet" | "klasse" | "klassifikation" => ("publiceret", "publiceret", "Publiceret"),
            _ => ("gyldighed", "gyldighed", "Aktiv"),
        };
        rows(&self.content["tilstande"][format!("{}{state}", self.class)], at).any(|row| row[member] == value)
    }

    fn field<'a>(&'a self, group: &str, name: &str, at: i64) -> Option<&'a str> {
        rows(&self.content["attributter"][format!("{}{group}", self.class)], at).find_map(|row| row[name].as_str())
    }

    pub(crate) fn property(&self, name: &str, at: i64) -> Option<&str> {
        self.field("egenskaber", name, at)
    }

    pub(crate) fn extension(&self, name: &str, at: i64) -> Option<&str> {
        self.field("udvidelser", name, at)
    }

    /// The ids that a relation without object type points to.
    pub(crate) fn ids(&self, relation: &str, at: i64) -> Vec<&str> {
        let plain = rows(&self.content["relationer"][relation], at).filter(|row| row["objekttype"].is_null());
        plain.filter_map(|row| row["uuid"].as_str()).collect()
    }

    pub(crate) fn points_to(&self, relation: &str, id: &str, at: i64) -> bool {
        self.ids(relation, at).contains(&id)
    }
}
