WITH arrived AS (
    DELETE FROM lora.content_arriving WHERE tenant = $1 AND blob = $2 RETURNING blob
),
kept AS (
    INSERT INTO lora.content (tenant, hash, blob, size)
    SELECT $1, $3, blob, $4 FROM arrived
    ON CONFLICT (tenant, hash) DO NOTHING RETURNING blob
),
-- The pieces are older than this statement, so that it sees them.
superfluous AS (
    DELETE FROM lora.content_piece
    WHERE tenant = $1 AND blob = $2 AND NOT EXISTS (SELECT FROM kept)
)
SELECT blob FROM arrived
