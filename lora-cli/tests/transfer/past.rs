//! Nothing that a store has is stated otherwise by an import.

use lora_cli::transfer::{ImportError, Refusal};
use lora_core::object::ObjectId;
use lora_core::service::By;
use pollster::block_on;

use super::{Text, assert, empty, municipality, opened, position};

fn conflict(error: &ImportError) -> (u64, &str, &str) {
    match error {
        ImportError::Refused { line, refusal: Refusal::Conflict { held, stated } } => (*line, held, stated),
        other => panic!("{other}"),
    }
}

/// An object with two registrations, and their lines after the header.
fn lines() -> (Vec<String>, String) {
    let rows = municipality(1).rows();
    let id = |row: &str| row.split(r#""id":""#).nth(1).map(|rest| rest[..36].to_owned());
    let second = rows.iter().find(|row| row.contains(r#""lifecycle":"Rettet""#)).unwrap();
    let object = id(second).unwrap();
    let mine = rows.iter().filter(|row| id(row).as_ref() == Some(&object)).take(2).cloned();
    ([rows[0].clone()].into_iter().chain(mine).collect(), object)
}

#[test]
fn another_registration_at_the_same_time_is_refused_with_both() {
    let (rows, _) = lines();
    let store = empty();
    let service = opened(&store);
    assert(&service, &Text::of(&rows)).unwrap();
    let before = position(&store);
    let mut other = rows;
    other[2] = other[2].replacen(r#""note":""#, r#""note":"andet "#, 1);
    let refused = assert(&service, &Text::of(&other)).unwrap_err();
    let (line, held, stated) = conflict(&refused);
    assert_eq!(line, 3);
    assert!(!held.contains("andet ") && stated.contains("andet "), "{held} / {stated}");
    assert!(refused.to_string().contains(held) && refused.to_string().contains(stated));
    assert_eq!(position(&store), before);
}

#[test]
fn a_registration_before_the_newest_or_beside_it_is_refused() {
    let (rows, id) = lines();
    let store = empty();
    let service = opened(&store);
    assert(&service, &Text::of([&rows[0], &rows[2].replace("Rettet", "Importeret")])).unwrap();
    let refused = assert(&service, &Text::of(&rows)).unwrap_err();
    let (line, ..) = conflict(&refused);
    assert_eq!(line, 2, "the first line lies before all that the store has of the object");

    let store = empty();
    let service = opened(&store);
    assert(&service, &Text::of(&rows[..2])).unwrap();
    let class =
        service.schema().classes().iter().find(|class| rows[1].contains(&format!(r#""class":"{}""#, class.wire)));
    let object = ObjectId { class: class.unwrap().id, uuid: id.parse().unwrap() };
    block_on(service.passivate(object, By::default())).unwrap();
    let before = position(&store);
    let refused = assert(&service, &Text::of(&rows)).unwrap_err();
    let (line, held, stated) = conflict(&refused);
    assert_eq!(line, 3, "the store goes on otherwise after the second line");
    assert!(held.contains("Passiveret") && stated.contains("Rettet"));
    assert_eq!(position(&store), before);
}

#[test]
fn what_follows_on_all_that_the_store_has_is_entered() {
    let (rows, _) = lines();
    let service = opened(&empty());
    assert(&service, &Text::of(&rows[..2])).unwrap();
    let done = assert(&service, &Text::of([&rows[0], &rows[2]])).unwrap();
    assert_eq!((done.entered, done.present), (1, 0));
    assert_eq!(assert(&service, &Text::of([&rows[0], &rows[2]])).unwrap().present, 1);
    let later = rows[2].replace(r#""from":"20"#, r#""from":"21"#);
    assert!(assert(&service, &Text::of([&rows[0], &later])).is_err(), "not of the future");
}
