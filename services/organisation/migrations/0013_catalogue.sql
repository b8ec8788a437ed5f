-- The catalogue in full: who changed it when and why, and who accepted which terms.

-- Every version of a tool, whole, as it was published. changed_by: an account id, `operator`, or `edition` (what came along with the
-- platform, until somebody decides otherwise).
CREATE TABLE tool_version (
    tool_id    text        NOT NULL,
    version    bigint      NOT NULL,
    entry      jsonb       NOT NULL,
    changed_by text        NOT NULL,
    reason     text        NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT tool_version_pk PRIMARY KEY (tool_id, version),
    CONSTRAINT tool_version_tool FOREIGN KEY (tool_id) REFERENCES tool
);
INSERT INTO tool_version (tool_id, version, entry, changed_by, reason, changed_at)
SELECT id, version, entry, 'edition', '', changed_at FROM tool;

-- Which terms an organisation accepted, by whom and when; `registration.terms_version` is the last of them.
CREATE TABLE terms_acceptance (
    organisation_id uuid        NOT NULL,
    tool_id         text        NOT NULL,
    terms_version   text        NOT NULL,
    accepted_by     uuid        NOT NULL,
    accepted_at     timestamptz NOT NULL,
    CONSTRAINT terms_acceptance_pk PRIMARY KEY (organisation_id, tool_id, terms_version),
    CONSTRAINT terms_acceptance_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
    CONSTRAINT terms_acceptance_terms FOREIGN KEY (tool_id, terms_version) REFERENCES tool_terms
);
CREATE INDEX terms_acceptance_accepted_by ON terms_acceptance (accepted_by);
INSERT INTO terms_acceptance (organisation_id, tool_id, terms_version, accepted_by, accepted_at)
SELECT DISTINCT ON (organisation_id, tool_id, terms_version) organisation_id, tool_id, terms_version, registered_by, registered_at
FROM registration ORDER BY organisation_id, tool_id, terms_version, registered_at;

-- The day from which nobody works under older terms than the tool's present ones; NULL where they go on as they are.
ALTER TABLE tool ADD COLUMN terms_required_from date;
