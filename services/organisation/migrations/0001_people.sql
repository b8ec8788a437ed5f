-- Copies of what identity and recognition say about people. No row here is needed for an account to belong to an organisation:
-- its events may still be on their way.

CREATE TABLE person (
    account_id uuid    NOT NULL,
    first_name text    NOT NULL,
    last_name  text    NOT NULL,
    version    bigint  NOT NULL,
    is_erased  boolean NOT NULL DEFAULT false,
    CONSTRAINT person_pk PRIMARY KEY (account_id),
    CONSTRAINT person_erased_has_no_name CHECK (NOT is_erased OR (first_name = '' AND last_name = ''))
);

-- One row for each account whose recognitions matter: its lock orders "what someone holds" against "who relies on it".
-- version: of the last recognition event that was applied.
CREATE TABLE holder (
    account_id uuid   NOT NULL,
    version    bigint NOT NULL DEFAULT 0,
    CONSTRAINT holder_pk PRIMARY KEY (account_id)
);

CREATE TABLE recognition_held (
    account_id  uuid NOT NULL,
    kind        text NOT NULL,
    source      text NOT NULL,
    valid_until date,
    CONSTRAINT recognition_held_pk PRIMARY KEY (account_id, kind, source),
    CONSTRAINT recognition_held_holder FOREIGN KEY (account_id) REFERENCES holder
);
