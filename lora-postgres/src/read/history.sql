-- A page of an object's registrations, oldest first. One more is looked at than is given: its beginning is the end of
-- the last.
SELECT page.position, page.registered_from, page.registered_to, entry.skeleton, entry.salt, entry.content
FROM (
    SELECT chain.position, chain.registered_from,
        lead(chain.registered_from, 1, 9223372036854775807) OVER (ORDER BY chain.registered_from) AS registered_to
    FROM (
        SELECT entry.position, entry.registered_from FROM lora.entry
        WHERE entry.tenant = $1 AND entry.class = $4 AND entry.object = $5
            AND entry.registered_from <= $2 AND entry.position <= $3 AND entry.seq >= $6
        ORDER BY entry.registered_from LIMIT $7
    ) chain
    ORDER BY chain.registered_from LIMIT $7 - 1
) page
CROSS JOIN LATERAL (
    SELECT entry.skeleton, entry.salt, entry.content FROM lora.entry
    WHERE entry.tenant = $1 AND entry.position = page.position LIMIT 1
) entry
ORDER BY page.registered_from
