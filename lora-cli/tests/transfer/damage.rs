//! A damaged file is refused at the line where it is damaged, and leaves nothing behind.

use lora_cli::transfer::ImportError;
use lora_core::Service;
use lora_core::object::Position;
use lora_core::schema::ClassDeclaration;
use lora_core::storage::MemoryStore;
use pollster::block_on;

use super::{Text, assert, empty, export, position, restore};

const THING: &str = r#"
name = "thing"
wire = "ting"
title = "Ting"
service = "prøve"

[[groups]]
name = "properties"
wire = "egenskaber"
fields = [{ name = "key", wire = "noegle", mandatory = true }]

[[states]]
name = "validity"
wire = "gyldighed"
values = [{ name = "active", wire = "Aktiv" }]
"#;

fn service(store: &MemoryStore) -> Service<MemoryStore> {
    let thing = ClassDeclaration::from_toml("ting.toml", THING).unwrap();
    block_on(Service::open(store.clone(), vec![thing], || [1; 16])).unwrap()
}

fn entry(position: u64, id: u64, lifecycle: &str) -> String {
    format!(
        r#"{{"position":{position},"instant":"2026-01-01T00:00:00.00000{position}Z","kind":"registration","class":"ting","id":"00000000-0000-0000-0000-00000000000{id}","registered":{{"from":"2025-01-01T00:00:00.00000{position}Z","asserted":true}},"lifecycle":"{lifecycle}","actor":"00000000-0000-0000-0000-000000000000","note":"","content":{{"attributter":{{"tingegenskaber":[{{"noegle":"a","virkning":{{"from":"2020-01-01","to":"infinity"}}}}]}}}}}}"#
    )
}

/// The export of a small store: the header, a declaration and four registrations of two things.
fn whole() -> Text {
    let store = empty();
    let lines = [
        r#"{"format":"lora-json-lines","version":1,"store":"00000000-0000-0000-0000-000000000000","classes":[]}"#
            .to_owned(),
        entry(1, 1, "Opstaaet"),
        entry(2, 1, "Rettet"),
        entry(3, 2, "Importeret"),
        entry(4, 1, "Slettet"),
    ];
    assert(&service(&store), &Text::of(lines)).unwrap();
    export(&store)
}

/// The lines at which a restore into an empty store and an assertion into one with the class are refused, if they are.
fn refused(text: &Text) -> [Option<u64>; 2] {
    let (empty, declared) = (empty(), empty());
    let service = service(&declared);
    let results = [(restore(&empty, text), &empty, 0), (assert(&service, text), &declared, 1)];
    results.map(|(result, store, before)| match result {
        Ok(_) => None,
        Err(ImportError::Refused { line, refusal }) => {
            assert_eq!(position(store), Position(before), "nothing stays");
            assert!(!refusal.to_string().is_empty());
            Some(line)
        }
        Err(other) => panic!("{other}"),
    })
}

#[test]
fn the_whole_file_is_taken() {
    assert_eq!(refused(&whole()), [None, None]);
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let whole = whole().0;
    for cut in 0..whole.len() {
        let before = &whole[..cut];
        let lines = before.iter().filter(|byte| **byte == b'\n').count() as u64;
        // Cut between two lines, it is the count in the header that tells.
        let line = if before.is_empty() || before.ends_with(b"\n") { 1 } else { lines + 1 };
        assert_eq!(refused(&Text(before.to_vec())), [Some(line), Some(line)], "cut at byte {cut}");
    }
}

#[test]
fn a_byte_that_flips_is_refused_or_changes_its_own_line_only() {
    let whole = whole();
    let mut refusals = 0;
    for at in (0..whole.0.len()).step_by(3) {
        let mut damaged = whole.clone();
        damaged.0[at] ^= 1 << (at / 3 % 8);
        let store = empty();
        match restore(&store, &damaged) {
            Err(_) => {
                refusals += 1;
                assert_eq!(position(&store), Position(0));
            }
            Ok(_) => {
                let (before, after) = (whole.rows(), export(&store).rows());
                let line = whole.0[..at].iter().filter(|byte| **byte == b'\n').count();
                for number in (0..before.len()).filter(|number| *number != line) {
                    assert_eq!(after[number], before[number], "flipped in line {line}");
                }
            }
        }
    }
    assert!(refusals * 3 * 2 > whole.0.len(), "{refusals} of {} flips are refused", whole.0.len() / 3);
}

type Damage = fn(&mut Vec<String>);

