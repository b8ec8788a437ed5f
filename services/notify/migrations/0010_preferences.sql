-- Which mails a person gets: by topic, and where they said so for one organisation. Who said nothing gets each at once.
CREATE TABLE mail_preference (
    account_id uuid NOT NULL,
    topic text NOT NULL,
    organisation_id uuid,
    choice text NOT NULL,
    CONSTRAINT mail_preference_once UNIQUE NULLS NOT DISTINCT (account_id, topic, organisation_id),
    CONSTRAINT mail_preference_choice_known CHECK (choice IN ('at-once', 'hourly', 'daily', 'site'))
);

-- When mails of one kind to one person left last, or leave next, so that many in a short time become one.
-- delivery_id: the one that left at once and began it.
CREATE TABLE mail_burst (
    account_id uuid NOT NULL,
    kind text NOT NULL,
    last_at timestamptz NOT NULL,
    gathered integer NOT NULL DEFAULT 0,
    delivery_id uuid,
    CONSTRAINT mail_burst_pk PRIMARY KEY (account_id, kind)
);
CREATE INDEX mail_burst_age ON mail_burst (last_at);

-- gathered: leaves with the digest `digest_id`, itself a delivery. on-site: the person wants no mail of it.
-- withdrawn: who it was for had lost the right to it before it left.
ALTER TABLE delivery
    ADD COLUMN digest_id uuid,
    DROP CONSTRAINT delivery_state_known,
    ADD CONSTRAINT delivery_state_known
        CHECK (state IN (
            'waiting', 'gathered', 'sent', 'failed', 'expired', 'given-up', 'undeliverable-address', 'on-site', 'withdrawn'
        )),
    DROP CONSTRAINT delivery_ended,
    ADD CONSTRAINT delivery_ended CHECK ((state IN ('waiting', 'gathered')) = (ended_at IS NULL)),
    ADD CONSTRAINT delivery_gathered CHECK (state <> 'gathered' OR digest_id IS NOT NULL);
CREATE INDEX delivery_of_digest ON delivery (digest_id) WHERE digest_id IS NOT NULL;

-- The list on the site: what is new, and what is about one organisation.
CREATE INDEX delivery_unread ON delivery (account_id, delivery_id DESC) WHERE read_at IS NULL AND sealed_code IS NULL;
CREATE INDEX delivery_listed_by_organisation ON delivery (account_id, (params ->> 'organisation_id'), delivery_id DESC)
    WHERE sealed_code IS NULL;
