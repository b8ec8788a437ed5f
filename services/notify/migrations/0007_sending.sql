-- A delivery that waits is its own place in the queue: due at `run_at`, the highest priority first, held under a lease while it is sent.
-- first_due_at: from when it counts as late; set anew when an operator sends it again. headers: the trace of its cause.
-- has_slot: its domain's pace has been kept already. given-up: tried for days, a dead letter; `DELIVER` brings it back.
ALTER TABLE delivery
    ADD COLUMN priority smallint NOT NULL DEFAULT 0,
    ADD COLUMN run_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN first_due_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN has_slot boolean NOT NULL DEFAULT false,
    ADD COLUMN lease uuid,
    ADD COLUMN leased_until timestamptz,
    ADD COLUMN last_error text NOT NULL DEFAULT '',
    ADD COLUMN headers jsonb NOT NULL DEFAULT '{}',
    DROP CONSTRAINT delivery_state_known,
    ADD CONSTRAINT delivery_state_known CHECK (state IN ('waiting', 'sent', 'failed', 'expired', 'given-up')),
    ADD CONSTRAINT delivery_lease CHECK ((lease IS NULL) = (leased_until IS NULL)),
    ADD CONSTRAINT delivery_leased_waits CHECK (lease IS NULL OR state = 'waiting');

CREATE INDEX delivery_ready ON delivery (priority DESC, run_at, delivery_id) WHERE state = 'waiting' AND lease IS NULL;
CREATE INDEX delivery_leased ON delivery (leased_until) WHERE lease IS NOT NULL;
ALTER TABLE delivery SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- How far the mails to a domain are ahead: the next one to it may leave at `free_at`. All workers share it.
CREATE TABLE mail_pace (
    domain text NOT NULL,
    free_at timestamptz NOT NULL,
    CONSTRAINT mail_pace_pk PRIMARY KEY (domain)
);
