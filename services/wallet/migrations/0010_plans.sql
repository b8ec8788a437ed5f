-- What tools sell in advance: plans and credits.

-- A price of a tool: of one use (shown, the tool charges it), of a plan, of a pack of credits. What is on sale has no `until`; a price that
-- changes is a new version, so that whatever was bought keeps its terms. uses: NULL without limit.
CREATE TABLE offer (
    id               uuid        NOT NULL,
    tool_id          text        NOT NULL,
    kind             text        NOT NULL,
    slug             text        NOT NULL,
    version          integer     NOT NULL,
    place            integer     NOT NULL,
    names            jsonb       NOT NULL,
    uses             integer,
    credits          integer,
    price_excl_cents bigint      NOT NULL,
    price_incl_cents bigint      NOT NULL,
    vat_rate_bp      integer     NOT NULL,
    since            timestamptz NOT NULL,
    until            timestamptz,
    CONSTRAINT offer_pk PRIMARY KEY (id),
    CONSTRAINT offer_once_per_version UNIQUE (tool_id, kind, slug, version),
    CONSTRAINT offer_kind CHECK (kind IN ('use', 'plan', 'credits')),
    CONSTRAINT offer_uses CHECK (uses > 0 AND kind = 'plan' OR uses IS NULL),
    CONSTRAINT offer_credits CHECK ((kind = 'credits') = (credits IS NOT NULL) AND coalesce(credits, 1) > 0),
    CONSTRAINT offer_price CHECK (price_excl_cents > 0 AND price_incl_cents >= price_excl_cents),
    CONSTRAINT offer_vat_rate CHECK (vat_rate_bp BETWEEN 0 AND 10000)
);
CREATE UNIQUE INDEX offer_on_sale ON offer (tool_id, kind, slug) WHERE until IS NULL;

CREATE FUNCTION offer_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.until IS NOT NULL OR new.until IS NULL OR to_jsonb(old) - 'until' <> to_jsonb(new) - 'until' THEN
        RAISE EXCEPTION 'offer % never changes, it only ends', old.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'offer_only_ends', TABLE = 'offer';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER offer_only_ends BEFORE UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION offer_only_ends();
