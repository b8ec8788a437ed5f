-- Copies of what other services say, only as far as a mail needs it.

CREATE TABLE recipient (
    account_id uuid NOT NULL,
    first_name text NOT NULL DEFAULT '',
    last_name text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    language text NOT NULL DEFAULT 'fr',
    version bigint NOT NULL DEFAULT 0,
    has_heard_of_recognitions boolean NOT NULL DEFAULT false,
    is_erased boolean NOT NULL DEFAULT false,
    CONSTRAINT recipient_pk PRIMARY KEY (account_id),
    CONSTRAINT recipient_language_known CHECK (language IN ('fr', 'nl', 'en', 'de')),
    CONSTRAINT recipient_erased_is_empty CHECK (NOT is_erased OR (first_name = '' AND last_name = '' AND email = ''))
);

CREATE TABLE organisation (
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    CONSTRAINT organisation_pk PRIMARY KEY (organisation_id)
);

-- A blocked person hears nothing until they are activated again.
CREATE TABLE manager (
    organisation_id uuid NOT NULL,
    account_id uuid NOT NULL,
    is_blocked boolean NOT NULL DEFAULT false,
    CONSTRAINT manager_pk PRIMARY KEY (organisation_id, account_id)
);

CREATE INDEX manager_by_account ON manager (account_id);

CREATE TABLE tool (
    tool_id text NOT NULL,
    names jsonb NOT NULL,
    CONSTRAINT tool_pk PRIMARY KEY (tool_id)
);

-- Who uses a tool in the name of an organisation: told when the registration is suspended.
CREATE TABLE access (
    registration_id uuid NOT NULL,
    account_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    is_blocked boolean NOT NULL DEFAULT false,
    CONSTRAINT access_pk PRIMARY KEY (registration_id, account_id)
);

CREATE INDEX access_by_account ON access (account_id);
CREATE INDEX access_by_organisation ON access (organisation_id, account_id);
