-- What must never change beside the book itself: what came in, what went back, what was numbered. And the proof of what is new looks at
-- what charges and refunds say of each other, too.

CREATE TRIGGER top_up_stays BEFORE DELETE OR TRUNCATE ON top_up FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER top_up_is_whose_it_is BEFORE UPDATE OF id, wallet_id, amount_cents, currency, provider, requested_by, created_at ON top_up
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER top_up_refund_is_whose_it_is
    BEFORE UPDATE OF id, top_up_id, amount_cents, provider, requested_by, created_at, transaction_id ON top_up_refund
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER stray_payment_stays BEFORE DELETE OR TRUNCATE ON stray_payment
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER bank_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_file
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER bank_statement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_statement
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
-- Without its sighting a movement would be taken for a new one, and credited again.
CREATE TRIGGER bank_sighting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_sighting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER bank_movement_is_what_it_was BEFORE UPDATE OF
    id, statement_id, account_iban, currency, amount_cents, value_date, booking_date, structured, bank_reference ON bank_movement
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER invoice_counter_stays BEFORE DELETE OR TRUNCATE ON invoice_counter
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER invoice_delivery_stays BEFORE DELETE OR TRUNCATE ON invoice_delivery
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Where one row goes from here to there and nowhere else. The trigger's condition says what is refused.
CREATE FUNCTION goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refuses this change of %', TG_NAME, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;

-- What was credited stays so; whatever goes back of it is a booking of its own.
CREATE TRIGGER top_up_goes_forward BEFORE UPDATE ON top_up FOR EACH ROW
    WHEN (old.state = 'completed' AND (new.state <> 'completed' OR new.reference IS DISTINCT FROM old.reference))
    EXECUTE FUNCTION goes_forward();

-- The money of a refund that failed is in the wallet again, and may be spent.
CREATE TRIGGER top_up_refund_goes_forward BEFORE UPDATE ON top_up_refund FOR EACH ROW
    WHEN (old.state = 'failed' AND (new.state <> 'failed' OR new.void_transaction_id <> old.void_transaction_id))
    EXECUTE FUNCTION goes_forward();

CREATE TRIGGER stray_payment_goes_forward BEFORE UPDATE ON stray_payment FOR EACH ROW
    WHEN (old.settled_at IS NOT NULL OR (old.provider, old.reference, old.amount_cents, old.currency, old.reason, old.found_at)
        IS DISTINCT FROM (new.provider, new.reference, new.amount_cents, new.currency, new.reason, new.found_at))
    EXECUTE FUNCTION goes_forward();

-- Only what was just received is credited by itself; what a person undid waits for one. The texts of who paid can be emptied, and never be
-- others.
CREATE TRIGGER bank_movement_goes_forward BEFORE UPDATE ON bank_movement FOR EACH ROW
    WHEN (
        (old.state <> new.state AND (old.state, new.state) NOT IN (
            ('received', 'credited'), ('received', 'waiting'), ('waiting', 'credited'), ('waiting', 'set-aside'), ('credited', 'waiting'),
            ('set-aside', 'waiting')))
        OR (old.state = 'credited' AND new.state = 'credited'
            AND (old.wallet_id, old.transaction_id) IS DISTINCT FROM (new.wallet_id, new.transaction_id))
        OR new.free_text NOT IN (old.free_text, '')
        OR (new.counterparty_name IS NOT NULL AND new.counterparty_name IS DISTINCT FROM old.counterparty_name)
        OR (new.counterparty_iban IS NOT NULL AND new.counterparty_iban IS DISTINCT FROM old.counterparty_iban)
    ) EXECUTE FUNCTION goes_forward();

CREATE TRIGGER invoice_counter_rises BEFORE UPDATE ON invoice_counter FOR EACH ROW
    WHEN ((old.seller, old.year) <> (new.seller, new.year) OR new.last_number <= old.last_number OR new.last_issued_on < old.last_issued_on)
    EXECUTE FUNCTION goes_forward();

-- Proves what charges and refunds among the entries that are new since each wallet's last proof say of each other; the proof of all
-- transactions does so for the whole book.
CREATE FUNCTION ledger_check_operations(_after uuid, _limit bigint)
RETURNS TABLE (wallet_id uuid, rule text, subject text, expected bigint, found bigint) LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH picked AS MATERIALIZED (
        SELECT w.id, w.entry_count, coalesce(p.number, 0) AS from_number
        FROM wallet w LEFT JOIN wallet_proof p ON p.wallet_id = w.id WHERE w.id > _after ORDER BY w.id LIMIT _limit
    ), fresh AS MATERIALIZED (
        SELECT e.wallet_id, e.transaction_id, e.amount_cents
        FROM picked w JOIN ledger_entry e ON e.wallet_id = w.id AND e.number > w.from_number WHERE w.entry_count > w.from_number
    ), given_back AS MATERIALIZED (
        SELECT f.wallet_id, f.amount_cents, r.id, r.charge_id, r.amount_incl_cents FROM fresh f JOIN refund r ON r.id = f.transaction_id
    )
    SELECT f.wallet_id, 'charge is what its wallet paid', c.id::text, -c.amount_incl_cents, f.amount_cents
    FROM fresh f JOIN charge c ON c.id = f.transaction_id
    WHERE f.wallet_id <> c.wallet_id OR f.amount_cents <> -c.amount_incl_cents
    UNION ALL
    SELECT f.wallet_id, 'charge takes what was reserved', c.id::text, r.amount_incl_cents, c.amount_incl_cents
    FROM fresh f JOIN charge c ON c.id = f.transaction_id JOIN reservation r ON r.id = c.reservation_id
    WHERE r.state <> 'captured' OR c.amount_incl_cents > r.amount_incl_cents
    UNION ALL
    SELECT g.wallet_id, 'refund is what its wallet got back', g.id::text, g.amount_incl_cents, g.amount_cents
    FROM given_back g JOIN charge c ON c.id = g.charge_id
    WHERE g.amount_cents <> g.amount_incl_cents OR g.wallet_id <> c.wallet_id
    UNION ALL
    SELECT g.wallet_id, 'refunds are at most the charge', c.id::text, c.amount_incl_cents, sum(r.amount_incl_cents)::bigint
    FROM (SELECT DISTINCT b.wallet_id, b.charge_id FROM given_back b) g
    JOIN charge c ON c.id = g.charge_id JOIN refund r ON r.charge_id = c.id
    GROUP BY g.wallet_id, c.id
    HAVING sum(r.amount_incl_cents) > c.amount_incl_cents OR sum(r.amount_excl_cents) > c.amount_excl_cents
        OR (sum(r.amount_incl_cents) = c.amount_incl_cents AND sum(r.amount_excl_cents) <> c.amount_excl_cents)
$$;
