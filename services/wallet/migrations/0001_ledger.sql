-- The book. Money moves only as balanced sets of entries; an entry is never changed or deleted; the one thing that is updated is a wallet's balance.

-- One a organisation, with the organisation's id. `entry_count` numbers the wallet's entries, `version` its events.
CREATE TABLE wallet (
    id                  uuid        NOT NULL,
    currency            text        NOT NULL,
    balance_cents       bigint      NOT NULL DEFAULT 0,
    held_cents          bigint      NOT NULL DEFAULT 0,
    low_threshold_cents bigint      NOT NULL,
    -- Said once: set when the balance falls below the threshold, cleared when it has been above. A new wallet is empty and nobody is told.
    low_announced       boolean     NOT NULL DEFAULT true,
    entry_count         bigint      NOT NULL DEFAULT 0,
    version             bigint      NOT NULL,
    opened_at           timestamptz NOT NULL,
    CONSTRAINT wallet_pk PRIMARY KEY (id),
    CONSTRAINT wallet_currency CHECK (currency = 'EUR'),
    CONSTRAINT wallet_held_not_negative CHECK (held_cents >= 0),
    CONSTRAINT wallet_available_not_negative CHECK (balance_cents - held_cents >= 0),
    CONSTRAINT wallet_threshold_not_negative CHECK (low_threshold_cents >= 0)
);
-- Each charge updates its wallet in place: room on the page lets it do so without touching the index.
ALTER TABLE wallet SET (fillfactor = 50);

CREATE TABLE ledger_transaction (
    id          uuid        NOT NULL,
    kind        text        NOT NULL,
    tool_id     text,
    description text        NOT NULL,
    booked_at   timestamptz NOT NULL,
    CONSTRAINT ledger_transaction_pk PRIMARY KEY (id),
    CONSTRAINT ledger_transaction_kind CHECK (kind IN ('charge', 'top-up')),
    CONSTRAINT ledger_transaction_tool CHECK ((kind = 'charge') = (tool_id IS NOT NULL))
);

-- An account is a wallet, or one of the platform's own, named by kind and party:
--   revenue/<tool>      what a tool earned, without VAT
--   vat/<country>       what is owed to the state
--   clearing/<provider> what a payment provider took in and has still to pay out (negative: it owes us)
-- There is no row an account to update: the platform's balances are sums, so no two charges ever meet on one.
-- `number` and `balance_after_cents` exist on a wallet's entries: its statement, 1, 2, 3 ...
CREATE TABLE ledger_entry (
    transaction_id      uuid   NOT NULL,
    line                smallint NOT NULL,
    account             text   NOT NULL,
    party               text,
    wallet_id           uuid,
    amount_cents        bigint NOT NULL,
    number              bigint,
    balance_after_cents bigint,
    CONSTRAINT ledger_entry_pk PRIMARY KEY (transaction_id, line),
    CONSTRAINT ledger_entry_transaction FOREIGN KEY (transaction_id) REFERENCES ledger_transaction (id),
    CONSTRAINT ledger_entry_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id),
    CONSTRAINT ledger_entry_account CHECK (account IN ('wallet', 'revenue', 'vat', 'clearing')),
    CONSTRAINT ledger_entry_named CHECK ((account = 'wallet') = (party IS NULL)),
    CONSTRAINT ledger_entry_of_wallet CHECK (
        (account = 'wallet') = (wallet_id IS NOT NULL)
        AND (account = 'wallet') = (number IS NOT NULL)
        AND (account = 'wallet') = (balance_after_cents IS NOT NULL)
    )
);
CREATE UNIQUE INDEX ledger_entry_statement ON ledger_entry (wallet_id, number) WHERE wallet_id IS NOT NULL;

