-- Nearly all charges are plain: of euros, by a new key, of a wallet that holds enough. A group of such is decided in one statement
-- instead of one by one, and what can be looked at before the wallets are locked is: others wait for that lock.

-- What a request is answered. number, version: of the entry and of the organisation's wallet, NULL for what was not booked.
CREATE TYPE charge_answer AS (
    outcome text, charge_id uuid, booked_at timestamptz, balance_cents bigint, available_cents bigint, plan_id uuid, number bigint,
    version bigint
);

-- Charges in one round trip and one statement of each kind, however many there are; each has an answer of its own, and one refusal
-- refuses one charge. No (tool_id, key) may be among the requests twice.
-- The outcome: charged | repeated (the first answer again) | key-reused (same key, other request) | not-registered | frozen | short.
-- A key that is taken at the same moment ends in tool_request_once; whoever asks again sees the first one.
--
-- Plans are made once a session, also while the tables are still small: a sequential scan must never be among them, and the number of
-- charges is no reason to make them anew. These settings hold in the two functions that are called here only, too.
CREATE OR REPLACE FUNCTION wallet_charge(_requests charge_request[]) RETURNS TABLE (place bigint, outcome text, charge_id uuid, booked_at timestamptz, balance_cents bigint, available_cents bigint, plan_id uuid)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    _plain boolean;
    _now timestamptz;
    _answers charge_answer[];
BEGIN
    -- OFFSET 0: a join in its place would read all registrations there are.
    SELECT bool_and(
        q.unit = 'EUR' AND NOT q.plan_use AND q.incl_cents <= 2147483647
        AND EXISTS (SELECT FROM registration g WHERE g.organisation_id = q.organisation_id AND g.tool_id = q.tool_id AND g.active OFFSET 0)
        AND NOT EXISTS (SELECT FROM tool_request k WHERE k.tool_id = q.tool_id AND k.idempotency_key = q.key OFFSET 0)
    ) INTO _plain FROM unnest(_requests) q;

    -- Every wallet is locked, in one order, before it is read or numbered: balances, versions and outbox ids run alike.
    SELECT greatest(clock_timestamp(), max(l.last_booked_at)) INTO _now FROM (
        SELECT w.last_booked_at FROM wallet w
        WHERE w.id = ANY (ARRAY(SELECT unnest(ARRAY[q.wallet_id, q.organisation_id]) FROM unnest(_requests) q))
        ORDER BY w.id FOR NO KEY UPDATE
    ) l;

    IF _plain THEN
        SELECT array_agg(
            ROW('charged', d.id, _now, d.balance_cents, d.balance_cents - d.held_cents, NULL, d.number, d.version)::charge_answer
            ORDER BY d.place
        ) INTO _answers
        FROM (
            SELECT q.id, q.place, w.held_cents, w.frozen_at, w.balance_cents - sum(q.incl_cents::integer) OVER until_here AS balance_cents,
                   w.entry_count + row_number() OVER until_here AS number, w.version + row_number() OVER until_here AS version
            FROM unnest(_requests) WITH ORDINALITY AS q (
                id, wallet_id, organisation_id, unit, tool_id, key, request_hash, excl_cents, incl_cents, vat_rate_bp, description,
                account_id, plan_use, topic, headers, payload, place
            )
            JOIN wallet w ON w.id = q.wallet_id
            WINDOW until_here AS (PARTITION BY q.wallet_id ORDER BY q.place ROWS UNBOUNDED PRECEDING)
        ) d
        HAVING count(*) = cardinality(_requests) AND bool_and(d.frozen_at IS NULL AND d.balance_cents >= d.held_cents);
    END IF;
    IF _answers IS NOT NULL THEN
        PERFORM charges_book(_requests, _answers, _now);
    ELSE
        _answers := charges_one_by_one(_requests, _now);
        PERFORM charges_book(_requests, _answers, _now);
        -- Charges of credits, too, are numbered by the organisation's wallet.
        UPDATE wallet w SET version = l.version
        FROM (
            SELECT q.organisation_id AS id, max(q.version) AS version
            FROM ROWS FROM (unnest(_requests), unnest(_answers)) AS q (
                id, wallet_id, organisation_id, unit, tool_id, key, request_hash, excl_cents, incl_cents, vat_rate_bp, description,
                account_id, plan_use, topic, headers, payload, outcome, charge_id, booked_at, balance_cents, available_cents, plan_id,
                number, version
            )
            WHERE q.version IS NOT NULL GROUP BY q.organisation_id HAVING bool_or(q.unit <> 'EUR')
        ) l
        WHERE w.id = l.id;
    END IF;
    RETURN QUERY SELECT a.place, a.outcome, a.charge_id, a.booked_at, a.balance_cents, a.available_cents, a.plan_id
    FROM unnest(_answers) WITH ORDINALITY AS a (
        outcome, charge_id, booked_at, balance_cents, available_cents, plan_id, number, version, place
    );
