//! Wildcards: what the database finds is what the core's patterns match, with trigrams and without.

use lora_core::object::Content;
use lora_core::query::Pattern;
use lora_core::schema::FieldId;
use lora_core::storage::{Key, PostingDraft, Read, Storage};
use lora_core::time::Period;
use lora_postgres::{PostgresStore, Tenant};

use crate::support::{TestDatabase, clock, run};
use crate::writers::Writer;

/// 37, 92 and 95 are the bytes of `%`, `\` and `_`, which stand in the keys of these fields.
const FIELDS: [u16; 4] = [1, 37, 92, 95];

const PATTERNS: [&str; 20] = [
    "%", "", "a%", "%c", "abc", "%abc%", "%ABC%", "abc%", "%bc d%", "%b%d%", "100\\%%", "%\\%%", "%_%", "a_c",
    "%\\\\%", "%æøå%", "Æ%", "%ø%å", "%xyz\0%", "%  %",
];

fn texts() -> Vec<String> {
    let short = ["", "abc", "aBC d", "a_c", "axc", "100%", "100", "a\\b", "Æøå", "x æøå y", "øå", "%", "  ", "b d abc"];
    let long = [format!("abc{}", "x".repeat(300)), "æ".repeat(200), "y".repeat(252)];
    short.into_iter().map(str::to_owned).chain(long).collect()
}

async fn found(store: &PostgresStore, pattern: &Pattern, limit: usize) -> (Vec<Key>, bool) {
    let view = store.view(None).await.unwrap();
    let terms = view.terms(&FIELDS.map(FieldId::from_number), pattern, limit).await.unwrap();
    (terms.keys, terms.complete)
}

/// What the core's own patterns say of the keys, field by field and in order.
fn expected(pattern: &Pattern) -> Vec<Key> {
    let mut expected = Vec::new();
    for field in FIELDS.map(FieldId::from_number) {
        let mut keys: Vec<Key> = texts().iter().map(|text| Key::text(field, text)).collect();
        keys.sort();
        let matches = |key: &Key| key.folded().is_some_and(|(text, whole)| !whole || pattern.matches_folded(text));
        expected.extend(keys.into_iter().filter(matches));
    }
    expected
}

async fn assert_all(store: &PostgresStore) {
    for source in PATTERNS {
        let pattern = Pattern::parse(source).unwrap();
        let expected = expected(&pattern);
        assert_eq!(found(store, &pattern, 1_000).await, (expected.clone(), true), "{source:?}");
        for limit in [1, 3, expected.len()] {
            let part = (expected[..limit.min(expected.len())].to_vec(), limit >= expected.len());
            assert_eq!(found(store, &pattern, limit).await, part, "{limit} of {source:?}");
        }
    }
}

#[test]
fn wildcards_find_what_the_cores_patterns_match_with_trigrams_and_without() {
    run(async {
        let database = TestDatabase::new().await;
        let store = PostgresStore::new(database.pool(), Tenant(0), clock());
        let mut step = Writer::with(0, 1, vec![Content::EMPTY]).step();
        let of_field = |field| texts().into_iter().map(move |text| Key::text(FieldId::from_number(field), &text));
        let open = |key| PostingDraft { key, valid: Period::ALWAYS, present: true };
        step.entries[0].index.opens = FIELDS.into_iter().flat_map(of_field).map(open).collect();
        store.commit(step).await.unwrap();
        assert_all(&store).await;
        database.client().await.batch_execute("DROP EXTENSION pg_trgm CASCADE").await.unwrap();
        assert_all(&store).await;
    });
}
