use std::sync::Arc;

use proptest::prelude::*;
use redb::StorageBackend;

use super::super::pages::{Condition, Pages};
use super::faulty::Faulty;
use crate::files::Files;

fn pages() -> (Faulty, Pages) {
    let files = Faulty::default();
    let pages = Pages::new(files.create("pages").unwrap(), Condition::new("pages"));
    (files, pages)
}

fn reopened(bytes: Vec<u8>) -> (Arc<Condition>, Pages) {
    let condition = Condition::new("pages");
    (condition.clone(), Pages::new(Faulty::with("pages", bytes).open("pages").unwrap(), condition))
}

proptest! {
    #[test]
    fn pages_are_bytes(steps in prop::collection::vec((0..20_000_usize, 0..10_000_usize, any::<u8>(), any::<bool>()), 1..20)) {
        let (_files, pages) = pages();
        let mut model = vec![0_u8; 8 * 4096];
        pages.set_len(model.len() as u64).unwrap();
        for (at, length, byte, write) in steps {
            if write {
                model[at..][..length].fill(byte);
                pages.write(at as u64, &vec![byte; length]).unwrap();
            } else {
                let mut read = vec![0xee; length];
                pages.read(at as u64, &mut read).unwrap();
                prop_assert_eq!(&read, &model[at..][..length]);
            }
        }
        pages.set_len(4 * 4096).unwrap();
        pages.set_len(5 * 4096).unwrap();
        let mut read = vec![0xee; 5 * 4096];
        pages.read(0, &mut read).unwrap();
        model[4 * 4096..5 * 4096].fill(0);
        prop_assert_eq!(&read[..], &model[..5 * 4096]);
        prop_assert_eq!(pages.len().unwrap(), 5 * 4096);
    }
}

#[test]
fn every_flipped_bit_of_a_page_is_named() {
    let (files, pages) = pages();
    pages.set_len(3 * 4096).unwrap();
    pages.write(4096, &[7; 4096]).unwrap();
    let bytes = files.bytes("pages");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let (condition, pages) = reopened(flipped);
        let error = pages.read(0, &mut [0; 3 * 4096]).unwrap_err();
        let page = bit / 8 / 4100;
        let expected = format!("page {page} at byte {} of the file has a wrong checksum", page * 4100);
        assert_eq!(error.to_string(), expected);
        assert_eq!(condition.fault().unwrap().to_string(), format!("the index `pages` is damaged: {expected}"));
    }
}

#[test]
fn a_page_in_another_ones_place_is_named() {
    let (files, pages) = pages();
    pages.write(0, &[7; 2 * 4096]).unwrap();
    let mut bytes = files.bytes("pages");
    bytes.copy_within(..4100, 4100);
    let error = reopened(bytes).1.read(4096, &mut [0; 4096]).unwrap_err();
    assert!(error.to_string().starts_with("page 1 at byte 4100"));
}

#[test]
fn a_page_that_is_all_zeros_has_a_checksum_once_it_is_written() {
    let (files, pages) = pages();
    pages.write(0, &[0; 4096]).unwrap();
    assert_ne!(files.bytes("pages")[..4], [0; 4]);
}
