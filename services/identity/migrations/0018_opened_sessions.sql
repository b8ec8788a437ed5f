-- One entry of the audit log, and beside it what is personal of it. Returns nothing.
CREATE FUNCTION record_audit(
    _at timestamptz, _actor text, _action text, _account_id uuid, _details jsonb, _client_address text, _reason text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _audit_id bigint;
BEGIN
    INSERT INTO audit_log (at, actor, action, account_id, details)
    VALUES (_at, _actor, _action, _account_id, _details) RETURNING id INTO _audit_id;
    IF _client_address IS NULL AND _reason IS NULL THEN
        RETURN;
    END IF;
    -- Nothing for an account that is erased at this moment.
    INSERT INTO audit_private (audit_id, account_id, client_address, reason)
    SELECT _audit_id, _account_id, _client_address, _reason
    WHERE _account_id IS NULL OR EXISTS (SELECT FROM account WHERE id = _account_id);
END
$$;

-- A session of an account whose owner has just been proven, in one round trip.
-- The account is locked before anything is read: a password, a second factor or a device that is added at the same time is seen here,
-- or sees this session. Each of these refuses, and then nothing is written:
--   password-changed  _password_hash is no longer the account's (NULL: no password was given)
--   second-factor     the account has one, and _acr is a password only
--   new-device        the account was signed in on other devices, never on this one, and _new_device does not say how to tell its owner
-- Otherwise 'opened': the device is remembered and the client known (_client_key), the failures of _identifier_key are forgotten and
-- _address_key is given its attempt back, each unless it is NULL. _new_hash: takes the place of the password's hash; NULL: it stays.
-- _signed_in, _new_device: {"topic", "headers", "payload"} of what is published, but for the version, which only the account's row knows;
-- without _signed_in the session is told and recorded nowhere.
CREATE FUNCTION open_session(
    _id uuid, _account_id uuid, _token_hash bytea, _acr text, _amr text[], _now timestamptz, _expires_at timestamptz, _user_agent text,
    _network text, _device_hash bytea, _client_key bytea, _identifier_key bytea, _address_key bytea, _password_hash text,
    _new_hash text, _signed_in jsonb, _new_device jsonb, _client_address text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    _is_second_factor_missing boolean;
    _is_new_device boolean;
    _version bigint;
BEGIN
    PERFORM FROM account WHERE id = _account_id AND (_password_hash IS NULL OR password_hash = _password_hash) FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'password-changed';
    END IF;
    SELECT _acr = 'pwd' AND (
               EXISTS (SELECT FROM passkey WHERE account_id = _account_id)
               OR EXISTS (SELECT FROM totp WHERE account_id = _account_id AND is_in_use)
           ),
           EXISTS (SELECT FROM known_device WHERE account_id = _account_id)
           AND NOT EXISTS (SELECT FROM known_device WHERE account_id = _account_id AND device_hash = _device_hash)
    INTO _is_second_factor_missing, _is_new_device;
    IF _is_second_factor_missing THEN
        RETURN 'second-factor';
    END IF;
    IF _is_new_device AND _signed_in IS NOT NULL AND _new_device IS NULL THEN
        RETURN 'new-device';
    END IF;

    INSERT INTO session (
        id, account_id, token_hash, acr, amr, auth_time, created_at, last_seen_at, expires_at, user_agent, client_address
    ) VALUES (_id, _account_id, _token_hash, _acr, _amr, _now, _now, _now, _expires_at, _user_agent, _network);
    IF _client_key IS NOT NULL THEN
        INSERT INTO known_client (account_id, key, signed_in_at) VALUES (_account_id, _client_key, _now)
        ON CONFLICT ON CONSTRAINT known_client_pk DO UPDATE SET signed_in_at = excluded.signed_in_at;
    END IF;
    INSERT INTO known_device (account_id, device_hash, first_seen_at, last_seen_at) VALUES (_account_id, _device_hash, _now, _now)
    ON CONFLICT ON CONSTRAINT known_device_pk DO UPDATE SET last_seen_at = excluded.last_seen_at;
    PERFORM forget_try(_identifier_key, _address_key, _now);
    IF _signed_in IS NULL THEN
        RETURN 'opened';
    END IF;

    UPDATE account
    SET version = version + CASE WHEN _is_new_device THEN 2 ELSE 1 END, password_hash = coalesce(_new_hash, password_hash)
    WHERE id = _account_id RETURNING version INTO _version;
    INSERT INTO outbox (topic, key, headers, payload)
    SELECT e.told ->> 'topic', convert_to(_account_id::text, 'UTF8'),
           e.told -> 'headers' || jsonb_build_object('ce_sequence', e.version::text),
           convert_to((e.told -> 'payload' || jsonb_build_object('version', e.version))::text, 'UTF8')
    FROM (VALUES
        (_signed_in, CASE WHEN _is_new_device THEN _version - 1 ELSE _version END),
        (CASE WHEN _is_new_device THEN _new_device END, _version)
    ) AS e (told, version)
    WHERE e.told IS NOT NULL ORDER BY e.version;
    PERFORM record_audit(
        _now, 'account:' || _account_id, 'signed-in', _account_id, jsonb_build_object('session_id', _id, 'amr', _amr),
        _client_address, NULL
    );
    RETURN 'opened';
END
$$;
