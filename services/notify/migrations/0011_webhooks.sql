-- What tools without Kafka are told: a log for each tool, and the addresses to which it is sent.

-- As far as it decides what concerns which tool. needs: the kinds of recognitions that each usage mode asks about.
CREATE TABLE webhook_tool (
    tool_id text NOT NULL,
    names jsonb NOT NULL,
    support_email text NOT NULL,
    needs jsonb NOT NULL,
    CONSTRAINT webhook_tool_pk PRIMARY KEY (tool_id)
);
CREATE TABLE webhook_organisation (
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    enterprise_number text,
    CONSTRAINT webhook_organisation_pk PRIMARY KEY (organisation_id)
);
-- Those that have ended stay, so that what comes late from another topic is told apart from what comes early.
CREATE TABLE webhook_registration (
    registration_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    tool_id text NOT NULL,
    usage_mode text NOT NULL,
    is_ended boolean NOT NULL DEFAULT false,
    CONSTRAINT webhook_registration_pk PRIMARY KEY (registration_id)
);
CREATE INDEX webhook_registration_organisation ON webhook_registration (organisation_id, tool_id);

CREATE TABLE webhook_access (
    registration_id uuid NOT NULL,
    account_id uuid NOT NULL,
    role text NOT NULL,
    is_usable boolean NOT NULL,
    CONSTRAINT webhook_access_pk PRIMARY KEY (registration_id, account_id, role)
);
CREATE INDEX webhook_access_account ON webhook_access (account_id);

-- Told, but without a place in the log yet: `n` is taken before the commit, so that rows can appear behind later ones.
-- account_id: the person whom it is about; each tool is told the `sub` that it knows.
CREATE TABLE tool_event_new (
    n bigint GENERATED ALWAYS AS IDENTITY,
    tool_id text NOT NULL,
    organisation_id uuid NOT NULL,
    type text NOT NULL,
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    account_id uuid,
    data jsonb NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tool_event_new_pk PRIMARY KEY (n)
);
ALTER TABLE tool_event_new SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- The log. One transaction at a time gives cursors, 1, 2, 3 ... for each tool, to what is committed: none ever appears behind another.
CREATE TABLE tool_feed (
    tool_id text NOT NULL,
    last_cursor bigint NOT NULL,
    pruned_through bigint NOT NULL DEFAULT 0,
    CONSTRAINT tool_feed_pk PRIMARY KEY (tool_id),
    CONSTRAINT tool_feed_order CHECK (pruned_through <= last_cursor)
);
CREATE TABLE tool_event (
    tool_id text NOT NULL,
    cursor bigint NOT NULL,
    organisation_id uuid NOT NULL,
    type text NOT NULL,
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    account_id uuid,
    data jsonb NOT NULL,
    logged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT tool_event_pk PRIMARY KEY (tool_id, cursor)
);
CREATE INDEX tool_event_age ON tool_event (logged_at);
CREATE INDEX tool_event_account ON tool_event (account_id) WHERE account_id IS NOT NULL;

-- secret, old_secret: sealed under a data key of the endpoint's own. types: empty for all. language: of mails about it.
-- failures: since the last success; paused_until: nobody calls it before. next_at: when there is something to send, NULL for nothing.
-- lease: of the worker that sends to it now; others leave it alone.
CREATE TABLE webhook_endpoint (
    endpoint_id uuid NOT NULL,
    tool_id text NOT NULL,
    client_id text NOT NULL,
    url text NOT NULL,
    description text NOT NULL DEFAULT '',
    types text[] NOT NULL DEFAULT '{}',
    language text NOT NULL DEFAULT 'en',
    secret text NOT NULL,
    old_secret text,
    old_secret_until timestamptz,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    off_reason text,
    off_at timestamptz,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    paused_until timestamptz,
    delivered_at timestamptz,
    next_at timestamptz,
    lease uuid,
    leased_until timestamptz,
    CONSTRAINT webhook_endpoint_pk PRIMARY KEY (endpoint_id),
    CONSTRAINT webhook_endpoint_once UNIQUE (tool_id, client_id, url),
    CONSTRAINT webhook_endpoint_off CHECK ((off_reason IS NULL) = (off_at IS NULL)),
    CONSTRAINT webhook_endpoint_off_reason CHECK (off_reason IN ('asked', 'failing', 'gone')),
    CONSTRAINT webhook_endpoint_old_secret CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
    CONSTRAINT webhook_endpoint_lease CHECK ((lease IS NULL) = (leased_until IS NULL))
);
CREATE INDEX webhook_endpoint_due ON webhook_endpoint (next_at) WHERE off_at IS NULL;

-- One event on its way to one address, and afterwards the log of it. cursor: NULL for a test, whose event is in `data`.
-- state: failed once it could not be delivered for days. status, duration_ms, error, answer: of the last attempt.
CREATE TABLE webhook_delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY,
    endpoint_id uuid NOT NULL,
    tool_id text NOT NULL,
    cursor bigint,
    organisation_id uuid NOT NULL,
    data jsonb,
    state text NOT NULL DEFAULT 'waiting',
    is_replay boolean NOT NULL DEFAULT false,
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    first_due_at timestamptz NOT NULL DEFAULT now(),
    run_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    status integer,
    duration_ms integer,
    error text NOT NULL DEFAULT '',
    answer text NOT NULL DEFAULT '',
    CONSTRAINT webhook_delivery_pk PRIMARY KEY (delivery_id),
    CONSTRAINT webhook_delivery_endpoint FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoint ON DELETE CASCADE,
    CONSTRAINT webhook_delivery_state CHECK (state IN ('waiting', 'delivered', 'failed')),
    CONSTRAINT webhook_delivery_ended CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT webhook_delivery_event CHECK ((cursor IS NULL) <> (data IS NULL))
);
-- At most one of an event waits for an address. Those of an organisation that wait behind one that failed share its run_at.
CREATE UNIQUE INDEX webhook_delivery_waiting ON webhook_delivery (endpoint_id, organisation_id, cursor) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_next ON webhook_delivery (endpoint_id, cursor) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_log ON webhook_delivery (endpoint_id, delivery_id DESC);
CREATE INDEX webhook_delivery_age ON webhook_delivery (created_at);
ALTER TABLE webhook_delivery SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- Who did what with a webhook, and why. actor: an account, `operator`, or the client of the tool.
CREATE TABLE webhook_audit (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    tool_id text NOT NULL,
    endpoint_id uuid NOT NULL,
    reason text NOT NULL DEFAULT '',
    CONSTRAINT webhook_audit_pk PRIMARY KEY (id)
);
