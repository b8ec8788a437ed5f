-- What a tool may ask for, and how it is answered.
-- sector: the host whose tools know a person by one `sub` of their own; NULL: the `sub` that all such tools know (subject_type=public).
-- disabled_at: a client that is switched off gets nothing and keeps nothing.
ALTER TABLE client
    ADD COLUMN sector                       text,
    ADD COLUMN id_token_signed_response_alg text    NOT NULL DEFAULT 'RS256',
    ADD COLUMN require_pkce                 boolean NOT NULL DEFAULT false,
    ADD COLUMN require_par                  boolean NOT NULL DEFAULT false,
    ADD COLUMN disabled_at                  timestamptz,
    ADD CONSTRAINT client_sector CHECK (sector <> ''),
    ADD CONSTRAINT client_id_token_signed_response_alg CHECK (id_token_signed_response_alg IN ('RS256', 'ES256'));

-- acr_values: as the tool named them; is_acr_essential: it wants its own word back. organisation: an id or an enterprise number.
-- id_token_claims, userinfo_claims: asked for by name. subject: who it must be, as the tool knows them.
ALTER TABLE authorization_request
    ADD COLUMN response_mode    text    NOT NULL DEFAULT 'query',
    ADD COLUMN acr_values       text[]  NOT NULL DEFAULT '{}',
    ADD COLUMN is_acr_essential boolean NOT NULL DEFAULT false,
    ADD COLUMN organisation     text,
    ADD COLUMN id_token_claims  text[]  NOT NULL DEFAULT '{}',
    ADD COLUMN userinfo_claims  text[]  NOT NULL DEFAULT '{}',
    ADD COLUMN subject          text,
    ADD CONSTRAINT authorization_request_response_mode CHECK (response_mode IN ('query', 'form_post'));

-- subject: the `sub` of everything that the tool is told about this person. acr_claim: `acr` in the tool's own word.
ALTER TABLE oidc_grant
    ADD COLUMN subject         text,
    ADD COLUMN acr_claim       text,
    ADD COLUMN id_token_claims text[] NOT NULL DEFAULT '{}',
    ADD COLUMN userinfo_claims text[] NOT NULL DEFAULT '{}';
UPDATE oidc_grant SET subject = account_id::text, acr_claim = acr;
ALTER TABLE oidc_grant ALTER COLUMN subject SET NOT NULL, ALTER COLUMN acr_claim SET NOT NULL;

-- Requests that tools pushed (RFC 9126): taken once, by the client that pushed it. uri_hash: SHA-256 of the request_uri.
CREATE TABLE pushed_request (
    uri_hash   bytea       NOT NULL,
    client_id  text        NOT NULL,
    parameters jsonb       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pushed_request_pk PRIMARY KEY (uri_hash),
    CONSTRAINT pushed_request_client FOREIGN KEY (client_id) REFERENCES client ON DELETE CASCADE
);
CREATE INDEX pushed_request_expiry ON pushed_request (expires_at);

-- Answers on their way to a tool by form_post. sealed: under the token in the browser's address, of which only the SHA-256 is here.
CREATE TABLE form_post_answer (
    token_hash bytea       NOT NULL,
    sealed     bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT form_post_answer_pk PRIMARY KEY (token_hash)
);
CREATE INDEX form_post_answer_expiry ON form_post_answer (expires_at);

-- A tool sent its person here to sign out. post_logout_redirect_uri: a registered one, or NULL for our own page.
CREATE TABLE logout_request (
    id                       uuid        NOT NULL,
    client_id                text        NOT NULL,
    post_logout_redirect_uri text,
    state                    text,
    logout_hint              text,
    ui_locales               text,
    expires_at               timestamptz NOT NULL,
    CONSTRAINT logout_request_pk PRIMARY KEY (id),
    CONSTRAINT logout_request_client FOREIGN KEY (client_id) REFERENCES client ON DELETE CASCADE
);
CREATE INDEX logout_request_expiry ON logout_request (expires_at);

-- Of each algorithm the key that became active last signs; a later one is only published, earlier ones only verify.
DROP INDEX signing_key_one_active, signing_key_one_next;
ALTER TABLE signing_key
    ADD COLUMN algorithm   text NOT NULL DEFAULT 'ES256',
    ADD COLUMN activates_at timestamptz;
UPDATE signing_key SET activates_at = coalesce(activated_at, created_at);
ALTER TABLE signing_key
    ALTER COLUMN algorithm DROP DEFAULT,
    ALTER COLUMN activates_at SET NOT NULL,
    DROP COLUMN state,
    DROP COLUMN activated_at,
    DROP COLUMN retired_at,
    ADD CONSTRAINT signing_key_algorithm CHECK (algorithm IN ('ES256', 'RS256')),
    ADD CONSTRAINT signing_key_order UNIQUE (algorithm, activates_at);

-- Random keys under the master key, which may thus be exchanged without changing what is computed with them.
CREATE TABLE wrapped_secret (
    name       text        NOT NULL,
    wrapped    bytea       NOT NULL,
    wrapped_by text        NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT wrapped_secret_pk PRIMARY KEY (name)
);
CREATE INDEX data_key_wrapped_by ON data_key (wrapped_by) WHERE wrapped IS NOT NULL;
