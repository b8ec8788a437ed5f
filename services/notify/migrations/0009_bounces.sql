-- Since when the address on record takes no mail; NULL while it does. Another address clears it.
ALTER TABLE recipient
    ADD COLUMN undeliverable_since timestamptz,
    ADD CONSTRAINT recipient_erased_has_no_mark CHECK (NOT is_erased OR undeliverable_since IS NULL);

-- What came back of mails to the address on record, each once however often it is reported. An invitation stands under its own id.
CREATE TABLE bounce (
    delivery_id uuid NOT NULL,
    sort text NOT NULL,
    account_id uuid NOT NULL,
    status text NOT NULL,
    bounced_at timestamptz NOT NULL,
    CONSTRAINT bounce_pk PRIMARY KEY (delivery_id, sort),
    CONSTRAINT bounce_sort_known CHECK (sort IN ('hard', 'soft', 'complaint'))
);
CREATE INDEX bounce_of_account ON bounce (account_id, bounced_at);
CREATE INDEX bounce_age ON bounce (bounced_at);

-- undeliverable-address: not sent, since the address takes none.
ALTER TABLE delivery
    DROP CONSTRAINT delivery_state_known,
    ADD CONSTRAINT delivery_state_known
        CHECK (state IN ('waiting', 'sent', 'failed', 'expired', 'given-up', 'undeliverable-address'));
