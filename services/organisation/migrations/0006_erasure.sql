-- An organisation whose only member was erased is closed: it keeps its number, name and history, and nobody belongs to it.
ALTER TABLE organisation ADD COLUMN closed_at timestamptz;

-- Nobody is left behind: an organisation keeps a manager, or it is closed. That holds for who is erased as for everyone else.
CREATE OR REPLACE FUNCTION keep_a_manager() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM organisation WHERE id = OLD.organisation_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT 1 FROM employee WHERE organisation_id = OLD.organisation_id AND manager)
        AND NOT EXISTS (SELECT 1 FROM organisation WHERE id = OLD.organisation_id AND closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'organisation % would have no manager', OLD.organisation_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'employee_last_manager';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER employee_keeps_a_manager ON employee;
CREATE CONSTRAINT TRIGGER employee_keeps_a_manager AFTER UPDATE ON employee
    FOR EACH ROW WHEN (OLD.manager AND NOT NEW.manager) EXECUTE FUNCTION keep_a_manager();

-- Who is being erased joins nothing any more, whatever token they still have; and nobody joins what is closed. The share lock makes
-- who erases and who joins at the same moment see each other.
CREATE FUNCTION refuse_employee() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _is_erased boolean;
BEGIN
    SELECT is_erased INTO _is_erased FROM person WHERE account_id = NEW.account_id FOR SHARE;
    IF _is_erased THEN
        RAISE EXCEPTION 'account % is erased', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'employee_person_erased';
    END IF;
    IF EXISTS (SELECT FROM organisation WHERE id = NEW.organisation_id AND closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'organisation % is closed', NEW.organisation_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'employee_organisation_closed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER employee_may_belong BEFORE INSERT OR UPDATE ON employee
    FOR EACH ROW WHEN (NEW.state <> 'removed') EXECUTE FUNCTION refuse_employee();

CREATE INDEX audit_log_account ON audit_log (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX audit_log_actor ON audit_log (actor, id);
