-- Charges come as rows instead of an array for each of their fields, and their entries without a list of values made for each.

-- The function with the arrays stays: instances of the version before call it until they are replaced.

-- plan_use: this is one use of the tool, for which a plan may pay. headers, payload: JSON objects of a WalletCharged message, each without
-- its closing brace: before it comes what is known here only, ce_sequence there; version and balance_cents here.
CREATE TYPE charge_request AS (
    id uuid, wallet_id uuid, organisation_id uuid, unit text, tool_id text, key text, request_hash bytea, excl_cents bigint,
    incl_cents bigint, vat_rate_bp integer, description text, account_id uuid, plan_use boolean, topic text, headers text, payload text
);

-- Charges in one round trip and one statement of each kind, however many there are; each has an answer of its own, and one refusal
-- refuses one charge. No (tool_id, key) may be among the requests twice.
-- The outcome: charged | repeated (the first answer again) | key-reused (same key, other request) | not-registered | frozen | short.
-- The same key on another wallet at the same moment ends in tool_request_once; whoever asks again sees the first one.
--
-- Plans are made once a session, also while the tables are still small: a sequential scan must never be among them, and the number of
-- charges is no reason to make them anew.
CREATE FUNCTION wallet_charge(_requests charge_request[]) RETURNS TABLE (place bigint, outcome text, charge_id uuid, booked_at timestamptz, balance_cents bigint, available_cents bigint, plan_id uuid)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    -- Of what was accepted, in the places of the requests; NULL for the others.
    _numbers bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(_requests)]);
    _balances bigint[] := _numbers;
    _versions bigint[] := _numbers;
    _plan_ids uuid[] := array_fill(NULL::uuid, ARRAY[cardinality(_requests)]);
    _any boolean := false;
    _low jsonb;
    _credits boolean := false;
    _now timestamptz;
    _wallet_id uuid;
    _organisation_id uuid;
    _balance bigint;
    _number bigint;
    _version bigint;
    r record;
BEGIN
    -- Every wallet is locked, in one order, before anything is read or numbered: keys, balances, versions and outbox ids run alike.
    SELECT greatest(clock_timestamp(), max(l.last_booked_at)) INTO _now FROM (
        SELECT w.last_booked_at FROM wallet w
        WHERE w.id = ANY (ARRAY(SELECT unnest(ARRAY[q.wallet_id, q.organisation_id]) FROM unnest(_requests) q))
        ORDER BY w.id FOR NO KEY UPDATE
    ) l;

    FOR r IN
        SELECT q.id, q.wallet_id, q.organisation_id, q.unit, q.tool_id, q.request_hash, q.incl_cents, q.plan_use, q.place,
               w.balance_cents AS wallet_balance, w.held_cents, w.entry_count, coalesce(o.version, w.version) AS wallet_version,
               coalesce(o.frozen_at, w.frozen_at) IS NOT NULL AS frozen, o.id AS euros_id,
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
        place := r.place;
        charge_id := r.known_id;
        booked_at := NULL;
        plan_id := NULL;
        IF r.known_id IS NOT NULL THEN
            outcome := CASE WHEN r.known_hash = r.request_hash THEN 'repeated' ELSE 'key-reused' END;
            SELECT t.booked_at, e.balance_after_cents, c.plan_id INTO booked_at, balance_cents, plan_id
            FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id AND e.line = 1 JOIN charge c ON c.id = t.id
            WHERE t.id = r.known_id;
        ELSIF r.registered IS NOT TRUE OR _balance IS NULL THEN
            outcome := 'not-registered';
            balance_cents := NULL;
        ELSIF r.frozen THEN
            outcome := 'frozen';
            balance_cents := _balance;
        ELSE
            IF r.plan_use THEN
                plan_id := plan_take_use(r.organisation_id, r.tool_id, _now);
            END IF;
            IF plan_id IS NULL AND (r.wallet_balance IS NULL OR _balance - coalesce(r.held_cents, 0) < r.incl_cents) THEN
                outcome := 'short';
                balance_cents := _balance;
            ELSE
                IF plan_id IS NULL THEN
                    _balance := _balance - r.incl_cents;
                END IF;
                _number := _number + 1;
                _version := _version + 1;
                _numbers[r.place] := _number;
                _balances[r.place] := _balance;
                _versions[r.place] := _version;
                _plan_ids[r.place] := plan_id;
                _any := true;
                _credits := _credits OR r.unit <> 'EUR';
                outcome := 'charged';
                charge_id := r.id;
                booked_at := _now;
                balance_cents := _balance;
            END IF;
        END IF;
        available_cents := balance_cents - coalesce(r.held_cents, 0);
        RETURN NEXT;
    END LOOP;
    IF NOT _any THEN
        RETURN;
    END IF;

    WITH a AS MATERIALIZED (
        SELECT q.*, CASE WHEN q.plan_id IS NULL THEN q.excl ELSE 0 END AS excl_cents,
               CASE WHEN q.plan_id IS NULL THEN q.incl ELSE 0 END AS incl_cents
        FROM ROWS FROM (unnest(_requests), unnest(_numbers), unnest(_balances), unnest(_versions), unnest(_plan_ids)) AS q (
            id, wallet_id, organisation_id, unit, tool_id, key, request_hash, excl, incl, vat_rate_bp, description, account_id,
            plan_use, topic, headers, payload, number, balance_cents, version, plan_id
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
        FROM a ORDER BY a.organisation_id, a.version
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
    IF _credits THEN
        UPDATE wallet w SET version = l.version
        FROM (
            SELECT o.organisation_id AS id, max(o.version) AS version
            FROM ROWS FROM (unnest(_requests), unnest(_versions)) AS o (
                id, wallet_id, organisation_id, unit, tool_id, key, request_hash, excl_cents, incl_cents, vat_rate_bp, description, account_id,
                plan_use, topic, headers, payload, version
            )
            WHERE o.version IS NOT NULL GROUP BY o.organisation_id
        ) l
        WHERE w.id = l.id;
    END IF;
END $$;
