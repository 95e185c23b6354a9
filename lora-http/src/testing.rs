//! What fuzzing calls (feature `test-support`).

use std::sync::LazyLock;

use axum::http::Uri;
use lora_core::oio::shipped_classes;
use lora_core::schema::{Ids, Schema};
use lora_core::time::{Timestamp, TransactionTime};

use crate::params::{Arguments, search, time_context};

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::new(&shipped_classes(), Ids::default()).expect("the shipped classes are sound"));

/// Reads any bytes as the query string of a search of every shipped class; whatever they are, it ends without a panic.
///
/// Returns for how many classes they are a search.
pub fn query_string(bytes: &[u8]) -> usize {
    let Ok(uri) = Uri::try_from([b"/x?", bytes].concat()) else { return 0 };
    let Ok(arguments) = Arguments::of(&uri) else { return 0 };
    let now = Timestamp::<TransactionTime>::from_micros(1_700_000_000_000_000).expect("a finite instant");
    let Ok(context) = time_context(&arguments, now) else { return 0 };
    SCHEMA.classes().iter().filter(|class| search(&arguments, class, context).is_ok()).count()
}

#[cfg(test)]
mod tests {
    use super::query_string;

    #[test]
    fn the_seeds_are_searches_and_what_lies_near_them_ends() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/query_string");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(files.len() >= 3, "there are seeds");
        for file in files {
            let seed = std::fs::read(&file).unwrap();
            assert!(query_string(&seed) > 0, "{} is no search", file.display());
            for at in 0..seed.len() {
                query_string(&seed[..at]);
                let mut changed = seed.clone();
                changed[at] ^= 1 << (at % 7);
                query_string(&changed);
            }
        }
    }
}
