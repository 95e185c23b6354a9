//! What is read: the forms that stand for others, and what is written in their place.

use lora_core::native::{Question, Valid, Wants, read_question};
use lora_core::query::{Known, Reading};
use lora_core::time::Period;

use crate::{SCHEMA, class, document, read_filter, written};

#[track_caller]
fn stands_for(name: &str, json: &str, canonical: &str) {
    let class = class(name);
    let filter = read_filter(class, json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(written(class, &filter), canonical, "{json}");
    assert_eq!(read_filter(class, canonical).as_ref(), Ok(&filter), "{canonical}");
}

#[test]
fn texts_are_looked_for_by_patterns_of_which_the_special_characters_are_escaped() {
    let unit = |json: &str, canonical: &str| stands_for("organisation_unit", json, canonical);
    unit(r#"{"field":"unit_name","prefix":"100%\\"}"#, r#"{"field":"unit_name","like":"100\\%\\\\%"}"#);
    unit(r#"{"contains":"a","field":"properties.unit_name"}"#, r#"{"field":"unit_name","like":"%a%"}"#);
    unit(r#"{"field":"unit_name","like":"%a"}"#, r#"{"field":"unit_name","like":"%a"}"#);
}

#[test]
fn one_value_needs_no_list_and_one_of_several_is_any() {
    let unit = |json: &str, canonical: &str| stands_for("organisation_unit", json, canonical);
    unit(r#"{"state":"activity","in":["active"]}"#, r#"{"state":"activity","is":"active"}"#);
    unit(r#"{"lifecycle":["deleted"]}"#, r#"{"lifecycle":"deleted"}"#);
    unit(
        r#"{"field":"user_key","in":["a","b"]}"#,
        r#"{"any":[{"field":"user_key","is":"a"},{"field":"user_key","is":"b"}]}"#,
    );
    unit(r#"{"field":"user_key","is_empty":true}"#, r#"{"not":{"field":"user_key","is_empty":false}}"#);
    unit(
        r#"{"relation":"parent","is_empty":true,"type":"x"}"#,
        r#"{"not":{"relation":"parent","is_empty":false,"type":"x"}}"#,
    );
    unit(r#"{"relation":"parent","to":["urn:x",null]}"#, r#"{"relation":"parent","to":["urn:x",null]}"#);
}

#[test]
fn a_join_names_its_class_unless_the_relation_leads_to_one_only() {
    stands_for(
        "organisation_unit",
        r#"{"relation":"parent","steps":"many","where":{"all":[]}}"#,
        r#"{"relation":"parent","class":"organisation_unit","steps":"many","where":{"all":[]}}"#,
    );
    stands_for(
        "organisation_unit",
        r#"{"referred_by":"organisation_function","through":"associated_units","reading":"present","steps":"one","where":{"relation":"associated_users","where":{"field":"full_name","is":"A"}}}"#,
        r#"{"referred_by":"organisation_function","through":"associated_units","where":{"relation":"associated_users","class":"user","where":{"field":"full_name","is":"A"}}}"#,
    );
}

#[test]
fn parts_that_share_a_name_have_longer_ones() {
    let awkward = |json: &str, canonical: &str| stands_for("awkward", json, canonical);
    awkward(r#"{"field":"second.same","is":3.0}"#, r#"{"field":"second.same","is":3}"#);
    awkward(r#"{"field":"derived.joined","is":"x"}"#, r#"{"field":"derived.joined","is":"x"}"#);
    awkward(r#"{"field":"mood","is":"x"}"#, r#"{"field":"mood","is":"x"}"#);
    awkward(r#"{"changed_in":{},"part":"states.mood"}"#, r#"{"changed_in":"always","part":"states.mood"}"#);
    awkward(r#"{"changed_in":{},"part":"attributes.first"}"#, r#"{"changed_in":"always","part":"attributes.first"}"#);
    awkward(r#"{"changed_in":{},"part":"relations.same"}"#, r#"{"changed_in":"always","part":"relations.same"}"#);
    awkward(
        r#"{"field":"words","is":[{"identifier":"b"},{"category":"c"}]}"#,
        r#"{"field":"words","is":[{"identifier":"","description":"","category":"c"},{"identifier":"b","description":"","category":""}]}"#,
    );
}

#[test]
fn bounds_that_are_missing_are_infinite_and_instants_are_written_in_utc() {
    stands_for(
        "facet",
        r#"{"sometime":{"from":"-infinity","to":"2025-03-12T09:00:00+01:00"},"where":{"note":"x"}}"#,
        r#"{"sometime":{"to":"2025-03-12T08:00:00Z"},"where":{"note":"x"}}"#,
    );
    stands_for(
        "facet",
        r#"{"throughout":{},"where":{"as_known":"latest","where":{"actor":[]}}}"#,
        r#"{"throughout":"always","where":{"as_known":"latest","where":{"actor":[]}}}"#,
    );
}

#[test]
fn a_query_has_defaults_for_everything_but_its_class() {
    let facet = class("facet");
    let read = read_question(&SCHEMA, &document(r#"{"class":"facet"}"#)).unwrap();
    let filter = lora_core::query::Filter::EVERYWHERE;
    let select = lora_core::query::Selection { class: facet.id, reading: Reading::Present, filter };
    assert_eq!(read, Question::of(select));
    let json =
        r#"{"class":"facet","known":{"from":"2025-01-01T00:00:00Z"},"valid":"always","count":true,"group_by":"owner"}"#;
    let read = read_question(&SCHEMA, &document(json)).unwrap();
    assert!(matches!(read.when.known, Known::During(Some(_))));
    assert_eq!(read.when.valid, Valid::During(Some(Period::ALWAYS)));
    assert!(matches!(read.wants, Wants::Count(Some(_))));
}

#[test]
fn the_seeds_of_fuzzing_are_queries_and_filters() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/query_json");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 4);
    for file in files {
        let json = std::fs::read_to_string(&file).unwrap();
        let question = read_question(&SCHEMA, &document(&json)).map(drop);
        let filter = read_filter(class("organisation_unit"), &json).map(drop);
        assert!(question.is_ok() || filter.is_ok(), "{}: {question:?}, {filter:?}", file.display());
    }
}
