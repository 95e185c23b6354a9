//! What is refused: each with its code, its place, and what would be accepted.

use lora_core::native::{SIZE_MAX, read_question};
use lora_core::oio::InputError;

use crate::{SCHEMA, class, document, read_filter};

/// The class that a filter is about, the filter, and of the refusal: code, path, a part of what is accepted.
type Case<'c> = (&'c str, &'c str, &'c str, &'c str, &'c str);

#[track_caller]
fn is_refused(error: &InputError, json: &str, code: &str, path: &str, accepted: &str) {
    assert_eq!((error.code, error.path.as_str()), (code, path), "{error}: {json}");
    assert!(error.accepted.contains(accepted), "{json}: {}", error.accepted);
    assert!(!error.message.is_empty() && error.message.len() < 1_500, "{}", error.message);
}

#[test]
fn filters() {
    const UNIT: &str = "organisation_unit";
    const FUNCTION: &str = "organisation_function";
    const UUID: &str = "5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c";
    let cases: &[Case<'_>] = &[
        // What an object says.
        (UNIT, "[]", "wrong_type", "", "type object"),
        (UNIT, "{}", "no_operator", "", r#"{"all": []}"#),
        (UNIT, r#"{"al":[]}"#, "unknown_member", "/al", "perhaps `all`"),
        (UNIT, r#"{"all":[],"any":[]}"#, "two_operators", "", "under `all` or `any`"),
        (UNIT, r#"{"all":{}}"#, "wrong_type", "/all", "type array"),
        (UNIT, r#"{"not":[]}"#, "wrong_type", "/not", "type object"),
        (UNIT, r#"{"all":[{"any":[{"not":{"x":1}}]}]}"#, "unknown_member", "/all/0/any/0/not/x", "`all`"),
        (UNIT, r#"{"note":"a","note_text":"b"}"#, "unknown_member", "/note_text", "`note`"),
        // Fields and their tests.
        (UNIT, r#"{"field":"user_kee","is":"x"}"#, "unknown_name", "/field", "perhaps `user_key`; one of"),
        (UNIT, r#"{"field":"brugervendtnoegle","is":"x"}"#, "unknown_name", "/field", "perhaps `user_key`"),
        (UNIT, r#"{"field":"activity","is":"x"}"#, "unknown_name", "/field", "`user_key`, `unit_name`"),
        (UNIT, r#"{"field":5,"is":"x"}"#, "wrong_type", "/field", "type string"),
        ("awkward", r#"{"field":"same","is":"x"}"#, "ambiguous_name", "/field", "`first.same`, `second.same`"),
        (UNIT, r#"{"field":"user_key"}"#, "missing_member", "", "`is` or `in` or `has`"),
        (UNIT, r#"{"field":"user_key","is":"x","like":"y"}"#, "two_tests", "", "one test in each object"),
        (UNIT, r#"{"field":"user_key","iz":"x"}"#, "unknown_member", "/iz", "perhaps `is`"),
        (UNIT, r#"{"field":"user_key","is":5}"#, "wrong_type", "/is", "type string"),
        (UNIT, r#"{"field":"user_key","is":null}"#, "wrong_type", "/is", "type string"),
        (UNIT, r#"{"field":"user_key","in":"x"}"#, "wrong_type", "/in", "type array"),
        (UNIT, r#"{"field":"user_key","in":["x",1]}"#, "wrong_type", "/in/1", "type string"),
        (UNIT, r#"{"field":"user_key","is_empty":"true"}"#, "wrong_type", "/is_empty", "type boolean"),
        (UNIT, r#"{"field":"user_key","like":"x\\"}"#, "unfinished_pattern", "/like", "for a backslash"),
        (FUNCTION, r#"{"field":"fraction","is":1.5}"#, "out_of_range", "/is", "2147483647"),
        (FUNCTION, r#"{"field":"fraction","less":"x"}"#, "wrong_type", "/less", "type integer"),
        (FUNCTION, r#"{"field":"fraction","like":"1%"}"#, "unfit_test", "/like", "`is`, `in`, `less`"),
        (FUNCTION, r#"{"field":"primary","greater":true}"#, "unfit_test", "/greater", "`is`, `in`, `is_empty`"),
        ("awkward", r#"{"field":"words","is":[{"kind":"x"}]}"#, "unknown_member", "/is/0/kind", "`identifier`"),
        // States.
        (UNIT, r#"{"state":"gyldighed","is":"active"}"#, "unknown_name", "/state", "perhaps `activity`"),
        (UNIT, r#"{"state":"activity","is":"Aktiv"}"#, "unknown_name", "/is", "perhaps `active`"),
        (UNIT, r#"{"state":"activity","in":["active","x"]}"#, "unknown_name", "/in/1", "`active`, `inactive`"),
        (UNIT, r#"{"state":"activity"}"#, "missing_member", "", "`is` or `in`"),
        // Relations.
        (UNIT, r#"{"relation":"parents","to":[]}"#, "unknown_name", "/relation", "perhaps `parent`"),
        (UNIT, r#"{"relation":"parent"}"#, "missing_member", "", "`to` or `is_empty` or `where`"),
        (UNIT, r#"{"relation":"parent","to":"x"}"#, "unreadable_uuid", "/to", "`urn:`"),
        (UNIT, r#"{"relation":"parent","to":["x"]}"#, "unreadable_uuid", "/to/0", "`urn:`"),
        (UNIT, r#"{"relation":"parent","to":[],"where":{"all":[]}}"#, "two_tests", "", "one test"),
        (UNIT, r#"{"relation":"parent","to":[],"steps":"many"}"#, "two_tests", "", "`to` alone, or `where`"),
        (UNIT, r#"{"relation":"parent","where":{"fild":"x"}}"#, "unknown_member", "/where/fild", "perhaps `field`"),
        (UNIT, r#"{"relation":"addresses","where":{"all":[]}}"#, "missing_member", "", "one of `"),
        (
            UNIT,
            r#"{"relation":"parent","class":"user","where":{"all":[]}}"#,
            "unfit_class",
            "/class",
            "`organisation_unit`",
        ),
        (UNIT, r#"{"relation":"parent","class":"unit","where":{"all":[]}}"#, "unknown_name", "/class", "`facet`"),
        (
            UNIT,
            r#"{"relation":"parent","where":{"all":[]},"reading":"all"}"#,
            "unknown_value",
            "/reading",
            "`present`, `rows`",
        ),
        (UNIT, r#"{"relation":"parent","where":{"all":[]},"from_itself":true}"#, "one_step", "/from_itself", "many"),
        (UNIT, r#"{"relation":"tasks","where":{"all":[]},"steps":"many"}"#, "unfit_class", "/steps", "within a class"),
        (UNIT, r#"{"relation":"parent","where":{"all":[]},"steps":"two"}"#, "unknown_value", "/steps", "`one`, `many`"),
        (UNIT, r#"{"referred_by":"unit","through":"x","where":{"all":[]}}"#, "unknown_name", "/referred_by", "`user`"),
        (UNIT, r#"{"referred_by":"user","where":{"all":[]}}"#, "missing_member", "", "`through`"),
        (
            UNIT,
            r#"{"referred_by":"user","through":"tasks","where":{"all":[]}}"#,
            "unfit_class",
            "/through",
            "associated_units",
        ),
        ("awkward", r#"{"relation":"either","where":{"all":[]}}"#, "missing_member", "", "one of `facet`, `awkward`"),
        // Ids, life cycles and the like.
        (UNIT, r#"{"id":"x"}"#, "unreadable_uuid", "/id", "5e2ae0f2-"),
        (UNIT, r#"{"id":["5e2ae0f25b334d8a9a20fd9f1a4e1b7c"]}"#, "unreadable_uuid", "/id/0", "5e2ae0f2-"),
        (UNIT, r#"{"any_relation":["x"]}"#, "wrong_type", "/any_relation", "type string"),
        (UNIT, r#"{"lifecycle":"Rettet"}"#, "unknown_value", "/lifecycle", "`corrected`"),
        (UNIT, r#"{"actor":[null]}"#, "wrong_type", "/actor/0", "type string"),
        // Time.
        (
            UNIT,
            r#"{"registered_in":{"from":"2025-03-12T09:00:00"}}"#,
            "no_offset",
            "/registered_in/from",
            "`2025-03-12T09:00:00+01:00` or `2025-03-12T09:00:00Z`",
        ),
        (
            UNIT,
            r#"{"registered_in":{"to":"2025-07-01"}}"#,
            "no_offset",
            "/registered_in/to",
            "`2025-07-01T00:00:00+02:00` or `2025-07-01T00:00:00Z`",
        ),
        (UNIT, r#"{"registered_in":{"to":"soon"}}"#, "unreadable_time", "/registered_in/to", "`infinity`"),
        (UNIT, r#"{"registered_in":{"to":null}}"#, "wrong_type", "/registered_in/to", "type string"),
        (UNIT, r#"{"registered_in":{"form":"infinity"}}"#, "unknown_member", "/registered_in/form", "perhaps `from`"),
        (UNIT, r#"{"registered_in":"now"}"#, "wrong_type", "/registered_in", "`always`"),
        (UNIT, r#"{"registered_in":"never"}"#, "empty_window", "/registered_in", "`always`"),
        (
            UNIT,
            r#"{"registered_in":{"from":"2025-01-01T00:00:00Z","to":"2025-01-01T00:00:00Z"}}"#,
            "empty_window",
            "/registered_in",
            "after `from`",
        ),
        (
            UNIT,
            r#"{"registered_in":{"from":"2025-01-01T00:00:00Z","to":"2024-01-01T00:00:00Z"}}"#,
            "reversed_window",
            "/registered_in",
            "after `from`",
        ),
        (UNIT, r#"{"registered_in":{"from":"infinity"}}"#, "empty_window", "/registered_in", "after `from`"),
        (UNIT, r#"{"changed_in":{},"part":"name"}"#, "unknown_name", "/part", "`properties`"),
        (UNIT, r#"{"first_known_in":{}}"#, "missing_member", "", "`where`"),
        (UNIT, r#"{"as_known":"infinity","where":{"all":[]}}"#, "unreadable_time", "/as_known", "`latest`"),
        (
            UNIT,
            r#"{"as_known":"2025-01-01T00:00:00+0100","where":{"all":[]}}"#,
            "unreadable_time",
            "/as_known",
            "+01:00",
        ),
        (UNIT, r#"{"sometime":{},"throughout":{},"where":{"all":[]}}"#, "two_operators", "", "under `all`"),
        (UNIT, r#"{"throughout":[],"where":{"all":[]}}"#, "wrong_type", "/throughout", "`from`"),
        (UNIT, r#"{"periods_of":{"all":[]},"stand":"within","to":{}}"#, "unknown_value", "/stand", "`during`"),
        (UNIT, r#"{"periods_of":{"all":[]},"stand":["during"]}"#, "missing_member", "", "`to` or `to_periods_of`"),
        (UNIT, r#"{"periods_of":{"all":[]},"to":{}}"#, "missing_member", "", "`stand`"),
    ];
    for (name, json, code, path, accepted) in cases {
        match read_filter(class(name), &json.replace("UUID", UUID)) {
            Ok(filter) => panic!("{json} was read as {filter:?}"),
            Err(error) => is_refused(&error, json, code, path, accepted),
        }
    }
}

#[test]
fn queries() {
    let cases = [
        ("[]", "wrong_type", "", "type object"),
        (r#"{"where":{"all":[]}}"#, "missing_member", "", "`class`"),
        (r#"{"class":"facets"}"#, "unknown_name", "/class", "perhaps `facet`; one of"),
        (r#"{"class":"klasse"}"#, "unknown_name", "/class", "perhaps `class`; one of"),
        (r#"{"class":"facet","filter":{}}"#, "unknown_member", "/filter", "`where`"),
        (r#"{"class":"facet","valid_from":"x"}"#, "unknown_member", "/valid_from", "`valid`"),
        (r#"{"class":"facet","known":"now"}"#, "unreadable_time", "/known", "`latest`"),
        (r#"{"class":"facet","known":{"from":"2025-01-01"}}"#, "no_offset", "/known/from", "2025-01-01T00:00:00Z"),
        (r#"{"class":"facet","valid":"2025-01-01T00:00:00"}"#, "no_offset", "/valid", "2025-01-01T00:00:00Z"),
        (r#"{"class":"facet","valid":5}"#, "wrong_type", "/valid", "`always`"),
        (r#"{"class":"facet","reading":"presence"}"#, "unknown_value", "/reading", "perhaps `present`"),
        (r#"{"class":"facet","where":{}}"#, "no_operator", "/where", r#"{"all": []}"#),
        (r#"{"class":"facet","order":"user_key"}"#, "wrong_type", "/order", "type array"),
        (r#"{"class":"facet","order":["userkey"]}"#, "unknown_name", "/order/0", "perhaps `user_key`"),
        (r#"{"class":"facet","order":["publication"]}"#, "unknown_name", "/order/0", "`user_key`"),
        (r#"{"class":"class","order":["keywords"]}"#, "unfit_field", "/order/0", "texts, numbers or booleans"),
        (
            r#"{"class":"facet","order":[{"by":"user_key","desc":true}]}"#,
            "unknown_member",
            "/order/0/desc",
            "`descending`",
        ),
        (r#"{"class":"facet","order":[{"descending":true}]}"#, "missing_member", "/order/0", "`by`"),
        (
            r#"{"class":"facet","order":["plan","plan","plan","plan","plan","plan","plan","plan","plan"]}"#,
            "too_many_parts",
            "/order",
            "at most 8",
        ),
        (r#"{"class":"facet","limit":0}"#, "out_of_range", "/limit", "from 1 to 10000"),
        (r#"{"class":"facet","limit":10001}"#, "out_of_range", "/limit", "from 1 to 10000"),
        (r#"{"class":"facet","limit":"10"}"#, "out_of_range", "/limit", "from 1 to 10000"),
        (r#"{"class":"facet","after":5}"#, "wrong_type", "/after", "type string"),
        (r#"{"class":"facet","show":"all"}"#, "unknown_value", "/show", "`ids`, `points`, `objects`"),
        (r#"{"class":"facet","count":1}"#, "wrong_type", "/count", "type boolean"),
        (r#"{"class":"facet","group_by":"owner"}"#, "not_counted", "/group_by", "count"),
        (r#"{"class":"facet","count":true,"group_by":"ejer"}"#, "unknown_name", "/group_by", "perhaps `owner`"),
        (r#"{"class":"facet","count":true,"limit":5}"#, "counted", "/limit", "without it"),
    ];
    for (json, code, path, accepted) in cases {
        match read_question(&SCHEMA, &document(json)) {
            Ok(question) => panic!("{json} was read as {question:?}"),
            Err(error) => is_refused(&error, json, code, path, accepted),
        }
    }
}

#[test]
fn questions_that_are_too_large() {
    let facet = class("facet");
    let list = |count: usize| format!("[{}]", vec!["\"x\""; count].join(","));
    let values = |count| format!(r#"{{"any":[{{"all":[]}},{{"field":"plan","in":{}}}]}}"#, list(count));
    assert!(read_filter(facet, &values(SIZE_MAX - 3)).is_ok());
    let error = read_filter(facet, &values(SIZE_MAX - 2)).unwrap_err();
    is_refused(&error, "values", "too_many_parts", "/any/1/in", "at most 1000");
    let operators = format!(r#"{{"any":[{}]}}"#, vec![r#"{"all":[]}"#; SIZE_MAX].join(","));
    let error = read_filter(facet, &operators).unwrap_err();
    is_refused(&error, "operators", "too_many_parts", "/any/999", "at most 1000");
}
