-- A page of the boundaries that the view shows, in order, after one of them.
SELECT boundary.at, boundary.class, boundary.object
FROM lora.boundary
WHERE boundary.tenant = $1 AND boundary.at < $3 AND (boundary.at, boundary.class, boundary.object) > ($4, $5, $6)
    AND boundary.opened <= $2 AND boundary.gone > $2
ORDER BY boundary.at, boundary.class, boundary.object LIMIT $7
