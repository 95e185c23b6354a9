//! What a register says of mistakes: what, where, and what would be accepted; and that nothing is stored.

use std::sync::Arc;

use lora_core::ErrorKind;
use lora_core::register::{Fields, Register, RegisterError};
use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field, FieldType, NameError};
use lora_core::storage::MemoryStore;
use lora_core::time::{ManualClock, Timestamp, ValidTime};
use pollster::block_on;
use uuid::{Uuid, uuid};

const CASE: Uuid = uuid!("00000000-0000-4000-8000-000000000001");
const OTHER: Uuid = uuid!("00000000-0000-4000-8000-000000000002");

fn declared() -> Vec<ClassDeclaration> {
    let case = ClassDeclaration::new("case")
        .group("properties", [Field::text("number").mandatory(), Field::text("title"), Field::integer("weight")])
        .group("closing", [Field::boolean("appeal"), Field::text("title").on_wire("closing_title")])
        .state("status", ["open", "closed"])
        .to_one("unit", []);
    vec![case, ClassDeclaration::new("unit").group("properties", [Field::texts("names")])]
}

async fn opened() -> Register<MemoryStore> {
    let clock = Arc::new(ManualClock::at(1_577_836_800_000_000).unwrap());
    Register::open(MemoryStore::new(clock.clone()), declared(), clock, || [0; 16]).await.unwrap()
}

fn numbered() -> Fields {
    Fields::new().set("number", "20-1")
}

