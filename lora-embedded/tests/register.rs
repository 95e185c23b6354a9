//! A register in a folder: opened in one call, used by any number of threads, kept.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::thread;

use lora_core::register::Fields;
use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field};
use lora_core::service::Written;
use lora_core::time::{Timestamp, TransactionTime, ValidTime};
use lora_embedded::home::HomeError;
use lora_embedded::{BlockingRegister, OpenRegisterError, open};
use uuid::Uuid;

const COUNTER: Uuid = Uuid::from_u128(1);

fn classes() -> Vec<ClassDeclaration> {
    let counter = ClassDeclaration::new("counter").group("properties", [Field::integer("count")]).to_many("seen", []);
    vec![counter]
}

fn count(register: &BlockingRegister) -> Option<i32> {
    register.get("counter", COUNTER).unwrap().and_then(|counter| counter.integer("count").unwrap())
}

#[test]
fn any_number_of_threads_write_and_read_and_each_reads_what_it_wrote() {
    const THREADS: u128 = 8;
    const EACH: u128 = 10;
    let folder = tempfile::tempdir().unwrap();
    let register = open(folder.path(), classes()).unwrap();
    register.put("counter", COUNTER, Fields::new().set("count", 0)).unwrap();
    thread::scope(|threads| {
        for thread in 0..THREADS {
            let register = register.clone();
            threads.spawn(move || {
                let own = Uuid::from_u128(1_000 + thread);
                for number in 0..EACH {
                    let written = i32::try_from(number).unwrap();
                    register.put("counter", own, Fields::new().set("count", written)).unwrap();
                    let read = register.get("counter", own).unwrap().expect("it was put");
                    assert_eq!(read.integer("count").unwrap(), Some(written));
                    let seen = Uuid::from_u128(thread * EACH + number);
                    register.update("counter", COUNTER, Fields::new().relate("seen", seen)).unwrap();
                }
            });
        }
    });
    let seen = register.get("counter", COUNTER).unwrap().unwrap();
    assert_eq!(seen.targets("seen").unwrap().len() as u128, THREADS * EACH, "nobody's writes were lost");
    let nines = register.ask("counter").filter(|counter| counter.field("count").is(9));
    assert_eq!(register.count(nines).unwrap() as u128, THREADS);
}

#[test]
fn what_was_written_is_there_when_the_folder_is_opened_again_with_all_that_was_known() {
    let folder = tempfile::tempdir().unwrap();
    let far: Timestamp<ValidTime> = "2100-01-01T00:00:00Z".parse().unwrap();
    let (known, position): (Timestamp<TransactionTime>, _) = {
        let register = open(folder.path(), classes()).unwrap();
        let written = register.put("counter", COUNTER, Fields::new().set("count", 1)).unwrap();
        register.note("later").update("counter", COUNTER, Fields::new().set("count", 2).from(far)).unwrap();
        assert_eq!(
            register.put("counter", COUNTER, Fields::new().set("count", 2).from(far)).unwrap(),
            Written::Unchanged
        );
        (written.receipt().unwrap().instant, register.position().unwrap())
    };
    let register = open(folder.path(), classes()).unwrap();
    assert_eq!((count(&register), register.position().unwrap()), (Some(1), position));
    let count = |reader: lora_core::register::BlockingReader<_, _>| {
        reader.get("counter", COUNTER).unwrap().unwrap().integer("count").unwrap()
    };
    assert_eq!(count(register.at(far)), Some(2));
    assert_eq!(count(register.at(far).as_known(known)), Some(1));
    assert_eq!(count(register.as_known(known).at(far).at_position(position)), Some(1));
    assert_eq!(register.at_position(position).ids(register.ask("counter")).unwrap(), [COUNTER]);
    let actor = Uuid::from_u128(9);
    register.by(actor).delete("counter", COUNTER).unwrap();
    assert_eq!(register.find(register.ask("counter")).unwrap(), []);
    let before = register.as_known(known).find(register.ask("counter")).unwrap();
    assert_eq!(before[0].registration().actor, Uuid::nil());
}

#[test]
fn a_register_is_used_by_tasks_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let blocking = open(folder.path(), classes()).unwrap();
    let register = blocking.register().clone();
    pollster::block_on(async {
        register.create("counter", COUNTER, Fields::new().set("count", 7)).await.unwrap();
        let read = register.get("counter", COUNTER).await.unwrap().expect("it was created");
        assert_eq!(read.integer("count").unwrap(), Some(7));
    });
    assert_eq!(count(&blocking), Some(7), "it is the same register");
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let said = |error: OpenRegisterError| error.to_string();
    let store = folder.path().join("store");
    let held = open(&store, classes()).unwrap();
    let error = open(&store, classes()).unwrap_err();
    assert!(matches!(error, OpenRegisterError::Home(HomeError::Locked { .. })));
    let holder = format!("the store in {} is held by pid {} (lora as a library)", store.display(), std::process::id());
    assert_eq!(said(error), holder);
    drop(held);
    let twice = [classes(), classes()].concat();
    assert_eq!(
        said(open(&store, twice).unwrap_err()),
        "2 mistakes in the class declarations, first: counter: `counter` is declared twice"
    );
    std::fs::write(folder.path().join("letter"), "not a store").unwrap();
    let taken = open(folder.path(), classes()).unwrap_err();
    assert!(matches!(taken, OpenRegisterError::Home(HomeError::NotOurs { .. })), "{taken}");
    open(&store, classes()).unwrap();
}
