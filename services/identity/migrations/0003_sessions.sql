-- A browser's session. token_hash: SHA-256 of the token that the browser holds; the token itself is nowhere.
-- acr: how the person signed in; that the account is still pending is said by the account.
CREATE TABLE session (
    id             uuid        NOT NULL,
    account_id     uuid        NOT NULL,
    token_hash     bytea       NOT NULL,
    acr            text        NOT NULL,
    amr            text[]      NOT NULL,
    auth_time      timestamptz NOT NULL,
    created_at     timestamptz NOT NULL,
    last_seen_at   timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    user_agent     text        NOT NULL,
    client_address text        NOT NULL,
    CONSTRAINT session_pk PRIMARY KEY (id),
    CONSTRAINT session_token_unique UNIQUE (token_hash),
    CONSTRAINT session_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT session_acr CHECK (acr IN ('pwd', 'mfa', 'eid')),
    CONSTRAINT session_amr CHECK (cardinality(amr) > 0)
);
CREATE INDEX session_account_open ON session (account_id) WHERE ended_at IS NULL;
CREATE INDEX session_expiry ON session (expires_at) WHERE ended_at IS NULL;

-- Failed sign-ins. key: keyed hash of an identifier, of a client address, or of both together; nothing can be read from it.
CREATE TABLE sign_in_throttle (
    key           bytea       NOT NULL,
    failures      integer     NOT NULL,
    blocked_until timestamptz NOT NULL,
    tried_at      timestamptz NOT NULL,
    CONSTRAINT sign_in_throttle_pk PRIMARY KEY (key),
    CONSTRAINT sign_in_throttle_failures CHECK (failures >= 0)
);
CREATE INDEX sign_in_throttle_tried_at ON sign_in_throttle (tried_at);

-- From where an account signed in before: there, other people's failures do not slow its owner down.
CREATE TABLE known_client (
    account_id   uuid        NOT NULL,
    key          bytea       NOT NULL,
    signed_in_at timestamptz NOT NULL,
    CONSTRAINT known_client_pk PRIMARY KEY (account_id, key),
    CONSTRAINT known_client_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE
);
