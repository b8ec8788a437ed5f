-- The employee's life in full.
ALTER TABLE employee ADD COLUMN fax text;

-- A name without capitals and accents, the last name first: to sort by and to search in. Who has no name yet comes last.
CREATE FUNCTION folded(_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(regexp_replace(normalize(_text, NFD), U&'[\0300-\036f]', '', 'g'))
$$;
CREATE FUNCTION sort_name(_first_name text, _last_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN _first_name || _last_name = '' THEN '~' ELSE folded(_last_name || ' ' || _first_name) END
$$;

-- sort_name: as the person is called now. state_rank: in which order the list shows states, whoever waits for an answer first.
ALTER TABLE employee ADD COLUMN sort_name text COLLATE "C" NOT NULL DEFAULT '~';
ALTER TABLE employee ADD COLUMN state_rank smallint NOT NULL GENERATED ALWAYS AS (
    CASE state WHEN 'requested' THEN 0 WHEN 'active' THEN 1 WHEN 'blocked' THEN 2 ELSE 3 END
) STORED;
INSERT INTO person (account_id, first_name, last_name, version) SELECT DISTINCT account_id, '', '', 0 FROM employee
ON CONFLICT ON CONSTRAINT person_pk DO NOTHING;
UPDATE employee e SET sort_name = sort_name(p.first_name, p.last_name) FROM person p WHERE p.account_id = e.account_id;
ALTER TABLE employee DROP CONSTRAINT employee_erased_is_removed;
ALTER TABLE employee ADD CONSTRAINT employee_erased_is_removed CHECK (
    NOT is_erased OR (state = 'removed' AND email = '' AND phone IS NULL AND fax IS NULL AND sort_name = '~')
);

-- A name may arrive while the employee does: whoever comes second waits for the row of the person, and then sees the other.
CREATE FUNCTION take_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO person (account_id, first_name, last_name, version) VALUES (NEW.account_id, '', '', 0)
    ON CONFLICT ON CONSTRAINT person_pk DO NOTHING;
    SELECT sort_name(first_name, last_name) INTO NEW.sort_name FROM person WHERE account_id = NEW.account_id FOR SHARE;
    RETURN NEW;
END
$$;
CREATE TRIGGER employee_takes_name BEFORE INSERT ON employee FOR EACH ROW EXECUTE FUNCTION take_name();

CREATE FUNCTION hand_on_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE employee SET sort_name = sort_name(NEW.first_name, NEW.last_name) WHERE account_id = NEW.account_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER person_hands_on_name AFTER UPDATE ON person
    FOR EACH ROW WHEN (NOT NEW.is_erased AND (OLD.first_name, OLD.last_name) IS DISTINCT FROM (NEW.first_name, NEW.last_name))
    EXECUTE FUNCTION hand_on_name();

-- Each order of the list, and each filter of it, is a stretch of an index: a page reads as many rows as it shows.
DROP INDEX employee_managers;
CREATE INDEX employee_by_name ON employee (organisation_id, sort_name, account_id) WHERE state <> 'removed';
CREATE INDEX employee_by_state ON employee (organisation_id, state_rank, sort_name, account_id) WHERE state <> 'removed';
CREATE INDEX employee_by_since ON employee (organisation_id, since, account_id) WHERE state <> 'removed';
CREATE INDEX employee_managers ON employee (organisation_id, sort_name, account_id) WHERE manager;

-- Whom managers looked for by address or username: so many in an hour, and only who was found here can be added. account_id: None
-- where nobody was found.
CREATE TABLE employee_lookup (
    id              bigint      GENERATED ALWAYS AS IDENTITY,
    organisation_id uuid        NOT NULL,
    manager_id      uuid        NOT NULL,
    account_id      uuid,
    at              timestamptz NOT NULL,
    CONSTRAINT employee_lookup_pk PRIMARY KEY (id),
    CONSTRAINT employee_lookup_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
CREATE INDEX employee_lookup_manager ON employee_lookup (manager_id, at);
CREATE INDEX employee_lookup_organisation ON employee_lookup (organisation_id, at);
CREATE INDEX employee_lookup_account ON employee_lookup (account_id) WHERE account_id IS NOT NULL;
