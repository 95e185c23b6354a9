-- Takes those steps of a batch whose heads and guards nobody has moved, and says what became of each.
-- The caller holds the tenant's row of the ledger, so that what this statement sees is the newest.
--
-- The lookups stand in lateral subqueries with a limit: so they are done row by row in an index, whatever the
-- statistics say.
WITH RECURSIVE ledger AS MATERIALIZED (
    SELECT position, instant, chain FROM lora.ledger WHERE tenant = $1
),
moved_head AS MATERIALIZED (
    SELECT head.step, head.class, head.object
    FROM unnest($6::int[], $7::int[], $8::uuid[], $9::bigint[]) AS head (step, class, object, seq)
    LEFT JOIN LATERAL (
        SELECT entry.seq FROM lora.entry
        WHERE entry.tenant = $1 AND entry.class = head.class AND entry.object = head.object
        ORDER BY entry.registered_from DESC LIMIT 1
    ) newest ON true
    WHERE newest.seq IS DISTINCT FROM head.seq
),
moved_guard AS MATERIALIZED (
    SELECT asked.step, asked.guard
    FROM unnest($10::int[], $11::bytea[], $12::bigint[]) AS asked (step, guard, seen)
    CROSS JOIN LATERAL (
        SELECT taken.position FROM lora.guard taken
        WHERE taken.tenant = $1 AND taken.guard = asked.guard LIMIT 1
    ) taken
    WHERE taken.position > asked.seen
),
-- Whose heads and guards are as they were seen.
fresh AS MATERIALIZED (
    SELECT step.* FROM unnest($3::int[], $4::bigint[], $5::bigint[])
        WITH ORDINALITY AS step (entries, asserted, restored, step)
    WHERE step.step NOT IN (SELECT step FROM moved_head) AND step.step NOT IN (SELECT step FROM moved_guard)
),
past AS MATERIALIZED (
    SELECT fresh.step FROM fresh, ledger WHERE fresh.restored <= ledger.instant OR fresh.restored < fresh.asserted
),
numbered AS MATERIALIZED (
    SELECT fresh.*, row_number() OVER (ORDER BY step) AS number FROM fresh
    WHERE step NOT IN (SELECT step FROM past)
),
-- Each instant is the clock's, but not before any asserted time of its step, and later than the one before: by the
-- microsecond that `number` adds.
taken AS MATERIALIZED (
    SELECT numbered.step, numbered.entries,
        ledger.position + sum(entries) OVER (ORDER BY number) AS last,
        coalesce(numbered.restored, number
            + greatest(ledger.instant, max(greatest($2::bigint, asserted) - number) OVER (ORDER BY number))) AS instant
    FROM numbered, ledger
),
placed AS MATERIALIZED (
    SELECT draft.number, draft.class, draft.object, draft.commitment, taken.instant,
        coalesce(draft.asserted, taken.instant) AS registered_from,
        ledger.position + row_number() OVER (ORDER BY draft.number) AS position
    FROM unnest($13::int[], $15::int[], $16::uuid[], $18::bigint[], $22::bytea[])
        WITH ORDINALITY AS draft (step, class, object, asserted, commitment, number)
    JOIN taken ON taken.step = draft.step
    CROSS JOIN ledger
),
-- What follows position after position: instant and commitment, 40 bytes each.
links AS MATERIALIZED (
    SELECT count(*) AS count, string_agg(int8send(instant) || commitment, '' ORDER BY position) AS bytes FROM placed
),
chained (number, position, chain) AS (
    SELECT 0, position, chain FROM ledger
    UNION ALL
    SELECT chained.number + 1, chained.position + 1,
        sha256(chained.chain || int8send(chained.position + 1)
            || substring(links.bytes FROM 1 + 40 * chained.number FOR 40))
    FROM chained, links WHERE chained.number < links.count
),
entered AS (
    INSERT INTO lora.entry (tenant, position, instant, registered_from, seq, class, kind, object, salt, chain,
        skeleton, content)
    SELECT $1, placed.position, placed.instant, placed.registered_from, draft.seq, placed.class, draft.kind,
        placed.object, draft.salt, chained.chain, draft.skeleton, draft.content
    FROM unnest($14::smallint[], $17::bigint[], $19::bytea[], $20::bytea[], $21::bytea[])
        WITH ORDINALITY AS draft (kind, seq, skeleton, salt, content, number)
    JOIN placed ON placed.number = draft.number
    JOIN chained ON chained.position = placed.position
),
closing AS MATERIALIZED (
    SELECT open.ctid, placed.position, placed.registered_from
    FROM unnest($23::int[], $24::bytea[], $25::bigint[], $26::bigint[]) AS close (entry, key, valid_from, valid_to)
    JOIN placed ON placed.number = close.entry
    CROSS JOIN LATERAL (
        SELECT open.ctid FROM lora.posting_current open
        WHERE open.tenant = $1 AND open.key = close.key AND open.class = placed.class AND open.object = placed.object
            AND open.valid_from = close.valid_from AND open.valid_to = close.valid_to
        ORDER BY open.opened LIMIT 1
    ) open
),
closed AS (
    DELETE FROM lora.posting_current open USING closing WHERE open.ctid = closing.ctid
    RETURNING open.*, closing.position AS closed, closing.registered_from AS known_to
),
kept AS (
    INSERT INTO lora.posting_history (tenant, key, class, object, valid_from, valid_to, opened, present, known_from,
        closed, known_to)
    SELECT tenant, key, class, object, valid_from, valid_to, opened, present, known_from, closed, known_to FROM closed
),
opened AS (
    INSERT INTO lora.posting_current (tenant, key, class, object, valid_from, valid_to, opened, present, known_from)
    SELECT $1, open.key, placed.class, placed.object, open.valid_from, open.valid_to, placed.position, open.present,
        placed.registered_from
    FROM unnest($27::int[], $28::bytea[], $29::bigint[], $30::bigint[], $31::boolean[])
        AS open (entry, key, valid_from, valid_to, present)
    JOIN placed ON placed.number = open.entry
),
said AS (
    INSERT INTO lora.term (tenant, key, folded, whole)
    SELECT $1, term.key, term.folded, term.whole
    FROM unnest($32::int[], $33::bytea[], $34::text[], $35::boolean[]) AS term (entry, key, folded, whole)
    JOIN placed ON placed.number = term.entry
    ON CONFLICT DO NOTHING
),
ending AS MATERIALIZED (
    SELECT boundary.ctid, placed.position
    FROM unnest($36::int[], $37::bigint[]) AS gone (entry, at)
    JOIN placed ON placed.number = gone.entry
    CROSS JOIN LATERAL (
        SELECT boundary.ctid FROM lora.boundary
        WHERE boundary.tenant = $1 AND boundary.at = gone.at AND boundary.class = placed.class
            AND boundary.object = placed.object
        ORDER BY boundary.opened DESC LIMIT 1
    ) boundary
),
ended AS (
    UPDATE lora.boundary SET gone = ending.position FROM ending WHERE boundary.ctid = ending.ctid
),
begun AS (
    INSERT INTO lora.boundary (tenant, at, class, object, opened, gone)
    SELECT $1, begin.at, placed.class, placed.object, placed.position, 9223372036854775807
    FROM unnest($38::int[], $39::bigint[]) AS begin (entry, at)
    JOIN placed ON placed.number = begin.entry
),
guarded AS (
    INSERT INTO lora.guard AS old (tenant, guard, position)
    SELECT $1, asked.guard, taken.last
    FROM unnest($10::int[], $11::bytea[]) AS asked (step, guard)
    JOIN taken ON taken.step = asked.step
    ON CONFLICT (tenant, guard) DO UPDATE SET position = excluded.position
),
moved_on AS (
    UPDATE lora.ledger SET position = tip.position, instant = tip.instant, chain = chained.chain
    FROM (SELECT max(last) AS position, max(instant) AS instant FROM taken) tip
    JOIN chained ON chained.position = tip.position
    WHERE ledger.tenant = $1
)
SELECT step::int, last - entries + 1 AS first, last, instant, NULL::int AS class, NULL::uuid AS object,
    NULL::bytea AS guard
FROM taken
UNION ALL
SELECT past.step::int, NULL, NULL, ledger.instant, NULL, NULL, NULL FROM past, ledger
UNION ALL
SELECT step, NULL, NULL, NULL, class, object, NULL FROM moved_head
UNION ALL
SELECT step, NULL, NULL, NULL, NULL, NULL, guard FROM moved_guard
