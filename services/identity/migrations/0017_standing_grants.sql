-- Grants that stand but for the time: they have not ended, nor has their session, their account is active, their client not switched
-- off. Whoever uses one looks at session_expires_at, and at session_seen_at for idleness.
CREATE VIEW standing_grant AS
SELECT g.id, g.account_id, g.subject, g.session_id, g.client_id, g.tool_id, g.scopes, g.organisation_id, g.enterprise_number,
       g.organisation_name, g.usage_mode, g.role, g.recognitions, g.acr, g.acr_claim, g.amr, g.auth_time, g.nonce,
       g.id_token_claims, g.userinfo_claims, s.expires_at AS session_expires_at, s.last_seen_at AS session_seen_at
FROM oidc_grant AS g
JOIN session AS s ON s.id = g.session_id
JOIN account AS a ON a.id = g.account_id
JOIN client AS c ON c.client_id = g.client_id
WHERE g.ended_at IS NULL AND s.ended_at IS NULL AND a.state = 'active' AND c.disabled_at IS NULL;
