-- A tool takes money from a wallet. `id` is the ledger transaction's; what it left in the wallet stands in the wallet's entry.
CREATE TABLE charge (
    id                uuid    NOT NULL,
    wallet_id         uuid    NOT NULL,
    tool_id           text    NOT NULL,
    idempotency_key   text    NOT NULL,
    request_hash      bytea   NOT NULL,
    amount_excl_cents bigint  NOT NULL,
    amount_incl_cents bigint  NOT NULL,
    vat_rate_bp       integer NOT NULL,
    account_id        uuid,
    CONSTRAINT charge_pk PRIMARY KEY (id),
    CONSTRAINT charge_once_per_key UNIQUE (tool_id, idempotency_key),
    CONSTRAINT charge_transaction FOREIGN KEY (id) REFERENCES ledger_transaction (id),
    CONSTRAINT charge_amounts CHECK (amount_excl_cents >= 0 AND amount_incl_cents >= amount_excl_cents),
    CONSTRAINT charge_vat_rate CHECK (vat_rate_bp BETWEEN 0 AND 10000)
);
CREATE TRIGGER charge_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON charge
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- A charge that was decided upon, with what its wallet became by it.
CREATE TYPE accepted_charge AS (
    place           integer,
    id              uuid,
    wallet_id       uuid,
    tool_id         text,
    idempotency_key text,
    request_hash    bytea,
    excl_cents      bigint,
    incl_cents      bigint,
    vat_rate_bp     integer,
    description     text,
    account_id      uuid,
    topic           text,
    headers         jsonb,
    payload         jsonb,
    number          bigint,
    balance_cents   bigint,
    version         bigint
);

