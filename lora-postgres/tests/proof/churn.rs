//! Pages touched where the same objects were written again and again, and nobody tidied up; and on chains of ten
//! thousand registrations.

use std::time::Duration;

use crate::plans::{HISTORY, KNOWN_DURING, POSTINGS, Prepared, REGISTRATIONS, scan, window};
use crate::support::run;

/// Twenty times all rectangles of a hundred objects close, and open again with the same keys.
const ROUNDS: i64 = 20;
const ROUND: &str = "
    WITH next AS (SELECT position + 1 AS position FROM lora.ledger WHERE tenant = 0),
    closed AS (
        DELETE FROM lora.posting_current
        WHERE tenant = 0 AND object IN (SELECT md5(o::text)::uuid FROM generate_series(700, 799) o) RETURNING *
    ),
    kept AS (
        INSERT INTO lora.posting_history (tenant, key, class, object, valid_from, valid_to, opened, present, known_from,
            closed, known_to)
        SELECT tenant, key, class, object, valid_from, valid_to, opened, present, known_from, next.position,
            next.position * 100
        FROM closed, next
    ),
    opened AS (
        INSERT INTO lora.posting_current (tenant, key, class, object, valid_from, valid_to, opened, present, known_from)
        SELECT tenant, key, class, object, valid_from, valid_to, next.position, present, next.position * 100
        FROM closed, next
    )
    UPDATE lora.ledger SET position = next.position, instant = next.position * 100 FROM next WHERE tenant = 0;";
const UNTIDY: &str = "
    ALTER TABLE lora.posting_current SET (autovacuum_enabled = off);
    ALTER TABLE lora.posting_history SET (autovacuum_enabled = off);";

