//! Queries as arguments of a query string.

use lora_core::native::{Question, read_arguments, read_question, write_question};
use lora_core::oio::InputError;

use crate::{SCHEMA, class, document};

fn read(name: &str, arguments: &[(&str, &str)]) -> Result<Question, InputError> {
    let owned: Vec<_> = arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    read_arguments(&SCHEMA, class(name), &owned)
}

#[track_caller]
fn asks(name: &str, arguments: &[(&str, &str)], json: &str) {
    let read = read(name, arguments).unwrap_or_else(|error| panic!("{error}: {arguments:?}"));
    assert_eq!(read_question(&SCHEMA, &document(json)).as_ref(), Ok(&read), "{arguments:?}");
}

#[test]
fn arguments_must_all_hold_and_one_of_the_values_of_each() {
    asks(
        "organisation_unit",
        &[("user_key", "a"), ("activity", "active"), ("user_key", "b"), ("unit_name.prefix", "Øko%")],
        r#"{"class":"organisation_unit","where":{"all":[
            {"field":"user_key","in":["a","b"]},
            {"state":"activity","is":"active"},
            {"field":"unit_name","prefix":"Øko%"}]}}"#,
    );
    asks(
        "organisation_function",
        &[
            ("fraction.at_least", "-5"),
            ("extensions.primary", "true"),
            ("relations.primary", "urn:x"),
            ("associated_units", "00000000-0000-4000-8000-000000000001"),
            ("associated_units", "00000000-0000-4000-8000-000000000002"),
            ("tasks.is_empty", "true"),
            ("extension_1.is_empty", "false"),
        ],
        r#"{"class":"organisation_function","where":{"all":[
            {"field":"fraction","at_least":-5},
            {"field":"extensions.primary","is":true},
            {"relation":"primary","to":"urn:x"},
            {"relation":"associated_units","to":["00000000-0000-4000-8000-000000000001","00000000-0000-4000-8000-000000000002"]},
            {"relation":"tasks","is_empty":true},
            {"field":"extension_1","is_empty":false}]}}"#,
    );
    asks(
        "awkward",
        &[
            ("note", "a%"),
            ("first.note", "a%"),
            ("first.joined", "x"),
            ("words.contains", "y"),
            ("states.mood", "good"),
        ],
        r#"{"class":"awkward","where":{"all":[
            {"note":"a%"},{"field":"note","is":"a%"},{"field":"first.joined","has":"x"},
            {"field":"words","contains":"y"},{"state":"mood","is":"good"}]}}"#,
    );
    asks(
        "facet",
        &[
            ("id", "00000000-0000-4000-8000-000000000001"),
            ("lifecycle", "deleted"),
            ("any_text", "x"),
            ("any_text", "y"),
        ],
        r#"{"class":"facet","where":{"all":[
            {"id":"00000000-0000-4000-8000-000000000001"},{"lifecycle":"deleted"},{"any":[{"any_text":"x"},{"any_text":"y"}]}]}}"#,
    );
}

#[test]
fn the_rest_is_about_the_answer() {
    asks(
        "facet",
        &[
            ("known", "2025-01-01T00:00:00Z"),
            ("valid_from", "2025-01-01T00:00:00+01:00"),
            ("reading", "rows"),
            ("order", "user_key,-properties.plan"),
            ("limit", "7"),
            ("after", "x"),
            ("show", "points"),
        ],
        r#"{"class":"facet","known":"2025-01-01T00:00:00Z","valid":{"from":"2024-12-31T23:00:00Z"},"reading":"rows",
            "where":{"all":[]},"order":["user_key",{"by":"plan","descending":true}],"limit":7,"after":"x","show":"points"}"#,
    );
    asks(
        "facet",
        &[("known_from", "-infinity"), ("valid", "always"), ("count", "true"), ("group_by", "publication")],
        r#"{"class":"facet","known":"always","valid":"always","count":true,"group_by":"publication"}"#,
    );
    asks("facet", &[("known", "latest"), ("valid", "now"), ("count", "false")], r#"{"class":"facet"}"#);
    let mut json = Vec::new();
    write_question(&mut json, &SCHEMA, &read("facet", &[]).unwrap());
    let json = String::from_utf8(json).unwrap();
    let expected =
        r#"{"class":"facet","known":"latest","valid":"now","reading":"present","where":{"all":[]},"show":"ids"}"#;
    assert_eq!(json, expected);
}

