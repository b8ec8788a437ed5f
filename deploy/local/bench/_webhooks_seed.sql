-- $1 events of $2 organisations in the log of the tool $3, on their way to the address $4.
WITH events AS (
    INSERT INTO tool_event (tool_id, cursor, organisation_id, type, event_id, occurred_at, account_id, data)
    SELECT $3, coalesce((SELECT max(cursor) FROM tool_event), 0) + n, md5((n % $2)::text)::uuid,
        'immoconnect.organisation.AccessGranted.v1', gen_random_uuid(), now(), gen_random_uuid(),
        jsonb_build_object(
            'registration_id', gen_random_uuid(), 'usage_mode', 'agent', 'role', 'user', 'usable', true, 'was', NULL
        )
    FROM generate_series(1, $1::integer) AS n
    RETURNING tool_id, cursor, organisation_id
), deliveries AS (
    INSERT INTO webhook_delivery (endpoint_id, tool_id, cursor, organisation_id)
    SELECT $4::uuid, tool_id, cursor, organisation_id FROM events ORDER BY cursor
)
UPDATE webhook_endpoint SET next_at = now() WHERE endpoint_id = $4::uuid
