-- Whom only the staff vouches for linked no card.
ALTER TABLE subject ALTER COLUMN linked_at DROP NOT NULL;

-- as_of: the day up to which the registry knew when it answered, where it says so.
ALTER TABLE inquiry ADD COLUMN as_of date;

-- grace_days: for how long it counts after its last day. notice_on, told_days: when its holder is next told that it ends, and how
-- many days before the end they were told last.
ALTER TABLE recognition ADD COLUMN grace_days integer NOT NULL DEFAULT 0,
    ADD COLUMN counts_until date GENERATED ALWAYS AS (valid_until + grace_days) STORED,
    ADD COLUMN notice_on date,
    ADD COLUMN told_days integer,
    ADD CONSTRAINT recognition_grace CHECK (grace_days BETWEEN 0 AND 1000);
UPDATE recognition SET notice_on = valid_until - 30 WHERE state = 'valid' AND valid_until IS NOT NULL;
DROP INDEX recognition_ends;
CREATE INDEX recognition_counts_until ON recognition (counts_until) WHERE state = 'valid' AND counts_until IS NOT NULL;
CREATE INDEX recognition_notice_on ON recognition (notice_on) WHERE state = 'valid' AND notice_on IS NOT NULL;

-- What the staff saw before it recorded a recognition. Only the staff reads it.
CREATE TABLE evidence (
    id         uuid        NOT NULL,
    account_id uuid        NOT NULL,
    kind       text        NOT NULL,
    statement  text        NOT NULL,
    file_name  text,
    media_type text,
    file       bytea,
    at         timestamptz NOT NULL,
    CONSTRAINT evidence_pk PRIMARY KEY (id),
    CONSTRAINT evidence_subject FOREIGN KEY (account_id) REFERENCES subject ON DELETE CASCADE,
    CONSTRAINT evidence_file CHECK ((file IS NULL) = (media_type IS NULL) AND (file IS NULL) = (file_name IS NULL)),
    CONSTRAINT evidence_media_type CHECK (media_type IN ('application/pdf', 'image/jpeg', 'image/png'))
);
CREATE INDEX evidence_account ON evidence (account_id);

-- Everything that ever changed in what someone holds: when, by whose word, why.
CREATE TABLE recognition_change (
    id          bigint      GENERATED ALWAYS AS IDENTITY,
    account_id  uuid        NOT NULL,
    at          timestamptz NOT NULL,
    kind        text        NOT NULL,
    source      text        NOT NULL,
    change      text        NOT NULL,
    why         text        NOT NULL,
    number      text,
    valid_from  date,
    valid_until date,
    evidence_id uuid,
    CONSTRAINT recognition_change_pk PRIMARY KEY (id),
    CONSTRAINT recognition_change_subject FOREIGN KEY (account_id) REFERENCES subject ON DELETE CASCADE,
    CONSTRAINT recognition_change_evidence FOREIGN KEY (evidence_id) REFERENCES evidence ON DELETE CASCADE,
    CONSTRAINT recognition_change_change CHECK (change IN ('granted', 'changed', 'in-grace', 'lapsed'))
);
CREATE INDEX recognition_change_account ON recognition_change (account_id, id);

-- How each registry is doing, for all processes: when it may be asked next, and whether it is left alone for a while.
-- failures: in a row. open_until: it is not asked before, then once (probe_until: by whom this is being done), to see.
CREATE TABLE registry (
    registry     text        NOT NULL,
    next_call_at timestamptz NOT NULL DEFAULT '-infinity',
    failures     integer     NOT NULL DEFAULT 0,
    open_until   timestamptz,
    probe_until  timestamptz,
    answered_at  timestamptz,
    failed_at    timestamptz,
    failed_why   text,
    as_of        date,
    CONSTRAINT registry_pk PRIMARY KEY (registry)
);

-- By which the registry tells whether its list of changes is still the same, for the cursor in the row.
ALTER TABLE feed ADD COLUMN etag text, ADD COLUMN last_modified text;

-- What files of registries say, by the HMAC of the national number: also about people who are not here yet.
-- position: grows with every change, so that one can ask what came after. is_removed: no longer in the file.
CREATE TABLE registry_row (
    registry    text    NOT NULL,
    number_hash bytea   NOT NULL,
    kind        text    NOT NULL,
    number      text,
    valid_from  date,
    valid_until date,
    is_removed  boolean NOT NULL DEFAULT false,
    position    bigint  NOT NULL,
    CONSTRAINT registry_row_pk PRIMARY KEY (registry, number_hash, kind),
    CONSTRAINT registry_row_hash CHECK (octet_length(number_hash) = 32)
);
CREATE INDEX registry_row_position ON registry_row (registry, position);
CREATE SEQUENCE registry_row_positions;

-- A file while it is read. What a process that died left here is thrown away when the next file is read.
CREATE UNLOGGED TABLE registry_row_staged (
    registry    text    NOT NULL,
    number_hash bytea   NOT NULL,
    kind        text    NOT NULL,
    number      text,
    valid_from  date,
    valid_until date,
    is_removed  boolean NOT NULL,
    line        integer NOT NULL
);

-- Each file that was read, and what became of it.
CREATE TABLE registry_file (
    id       uuid        NOT NULL,
    registry text        NOT NULL,
    name     text        NOT NULL,
    sha256   bytea       NOT NULL,
    state    text        NOT NULL,
    why      text,
    as_of    date,
    lines    integer     NOT NULL,
    bad      integer     NOT NULL,
    changed  integer     NOT NULL,
    removed  integer     NOT NULL,
    read_at  timestamptz NOT NULL,
    CONSTRAINT registry_file_pk PRIMARY KEY (id),
    CONSTRAINT registry_file_state CHECK (state IN ('applied', 'refused')),
    CONSTRAINT registry_file_why CHECK (state <> 'refused' OR why IS NOT NULL)
);
CREATE INDEX registry_file_latest ON registry_file (registry, name, id);

CREATE TABLE registry_file_fault (
    file_id uuid    NOT NULL,
    line    integer NOT NULL,
    why     text    NOT NULL,
    CONSTRAINT registry_file_fault_pk PRIMARY KEY (file_id, line),
    CONSTRAINT registry_file_fault_file FOREIGN KEY (file_id) REFERENCES registry_file ON DELETE CASCADE
);

CREATE INDEX inquiry_unanswered ON inquiry (registry) WHERE state <> 'answered';
