-- Passkeys (WebAuthn credentials). public_key: COSE. sign_count: 0 for ever with those that do not count.
-- is_synced: it may be on several devices of the person.
CREATE TABLE passkey (
    id            uuid        NOT NULL,
    account_id    uuid        NOT NULL,
    credential_id bytea       NOT NULL,
    public_key    bytea       NOT NULL,
    sign_count    bigint      NOT NULL,
    transports    text[]      NOT NULL,
    is_synced     boolean     NOT NULL,
    is_backed_up  boolean     NOT NULL,
    name          text        NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz,
    CONSTRAINT passkey_pk PRIMARY KEY (id),
    CONSTRAINT passkey_credential_unique UNIQUE (credential_id),
    CONSTRAINT passkey_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT passkey_sign_count CHECK (sign_count >= 0),
    CONSTRAINT passkey_name CHECK (length(name) BETWEEN 1 AND 60),
    CONSTRAINT passkey_backed_up CHECK (is_synced OR NOT is_backed_up)
);
CREATE INDEX passkey_of_account ON passkey (account_id);

-- Challenges are signed and not stored; one that was used is noted here until it has expired.
CREATE TABLE passkey_challenge_used (
    challenge_hash bytea       NOT NULL,
    expires_at     timestamptz NOT NULL,
    CONSTRAINT passkey_challenge_used_pk PRIMARY KEY (challenge_hash)
);
CREATE INDEX passkey_challenge_used_expiry ON passkey_challenge_used (expires_at);

-- An authenticator app (RFC 6238): the one in use, and one that is being set up. secret: sealed with the account's data key.
-- last_step: the time step of the code that was used last; no code of it or before is taken.
CREATE TABLE totp (
    account_id uuid        NOT NULL,
    is_in_use  boolean     NOT NULL,
    secret     text        NOT NULL,
    last_step  bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT totp_pk PRIMARY KEY (account_id, is_in_use),
    CONSTRAINT totp_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT totp_sealed CHECK (secret LIKE 'sealed.%')
);

-- For whoever has lost the rest. code_hash: HMAC-SHA-256, the key is not in here.
CREATE TABLE recovery_code (
    account_id uuid        NOT NULL,
    code_hash  bytea       NOT NULL,
    made_at    timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT recovery_code_pk PRIMARY KEY (account_id, code_hash),
    CONSTRAINT recovery_code_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE
);

-- The password was right, the second factor is still to come: not a session, and good for nothing else. token_hash: SHA-256.
CREATE TABLE unfinished_sign_in (
    token_hash     bytea       NOT NULL,
    account_id     uuid        NOT NULL,
    client_key     bytea       NOT NULL,
    user_agent     text        NOT NULL,
    client_address text        NOT NULL,
    device         text        NOT NULL,
    expires_at     timestamptz NOT NULL,
    CONSTRAINT unfinished_sign_in_pk PRIMARY KEY (token_hash),
    CONSTRAINT unfinished_sign_in_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE
);
CREATE INDEX unfinished_sign_in_expiry ON unfinished_sign_in (expires_at);
CREATE INDEX unfinished_sign_in_account ON unfinished_sign_in (account_id);

-- Browsers in which an account was signed in, by a hash of the mark that the browser keeps.
CREATE TABLE known_device (
    account_id   uuid        NOT NULL,
    device_hash  bytea       NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    CONSTRAINT known_device_pk PRIMARY KEY (account_id, device_hash),
    CONSTRAINT known_device_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE
);
CREATE INDEX known_device_last_seen_at ON known_device (last_seen_at);
