//! What fuzzing calls (feature `test-support`).

use std::sync::LazyLock;

use axum::http::Uri;
use lora_core::native::{Question, read_arguments, read_question, write_question};
use lora_core::oio::{Document, shipped_classes};
use lora_core::schema::{Ids, Schema};
use lora_core::time::{Timestamp, TransactionTime};

use crate::params::{Arguments, pairs, search, time_context};

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::new(&shipped_classes(), Ids::default()).expect("the shipped classes are sound"));

/// Reads any bytes as the query string of a search of every shipped class, and of our own API; whatever they are, it ends
/// without a panic, and a query of the API is written and read back as the same.
///
/// Returns for how many classes they are a search or a query.
pub fn query_string(bytes: &[u8]) -> usize {
    let Ok(uri) = Uri::try_from([b"/x?", bytes].concat()) else { return 0 };
    searches(&uri) + queries(&uri)
}

fn searches(uri: &Uri) -> usize {
    let Ok(arguments) = Arguments::of(uri) else { return 0 };
    let now = Timestamp::<TransactionTime>::from_micros(1_700_000_000_000_000).expect("a finite instant");
    let Ok(context) = time_context(&arguments, now) else { return 0 };
    SCHEMA.classes().iter().filter(|class| search(&arguments, class, context).is_ok()).count()
}

fn queries(uri: &Uri) -> usize {
    let Ok(arguments) = pairs(uri) else { return 0 };
    let read = |class| read_arguments(&SCHEMA, class, &arguments);
    let questions = SCHEMA.classes().iter().filter_map(|class| read(class).ok());
    questions.inspect(is_read_back).count()
}

fn is_read_back(question: &Question) {
    let mut json = Vec::new();
    write_question(&mut json, &SCHEMA, question);
    let json = Document::parse(&json).expect("what is written is JSON");
    match read_question(&SCHEMA, &json) {
        Ok(again) => assert_eq!(&again, question),
        // JSON says in two operators what an argument says in one.
        Err(error) => assert_eq!(error.code, "too_many_parts"),
    }
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
