-- What a wallet's page reads. Nothing of it is written when money moves: entries never change, so they are summed up behind, 256 at a time,
-- and what is not summed up yet is read from the book itself.

-- What tools are called, from organisation.tools; by language.
CREATE TABLE tool_name (
    tool_id text   NOT NULL,
    names   jsonb  NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT tool_name_pk PRIMARY KEY (tool_id)
);

-- What can be found among entries 256 * block + 1 to 256 * (block + 1) of a wallet, so that whoever looks for something else skips them.
-- `descriptions`: each once, in lower case, a line each. Rows exist for full blocks only, without gaps from block 0.
CREATE TABLE statement_block (
    wallet_id    uuid   NOT NULL,
    block        bigint NOT NULL,
    kinds        text[] NOT NULL,
    tools        text[] NOT NULL,
    min_cents    bigint NOT NULL,
    max_cents    bigint NOT NULL,
    descriptions text   NOT NULL,
    CONSTRAINT statement_block_pk PRIMARY KEY (wallet_id, block),
    CONSTRAINT statement_block_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id)
);

-- What a wallet paid to each tool in each month of Brussels, refunds taken off: the blocks that are summed up, and no more.
CREATE TABLE statement_spending (
    wallet_id   uuid   NOT NULL,
    month       date   NOT NULL,
    tool_id     text   NOT NULL,
    spent_cents bigint NOT NULL,
    CONSTRAINT statement_spending_pk PRIMARY KEY (wallet_id, month, tool_id),
    CONSTRAINT statement_spending_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id)
);

-- What a wallet had in it at the end of each day of Brussels on which something was booked: of the blocks that are summed up, and no more.
CREATE TABLE statement_day (
    wallet_id     uuid   NOT NULL,
    day           date   NOT NULL,
    number        bigint NOT NULL,
    balance_cents bigint NOT NULL,
    CONSTRAINT statement_day_pk PRIMARY KEY (wallet_id, day),
    CONSTRAINT statement_day_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id)
);

-- What is not booked is listed by time, too.
DROP INDEX reservation_open;
CREATE INDEX reservation_open ON reservation (wallet_id, reserved_at, id) WHERE state = 'open';
DROP INDEX top_up_not_completed;
CREATE INDEX top_up_not_completed ON top_up (wallet_id, created_at, id) WHERE state <> 'completed';

-- What else a payment did.
CREATE INDEX payment_effect_of_transaction ON payment_effect (transaction_id);

-- What stands on a statement without being booked: top-ups that were not completed, and what is set aside.
CREATE VIEW statement_open AS
SELECT wallet_id, id, 'top-up' AS kind, NULL::text AS tool_id, method AS description, amount_cents,
       CASE WHEN state IN ('created', 'pending') THEN 'pending' ELSE 'failed' END AS state, created_at AS at, NULL::bigint AS vat_cents,
       requested_by AS account_id
FROM top_up WHERE state <> 'completed' AND reference IS NOT NULL
UNION ALL
SELECT wallet_id, id, 'charge', tool_id, description, -amount_incl_cents, 'pending', reserved_at, amount_incl_cents - amount_excl_cents,
       account_id
FROM reservation WHERE state = 'open';

CREATE FUNCTION statement_block_size() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 256::bigint';

-- The number of the first entry booked at _moment or later, from _from on; one more than the last where there is none. Along numbers the
-- time never falls, so that few entries are looked at: steps that double, then halves.
CREATE FUNCTION statement_number_at(_wallet_id uuid, _moment timestamptz, _from bigint DEFAULT 1) RETURNS bigint
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    _low bigint := _from;
    _last bigint := (SELECT entry_count FROM wallet WHERE id = _wallet_id);
    _high bigint := _last + 1;
    _step bigint := CASE WHEN _from > 1 THEN 1 ELSE greatest(_last / 2, 1) END;
    _at timestamptz;
BEGIN
    WHILE _low < _high LOOP
        IF _step > 0 AND _low + _step < _high THEN
            _from := _low + _step;
            _step := _step * 2;
        ELSE
            _from := (_low + _high) / 2;
            _step := 0;
        END IF;
        SELECT t.booked_at INTO _at FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE e.wallet_id = _wallet_id AND e.number = _from;
        IF _at >= _moment THEN
            _high := _from;
            _step := 0;
        ELSE
            _low := _from + 1;
        END IF;
    END LOOP;
    RETURN coalesce(_low, 1);
END $$;

-- The balance right before each of these moments, which are in order; entries before number _from are known to be earlier.
CREATE FUNCTION statement_balances(_wallet_id uuid, _moments timestamptz[], _from bigint)
RETURNS TABLE (moment timestamptz, balance_cents bigint) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    _number bigint := _from;
BEGIN
    FOREACH moment IN ARRAY _moments LOOP
        _number := statement_number_at(_wallet_id, moment, _number);
        SELECT e.balance_after_cents INTO balance_cents FROM ledger_entry e
        WHERE e.wallet_id = _wallet_id AND e.number = _number - 1;
        balance_cents := coalesce(balance_cents, 0);
        RETURN NEXT;
    END LOOP;
END $$;