-- Charges in one round trip and one statement of each kind, however many there are; each has an answer of its own, and one refusal
-- refuses one charge. _requests: an array of objects with the fields of accepted_charge up to `payload`, no (tool_id, idempotency_key)
-- twice; `headers` and `payload` are a WalletCharged message that lacks only what is known here: ce_sequence, version, balance_cents.
-- The outcome: charged | repeated (the first answer again) | key-reused (same key, other request) | not-registered | short.
-- The same key on another wallet at the same moment ends in charge_once_per_key; whoever asks again sees the first one.
--
-- Plans are made once a session, also while the tables are still small: a sequential scan must never be among them.
CREATE FUNCTION wallet_charge(_requests jsonb)
RETURNS TABLE (place integer, outcome text, charge_id uuid, booked_at timestamptz, balance_cents bigint, available_cents bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    _accepted accepted_charge[] := '{}';
    _now timestamptz;
    _wallet_id uuid;
    _balance bigint;
    _number bigint;
    _version bigint;
    r record;
BEGIN
    -- Every wallet is locked, in one order, before anything is read or numbered: keys, balances, versions and outbox ids run alike.
    PERFORM FROM wallet w
    WHERE w.id = ANY (ARRAY(SELECT (q ->> 'wallet_id')::uuid FROM jsonb_array_elements(_requests) q))
    ORDER BY w.id FOR NO KEY UPDATE;
    _now := clock_timestamp();

    FOR r IN
        SELECT q.*, w.balance_cents AS wallet_balance, w.held_cents, w.entry_count, w.version AS wallet_version,
               c.id AS known_id, c.request_hash AS known_hash, g.active AS registered
        FROM jsonb_to_recordset(_requests) q (
            place integer, id uuid, wallet_id uuid, tool_id text, idempotency_key text, request_hash bytea, excl_cents bigint,
            incl_cents bigint, vat_rate_bp integer, description text, account_id uuid, topic text, headers jsonb, payload jsonb)
        LEFT JOIN wallet w ON w.id = q.wallet_id
        LEFT JOIN charge c ON c.tool_id = q.tool_id AND c.idempotency_key = q.idempotency_key
        -- Not EXISTS: its plan would read all registrations there are.
        LEFT JOIN LATERAL (
            SELECT g.active FROM registration g WHERE g.organisation_id = q.wallet_id AND g.tool_id = q.tool_id AND g.active LIMIT 1
        ) g ON true
        ORDER BY q.wallet_id, q.place
    LOOP
        IF r.wallet_id IS DISTINCT FROM _wallet_id THEN
            _wallet_id := r.wallet_id;
            _balance := r.wallet_balance;
            _number := r.entry_count;
            _version := r.wallet_version;
        END IF;
        place := r.place;
        charge_id := r.known_id;
        booked_at := NULL;
        IF r.known_id IS NOT NULL THEN
            outcome := CASE WHEN r.known_hash = r.request_hash THEN 'repeated' ELSE 'key-reused' END;
            SELECT t.booked_at, e.balance_after_cents INTO booked_at, balance_cents
            FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id AND e.line = 1 WHERE t.id = r.known_id;
        ELSIF r.registered IS NOT TRUE OR _balance IS NULL THEN
            outcome := 'not-registered';
            balance_cents := NULL;
        ELSIF _balance - r.held_cents < r.incl_cents THEN
            outcome := 'short';
            balance_cents := _balance;
        ELSE
            _balance := _balance - r.incl_cents;
            _number := _number + 1;
            _version := _version + 1;
            _accepted := _accepted || ROW(
                r.place, r.id, r.wallet_id, r.tool_id, r.idempotency_key, r.request_hash, r.excl_cents, r.incl_cents, r.vat_rate_bp,
                r.description, r.account_id, r.topic, r.headers, r.payload, _number, _balance, _version)::accepted_charge;
            outcome := 'charged';
            charge_id := r.id;
            booked_at := _now;
            balance_cents := _balance;
        END IF;
        available_cents := balance_cents - r.held_cents;
        RETURN NEXT;
    END LOOP;

    IF _accepted <> '{}' THEN
        PERFORM wallet_book_charges(_accepted, _now);
    END IF;
END $$;

-- Writes what wallet_charge decided, under its locks.
CREATE FUNCTION wallet_book_charges(_accepted accepted_charge[], _now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_transaction (id, kind, tool_id, description, booked_at)
    SELECT a.id, 'charge', a.tool_id, a.description, _now FROM unnest(_accepted) a;

    INSERT INTO ledger_entry (transaction_id, line, account, party, wallet_id, amount_cents, number, balance_after_cents)
    SELECT a.id, l.* FROM unnest(_accepted) a CROSS JOIN LATERAL (VALUES
        (1, 'wallet', NULL, a.wallet_id, -a.incl_cents, a.number, a.balance_cents),
        (2, 'revenue', a.tool_id, NULL, a.excl_cents, NULL, NULL),
        (3, 'vat', 'BE', NULL, a.incl_cents - a.excl_cents, NULL, NULL)
    ) l;

    INSERT INTO charge (id, wallet_id, tool_id, idempotency_key, request_hash, amount_excl_cents, amount_incl_cents, vat_rate_bp, account_id)
    SELECT a.id, a.wallet_id, a.tool_id, a.idempotency_key, a.request_hash, a.excl_cents, a.incl_cents, a.vat_rate_bp, a.account_id
    FROM unnest(_accepted) a;

    -- The array is in the order of each wallet's versions, and so are the ids of the outbox.
    INSERT INTO outbox (topic, key, headers, payload)
    SELECT a.topic, convert_to(a.wallet_id::text, 'UTF8'), a.headers || jsonb_build_object('ce_sequence', a.version::text),
           convert_to((a.payload || jsonb_build_object('version', a.version, 'balance_cents', a.balance_cents))::text, 'UTF8')
    FROM unnest(_accepted) a;

    -- A wallet that falls below its threshold is announced by a job, so that this stays one statement.
    WITH debited AS (
        UPDATE wallet w SET balance_cents = l.balance_cents, entry_count = l.number, version = l.version
        FROM (SELECT DISTINCT ON (a.wallet_id) a.* FROM unnest(_accepted) a ORDER BY a.wallet_id, a.number DESC) l
        WHERE w.id = l.wallet_id
        RETURNING w.id, l.headers, NOT w.low_announced AND w.balance_cents < w.low_threshold_cents AS fell_low
    )
    INSERT INTO job AS present (id, kind, key, unique_key, payload, headers)
    SELECT uuidv7(), 'wallet.announce-low-balance', d.id::text, d.id::text, jsonb_build_object('wallet_id', d.id),
           (SELECT coalesce(jsonb_object_agg(h.key, h.value), '{}') FROM jsonb_each(d.headers) h WHERE h.key IN ('traceparent', 'correlation_id'))
    FROM debited d WHERE d.fell_low
    ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO UPDATE SET again = present.lease IS NOT NULL;
END $$;
