-- Someone who linked an identity card. The national number is kept as it came, sealed; opened only for the call to a registry.
-- number_hash: HMAC of it, to recognise a person in a registry's list of changes. version: counts the account's events.
CREATE TABLE subject (
    account_id      uuid        NOT NULL,
    national_number text,
    number_hash     bytea,
    linked_at       timestamptz NOT NULL,
    version         bigint      NOT NULL DEFAULT 0,
    CONSTRAINT subject_pk PRIMARY KEY (account_id),
    CONSTRAINT subject_number_is_sealed CHECK (national_number ~ '^sealed\.v1\.'),
    CONSTRAINT subject_hash_needs_number CHECK (number_hash IS NULL OR national_number IS NOT NULL)
);
CREATE INDEX subject_number_hash ON subject (number_hash) WHERE number_hash IS NOT NULL;

-- What a registry was asked about someone. asked_at: by the person or for them; refresh_at: when it is asked again by itself.
CREATE TABLE inquiry (
    account_id  uuid        NOT NULL,
    registry    text        NOT NULL,
    state       text        NOT NULL,
    asked_at    timestamptz NOT NULL,
    answered_at timestamptz,
    refresh_at  timestamptz NOT NULL,
    CONSTRAINT inquiry_pk PRIMARY KEY (account_id, registry),
    CONSTRAINT inquiry_subject FOREIGN KEY (account_id) REFERENCES subject ON DELETE CASCADE,
    CONSTRAINT inquiry_state CHECK (state IN ('pending', 'answered', 'unavailable')),
    CONSTRAINT inquiry_answered CHECK (state <> 'answered' OR answered_at IS NOT NULL)
);
CREATE INDEX inquiry_refresh_at ON inquiry (refresh_at);

CREATE TABLE recognition (
    account_id  uuid        NOT NULL,
    registry    text        NOT NULL,
    kind        text        NOT NULL,
    number      text,
    valid_from  date,
    valid_until date,
    state       text        NOT NULL,
    fetched_at  timestamptz NOT NULL,
    CONSTRAINT recognition_pk PRIMARY KEY (account_id, registry, kind),
    CONSTRAINT recognition_subject FOREIGN KEY (account_id) REFERENCES subject ON DELETE CASCADE,
    CONSTRAINT recognition_state CHECK (state IN ('valid', 'lapsed'))
);
CREATE INDEX recognition_ends ON recognition (valid_until) WHERE state = 'valid' AND valid_until IS NOT NULL;

-- How far each registry's list of changes was read.
CREATE TABLE feed (
    registry  text        NOT NULL,
    cursor    text        NOT NULL,
    polled_at timestamptz NOT NULL,
    CONSTRAINT feed_pk PRIMARY KEY (registry)
);
