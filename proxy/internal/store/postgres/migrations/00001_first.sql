-- +goose Up

-- Names and payloads are bytea: they may hold any byte, and text may not. The key
-- `entity` is the SHA-256 of an entity's id (row.go), for an id may be too long for
-- an index. Times are nanoseconds since 1970 by the proxies' clock, but for leases.

-- What each entity is called. A row stands here before any other of the entity.
CREATE TABLE stateward.entity (
    entity      bytea  PRIMARY KEY,
    persistence bytea  NOT NULL,
    key         bytea  NOT NULL
);

CREATE TABLE stateward.event (
    entity      bytea  NOT NULL,
    sequence    bigint NOT NULL,
    -- The first 8 bytes of the SHA-256 of the persistence id.
    persistence bigint NOT NULL,
    -- The transaction in the upper 45 bits, the place within it in the lower 18.
    log_offset  bigint NOT NULL,
    type        bytea  NOT NULL,
    payload     bytea  NOT NULL,
    time        bigint,
    metadata    bytea,
    checksum    bigint NOT NULL,
    PRIMARY KEY (entity, sequence)
);
CREATE INDEX event_log ON stateward.event (persistence, log_offset);

CREATE TABLE stateward.snapshot (
    entity      bytea  PRIMARY KEY,
    sequence    bigint NOT NULL,
    type        bytea  NOT NULL,
    payload     bytea  NOT NULL,
    checksum    bigint NOT NULL
);

-- Entities that were deleted for ever. Rows stay.
CREATE TABLE stateward.deletion (
    entity      bytea  PRIMARY KEY,
    last        bigint NOT NULL,
    -- When the events may go; null once they are gone.
    purge       bigint
);
CREATE INDEX deletion_purge ON stateward.deletion (purge) WHERE purge IS NOT NULL;

-- Type, payload and checksum are null where the entity has no value.
CREATE TABLE stateward.value (
    entity      bytea  PRIMARY KEY,
    revision    bigint NOT NULL,
    type        bytea,
    payload     bytea,
    ends        bigint,
    checksum    bigint
);
CREATE INDEX value_ends ON stateward.value (ends) WHERE ends IS NOT NULL;

CREATE TABLE stateward.record (
    entity      bytea  NOT NULL,
    key         bytea  NOT NULL,
    command     bytea  NOT NULL,
    digest      bytea  NOT NULL,
    answer      bytea  NOT NULL,
    expires     bigint NOT NULL,
    PRIMARY KEY (entity, key)
);
CREATE INDEX record_expires ON stateward.record (expires);

CREATE TABLE stateward.effect (
    id          bytea  PRIMARY KEY,
    entity      bytea  NOT NULL,
    body        bytea  NOT NULL,
    stored      bigint NOT NULL,
    parked      bigint,
    attempts    bigint NOT NULL DEFAULT 0,
    code        integer NOT NULL DEFAULT 0,
    text        bytea  NOT NULL DEFAULT ''
);

CREATE TABLE stateward.replica (
    entity      bytea  NOT NULL,
    node        bytea  NOT NULL,
    state       bytea  NOT NULL,
    PRIMARY KEY (entity, node)
);

-- Of what kind the entities of a persistence id are, under its SHA-256.
CREATE TABLE stateward.kind (
    id          bytea  PRIMARY KEY,
    persistence bytea  NOT NULL,
    kind        bytea  NOT NULL
);

-- A node without a row has no lease.
CREATE TABLE stateward.node (
    id          text   PRIMARY KEY,
    address     text   NOT NULL,
    name        text   NOT NULL,
    lease_until timestamptz NOT NULL
);
CREATE INDEX node_name ON stateward.node (name) WHERE name <> '';

-- Each write holds the row of its shard FOR SHARE; a claim changes it.
CREATE TABLE stateward.shard (
    id          integer PRIMARY KEY,
    owner       text,
    epoch       bigint NOT NULL
);
CREATE INDEX shard_owner ON stateward.shard (owner);

-- What is added to transaction ids, which begin anew where the tables are restored.
CREATE TABLE stateward.log (
    base        bigint NOT NULL
);
INSERT INTO stateward.log (base) VALUES (0);

-- +goose Down

DROP TABLE stateward.log, stateward.shard, stateward.node, stateward.kind, stateward.replica, stateward.effect,
    stateward.record, stateward.value, stateward.deletion, stateward.snapshot, stateward.event, stateward.entity;
