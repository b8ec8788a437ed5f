-- Whom a manager lets see the wallet: its tab stands on their pages too.
CREATE TABLE wallet_viewer (
    organisation_id uuid NOT NULL,
    account_id uuid NOT NULL,
    CONSTRAINT wallet_viewer_pkey PRIMARY KEY (organisation_id, account_id)
);
CREATE INDEX wallet_viewer_by_account ON wallet_viewer (account_id);
