-- What people ask the help desk, from the form to the mail: gone as soon as both mails went, and after days in any case.
CREATE TABLE contact_message (
    id           uuid PRIMARY KEY,
    reference    text NOT NULL,
    language     text NOT NULL,
    sealed       text NOT NULL,
    created_at   timestamptz NOT NULL,
    passed_on_at timestamptz,
    CONSTRAINT contact_message_reference UNIQUE (reference)
);
CREATE INDEX contact_message_age ON contact_message (created_at);
