-- One row for each mail to each person. `cause` is the event that it is about, so that one event never mails twice.
-- `params` holds ids and amounts; names and addresses are looked up when the mail is made, and a code stays sealed.

CREATE TABLE delivery (
    delivery_id uuid NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    cause text NOT NULL,
    params jsonb NOT NULL DEFAULT '{}',
    sealed_email text,
    sealed_code text,
    language text,
    state text NOT NULL DEFAULT 'waiting',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    ended_at timestamptz,
    read_at timestamptz,
    CONSTRAINT delivery_pk PRIMARY KEY (delivery_id),
    CONSTRAINT delivery_once UNIQUE (account_id, kind, cause),
    CONSTRAINT delivery_state_known CHECK (state IN ('waiting', 'sent', 'failed', 'expired')),
    CONSTRAINT delivery_ended CHECK ((state = 'waiting') = (ended_at IS NULL))
);

CREATE INDEX delivery_of_account ON delivery (account_id, delivery_id DESC) WHERE sealed_code IS NULL;

-- Numbers the events about mails to one person.
CREATE TABLE mail_version (
    account_id uuid NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT mail_version_pk PRIMARY KEY (account_id)
);
