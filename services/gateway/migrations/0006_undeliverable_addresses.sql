-- Whose mails come back: the pages ask them for another address.
CREATE TABLE undeliverable_address (
    account_id uuid NOT NULL,
    CONSTRAINT undeliverable_address_pkey PRIMARY KEY (account_id)
);