/// A class, the arguments, and of the refusal: code, path, a part of what is accepted.
type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c str, &'c str, &'c str);

#[test]
fn what_is_no_argument_is_refused() {
    const FUNCTION: &str = "organisation_function";
    let cases: &[Case<'_>] = &[
        ("facet", &[("userkey", "x")], "unknown_argument", "?userkey", "perhaps `user_key`"),
        ("facet", &[("brugervendtnoegle", "x")], "unknown_argument", "?brugervendtnoegle", "perhaps `user_key`"),
        ("facet", &[("know", "x")], "unknown_argument", "?know", "perhaps `known`"),
        ("facet", &[("user_key.in", "x")], "unknown_argument", "?user_key.in", "`user_key`"),
        ("facet", &[("user_key.begins", "x")], "unknown_argument", "?user_key.begins", "with a test such as"),
        ("facet", &[("usr.like", "x")], "unknown_name", "?usr.like", "`user_key`"),
        (FUNCTION, &[("primary", "true")], "ambiguous_name", "?primary", "`extensions.primary`, `relations.primary`"),
        (FUNCTION, &[("primary.is", "true")], "ambiguous_name", "?primary.is", "`relations.primary`"),
        (FUNCTION, &[("fraction", "x")], "wrong_type", "?fraction", "type integer"),
        (FUNCTION, &[("extensions.primary", "1")], "wrong_type", "?extensions.primary", "type boolean"),
        (FUNCTION, &[("fraction.like", "1")], "unfit_test", "?fraction.like", "`less`"),
        (FUNCTION, &[("tasks.like", "1")], "unfit_test", "?tasks.like", "`is_empty`"),
        (FUNCTION, &[("tasks", "1")], "unreadable_uuid", "?tasks", "`urn:`"),
        ("facet", &[("publication.like", "p%")], "unfit_test", "?publication.like", "`is`"),
        ("facet", &[("publication", "Publiceret")], "unknown_name", "?publication", "perhaps `published`"),
        ("it_system", &[("configuration_references.is", "a")], "unfit_test", "?configuration_references.is", "`has`"),
        ("facet", &[("user_key.is_empty", "yes")], "wrong_type", "?user_key.is_empty", "type boolean"),
        ("facet", &[("user_key.like", "\\")], "unfinished_pattern", "?user_key.like", "backslash"),
        ("facet", &[("id", "1")], "unreadable_uuid", "?id", "5e2ae0f2-"),
        ("facet", &[("lifecycle", "x")], "unknown_value", "?lifecycle", "`created`"),
        ("facet", &[("limit", "1"), ("limit", "2")], "given_twice", "?limit", "once"),
        ("facet", &[("limit", "ten")], "out_of_range", "?limit", "from 1 to 10000"),
        ("facet", &[("order", "user_key,")], "unknown_name", "?order", "`user_key`"),
        ("facet", &[("count", "yes")], "wrong_type", "?count", "type boolean"),
        ("facet", &[("group_by", "owner")], "not_counted", "?group_by", "count"),
        ("facet", &[("count", "true"), ("order", "plan")], "counted", "?order", "without it"),
        ("facet", &[("known", "2025-01-01")], "no_offset", "?known", "`2025-01-01T00:00:00+01:00` or"),
        ("facet", &[("valid", "2025-03-12T09:00:00 01:00")], "unreadable_time", "?valid", "`now`"),
        ("facet", &[("valid", "now"), ("valid_to", "infinity")], "conflicting_times", "?valid", "`valid_from`"),
        (
            "facet",
            &[("valid_from", "2025-01-01T00:00:00Z"), ("valid_to", "2024-01-01T00:00:00Z")],
            "reversed_window",
            "?valid_to",
            "after `from`",
        ),
        ("facet", &[("known_from", "x")], "unreadable_time", "?known_from", "`infinity`"),
    ];
    for (class, arguments, code, path, accepted) in cases {
        match read(class, arguments) {
            Ok(question) => panic!("{arguments:?} was read as {question:?}"),
            Err(error) => {
                assert_eq!((error.code, error.path.as_str()), (*code, *path), "{error}: {arguments:?}");
                assert!(error.accepted.contains(accepted), "{arguments:?}: {}", error.accepted);
            }
        }
    }
}
