-- Invitations by mail. email: of somebody who may have no account; the row is deleted some time after the invitation ended, or with the
-- account that accepted it (account_id). mails_asked, mails_sent: how often it was to go out, and went. token_hash: SHA-256 of what
-- stands in the link that was mailed last; NULL before the first.
CREATE TABLE invitation (
    id              uuid        NOT NULL,
    organisation_id uuid        NOT NULL,
    email           text        NOT NULL,
    email_key       text        NOT NULL,
    type            text        NOT NULL,
    manager         boolean     NOT NULL,
    language        text        NOT NULL,
    state           text        NOT NULL DEFAULT 'open',
    invited_by      uuid        NOT NULL,
    invited_at      timestamptz NOT NULL,
    asked_at        timestamptz NOT NULL,
    mails_asked     integer     NOT NULL DEFAULT 1,
    mails_sent      integer     NOT NULL DEFAULT 0,
    token_hash      bytea,
    expires_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    account_id      uuid,
    CONSTRAINT invitation_pk PRIMARY KEY (id),
    CONSTRAINT invitation_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
    CONSTRAINT invitation_type CHECK (type IN ('head', 'employee', 'self-employed', 'trainee', 'external')),
    CONSTRAINT invitation_language CHECK (language IN ('fr', 'nl', 'en', 'de')),
    CONSTRAINT invitation_state CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn', 'expired', 'obsolete')),
    CONSTRAINT invitation_ended CHECK ((state = 'open') = (ended_at IS NULL)),
    CONSTRAINT invitation_accepted CHECK (account_id IS NULL OR state IN ('accepted', 'obsolete'))
);
CREATE UNIQUE INDEX invitation_open_once ON invitation (organisation_id, email_key) WHERE state = 'open';
CREATE UNIQUE INDEX invitation_token ON invitation (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX invitation_listed ON invitation (organisation_id, id);
CREATE INDEX invitation_expiring ON invitation (expires_at) WHERE state = 'open';
CREATE INDEX invitation_by_manager ON invitation (invited_by) WHERE state = 'open';
CREATE INDEX invitation_over ON invitation (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX invitation_account ON invitation (account_id) WHERE account_id IS NOT NULL;

-- How many invitations an organisation, and each of its managers, has had mailed on a day; and each address, by a name made of its hash.
CREATE TABLE invitation_allowance (
    sender uuid    NOT NULL,
    day    date    NOT NULL,
    mails  integer NOT NULL,
    CONSTRAINT invitation_allowance_pk PRIMARY KEY (sender, day)
);
CREATE INDEX invitation_allowance_day ON invitation_allowance (day);

-- The history of an organisation, newest first, by what one may look for in it.
CREATE INDEX audit_log_history ON audit_log (organisation_id, at, id);
CREATE INDEX audit_log_history_action ON audit_log (organisation_id, action, at, id);
CREATE INDEX audit_log_history_actor ON audit_log (organisation_id, actor, at, id);
CREATE INDEX audit_log_history_account ON audit_log (organisation_id, account_id, at, id) WHERE account_id IS NOT NULL;