-- The entries in these ranges of numbers that fit, at most _limit of them, the latest first if _down. _low and _high are as long as each
-- other, and in the order of reading. Whoever gives narrow ranges has few rows read; in a wide one every row may have to be looked at.
CREATE FUNCTION statement_entries(
    _wallet_id uuid, _low bigint[], _high bigint[], _kinds text[], _tool_id text, _min_cents bigint, _max_cents bigint,
    _text text, _number bigint, _down boolean, _limit integer, _shown text[] DEFAULT NULL
) RETURNS TABLE (
    number bigint, id uuid, kind text, tool_id text, description text, amount_cents bigint, balance_after_cents bigint, at timestamptz,
    vat_cents bigint, account_id uuid
) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    _left integer := _limit;
    _found integer;
BEGIN
    FOR _place IN 1 .. cardinality(_low) LOOP
        IF _down THEN
            RETURN QUERY
            SELECT e.number, t.id, t.kind, t.tool_id, t.description, e.amount_cents, e.balance_after_cents, t.booked_at,
                (SELECT v.amount_cents FROM ledger_entry v WHERE v.transaction_id = t.id AND v.account = 'vat' LIMIT 1),
                coalesce(t.account_id, (SELECT c.account_id FROM charge c WHERE c.id = t.id))
            FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE e.wallet_id = _wallet_id AND e.number BETWEEN _low[_place] AND _high[_place]
                AND (_min_cents IS NULL OR e.amount_cents >= _min_cents) AND (_max_cents IS NULL OR e.amount_cents <= _max_cents)
                AND (_kinds IS NULL OR t.kind = ANY (_kinds)) AND (_tool_id IS NULL OR t.tool_id = _tool_id)
                AND (_text IS NULL OR strpos(lower(t.description), _text) > 0 OR e.number = _number
                    OR (t.kind || '/' || t.description) = ANY (_shown))
            ORDER BY e.number DESC LIMIT _left;
        ELSE
            RETURN QUERY
            SELECT e.number, t.id, t.kind, t.tool_id, t.description, e.amount_cents, e.balance_after_cents, t.booked_at,
                (SELECT v.amount_cents FROM ledger_entry v WHERE v.transaction_id = t.id AND v.account = 'vat' LIMIT 1),
                coalesce(t.account_id, (SELECT c.account_id FROM charge c WHERE c.id = t.id))
            FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE e.wallet_id = _wallet_id AND e.number BETWEEN _low[_place] AND _high[_place]
                AND (_min_cents IS NULL OR e.amount_cents >= _min_cents) AND (_max_cents IS NULL OR e.amount_cents <= _max_cents)
                AND (_kinds IS NULL OR t.kind = ANY (_kinds)) AND (_tool_id IS NULL OR t.tool_id = _tool_id)
                AND (_text IS NULL OR strpos(lower(t.description), _text) > 0 OR e.number = _number
                    OR (t.kind || '/' || t.description) = ANY (_shown))
            ORDER BY e.number LIMIT _left;
        END IF;
        GET DIAGNOSTICS _found = ROW_COUNT;
        _left := _left - _found;
        EXIT WHEN _left = 0;
    END LOOP;
END $$;

-- Sums up the next blocks of a wallet that are full, _blocks at most; how many it were. Whoever does it at the same moment does nothing.
CREATE FUNCTION statement_sum_up(_wallet_id uuid, _blocks integer) RETURNS integer LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH span AS (
        SELECT first_block, least(w.entry_count / statement_block_size(), first_block + _blocks) AS end_block
        FROM wallet w CROSS JOIN LATERAL (
            SELECT coalesce(max(b.block) + 1, 0) AS first_block FROM statement_block b WHERE b.wallet_id = w.id
        ) done
        WHERE w.id = _wallet_id
    ), due AS MATERIALIZED (
        SELECT (e.number - 1) / statement_block_size() AS block, e.number, e.amount_cents, e.balance_after_cents, t.kind, t.tool_id,
               t.description, t.booked_at AT TIME ZONE 'Europe/Brussels' AS local
        FROM span JOIN ledger_entry e ON e.wallet_id = _wallet_id
            AND e.number > span.first_block * statement_block_size() AND e.number <= span.end_block * statement_block_size()
        JOIN ledger_transaction t ON t.id = e.transaction_id
    ), made AS (
        INSERT INTO statement_block (wallet_id, block, kinds, tools, min_cents, max_cents, descriptions)
        SELECT _wallet_id, block, array_agg(DISTINCT kind), coalesce(array_agg(DISTINCT tool_id) FILTER (WHERE tool_id IS NOT NULL), '{}'),
               min(amount_cents), max(amount_cents), string_agg(DISTINCT lower(description), E'\n')
        FROM due GROUP BY block
        ON CONFLICT ON CONSTRAINT statement_block_pk DO NOTHING
        RETURNING block
    ), spent AS (
        INSERT INTO statement_spending AS known (wallet_id, month, tool_id, spent_cents)
        SELECT _wallet_id, date_trunc('month', local)::date, tool_id, -sum(amount_cents)
        FROM due JOIN made USING (block) WHERE tool_id IS NOT NULL GROUP BY 2, 3
        ON CONFLICT ON CONSTRAINT statement_spending_pk DO UPDATE SET spent_cents = known.spent_cents + excluded.spent_cents
    ), ended AS (
        INSERT INTO statement_day AS known (wallet_id, day, number, balance_cents)
        SELECT DISTINCT ON (local::date) _wallet_id, local::date, number, balance_after_cents
        FROM due JOIN made USING (block) ORDER BY local::date, number DESC
        ON CONFLICT ON CONSTRAINT statement_day_pk DO UPDATE SET number = excluded.number, balance_cents = excluded.balance_cents
        WHERE known.number < excluded.number
    )
    SELECT count(*)::integer FROM made
$$;
