-- Invoices and credit notes.

-- Whom invoices go to: what organisation.events say. Addresses: street, number, box, postal_code, city, country.
CREATE TABLE billing_party (
    organisation_id   uuid   NOT NULL,
    enterprise_number text,
    name              text   NOT NULL,
    address           jsonb,
    billing_address   jsonb,
    languages         text[] NOT NULL DEFAULT '{}',
    version           bigint NOT NULL,
    CONSTRAINT billing_party_pk PRIMARY KEY (organisation_id),
    CONSTRAINT billing_party_number CHECK (enterprise_number ~ '^[01][0-9]{9}$')
);

-- What a manager wants to have on invoices. `peppol_id`: scheme:identifier where they are received under another one than the enterprise number.
CREATE TABLE billing_details (
    organisation_id uuid NOT NULL,
    reference       text NOT NULL DEFAULT '',
    purchase_order  text NOT NULL DEFAULT '',
    peppol_id       text NOT NULL DEFAULT '',
    language        text NOT NULL DEFAULT '',
    CONSTRAINT billing_details_pk PRIMARY KEY (organisation_id),
    CONSTRAINT billing_details_wallet FOREIGN KEY (organisation_id) REFERENCES wallet (id)
);

-- The last number of each seller and year: raised in the transaction that inserts the invoice, whose row lock makes the next one wait. A
-- number that is rolled back was never given.
CREATE TABLE invoice_counter (
    seller         text   NOT NULL,
    year           integer NOT NULL,
    last_number    bigint NOT NULL,
    last_issued_on date   NOT NULL,
    CONSTRAINT invoice_counter_pk PRIMARY KEY (seller, year)
);

