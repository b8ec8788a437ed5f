-- Whom a manager lets see the wallet: they hear when it is low, as managers do.
CREATE TABLE wallet_viewer (
    organisation_id uuid NOT NULL,
    account_id      uuid NOT NULL,
    CONSTRAINT wallet_viewer_pk PRIMARY KEY (organisation_id, account_id)
);
CREATE INDEX wallet_viewer_account ON wallet_viewer (account_id);
