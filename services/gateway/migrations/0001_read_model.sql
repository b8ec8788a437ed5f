-- What the gateway knows of the others, projected from their events alone. Every row can be thrown away and read again from Kafka.

CREATE TABLE account (
    account_id uuid PRIMARY KEY,
    first_name text NOT NULL,
    last_name text NOT NULL,
    language text NOT NULL,
    state text NOT NULL CONSTRAINT account_state CHECK (state IN ('pending', 'active')),
    eid_linked boolean NOT NULL DEFAULT false
);

CREATE TABLE organisation (
    organisation_id uuid PRIMARY KEY,
    enterprise_number text NOT NULL,
    name text NOT NULL
);

CREATE TABLE employee (
    account_id uuid NOT NULL,
    organisation_id uuid NOT NULL CONSTRAINT employee_organisation REFERENCES organisation,
    state text NOT NULL CONSTRAINT employee_state CHECK (state IN ('requested', 'active', 'blocked')),
    is_manager boolean NOT NULL DEFAULT false,
    CONSTRAINT employee_pkey PRIMARY KEY (account_id, organisation_id)
);
CREATE INDEX employee_awaiting ON employee (organisation_id) WHERE state = 'requested';

CREATE TABLE registration (
    registration_id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT registration_organisation REFERENCES organisation,
    tool_id text NOT NULL,
    usage_mode text NOT NULL,
    is_suspended boolean NOT NULL DEFAULT false,
    suspended_reason text
);
CREATE INDEX registration_by_organisation ON registration (organisation_id);

-- One row is one card of the selection screen. It repeats what organisation, employee and registration say, so that one scan of
-- one index gives a page of cards in their order, however many the person has.
CREATE TABLE access (
    account_id uuid NOT NULL,
    registration_id uuid NOT NULL CONSTRAINT access_registration REFERENCES registration,
    organisation_id uuid NOT NULL,
    tool_id text NOT NULL,
    usage_mode text NOT NULL,
    role text NOT NULL,
    is_usable boolean NOT NULL,
    missing jsonb NOT NULL DEFAULT '[]',
    organisation_name text NOT NULL,
    enterprise_number text NOT NULL,
    employee_state text NOT NULL,
    is_manager boolean NOT NULL,
    is_suspended boolean NOT NULL,
    suspended_reason text,
    rank smallint GENERATED ALWAYS AS (CASE WHEN employee_state = 'active' AND is_usable AND NOT is_suspended THEN 0 ELSE 1 END) STORED,
    CONSTRAINT access_pkey PRIMARY KEY (account_id, registration_id)
);
CREATE INDEX access_cards ON access (account_id, tool_id, rank, organisation_name, registration_id);
CREATE INDEX access_by_registration ON access (registration_id);
CREATE INDEX access_by_organisation ON access (organisation_id);

CREATE TABLE tool (
    tool_id text PRIMARY KEY,
    version bigint NOT NULL,
    entry jsonb NOT NULL
);

CREATE TABLE recognition (
    account_id uuid NOT NULL,
    kind text NOT NULL,
    valid_until date,
    CONSTRAINT recognition_pkey PRIMARY KEY (account_id, kind)
);

CREATE TABLE wallet (
    wallet_id uuid PRIMARY KEY,
    balance_cents bigint NOT NULL
);

-- Everything that the owner of the topic committed before `as_of` has been projected from this partition.
CREATE TABLE model_age (
    topic text NOT NULL,
    partition integer NOT NULL,
    as_of timestamptz NOT NULL,
    CONSTRAINT model_age_pkey PRIMARY KEY (topic, partition)
);
