//! What is read, what is refused, and where the refusal points.

use proptest::prelude::*;

use super::*;

fn refused(json: impl AsRef<[u8]>) -> DocumentError {
    Document::parse(json.as_ref()).expect_err("the document should have been refused")
}

fn kind(json: impl AsRef<[u8]>) -> DocumentErrorKind {
    refused(json).kind
}

#[test]
fn everything_json_has_is_read() {
    let text = r#"{"ø":null,"b":[true,false],"n":[0,-1,18446744073709551615,1.5,1e300],"t":"a\"\\\n😀","e":{},"l":[]}"#;
    let document = Document::parse(text.as_bytes()).unwrap();
    assert_eq!(document.to_string(), text.replace("1e300", "1e+300"));
    let types: Vec<_> = document.as_members().unwrap().iter().map(|(_, value)| value.type_name()).collect();
    assert_eq!(types, ["null", "array", "array", "string", "object", "array"]);
    assert_eq!(Document::parse(br#" "\ud83d\ude00" "#).unwrap(), Document::Text("😀".into()));
    assert_eq!(Document::parse(b"-7").unwrap().as_integer(), Some(-7));
    assert_eq!(Document::parse(b"7.0").unwrap().as_integer(), None);
    assert_eq!(document.member("missing"), None);
    assert_eq!(Document::Null.member("a"), None);
}

#[test]
fn members_keep_their_order() {
    let names: Vec<String> = (0..100).rev().map(|n| format!("m{n}")).collect();
    let json = format!("{{{}}}", names.iter().map(|name| format!("{name:?}:1")).collect::<Vec<_>>().join(","));
    let document = Document::parse(json.as_bytes()).unwrap();
    let read: Vec<_> = document.as_members().unwrap().iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(read, names);
}

#[test]
fn a_member_given_twice_is_refused_however_it_is_spelt() {
    let error = refused(br#"{"x": {"a/b~c": 1, "a\/b~\u0063": 2}}"#);
    assert_eq!((error.kind, error.path.as_str()), (DocumentErrorKind::DuplicateMember, "/x/a~1b~0c"));
    assert_eq!(
        error.to_string(),
        "a member given twice at `/x/a~1b~0c` (line 1, column 32); expected every name once in an object"
    );
    assert!(Document::parse(br#"[{"a": 1}, {"a": 1}, {"A": 1}]"#).is_ok());
}

#[test]
fn a_hundred_thousand_members_are_read_in_linear_time_and_the_last_duplicate_is_found() {
    let mut json: String = (0..100_000).map(|n| format!("\"m{n}\":0,")).collect();
    json.insert(0, '{');
    assert!(Document::parse(format!("{json}\"last\":0}}").as_bytes()).is_ok());
    let error = refused(format!("{json}\"m12\":0}}"));
    assert_eq!((error.kind, error.path.as_str()), (DocumentErrorKind::DuplicateMember, "/m12"));
}

#[test]
fn nul_is_refused_in_texts_and_names() {
    let error = refused(br#"{"a": ["x", "y\u0000z"]}"#);
    assert_eq!((error.kind, error.path.as_str()), (DocumentErrorKind::Nul, "/a/1"));
    assert_eq!(error.found.as_deref(), Some(r#""y\u0000z""#));
    let error = refused(br#"{"a": {"b\u0000": 1}}"#);
    assert_eq!((error.kind, error.path.as_str()), (DocumentErrorKind::Nul, "/a"), "the object whose member it is");
    assert_eq!(kind(b"\"a\0b\""), DocumentErrorKind::Syntax, "a control character must be escaped");
}

#[test]
fn halves_of_surrogate_pairs_are_refused() {
    for text in [r"\ud800", r"\udc00", r"\ud800x", r"\ud800\n", r"\ud800\ud800", r"\ud800A", r"\udc00\ud800"] {
        let error = refused(format!(r#"{{"a": "{text}"}}"#));
        assert_eq!((error.kind, error.path.as_str()), (DocumentErrorKind::LoneSurrogate, "/a"), "{text}");
        assert_eq!(kind(format!(r#"{{"{text}": 1}}"#)), DocumentErrorKind::LoneSurrogate, "{text} in a name");
    }
}

#[test]
fn invalid_utf_8_is_refused_with_its_place() {
    let error = refused(b"{\n \"a\": \"\xff\"}");
    assert_eq!(error.kind, DocumentErrorKind::InvalidUtf8);
    assert_eq!(error.position, Some(Position { line: 2, column: 8 }));
    assert_eq!(error.found.as_deref(), Some("byte 0xFF"));
    assert_eq!(kind(b"\"\xed\xa0\x80\""), DocumentErrorKind::InvalidUtf8, "a surrogate written in UTF-8");
    assert_eq!(kind(b"\"\xc3"), DocumentErrorKind::InvalidUtf8);
}

#[test]
fn what_is_no_json_is_refused_with_path_and_place() {
    let error = refused(b"{\"a\": [1,\n  2 3]}");
    assert_eq!((error.kind, error.path.as_str()), (DocumentErrorKind::Syntax, "/a/2"));
    assert_eq!(error.position, Some(Position { line: 2, column: 5 }));
    assert_eq!(error.found.as_deref(), Some("`  2 3`"));
    for json in
        ["{} x", "{}{}", "1 2", "[1,]", "{\"a\":1,}", "{a:1}", "'x'", "NaN", "Infinity", "01", "+1", ".5", "\u{feff}{}"]
    {
        assert_eq!(kind(json), DocumentErrorKind::Syntax, "{json}");
    }
    for json in ["", "  ", "{", "[1", "\"x", "{\"a\":", "tru"] {
        assert_eq!(kind(json), DocumentErrorKind::UnexpectedEnd, "{json}");
    }
}

#[test]
fn numbers_no_double_holds_are_refused() {
    let error = refused(br#"{"a": [1e400]}"#);
    assert_eq!((error.kind, error.path.as_str()), (DocumentErrorKind::NumberOutOfRange, "/a/0"));
    assert_eq!(kind(format!("-1{}", "0".repeat(400))), DocumentErrorKind::NumberOutOfRange);
    assert!(Document::parse(b"1e-400").is_ok(), "too small is zero");
}

#[test]
fn thirty_two_levels_are_read_and_no_more() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(Document::parse(nested(DEPTH_MAX).as_bytes()).is_ok());
    let error = refused(nested(DEPTH_MAX + 1));
    assert_eq!((error.kind, error.path.as_str()), (DocumentErrorKind::TooDeep, "/0".repeat(32).as_str()));
    let objects = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    assert!(Document::parse(objects(DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(kind(objects(DEPTH_MAX + 1)), DocumentErrorKind::TooDeep);
    assert_eq!(kind("[".repeat(1_000_000)), DocumentErrorKind::TooDeep, "refused before the stack is used up");
}

#[test]
fn shortened_values_have_at_most_eighty_characters() {
    assert_eq!(Document::Text("å".into()).shortened(), "\"å\"");
    let exactly = Document::Text("å".repeat(78));
    assert_eq!(exactly.shortened(), exactly.to_string());
    for character in ["å", "😀", "\n", "\""] {
        let shortened = Document::List(vec![Document::Text(character.repeat(1_000)); 100]).shortened();
        assert_eq!(shortened.chars().count(), 80, "{shortened}");
        assert!(shortened.ends_with('…') && !shortened.contains('\u{fffd}'), "{shortened}");
    }
}

fn texts() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.replace('\0', ""))
}

fn documents() -> impl Strategy<Value = Document> {
    let leaf = prop_oneof![
        Just(Document::Null),
        any::<bool>().prop_map(Document::Bool),
        any::<i64>().prop_map(|n| Document::Number(n.into())),
        any::<u64>().prop_map(|n| Document::Number(n.into())),
        any::<f64>().prop_filter_map("finite", |n| Number::from_f64(n).map(Document::Number)),
        texts().prop_map(Document::Text),
    ];
    leaf.prop_recursive(5, 64, 20, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..20).prop_map(Document::List),
            proptest::collection::hash_map(texts(), inner, 0..20)
                .prop_map(|members| Document::Members(members.into_iter().collect())),
        ]
    })
}

/// Bytes that nearly are JSON.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"{", b"}", b"[", b"]", b",", b":", b"\"a\"", b"\"", b"\\u0000", b"\\ud83d", b"\\", b"1", b"-", b"e9999", b".",
        b"null", b"\n", b" ", b"\xc3", b"\xa5", b"\xff", b"\0",
    ];
    proptest::collection::vec(proptest::sample::select(pieces), 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_shown_is_read_back(document in documents()) {
        prop_assert!(document.shortened().chars().count() <= 80);
        prop_assert_eq!(Document::parse(document.to_string().as_bytes()), Ok(document));
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop_oneof![any::<Vec<u8>>(), nearly_json()]) {
        if let Err(error) = Document::parse(&bytes) {
            prop_assert!(!error.to_string().is_empty());
            let as_serde_sees_it: Result<serde_json::Value, _> = serde_json::from_slice(&bytes);
            let stricter = [DocumentErrorKind::Nul, DocumentErrorKind::DuplicateMember, DocumentErrorKind::TooDeep];
            prop_assert!(as_serde_sees_it.is_err() || stricter.contains(&error.kind));
        }
    }
}
