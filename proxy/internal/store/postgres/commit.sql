-- One batch of writes to many entities. Each write is judged by itself: what is
-- refused stores nothing, what is taken is stored whole. A write whose shard nobody
-- has ever claimed has no row in the answer.
--
-- A batch is committed by the clauses that it has rows for (statement.go): judge first,
-- answer last. A clause begins at its name; {rows} stands for the arrays of its columns.

--- judge
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest({rows}) AS w (place, entity, shard, epoch, kind, expected)
),
-- Subqueries for each row, not joins, for each is to go by its index, however few rows
-- there were when the statement was planned.
held AS MATERIALIZED (
    -- In the order of their ids, as everybody locks them. A claim that was first is
    -- waited for, and its epoch is seen here; one that comes later waits for us.
    SELECT w.*, s.epoch AS newest
    FROM (SELECT * FROM wanted ORDER BY shard) w
    CROSS JOIN LATERAL (SELECT s.epoch FROM stateward.shard s WHERE s.id = w.shard::int FOR SHARE) s
),
read AS MATERIALIZED (
    -- An epoch that the shard does not have yet is no better than an old one: the tables
    -- may have been put back to an earlier day. EXISTS would read all deletions at once.
    SELECT h.*, h.newest <> 0 AND h.newest <> h.epoch AS fenced,
        h.kind <> 1 AND (SELECT d.last FROM stateward.deletion d WHERE d.entity = h.entity) IS NOT NULL AS deleted,
        CASE h.kind
            WHEN 1 THEN coalesce((SELECT v.revision FROM stateward.value v WHERE v.entity = h.entity), 0)
            ELSE coalesce((SELECT max(e.sequence) FROM stateward.event e WHERE e.entity = h.entity), 0)
        END AS head
    FROM held h
),
judged AS MATERIALIZED (
    SELECT r.*, NOT r.fenced AND NOT r.deleted
        AND CASE r.kind WHEN 2 THEN r.expected BETWEEN 1 AND r.head ELSE r.expected = r.head END AS taken
    FROM read r
),
refused AS MATERIALIZED (
    SELECT w.place FROM wanted w WHERE w.place NOT IN (SELECT j.place FROM judged j WHERE j.taken)
)

--- names
, named AS (
    INSERT INTO stateward.entity (entity, persistence, key)
    SELECT n.entity, n.persistence, n.key
    FROM unnest({rows}) AS n (place, entity, persistence, key)
    WHERE n.place NOT IN (SELECT place FROM refused)
    ON CONFLICT DO NOTHING
)

--- events
-- Offsets grow as transaction ids do, so that a reader who stops below the oldest
-- transaction that is open has missed nothing.
, here AS MATERIALIZED (
    SELECT (pg_current_xact_id()::text::bigint + l.base) << 18 AS log_offset FROM stateward.log l
),
events AS (
    INSERT INTO stateward.event (entity, sequence, persistence, log_offset, time, checksum, type, payload, metadata)
    SELECT e.entity, e.sequence, e.persistence, h.log_offset + e.number - 1, e.time, e.checksum, e.type, e.payload, e.metadata
    FROM here h, unnest({rows})
        WITH ORDINALITY AS e (place, entity, sequence, persistence, time, checksum, type, payload, metadata, number)
    WHERE e.place NOT IN (SELECT place FROM refused)
)

--- snapshots
, snapshots AS (
    INSERT INTO stateward.snapshot AS old (entity, sequence, checksum, type, payload)
    SELECT s.entity, s.sequence, s.checksum, s.type, s.payload
    FROM unnest({rows}) AS s (place, entity, sequence, checksum, type, payload)
    WHERE s.place NOT IN (SELECT place FROM refused)
    ON CONFLICT (entity) DO UPDATE
    SET sequence = excluded.sequence, checksum = excluded.checksum, type = excluded.type, payload = excluded.payload
    WHERE excluded.sequence >= old.sequence
)

--- deletions
, deletions AS (
    INSERT INTO stateward.deletion (entity, last, purge)
    SELECT d.entity, d.last, d.purge
    FROM unnest({rows}) AS d (place, entity, last, purge)
    WHERE d.place NOT IN (SELECT place FROM refused)
)

--- values
, changed AS (
    INSERT INTO stateward.value (entity, revision, ends, checksum, type, payload)
    SELECT v.entity, v.revision, v.ends, v.checksum, v.type, v.payload
    FROM unnest({rows}) AS v (place, entity, revision, ends, checksum, type, payload)
    WHERE v.place NOT IN (SELECT place FROM refused)
    ON CONFLICT (entity) DO UPDATE
    SET revision = excluded.revision, ends = excluded.ends, checksum = excluded.checksum, type = excluded.type, payload = excluded.payload
)

--- records
, records AS (
    INSERT INTO stateward.record (entity, expires, key, command, digest, answer)
    SELECT r.entity, r.expires, r.key, r.command, r.digest, r.answer
    FROM unnest({rows}) AS r (place, entity, expires, key, command, digest, answer)
    WHERE r.place NOT IN (SELECT place FROM refused)
    ON CONFLICT (entity, key) DO UPDATE
    SET expires = excluded.expires, command = excluded.command, digest = excluded.digest, answer = excluded.answer
)

--- effects
, effects AS (
    INSERT INTO stateward.effect (entity, stored, id, body)
    SELECT f.entity, f.stored, f.id, f.body
    FROM unnest({rows}) AS f (place, entity, stored, id, body)
    WHERE f.place NOT IN (SELECT place FROM refused)
)

--- answer
SELECT j.place, j.newest, j.fenced, j.deleted, j.head, j.taken FROM judged j
