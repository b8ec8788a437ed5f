-- What providers do to money that came in: refunds, chargebacks, frozen wallets.

-- `request_key`: what the same wish sent twice has in common. `is_cancelable`: whether the provider said that it can be cancelled.
ALTER TABLE top_up
    ADD COLUMN request_key   text,
    ADD COLUMN expires_at    timestamptz,
    ADD COLUMN is_cancelable boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX top_up_once_per_request ON top_up (wallet_id, requested_by, request_key)
    WHERE request_key IS NOT NULL AND state IN ('created', 'pending');
CREATE INDEX top_up_of_wallet ON top_up (wallet_id, created_at);
CREATE INDEX top_up_latest_of_person ON top_up (requested_by, created_at);
DROP INDEX top_up_requested_by;

-- Each effect of a payment on the book, once: the payment itself, and each of its refunds and chargebacks with what undid it.
-- `part`: the refund's or chargeback's id at the provider, or ours for a refund that we asked for; '' for the payment itself.
ALTER TABLE payment_effect ADD COLUMN part text NOT NULL DEFAULT '';
ALTER TABLE payment_effect DROP CONSTRAINT payment_effect_once, DROP CONSTRAINT payment_effect_kind;
ALTER TABLE payment_effect
    ADD CONSTRAINT payment_effect_once PRIMARY KEY (provider, reference, kind, part),
    ADD CONSTRAINT payment_effect_kind CHECK (kind IN ('paid', 'refund', 'refund-void', 'chargeback', 'chargeback-void')),
    ADD CONSTRAINT payment_effect_part CHECK ((kind = 'paid') = (part = '')),
    ADD CONSTRAINT payment_effect_amount CHECK (amount_cents > 0);

-- Money of a top-up on its way back. It is taken from the wallet when it is requested, and put back when the provider does not send it.
-- `requested_by`: NULL for one that was made at the provider itself, and noticed. `next_check_at`: when to ask about a pending one.
CREATE TABLE top_up_refund (
    id                  uuid        NOT NULL,
    top_up_id           uuid        NOT NULL,
    amount_cents        bigint      NOT NULL,
    reason              text        NOT NULL,
    requested_by        uuid,
    provider            text        NOT NULL,
    reference           text,
    state               text        NOT NULL,
    created_at          timestamptz NOT NULL,
    ended_at            timestamptz,
    transaction_id      uuid        NOT NULL,
    void_transaction_id uuid,
    next_check_at       timestamptz,
    CONSTRAINT top_up_refund_pk PRIMARY KEY (id),
    CONSTRAINT top_up_refund_top_up FOREIGN KEY (top_up_id) REFERENCES top_up (id),
    CONSTRAINT top_up_refund_transaction FOREIGN KEY (transaction_id) REFERENCES ledger_transaction (id),
    CONSTRAINT top_up_refund_void FOREIGN KEY (void_transaction_id) REFERENCES ledger_transaction (id),
    CONSTRAINT top_up_refund_reference UNIQUE (provider, reference),
    CONSTRAINT top_up_refund_amount CHECK (amount_cents > 0),
    CONSTRAINT top_up_refund_state CHECK (state IN ('requested', 'pending', 'refunded', 'failed')),
    CONSTRAINT top_up_refund_known CHECK (state IN ('requested', 'failed') OR reference IS NOT NULL),
    CONSTRAINT top_up_refund_ended CHECK ((state IN ('requested', 'pending')) = (ended_at IS NULL)),
    CONSTRAINT top_up_refund_undone CHECK ((state = 'failed') = (void_transaction_id IS NOT NULL))
);
CREATE INDEX top_up_refund_due ON top_up_refund (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX top_up_refund_of_top_up ON top_up_refund (top_up_id, created_at);
CREATE INDEX top_up_refund_requested_by ON top_up_refund (requested_by) WHERE requested_by IS NOT NULL;
CREATE TRIGGER top_up_refund_stays BEFORE DELETE OR TRUNCATE ON top_up_refund
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- What was paid and is in no wallet: nobody asked for it, or it is another amount than was asked for. It waits for a person.
CREATE TABLE stray_payment (
    provider     text        NOT NULL,
    reference    text        NOT NULL,
    top_up_id    uuid,
    amount_cents bigint      NOT NULL,
    currency     text        NOT NULL,
    reason       text        NOT NULL,
    found_at     timestamptz NOT NULL,
    settled_at   timestamptz,
    settled_by   uuid,
    note         text,
    CONSTRAINT stray_payment_pk PRIMARY KEY (provider, reference),
    CONSTRAINT stray_payment_top_up FOREIGN KEY (top_up_id) REFERENCES top_up (id),
    CONSTRAINT stray_payment_reason CHECK (reason IN ('unknown', 'amount-mismatch')),
    CONSTRAINT stray_payment_settled CHECK ((settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (note IS NULL))
);
CREATE INDEX stray_payment_open ON stray_payment (found_at) WHERE settled_at IS NULL;
CREATE INDEX stray_payment_settled_by ON stray_payment (settled_by) WHERE settled_by IS NOT NULL;

-- Up to when the provider's lists were compared with what is known here.
CREATE TABLE reconciliation (
    provider text        NOT NULL,
    until    timestamptz NOT NULL,
    CONSTRAINT reconciliation_pk PRIMARY KEY (provider)
);

-- A wallet that an overdraft froze thaws by itself when there is no longer less than nothing in it; one that staff froze does not.
ALTER TABLE wallet ADD COLUMN is_overdrawn boolean NOT NULL DEFAULT false;
ALTER TABLE wallet ADD CONSTRAINT wallet_overdrawn_is_frozen CHECK (NOT is_overdrawn OR frozen_at IS NOT NULL);
CREATE FUNCTION wallet_freezes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.is_overdrawn := new.frozen_at IS NOT NULL AND new.balance_cents < new.held_cents;
    RETURN new;
END $$;
CREATE TRIGGER wallet_freezes BEFORE UPDATE ON wallet FOR EACH ROW
    WHEN ((old.frozen_at IS NULL) <> (new.frozen_at IS NULL)) EXECUTE FUNCTION wallet_freezes();

-- Money comes in in many ways; whichever it was, a job says that the wallet can be used again.
CREATE FUNCTION wallet_is_paid_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job AS present (id, kind, key, unique_key, payload, headers)
    VALUES (uuidv7(), 'wallet.unfreeze', new.id::text, new.id::text, jsonb_build_object('wallet_id', new.id), '{}')
    ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO UPDATE SET again = present.lease IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER wallet_is_paid_up AFTER UPDATE ON wallet FOR EACH ROW
    WHEN (new.is_overdrawn AND old.balance_cents < old.held_cents AND new.balance_cents >= new.held_cents)
    EXECUTE FUNCTION wallet_is_paid_up();
