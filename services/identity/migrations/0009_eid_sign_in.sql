-- Signing in with a card.
-- kind: whose number number_hash is of: a Belgian national number, or what another country's card calls its holder.
-- certificate_ending, valid_until: of the card that was used last, for its holder to know it by. used_at: when that was.
-- number_sent_at: when the sealed number was last published; those who may keep it keep it for a time only.
ALTER TABLE eid_link
    ADD COLUMN kind               text        NOT NULL DEFAULT 'belgian',
    ADD COLUMN certificate_ending text        NOT NULL DEFAULT '',
    ADD COLUMN valid_until        timestamptz,
    ADD COLUMN used_at            timestamptz,
    ADD COLUMN number_sent_at     timestamptz,
    ADD CONSTRAINT eid_link_kind CHECK (kind IN ('belgian', 'foreign'));
CREATE INDEX eid_link_hash_key ON eid_link (hash_key_id);

-- The challenge for a browser in which nobody is signed in. binding: SHA-256 of what the gateway knows the browser by.
CREATE TABLE eid_visitor_challenge (
    binding    bytea       NOT NULL,
    nonce      text        NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT eid_visitor_challenge_pk PRIMARY KEY (binding)
);
CREATE INDEX eid_visitor_challenge_expiry ON eid_visitor_challenge (expires_at);
