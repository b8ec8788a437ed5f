-- Whom managers let see a wallet, and top it up. A member only; whoever is no longer one sees nothing.
CREATE TABLE viewer (
    organisation_id uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    allowed_by      uuid        NOT NULL,
    allowed_at      timestamptz NOT NULL,
    CONSTRAINT viewer_pk PRIMARY KEY (organisation_id, account_id),
    CONSTRAINT viewer_member FOREIGN KEY (organisation_id, account_id) REFERENCES member (organisation_id, account_id) ON DELETE CASCADE
);
CREATE INDEX viewer_account ON viewer (account_id);

-- Which organisations are closed: money stays theirs, and nobody sends them more.
CREATE TABLE closed_organisation (
    id        uuid        NOT NULL,
    closed_at timestamptz NOT NULL,
    CONSTRAINT closed_organisation_pk PRIMARY KEY (id)
);

-- From one wallet to another of the same manager. `id` is the ledger transaction's, which is written after it.
CREATE TABLE transfer (
    id             uuid        NOT NULL,
    from_wallet_id uuid        NOT NULL,
    to_wallet_id   uuid        NOT NULL,
    amount_cents   bigint      NOT NULL,
    description    text        NOT NULL,
    account_id     uuid        NOT NULL,
    key            text        NOT NULL,
    CONSTRAINT transfer_pk PRIMARY KEY (id),
    CONSTRAINT transfer_once_per_key UNIQUE (account_id, key),
    CONSTRAINT transfer_transaction FOREIGN KEY (id) REFERENCES ledger_transaction (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT transfer_from FOREIGN KEY (from_wallet_id) REFERENCES wallet (id),
    CONSTRAINT transfer_to FOREIGN KEY (to_wallet_id) REFERENCES wallet (id),
    CONSTRAINT transfer_between_two CHECK (from_wallet_id <> to_wallet_id),
    CONSTRAINT transfer_amount CHECK (amount_cents > 0)
);
CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- What staff correct. Above a limit two of them: one asks, another decides before it expires. `reason` is the party of its account in the book.
CREATE TABLE adjustment (
    id              uuid        NOT NULL,
    organisation_id uuid        NOT NULL,
    unit            text        NOT NULL,
    amount_cents    bigint      NOT NULL,
    reason          text        NOT NULL,
    description     text        NOT NULL,
    needs_second    boolean     NOT NULL,
    state           text        NOT NULL,
    requested_by    uuid        NOT NULL,
    requested_at    timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    decided_by      uuid,
    decided_at      timestamptz,
    transaction_id  uuid,
    CONSTRAINT adjustment_pk PRIMARY KEY (id),
    CONSTRAINT adjustment_organisation FOREIGN KEY (organisation_id) REFERENCES wallet (id),
    CONSTRAINT adjustment_transaction FOREIGN KEY (transaction_id) REFERENCES ledger_transaction (id),
    CONSTRAINT adjustment_amount CHECK (amount_cents <> 0),
    CONSTRAINT adjustment_reason CHECK (reason ~ '^[a-z]+(-[a-z]+)*$'),
    CONSTRAINT adjustment_state CHECK (state IN ('requested', 'booked', 'rejected', 'withdrawn', 'expired')),
    CONSTRAINT adjustment_decided CHECK ((state = 'requested') = (decided_at IS NULL)),
    CONSTRAINT adjustment_booked CHECK ((state = 'booked') = (transaction_id IS NOT NULL)),
    CONSTRAINT adjustment_by_somebody CHECK (state IN ('requested', 'expired') OR decided_by IS NOT NULL),
    -- Four eyes: nobody decides what they asked for themselves, whatever a program thinks.
    CONSTRAINT adjustment_four_eyes CHECK (
        CASE state
            WHEN 'booked' THEN NOT needs_second OR decided_by <> requested_by
            WHEN 'rejected' THEN decided_by <> requested_by
            WHEN 'withdrawn' THEN decided_by = requested_by
            ELSE true
        END
    )
);
CREATE INDEX adjustment_open ON adjustment (requested_at) WHERE state = 'requested';
CREATE INDEX adjustment_of_organisation ON adjustment (organisation_id, requested_at DESC);
CREATE INDEX adjustment_requested_by ON adjustment (requested_by);
CREATE INDEX adjustment_decided_by ON adjustment (decided_by) WHERE decided_by IS NOT NULL;
CREATE INDEX transfer_from_wallet ON transfer (from_wallet_id);

-- An adjustment ends once, and what was asked for never changes: the second pair of eyes saw what is booked.
CREATE FUNCTION adjustment_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.state <> 'requested' OR new.state = 'requested'
        OR to_jsonb(old) - '{state,decided_by,decided_at,transaction_id}'::text[]
            <> to_jsonb(new) - '{state,decided_by,decided_at,transaction_id}'::text[] THEN
        RAISE EXCEPTION 'adjustment % is %: change refused', old.id, old.state
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'adjustment_goes_forward', TABLE = 'adjustment';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER adjustment_goes_forward BEFORE UPDATE ON adjustment FOR EACH ROW EXECUTE FUNCTION adjustment_goes_forward();
CREATE TRIGGER adjustment_stays BEFORE DELETE OR TRUNCATE ON adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Who decided what about a wallet, on whom, and why. `by_staff`: managers see that it was support, without a name.
CREATE TABLE wallet_audit (
    id              bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    organisation_id uuid,
    at              timestamptz NOT NULL,
    actor           uuid        NOT NULL,
    by_staff        boolean     NOT NULL,
    action          text        NOT NULL,
    account_id      uuid,
    reason          text,
    details         jsonb       NOT NULL,
    CONSTRAINT wallet_audit_pk PRIMARY KEY (id)
);
CREATE INDEX wallet_audit_of_organisation ON wallet_audit (organisation_id, id);
CREATE INDEX wallet_audit_actor ON wallet_audit (actor);
CREATE INDEX wallet_audit_account ON wallet_audit (account_id) WHERE account_id IS NOT NULL;
CREATE TRIGGER wallet_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_audit
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