#[test]
fn each_kind_of_damage_is_refused_at_its_line() {
    let kinds: [(&str, Damage, [Option<u64>; 2]); 22] = [
        ("swapped lines", |lines| lines.swap(3, 4), [Some(4), Some(5)]),
        ("a line twice", |lines| lines.insert(3, lines[3].clone()), [Some(5), Some(5)]),
        ("a line missing", |lines| drop(lines.remove(4)), [Some(5), Some(1)]),
        ("no header", |lines| drop(lines.remove(0)), [Some(1), Some(1)]),
        ("an empty line", |lines| lines.insert(2, String::new()), [Some(3), Some(3)]),
        ("an empty line at the end", |lines| lines.push(String::new()), [Some(7), Some(7)]),
        ("nothing", |lines| lines.clear(), [Some(1), Some(1)]),
        ("another JSON file", |lines| *lines = vec![r#"{"name":"package","version":1}"#.into()], [Some(1), Some(1)]),
        ("a JSON list", |lines| *lines = vec!["[".into(), "1".into(), "]".into()], [Some(1), Some(1)]),
        ("a lower count", |lines| change(lines, 0, r#""entries":5"#, r#""entries":4"#), [Some(1), Some(1)]),
        ("another end", |lines| change(lines, 0, r#""position":5"#, r#""position":6"#), [Some(1), Some(1)]),
        ("no count", |lines| change(lines, 0, r#""entries":5,"#, ""), [Some(1), None]),
        ("a newer version", |lines| change(lines, 0, r#""version":1"#, r#""version":2"#), [Some(1), Some(1)]),
        ("another store", |lines| change(lines, 0, r#""store":"0"#, r#""store":"1"#), [Some(1), None]),
        ("other classes", |lines| change(lines, 0, "Ting", "Sag"), [Some(1), None]),
        ("an unknown class", |lines| change(lines, 3, r#""ting""#, r#""sag""#), [Some(4), Some(4)]),
        ("an unknown member", |lines| change(lines, 3, r#""note""#, r#""notat""#), [Some(4), Some(4)]),
        ("an unknown field", |lines| change(lines, 3, r#""noegle""#, r#""navn""#), [Some(4), Some(4)]),
        ("an illegal life cycle", |lines| change(lines, 3, "Rettet", "Opstaaet"), [Some(4), Some(4)]),
        ("an earlier time", |lines| change(lines, 3, r#""from":"2025"#, r#""from":"2024"#), [Some(4), Some(4)]),
        (
            "an earlier instant",
            |lines| change(lines, 3, r#""instant":"2026"#, r#""instant":"2025"#),
            [Some(4), Some(4)],
        ),
        ("the future", |lines| change(lines, 3, r#""from":"2025"#, r#""from":"2099"#), [Some(4), Some(4)]),
    ];
    for (name, damage, expected) in kinds {
        let mut lines = whole().rows();
        damage(&mut lines);
        assert_eq!(refused(&Text::of(lines)), expected, "{name}");
    }
}

fn change(lines: &mut [String], index: usize, part: &str, by: &str) {
    assert!(lines[index].contains(part), "{part} is in {}", lines[index]);
    lines[index] = lines[index].replacen(part, by, 1);
}

#[test]
fn a_step_has_one_entry_of_an_object() {
    let mut lines = whole().rows();
    let instant = |line: &str| line.split(r#""instant":""#).nth(1).unwrap()[..27].to_owned();
    let (third, fourth) = (instant(&lines[2]), instant(&lines[3]));
    lines[3] = lines[3].replacen(&fourth, &third, 1);
    assert_eq!(refused(&Text::of(lines)), [Some(4), Some(4)]);
}

/// Two rows of one group at the same time: each is what the class knows, together they are no content.
#[test]
fn a_content_that_is_not_sound_is_refused_before_anything_is_entered() {
    let store = empty();
    let service = service(&store);
    let row = r#"{"noegle":"a","virkning":{"from":"2020-01-01","to":"infinity"}}"#;
    let twice = entry(2, 2, "Opstaaet").replace(row, &format!("{row},{}", row.replace("2020", "2021")));
    assert_ne!(twice, entry(2, 2, "Opstaaet"));
    let header =
        r#"{"format":"lora-json-lines","version":1,"store":"00000000-0000-0000-0000-000000000000","classes":[]}"#;
    let error = assert(&service, &Text::of([header.to_owned(), entry(1, 1, "Opstaaet"), twice])).unwrap_err();
    assert!(matches!(error, ImportError::Refused { line: 3, .. }), "{error}");
    assert!(error.to_string().contains("two rows at the same time"), "{error}");
    assert_eq!(position(&store), Position(1));
}
