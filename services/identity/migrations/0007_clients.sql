-- How a client proves who it is, and what it registered besides.
-- auth_method: the one way that it may use. old_secret_*: the secret before, good until then, so that programs can be told the new one.
-- jwks or jwks_uri: its public keys, for private_key_jwt. registered_by: the operator, or the token with which it registered itself.
ALTER TABLE client
    ADD COLUMN auth_method             text        NOT NULL DEFAULT 'client_secret_basic',
    ADD COLUMN old_secret_hash         bytea,
    ADD COLUMN old_secret_until        timestamptz,
    ADD COLUMN jwks                    jsonb,
    ADD COLUMN jwks_uri                text,
    ADD COLUMN grant_types             text[]      NOT NULL DEFAULT '{authorization_code,refresh_token,client_credentials}',
    ADD COLUMN sector_identifier_uri   text,
    ADD COLUMN registered_by           text        NOT NULL DEFAULT 'operator',
    ADD COLUMN registration_token_hash bytea,
    ADD COLUMN created_at              timestamptz NOT NULL DEFAULT now();
UPDATE client SET auth_method = 'none', grant_types = '{authorization_code,refresh_token}' WHERE secret_hash IS NULL;
ALTER TABLE client
    ALTER COLUMN auth_method DROP DEFAULT,
    ALTER COLUMN grant_types DROP DEFAULT,
    ADD CONSTRAINT client_auth_method
        CHECK (auth_method IN ('client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none')),
    ADD CONSTRAINT client_secret CHECK ((secret_hash IS NOT NULL) = (auth_method IN ('client_secret_basic', 'client_secret_post'))),
    ADD CONSTRAINT client_old_secret CHECK ((old_secret_hash IS NULL) = (old_secret_until IS NULL)),
    ADD CONSTRAINT client_keys CHECK ((jwks IS NULL) <> (jwks_uri IS NULL) OR auth_method <> 'private_key_jwt'),
    ADD CONSTRAINT client_registration_token_unique UNIQUE (registration_token_hash);

-- Assertions that were used: each is good once, for as long as it would be believed.
CREATE TABLE client_assertion (
    client_id  text        NOT NULL,
    jti_hash   bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT client_assertion_pk PRIMARY KEY (client_id, jti_hash),
    CONSTRAINT client_assertion_client FOREIGN KEY (client_id) REFERENCES client ON DELETE CASCADE
);
CREATE INDEX client_assertion_expiry ON client_assertion (expires_at);

-- With which somebody may register clients of one tool: so many, until then, with these scopes at most.
CREATE TABLE initial_access_token (
    token_hash bytea       NOT NULL,
    id         uuid        NOT NULL,
    tool_id    text        NOT NULL,
    scopes     text[]      NOT NULL,
    uses_left  integer     NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT initial_access_token_pk PRIMARY KEY (token_hash),
    CONSTRAINT initial_access_token_uses CHECK (uses_left >= 0)
);
CREATE INDEX initial_access_token_expiry ON initial_access_token (expires_at);

-- previous_hash: the token in whose place this one came. superseded_at: since its successor was used, so that a repeat is no lost answer.
ALTER TABLE oidc_refresh_token
    ADD COLUMN previous_hash bytea,
    ADD COLUMN superseded_at timestamptz;
CREATE INDEX oidc_grant_client_open ON oidc_grant (client_id) WHERE ended_at IS NULL;
