-- Scan by scan the rectangles that the view shows, each scan in the order of key, object, valid period and position.
--
-- What the view takes for open is open now, or closed since the view's position. Where few entries came since, what
-- closed is found by when; where many came, by key. The rows of `scan` come in their order, and no more of them than
-- are needed to fill the page.
SELECT scan.number, found.*
FROM (SELECT position FROM lora.ledger WHERE tenant = $1 LIMIT 1) newest
CROSS JOIN unnest($3::bytea[], $4::int[], $5::uuid[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[], $10::bigint[],
        $11::bigint[], $12::boolean[], $13::bigint[], $14::bigint[])
    WITH ORDINALITY AS scan (after_key, after_class, after_object, after_from, after_to, after_opened, key_to, valid_from,
        valid_to, open, known_from, known_to, number)
CROSS JOIN LATERAL (
    SELECT * FROM (
        (
            SELECT row.key, row.class, row.object, row.valid_from, row.valid_to, row.opened, row.present,
                row.known_from, 9223372036854775807 AS known_to
            FROM lora.posting_current row
            WHERE row.tenant = $1 AND row.key < scan.key_to
                AND (row.key, row.class, row.object, row.valid_from, row.valid_to, row.opened)
                    > (scan.after_key, scan.after_class, scan.after_object, scan.after_from, scan.after_to,
                        scan.after_opened)
                AND row.valid_from < scan.valid_to AND row.valid_to > scan.valid_from
                AND row.opened <= $2 AND row.known_from < scan.known_to
            ORDER BY row.key, row.class, row.object, row.valid_from, row.valid_to, row.opened LIMIT $15
        )
        UNION ALL
        (
            SELECT row.key, row.class, row.object, row.valid_from, row.valid_to, row.opened, row.present,
                row.known_from, CASE WHEN row.closed > $2 THEN 9223372036854775807 ELSE row.known_to END
            FROM lora.posting_history row
            WHERE (NOT scan.open OR newest.position - $2 > 256)
                AND row.tenant = $1 AND row.key < scan.key_to
                AND (row.key, row.class, row.object, row.valid_from, row.valid_to, row.opened)
                    > (scan.after_key, scan.after_class, scan.after_object, scan.after_from, scan.after_to,
                        scan.after_opened)
                AND row.valid_from < scan.valid_to AND row.valid_to > scan.valid_from
                AND row.opened <= $2 AND row.known_from < scan.known_to
                AND (row.closed > $2 OR (NOT scan.open AND row.known_to > scan.known_from))
            ORDER BY row.key, row.class, row.object, row.valid_from, row.valid_to, row.opened LIMIT $15
        )
        UNION ALL
        (
            SELECT row.key, row.class, row.object, row.valid_from, row.valid_to, row.opened, row.present,
                row.known_from, 9223372036854775807
            -- The offset keeps the server from looking for anything but what closed lately.
            FROM (
                SELECT * FROM lora.posting_history closed
                WHERE scan.open AND newest.position - $2 BETWEEN 1 AND 256
                    AND closed.tenant = $1 AND closed.closed > $2 AND closed.closed <= $2 + 256
                OFFSET 0
            ) row
            WHERE row.key < scan.key_to
                AND (row.key, row.class, row.object, row.valid_from, row.valid_to, row.opened)
                    > (scan.after_key, scan.after_class, scan.after_object, scan.after_from, scan.after_to,
                        scan.after_opened)
                AND row.valid_from < scan.valid_to AND row.valid_to > scan.valid_from
                AND row.opened <= $2
            ORDER BY row.key, row.class, row.object, row.valid_from, row.valid_to, row.opened LIMIT $15
        )
    ) row
    ORDER BY key, class, object, valid_from, valid_to, opened LIMIT $15
) found
LIMIT $15
