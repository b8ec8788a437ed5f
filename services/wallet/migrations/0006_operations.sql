-- What tools do with money beside charging it (set it aside, take that, give back), in euros and in credits of their own.

-- A wallet is of an organisation and of a unit: 'EUR', in cents, has the organisation's id; 'credits/<tool>' counts whole credits.
-- Events are keyed by organisation, so the wallet of euros numbers them for all units (`version`).
ALTER TABLE wallet RENAME COLUMN currency TO unit;
ALTER TABLE wallet DROP CONSTRAINT wallet_currency;
ALTER TABLE wallet ADD COLUMN organisation_id uuid;
UPDATE wallet SET organisation_id = id;
ALTER TABLE wallet ALTER COLUMN organisation_id SET NOT NULL;
-- Nothing can be taken out while this is set; money can come in, and what was reserved before can be captured.
ALTER TABLE wallet ADD COLUMN frozen_at timestamptz;
-- Times never fall along the numbers of a wallet's entries, also when the clock is set back.
ALTER TABLE wallet ADD COLUMN last_booked_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE wallet DROP CONSTRAINT wallet_available_not_negative;
ALTER TABLE wallet
    ADD CONSTRAINT wallet_unit CHECK (unit = 'EUR' OR unit ~ '^credits/.'),
    ADD CONSTRAINT wallet_of_euros CHECK ((unit = 'EUR') = (id = organisation_id)),
    ADD CONSTRAINT wallet_once_per_unit UNIQUE (organisation_id, unit),
    ADD CONSTRAINT wallet_in_its_unit UNIQUE (id, unit),
    ADD CONSTRAINT wallet_available_not_negative CHECK (balance_cents - held_cents >= 0 OR frozen_at IS NOT NULL);
CREATE TRIGGER wallet_is_whose_it_is BEFORE UPDATE OF id, organisation_id, unit, opened_at ON wallet
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- `account_id`: who did it, for what a person did. `related_id`: what it answers to, such as the charge of a refund.
ALTER TABLE ledger_transaction ADD COLUMN account_id uuid, ADD COLUMN related_id uuid;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_kind, DROP CONSTRAINT ledger_transaction_tool;
ALTER TABLE ledger_transaction
    ADD CONSTRAINT ledger_transaction_kind CHECK (kind IN (
        'charge', 'refund', 'top-up', 'top-up-refund', 'chargeback', 'void', 'transfer', 'adjustment', 'plan', 'credits')),
    ADD CONSTRAINT ledger_transaction_tool CHECK (kind NOT IN ('charge', 'refund', 'plan', 'credits') OR tool_id IS NOT NULL);
CREATE INDEX ledger_transaction_account ON ledger_transaction (account_id) WHERE account_id IS NOT NULL;

-- More accounts of the platform:
--   bank/<iban>          what came in by transfer, as clearing
--   adjustment/<reason>  what staff corrected
--   issued/<tool>, used/<tool>  credits that were sold, and that were used
ALTER TABLE ledger_entry ADD COLUMN unit text NOT NULL DEFAULT 'EUR';
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_account, DROP CONSTRAINT ledger_entry_wallet, DROP CONSTRAINT ledger_entry_transaction;
ALTER TABLE ledger_entry
    ADD CONSTRAINT ledger_entry_account CHECK (
        account IN ('wallet', 'revenue', 'vat', 'clearing', 'bank', 'adjustment', 'issued', 'used'));

-- An entry is of a transaction that exists, and of a wallet in its unit. Foreign keys would look and lock for each entry by itself, a
-- third of what a charge costs; transactions and wallets are never deleted and never change their id or unit, so one look a statement,
-- when entries come, promises the same.
CREATE OR REPLACE FUNCTION ledger_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT transaction_id FROM booked) b
        LEFT JOIN ledger_transaction t ON t.id = b.transaction_id WHERE t.id IS NULL
    ) OR EXISTS (
        SELECT FROM booked b LEFT JOIN wallet w ON w.id = b.wallet_id AND w.unit = b.unit WHERE b.wallet_id IS NOT NULL AND w.id IS NULL
    ) THEN
        RAISE EXCEPTION 'an entry of a transaction or a wallet that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entries_belong', TABLE = 'ledger_entry';
    END IF;
    IF EXISTS (SELECT FROM booked GROUP BY transaction_id, unit HAVING sum(amount_cents) <> 0) THEN
        RAISE EXCEPTION 'the entries of a transaction do not sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_balance', TABLE = 'ledger_entry';
    END IF;
    RETURN NULL;