/// The message with its causes.
fn said(error: &RegisterError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[test]
fn every_mistake_is_named_and_stores_nothing() {
    block_on(async {
        let register = opened().await;
        register.create("case", CASE, numbered()).await.unwrap();
        register.create("case", OTHER, numbered()).await.unwrap();
        register.delete("case", OTHER).await.unwrap();
        let position = register.position().await.unwrap();
        let before: Timestamp<ValidTime> = "2000-01-01T00:00:00Z".parse().unwrap();

        let update = async |fields| register.update("case", CASE, fields).await;
        let new = Fields::new;
        let mistakes = [
            (
                register.put("cases", CASE, new()).await,
                ErrorKind::Invalid,
                "there is no class `cases` (did you mean `case`?): there is `case` and `unit`",
            ),
            (
                update(new().set("nubmer", "x")).await,
                ErrorKind::Invalid,
                "`case` has no field `nubmer` (did you mean `number`?): it has `number`, `properties.title`, `weight`, `appeal` \
              and `closing.title`",
            ),
            (
                update(new().set("title", "x")).await,
                ErrorKind::Invalid,
                "`title` of `case` may be `properties.title` or `closing.title`: say which",
            ),
            (
                update(new().set("weight", "heavy")).await,
                ErrorKind::Invalid,
                "`weight` of `case` holds a whole number, not a text",
            ),
            (
                update(new().set("closing.title", ["a", "b"])).await,
                ErrorKind::Invalid,
                "`closing.title` of `case` holds a text, not a list of texts",
            ),
            (
                update(new().clear("wait")).await,
                ErrorKind::Invalid,
                "`case` has no field `wait`: it has `number`, `properties.title`, `weight`, `appeal` \
              and `closing.title`",
            ),
            (
                update(new().state("state", "open")).await,
                ErrorKind::Invalid,
                "`case` has no state `state` (did you mean `status`?): it has `status`",
            ),
            (
                update(new().state("status", "shut")).await,
                ErrorKind::Invalid,
                "`case.status` has no value `shut`: it has `open` and `closed`",
            ),
            (
                update(new().relate("parent", OTHER)).await,
                ErrorKind::Invalid,
                "`case` has no relation `parent`: it has `unit`",
            ),
            (
                register.put("unit", CASE, new().relate("case", CASE)).await,
                ErrorKind::Invalid,
                "`unit` has no relation `case`: it has none at all",
            ),
            (
                update(new().relate("unit", CASE).relate("unit", OTHER)).await,
                ErrorKind::Invalid,
                "`unit` of `case` points at one object at a time, and 2 were given",
            ),
            (
                update(new().set("weight", 3).valid(before..before)).await,
                ErrorKind::Invalid,
                "[2000-01-01T00:00:00Z, 2000-01-01T00:00:00Z) is empty: the end must be later than the beginning",
            ),
            (
                update(new().set("weight", 3).until(before)).await,
                ErrorKind::Invalid,
                "[2020-01-01T00:00:00.000003Z, 2000-01-01T00:00:00Z) is empty: the end must be later than the beginning",
            ),
            (
                register.put("case", CASE, new().set("weight", 3)).await,
                ErrorKind::Invalid,
                "a `case` needs a value for `number`",
            ),
            (
                register.create("case", Uuid::nil(), new().clear("number")).await,
                ErrorKind::Invalid,
                "a `case` needs a value for `number`",
            ),
            (
                register.create("case", CASE, numbered()).await,
                ErrorKind::Conflict,
                "there is or was a `case` 00000000-0000-4000-8000-000000000001: update it, or put it anew",
            ),
            (
                register.create("case", OTHER, numbered()).await,
                ErrorKind::Conflict,
                "there is or was a `case` 00000000-0000-4000-8000-000000000002: update it, or put it anew",
            ),
            (
                register.update("case", Uuid::nil(), numbered()).await,
                ErrorKind::NotFound,
                "there is no `case` 00000000-0000-0000-0000-000000000000",
            ),
            (
                register.delete("case", Uuid::nil()).await,
                ErrorKind::NotFound,
                "there is no `case` 00000000-0000-0000-0000-000000000000",
            ),
            (
                register.update("case", OTHER, numbered()).await,
                ErrorKind::Conflict,
                "the `case` 00000000-0000-4000-8000-000000000002 is deleted: put it anew to bring it back",
            ),
            (
                update(new().set("weight", 3).from(before)).await,
                ErrorKind::Invalid,
                "the `case` 00000000-0000-4000-8000-000000000001 would not be sound: properties has no number during \
              [2000-01-01T00:00:00Z, 2020-01-01T00:00:00Z)",
            ),
            (update(new().clear("number")).await, ErrorKind::Invalid, "a `case` needs a value for `number`"),
            (
                update(new().set("number", "20\0")).await,
                ErrorKind::Invalid,
                "the `case` 00000000-0000-4000-8000-000000000001 would not be sound: a text holds a NUL character",
            ),
        ];
        for (result, kind, text) in mistakes {
            let error = result.expect_err(text);
            assert_eq!((said(&error).as_str(), error.kind()), (text, kind));
        }
        assert_eq!(register.position().await.unwrap(), position, "nothing was stored");
    });
}

#[test]
fn a_value_asked_for_by_a_wrong_name_or_type_is_an_error_and_not_none() {
    block_on(async {
        let register = opened().await;
        register.put("case", CASE, numbered().set("weight", 3).set("appeal", true)).await.unwrap();
        let case = register.get("case", CASE).await.unwrap().unwrap();
        assert_eq!(case.class(), "case");
        assert_eq!((case.integer("weight"), case.boolean("appeal")), (Ok(Some(3)), Ok(Some(true))));
        assert_eq!(
            (case.text("properties.title"), case.state("status"), case.target("unit")),
            (Ok(None), Ok(None), Ok(None))
        );
        let [of, field] = ["case", "weight"].map(str::to_owned);
        let error = NameError::Type { of, field, holds: FieldType::Integer, given: FieldType::Text };
        assert_eq!(case.text("weight").unwrap_err(), error);
        assert_eq!(
            case.boolean("weight").unwrap_err().to_string(),
            "`weight` of `case` holds a whole number, not true or false"
        );
        assert_eq!(
            case.texts("number").unwrap_err().to_string(),
            "`number` of `case` holds a text, not a list of texts"
        );
        for error in [
            case.value("weigth").map(drop),
            case.text("weigth").map(drop),
            case.state("weigth").map(drop),
            case.targets("weigth").map(drop),
            case.target("weigth").map(drop),
        ] {
            assert!(matches!(error, Err(NameError::Unknown { name, .. }) if name == "weigth"));
        }
        let closed = register.ask("case").filter(|case| case.state("status").is("close"));
        let error = register.find(closed.clone()).await.unwrap_err();
        let text = "`case.status` has no value `close` (did you mean `closed`?): it has `open` and `closed`";
        assert_eq!((error.to_string().as_str(), error.kind()), (text, ErrorKind::Invalid));
        assert_eq!(register.count(closed.clone()).await.unwrap_err().to_string(), text);
        assert_eq!(register.at(Timestamp::INFINITY).ids(closed).await.unwrap_err().to_string(), text);
        let unfinished = register.ask("case").filter(|case| case.field("number").like("20\\"));
        let error = register.ids(unfinished).await.unwrap_err();
        let text = "the pattern `20\\` must not end with the escape character `\\`; write `\\\\` for a backslash";
        assert_eq!((error.to_string().as_str(), error.kind()), (text, ErrorKind::Invalid));
        register.put("unit", CASE, Fields::new().set("names", ["a", "b"])).await.unwrap();
        let unit = register.get("unit", CASE).await.unwrap().unwrap();
        assert_eq!(unit.texts("names").unwrap(), ["a", "b"]);
        let error = register.get("units", CASE).await.unwrap_err();
        assert_eq!(error.to_string(), "there is no class `units` (did you mean `unit`?): there is `case` and `unit`");
    });
}

#[test]
fn classes_that_are_not_sound_are_refused_whole() {
    let clock = Arc::new(ManualClock::at(0).unwrap());
    let store = MemoryStore::new(clock.clone());
    let case = ClassDeclaration::new("Case")
        .group("properties", [])
        .state("status", [])
        .present_while("status", "open")
        .to_one("unit", ["unit"]);
    let error = block_on(Register::open(store, vec![case], clock, || [0; 16])).unwrap_err();
    let lora_core::Error::Declarations(mistakes) = error else { panic!("{error}") };
    let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    let expected = [
        "Case: the english name `Case` is not usable; expected a lower-case letter followed by letters, digits and `_`",
        "Case: the wire name `Case` is not usable; expected a lower-case letter (also æ, ø, å) followed by letters, digits and `_`",
        "Case.properties: a group needs a field, and one that is not `background`",
        "Case.status: a state needs at least one value",
        "Case.presence: there is no `open`; expected one of ",
        "Case.unit: there is no `unit`; expected one of Case",
    ];
    assert_eq!(mistakes, expected);
}
