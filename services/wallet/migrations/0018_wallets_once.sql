-- Each wallet is looked up once for all charges of a group, by the function (as 0017 has it otherwise) and by the guard of entries.

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
            SELECT q.id, q.place, first_value(w.held_cents) OVER until_here AS held_cents, first_value(w.frozen_at) OVER until_here AS frozen_at,
                   first_value(w.balance_cents) OVER until_here - sum(q.incl_cents::integer) OVER until_here AS balance_cents,
                   first_value(w.entry_count) OVER until_here + q.nth AS number, first_value(w.version) OVER until_here + q.nth AS version
            FROM (
                SELECT q.id, q.wallet_id, q.incl_cents, q.place, row_number() OVER (PARTITION BY q.wallet_id ORDER BY q.place) AS nth
                FROM unnest(_requests) WITH ORDINALITY AS q (
                    id, wallet_id, organisation_id, unit, tool_id, key, request_hash, excl_cents, incl_cents, vat_rate_bp, description,
                    account_id, plan_use, topic, headers, payload, place
                )
            ) q
            -- Each wallet is looked up once: one that is charged all the time leaves many old versions of its row behind, which as long
            -- as an old snapshot lasts (a backup, say) are walked through at each look.
            LEFT JOIN wallet w ON w.id = CASE q.nth WHEN 1 THEN q.wallet_id END
            WINDOW until_here AS (PARTITION BY q.wallet_id ORDER BY q.place ROWS UNBOUNDED PRECEDING)
        ) d
        HAVING count(d.balance_cents) = cardinality(_requests) AND bool_and(d.frozen_at IS NULL AND d.balance_cents >= d.held_cents);
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

-- As it was, but that each wallet is looked up once.
CREATE OR REPLACE FUNCTION ledger_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _of_nothing boolean;
    _unbalanced boolean;
BEGIN
    SELECT bool_or(t.id IS NULL), bool_or(b.cents <> 0) INTO _of_nothing, _unbalanced
    FROM (SELECT transaction_id, sum(amount_cents) AS cents FROM booked GROUP BY transaction_id, unit) b
    LEFT JOIN ledger_transaction t ON t.id = b.transaction_id;
    IF _of_nothing OR EXISTS (
        SELECT FROM (SELECT DISTINCT wallet_id, unit FROM booked WHERE wallet_id IS NOT NULL) b
        LEFT JOIN wallet w ON w.id = b.wallet_id AND w.unit = b.unit WHERE w.id IS NULL
    ) THEN
        RAISE EXCEPTION 'an entry of a transaction or a wallet that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entries_belong', TABLE = 'ledger_entry';
    END IF;
    IF _unbalanced THEN
        RAISE EXCEPTION 'the entries of a transaction do not sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_balance', TABLE = 'ledger_entry';
    END IF;
    RETURN NULL;
END $$;
