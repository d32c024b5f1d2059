-- Offsets grow with the server's transaction ids, which begin anew where the tables
-- were restored into another server: then so much is added to them that the log
-- goes on where it was.
WITH RECURSIVE persistence (id) AS (
    (SELECT e.persistence FROM stateward.event e ORDER BY e.persistence LIMIT 1)
    UNION ALL
    SELECT (SELECT e.persistence FROM stateward.event e WHERE e.persistence > p.id ORDER BY e.persistence LIMIT 1)
    FROM persistence p WHERE p.id IS NOT NULL
),
newest AS (
    SELECT max((SELECT max(e.log_offset) FROM stateward.event e WHERE e.persistence = p.id)) >> 18 AS transaction
    FROM persistence p WHERE p.id IS NOT NULL
)
UPDATE stateward.log l SET base = n.transaction + 1 - pg_snapshot_xmin(pg_current_snapshot())::text::bigint
FROM newest n
WHERE n.transaction >= l.base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint
