-- What this service knows of organisations, from organisation.events: who manages which, and which tools may charge whom.

CREATE TABLE member (
    organisation_id uuid    NOT NULL,
    account_id      uuid    NOT NULL,
    active          boolean NOT NULL,
    manager         boolean NOT NULL,
    CONSTRAINT member_pk PRIMARY KEY (organisation_id, account_id)
);

-- A tool may charge while at least one of its registrations by the organisation is active.
CREATE TABLE registration (
    id              uuid    NOT NULL,
    organisation_id uuid    NOT NULL,
    tool_id         text    NOT NULL,
    active          boolean NOT NULL,
    CONSTRAINT registration_pk PRIMARY KEY (id)
);
CREATE INDEX registration_active ON registration (organisation_id, tool_id) WHERE active;
