-- Some of what has had its time, and whether there may be more. Rows that another
-- sweep holds are left to it.
WITH due AS MATERIALIZED (
    SELECT entity FROM stateward.deletion WHERE purge <= $1 ORDER BY purge LIMIT $2 FOR UPDATE SKIP LOCKED
),
events AS (
    DELETE FROM stateward.event e
    USING (SELECT e.entity, e.sequence FROM due JOIN stateward.event e USING (entity) LIMIT $2) gone
    WHERE e.entity = gone.entity AND e.sequence = gone.sequence
),
snapshots AS (
    DELETE FROM stateward.snapshot s USING due WHERE s.entity = due.entity
),
spent AS MATERIALIZED (
    SELECT entity, key FROM stateward.record WHERE expires <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
),
records AS (
    DELETE FROM stateward.record r USING spent WHERE r.entity = spent.entity AND r.key = spent.key
),
ended AS MATERIALIZED (
    SELECT entity FROM stateward.value WHERE ends <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
),
"values" AS (
    -- The revision stays.
    UPDATE stateward.value v SET ends = NULL, type = NULL, payload = NULL, checksum = NULL
    FROM ended WHERE v.entity = ended.entity
),
departed AS MATERIALIZED (
    -- Who has a shard is waited for: it may renew its lease as long as nobody takes it.
    SELECT n.id FROM stateward.node n
    WHERE n.lease_until <= coalesce($3, clock_timestamp()) - $4::interval
        AND NOT EXISTS (SELECT FROM stateward.shard s WHERE s.owner = n.id)
    LIMIT $2 FOR UPDATE SKIP LOCKED
),
nodes AS (
    DELETE FROM stateward.node n USING departed WHERE n.id = departed.id
)
SELECT EXISTS (SELECT FROM due) OR (SELECT count(*) FROM spent) = $2 OR (SELECT count(*) FROM ended) = $2
    OR (SELECT count(*) FROM departed) = $2
