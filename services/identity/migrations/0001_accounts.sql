-- version: counts the account's events; its row lock orders all that happens to the account.
-- username_key and email_key: lower case, what "the same" means. Pending accounts hold their name and address too.
CREATE TABLE account (
    id                uuid        NOT NULL,
    version           bigint      NOT NULL DEFAULT 1,
    state             text        NOT NULL DEFAULT 'pending',
    username          text        NOT NULL,
    username_key      text        NOT NULL,
    email             text        NOT NULL,
    email_key         text        NOT NULL,
    first_name        text        NOT NULL,
    last_name         text        NOT NULL,
    birth_date        date,
    sex               text,
    language          text        NOT NULL,
    password_hash     text        NOT NULL,
    terms_version     text        NOT NULL,
    terms_accepted_at timestamptz NOT NULL,
    created_at        timestamptz NOT NULL,
    activated_at      timestamptz,
    CONSTRAINT account_pk PRIMARY KEY (id),
    CONSTRAINT account_username_unique UNIQUE (username_key),
    CONSTRAINT account_email_unique UNIQUE (email_key),
    CONSTRAINT account_state CHECK (state IN ('pending', 'active')),
    CONSTRAINT account_activated CHECK ((state = 'pending') = (activated_at IS NULL)),
    CONSTRAINT account_username CHECK (username ~ '^[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]$' AND length(username) BETWEEN 6 AND 40),
    CONSTRAINT account_username_key CHECK (username_key = lower(username)),
    CONSTRAINT account_names CHECK (length(first_name) <= 200 AND length(last_name) BETWEEN 1 AND 200),
    CONSTRAINT account_sex CHECK (sex IN ('male', 'female')),
    CONSTRAINT account_language CHECK (language IN ('fr', 'nl', 'en', 'de'))
);

-- One code an account and purpose; a new one takes the place of the old. code_hash: HMAC-SHA-256, the key is not in here.
-- sent_count: grows over codes that follow each other, so that nobody's mailbox can be filled.
CREATE TABLE account_code (
    account_id uuid        NOT NULL,
    purpose    text        NOT NULL,
    code_hash  bytea       NOT NULL,
    tries_left integer     NOT NULL,
    sent_count integer     NOT NULL,
    sent_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT account_code_pk PRIMARY KEY (account_id, purpose),
    CONSTRAINT account_code_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT account_code_purpose CHECK (purpose IN ('activation', 'email-change', 'password-reset', 'erasure')),
    CONSTRAINT account_code_tries CHECK (tries_left >= 0)
);

-- Who did what, on whom, when, from where, why. Only ever grows. details: no names, no addresses, no numbers of people.
CREATE TABLE audit_log (
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    at             timestamptz NOT NULL,
    actor          text        NOT NULL,
    action         text        NOT NULL,
    account_id     uuid,
    client_address text,
    details        jsonb       NOT NULL,
    CONSTRAINT audit_log_pk PRIMARY KEY (id)
);
CREATE INDEX audit_log_account ON audit_log (account_id, id);

CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log();
