-- A new mail address that waits for its code. It reserves nothing: whoever confirms an address first has it.
CREATE TABLE email_change (
    account_id   uuid        NOT NULL,
    email        text        NOT NULL,
    requested_at timestamptz NOT NULL,
    CONSTRAINT email_change_pk PRIMARY KEY (account_id),
    CONSTRAINT email_change_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE
);

-- Someone who says that they forgot their password. token_hash: SHA-256 of what their browser holds; tries are theirs alone, so that
-- nobody uses up the owner's. account_id: NULL where no account has the address; everything else is the same.
-- proven_at: when the code was entered; used_at: when the new password was set.
CREATE TABLE password_reset (
    id         uuid        NOT NULL,
    token_hash bytea       NOT NULL,
    account_id uuid,
    tries_left integer     NOT NULL,
    expires_at timestamptz NOT NULL,
    proven_at  timestamptz,
    used_at    timestamptz,
    CONSTRAINT password_reset_pk PRIMARY KEY (id),
    CONSTRAINT password_reset_token_unique UNIQUE (token_hash),
    CONSTRAINT password_reset_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT password_reset_tries CHECK (tries_left >= 0),
    CONSTRAINT password_reset_proven CHECK (proven_at IS NULL OR account_id IS NOT NULL),
    CONSTRAINT password_reset_used CHECK (used_at IS NULL OR proven_at IS NOT NULL)
);
CREATE INDEX password_reset_account ON password_reset (account_id);
CREATE INDEX password_reset_expiry ON password_reset (expires_at);

-- Accounts whose address was never confirmed have an end.
CREATE INDEX account_pending ON account (created_at) WHERE state = 'pending';
