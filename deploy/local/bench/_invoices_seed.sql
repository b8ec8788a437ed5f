-- :organisations wallets of organisations that can be named, with :charges charges each, booked as the ledger would have.
CREATE TEMP TABLE who AS SELECT uuidv7() AS id FROM generate_series(1, :organisations);
INSERT INTO wallet (id, organisation_id, unit, balance_cents, low_threshold_cents, entry_count, version, opened_at, last_booked_at)
SELECT id, id, 'EUR', 10000000 - :charges * 2299, 0, 1 + :charges, 1, now(), now() FROM who;
INSERT INTO billing_party (organisation_id, enterprise_number, name, address, languages, version)
SELECT id, '0123456749', 'Agence', '{"street": "Rue Haute", "number": "1", "box": "", "postal_code": "1000", "city": "Bruxelles", "country": "BE"}', '{fr}', 1
FROM who;
CREATE TEMP TABLE what AS SELECT w.id AS wallet_id, n, uuidv7() AS id FROM who w, generate_series(0, :charges) n;
INSERT INTO ledger_transaction (id, kind, tool_id, description, booked_at)
SELECT id, CASE n WHEN 0 THEN 'top-up' ELSE 'charge' END, CASE WHEN n > 0 THEN 'bench' END, 'x', now() FROM what;
INSERT INTO ledger_entry (transaction_id, line, account, party, wallet_id, amount_cents, number, balance_after_cents)
SELECT id, 1, 'wallet', NULL, wallet_id, CASE n WHEN 0 THEN 10000000 ELSE -2299 END, n + 1, 10000000 - n * 2299 FROM what
UNION ALL SELECT id, 2, 'clearing', 'bench', NULL, -10000000, NULL, NULL FROM what WHERE n = 0
UNION ALL SELECT id, 2, 'revenue', 'bench', NULL, 1900, NULL, NULL FROM what WHERE n > 0
UNION ALL SELECT id, 3, 'vat', 'BE', NULL, 399, NULL, NULL FROM what WHERE n > 0;
INSERT INTO charge (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp)
SELECT id, wallet_id, 'bench', 1900, 2299, 2100 FROM what WHERE n > 0;