CREATE TABLE invoice (
    id              uuid    NOT NULL,
    seller          text    NOT NULL,
    year            integer NOT NULL,
    place           bigint  NOT NULL,
    number          text    NOT NULL GENERATED ALWAYS AS (year::text || '-' || lpad(place::text, greatest(6, length(place::text)), '0')) STORED,
    kind            text    NOT NULL,
    organisation_id uuid    NOT NULL,
    period          date    NOT NULL,
    vat_due         text    NOT NULL,
    issued_on       date    NOT NULL,
    credits_invoice uuid,
    language        text    NOT NULL,
    seller_party    jsonb   NOT NULL,
    buyer_party     jsonb   NOT NULL,
    net_cents       bigint  NOT NULL,
    vat_cents       bigint  NOT NULL,
    xml             text    NOT NULL,
    CONSTRAINT invoice_pk PRIMARY KEY (id),
    CONSTRAINT invoice_numbered_once UNIQUE (seller, year, place),
    CONSTRAINT invoice_wallet FOREIGN KEY (organisation_id) REFERENCES wallet (id),
    CONSTRAINT invoice_credits FOREIGN KEY (credits_invoice) REFERENCES invoice (id),
    CONSTRAINT invoice_kind CHECK (kind IN ('invoice', 'credit-note')),
    CONSTRAINT invoice_credits_one CHECK ((kind = 'credit-note') = (credits_invoice IS NOT NULL)),
    CONSTRAINT invoice_vat_due CHECK (vat_due IN ('charge', 'topup')),
    CONSTRAINT invoice_place CHECK (place > 0),
    CONSTRAINT invoice_year CHECK (year = extract(year FROM issued_on)),
    CONSTRAINT invoice_of_something CHECK (net_cents >= 0 AND vat_cents >= 0 AND net_cents + vat_cents > 0)
);
CREATE INDEX invoice_of_organisation ON invoice (organisation_id, period);
CREATE INDEX invoice_credited ON invoice (credits_invoice) WHERE credits_invoice IS NOT NULL;
CREATE TRIGGER invoice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- `what`: charge, plan or credits of a tool; topup: paid in advance; carried-over: what was in the wallet when VAT began to fall due at
-- topping up; prepaid: what had been invoiced in advance, taken off. `paid_cents`: with VAT. `booked_net_cents`: without it, in the book.
CREATE TABLE invoice_line (
    invoice_id       uuid     NOT NULL,
    line             smallint NOT NULL,
    what             text     NOT NULL,
    tool_id          text,
    vat_rate_bp      integer  NOT NULL,
    uses             bigint   NOT NULL,
    paid_cents       bigint   NOT NULL,
    net_cents        bigint   NOT NULL,
    booked_net_cents bigint,
    CONSTRAINT invoice_line_pk PRIMARY KEY (invoice_id, line),
    CONSTRAINT invoice_line_invoice FOREIGN KEY (invoice_id) REFERENCES invoice (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT invoice_line_what CHECK (what IN ('charge', 'plan', 'credits', 'topup', 'carried-over', 'prepaid')),
    CONSTRAINT invoice_line_tool CHECK ((what IN ('charge', 'plan', 'credits')) = (tool_id IS NOT NULL)),
    CONSTRAINT invoice_line_booked CHECK ((tool_id IS NULL) = (booked_net_cents IS NULL)),
    CONSTRAINT invoice_line_sign CHECK (paid_cents <> 0 AND (paid_cents < 0) = (what = 'prepaid'))
);
CREATE TRIGGER invoice_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_line
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Which entries of a wallet were invoiced with which month: above `after_number`, up to `until_number`; every entry once, for the numbers
-- of one period follow those of the one before. `taxed_cents`: what is left in the wallet of money that was invoiced in advance, once VAT
-- falls due at charges again.
CREATE TABLE billing_period (
    wallet_id    uuid   NOT NULL,
    period       date   NOT NULL,
    after_number bigint NOT NULL,
    until_number bigint NOT NULL,
    vat_due      text   NOT NULL,
    taxed_cents  bigint NOT NULL,
    CONSTRAINT billing_period_pk PRIMARY KEY (wallet_id, period),
    CONSTRAINT billing_period_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id),
    CONSTRAINT billing_period_month CHECK (extract(day FROM period) = 1),
    CONSTRAINT billing_period_forward CHECK (after_number <= until_number),
    CONSTRAINT billing_period_vat_due CHECK (vat_due IN ('charge', 'topup')),
    CONSTRAINT billing_period_taxed CHECK (taxed_cents >= 0)
);
CREATE UNIQUE INDEX billing_period_numbers ON billing_period (wallet_id, until_number, period);
CREATE TRIGGER billing_period_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_period
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- The way of an invoice to its buyer. faulty: the official rules refuse it; refused: the access point does, or the buyer's.
CREATE TABLE invoice_delivery (
    invoice_id uuid        NOT NULL,
    state      text        NOT NULL,
    reason     text,
    reference  text,
    sent_count integer     NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL,
    CONSTRAINT invoice_delivery_pk PRIMARY KEY (invoice_id),
    CONSTRAINT invoice_delivery_invoice FOREIGN KEY (invoice_id) REFERENCES invoice (id),
    CONSTRAINT invoice_delivery_state CHECK (state IN ('issued', 'sent', 'refused', 'faulty')),
    CONSTRAINT invoice_delivery_reason CHECK ((state IN ('refused', 'faulty')) = (reason IS NOT NULL))
);
CREATE INDEX invoice_delivery_trouble ON invoice_delivery (state) WHERE state <> 'sent';

-- VAT of a document is its rate times its total; the VAT of the charges in it was rounded one by one. The difference, some cents, is booked
-- between revenue and VAT as `rounding` (related_id: the invoice), so that document and book say the same.
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_kind;
ALTER TABLE ledger_transaction ADD CONSTRAINT ledger_transaction_kind CHECK (kind IN (
    'charge', 'refund', 'top-up', 'top-up-refund', 'chargeback', 'void', 'transfer', 'adjustment', 'plan', 'credits', 'rounding'));
CREATE INDEX ledger_transaction_top_up ON ledger_transaction (related_id) WHERE kind = 'top-up';
CREATE INDEX ledger_transaction_rounding ON ledger_transaction (related_id) WHERE kind = 'rounding';

