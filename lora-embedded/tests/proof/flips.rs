//! A bit that flips in any file is found out: no answer is wrong, and none keeps whoever asked waiting.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use lora_core::storage::{ContentHash, Read, Storage};
use lora_embedded::files::Files;
use lora_embedded::testing::SimulatedDisk;
use lora_embedded::{EmbeddedStore, OpenError};
use pollster::block_on;

use crate::support::{Expected, clock, open, script, small};

/// About how many bytes of each file are flipped, one at a time.
fn samples() -> usize {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60)
}

/// An error with all its causes.
fn causes(error: &dyn Error) -> String {
    let cause = error.source().map(causes);
    format!("{error}: {}", cause.unwrap_or_default())
}

fn names_what_is_damaged(error: &dyn Error) -> bool {
    let causes = causes(error);
    ["log/0", "entry ", "the index `index`", "content "].iter().any(|name| causes.contains(name))
}

/// Every so many bytes of a file, a bit: each time on a fresh copy of the disk.
fn flips(disk: &SimulatedDisk, name: &str, mut check: impl FnMut(usize, SimulatedDisk)) {
    let size = disk.bytes(name).unwrap().len();
    let stride = (size / samples()).max(1);
    for (number, offset) in (0..size).step_by(stride).enumerate() {
        let damaged = disk.after_kill();
        // Not always the same place in pages and blocks.
        let offset = (offset + number % stride).min(size - 1);
        damaged.flip_bit(name, offset, (number % 8) as u8);
        check(offset, damaged);
    }
}

fn written(expected: &Expected) -> (SimulatedDisk, SimulatedDisk) {
    let disk = SimulatedDisk::new();
    let store = open(&disk, small(Duration::from_secs(3_600)));
    expected.go_on(&store, 0);
    let behind = disk.after_kill();
    drop(store);
    (disk, behind)
}

#[test]
fn a_flipped_bit_in_log_or_index_is_never_served() {
    let expected = Expected::of(script(20));
    let (disk, _) = written(&expected);
    let segments = disk.list("log").unwrap().into_iter().map(|name| format!("log/{name}"));
    let (mut refused, mut served) = (0, 0);
    for name in segments.chain(["index".to_owned()]) {
        flips(&disk, &name, |offset, damaged| {
            match EmbeddedStore::open(Arc::new(damaged.clone()), clock(), small(Duration::from_secs(3_600))) {
                Ok(store) => {
                    served += 1;
                    assert_right_or_named(&expected, store, &damaged);
                }
                Err(error) => {
                    refused += 1;
                    assert!(names_what_is_damaged(&error), "{name} {offset}: {}", causes(&error));
                }
            }
        });
    }
    assert!(refused > 0 && served > 0, "{refused} refused, {served} served");
}

/// Answers are right, or errors that say what is damaged; where that is the index, the next start computes it anew.
fn assert_right_or_named(expected: &Expected, store: EmbeddedStore, disk: &SimulatedDisk) {
    let errors: Vec<_> = expected.errors_of(&store, expected.steps.len());
    let errors: Vec<_> = errors.iter().map(|error| (names_what_is_damaged(error), causes(error))).collect();
    assert!(errors.iter().all(|(named, _)| *named), "{errors:?}");
    drop(store);
    if errors.iter().all(|(_, causes)| causes.contains("the index")) {
        assert_eq!(expected.steps_of(&open(disk, small(Duration::from_secs(3_600)))), expected.steps.len());
    }
}

#[test]
fn an_index_that_was_cut_short_anywhere_is_never_served() {
    let expected = Expected::of(script(20));
    let (disk, _) = written(&expected);
    let size = disk.bytes("index").unwrap().len() as u64;
    for cut in (0..size).step_by(size as usize / samples()) {
        let damaged = disk.after_kill();
        damaged.open("index").unwrap().set_size(cut).unwrap();
        assert_right_or_named(&expected, open(&damaged, small(Duration::from_secs(3_600))), &damaged);
    }
}

#[test]
fn an_index_of_another_log_is_computed_anew() {
    let expected = Expected::of(script(20));
    let ((disk, _), (other, _)) = (written(&expected), written(&Expected::of(script(12))));
    let mixed = disk.after_kill();
    mixed.put("index", &other.bytes("index").unwrap());
    assert_eq!(expected.steps_of(&open(&mixed, small(Duration::from_secs(3_600)))), expected.steps.len());
}

