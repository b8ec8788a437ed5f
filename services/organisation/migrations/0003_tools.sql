-- The catalogue. entry: the whole of it as the operator gave it; what other tables lean on stands in columns and tables too.
CREATE TABLE tool (
    id            text        NOT NULL,
    entry         jsonb       NOT NULL,
    terms_version text        NOT NULL,
    version       bigint      NOT NULL DEFAULT 1,
    changed_at    timestamptz NOT NULL,
    CONSTRAINT tool_pk PRIMARY KEY (id),
    CONSTRAINT tool_id_is_a_slug CHECK (id ~ '^[a-z][a-z0-9-]{0,49}$')
);

-- What was accepted must stay readable: a version of the terms is written once.
CREATE TABLE tool_terms (
    tool_id      text        NOT NULL,
    version      text        NOT NULL,
    texts        jsonb       NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT tool_terms_pk PRIMARY KEY (tool_id, version)
);

CREATE TABLE usage_mode (
    tool_id       text NOT NULL,
    id            text NOT NULL,
    register_rule text NOT NULL,
    use_rule      text NOT NULL,
    CONSTRAINT usage_mode_pk PRIMARY KEY (tool_id, id),
    CONSTRAINT usage_mode_tool FOREIGN KEY (tool_id) REFERENCES tool
);

CREATE TABLE usage_mode_role (
    tool_id    text     NOT NULL,
    usage_mode text     NOT NULL,
    id         text     NOT NULL,
    place      smallint NOT NULL,
    CONSTRAINT usage_mode_role_pk PRIMARY KEY (tool_id, usage_mode, id),
    CONSTRAINT usage_mode_role_mode FOREIGN KEY (tool_id, usage_mode) REFERENCES usage_mode
);
