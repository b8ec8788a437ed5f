-- What of an entry of the audit log is personal stands beside it, and goes with the account: the log itself only grows.
-- client_address: where nobody is known, only the network that it belongs to. reason: in a person's own words.
CREATE TABLE audit_private (
    audit_id       bigint NOT NULL,
    account_id     uuid,
    client_address text,
    reason         text,
    CONSTRAINT audit_private_pk PRIMARY KEY (audit_id),
    CONSTRAINT audit_private_audit FOREIGN KEY (audit_id) REFERENCES audit_log,
    CONSTRAINT audit_private_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT audit_private_not_empty CHECK (client_address IS NOT NULL OR reason IS NOT NULL)
);
CREATE INDEX audit_private_account_id ON audit_private (account_id) WHERE account_id IS NOT NULL;
ALTER TABLE audit_log DROP COLUMN client_address;

-- The erasure of a person. The row outlives the account: of someone erased nothing is left here but that it was done.
--   requested  a code was mailed
--   scheduled  confirmed; begins at next_at unless the person thinks better of it
--   starting   too late to cancel; the organisation service is being asked to let the person go
--   held       it could not: an organisation would be left without a manager; asked again at next_at
--   purging    the account is gone, every service purges its own copies
--   telling    the data key is destroyed; the last mail is on its way, from the one address that is left
--   done
-- version: of the account's events, once there is no account that counts them. next_at: when to look again by ourselves.
CREATE TABLE erasure (
    account_id    uuid        NOT NULL,
    state         text        NOT NULL,
    version       bigint,
    requested_at  timestamptz NOT NULL,
    next_at       timestamptz,
    started_at    timestamptz,
    destroyed_at  timestamptz,
    ended_at      timestamptz,
    is_anonymised boolean,
    CONSTRAINT erasure_pk PRIMARY KEY (account_id),
    CONSTRAINT erasure_state CHECK (state IN ('requested', 'scheduled', 'starting', 'held', 'purging', 'telling', 'done')),
    CONSTRAINT erasure_started CHECK ((state IN ('purging', 'telling', 'done')) = (started_at IS NOT NULL)),
    CONSTRAINT erasure_counts CHECK ((started_at IS NULL) = (version IS NULL)),
    CONSTRAINT erasure_destroyed CHECK ((state IN ('telling', 'done')) = (destroyed_at IS NOT NULL)),
    CONSTRAINT erasure_ended CHECK (
        (state = 'done') = (ended_at IS NOT NULL) AND (state = 'done') = (is_anonymised IS NOT NULL) AND (state = 'done') = (next_at IS NULL)
    )
);
CREATE INDEX erasure_next ON erasure (next_at) WHERE next_at IS NOT NULL;

-- What each service has to report. keeps: records of others that name the account's id stay there, without anything personal.
CREATE TABLE erasure_report (
    account_id uuid NOT NULL,
    service    text NOT NULL,
    purged_at  timestamptz,
    keeps      boolean,
    CONSTRAINT erasure_report_pk PRIMARY KEY (account_id, service),
    CONSTRAINT erasure_report_erasure FOREIGN KEY (account_id) REFERENCES erasure,
    CONSTRAINT erasure_report_whole CHECK ((purged_at IS NULL) = (keeps IS NULL))
);
CREATE INDEX erasure_report_missing ON erasure_report (account_id) WHERE purged_at IS NULL;