CREATE TRIGGER offer_stays BEFORE DELETE OR TRUNCATE ON offer FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- What an organisation bought; `id` is the ledger transaction's, which is written after it. account_id: NULL for a plan that renewed itself.
CREATE TABLE purchase (
    id              uuid NOT NULL,
    organisation_id uuid NOT NULL,
    offer_id        uuid NOT NULL,
    account_id      uuid,
    key             text NOT NULL,
    CONSTRAINT purchase_pk PRIMARY KEY (id),
    CONSTRAINT purchase_once_per_key UNIQUE (organisation_id, key),
    CONSTRAINT purchase_transaction FOREIGN KEY (id) REFERENCES ledger_transaction (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT purchase_organisation FOREIGN KEY (organisation_id) REFERENCES wallet (id),
    CONSTRAINT purchase_offer FOREIGN KEY (offer_id) REFERENCES offer (id)
);
CREATE INDEX purchase_account ON purchase (account_id) WHERE account_id IS NOT NULL;
CREATE TRIGGER purchase_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON purchase
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- A plan that was bought. It runs from starts_at until before ends_at, the beginning of the day after `ends_on` in Belgium, while uses are
-- left. Whether it runs follows from that; nothing needs to happen for it to end. *_said_at: what was announced, once each.
-- renewed_as: the plan that followed it. next_look_at: when the timer has something to do about it, NULL for never again.
CREATE TABLE plan (
    id              uuid        NOT NULL,
    organisation_id uuid        NOT NULL,
    tool_id         text        NOT NULL,
    offer_id        uuid        NOT NULL,
    name            text        NOT NULL,
    uses            integer,
    used            integer     NOT NULL DEFAULT 0,
    starts_at       timestamptz NOT NULL,
    ends_on         date        NOT NULL,
    ends_at         timestamptz NOT NULL,
    renews          boolean     NOT NULL,
    renews_plan     uuid,
    renewed_as      uuid,
    renewal_tries   integer     NOT NULL DEFAULT 0,
    retry_at        timestamptz,
    ending_said_at  timestamptz,
    used_up_said_at timestamptz,
    expired_said_at timestamptz,
    next_look_at    timestamptz,
    CONSTRAINT plan_pk PRIMARY KEY (id),
    CONSTRAINT plan_purchase FOREIGN KEY (id) REFERENCES purchase (id),
    CONSTRAINT plan_offer FOREIGN KEY (offer_id) REFERENCES offer (id),
    CONSTRAINT plan_before FOREIGN KEY (renews_plan) REFERENCES plan (id),
    CONSTRAINT plan_after FOREIGN KEY (renewed_as) REFERENCES plan (id),
    CONSTRAINT plan_renewed_once UNIQUE (renews_plan),
    CONSTRAINT plan_uses CHECK (used >= 0 AND (uses IS NULL OR used <= uses)),
    CONSTRAINT plan_ends_later CHECK (ends_at > starts_at)
);
CREATE INDEX plan_of_organisation ON plan (organisation_id, tool_id, ends_at);
CREATE INDEX plan_due ON plan (next_look_at) WHERE next_look_at IS NOT NULL;
CREATE INDEX charge_by_plan ON charge (plan_id) WHERE plan_id IS NOT NULL;

-- What was bought never changes.
CREATE FUNCTION plan_keeps_its_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the terms of plan % never change', old.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_keeps_its_terms', TABLE = 'plan';
END $$;
CREATE TRIGGER plan_keeps_its_terms
    BEFORE UPDATE OF id, organisation_id, tool_id, offer_id, name, uses, starts_at, ends_on, ends_at, renews_plan ON plan
    FOR EACH ROW EXECUTE FUNCTION plan_keeps_its_terms();
CREATE TRIGGER plan_stays BEFORE DELETE OR TRUNCATE ON plan FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Of how few uses it is said that they are few: a tenth, but at least one.
CREATE FUNCTION plan_few_uses(_uses integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT greatest(1, _uses / 10)';

-- The plan that ends first pays. What is to be announced, or renewed, is a job's: charges wait for nothing.
CREATE OR REPLACE FUNCTION plan_take_use(_organisation_id uuid, _tool_id text, _at timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    _plan plan%ROWTYPE;
BEGIN
    UPDATE plan p SET used = p.used + 1
    WHERE p.id = (
        SELECT q.id FROM plan q
        WHERE q.organisation_id = _organisation_id AND q.tool_id = _tool_id AND q.ends_at > _at AND q.starts_at <= _at
            AND (q.uses IS NULL OR q.used < q.uses)
        ORDER BY q.ends_at, q.id LIMIT 1
    )
    RETURNING * INTO _plan;
    IF (_plan.uses = _plan.used AND _plan.used_up_said_at IS NULL)
        OR (_plan.uses - _plan.used <= plan_few_uses(_plan.uses) AND _plan.ending_said_at IS NULL) THEN
        INSERT INTO job AS present (id, kind, key, unique_key, payload, headers)
        VALUES (uuidv7(), 'wallet.look-at-plan', _plan.id::text, _plan.id::text, jsonb_build_object('plan_id', _plan.id), '{}')
        ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO UPDATE SET again = present.lease IS NOT NULL;
    END IF;
    RETURN _plan.id;
END $$;

-- It can be used again while the plan runs; a plan that is over stays over.
CREATE OR REPLACE FUNCTION plan_give_back_use(_plan_id uuid, _at timestamptz) RETURNS void LANGUAGE sql AS
    'UPDATE plan SET used = used - 1 WHERE id = _plan_id';

-- Proves the plans: a row for each thing that is wrong, none when all is well.
CREATE FUNCTION plan_check() RETURNS TABLE (rule text, subject text, expected bigint, found bigint) LANGUAGE sql STABLE AS $$
    SELECT 'uses are charges that were not given back', p.id::text, count(c.id) - count(r.id), p.used::bigint
    FROM plan p LEFT JOIN charge c ON c.plan_id = p.id LEFT JOIN refund r ON r.charge_id = c.id
    GROUP BY p.id HAVING count(c.id) - count(r.id) <> p.used
    UNION ALL
    SELECT 'a purchase costs what was offered', p.id::text, o.price_incl_cents, -e.amount_cents
    FROM purchase p JOIN offer o ON o.id = p.offer_id
    LEFT JOIN ledger_entry e ON e.transaction_id = p.id AND e.wallet_id = p.organisation_id
    WHERE o.price_incl_cents IS DISTINCT FROM -e.amount_cents
$$;
