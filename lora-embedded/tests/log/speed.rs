//! How long a commit takes; for people, not for checking.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lora_embedded::files::Folder;
use lora_embedded::log::{Log, Options};

use super::common::*;

const STEPS: usize = 5_000;

/// `cargo test --release -p lora-embedded --test log speed -- --ignored --nocapture`
#[test]
#[ignore = "measures"]
fn append_1_kb_and_sync() {
    // Alternating, so that whatever else the machine does meets both.
    for _ in 0..2 {
        for preallocate in [0, 1 << 20, 4 << 20, 16 << 20] {
            let times = measured(Options { preallocate, ..Options::default() });
            let percentile = |p: usize| times[(STEPS - 1) * p / 100];
            let mean = times.iter().sum::<Duration>() / STEPS as u32;
            println!(
                "preallocate {preallocate:>9}: p50 {:?}, p99 {:?}, longest {:?}, mean {mean:?}",
                percentile(50),
                percentile(99),
                percentile(100)
            );
        }
    }
}

/// The time of each append and sync, sorted.
fn measured(options: Options) -> Vec<Duration> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut log = Log::create(Arc::new(Folder::new(folder.path())), ID, options).unwrap();
    let mut author = Author::new();
    let content = "x".repeat(1_000);
    let mut times: Vec<Duration> = (0..STEPS)
        .map(|_| {
            let step = [author.step(&small(&content))];
            let start = Instant::now();
            log.append(&step).unwrap();
            log.sync().unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    times
}
