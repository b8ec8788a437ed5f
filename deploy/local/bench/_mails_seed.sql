-- $1 people over 1,000 domains, all managers of one organisation.
WITH people AS (
    INSERT INTO recipient (account_id, first_name, last_name, email, language, version)
    SELECT gen_random_uuid(), 'Ada', 'Lindeman', 'ada.' || n || '@d' || n % 1000 || '.example',
        (ARRAY['fr', 'nl', 'en', 'de'])[n % 4 + 1], 1
    FROM generate_series(1, $1::integer) AS n
    RETURNING account_id
)
INSERT INTO manager (organisation_id, account_id) SELECT $2::uuid, account_id FROM people
