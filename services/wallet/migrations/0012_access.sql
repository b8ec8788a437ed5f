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
