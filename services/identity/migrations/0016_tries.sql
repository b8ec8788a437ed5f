-- Counts an attempt as failed before it is judged, so that many at once are no way round. NULL: it is counted. Otherwise it is too
-- early: until when, and nothing is counted. _pauses_s: the pause after the first, second, ... failure; the last counts for all
-- further ones. _forget_before: whoever tried last before this begins anew.
-- Where there is no pause nothing is blocked, also not for whoever comes at the same moment with a clock that is a little behind.
CREATE FUNCTION count_try(_key bytea, _pauses_s integer[], _forget_before timestamptz, _now timestamptz)
RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sign_in_throttle AS t (key, failures, blocked_until, tried_at)
    VALUES (
        _key, 1, CASE _pauses_s[1] WHEN 0 THEN to_timestamp(0) ELSE _now + make_interval(secs => _pauses_s[1]) END, _now
    )
    ON CONFLICT ON CONSTRAINT sign_in_throttle_pk DO UPDATE
    SET failures = CASE WHEN t.tried_at < _forget_before THEN 1 ELSE t.failures + 1 END,
        blocked_until = (
            SELECT CASE pause_s WHEN 0 THEN to_timestamp(0) ELSE _now + make_interval(secs => pause_s) END
            FROM (SELECT _pauses_s[
                CASE WHEN t.tried_at < _forget_before THEN 1 ELSE least(t.failures + 1, cardinality(_pauses_s)) END
            ]) AS next (pause_s)
        ),
        tried_at = _now
    WHERE t.blocked_until <= _now;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    -- Whoever blocked it may have succeeded meanwhile; this attempt was too early all the same.
    RETURN coalesce((SELECT blocked_until FROM sign_in_throttle WHERE key = _key), _now);
END
$$;

-- An attempt that succeeded: the failures of its name are forgotten, and its address is given back the one that was counted. NULL:
-- nothing was counted there. The address first, as where they are counted: one order, no deadlock.
CREATE FUNCTION forget_try(_identifier_key bytea, _address_key bytea, _now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sign_in_throttle SET failures = greatest(failures - 1, 0), blocked_until = least(blocked_until, _now)
    WHERE key = _address_key;
    DELETE FROM sign_in_throttle WHERE key = _identifier_key;
END
$$;
