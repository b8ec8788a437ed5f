-- Who manages a tool in one registration: told of requests for a role.
CREATE TABLE tool_manager (
    registration_id uuid NOT NULL,
    account_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    CONSTRAINT tool_manager_pk PRIMARY KEY (registration_id, account_id)
);

CREATE INDEX tool_manager_by_account ON tool_manager (account_id, organisation_id);

-- Under whose recognition a registration stands: told when it does not stand any more.
CREATE TABLE mandate (
    registration_id uuid NOT NULL,
    account_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    is_blocked boolean NOT NULL DEFAULT false,
    CONSTRAINT mandate_pk PRIMARY KEY (registration_id)
);

CREATE INDEX mandate_by_account ON mandate (account_id, organisation_id);
