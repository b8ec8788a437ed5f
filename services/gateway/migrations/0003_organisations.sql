-- What the events of organisations tell besides.

-- Which terms of the tool the organisation accepted last; empty where nobody told yet.
ALTER TABLE registration ADD COLUMN terms_version text NOT NULL DEFAULT '';

-- Which picture it shows; the organisation service has it under this name. Nobody joins or uses a closed one.
ALTER TABLE organisation ADD COLUMN logo uuid;
ALTER TABLE organisation ADD COLUMN is_closed boolean NOT NULL DEFAULT false;

-- Who may change the access of others in one registration, without being a manager of the organisation.
CREATE TABLE tool_manager (
    registration_id uuid NOT NULL,
    account_id uuid NOT NULL,
    CONSTRAINT tool_manager_pkey PRIMARY KEY (registration_id, account_id)
);
CREATE INDEX tool_manager_by_account ON tool_manager (account_id);

-- A role that an employee asked for and has no answer to. At most one in each registration.
CREATE TABLE role_request (
    account_id uuid NOT NULL,
    registration_id uuid NOT NULL CONSTRAINT role_request_registration REFERENCES registration,
    organisation_id uuid NOT NULL,
    tool_id text NOT NULL,
    role text NOT NULL,
    CONSTRAINT role_request_pkey PRIMARY KEY (account_id, registration_id)
);
CREATE INDEX role_request_by_registration ON role_request (registration_id);

-- A card shows the logo, and leads whoever may edit to the access page.
ALTER TABLE access ADD COLUMN organisation_logo uuid;
ALTER TABLE access ADD COLUMN is_tool_manager boolean NOT NULL DEFAULT false;
