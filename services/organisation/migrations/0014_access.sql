-- Who besides the managers may change the access of others in one registration.
CREATE TABLE tool_manager (
    registration_id uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    organisation_id uuid        NOT NULL,
    appointed_by    uuid        NOT NULL,
    appointed_at    timestamptz NOT NULL,
    CONSTRAINT tool_manager_pk PRIMARY KEY (registration_id, account_id),
    CONSTRAINT tool_manager_registration FOREIGN KEY (registration_id) REFERENCES registration,
    CONSTRAINT tool_manager_employee FOREIGN KEY (organisation_id, account_id) REFERENCES employee
);
CREATE INDEX tool_manager_account ON tool_manager (account_id, organisation_id);

-- Who asked for a role. One request of a person waits in a registration; what was answered stays a while, so that they can read why.
-- The role is no key of the catalogue's: a role that is taken away there makes the request obsolete, and no request holds it up.
CREATE TABLE role_request (
    id              uuid        NOT NULL,
    registration_id uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    organisation_id uuid        NOT NULL,
    role            text        NOT NULL,
    requested_at    timestamptz NOT NULL,
    outcome         text,
    answered_by     uuid,
    answer          text        NOT NULL DEFAULT '',
    ended_at        timestamptz,
    CONSTRAINT role_request_pk PRIMARY KEY (id),
    CONSTRAINT role_request_registration FOREIGN KEY (registration_id) REFERENCES registration ON DELETE CASCADE,
    CONSTRAINT role_request_employee FOREIGN KEY (organisation_id, account_id) REFERENCES employee,
    CONSTRAINT role_request_outcome CHECK (outcome IN ('granted', 'refused', 'withdrawn', 'obsolete')),
    CONSTRAINT role_request_ended CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX role_request_waits ON role_request (registration_id, account_id) WHERE outcome IS NULL;
CREATE INDEX role_request_waiting ON role_request (organisation_id) WHERE outcome IS NULL;
CREATE INDEX role_request_account ON role_request (account_id, organisation_id);
CREATE INDEX role_request_old ON role_request (ended_at) WHERE outcome IS NOT NULL;

-- Whether anybody has a role: asked for each role where one can ask for it.
CREATE INDEX access_role_held ON access (registration_id, role);
