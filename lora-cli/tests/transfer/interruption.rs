//! An import that was interrupted is gone on with by running it again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lora_cli::transfer::{self, Committing, Phase, Refusal};
use lora_core::Service;
use lora_core::object::Position;
use lora_core::oio::shipped_classes;
use pollster::block_on;

use super::{
    ONE_BY_ONE, Text, assert, assert_in_bulk, empty, export, histories, index, ledger, municipality, now, opened,
    position, restore,
};

#[test]
fn what_is_asserted_twice_is_there_once() {
    let (store, lines) = (empty(), municipality(5));
    let service = opened(&store);
    let count = assert(&service, &lines).unwrap().entered;
    let before = position(&store);
    let again = assert(&service, &lines).unwrap();
    assert_eq!((again.entered, again.present), (0, count));
    assert_eq!(position(&store), before);
    let own = assert(&service, &export(&store)).unwrap();
    assert_eq!((own.entered, own.present), (0, count), "its own export has nothing new");
}

#[test]
fn an_export_is_asserted_into_another_store_once() {
    let store = empty();
    let service = opened(&store);
    assert(&service, &municipality(2)).unwrap();
    let object = ledger(&store).last().unwrap().object;
    block_on(service.delete(object, lora_core::service::By::default())).unwrap();
    let other = empty();
    let into = opened(&other);
    let text = export(&store);
    let entered = assert(&into, &text).unwrap().entered;
    assert_eq!(histories(&other), histories(&store), "a time of registration that was not asserted is, there");
    let again = assert(&into, &text).unwrap();
    assert_eq!((again.entered, again.present), (0, entered));
}

#[test]
fn an_assertion_goes_on_after_any_line() {
    let rows = municipality(1).rows();
    let whole = empty();
    assert(&opened(&whole), &Text::of(&rows)).unwrap();
    let lines = rows.len();
    for cut in (1..lines).step_by(lines / 20) {
        let store = empty();
        let service = opened(&store);
        let entered = assert(&service, &Text::of(&rows[..cut])).unwrap().entered;
        let rest = assert(&service, &Text::of(&rows)).unwrap();
        assert_eq!((rest.present, rest.entered), (entered, (lines - 1) as u64 - entered));
        assert_eq!(histories(&store), histories(&whole), "cut after line {cut}");
    }
}

#[test]
fn what_is_asserted_in_bulk_is_what_is_asserted_one_by_one() {
    let (whole, rows) = (empty(), municipality(5).rows());
    assert(&opened(&whole), &Text::of(&rows)).unwrap();
    for begun in [1, rows.len() / 3, rows.len() * 2 / 3, rows.len()] {
        let store = empty();
        let service = opened(&store);
        assert(&service, &Text::of(&rows[..begun])).unwrap();
        let rest = assert_in_bulk(&service, &Text::of(&rows)).unwrap();
        assert_eq!((rest.present, rest.entered), ((begun - 1) as u64, (rows.len() - begun) as u64));
        assert_eq!(histories(&store), histories(&whole), "after {begun} lines");
        let report = block_on(lora_core::check::check(&store, |_| {})).unwrap();
        assert!(report.is_clean(), "{report}");
    }
}

#[test]
fn an_assertion_that_was_killed_goes_on() {
    let (store, whole, lines) = (empty(), empty(), municipality(30));
    assert(&opened(&whole), &lines).unwrap();
    let service = opened(&store);
    let dies = |progress: transfer::Progress| assert!(progress.phase == Phase::Verify, "killed");
    let killed =
        catch_unwind(AssertUnwindSafe(|| block_on(transfer::assert(&service, ONE_BY_ONE, &lines, now(), dies))));
    assert!(killed.is_err());
    let entered = position(&store).0 - 1;
    assert!(entered > 0 && position(&store) < position(&whole), "{entered}");
    assert_eq!(assert(&service, &lines).unwrap().present, entered);
    assert_eq!(histories(&store), histories(&whole));
}

#[test]
fn a_restore_goes_on_after_any_entry_and_refuses_another_file() {
    let source = empty();
    assert(&opened(&source), &municipality(1)).unwrap();
    let text = export(&source);
    let last = position(&source).0;
    for cut in (0..=last).step_by(97).chain([1, last]) {
        let store = empty();
        let mut part = Vec::new();
        block_on(transfer::export(&source, Some(Position(cut)), &mut part, |_| {})).unwrap();
        restore(&store, &Text(part)).unwrap();
        let rest = restore(&store, &text).unwrap();
        assert_eq!((rest.present, rest.entered), (cut, last - cut));
        assert!(export(&store).0 == text.0);
        assert_eq!(index(&store), index(&source));
    }
    let other = empty();
    block_on(Service::open(other.clone(), shipped_classes(), || [9; 16])).unwrap();
    let refused = restore(&other, &text).unwrap_err();
    assert!(matches!(refused, transfer::ImportError::Refused { line: 2, refusal: Refusal::NotEmpty { position: 1 } }));
    assert_eq!(position(&other), Position(1));
    let mut shorter = Vec::new();
    block_on(transfer::export(&source, Some(Position(5)), &mut shorter, |_| {})).unwrap();
    assert!(restore(&source, &Text(shorter)).is_err(), "the store has more than the file");
}

#[test]
fn a_restore_that_was_killed_goes_on() {
    let (source, store) = (empty(), empty());
    assert(&opened(&source), &municipality(30)).unwrap();
    let text = export(&source);
    let dies = |progress: transfer::Progress| assert!(progress.phase == Phase::Verify || progress.done == 0, "killed");
    let killed = catch_unwind(AssertUnwindSafe(|| {
        let into = Committing::new(store.clone());
        block_on(transfer::restore(&store, into, &text, &|| [2; 16], dies))
    }));
    assert!(killed.is_err());
    let entered = position(&store).0;
    assert!(entered > 0 && position(&store) < position(&source), "{entered}");
    assert_eq!(restore(&store, &text).unwrap().present, entered);
    assert!(export(&store).0 == text.0);
}
