//! What holds of all lines, whatever the options.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use lora_cli::generate::{Day, Options, lines};
use serde_json::Value;

use crate::reader::{Entry, Store, period, text};

/// Class, state, and the relations of which an object has at most one at a time, and any number.
const CLASSES: [(&str, &str, &[&str], &[&str]); 8] = [
    ("organisation", "gyldighed", &["myndighed"], &[]),
    (
        "organisationenhed",
        "gyldighed",
        &["overordnet", "enhedstype", "tilhoerer", "niveau"],
        &["opgaver", "opmærkning"],
    ),
    (
        "organisationfunktion",
        "gyldighed",
        &["organisatoriskfunktionstype", "primær"],
        &[
            "adresser",
            "opgaver",
            "tilknyttedebrugere",
            "tilknyttedeenheder",
            "tilknyttedefunktioner",
            "tilknyttedeitsystemer",
            "tilknyttedeorganisationer",
            "tilknyttedepersoner",
        ],
    ),
    ("bruger", "gyldighed", &["tilhoerer"], &["tilknyttedepersoner"]),
    ("itsystem", "gyldighed", &[], &["tilknyttedeorganisationer"]),
    ("facet", "publiceret", &["ansvarlig"], &[]),
    ("klasse", "publiceret", &["ansvarlig", "facet", "overordnetklasse"], &["mapninger"]),
    ("klassifikation", "publiceret", &["ansvarlig"], &[]),
];

const FIELDS: [(&str, &[&str]); 10] = [
    ("organisationegenskaber", &["brugervendtnoegle", "organisationsnavn"]),
    ("organisationenhedegenskaber", &["brugervendtnoegle", "enhedsnavn"]),
    ("organisationfunktionegenskaber", &["brugervendtnoegle", "funktionsnavn"]),
    ("organisationfunktionudvidelser", &["fraktion", "udvidelse_1", "udvidelse_2"]),
    ("brugeregenskaber", &["brugervendtnoegle"]),
    ("brugerudvidelser", &["fornavn", "efternavn", "kaldenavn_fornavn", "kaldenavn_efternavn", "seniority"]),
    ("itsystemegenskaber", &["brugervendtnoegle", "itsystemnavn", "itsystemtype"]),
    ("facetegenskaber", &["brugervendtnoegle", "beskrivelse"]),
    ("klasseegenskaber", &["brugervendtnoegle", "titel", "omfang"]),
    ("klassifikationegenskaber", &["brugervendtnoegle", "kaldenavn"]),
];

/// A small municipality, read once for all tests.
fn small() -> &'static Store {
    static SMALL: LazyLock<Store> = LazyLock::new(|| Store::of(&Options { people: 300, ..Options::default() }));
    &SMALL
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &[Value])> {
    let members = value.as_object().expect("an object").iter();
    members.map(|(name, rows)| (name.as_str(), rows.as_array().expect("rows").as_slice()))
}

fn check_periods(rows: &[Value], disjoint: bool, entry: &Entry) {
    assert!(!rows.is_empty(), "{}: an empty list", entry.position);
    let mut periods: Vec<_> = rows.iter().map(period).collect();
    assert!(periods.iter().all(|(from, to)| from < to), "{}: an empty period", entry.position);
    periods.sort_unstable();
    let overlapping = periods.windows(2).any(|pair| pair[1].0 < pair[0].1);
    assert!(!disjoint || !overlapping, "{}: rows overlap", entry.position);
}

fn check_content(entry: &Entry) {
    if entry.lifecycle == "Slettet" {
        assert_eq!(entry.content, serde_json::json!({}));
        return;
    }
    let (class, state, single, many) = CLASSES.iter().find(|row| row.0 == entry.class).expect("a known class");
    let groups: HashMap<_, _> = members(&entry.content["attributter"]).collect();
    let mandatory = groups[format!("{class}egenskaber").as_str()];
    for row in mandatory {
        assert!(!text(row, "brugervendtnoegle").is_empty());
        assert!(*class != "klasse" || !text(row, "titel").is_empty());
    }
    for (group, rows) in groups {
        check_periods(rows, true, entry);
        let known = FIELDS.iter().find(|row| row.0 == group).expect("a known group").1;
        let fields = rows.iter().flat_map(|row| row.as_object().expect("a row").keys());
        for field in fields.filter(|field| *field != "virkning") {
            assert!(known.contains(&field.as_str()), "{group}.{field}");
        }
    }
    let states: Vec<_> = members(&entry.content["tilstande"]).collect();
    assert_eq!(states.len(), 1);
    assert_eq!(states[0].0, format!("{class}{state}"));
    check_periods(states[0].1, true, entry);
    for row in states[0].1 {
        assert!(["Aktiv", "Inaktiv", "Publiceret", "IkkePubliceret"].contains(&text(row, state)));
    }
    for (relation, rows) in members(&entry.content["relationer"]) {
        assert!(single.contains(&relation) || many.contains(&relation), "{class}.{relation}");
        check_periods(rows, single.contains(&relation), entry);
        assert!(rows.iter().all(|row| row["uuid"].is_string() != row["urn"].is_string()));
    }
}

