-- Whom the tools of a sector know by a `sub` of their own, kept from the first time that they learned it: what a tool asks later is about
-- that person. It cannot be computed backwards, and goes with the account.
CREATE TABLE pairwise_subject (
    sector     text NOT NULL,
    subject    uuid NOT NULL,
    account_id uuid NOT NULL,
    CONSTRAINT pairwise_subject_pk PRIMARY KEY (sector, subject),
    CONSTRAINT pairwise_subject_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE
);
CREATE INDEX pairwise_subject_of_account ON pairwise_subject (account_id);

INSERT INTO pairwise_subject (sector, subject, account_id)
SELECT DISTINCT c.sector, g.subject::uuid, g.account_id
FROM oidc_grant g JOIN client c ON c.client_id = g.client_id JOIN account a ON a.id = g.account_id
WHERE c.sector IS NOT NULL AND g.subject <> g.account_id::text;