END $$;

-- What each key of a tool did, whatever it was: the answer is repeated for ever from what `subject_id` names.
CREATE TABLE tool_request (
    tool_id         text  NOT NULL,
    idempotency_key text  NOT NULL,
    operation       text  NOT NULL,
    request_hash    bytea NOT NULL,
    subject_id      uuid  NOT NULL,
    CONSTRAINT tool_request_once PRIMARY KEY (tool_id, idempotency_key),
    CONSTRAINT tool_request_operation CHECK (operation IN ('charge', 'reserve', 'capture', 'release', 'refund'))
);
CREATE TRIGGER tool_request_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tool_request
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
INSERT INTO tool_request (tool_id, idempotency_key, operation, request_hash, subject_id)
SELECT tool_id, idempotency_key, 'charge', request_hash, id FROM charge;

-- `plan_id`: the plan that paid; nothing was taken, and an entry of 0 stands on the statement. `reservation_id`: what was captured.
ALTER TABLE charge DROP COLUMN idempotency_key, DROP COLUMN request_hash;
ALTER TABLE charge ADD COLUMN plan_id uuid, ADD COLUMN reservation_id uuid;
ALTER TABLE charge
    ADD CONSTRAINT charge_by_plan_is_free CHECK (plan_id IS NULL OR amount_incl_cents = 0),
    ADD CONSTRAINT charge_reservation FOREIGN KEY (reservation_id) REFERENCES reservation (id);
CREATE UNIQUE INDEX charge_captures_once ON charge (reservation_id) WHERE reservation_id IS NOT NULL;

ALTER TABLE reservation RENAME COLUMN amount_cents TO amount_incl_cents;
ALTER TABLE reservation
    ADD COLUMN amount_excl_cents bigint NOT NULL,
    ADD COLUMN vat_rate_bp integer NOT NULL,
    ADD COLUMN description text NOT NULL,
    ADD COLUMN account_id uuid,
    ADD COLUMN reserved_at timestamptz NOT NULL,
    ADD COLUMN ended_at timestamptz;
ALTER TABLE reservation
    ADD CONSTRAINT reservation_amounts CHECK (amount_excl_cents >= 0 AND amount_incl_cents >= amount_excl_cents),
    ADD CONSTRAINT reservation_vat_rate CHECK (vat_rate_bp BETWEEN 0 AND 10000),
    ADD CONSTRAINT reservation_ended CHECK ((state = 'open') = (ended_at IS NULL)),
    ADD CONSTRAINT reservation_expires_later CHECK (expires_at > reserved_at);
CREATE INDEX reservation_due ON reservation (expires_at) WHERE state = 'open';
CREATE INDEX reservation_account ON reservation (account_id) WHERE account_id IS NOT NULL;

-- A reservation ends once, and nothing else about it ever changes.
CREATE FUNCTION reservation_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.state <> 'open' OR new.state = 'open'
        OR to_jsonb(old) - '{state,ended_at}'::text[] <> to_jsonb(new) - '{state,ended_at}'::text[] THEN
        RAISE EXCEPTION 'reservation % is %: change refused', old.id, old.state
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'reservation_goes_forward', TABLE = 'reservation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER reservation_goes_forward BEFORE UPDATE ON reservation
    FOR EACH ROW EXECUTE FUNCTION reservation_goes_forward();