END $$;

-- The answers to requests of all kinds, in their places; their wallets are locked.
CREATE FUNCTION charges_one_by_one(_requests charge_request[], _now timestamptz) RETURNS charge_answer[] LANGUAGE plpgsql AS $$
DECLARE
    _answers charge_answer[] := array_fill(NULL::charge_answer, ARRAY[cardinality(_requests)]);
    _answer charge_answer;
    _wallet_id uuid;
    _organisation_id uuid;
    _balance bigint;
    _number bigint;
    _version bigint;
    r record;
BEGIN
    FOR r IN
        SELECT q.id, q.wallet_id, q.organisation_id, q.unit, q.tool_id, q.request_hash, q.incl_cents, q.plan_use, q.place,
               w.balance_cents AS wallet_balance, coalesce(w.held_cents, 0) AS held_cents, w.entry_count,
               coalesce(o.version, w.version) AS wallet_version, coalesce(o.frozen_at, w.frozen_at) IS NOT NULL AS frozen, o.id AS euros_id,
               k.subject_id AS known_id, k.request_hash AS known_hash, g.active AS registered
        FROM unnest(_requests) WITH ORDINALITY AS q (
            id, wallet_id, organisation_id, unit, tool_id, key, request_hash, excl_cents, incl_cents, vat_rate_bp, description, account_id,
            plan_use, topic, headers, payload, place
        )
        LEFT JOIN wallet w ON w.id = q.wallet_id
        -- Looked up for credits only.
        LEFT JOIN wallet o ON o.id = CASE WHEN q.unit <> 'EUR' THEN q.organisation_id END
        LEFT JOIN tool_request k ON k.tool_id = q.tool_id AND k.idempotency_key = q.key
        -- Not EXISTS: its plan would read all registrations there are.
        LEFT JOIN LATERAL (
            SELECT g.active FROM registration g
            WHERE g.organisation_id = q.organisation_id AND g.tool_id = q.tool_id AND g.active LIMIT 1
        ) g ON true
        ORDER BY q.organisation_id, q.wallet_id, q.place
    LOOP
        IF r.wallet_id IS DISTINCT FROM _wallet_id THEN
            _wallet_id := r.wallet_id;
            _balance := r.wallet_balance;
            _number := r.entry_count;
            IF r.organisation_id IS DISTINCT FROM _organisation_id THEN
                _organisation_id := r.organisation_id;
                _version := r.wallet_version;
            END IF;
            IF r.euros_id IS NOT NULL AND _balance IS NULL THEN
                _balance := 0;  -- credits that nobody ever bought
            END IF;
        END IF;
        _answer := NULL;
        IF r.known_id IS NOT NULL THEN
            _answer.outcome := CASE WHEN r.known_hash = r.request_hash THEN 'repeated' ELSE 'key-reused' END;
            _answer.charge_id := r.known_id;
            SELECT t.booked_at, e.balance_after_cents, c.plan_id INTO _answer.booked_at, _answer.balance_cents, _answer.plan_id
            FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id AND e.line = 1 JOIN charge c ON c.id = t.id
            WHERE t.id = r.known_id;
        ELSIF r.registered IS NOT TRUE OR _balance IS NULL THEN
            _answer.outcome := 'not-registered';
        ELSIF r.frozen THEN
            _answer.outcome := 'frozen';
            _answer.balance_cents := _balance;
        ELSE
            IF r.plan_use THEN
                _answer.plan_id := plan_take_use(r.organisation_id, r.tool_id, _now);
            END IF;
            IF _answer.plan_id IS NULL AND (r.wallet_balance IS NULL OR _balance - r.held_cents < r.incl_cents) THEN
                _answer.outcome := 'short';
            ELSE
                IF _answer.plan_id IS NULL THEN
                    _balance := _balance - r.incl_cents;
                END IF;
                _number := _number + 1;
                _version := _version + 1;
                _answer.outcome := 'charged';
                _answer.charge_id := r.id;
                _answer.booked_at := _now;
                _answer.number := _number;
                _answer.version := _version;
            END IF;
            _answer.balance_cents := _balance;
        END IF;
        _answer.available_cents := _answer.balance_cents - r.held_cents;
        _answers[r.place] := _answer;
    END LOOP;
    RETURN _answers;
