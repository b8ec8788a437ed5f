-- Money on its way in. A top-up is `created` here first, then `pending` once the payment provider knows it, and ends in one of the others.
-- `provider` and `reference` name the payment at the provider; `next_check_at` is when to ask there by ourselves, NULL when it has ended.
CREATE TABLE top_up (
    id            uuid        NOT NULL,
    wallet_id     uuid        NOT NULL,
    amount_cents  bigint      NOT NULL,
    currency      text        NOT NULL,
    method        text        NOT NULL,
    provider      text        NOT NULL,
    reference     text,
    checkout_url  text,
    requested_by  uuid        NOT NULL,
    state         text        NOT NULL,
    reason        text,
    created_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    next_check_at timestamptz,
    checked_at    timestamptz,
    CONSTRAINT top_up_pk PRIMARY KEY (id),
    CONSTRAINT top_up_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id),
    CONSTRAINT top_up_reference UNIQUE (provider, reference),
    CONSTRAINT top_up_amount CHECK (amount_cents > 0),
    CONSTRAINT top_up_state CHECK (state IN ('created', 'pending', 'completed', 'failed', 'expired')),
    CONSTRAINT top_up_pending_has_reference CHECK (state <> 'pending' OR reference IS NOT NULL),
    CONSTRAINT top_up_ended CHECK ((state IN ('created', 'pending')) = (ended_at IS NULL)),
    CONSTRAINT top_up_failed_has_reason CHECK ((state IN ('failed', 'expired')) = (reason IS NOT NULL))
);
CREATE INDEX top_up_due ON top_up (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX top_up_not_completed ON top_up (wallet_id, created_at) WHERE state <> 'completed';

-- What a payment has done to the book: each kind of effect once, whatever is delivered twice, late or out of order.
CREATE TABLE payment_effect (
    provider       text   NOT NULL,
    reference      text   NOT NULL,
    kind           text   NOT NULL,
    transaction_id uuid   NOT NULL,
    amount_cents   bigint NOT NULL,
    CONSTRAINT payment_effect_once PRIMARY KEY (provider, reference, kind),
    CONSTRAINT payment_effect_transaction FOREIGN KEY (transaction_id) REFERENCES ledger_transaction (id),
    CONSTRAINT payment_effect_kind CHECK (kind IN ('paid'))
);
CREATE TRIGGER payment_effect_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_effect
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