CREATE TRIGGER reservation_stays BEFORE DELETE OR TRUNCATE ON reservation
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- A tool gives back a charge, whole or in part. `id` is the ledger transaction's. A use that a plan paid for is given back by one of 0.
CREATE TABLE refund (
    id                uuid   NOT NULL,
    charge_id         uuid   NOT NULL,
    amount_excl_cents bigint NOT NULL,
    amount_incl_cents bigint NOT NULL,
    CONSTRAINT refund_pk PRIMARY KEY (id),
    CONSTRAINT refund_transaction FOREIGN KEY (id) REFERENCES ledger_transaction (id),
    CONSTRAINT refund_charge FOREIGN KEY (charge_id) REFERENCES charge (id),
    CONSTRAINT refund_amounts CHECK (amount_excl_cents >= 0 AND amount_incl_cents >= amount_excl_cents)
);
CREATE INDEX refund_of_charge ON refund (charge_id);
CREATE TRIGGER refund_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON refund
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Never more than was charged, nor the use of a plan twice, also for two at once: the charge's row is locked before its refunds are read.
CREATE FUNCTION refund_within_charge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _charge charge%ROWTYPE;
    _refunds bigint;
    _excl bigint;
    _incl bigint;
BEGIN
    SELECT * INTO _charge FROM charge WHERE id = new.charge_id FOR NO KEY UPDATE;
    SELECT count(*), coalesce(sum(amount_excl_cents), 0), coalesce(sum(amount_incl_cents), 0) INTO _refunds, _excl, _incl
    FROM refund WHERE charge_id = new.charge_id;
    IF _incl + new.amount_incl_cents > _charge.amount_incl_cents OR _excl + new.amount_excl_cents > _charge.amount_excl_cents
        OR (new.amount_incl_cents = 0 AND (_charge.plan_id IS NULL OR _refunds > 0)) THEN
        RAISE EXCEPTION 'a refund of more than charge % took', new.charge_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_within_charge', TABLE = 'refund';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER refund_within_charge BEFORE INSERT ON refund FOR EACH ROW EXECUTE FUNCTION refund_within_charge();

