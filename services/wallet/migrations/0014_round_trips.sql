-- What a tool does with money beside charging it takes three round trips: ask (lock and read), write, tell. The rules are between them.
--
-- Plans are made once a session, also while the tables are still small: a sequential scan must never be among them.

-- What one needs to know to answer a tool, under the locks of the wallet and of the wallet of euros that numbers the events. Each statement
-- sees what was committed before it, so keys are read after whoever held the locks is done. known_*: what the key did before.
CREATE TYPE tool_asked AS (
    at              timestamptz,
    is_open         boolean,
    balance_cents   bigint,
    available_cents bigint,
    frozen          boolean,
    registered      boolean,
    known_id        uuid,
    known_hash      bytea
);
CREATE FUNCTION tool_ask(_tool_id text, _key text, _organisation_id uuid, _wallet_id uuid) RETURNS tool_asked
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    _asked tool_asked;
BEGIN
    SELECT greatest(clock_timestamp(), max(l.last_booked_at)), coalesce(bool_or(l.id = _organisation_id), false),
           coalesce(max(l.balance_cents) FILTER (WHERE l.id = _wallet_id), 0),
           coalesce(max(l.balance_cents - l.held_cents) FILTER (WHERE l.id = _wallet_id), 0), coalesce(bool_or(l.frozen_at IS NOT NULL), false)
    INTO _asked.at, _asked.is_open, _asked.balance_cents, _asked.available_cents, _asked.frozen
    FROM (SELECT * FROM wallet w WHERE w.id = ANY (ARRAY[_organisation_id, _wallet_id]) ORDER BY w.id FOR NO KEY UPDATE) l;
    SELECT k.subject_id, k.request_hash INTO _asked.known_id, _asked.known_hash
    FROM tool_request k WHERE k.tool_id = _tool_id AND k.idempotency_key = _key;
    SELECT g.active INTO _asked.registered
    FROM registration g WHERE g.organisation_id = _organisation_id AND g.tool_id = _tool_id AND g.active LIMIT 1;
    RETURN _asked;
END $$;

-- The same with a reservation of this tool as it stays until the transaction ends; no row where there is none.
CREATE FUNCTION reservation_ask(_tool_id text, _key text, _organisation_id uuid, _id uuid)
RETURNS TABLE (asked tool_asked, id uuid, wallet_id uuid, unit text, tool_id text, amount_excl_cents bigint, amount_incl_cents bigint,
               vat_rate_bp integer, description text, account_id uuid, state text, reserved_at timestamptz, expires_at timestamptz,
               ended_at timestamptz, charge_id uuid)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    _wallet_id uuid;
    _asked tool_asked;
BEGIN
    SELECT r.wallet_id INTO _wallet_id FROM reservation r JOIN wallet w ON w.id = r.wallet_id
    WHERE r.id = _id AND r.tool_id = _tool_id AND w.organisation_id = _organisation_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    _asked := tool_ask(_tool_id, _key, _organisation_id, _wallet_id);
    RETURN QUERY
        SELECT _asked, r.id, w.organisation_id, w.unit, r.tool_id, r.amount_excl_cents, r.amount_incl_cents, r.vat_rate_bp, r.description,
               r.account_id, r.state, r.reserved_at, r.expires_at, r.ended_at, c.id
        FROM reservation r JOIN wallet w ON w.id = r.wallet_id LEFT JOIN charge c ON c.reservation_id = r.id WHERE r.id = _id;
END $$;

