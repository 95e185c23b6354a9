//! The bodies of the fuzz targets over the committed seeds, and over what lies near them.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs;
use std::path::Path;

use lora_core::testing::fuzz;

/// Runs a target over its seeds as they are, cut short anywhere, and with each byte turned into another.
fn holds_near_the_seeds(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has seeds");
    for file in files {
        let seed = fs::read(&file).unwrap();
        body(&seed);
        let stride = seed.len() / 64 + 1;
        for at in (0..seed.len()).step_by(stride) {
            body(&seed[..at]);
            let mut changed = seed.clone();
            changed[at] ^= 1 << (at % 7);
            body(&changed);
        }
    }
}

#[test]
fn oio_json() {
    holds_near_the_seeds("oio_json", fuzz::oio_json);
}

#[test]
fn json_lines() {
    holds_near_the_seeds("json_lines", fuzz::json_lines);
}

#[test]
fn time_text() {
    holds_near_the_seeds("time_text", fuzz::time_text);
}

#[test]
fn codec() {
    holds_near_the_seeds("codec", fuzz::codec);
}

#[test]
fn class_file() {
    holds_near_the_seeds("class_file", fuzz::class_file);
}

#[test]
fn query_json() {
    holds_near_the_seeds("query_json", fuzz::query_json);
}

#[test]
fn query() {
    holds_near_the_seeds("query", fuzz::query);
}
