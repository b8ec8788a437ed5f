-- A tool registered by an organisation in one usage mode. The mandated employee lends the recognition under which it stands;
-- nobody is mandated where the usage mode asked for nothing when it was registered.
CREATE TABLE registration (
    id                   uuid        NOT NULL,
    organisation_id      uuid        NOT NULL,
    tool_id              text        NOT NULL,
    usage_mode           text        NOT NULL,
    state                text        NOT NULL DEFAULT 'active',
    suspended_reason     text,
    mandated_account_id  uuid,
    mandated_recognition text,
    terms_version        text        NOT NULL,
    registered_by        uuid        NOT NULL,
    registered_at        timestamptz NOT NULL,
    CONSTRAINT registration_pk PRIMARY KEY (id),
    CONSTRAINT registration_exists UNIQUE (organisation_id, tool_id, usage_mode),
    CONSTRAINT registration_of_organisation UNIQUE (id, organisation_id, tool_id, usage_mode),
    CONSTRAINT registration_usage_mode_in_use FOREIGN KEY (tool_id, usage_mode) REFERENCES usage_mode,
    CONSTRAINT registration_terms FOREIGN KEY (tool_id, terms_version) REFERENCES tool_terms,
    CONSTRAINT registration_mandated FOREIGN KEY (organisation_id, mandated_account_id) REFERENCES employee (organisation_id, account_id),
    CONSTRAINT registration_state CHECK (state IN ('active', 'suspended')),
    CONSTRAINT registration_reason CHECK ((state = 'suspended') = (suspended_reason IS NOT NULL)),
    CONSTRAINT registration_mandate CHECK ((mandated_account_id IS NULL) = (mandated_recognition IS NULL))
);
CREATE INDEX registration_mandated_account ON registration (mandated_account_id) WHERE mandated_account_id IS NOT NULL;
CREATE INDEX registration_tool ON registration (tool_id, usage_mode);

-- One employee's role in a registration. usable: whether what the person holds satisfies the usage mode's rule for using it;
-- whether the employee is active and the registration stands is not repeated here.
CREATE TABLE access (
    registration_id uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    organisation_id uuid        NOT NULL,
    tool_id         text        NOT NULL,
    usage_mode      text        NOT NULL,
    role            text        NOT NULL,
    usable          boolean     NOT NULL,
    granted_by      uuid        NOT NULL,
    granted_at      timestamptz NOT NULL,
    CONSTRAINT access_pk PRIMARY KEY (registration_id, account_id),
    CONSTRAINT access_registration FOREIGN KEY (registration_id, organisation_id, tool_id, usage_mode)
        REFERENCES registration (id, organisation_id, tool_id, usage_mode),
    CONSTRAINT access_employee FOREIGN KEY (organisation_id, account_id) REFERENCES employee,
    CONSTRAINT access_role_in_use FOREIGN KEY (tool_id, usage_mode, role) REFERENCES usage_mode_role
);
CREATE INDEX access_account ON access (account_id);
CREATE INDEX access_role ON access (tool_id, usage_mode, role);
CREATE INDEX access_employee ON access (organisation_id, account_id);