#[test]
fn positions_have_no_gaps_and_instants_increase() {
    let store = small();
    assert_eq!(store.header["format"], "lora-json-lines");
    assert_eq!(store.header["version"], 1);
    assert!((1..).zip(&store.entries).all(|(position, entry)| entry.position == position));
    assert!(store.entries.windows(2).all(|pair| pair[0].instant < pair[1].instant));
    assert!(store.entries.iter().all(|entry| entry.registered < entry.instant));
}

#[test]
fn registrations_of_an_object_increase_and_its_life_cycle_is_legal() {
    let store = small();
    for (id, indexes) in &store.objects {
        let entries: Vec<_> = indexes.iter().map(|index| &store.entries[*index]).collect();
        assert!(["Opstaaet", "Importeret"].contains(&entries[0].lifecycle.as_str()), "{id}");
        for pair in entries.windows(2) {
            assert!(pair[0].registered < pair[1].registered, "{id}");
            assert_eq!(pair[0].class, pair[1].class);
            let next: &[&str] = match pair[0].lifecycle.as_str() {
                "Passiveret" => &["Importeret", "Slettet"],
                "Slettet" => &["Importeret"],
                _ => &["Rettet", "Passiveret", "Slettet"],
            };
            assert!(
                next.contains(&pair[1].lifecycle.as_str()),
                "{id}: {} after {}",
                pair[1].lifecycle,
                pair[0].lifecycle
            );
        }
    }
    for life_cycle in ["Opstaaet", "Importeret", "Rettet", "Passiveret", "Slettet"] {
        assert!(store.entries.iter().any(|entry| entry.lifecycle == life_cycle), "{life_cycle}");
    }
}

#[test]
fn every_content_is_valid_input() {
    small().entries.iter().for_each(check_content);
    Store::of(&Options { people: 1, years: 1, ..Options::default() }).entries.iter().for_each(check_content);
}

#[test]
fn references_point_to_objects_that_are_registered_by_then() {
    let store = small();
    let begun: HashMap<_, _> =
        store.objects.iter().map(|(id, indexes)| (id.as_str(), store.entries[indexes[0]].registered)).collect();
    for entry in store.entries.iter().filter(|entry| entry.lifecycle != "Slettet") {
        for (relation, rows) in members(&entry.content["relationer"]) {
            for target in rows.iter().filter_map(|row| row["uuid"].as_str()) {
                let target = begun.get(target).unwrap_or_else(|| panic!("{}: {relation}", entry.position));
                assert!(*target <= entry.registered, "{}: {relation} of {}", entry.position, entry.class);
            }
        }
    }
}

/// What is believed in the end, looked at on the a day of every half year.
fn half_years() -> impl Iterator<Item = (i64, String)> {
    let days = (2013..2029).flat_map(|year| [1, 7].map(|month| Day::of(year, month, 2)));
    days.map(|day| (crate::reader::micros(&format!("{day}T12:00:00Z")), day.to_string()))
}

#[test]
fn what_counts_lies_within_what_it_hangs_on() {
    let store = small();
    for (at, day) in half_years() {
        let counts = |id: &str| store.known(id, i64::MAX).is_some_and(|entry| entry.counts(at));
        let mut checked = 0;
        for entry in store.objects.keys().filter_map(|id| store.known(id, i64::MAX)).filter(|entry| entry.counts(at)) {
            let on: &[&str] = match entry.property("funktionsnavn", at) {
                Some("Tilknytning" | "Adresse" | "KLE" | "Relateret Enhed" | "Leder") => &["tilknyttedeenheder"],
                Some("Engagement") => &["tilknyttedeenheder", "opgaver", "organisatoriskfunktionstype"],
                Some("IT-system") => &["tilknyttedeitsystemer"],
                Some("Rollebinding") => &["tilknyttedefunktioner", "organisatoriskfunktionstype"],
                _ if entry.class == "organisationenhed" => &["overordnet"],
                _ => &[],
            };
            for target in on.iter().flat_map(|relation| entry.ids(relation, at)) {
                assert!(counts(target), "{day}: {} {} hangs on {target}", entry.class, entry.id);
                checked += 1;
            }
        }
        assert!(checked > 100, "{day}: {checked}");
    }
}

