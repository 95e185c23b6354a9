-- For each object asked for the registration that the view knows then, and from when on the next one is known.
SELECT asked.number, found.position, found.registered_from,
    CASE WHEN next.position <= $3 THEN next.registered_from ELSE 9223372036854775807 END AS registered_to,
    found.skeleton, found.salt, found.content
FROM unnest($4::int[], $5::uuid[], $6::bigint[]) WITH ORDINALITY AS asked (class, object, known, number)
CROSS JOIN LATERAL (
    SELECT entry.position, entry.registered_from, entry.skeleton, entry.salt, entry.content FROM lora.entry
    WHERE entry.tenant = $1 AND entry.class = asked.class AND entry.object = asked.object
        AND entry.registered_from <= least(asked.known, $2::bigint) AND entry.position <= $3
    ORDER BY entry.registered_from DESC LIMIT 1
) found
LEFT JOIN LATERAL (
    SELECT entry.position, entry.registered_from FROM lora.entry
    WHERE entry.tenant = $1 AND entry.class = asked.class AND entry.object = asked.object
        AND entry.registered_from > found.registered_from
    ORDER BY entry.registered_from LIMIT 1
) next ON true
