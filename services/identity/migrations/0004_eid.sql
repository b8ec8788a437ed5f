-- One person, one account. number_hash: HMAC-SHA-256 of the national number; the number itself is in no table.
CREATE TABLE eid_link (
    account_id         uuid        NOT NULL,
    number_hash        bytea       NOT NULL,
    hash_key_id        text        NOT NULL,
    certificate_sha256 text        NOT NULL,
    linked_at          timestamptz NOT NULL,
    renewed_at         timestamptz NOT NULL,
    CONSTRAINT eid_link_pk PRIMARY KEY (account_id),
    CONSTRAINT eid_link_number_unique UNIQUE (number_hash),
    CONSTRAINT eid_link_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE
);

-- The challenge that a card must sign: one a session, a new one takes the place of the old.
CREATE TABLE eid_challenge (
    session_id uuid        NOT NULL,
    nonce      text        NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT eid_challenge_pk PRIMARY KEY (session_id),
    CONSTRAINT eid_challenge_session FOREIGN KEY (session_id) REFERENCES session ON DELETE CASCADE
);
