-- Bank statements, their movements, and what waits for a person.

-- Each wallet of euros has a structured communication of its own: ten digits and their check number. It stays for ever.
CREATE SEQUENCE bank_communication_number MINVALUE 1000000 MAXVALUE 9999999999 START 1000000;
CREATE TABLE bank_communication (
    wallet_id uuid   NOT NULL,
    number    bigint NOT NULL DEFAULT nextval('bank_communication_number'),
    digits    text   NOT NULL GENERATED ALWAYS AS (
        lpad(number::text, 10, '0') || lpad(coalesce(nullif(number % 97, 0), 97)::text, 2, '0')) STORED,
    CONSTRAINT bank_communication_pk PRIMARY KEY (wallet_id),
    CONSTRAINT bank_communication_once UNIQUE (digits),
    CONSTRAINT bank_communication_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id),
    CONSTRAINT bank_communication_number CHECK (number BETWEEN 0 AND 9999999999)
);
CREATE TRIGGER bank_communication_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_communication
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

CREATE FUNCTION bank_give_communication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bank_communication (wallet_id) VALUES (new.id);
    RETURN NULL;
END $$;
CREATE TRIGGER wallet_has_communication AFTER INSERT ON wallet
    FOR EACH ROW WHEN (new.unit = 'EUR') EXECUTE FUNCTION bank_give_communication();
INSERT INTO bank_communication (wallet_id) SELECT id FROM wallet WHERE unit = 'EUR' ORDER BY opened_at, id;

-- What was imported, whole or not at all.
CREATE TABLE bank_file (
    id          uuid        NOT NULL,
    name        text        NOT NULL,
    sha256      bytea       NOT NULL,
    format      text        NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT bank_file_pk PRIMARY KEY (id),
    CONSTRAINT bank_file_once UNIQUE (sha256),
    CONSTRAINT bank_file_format CHECK (format IN ('coda', 'camt.053'))
);

-- `number`: the bank's own. A statement follows on another of the same account whose closing balance is its opening balance.
CREATE TABLE bank_statement (
    id            uuid   NOT NULL,
    file_id       uuid   NOT NULL,
    account_iban  text   NOT NULL,
    currency      text   NOT NULL,
    number        text   NOT NULL,
    until         date   NOT NULL,
    opening_cents bigint NOT NULL,
    closing_cents bigint NOT NULL,
    CONSTRAINT bank_statement_pk PRIMARY KEY (id),
    CONSTRAINT bank_statement_file FOREIGN KEY (file_id) REFERENCES bank_file (id)
);
CREATE INDEX bank_statement_of_account ON bank_statement (account_iban, currency, until);
CREATE INDEX bank_statement_of_file ON bank_statement (file_id);

-- `received`: its wallet is still to be looked for. `credited`: wallet_id and transaction_id say where. `waiting`: for a person.
-- `set-aside`: a person said that it is no top-up, or went back. `out`: money that left; never matched.
CREATE TABLE bank_movement (
    id                uuid   NOT NULL,
    statement_id      uuid   NOT NULL,
    account_iban      text   NOT NULL,
    currency          text   NOT NULL,
    amount_cents      bigint NOT NULL,
    value_date        date   NOT NULL,
    booking_date      date   NOT NULL,
    structured        text,
    free_text         text   NOT NULL,
    counterparty_name text,
    counterparty_iban text,
    bank_reference    text   NOT NULL,
    state             text   NOT NULL,
    wallet_id         uuid,
    transaction_id    uuid,
    CONSTRAINT bank_movement_pk PRIMARY KEY (id),
    CONSTRAINT bank_movement_statement FOREIGN KEY (statement_id) REFERENCES bank_statement (id),
    CONSTRAINT bank_movement_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id),
    CONSTRAINT bank_movement_transaction FOREIGN KEY (transaction_id) REFERENCES ledger_transaction (id),
    CONSTRAINT bank_movement_credited_once UNIQUE (transaction_id),
    CONSTRAINT bank_movement_state CHECK (state IN ('received', 'credited', 'waiting', 'set-aside', 'out')),
    CONSTRAINT bank_movement_credited CHECK (
        (state = 'credited') = (wallet_id IS NOT NULL) AND (state = 'credited') = (transaction_id IS NOT NULL)),
    CONSTRAINT bank_movement_out CHECK ((state = 'out') = (amount_cents <= 0))
);
CREATE INDEX bank_movement_received ON bank_movement (id) WHERE state = 'received';
CREATE INDEX bank_movement_by_state ON bank_movement (state, id);
CREATE INDEX bank_movement_of_payer ON bank_movement (counterparty_iban, id) WHERE state = 'credited';
CREATE INDEX bank_movement_of_account ON bank_movement (account_iban, booking_date);
CREATE TRIGGER bank_movement_stays BEFORE DELETE OR TRUNCATE ON bank_movement
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Where a movement was seen: once in each format. Two files that overlap name it by the same key; `occurrence` counts movements of one
-- statement that are otherwise alike. The same movement in the other format has a sighting of its own.
CREATE TABLE bank_sighting (
    account_iban text   NOT NULL,
    format       text   NOT NULL,
    reference    text   NOT NULL,
    booking_date date   NOT NULL,
    amount_cents bigint NOT NULL,
    occurrence   integer NOT NULL,
    movement_id  uuid   NOT NULL,
    CONSTRAINT bank_sighting_pk PRIMARY KEY (account_iban, booking_date, amount_cents, reference, occurrence, format),
    CONSTRAINT bank_sighting_once_per_format UNIQUE (movement_id, format),
    CONSTRAINT bank_sighting_movement FOREIGN KEY (movement_id) REFERENCES bank_movement (id)
);

-- What staff decided about movements, and why.
CREATE TABLE bank_decision (
    id          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    movement_id uuid        NOT NULL,
    at          timestamptz NOT NULL,
    actor       uuid        NOT NULL,
    action      text        NOT NULL,
    wallet_id   uuid,
    reason      text        NOT NULL,
    CONSTRAINT bank_decision_pk PRIMARY KEY (id),
    CONSTRAINT bank_decision_movement FOREIGN KEY (movement_id) REFERENCES bank_movement (id),
    CONSTRAINT bank_decision_action CHECK (action IN ('attributed', 'set-aside', 'undone'))
);
CREATE INDEX bank_decision_of_movement ON bank_decision (movement_id, id);
CREATE INDEX bank_decision_actor ON bank_decision (actor);
CREATE TRIGGER bank_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_decision
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
