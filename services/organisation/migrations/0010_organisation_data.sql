-- What an organisation tells of itself. The address above is its registered seat; `addresses` are the others.
-- data_version: counts the changes of these data, so that of two managers who edit at once the second is told.
ALTER TABLE organisation
    ADD COLUMN data_version bigint NOT NULL DEFAULT 1,
    ADD COLUMN legal_form text,
    ADD COLUMN activity text NOT NULL DEFAULT '',
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN languages text[] NOT NULL DEFAULT '{}',
    ADD COLUMN fax text,
    ADD COLUMN website text,
    ADD COLUMN links jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN addresses jsonb NOT NULL DEFAULT '[]',
    ADD CONSTRAINT organisation_activity CHECK (length(activity) <= 200),
    ADD CONSTRAINT organisation_description CHECK (length(description) <= 2000);

-- name: the beginning of the picture's SHA-256; an address with it in it shows the same picture for ever.
CREATE TABLE organisation_picture (
    organisation_id uuid        NOT NULL,
    kind            text        NOT NULL,
    name            uuid        NOT NULL,
    body            bytea       NOT NULL,
    changed_at      timestamptz NOT NULL,
    CONSTRAINT organisation_picture_pk PRIMARY KEY (organisation_id, kind),
    CONSTRAINT organisation_picture_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
    CONSTRAINT organisation_picture_kind CHECK (kind IN ('logo', 'cover'))
);