#[test]
fn the_tree_of_units_has_no_circle_at_any_time() {
    let store = small();
    let units: Vec<_> = store.objects.keys().filter_map(|id| store.known(id, i64::MAX)).collect();
    let units: HashMap<_, _> = units.iter().map(|unit| (unit.id.as_str(), *unit)).collect();
    for (at, day) in half_years() {
        for start in units.values().filter(|unit| unit.class == "organisationenhed" && unit.counts(at)) {
            let above = |unit: &&Entry| units.get(unit.ids("overordnet", at).first()?).copied();
            let way = std::iter::successors(Some(*start), above).take(20).last().expect("at least the unit");
            assert_eq!(way.class, "organisation", "{day}: {} does not hang on the organisation", start.id);
        }
    }
}

#[test]
fn a_reorganisation_is_not_known_before_it_is_decided() {
    let (effect, decided) = ("2027-01-01T00:00:00+01:00", crate::reader::micros("2026-05-20T00:00:00Z"));
    let (mut before, mut after) = (0, 0);
    let store = Store::of(&Options { people: 1200, years: 1, ..Options::default() });
    for entry in store.entries.iter().filter(|entry| entry.content.to_string().contains(effect)) {
        let at = crate::reader::micros("2026-01-01T12:00:00Z");
        let kind = entry.property("funktionsnavn", at).unwrap_or_default();
        if entry.class == "organisationenhed" || ["Adresse", "KLE", "Relateret Enhed", "Leder"].contains(&kind) {
            *(if entry.registered < decided { &mut before } else { &mut after }) += 1;
        }
    }
    assert_eq!(before, 0);
    assert!(after > 5, "{after}");
}

#[test]
fn managers_are_employed_in_the_unit_that_they_lead() {
    let store = small();
    let (mut held, mut vacant) = (0, 0);
    for (at, day) in half_years().filter(|(_, day)| day.as_str() > "2014-12" && day.as_str() < "2026-06") {
        let engagements: HashSet<_> = store
            .functions("Engagement", at, i64::MAX)
            .iter()
            .map(|entry| (entry.ids("tilknyttedebrugere", at)[0], entry.ids("tilknyttedeenheder", at)[0]))
            .collect();
        for post in store.functions("Leder", at, i64::MAX) {
            let unit = post.ids("tilknyttedeenheder", at)[0];
            match post.ids("tilknyttedebrugere", at)[..] {
                [] => vacant += 1,
                [person] => {
                    held += 1;
                    assert!(engagements.contains(&(person, unit)), "{day}: {person} leads {unit}");
                }
                _ => panic!("{day}: two hold one post"),
            }
        }
    }
    assert!(held > 5 * vacant && vacant > 5, "{held} {vacant}");
}

#[test]
fn no_two_persons_share_a_number_and_one_unit_answers_for_a_task() {
    let store = small();
    let known = || store.objects.keys().filter_map(|id| store.known(id, i64::MAX));
    let numbers: Vec<_> = known()
        .filter(|entry| entry.class == "bruger")
        .filter_map(|entry| entry.content["relationer"]["tilknyttedepersoner"][0]["urn"].as_str())
        .collect();
    assert!(numbers.len() >= 300);
    assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), numbers.len());
    let at = crate::reader::micros("2020-01-01T12:00:00Z");
    let answerable = |entry: &&Entry| {
        let aspects = entry.ids("opgaver", at);
        let keys = aspects.iter().filter_map(|id| store.known(id, i64::MAX)?.property("brugervendtnoegle", at));
        keys.into_iter().any(|key| key == "ansvarlig")
    };
    let marks = store.functions("KLE", at, i64::MAX);
    let tasks: Vec<_> =
        marks.iter().copied().filter(answerable).flat_map(|mark| mark.ids("organisatoriskfunktionstype", at)).collect();
    assert!(tasks.len() > 5);
    assert_eq!(tasks.iter().collect::<HashSet<_>>().len(), tasks.len());
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    let all = |options: &Options| lines(options).expect("good options").collect::<Vec<_>>();
    let options = Options { people: 40, ..Options::default() };
    assert_eq!(all(&options), all(&options));
    assert_ne!(all(&options), all(&Options { seed: 43, ..options.clone() }));
}

#[test]
fn reviews_make_up_the_registrations_that_are_asked_for() {
    let store = Store::of(&Options { people: 40, registrations: 12_345, ..Options::default() });
    assert_eq!(store.entries.len(), 12_345);
    store.entries.iter().for_each(check_content);
    for indexes in store.objects.values() {
        assert!(indexes.windows(2).all(|pair| store.entries[pair[0]].registered < store.entries[pair[1]].registered));
    }
    let fewer = Store::of(&Options { people: 40, registrations: 10, ..Options::default() });
    assert!(fewer.entries.len() > 1000, "a history is never cut short");
}

#[test]
fn a_tenth_of_the_default_population_has_a_tenth_of_300_000_registrations() {
    assert!(lines(&Options { people: 600, ..Options::default() }).expect("good options").count() > 30_000);
}

#[test]
fn the_defaults_have_at_least_300_000_registrations() {
    assert!(lines(&Options::default()).expect("good options").count() > 300_000);
}
