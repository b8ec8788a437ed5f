-- My data: what a person tells of themselves besides their account. Lists keep the order that the person gave them.
-- version: counts the changes of the profile, so that of two windows the second is not the one that silently wins.
CREATE TABLE profile (
    account_id        uuid        NOT NULL,
    version           bigint      NOT NULL,
    salutation        text,
    country           text,
    official_language text,
    phones            jsonb       NOT NULL,
    addresses         jsonb       NOT NULL,
    links             jsonb       NOT NULL,
    changed_at        timestamptz NOT NULL,
    CONSTRAINT profile_pk PRIMARY KEY (account_id),
    CONSTRAINT profile_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT profile_salutation CHECK (salutation IN ('mr', 'ms', 'mx')),
    CONSTRAINT profile_country CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT profile_official_language CHECK (official_language IN ('fr', 'nl', 'de')),
    CONSTRAINT profile_phones CHECK (jsonb_typeof(phones) = 'array' AND jsonb_array_length(phones) <= 10),
    CONSTRAINT profile_addresses CHECK (jsonb_typeof(addresses) = 'array' AND jsonb_array_length(addresses) <= 10),
    CONSTRAINT profile_links CHECK (jsonb_typeof(links) = 'array' AND jsonb_array_length(links) <= 10)
);

-- The picture as it was made anew here: square, WebP, without anything that came along with the upload.
CREATE TABLE profile_picture (
    account_id uuid        NOT NULL,
    sha256     text        NOT NULL,
    body       bytea       NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT profile_picture_pk PRIMARY KEY (account_id),
    CONSTRAINT profile_picture_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT profile_picture_size CHECK (length(body) BETWEEN 1 AND 262144)
);