#[test]
fn a_log_that_lost_what_its_index_has_is_refused_and_left_alone() {
    let expected = Expected::of(script(20));
    let (disk, _) = written(&expected);
    let last = format!("log/{}", disk.list("log").unwrap().last().unwrap());
    let shortened = disk.after_kill();
    let bytes = shortened.bytes(&last).unwrap();
    let step = bytes.windows(4).rposition(|bytes| bytes == b"STEP").unwrap();
    shortened.put(&last, &bytes[..step]);
    let refused = EmbeddedStore::open(Arc::new(shortened.clone()), clock(), small(Duration::from_secs(3_600)));
    let error = refused.err().expect("entries are missing");
    assert!(matches!(error, OpenError::Shortened { .. }), "{}", causes(&error));
    assert_eq!(shortened.bytes(&last).unwrap(), &bytes[..step]);
    shortened.remove("index").unwrap();
    assert_eq!(expected.steps_of(&open(&shortened, small(Duration::from_secs(3_600)))), expected.steps.len() - 1);
}

/// Where the index does not know the last steps, a flipped bit in the very last one looks as if it had never been
/// acknowledged; any other is found out.
#[test]
fn a_flipped_bit_in_the_log_alone_is_found_out_when_it_is_opened() {
    let expected = Expected::of(script(20));
    let (_, behind) = written(&expected);
    let last = format!("log/{}", behind.list("log").unwrap().last().unwrap());
    let segments = behind.list("log").unwrap().into_iter().map(|name| format!("log/{name}"));
    for name in segments {
        let last_step = behind.bytes(&name).unwrap().windows(4).rposition(|bytes| bytes == b"STEP");
        flips(&behind, &name, |offset, damaged| {
            damaged.remove("index").unwrap();
            let options = small(Duration::from_secs(3_600));
            match EmbeddedStore::open(Arc::new(damaged), clock(), options) {
                Ok(store) => {
                    assert!(name == last && Some(offset) >= last_step, "{name} {offset} was not noticed");
                    assert_eq!(expected.steps_of(&store), expected.steps.len() - 1);
                }
                Err(error) => assert!(names_what_is_damaged(&error), "{name} {offset}: {}", causes(&error)),
            }
        });
    }
}

fn content(store: &EmbeddedStore, of: ContentHash, from: u64, to: u64) -> Result<Option<Vec<u8>>, String> {
    let view = block_on(store.view(None)).unwrap();
    block_on(view.content(of, from..to)).map_err(|error| causes(&error))
}

#[test]
fn a_flipped_or_missing_byte_of_a_content_is_never_served() {
    let options = small(Duration::from_secs(3_600));
    for length in [0, 1, 65_535, 65_536, 65_537, 200_000_u64] {
        let disk = SimulatedDisk::new();
        let store = open(&disk, options);
        let whole: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let chunks: Vec<_> = whole.chunks(7_777).map(<[u8]>::to_vec).collect();
        let hash = block_on(store.put_content(chunks.into_iter())).unwrap();
        drop(store);
        let name = format!("contents/{}/{hash}", &hash.to_string()[..2]);
        let ranges = [(0, u64::MAX), (0, 10), (65_530, 65_540), (131_072, 131_073), (199_999, 300_000), (9, 5)];
        let expected = |from: u64, to: u64| {
            let (from, to) = (from.min(length) as usize, to.min(length) as usize);
            whole.get(from..to).unwrap_or_default().to_vec()
        };
        let store = open(&disk, options);
        for (from, to) in ranges {
            assert_eq!(content(&store, hash, from, to), Ok(Some(expected(from, to))), "{from}..{to} of {length}");
        }
        let serves = |damaged: &SimulatedDisk, (from, to)| match content(&open(damaged, options), hash, from, to) {
            Ok(found) => assert_eq!(found, Some(expected(from, to)), "{from}..{to} of {length}"),
            Err(error) => assert!(error.contains(&hash.to_string()), "{error}"),
        };
        flips(&disk, &name, |_, damaged| {
            assert!(content(&open(&damaged, options), hash, 0, u64::MAX).is_err());
            ranges.iter().for_each(|range| serves(&damaged, *range));
        });
        let size = disk.bytes(&name).unwrap().len() as u64;
        for cut in [0, 3, 4, 5, 65_540, 65_544, 131_080, size - 1].into_iter().filter(|cut| *cut < size) {
            let damaged = disk.after_kill();
            damaged.open(&name).unwrap().set_size(cut).unwrap();
            assert!(content(&open(&damaged, options), hash, 0, u64::MAX).is_err(), "{length} cut at {cut}");
            ranges.iter().for_each(|range| serves(&damaged, *range));
        }
    }
}