-- Money set aside for a tool. What is open is held back from the wallet's available balance.
CREATE TABLE reservation (
    id           uuid        NOT NULL,
    wallet_id    uuid        NOT NULL,
    tool_id      text        NOT NULL,
    amount_cents bigint      NOT NULL,
    state        text        NOT NULL,
    expires_at   timestamptz NOT NULL,
    CONSTRAINT reservation_pk PRIMARY KEY (id),
    CONSTRAINT reservation_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id),
    CONSTRAINT reservation_amount CHECK (amount_cents > 0),
    CONSTRAINT reservation_state CHECK (state IN ('open', 'captured', 'released', 'expired'))
);
CREATE INDEX reservation_open ON reservation (wallet_id) WHERE state = 'open';

-- The entries of a transaction come in one statement and sum to zero; none can follow later, unless it balances by itself.
CREATE FUNCTION ledger_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM booked GROUP BY transaction_id HAVING sum(amount_cents) <> 0) THEN
        RAISE EXCEPTION 'the entries of a transaction do not sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_balance', TABLE = 'ledger_entry';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_balance();

CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_is_append_only', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transaction
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER wallet_stays BEFORE DELETE OR TRUNCATE ON wallet
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- The platform's accounts and the wallets, with the balance that the entries say.
CREATE VIEW ledger_balance AS
SELECT account, coalesce(party, wallet_id::text) AS party, sum(amount_cents)::bigint AS balance_cents, count(*) AS entries
FROM ledger_entry
GROUP BY account, coalesce(party, wallet_id::text);

-- Proves the whole book in one snapshot: one row for each thing that is wrong, none when all is well.
CREATE FUNCTION ledger_check() RETURNS TABLE (rule text, subject text, expected bigint, found bigint) LANGUAGE sql STABLE AS $$
    SELECT 'transaction sums to zero', transaction_id::text, 0::bigint, sum(amount_cents)::bigint
    FROM ledger_entry GROUP BY transaction_id HAVING sum(amount_cents) <> 0
    UNION ALL
    SELECT 'transaction has entries', t.id::text, 1, 0
    FROM ledger_transaction t WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.transaction_id = t.id)
    UNION ALL
    SELECT 'balance is the sum of entries', w.id::text, coalesce(s.total, 0)::bigint, w.balance_cents
    FROM wallet w LEFT JOIN (
        SELECT wallet_id, sum(amount_cents) AS total FROM ledger_entry WHERE wallet_id IS NOT NULL GROUP BY wallet_id
    ) s ON s.wallet_id = w.id
    WHERE w.balance_cents <> coalesce(s.total, 0)
    UNION ALL
    SELECT 'balance is the last balance after', w.id::text, coalesce(l.balance_after_cents, 0), w.balance_cents
    FROM wallet w LEFT JOIN ledger_entry l ON l.wallet_id = w.id AND l.number = w.entry_count
    WHERE w.balance_cents <> coalesce(l.balance_after_cents, 0) OR (l.number IS NULL AND w.entry_count > 0)
    UNION ALL
    SELECT 'balance after follows from the entry before', wallet_id::text || ' #' || number::text, balance_before + amount_cents, balance_after_cents
    FROM (
        SELECT wallet_id, number, amount_cents, balance_after_cents,
               lag(balance_after_cents, 1, 0::bigint) OVER of_wallet AS balance_before,
               lag(number, 1, 0::bigint) OVER of_wallet AS number_before
        FROM ledger_entry WHERE wallet_id IS NOT NULL
        WINDOW of_wallet AS (PARTITION BY wallet_id ORDER BY number)
    ) chain
    WHERE balance_before + amount_cents <> balance_after_cents OR number <> number_before + 1
    UNION ALL
    SELECT 'held is the sum of open reservations', w.id::text, coalesce(r.total, 0)::bigint, w.held_cents
    FROM wallet w LEFT JOIN (
        SELECT wallet_id, sum(amount_cents) AS total FROM reservation WHERE state = 'open' GROUP BY wallet_id
    ) r ON r.wallet_id = w.id
    WHERE w.held_cents <> coalesce(r.total, 0)
$$;
