-- Field by field the keys of texts that match, or may match because they were cut, in order.
--
-- What matches is found among the texts with the pattern's beginning; or, where the pattern asks for that and there is
-- the index, among all texts by trigrams. What was cut has an index of its own.
SELECT found.key
FROM (SELECT $7::text IS NOT NULL AND to_regclass('lora.term_trigram') IS NOT NULL AS by_trigram LIMIT 1) way
CROSS JOIN unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
    AS field (key_from, key_to, prefix_from, prefix_to)
CROSS JOIN LATERAL (
    SELECT * FROM (
        (
            SELECT term.key FROM lora.term
            WHERE NOT way.by_trigram AND term.tenant = $1
                AND term.key >= field.prefix_from AND term.key < field.prefix_to
                AND term.whole AND substring(term.key FROM 4) LIKE ($6::bytea || '\x00'::bytea)
            ORDER BY term.key LIMIT $8
        )
        UNION ALL
        (
            -- The offset keeps the server from looking for anything but trigrams.
            SELECT term.key
            FROM (
                SELECT * FROM lora.term
                WHERE way.by_trigram AND term.folded LIKE $7
                OFFSET 0
            ) term
            WHERE term.tenant = $1 AND term.whole AND term.key >= field.key_from AND term.key < field.key_to
            ORDER BY term.key LIMIT $8
        )
        UNION ALL
        (
            SELECT term.key FROM lora.term
            WHERE NOT term.whole AND term.tenant = $1 AND term.key >= field.key_from AND term.key < field.key_to
            ORDER BY term.key LIMIT $8
        )
    ) term
    ORDER BY key LIMIT $8
) found
LIMIT $8
