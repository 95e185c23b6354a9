//! A register on PostgreSQL: opened by its URL in one call, with or without a runtime of the caller's own.

use lora_core::register::{BlockingRegister, Driver, Fields};
use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field};
use lora_core::storage::Storage;
use lora_postgres::testing::TestDatabase;
use lora_postgres::{OpenRegisterError, UrlError, open_blocking, open_register};
use uuid::Uuid;

const UNIT: Uuid = Uuid::from_u128(1);

fn classes() -> Vec<ClassDeclaration> {
    vec![ClassDeclaration::new("unit").group("properties", [Field::text("name").mandatory()])]
}

/// What a program does with a register, whatever store it is on.
fn program<S: Storage, D: Driver>(register: &BlockingRegister<S, D>) -> Vec<String> {
    let far = "2100-01-01T00:00:00Z".parse().expect("an instant");
    register.put("unit", UNIT, Fields::new().set("name", "Finance")).expect("sound");
    let known = register.get("unit", UNIT).expect("readable").expect("there").registered().from();
    register.update("unit", UNIT, Fields::new().set("name", "Economy").from(far)).expect("sound");
    let found = register.ask("unit").filter(|unit| unit.field("name").like("eco%"));
    assert_eq!(register.count(found.clone()).expect("readable"), 0);
    assert_eq!(register.at(far).ids(found).expect("readable"), [UNIT]);
    let readers = [register.at(far), register.at(far).as_known(known)];
    let read = readers.map(|reader| reader.get("unit", UNIT).expect("readable").expect("there"));
    read.iter().map(|unit| unit.text("name").expect("declared").expect("mandatory").to_owned()).collect()
}

#[test]
fn the_same_program_runs_on_a_database_that_a_url_names() {
    let database = TestDatabase::create();
    let register = open_blocking(database.url(), classes()).unwrap();
    assert_eq!(program(&register), ["Economy", "Finance"]);
    std::thread::scope(|threads| {
        for number in 2..6 {
            let register = register.clone();
            threads.spawn(move || {
                register.put("unit", Uuid::from_u128(number), Fields::new().set("name", "x")).unwrap();
            });
        }
    });
    drop(register);
    let again = open_blocking(database.url(), classes()).unwrap();
    assert_eq!(again.count(again.ask("unit")).unwrap(), 5, "it is all there when it is opened again");
}

#[tokio::test]
async fn with_a_runtime_of_ones_own_the_register_is_async() {
    let database = TestDatabase::new().await;
    let [one, other] = [open_register(database.url(), classes()).await, open_register(database.url(), classes()).await];
    let (one, other) = (one.unwrap(), other.unwrap());
    one.put("unit", UNIT, Fields::new().set("name", "Finance")).await.unwrap();
    let unit = other.get("unit", UNIT).await.unwrap().expect("what one puts another one reads");
    assert_eq!(unit.text("name").unwrap(), Some("Finance"));
}

#[test]
fn what_cannot_be_opened_says_why() {
    let error = open_blocking("postgres://localhost", classes()).unwrap_err();
    assert!(matches!(error, OpenRegisterError::Url(UrlError::NoDatabase)), "{error}");
    let database = TestDatabase::create();
    let twice = [classes(), classes()].concat();
    let error = open_blocking(database.url(), twice).unwrap_err();
    assert_eq!(error.to_string(), "2 mistakes in the class declarations, first: unit: `unit` is declared twice");
}
