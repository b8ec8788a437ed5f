-- Accounts of older tools as they were imported, each until it belongs to an account. Nothing in here can be read without the master
-- key: names, addresses and the old hash are one sealed record; what is looked for are keyed hashes. A row stays when the account is
-- attached (`wrapped` is gone) and even when its owner is erased (`attached_to` too), so that importing again brings nothing back.
-- digest: of the record as it was imported, so that a second import tells what is new. shown_as: how it was called, sealed with the
-- owner's data key.
CREATE TABLE legacy_account (
    id           uuid        NOT NULL DEFAULT gen_random_uuid(),
    tool_id      text        NOT NULL,
    source_key   bytea       NOT NULL,
    username_key bytea,
    email_key    bytea,
    has_password boolean     NOT NULL,
    digest       bytea       NOT NULL,
    wrapped      bytea,
    wrapped_by   text        NOT NULL,
    imported_at  timestamptz NOT NULL,
    attached_to  uuid,
    attached_at  timestamptz,
    shown_as     text,
    CONSTRAINT legacy_account_pk PRIMARY KEY (id),
    CONSTRAINT legacy_account_source UNIQUE (source_key),
    CONSTRAINT legacy_account_owner FOREIGN KEY (attached_to) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT legacy_account_waits_or_is_attached CHECK ((wrapped IS NULL) = (attached_at IS NOT NULL)),
    CONSTRAINT legacy_account_owned_when_attached CHECK (attached_to IS NULL OR attached_at IS NOT NULL),
    CONSTRAINT legacy_account_found_while_waiting
        CHECK ((wrapped IS NULL) = (username_key IS NULL AND email_key IS NULL))
);
CREATE INDEX legacy_account_username ON legacy_account (username_key) WHERE username_key IS NOT NULL;
CREATE INDEX legacy_account_email ON legacy_account (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX legacy_account_waiting ON legacy_account (id) WHERE wrapped IS NOT NULL AND has_password;
CREATE INDEX legacy_account_attached ON legacy_account (attached_to) WHERE attached_to IS NOT NULL;

-- Somebody proved that old accounts are theirs and has not finished yet. token_hash: SHA-256 of what their browser holds.
-- password_hash: argon2id of the password that they gave, kept where it is good enough to go on with. account_id: the new account,
-- while its address waits for confirmation.
CREATE TABLE legacy_claim (
    token_hash    bytea       NOT NULL,
    legacy_ids    uuid[]      NOT NULL,
    password_hash text,
    account_id    uuid,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    CONSTRAINT legacy_claim_pk PRIMARY KEY (token_hash),
    CONSTRAINT legacy_claim_account FOREIGN KEY (account_id) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT legacy_claim_of_something CHECK (cardinality(legacy_ids) > 0)
);
CREATE INDEX legacy_claim_account_id ON legacy_claim (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX legacy_claim_expiry ON legacy_claim (expires_at);

-- Accounts that were merged into others. Their data keys stay, so that what was sealed for them can still be read, and are destroyed
-- with the key of the account that they belong to now.
CREATE TABLE merged_account (
    account_id uuid        NOT NULL,
    into_id    uuid        NOT NULL,
    merged_at  timestamptz NOT NULL,
    CONSTRAINT merged_account_pk PRIMARY KEY (account_id),
    CONSTRAINT merged_account_is_another CHECK (account_id <> into_id)
);
CREATE INDEX merged_account_into ON merged_account (into_id);
