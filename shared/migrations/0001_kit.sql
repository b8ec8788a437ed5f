-- What every service has besides its own tables: the events that it must still publish, the events that it has handled,
-- what it could not handle, and its work outside transactions.

-- Written in the business transaction, read in the order of id and deleted by the relay once Kafka acknowledged.
CREATE TABLE outbox (
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    topic      text        NOT NULL,
    key        bytea,
    headers    jsonb       NOT NULL,
    payload    bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT outbox_pk PRIMARY KEY (id),
    -- Kafka refuses a larger message, and the relay would stand still before it.
    CONSTRAINT outbox_size CHECK (coalesce(octet_length(payload), 0) <= 900000)
);
-- A queue: mostly empty, all of it dead soon. Without early vacuuming each read would step over what was deleted.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- One row for each event that a consumer has handled (or parked), written in the transaction of the effect.
CREATE TABLE inbox (
    consumer    text        NOT NULL,
    event_id    text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT inbox_pk PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_received_at ON inbox (received_at);

-- How far each consumer is, written in the transaction of the effects. Kafka's own committed offsets are used while there are any;
-- this is where to go on when Kafka has forgotten them, because the inbox does not remember for ever.
CREATE TABLE consumer_position (
    consumer    text   NOT NULL,
    topic       text   NOT NULL,
    partition   integer NOT NULL,
    next_offset bigint NOT NULL,
    CONSTRAINT consumer_position_pk PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);

-- Events that were parked, the later ones of their lane that wait behind them, and jobs that were given up.
-- A lane is what must stay in order: a topic and a key. While a lane has open rows, its new events join them.
CREATE TABLE dead_letter (
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    source     text        NOT NULL,
    consumer   text        NOT NULL,
    lane       text        NOT NULL,
    event_id   text        NOT NULL,
    state      text        NOT NULL,
    reason     text        NOT NULL,
    error      text        NOT NULL DEFAULT '',
    attempts   integer     NOT NULL DEFAULT 0,
    type       text        NOT NULL,
    topic      text        NOT NULL DEFAULT '',
    partition  integer,
    "offset"   bigint,
    key        bytea,
    headers    jsonb       NOT NULL,
    payload    bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dead_letter_pk PRIMARY KEY (id),
    CONSTRAINT dead_letter_once UNIQUE (consumer, event_id),
    CONSTRAINT dead_letter_source CHECK (source IN ('event', 'job')),
    CONSTRAINT dead_letter_state CHECK (state IN ('parked', 'waiting', 'replaying', 'replayed', 'dropped'))
);
CREATE INDEX dead_letter_open ON dead_letter (consumer, lane, id) WHERE state IN ('parked', 'waiting', 'replaying');
CREATE INDEX dead_letter_by_state ON dead_letter (state, id);

-- Work that calls out, claimed under a lease and done outside any transaction.
CREATE TABLE job (
    id           uuid        NOT NULL,
    kind         text        NOT NULL,
    key          text,
    unique_key   text,
    priority     smallint    NOT NULL DEFAULT 0,
    payload      jsonb       NOT NULL,
    headers      jsonb       NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0,
    forgiven     integer     NOT NULL DEFAULT 0,
    run_at       timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    lease        uuid,
    again        boolean     NOT NULL DEFAULT false,
    last_error   text        NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT job_pk PRIMARY KEY (id),
    CONSTRAINT job_lease CHECK ((lease IS NULL) = (leased_until IS NULL))
);
CREATE UNIQUE INDEX job_unique ON job (kind, unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX job_ready ON job (priority DESC, run_at, id) WHERE lease IS NULL;
CREATE INDEX job_leased ON job (leased_until) WHERE lease IS NOT NULL;
ALTER TABLE job SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
