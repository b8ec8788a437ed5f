-- version: of the organisation as an aggregate; counts its events, and its row lock orders all that happens inside.
CREATE TABLE organisation (
    id                uuid        NOT NULL,
    enterprise_number text        NOT NULL,
    name              text        NOT NULL,
    street            text        NOT NULL,
    house_number      text,
    box               text,
    postal_code       text        NOT NULL,
    city              text        NOT NULL,
    country           text        NOT NULL,
    email             text        NOT NULL,
    phone             text,
    version           bigint      NOT NULL DEFAULT 0,
    created_by        uuid        NOT NULL,
    created_at        timestamptz NOT NULL,
    CONSTRAINT organisation_pk PRIMARY KEY (id),
    CONSTRAINT organisation_exists UNIQUE (enterprise_number),
    CONSTRAINT organisation_enterprise_number CHECK (
        enterprise_number ~ '^[01][0-9]{9}$'
        AND right(enterprise_number, 2)::integer = 97 - left(enterprise_number, 8)::integer % 97
    ),
    CONSTRAINT organisation_name CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT organisation_country CHECK (country ~ '^[A-Z]{2}$')
);

-- One person's membership. version: counts the changes of this row.
CREATE TABLE employee (
    organisation_id uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    type            text        NOT NULL,
    email           text        NOT NULL,
    phone           text,
    state           text        NOT NULL,
    manager         boolean     NOT NULL DEFAULT false,
    is_erased       boolean     NOT NULL DEFAULT false,
    version         bigint      NOT NULL DEFAULT 1,
    since           timestamptz NOT NULL,
    CONSTRAINT employee_pk PRIMARY KEY (organisation_id, account_id),
    CONSTRAINT employee_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
    CONSTRAINT employee_state CHECK (state IN ('requested', 'active', 'blocked', 'removed')),
    CONSTRAINT employee_type CHECK (type IN ('head', 'employee', 'self-employed', 'trainee', 'external')),
    CONSTRAINT employee_manager_is_active CHECK (NOT manager OR state = 'active'),
    CONSTRAINT employee_erased_is_removed CHECK (NOT is_erased OR (state = 'removed' AND email = '' AND phone IS NULL))
);
CREATE INDEX employee_account ON employee (account_id);
CREATE INDEX employee_managers ON employee (organisation_id) WHERE manager;
CREATE INDEX employee_awaiting ON employee (organisation_id) WHERE state = 'requested';

-- An organisation keeps a manager. The organisation's row lock makes two managers who leave at once see each other.
-- Only the erasure of an account goes before it.
CREATE FUNCTION keep_a_manager() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM organisation WHERE id = OLD.organisation_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT 1 FROM employee WHERE organisation_id = OLD.organisation_id AND manager) THEN
        RAISE EXCEPTION 'organisation % would have no manager', OLD.organisation_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'employee_last_manager';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER employee_keeps_a_manager AFTER UPDATE ON employee
    FOR EACH ROW WHEN (OLD.manager AND NOT NEW.manager AND NOT NEW.is_erased) EXECUTE FUNCTION keep_a_manager();
CREATE CONSTRAINT TRIGGER employee_delete_keeps_a_manager AFTER DELETE ON employee
    FOR EACH ROW WHEN (OLD.manager) EXECUTE FUNCTION keep_a_manager();
