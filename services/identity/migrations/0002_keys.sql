-- Keys for the personal data of one subject in events. wrapped: AES-256-GCM under the master key, which is not in the database;
-- NULL once destroyed, and then what was sealed with it is unreadable for ever. wrapped_by names the master key.
CREATE TABLE data_key (
    subject      uuid        NOT NULL,
    version      integer     NOT NULL DEFAULT 1,
    wrapped      bytea,
    wrapped_by   text        NOT NULL,
    created_at   timestamptz NOT NULL,
    destroyed_at timestamptz,
    CONSTRAINT data_key_pk PRIMARY KEY (subject),
    CONSTRAINT data_key_destroyed CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

-- Keys that sign tokens (ES256). next: published, not used yet; active: signs; retired: published until what it signed has expired.
CREATE TABLE signing_key (
    kid          text        NOT NULL,
    state        text        NOT NULL,
    public_jwk   jsonb       NOT NULL,
    wrapped      bytea       NOT NULL,
    wrapped_by   text        NOT NULL,
    created_at   timestamptz NOT NULL,
    activated_at timestamptz,
    retired_at   timestamptz,
    CONSTRAINT signing_key_pk PRIMARY KEY (kid),
    CONSTRAINT signing_key_state CHECK (state IN ('next', 'active', 'retired')),
    CONSTRAINT signing_key_active CHECK (state = 'next' OR activated_at IS NOT NULL),
    CONSTRAINT signing_key_retired CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX signing_key_one_active ON signing_key (state) WHERE state = 'active';
CREATE UNIQUE INDEX signing_key_one_next ON signing_key (state) WHERE state = 'next';
