-- Which organisations a tool lists, by enterprise number: they need not exist here. A usage mode that is restricted is for those on the
-- list of its own name; rules may name any list of the tool. Who imported it stands in the audit log.
CREATE TABLE organisation_list (
    tool_id     text        NOT NULL,
    name        text        NOT NULL,
    version     bigint      NOT NULL,
    entries     integer     NOT NULL,
    imported_at timestamptz NOT NULL,
    reason      text        NOT NULL,
    CONSTRAINT organisation_list_pk PRIMARY KEY (tool_id, name),
    CONSTRAINT organisation_list_tool FOREIGN KEY (tool_id) REFERENCES tool,
    CONSTRAINT organisation_list_name CHECK (name ~ '^[a-z][a-z0-9-]{0,49}$')
);

CREATE TABLE listed_organisation (
    tool_id           text NOT NULL,
    list              text NOT NULL,
    enterprise_number text NOT NULL,
    CONSTRAINT listed_organisation_pk PRIMARY KEY (enterprise_number, tool_id, list),
    CONSTRAINT listed_organisation_list FOREIGN KEY (tool_id, list) REFERENCES organisation_list,
    CONSTRAINT listed_organisation_number CHECK (
        enterprise_number ~ '^[01][0-9]{9}$'
        AND right(enterprise_number, 2)::integer = 97 - left(enterprise_number, 8)::integer % 97
    )
);
CREATE INDEX listed_organisation_by_list ON listed_organisation (tool_id, list);
