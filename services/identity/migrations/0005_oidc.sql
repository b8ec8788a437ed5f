-- Programs that sign people in here. secret_hash: keyed; NULL for a public client, which cannot keep a secret.
CREATE TABLE client (
    client_id                 text        NOT NULL,
    name                      text        NOT NULL,
    tool_id                   text        NOT NULL,
    secret_hash               bytea,
    redirect_uris             text[]      NOT NULL,
    post_logout_redirect_uris text[]      NOT NULL,
    backchannel_logout_uri    text,
    acr                       text        NOT NULL,
    scopes                    text[]      NOT NULL,
    changed_at                timestamptz NOT NULL,
    CONSTRAINT client_pk PRIMARY KEY (client_id),
    CONSTRAINT client_acr CHECK (acr IN ('pwd', 'mfa', 'eid')),
    -- The scope of the platform's own pages opens everything that a person may do.
    CONSTRAINT client_is_not_the_platform CHECK (NOT 'platform' = ANY (scopes))
);

-- A tool asks to sign someone in; it waits here while the gateway leads the person through its screens.
CREATE TABLE authorization_request (
    id             uuid        NOT NULL,
    client_id      text        NOT NULL,
    redirect_uri   text        NOT NULL,
    scopes         text[]      NOT NULL,
    state          text,
    nonce          text,
    code_challenge text,
    acr            text        NOT NULL,
    prompt         text[]      NOT NULL,
    max_age_s      integer,
    login_hint     text,
    ui_locales     text,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    CONSTRAINT authorization_request_pk PRIMARY KEY (id),
    CONSTRAINT authorization_request_client FOREIGN KEY (client_id) REFERENCES client ON DELETE CASCADE
);
CREATE INDEX authorization_request_expiry ON authorization_request (expires_at);

-- What a person granted a tool: to work as one organisation, in one usage mode and role, for as long as the session lasts.
-- id is the `sid` that the tool sees: several grants of one session end apart from each other.
CREATE TABLE oidc_grant (
    id                uuid        NOT NULL,
    account_id        uuid        NOT NULL,
    session_id        uuid        NOT NULL,
    client_id         text        NOT NULL,
    tool_id           text        NOT NULL,
    scopes            text[]      NOT NULL,
    organisation_id   uuid        NOT NULL,
    enterprise_number text        NOT NULL,
    organisation_name text        NOT NULL,
    usage_mode        text        NOT NULL,
    role              text        NOT NULL,
    recognitions      text[]      NOT NULL,
    acr               text        NOT NULL,
    amr               text[]      NOT NULL,
    auth_time         timestamptz NOT NULL,
    nonce             text,
    created_at        timestamptz NOT NULL,
    ended_at          timestamptz,
    end_reason        text,
    CONSTRAINT oidc_grant_pk PRIMARY KEY (id),
    CONSTRAINT oidc_grant_session FOREIGN KEY (session_id) REFERENCES session ON DELETE CASCADE,
    CONSTRAINT oidc_grant_client FOREIGN KEY (client_id) REFERENCES client ON DELETE CASCADE,
    CONSTRAINT oidc_grant_ended CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX oidc_grant_session_open ON oidc_grant (session_id) WHERE ended_at IS NULL;
CREATE INDEX oidc_grant_organisation_open ON oidc_grant (organisation_id, account_id) WHERE ended_at IS NULL;

-- Codes and refresh tokens: SHA-256 of what was given out. A used one stays until it expires, so that a second use is noticed.
CREATE TABLE oidc_code (
    code_hash      bytea       NOT NULL,
    grant_id       uuid        NOT NULL,
    client_id      text        NOT NULL,
    redirect_uri   text        NOT NULL,
    code_challenge text,
    expires_at     timestamptz NOT NULL,
    used_at        timestamptz,
    CONSTRAINT oidc_code_pk PRIMARY KEY (code_hash),
    CONSTRAINT oidc_code_grant FOREIGN KEY (grant_id) REFERENCES oidc_grant ON DELETE CASCADE
);
CREATE TABLE oidc_refresh_token (
    token_hash bytea       NOT NULL,
    grant_id   uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT oidc_refresh_token_pk PRIMARY KEY (token_hash),
    CONSTRAINT oidc_refresh_token_grant FOREIGN KEY (grant_id) REFERENCES oidc_grant ON DELETE CASCADE
);
CREATE INDEX oidc_code_expiry ON oidc_code (expires_at);
CREATE INDEX oidc_refresh_token_expiry ON oidc_refresh_token (expires_at);
