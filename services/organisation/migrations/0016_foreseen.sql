-- What whoever accepts an invitation can use at once. It goes with the registration.
CREATE TABLE invitation_access (
    invitation_id   uuid NOT NULL,
    registration_id uuid NOT NULL,
    role            text NOT NULL,
    CONSTRAINT invitation_access_pk PRIMARY KEY (invitation_id, registration_id),
    CONSTRAINT invitation_access_invitation FOREIGN KEY (invitation_id) REFERENCES invitation ON DELETE CASCADE,
    CONSTRAINT invitation_access_registration FOREIGN KEY (registration_id) REFERENCES registration ON DELETE CASCADE
);
CREATE INDEX invitation_access_of_registration ON invitation_access (registration_id);

-- When a mail server refused the last mail about it for good; NULL again once another mail was asked for.
ALTER TABLE invitation ADD COLUMN refused_at timestamptz;

-- Which organisations were told of terms that they must accept by a day: once when they come, and once more (is_reminder) some days before.
CREATE TABLE terms_notice (
    organisation_id uuid        NOT NULL,
    tool_id         text        NOT NULL,
    terms_version   text        NOT NULL,
    required_from   date        NOT NULL,
    is_reminder     boolean     NOT NULL,
    told_at         timestamptz NOT NULL,
    CONSTRAINT terms_notice_pk PRIMARY KEY (organisation_id, tool_id, terms_version, required_from, is_reminder),
    CONSTRAINT terms_notice_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
    CONSTRAINT terms_notice_terms FOREIGN KEY (tool_id, terms_version) REFERENCES tool_terms
);

-- A filtered list in the order of dates is a stretch of an index too.
CREATE INDEX employee_by_state_since ON employee (organisation_id, state_rank, since, account_id) WHERE state <> 'removed';
CREATE INDEX employee_managers_since ON employee (organisation_id, since, account_id) WHERE manager;
