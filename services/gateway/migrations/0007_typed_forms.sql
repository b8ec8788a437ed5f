-- What was typed into a form whose session had ended, for half an hour: sealed under what only the person's browser has.
CREATE TABLE typed_form (
    id bytea NOT NULL,
    owner text NOT NULL,
    sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT typed_form_pkey PRIMARY KEY (id),
    CONSTRAINT typed_form_size CHECK (octet_length(sealed) <= 70000)
);

CREATE INDEX typed_form_owner_idx ON typed_form (owner, expires_at);
CREATE INDEX typed_form_expires_at_idx ON typed_form (expires_at);