-- Books one transaction in one round trip. _request: id, kind, description, tool_id, account_id, related_id, overdraw, headers (of a
-- trace) and postings: [{account, party, wallet_id, unit, amount_cents}]. The outcome: booked, with a row for each wallet, or one row that
-- says which wallet refuses: unknown | frozen | short. `version` is that of one event for each wallet.
CREATE FUNCTION ledger_book(_request jsonb)
RETURNS TABLE (outcome text, wallet_id uuid, booked_at timestamptz, balance_cents bigint, available_cents bigint, number bigint,
               version bigint, low_threshold_cents bigint, frozen boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    _id uuid := (_request ->> 'id')::uuid;
    _ids uuid[] := ARRAY(
        SELECT DISTINCT (p ->> 'wallet_id')::uuid FROM jsonb_array_elements(_request -> 'postings') p WHERE p ->> 'wallet_id' IS NOT NULL);
    _now timestamptz;
BEGIN
    -- In one order, with the wallets of euros that number the events; `clock_timestamp` runs when all are locked.
    SELECT greatest(clock_timestamp(), max(l.last_booked_at)) INTO _now FROM (
        SELECT w.last_booked_at FROM wallet w
        WHERE w.id = ANY (_ids || ARRAY(SELECT o.organisation_id FROM wallet o WHERE o.id = ANY (_ids)))
        ORDER BY w.id FOR NO KEY UPDATE
    ) l;

    RETURN QUERY
        SELECT r.outcome, r.id, NULL::timestamptz, r.balance_cents, r.balance_cents - r.held_cents, NULL::bigint, NULL::bigint,
               r.low_threshold_cents, r.frozen
        FROM (
            SELECT p.id, w.balance_cents, w.held_cents, w.low_threshold_cents, coalesce(w.frozen_at, o.frozen_at) IS NOT NULL AS frozen,
                   CASE WHEN w.id IS NULL THEN 'unknown'
                        WHEN p.net >= 0 OR (_request ->> 'overdraw')::boolean THEN NULL
                        WHEN coalesce(w.frozen_at, o.frozen_at) IS NOT NULL THEN 'frozen'
                        WHEN w.balance_cents - w.held_cents + p.net < 0 THEN 'short'
                   END AS outcome
            FROM (
                SELECT q.wallet_id AS id, sum(q.amount_cents) AS net
                FROM jsonb_to_recordset(_request -> 'postings') q (wallet_id uuid, amount_cents bigint)
                WHERE q.wallet_id IS NOT NULL GROUP BY q.wallet_id
            ) p LEFT JOIN wallet w ON w.id = p.id LEFT JOIN wallet o ON o.id = w.organisation_id
        ) r WHERE r.outcome IS NOT NULL ORDER BY r.id LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;

    INSERT INTO ledger_transaction (id, kind, tool_id, description, booked_at, account_id, related_id)
    VALUES (_id, _request ->> 'kind', _request ->> 'tool_id', _request ->> 'description', _now, (_request ->> 'account_id')::uuid,
            (_request ->> 'related_id')::uuid);

    INSERT INTO ledger_entry (transaction_id, line, account, party, wallet_id, unit, amount_cents, number, balance_after_cents)
    SELECT _id, p.line, p.account, p.party, p.wallet_id, p.unit, p.amount_cents,
           CASE WHEN w.id IS NOT NULL THEN w.entry_count + row_number() OVER of_wallet END,
           CASE WHEN w.id IS NOT NULL THEN w.balance_cents + sum(p.amount_cents) OVER of_wallet END
    FROM ROWS FROM (
        jsonb_to_recordset(_request -> 'postings') AS (account text, party text, wallet_id uuid, unit text, amount_cents bigint)
    ) WITH ORDINALITY p (account, party, wallet_id, unit, amount_cents, line)
    LEFT JOIN wallet w ON w.id = p.wallet_id
    WINDOW of_wallet AS (PARTITION BY p.wallet_id ORDER BY p.line);

    -- Only an overdraft gets here with less than nothing: it freezes.
    WITH moved AS (
        SELECT e.wallet_id, w.organisation_id, sum(e.amount_cents)::bigint AS net, max(e.number) AS number
        FROM ledger_entry e JOIN wallet w ON w.id = e.wallet_id WHERE e.transaction_id = _id GROUP BY e.wallet_id, w.organisation_id
    ), touched AS (
        SELECT t.id, sum(t.net)::bigint AS net, max(t.number) AS number, sum(t.events)::bigint AS events
        FROM (
            SELECT m.wallet_id AS id, m.net, m.number, 0 AS events FROM moved m
            UNION ALL
            SELECT m.organisation_id, 0, 0, count(*) FROM moved m GROUP BY m.organisation_id
        ) t GROUP BY t.id
    )
    UPDATE wallet w SET balance_cents = w.balance_cents + t.net, entry_count = greatest(w.entry_count, t.number),
        version = w.version + t.events, last_booked_at = _now,
        low_announced = w.low_announced AND w.balance_cents + t.net < w.low_threshold_cents,
        frozen_at = CASE WHEN w.balance_cents + t.net < w.held_cents THEN coalesce(w.frozen_at, _now) ELSE w.frozen_at END
    FROM touched t WHERE w.id = t.id;

    INSERT INTO job AS present (id, kind, key, unique_key, payload, headers)
    SELECT uuidv7(), 'wallet.announce-low-balance', w.id::text, w.id::text, jsonb_build_object('wallet_id', w.id), _request -> 'headers'
    FROM wallet w WHERE w.id = ANY (_ids) AND NOT w.low_announced AND w.balance_cents < w.low_threshold_cents
    ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO UPDATE SET again = present.lease IS NOT NULL;

    RETURN QUERY
        SELECT 'booked', w.id, _now, w.balance_cents, w.balance_cents - w.held_cents, w.entry_count,
               o.version - count(*) OVER (PARTITION BY o.id) + row_number() OVER (PARTITION BY o.id ORDER BY w.id = o.id DESC, w.id),
               w.low_threshold_cents, coalesce(w.frozen_at, o.frozen_at) IS NOT NULL
        FROM wallet w JOIN wallet o ON o.id = w.organisation_id WHERE w.id = ANY (_ids);
END $$;

-- A use of a tool that a plan of the organisation pays for, if there is one: its id, and one use less is left. plan_give_back_use
-- undoes it. Both are called under the lock of the organisation's wallet; there are no plans yet.
CREATE FUNCTION plan_take_use(_organisation_id uuid, _tool_id text, _at timestamptz) RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid';
CREATE FUNCTION plan_give_back_use(_plan_id uuid, _at timestamptz) RETURNS void LANGUAGE sql AS '';

DROP FUNCTION wallet_charge(jsonb);
DROP FUNCTION wallet_book_charges(accepted_charge[], timestamptz);
DROP TYPE accepted_charge;

-- A charge that was decided upon, with what its wallet became by it.
CREATE TYPE accepted_charge AS (
    place           integer,
    id              uuid,
    wallet_id       uuid,
    organisation_id uuid,
    unit            text,
    tool_id         text,
    idempotency_key text,
    request_hash    bytea,
    excl_cents      bigint,
    incl_cents      bigint,
    vat_rate_bp     integer,
    description     text,
    account_id      uuid,
    plan_id         uuid,
    topic           text,
    headers         jsonb,
    payload         jsonb,
    number          bigint,
    balance_cents   bigint,
    version         bigint
);

-- Charges in one round trip and one statement of each kind, however many there are; each has an answer of its own, and one refusal
-- refuses one charge. _requests: an array of objects with the fields of accepted_charge up to `payload`, but `plan_use` (this is one use of
-- the tool, for which a plan may pay) for `plan_id`, and no (tool_id, idempotency_key) twice; `headers` and `payload` are a WalletCharged
-- message that lacks only what is known here: ce_sequence, version, balance_cents, and what a plan changes.
-- The outcome: charged | repeated (the first answer again) | key-reused (same key, other request) | not-registered | frozen | short.
-- The same key on another wallet at the same moment ends in tool_request_once; whoever asks again sees the first one.
--
-- Plans are made once a session, also while the tables are still small: a sequential scan must never be among them.
CREATE FUNCTION wallet_charge(_requests jsonb)
RETURNS TABLE (place integer, outcome text, charge_id uuid, booked_at timestamptz, balance_cents bigint, available_cents bigint, plan_id uuid)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    _accepted accepted_charge[] := '{}';
    _now timestamptz;
    _wallet_id uuid;
    _organisation_id uuid;
    _balance bigint;
    _number bigint;
    _version bigint;
    _excl bigint;
    _incl bigint;
    _credits boolean := false;
    r record;
BEGIN
    -- Every wallet is locked, in one order, before anything is read or numbered: keys, balances, versions and outbox ids run alike.
    SELECT greatest(clock_timestamp(), max(l.last_booked_at)) INTO _now FROM (
        SELECT w.last_booked_at FROM wallet w
        WHERE w.id = ANY (ARRAY(
            SELECT i.id::uuid FROM jsonb_array_elements(_requests) q
            CROSS JOIN LATERAL (VALUES (q ->> 'wallet_id'), (CASE WHEN q ->> 'unit' <> 'EUR' THEN q ->> 'organisation_id' END)) i (id)))
        ORDER BY w.id FOR NO KEY UPDATE
    ) l;

    FOR r IN
        SELECT q.*, w.balance_cents AS wallet_balance, w.held_cents, w.entry_count, coalesce(o.version, w.version) AS wallet_version,
               coalesce(o.frozen_at, w.frozen_at) IS NOT NULL AS frozen, o.id AS euros_id,
               k.subject_id AS known_id, k.request_hash AS known_hash, g.active AS registered
        FROM jsonb_to_recordset(_requests) q (
            place integer, id uuid, wallet_id uuid, organisation_id uuid, unit text, tool_id text, idempotency_key text, request_hash bytea,
            excl_cents bigint, incl_cents bigint, vat_rate_bp integer, description text, account_id uuid, plan_use boolean, topic text,
            headers jsonb, payload jsonb)
        LEFT JOIN wallet w ON w.id = q.wallet_id
        -- Looked up for credits only.
        LEFT JOIN wallet o ON o.id = CASE WHEN q.unit <> 'EUR' THEN q.organisation_id END
        LEFT JOIN tool_request k ON k.tool_id = q.tool_id AND k.idempotency_key = q.idempotency_key
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
            _excl := CASE WHEN plan_id IS NULL THEN r.excl_cents ELSE 0 END;
            _incl := CASE WHEN plan_id IS NULL THEN r.incl_cents ELSE 0 END;
            IF plan_id IS NULL AND (r.wallet_balance IS NULL OR _balance - coalesce(r.held_cents, 0) < _incl) THEN
                outcome := 'short';
                balance_cents := _balance;
            ELSE
                _balance := _balance - _incl;
                _number := _number + 1;
                _version := _version + 1;
                _accepted := _accepted || ROW(
                    r.place, r.id, r.wallet_id, r.organisation_id, r.unit, r.tool_id, r.idempotency_key, r.request_hash, _excl, _incl,
                    r.vat_rate_bp, r.description, r.account_id, plan_id, r.topic, r.headers, r.payload, _number, _balance,
                    _version)::accepted_charge;
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

    IF _accepted <> '{}' THEN
        PERFORM wallet_book_charges(_accepted, _now);
    END IF;
    IF _credits THEN
        UPDATE wallet w SET version = l.version
        FROM (SELECT a.organisation_id, max(a.version) AS version FROM unnest(_accepted) a GROUP BY a.organisation_id) l
        WHERE w.id = l.organisation_id;
    END IF;
END $$;

-- Writes what wallet_charge decided, under its locks.
CREATE FUNCTION wallet_book_charges(_accepted accepted_charge[], _now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_transaction (id, kind, tool_id, description, booked_at)
    SELECT a.id, 'charge', a.tool_id, a.description, _now FROM unnest(_accepted) a;

    INSERT INTO ledger_entry (transaction_id, line, account, party, wallet_id, unit, amount_cents, number, balance_after_cents)
    SELECT a.id, l.line, l.account, l.party, l.wallet_id, a.unit, l.cents, l.number, l.after
    FROM unnest(_accepted) a CROSS JOIN LATERAL (VALUES
        (1, 'wallet', NULL, a.wallet_id, -a.incl_cents, a.number, a.balance_cents),
        (2, CASE a.unit WHEN 'EUR' THEN 'revenue' ELSE 'used' END, a.tool_id, NULL, a.excl_cents, NULL, NULL),
        (3, 'vat', 'BE', NULL, a.incl_cents - a.excl_cents, NULL, NULL)
    ) l (line, account, party, wallet_id, cents, number, after)
    WHERE l.line = 1 OR (a.plan_id IS NULL AND (l.line = 2 OR a.unit = 'EUR'));

    INSERT INTO charge (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp, account_id, plan_id)
    SELECT a.id, a.wallet_id, a.tool_id, a.excl_cents, a.incl_cents, a.vat_rate_bp, a.account_id, a.plan_id FROM unnest(_accepted) a;

    INSERT INTO tool_request (tool_id, idempotency_key, operation, request_hash, subject_id)
    SELECT a.tool_id, a.idempotency_key, 'charge', a.request_hash, a.id FROM unnest(_accepted) a;

    -- The array is in the order of each organisation's versions, and so are the ids of the outbox.
    INSERT INTO outbox (topic, key, headers, payload)
    SELECT a.topic, convert_to(a.organisation_id::text, 'UTF8'), a.headers || jsonb_build_object('ce_sequence', a.version::text),
           convert_to((a.payload || CASE
               WHEN a.plan_id IS NULL THEN jsonb_build_object('version', a.version, 'balance_cents', a.balance_cents)
               ELSE jsonb_build_object('version', a.version, 'balance_cents', a.balance_cents, 'plan_id', a.plan_id,
                                       'amount_excl_cents', 0, 'amount_incl_cents', 0)
           END)::text, 'UTF8')
    FROM unnest(_accepted) a;

    -- A wallet that falls below its threshold is announced by a job, so that this stays one statement.
    WITH debited AS (
        UPDATE wallet w SET balance_cents = l.balance_cents, entry_count = l.number, last_booked_at = _now,
            version = CASE l.unit WHEN 'EUR' THEN l.version ELSE w.version END
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

DROP VIEW ledger_balance;
-- The platform's accounts and the wallets, with the balance that the entries say.
CREATE VIEW ledger_balance AS
SELECT account, coalesce(party, wallet_id::text) AS party, unit, sum(amount_cents)::bigint AS balance_cents, count(*) AS entries
FROM ledger_entry
GROUP BY account, coalesce(party, wallet_id::text), unit;

-- Up to which entry a wallet's statement was proven, and what its balance was there: the next proof goes on from there.
CREATE TABLE wallet_proof (
    wallet_id     uuid   NOT NULL,
    number        bigint NOT NULL,
    balance_cents bigint NOT NULL,
    CONSTRAINT wallet_proof_pk PRIMARY KEY (wallet_id),
    CONSTRAINT wallet_proof_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id)
);

-- How the last proof of each kind ended: `new` of what was booked since the one before, `whole` of everything.
CREATE TABLE book_check (
    scope    text             NOT NULL,
    ended_at timestamptz      NOT NULL,
    took_s   double precision NOT NULL,
    faults   bigint           NOT NULL,
    counts   jsonb            NOT NULL,
    CONSTRAINT book_check_pk PRIMARY KEY (scope),
    CONSTRAINT book_check_scope CHECK (scope IN ('new', 'whole'))
);

DROP FUNCTION ledger_check();

-- Proves the wallets with ids above _after, _limit of them, in one snapshot: a row for each thing that is wrong. _whole: from their first
-- entry, instead of from where the last proof ended, and without their transactions, which ledger_check_transactions proves.
CREATE FUNCTION ledger_check_wallets(_after uuid, _limit bigint, _whole boolean)
RETURNS TABLE (wallet_id uuid, rule text, subject text, expected bigint, found bigint) LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH picked AS MATERIALIZED (
        SELECT w.id, w.balance_cents, w.held_cents, w.entry_count, w.frozen_at,
               CASE WHEN _whole THEN 0 ELSE coalesce(p.number, 0) END AS from_number,
               CASE WHEN _whole THEN 0 ELSE coalesce(p.balance_cents, 0) END AS from_cents
        FROM wallet w LEFT JOIN wallet_proof p ON p.wallet_id = w.id
        WHERE w.id > _after ORDER BY w.id LIMIT _limit
    ), chain AS NOT MATERIALIZED (
        SELECT w.id, e.transaction_id, e.number, e.amount_cents, e.balance_after_cents,
               lag(e.balance_after_cents, 1, w.from_cents) OVER of_wallet + e.amount_cents AS expected_cents,
               lag(e.number, 1, w.from_number) OVER of_wallet + 1 AS expected_number
        FROM picked w JOIN ledger_entry e ON e.wallet_id = w.id AND e.number > w.from_number
        WINDOW of_wallet AS (PARTITION BY w.id ORDER BY e.number)
    ), proven AS MATERIALIZED (
        SELECT w.id, w.balance_cents, w.entry_count, w.from_cents + coalesce(s.total, 0) AS total, w.from_number + coalesce(s.entries, 0) AS entries,
               s.broken
        FROM picked w LEFT JOIN (
            SELECT c.id, sum(c.amount_cents)::bigint AS total, count(*) AS entries,
                   (array_agg(ARRAY[c.number, c.expected_cents, c.balance_after_cents] ORDER BY c.number) FILTER (
                       WHERE c.expected_cents <> c.balance_after_cents OR c.expected_number <> c.number))[1:1] AS broken
            FROM chain c GROUP BY c.id
        ) s ON s.id = w.id
    )
    SELECT p.id, 'balance is the sum of entries', p.id::text, p.total, p.balance_cents FROM proven p WHERE p.total <> p.balance_cents
    UNION ALL
    SELECT p.id, 'entries are all there', p.id::text, p.entry_count, p.entries FROM proven p WHERE p.entries <> p.entry_count
    UNION ALL
    SELECT p.id, 'balance after follows from the entry before', p.id::text || ' #' || p.broken[1][1], p.broken[1][2], p.broken[1][3]
    FROM proven p WHERE p.broken IS NOT NULL
    UNION ALL
    SELECT w.id, 'balance is the last balance after', w.id::text, coalesce(l.balance_after_cents, 0), w.balance_cents
    FROM picked w LEFT JOIN ledger_entry l ON l.wallet_id = w.id AND l.number = w.entry_count
    WHERE w.balance_cents <> coalesce(l.balance_after_cents, 0)
    UNION ALL
    SELECT w.id, 'held is the sum of open reservations', w.id::text, coalesce(r.total, 0)::bigint, w.held_cents
    FROM picked w LEFT JOIN LATERAL (
        SELECT sum(r.amount_incl_cents) AS total FROM reservation r WHERE r.wallet_id = w.id AND r.state = 'open'
    ) r ON true
    WHERE w.held_cents <> coalesce(r.total, 0)
    UNION ALL
    SELECT w.id, 'available is not negative unless frozen', w.id::text, 0, w.balance_cents - w.held_cents
    FROM picked w WHERE w.balance_cents < w.held_cents AND w.frozen_at IS NULL
    UNION ALL
    SELECT c.id, 'transaction sums to zero', e.transaction_id::text, 0, sum(e.amount_cents)::bigint
    FROM (SELECT DISTINCT d.id, d.transaction_id FROM chain d WHERE NOT _whole) c JOIN ledger_entry e ON e.transaction_id = c.transaction_id
    GROUP BY c.id, e.transaction_id, e.unit HAVING sum(e.amount_cents) <> 0
$$;

-- Proves the transactions with ids above _after up to _until: a row for each thing that is wrong.
CREATE FUNCTION ledger_check_transactions(_after uuid, _until uuid)
RETURNS TABLE (rule text, subject text, expected bigint, found bigint) LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    SELECT 'transaction sums to zero', e.transaction_id::text, 0::bigint, sum(e.amount_cents)::bigint
    FROM ledger_entry e WHERE e.transaction_id > _after AND e.transaction_id <= _until
    GROUP BY e.transaction_id, e.unit HAVING sum(e.amount_cents) <> 0
    UNION ALL
    SELECT 'transaction has entries', t.id::text, 1, 0
    FROM ledger_transaction t
    WHERE t.id > _after AND t.id <= _until AND NOT EXISTS (SELECT FROM ledger_entry e WHERE e.transaction_id = t.id)
    UNION ALL
    SELECT 'charge is what its wallet paid', c.id::text, -c.amount_incl_cents, e.amount_cents
    FROM charge c LEFT JOIN ledger_entry e ON e.transaction_id = c.id AND e.line = 1
    WHERE c.id > _after AND c.id <= _until AND (e.wallet_id IS DISTINCT FROM c.wallet_id OR e.amount_cents <> -c.amount_incl_cents)
    UNION ALL
    SELECT 'charge takes what was reserved', c.id::text, r.amount_incl_cents, c.amount_incl_cents
    FROM charge c JOIN reservation r ON r.id = c.reservation_id
    WHERE c.id > _after AND c.id <= _until AND (r.state <> 'captured' OR c.amount_incl_cents > r.amount_incl_cents)
    UNION ALL
    SELECT 'refund is what its wallet got back', r.id::text, r.amount_incl_cents, e.amount_cents
    FROM refund r LEFT JOIN ledger_entry e ON e.transaction_id = r.id AND e.line = 1
    WHERE r.id > _after AND r.id <= _until AND e.amount_cents IS DISTINCT FROM r.amount_incl_cents
    UNION ALL
    SELECT 'refunds are at most the charge', c.id::text, c.amount_incl_cents, sum(r.amount_incl_cents)::bigint
    FROM charge c JOIN refund r ON r.charge_id = c.id
    WHERE c.id > _after AND c.id <= _until
    GROUP BY c.id
    HAVING sum(r.amount_incl_cents) > c.amount_incl_cents OR sum(r.amount_excl_cents) > c.amount_excl_cents
        OR (sum(r.amount_incl_cents) = c.amount_incl_cents AND sum(r.amount_excl_cents) <> c.amount_excl_cents)
$$;

-- Proves the whole book in one snapshot: one row for each thing that is wrong, none when all is well. A large book is proven in pieces.
CREATE FUNCTION ledger_check() RETURNS TABLE (rule text, subject text, expected bigint, found bigint) LANGUAGE sql STABLE AS $$
    SELECT w.rule, w.subject, w.expected, w.found FROM ledger_check_wallets('00000000-0000-0000-0000-000000000000', NULL, true) w
    UNION ALL
    SELECT * FROM ledger_check_transactions('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff')
$$;