#[test]
fn a_search_for_a_value_reads_few_pages_also_where_nobody_tidied_up() {
    run(async {
        let prepared = Prepared::new(POSTINGS).await;
        prepared.change(UNTIDY).await;
        for _ in 0..ROUNDS {
            prepared.change(ROUND).await;
        }
        let newest = 40_000 + ROUNDS;
        // Of the first field there is no history but that of the churn.
        for (field, text, hits, then) in [(4, "text 777", 1, 0), (1, "text 77", 10, 10), (2, "text 7", 100, 100)] {
            let now = scan(newest, field, text, None);
            // Who looks first passes all that is dead, and marks it; who comes next passes none of it. What somebody else
            // in the database may still see is marked a little later.
            prepared.pages(&now).await.assert(hits, 8 + hits * (ROUNDS as u64 + 3));
            let marked = 8 + hits * 3;
            for _ in 0..200 {
                if prepared.pages(&now).await.touched <= marked {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            prepared.pages(&now).await.assert(hits, marked);
            // Nothing of the history is dead, but until it is vacuumed each row that has the key is looked up.
            let past = scan(newest, field, text, Some((2_000_000, 2_000_001)));
            prepared.pages(&past).await.assert(then, 16 + hits * (ROUNDS as u64 + 4));
            prepared.pages(&past).await.assert(then, 16 + hits * (ROUNDS as u64 + 4));
        }
    });
}

/// An object whose value was flipped ten thousand times, and one that was registered once.
const DEEP: &str = "
    CREATE FUNCTION text_key(word text) RETURNS bytea IMMUTABLE LANGUAGE sql AS
        $$ SELECT '\\x020004'::bytea || convert_to(word, 'UTF8') || '\\x00'::bytea $$;
    UPDATE lora.ledger SET position = 60000, instant = 6000000 WHERE tenant = 0;
    INSERT INTO lora.entry (tenant, position, instant, registered_from, seq, class, kind, object, salt, chain, skeleton, content)
    SELECT 0, 40000 + n, (40000 + n) * 100, (40000 + n) * 100, n, 1, 1, md5('deep')::uuid,
        decode(repeat('01', 16), 'hex'), decode(repeat('02', 32), 'hex'), decode(repeat('03', 60), 'hex'),
        decode(repeat('04', 600), 'hex')
    FROM generate_series(1, 10000) n;
    INSERT INTO lora.entry (tenant, position, instant, registered_from, seq, class, kind, object, salt, chain, skeleton, content)
    SELECT 0, 50001, 5000100, 5000100, 1, 1, 1, md5('shallow')::uuid, salt, chain, skeleton, content
    FROM lora.entry WHERE position = 1;
    INSERT INTO lora.posting_history (tenant, key, class, object, valid_from, valid_to, opened, present, known_from, closed, known_to)
    SELECT 0, text_key(CASE n % 2 WHEN 0 THEN 'even' ELSE 'odd' END), 1, md5('deep')::uuid, 0, 9223372036854775807,
        40000 + n, true, (40000 + n) * 100, 40001 + n, (40001 + n) * 100
    FROM generate_series(1, 9999) n;
    INSERT INTO lora.posting_current (tenant, key, class, object, valid_from, valid_to, opened, present, known_from) VALUES
        (0, text_key('even'), 1, md5('deep')::uuid, 0, 9223372036854775807, 50000, true, 5000000),
        (0, text_key('once'), 1, md5('shallow')::uuid, 0, 9223372036854775807, 50001, true, 5000100);";

#[test]
fn a_search_for_a_value_that_was_flipped_ten_thousand_times_passes_an_index_at_most() {
    run(async {
        let postings = Prepared::new(POSTINGS).await;
        postings.change(DEEP).await;
        postings.change("VACUUM ANALYZE").await;
        postings.pages(&scan(60_000, 4, "once", Some((5_000_200, 5_000_201)))).await.assert(1, 10);
        postings.pages(&scan(60_000, 4, "even", None)).await.assert(1, 10);
        postings.pages(&scan(60_000, 4, "odd", None)).await.assert(0, 10);
        // In the past all rectangles of the key are passed, in the index alone: sixty and more to a page.
        for known in [4_000_150, 4_500_150, 4_999_950] {
            postings.pages(&scan(60_000, 4, "odd", Some((known, known + 1)))).await.assert(1, 12 + 5_000 / 60);
        }
        for view in [40_003, 45_001] {
            postings.pages(&scan(view, 4, "odd", None)).await.assert(1, 12 + 5_000 / 60);
        }
    });
}

#[test]
fn a_registration_of_a_long_chain_is_two_descents_and_a_page_of_it_passes_those_before() {
    run(async {
        let registrations = Prepared::new(REGISTRATIONS).await;
        registrations.change(DEEP).await;
        registrations.change("VACUUM ANALYZE").await;
        for known in [4_000_150, 4_500_150, i64::MAX] {
            let values = format!("0, 6000000, 60000, ARRAY[1], ARRAY[md5('deep')::uuid], ARRAY[{known}]");
            registrations.pages(&values).await.assert(1, 10);
        }
        let history = Prepared::new(HISTORY).await;
        history.change(DEEP).await;
        history.change("VACUUM ANALYZE").await;
        for from in [1, 5_000, 9_990] {
            let values = format!("0, 6000000, 60000, 1, md5('deep')::uuid, {from}, 11");
            history.pages(&values).await.assert(10, 4 + 10 * 3 + from / 60);
        }
    });
}

#[test]
fn a_window_of_a_long_chain_passes_nothing_before_and_after_it() {
    run(async {
        let prepared = Prepared::new(KNOWN_DURING).await;
        prepared.change(DEEP).await;
        prepared.change("VACUUM ANALYZE").await;
        let (deep, both) = ("ARRAY[md5('deep')::uuid]", "ARRAY[md5('deep')::uuid, md5('shallow')::uuid]");
        for from in [4_000_150, 4_500_150, 4_997_950] {
            for view in [60_000, 49_995] {
                let values = window(view, deep, from, from + 1_000, 21);
                prepared.pages(&values).await.assert(11, 3 * 5 + 11 * 4);
            }
            // A page of all that was known since.
            prepared.pages(&window(60_000, both, from, i64::MAX, 11)).await.assert(11, 3 * 5 + 11 * 4);
        }
        // A page goes on where the one before ended.
        let after = window(60_000, deep, 0, i64::MAX, 11).replace("(-9223372036854775808)", "4500101");
        prepared.pages(&after).await.assert(11, 3 * 5 + 11 * 4);
    });
}
