-- Object by object the registrations that the view knew at some instant of a window, oldest first.
--
-- Those are the one known when the window begins, and those that were registered in it. Of the last one the end is the
-- beginning of the first one after the window, which is looked up for that; of the last one of a page it is the
-- beginning of one more that is looked at. The rows of `asked` come in their order, and no more of them than are needed
-- to fill the page.
SELECT asked.number, page.position, page.registered_from, page.registered_to, entry.skeleton, entry.salt, entry.content
FROM unnest($4::int[], $5::uuid[], $6::bigint[]) WITH ORDINALITY AS asked (class, object, earliest, number)
CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT chain.position, chain.registered_from,
            lead(chain.registered_from, 1, 9223372036854775807) OVER (ORDER BY chain.registered_from) AS registered_to
        FROM (
            (
                SELECT entry.position, entry.registered_from FROM lora.entry
                WHERE entry.tenant = $1 AND entry.class = asked.class AND entry.object = asked.object
                    AND entry.registered_from >= asked.earliest
                    AND entry.registered_from <= least($7::bigint, $2::bigint) AND entry.position <= $3
                ORDER BY entry.registered_from DESC LIMIT 1
            )
            UNION ALL
            (
                SELECT entry.position, entry.registered_from FROM lora.entry
                WHERE entry.tenant = $1 AND entry.class = asked.class AND entry.object = asked.object
                    AND entry.registered_from >= asked.earliest AND entry.registered_from > $7
                    AND entry.registered_from < $8 AND entry.registered_from <= $2 AND entry.position <= $3
                ORDER BY entry.registered_from LIMIT $9
            )
            UNION ALL
            (
                SELECT entry.position, entry.registered_from FROM lora.entry
                WHERE $8::bigint <= $2 AND entry.tenant = $1 AND entry.class = asked.class
                    AND entry.object = asked.object
                    AND entry.registered_from >= $8 AND entry.registered_from <= $2 AND entry.position <= $3
                ORDER BY entry.registered_from LIMIT 1
            )
        ) chain
    ) known
    WHERE known.registered_from < $8
    ORDER BY known.registered_from LIMIT $9
) page
CROSS JOIN LATERAL (
    SELECT entry.skeleton, entry.salt, entry.content FROM lora.entry
    WHERE entry.tenant = $1 AND entry.position = page.position LIMIT 1
) entry
LIMIT $9