-- What the entries of a wallet within these numbers come to, for its invoice: by kind, tool and rate, and by the period of what they answer
-- to (of a refund its charge, of money that went back its top-up), NULL within these numbers. The rate of a plan follows from its amounts.
-- uses: what a plan paid for is none of the wallet's; of refunds those that gave a charge back as a whole.
CREATE FUNCTION invoice_movements(_wallet_id uuid, _after bigint, _until bigint)
RETURNS TABLE (kind text, tool_id text, vat_rate_bp integer, answers_to date, uses bigint, paid_cents bigint, net_cents bigint)
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    SELECT CASE WHEN u.id IS NULL THEN t.kind ELSE 'top-up-refund' END AS kind, t.tool_id,
           coalesce(c.vat_rate_bp, (100 * round(100 * (-e.amount_cents - n.cents) / nullif(n.cents, 0)))::integer, 0) AS vat_rate_bp,
           p.period, count(*) FILTER (WHERE e.amount_cents <> 0 AND (r.id IS NULL OR e.amount_cents = c.amount_incl_cents)),
           sum(-e.amount_cents)::bigint, sum(n.cents)::bigint
    FROM ledger_entry e
    JOIN ledger_transaction t ON t.id = e.transaction_id
    -- A transfer that was credited to the wrong wallet, undone: it answers to that booking itself.
    LEFT JOIN ledger_transaction u ON t.kind = 'adjustment' AND u.id = t.related_id AND u.kind = 'top-up'
    LEFT JOIN refund r ON t.kind = 'refund' AND r.id = t.id
    LEFT JOIN charge c ON c.id = CASE t.kind WHEN 'charge' THEN t.id WHEN 'refund' THEN r.charge_id END
    LEFT JOIN LATERAL (
        SELECT sum(x.amount_cents) AS cents FROM ledger_entry x WHERE x.transaction_id = t.id AND x.account = 'revenue'
    ) n ON t.kind IN ('charge', 'refund', 'plan', 'credits')
    LEFT JOIN LATERAL (
        SELECT o.number FROM ledger_entry o
        WHERE o.wallet_id = _wallet_id AND o.transaction_id = CASE
            WHEN t.kind = 'refund' THEN r.charge_id
            WHEN u.id IS NOT NULL THEN u.id
            -- Both name the wish to top up.
            WHEN t.kind IN ('top-up-refund', 'chargeback') THEN (
                SELECT x.id FROM ledger_transaction x WHERE x.kind = 'top-up' AND x.related_id = t.related_id LIMIT 1)
        END
        LIMIT 1
    ) o ON true
    LEFT JOIN LATERAL (
        SELECT b.period FROM billing_period b WHERE b.wallet_id = _wallet_id AND b.until_number >= o.number
        ORDER BY b.until_number, b.period LIMIT 1
    ) p ON o.number <= _after
    WHERE e.wallet_id = _wallet_id AND e.number > _after AND e.number <= _until AND (t.kind NOT IN ('transfer', 'adjustment') OR u.id IS NOT NULL)
    GROUP BY 1, 2, 3, 4
    ORDER BY 2, 1, 3, 4
$$;

