//! Many clients at once: everything acknowledged is there, in a chain without gaps.

use std::collections::BTreeSet;
use std::thread;

use lora_tests::{Server, facet, uuid};
use serde_json::{Value, json};

const CLIENTS: u32 = 8;
const UPDATES: u32 = 50;

/// An update that changes something, with a note that tells it from all others.
fn update(client: u32, turn: u32) -> Value {
    let row = json!({
        "brugervendtnoegle": format!("{client}-{turn}"),
        "virkning": {"from": "2018-01-01", "to": "infinity"},
    });
    json!({"note": format!("{client}-{turn}"), "attributter": {"facetegenskaber": [row]}})
}

/// Every client updates the objects in turn; then each object's chain is looked at.
fn all_are_registered(objects: u32) {
    let server = Server::start();
    let path = |number: u32| format!("/klassifikation/facet/{}", uuid(number));
    for number in 0..objects {
        assert_eq!(server.send("PUT", &path(number), &facet("first")).status, 200);
    }
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, path) = (&server, &path);
            scope.spawn(move || {
                for turn in 0..UPDATES {
                    let answer = server.send("PATCH", &path(turn % objects), &update(client, turn));
                    assert_eq!(answer.status, 200, "{}", answer.text());
                }
            });
        }
    });
    let mut notes = BTreeSet::new();
    for number in 0..objects {
        let history = format!("{}?registreretfra=-infinity&registrerettil=infinity", path(number));
        let answer = server.get(&history).json();
        let chain = answer[uuid(number)][0]["registreringer"].as_array().unwrap();
        for pair in chain.windows(2) {
            let (newer, older) = (&pair[0]["fratidspunkt"], &pair[1]["tiltidspunkt"]);
            assert_eq!(newer["tidsstempeldatotid"], older["tidsstempeldatotid"], "the chain has a gap");
        }
        assert_eq!(chain[0]["tiltidspunkt"]["tidsstempeldatotid"], json!("infinity"));
        for registration in &chain[..chain.len() - 1] {
            assert!(notes.insert(registration["note"].as_str().unwrap().to_owned()), "registered twice");
        }
    }
    assert_eq!(notes.len() as u32, CLIENTS * UPDATES, "everything acknowledged is there");
    assert_eq!(server.position(), u64::from(1 + objects + CLIENTS * UPDATES));
}

#[test]
fn updates_of_one_object_by_many_clients() {
    all_are_registered(1);
}

#[test]
fn updates_of_several_objects_by_many_clients() {
    all_are_registered(10);
}

/// Imports take no turn in LoRA, and lose; here all of them are registered.
#[test]
fn imports_over_one_object_by_many_clients() {
    let server = Server::start();
    let target = format!("/klassifikation/facet/{}", uuid(1));
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, target) = (&server, &target);
            scope.spawn(move || {
                for turn in 0..5 {
                    let answer = server.send("PUT", target, &facet(&format!("{client}-{turn}")));
                    assert_eq!(answer.status, 200, "{}", answer.text());
                }
            });
        }
    });
    assert_eq!(server.position(), u64::from(1 + CLIENTS * 5));
}