-- The same with a charge of this tool and the sums of its refunds.
CREATE FUNCTION charge_ask(_tool_id text, _key text, _organisation_id uuid, _id uuid)
RETURNS TABLE (asked tool_asked, unit text, plan_id uuid, excl_cents bigint, incl_cents bigint, refunds bigint, refunded_excl_cents bigint,
               refunded_incl_cents bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    _wallet_id uuid;
    _asked tool_asked;
BEGIN
    SELECT c.wallet_id INTO _wallet_id FROM charge c JOIN wallet w ON w.id = c.wallet_id
    WHERE c.id = _id AND c.tool_id = _tool_id AND w.organisation_id = _organisation_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    _asked := tool_ask(_tool_id, _key, _organisation_id, _wallet_id);
    RETURN QUERY
        SELECT _asked, w.unit, c.plan_id, c.amount_excl_cents, c.amount_incl_cents, r.refunds, r.excl_cents, r.incl_cents
        FROM charge c JOIN wallet w ON w.id = c.wallet_id CROSS JOIN LATERAL (
            SELECT count(*) AS refunds, coalesce(sum(f.amount_excl_cents), 0)::bigint AS excl_cents,
                   coalesce(sum(f.amount_incl_cents), 0)::bigint AS incl_cents
            FROM refund f WHERE f.charge_id = c.id
        ) r WHERE c.id = _id;
END $$;

-- Takes what was reserved, or less of it, and gives the rest back, which released_version announces. _booking: as of ledger_book, with the
-- charge's id; it is booked when nothing is held for it any more.
CREATE FUNCTION reservation_capture(_id uuid, _at timestamptz, _excl bigint, _incl bigint, _key text, _request_hash bytea, _booking jsonb)
RETURNS TABLE (booked_at timestamptz, balance_cents bigint, version bigint, released_version bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    _reservation reservation%ROWTYPE;
    _charge_id uuid := (_booking ->> 'id')::uuid;
BEGIN
    UPDATE reservation r SET state = 'captured', ended_at = _at WHERE r.id = _id RETURNING r.* INTO _reservation;
    UPDATE wallet w SET held_cents = w.held_cents - _reservation.amount_incl_cents WHERE w.id = _reservation.wallet_id;
    SELECT b.booked_at, b.balance_cents, b.version INTO STRICT booked_at, balance_cents, version FROM ledger_book(_booking) b WHERE b.outcome = 'booked';
    INSERT INTO charge (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp, account_id, reservation_id)
    VALUES (_charge_id, _reservation.wallet_id, _reservation.tool_id, _excl, _incl, _reservation.vat_rate_bp, _reservation.account_id, _id);
    INSERT INTO tool_request (tool_id, idempotency_key, operation, request_hash, subject_id)
    VALUES (_reservation.tool_id, _key, 'capture', _request_hash, _charge_id);
    IF _incl < _reservation.amount_incl_cents THEN
        UPDATE wallet w SET version = w.version + 1
        WHERE w.id = (SELECT o.organisation_id FROM wallet o WHERE o.id = _reservation.wallet_id)
        RETURNING w.version INTO released_version;
    END IF;
    RETURN NEXT;
END $$;

-- Gives back a charge, or the use of a plan that paid for it. _booking: as of ledger_book, with the refund's id.
CREATE FUNCTION charge_refund(_id uuid, _at timestamptz, _excl bigint, _incl bigint, _key text, _request_hash bytea, _booking jsonb)
RETURNS TABLE (booked_at timestamptz, balance_cents bigint, version bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    _charge charge%ROWTYPE;
    _refund_id uuid := (_booking ->> 'id')::uuid;
BEGIN
    SELECT * INTO STRICT _charge FROM charge c WHERE c.id = _id;
    IF _charge.plan_id IS NOT NULL THEN
        PERFORM plan_give_back_use(_charge.plan_id, _at);
    END IF;
    SELECT b.booked_at, b.balance_cents, b.version INTO STRICT booked_at, balance_cents, version FROM ledger_book(_booking) b WHERE b.outcome = 'booked';
    INSERT INTO refund (id, charge_id, amount_excl_cents, amount_incl_cents) VALUES (_refund_id, _id, _excl, _incl);
    INSERT INTO tool_request (tool_id, idempotency_key, operation, request_hash, subject_id)
    VALUES (_charge.tool_id, _key, 'refund', _request_hash, _refund_id);
    RETURN NEXT;
END $$;