END $$;

-- Writes what was charged, and tells of it.
CREATE FUNCTION charges_book(_requests charge_request[], _answers charge_answer[], _now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _low jsonb;
BEGIN
    WITH a AS MATERIALIZED (
        SELECT q.*, CASE WHEN q.plan_id IS NULL THEN q.excl ELSE 0 END AS excl_cents,
               CASE WHEN q.plan_id IS NULL THEN q.incl ELSE 0 END AS incl_cents
        FROM ROWS FROM (unnest(_requests), unnest(_answers)) AS q (
            id, wallet_id, organisation_id, unit, tool_id, key, request_hash, excl, incl, vat_rate_bp, description, account_id,
            plan_use, topic, headers, payload, outcome, charge_id, booked_at, balance_cents, available_cents, plan_id, number, version
        )
        WHERE q.number IS NOT NULL
    ), booked AS (
        INSERT INTO ledger_transaction (id, kind, tool_id, description, booked_at)
        SELECT a.id, 'charge', a.tool_id, a.description, _now FROM a
    ), entered AS (
        INSERT INTO ledger_entry (transaction_id, line, account, party, wallet_id, unit, amount_cents, number, balance_after_cents)
        SELECT a.id, 1, 'wallet', NULL, a.wallet_id, a.unit, -a.incl_cents, a.number, a.balance_cents FROM a
        UNION ALL
        SELECT a.id, 2, CASE a.unit WHEN 'EUR' THEN 'revenue' ELSE 'used' END, a.tool_id, NULL, a.unit, a.excl_cents, NULL, NULL
        FROM a WHERE a.plan_id IS NULL
        UNION ALL
        SELECT a.id, 3, 'vat', 'BE', NULL, a.unit, a.incl_cents - a.excl_cents, NULL, NULL
        FROM a WHERE a.plan_id IS NULL AND a.unit = 'EUR'
    ), charged AS (
        INSERT INTO charge (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp, account_id, plan_id)
        SELECT a.id, a.wallet_id, a.tool_id, a.excl_cents, a.incl_cents, a.vat_rate_bp, a.account_id, a.plan_id FROM a
    ), requested AS (
        INSERT INTO tool_request (tool_id, idempotency_key, operation, request_hash, subject_id)
        SELECT a.tool_id, a.key, 'charge', a.request_hash, a.id FROM a
    ), told AS (
        INSERT INTO outbox (topic, key, headers, payload)
        SELECT a.topic, convert_to(a.organisation_id::text, 'UTF8'), (a.headers || ',"ce_sequence":"' || a.version || '"}')::jsonb,
               convert_to(CASE
                   WHEN a.plan_id IS NULL THEN a.payload || ',"version":' || a.version || ',"balance_cents":' || a.balance_cents || '}'
                   ELSE ((a.payload || '}')::jsonb || jsonb_build_object('version', a.version, 'balance_cents', a.balance_cents, 'plan_id', a.plan_id,
                                           'amount_excl_cents', 0, 'amount_incl_cents', 0))::text
               END, 'UTF8')
        FROM a ORDER BY a.version
    ), debited AS (
        UPDATE wallet w SET balance_cents = l.balance_cents, entry_count = l.number, last_booked_at = _now,
            version = CASE l.unit WHEN 'EUR' THEN l.version ELSE w.version END
        FROM (SELECT DISTINCT ON (a.wallet_id) a.wallet_id, a.balance_cents, a.number, a.version, a.unit, a.headers FROM a ORDER BY a.wallet_id, a.number DESC) l
        WHERE w.id = l.wallet_id
        RETURNING w.id, l.headers, NOT w.low_announced AND w.balance_cents < w.low_threshold_cents AS fell_low
    )
    SELECT jsonb_object_agg(d.id, (d.headers || '}')::jsonb) INTO _low FROM debited d WHERE d.fell_low;

    -- A wallet that falls below its threshold is announced by a job, so that this stays one statement.
    IF _low IS NOT NULL THEN
        INSERT INTO job AS present (id, kind, key, unique_key, payload, headers)
        SELECT uuidv7(), 'wallet.announce-low-balance', l.key, l.key, jsonb_build_object('wallet_id', l.key),
               (SELECT coalesce(jsonb_object_agg(h.key, h.value), '{}') FROM jsonb_each(l.value) h WHERE h.key IN ('traceparent', 'correlation_id'))
        FROM jsonb_each(_low) l
        ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO UPDATE SET again = present.lease IS NOT NULL;
    END IF;
END $$;
