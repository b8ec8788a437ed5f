-- What authorities said of cards' certificates, shared by all instances until it is outdated. certificate: SHA-256 of its DER.
CREATE TABLE revocation_answer (
    certificate bytea       NOT NULL,
    status      text        NOT NULL,
    source      text        NOT NULL,
    this_update timestamptz NOT NULL,
    refresh_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT revocation_answer_pk PRIMARY KEY (certificate),
    CONSTRAINT revocation_answer_status CHECK (status IN ('good', 'revoked')),
    CONSTRAINT revocation_answer_source CHECK (source IN ('ocsp', 'crl')),
    CONSTRAINT revocation_answer_times CHECK (refresh_at <= expires_at)
);
CREATE INDEX revocation_answer_expiry ON revocation_answer (expires_at);

-- Lists of revoked certificates, as their authorities signed them. issuer: SHA-256 of the authority's certificate.
CREATE TABLE revocation_list (
    issuer      bytea       NOT NULL,
    address     text        NOT NULL,
    der         bytea       NOT NULL,
    this_update timestamptz NOT NULL,
    next_update timestamptz NOT NULL,
    CONSTRAINT revocation_list_pk PRIMARY KEY (issuer, address)
);
