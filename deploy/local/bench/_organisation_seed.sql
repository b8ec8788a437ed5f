-- Organisations, people, registrations, roles and recognitions of made-up agencies. How many: the settings bench.*.
-- Nothing checks what the rows refer to meanwhile: that is right as it is written here.
SET session_replication_role = replica;
SET synchronous_commit = off;

CREATE FUNCTION pg_temp.size(_name text) RETURNS integer LANGUAGE sql STABLE RETURN current_setting('bench.' || _name)::integer;

-- kind: 1 an organisation, 2 an account, 3 a registration.
CREATE FUNCTION pg_temp.id(_kind integer, _number integer) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (_kind || '0000000-0000-7000-8000-' || lpad(to_hex(_number), 12, '0'))::uuid;

CREATE TEMP TABLE bench_tool AS SELECT 'bench-' || n AS tool_id, n AS place FROM generate_series(0, pg_temp.size('tools') - 1) AS n;

-- The first accounts work in organisation 0, the others in the rest, evenly; the first of each organisation manages it.
CREATE TEMP TABLE bench_person AS
SELECT n, pg_temp.id(2, n) AS account_id, organisation, pg_temp.id(1, organisation) AS organisation_id,
       n = 0 OR n BETWEEN largest AND largest + organisations - 2 AS is_manager
FROM (SELECT n, largest, organisations, CASE WHEN n < largest THEN 0 ELSE 1 + (n - largest) % (organisations - 1) END AS organisation
      FROM (SELECT pg_temp.size('largest') AS largest, pg_temp.size('organisations') AS organisations) AS sizes,
           generate_series(0, pg_temp.size('employees') - 1) AS n) AS numbered;

INSERT INTO tool (id, entry, terms_version, changed_at) SELECT tool_id, '{}', '1', now() FROM bench_tool;
INSERT INTO tool_terms (tool_id, version, texts, published_at) SELECT tool_id, '1', '{}', now() FROM bench_tool;
INSERT INTO usage_mode (tool_id, id, register_rule, use_rule) SELECT tool_id, 'agent', 'ipi', 'ipi or fs323' FROM bench_tool;
INSERT INTO usage_mode_role (tool_id, usage_mode, id, place) SELECT tool_id, 'agent', 'user', 1 FROM bench_tool;

INSERT INTO organisation (id, enterprise_number, name, street, postal_code, city, country, email, created_by, created_at)
SELECT organisation_id, digits || lpad((97 - digits::integer % 97)::text, 2, '0'), 'Agence ' || organisation, 'Rue Haute', '1000',
       'Bruxelles', 'BE', 'info@bench.example', account_id, now()
FROM bench_person, LATERAL (SELECT '0' || (1000000 + organisation) AS digits) AS number WHERE is_manager;

INSERT INTO person (account_id, first_name, last_name, version) SELECT account_id, 'Jan', 'Peeters ' || n, 1 FROM bench_person;
INSERT INTO employee (organisation_id, account_id, type, email, state, manager, sort_name, since)
SELECT organisation_id, account_id, 'employee', n || '@bench.example', 'active', is_manager, 'peeters ' || n, now() FROM bench_person;

INSERT INTO holder (account_id, version) SELECT account_id, 1 FROM bench_person;
INSERT INTO recognition_held (account_id, kind, source)
SELECT account_id, CASE WHEN place > 0 THEN 'kind-' || place WHEN is_manager THEN 'ipi' ELSE 'fs323' END, 'bench'
FROM bench_person, generate_series(0, pg_temp.size('recognitions') / pg_temp.size('employees') - 1) AS place;

INSERT INTO registration (id, organisation_id, tool_id, usage_mode, mandated_account_id, mandated_recognition, terms_version,
                          registered_by, registered_at)
SELECT pg_temp.id(3, organisation * pg_temp.size('tools') + place), organisation_id, tool_id, 'agent', account_id, 'ipi', '1',
       account_id, now()
FROM bench_person, bench_tool WHERE is_manager;

INSERT INTO access (registration_id, account_id, organisation_id, tool_id, usage_mode, role, usable, granted_by, granted_at)
SELECT pg_temp.id(3, organisation * pg_temp.size('tools') + place), account_id, organisation_id, tool_id, 'agent', 'user', true,
       account_id, now()
FROM bench_person, bench_tool;
