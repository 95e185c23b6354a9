-- Range by range the keys of texts that match, or may match because they were cut, in order.
--
-- Where the pattern has three letters in a row, a trigram index finds what matches among all texts; what was cut comes
-- from an index of its own. Else the range is read.
SELECT found.key
FROM unnest($2::bytea[], $3::bytea[]) AS asked (key_from, key_to)
CROSS JOIN LATERAL (
    SELECT term.key FROM lora.term
    WHERE term.tenant = $1 AND term.key >= asked.key_from AND term.key < asked.key_to
        AND (NOT term.whole OR term.folded LIKE $4)
    ORDER BY term.key LIMIT $5
) found
LIMIT $5