-- Proves the invoices: one row for each thing that is wrong, none when all is well.
CREATE FUNCTION invoice_check() RETURNS TABLE (rule text, subject text, expected bigint, found bigint) LANGUAGE sql STABLE AS $$
    SELECT 'numbers have no gaps', c.seller || ' ' || c.year::text, c.last_number, count(i.place)
    FROM invoice_counter c LEFT JOIN invoice i ON i.seller = c.seller AND i.year = c.year
    GROUP BY c.seller, c.year, c.last_number
    HAVING count(i.place) <> c.last_number OR coalesce(max(i.place), 0) <> c.last_number
    UNION ALL
    SELECT 'dates follow numbers', later.number, 0, later.issued_on - earlier.issued_on
    FROM invoice later JOIN invoice earlier ON earlier.seller = later.seller AND earlier.year = later.year AND earlier.place = later.place - 1
    WHERE later.issued_on < earlier.issued_on
    UNION ALL
    SELECT 'periods follow each other', b.wallet_id::text || ' ' || b.period::text, b.before, b.after_number
    FROM (
        SELECT wallet_id, period, after_number, lag(until_number, 1, 0::bigint) OVER (PARTITION BY wallet_id ORDER BY period) AS before
        FROM billing_period
    ) b WHERE b.after_number <> b.before
    UNION ALL
    SELECT 'lines sum to the document', i.number, i.net_cents + i.vat_cents, sum(l.paid_cents)::bigint
    FROM invoice i LEFT JOIN invoice_line l ON l.invoice_id = i.id GROUP BY i.id
    HAVING i.net_cents IS DISTINCT FROM sum(l.net_cents)::bigint OR i.net_cents + i.vat_cents IS DISTINCT FROM sum(l.paid_cents)::bigint
    UNION ALL
    SELECT 'credit notes are at most the invoice', i.number, i.net_cents + i.vat_cents, sum(n.net_cents + n.vat_cents)::bigint
    FROM invoice n JOIN invoice i ON i.id = n.credits_invoice GROUP BY i.id
    HAVING sum(n.net_cents + n.vat_cents) > i.net_cents + i.vat_cents
    UNION ALL
    -- To the cent, also without VAT: with the roundings the book says of each tool what its invoices say.
    SELECT 'the book is what was invoiced, ' || side, coalesce(b.tool_id, d.tool_id), coalesce(b.cents, 0), coalesce(d.cents, 0)
    FROM (
        SELECT v.side, t.tool_id, sum(v.cents)::bigint AS cents
        FROM billing_period p
        JOIN ledger_entry e ON e.wallet_id = p.wallet_id AND e.number > p.after_number AND e.number <= p.until_number
        JOIN ledger_transaction t ON t.id = e.transaction_id AND t.kind IN ('charge', 'refund', 'plan', 'credits')
        CROSS JOIN LATERAL (
            SELECT 'with VAT' AS side, -e.amount_cents AS cents
            UNION ALL
            SELECT 'without VAT', coalesce(sum(x.amount_cents), 0) FROM ledger_entry x WHERE x.transaction_id = t.id AND x.account = 'revenue'
        ) v
        WHERE NOT EXISTS (SELECT FROM billing_period o WHERE o.wallet_id = p.wallet_id AND o.vat_due = 'topup')
        GROUP BY v.side, t.tool_id
    ) b
    FULL JOIN (
        SELECT v.side, l.tool_id, sum(CASE i.kind WHEN 'invoice' THEN v.cents ELSE -v.cents END)::bigint AS cents
        FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
        CROSS JOIN LATERAL (VALUES ('with VAT', l.paid_cents), ('without VAT', l.booked_net_cents)) v (side, cents)
        WHERE l.tool_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM billing_period o WHERE o.wallet_id = i.organisation_id AND o.vat_due = 'topup')
        GROUP BY v.side, l.tool_id
    ) d USING (side, tool_id)
    WHERE coalesce(b.cents, 0) <> coalesce(d.cents, 0)
    UNION ALL
    SELECT 'roundings are booked', i.number, i.differs, coalesce(r.cents, 0)::bigint
    FROM (
        SELECT i.id, i.number, sum(CASE i.kind WHEN 'invoice' THEN 1 ELSE -1 END * (l.net_cents - l.booked_net_cents))::bigint AS differs
        FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id AND l.tool_id IS NOT NULL GROUP BY i.id
    ) i LEFT JOIN LATERAL (
        SELECT sum(e.amount_cents) AS cents FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
        WHERE t.kind = 'rounding' AND t.related_id = i.id AND e.account = 'revenue'
    ) r ON true
    WHERE i.differs <> coalesce(r.cents, 0)
    UNION ALL
    SELECT 'money paid in is what was invoiced', b.wallet_id::text, b.cents, coalesce(d.cents, 0)
    FROM (
        SELECT p.wallet_id, sum(e.amount_cents)::bigint AS cents
        FROM billing_period p
        JOIN ledger_entry e ON e.wallet_id = p.wallet_id AND e.number > p.after_number AND e.number <= p.until_number
        JOIN ledger_transaction t ON t.id = e.transaction_id AND (
            t.kind IN ('top-up', 'top-up-refund', 'chargeback', 'void')
            OR (t.kind = 'adjustment' AND EXISTS (SELECT FROM ledger_transaction u WHERE u.id = t.related_id AND u.kind = 'top-up')))
        WHERE NOT EXISTS (SELECT FROM billing_period o WHERE o.wallet_id = p.wallet_id AND o.vat_due = 'charge')
        GROUP BY p.wallet_id
    ) b LEFT JOIN (
        SELECT organisation_id, sum(CASE kind WHEN 'invoice' THEN 1 ELSE -1 END * (net_cents + vat_cents))::bigint AS cents
        FROM invoice GROUP BY organisation_id
    ) d ON d.organisation_id = b.wallet_id
    WHERE b.cents <> coalesce(d.cents, 0)
$$;
