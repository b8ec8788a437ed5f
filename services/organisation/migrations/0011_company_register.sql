-- The public register of companies, as its files say. There are two slots: one answers, a full file is put in the other, and then they
-- change places; so nothing half done is ever seen.
CREATE TABLE register_enterprise (
    slot              smallint NOT NULL,
    enterprise_number text     NOT NULL,
    status            text     NOT NULL,
    legal_form        text,
    start_date        date,
    name_fr           text,
    name_nl           text,
    name_de           text,
    name_en           text,
    name_other        text,
    street_fr         text,
    street_nl         text,
    house_number      text,
    box               text,
    postal_code       text,
    city_fr           text,
    city_nl           text,
    country_fr        text,
    country_nl        text,
    nace_version      smallint,
    nace_code         text,
    CONSTRAINT register_enterprise_pk PRIMARY KEY (slot, enterprise_number)
) PARTITION BY LIST (slot);
CREATE TABLE register_enterprise_0 PARTITION OF register_enterprise FOR VALUES IN (0);
CREATE TABLE register_enterprise_1 PARTITION OF register_enterprise FOR VALUES IN (1);

-- One row at most: which slot answers, and what is in it.
CREATE TABLE register_state (
    only_row       boolean     NOT NULL DEFAULT true,
    slot           smallint    NOT NULL,
    extract_number integer     NOT NULL,
    kind           text        NOT NULL,
    snapshot_date  date        NOT NULL,
    enterprises    integer     NOT NULL,
    imported_at    timestamptz NOT NULL,
    CONSTRAINT register_state_pk PRIMARY KEY (only_row),
    CONSTRAINT register_state_one CHECK (only_row),
    CONSTRAINT register_state_slot CHECK (slot IN (0, 1)),
    CONSTRAINT register_state_kind CHECK (kind IN ('full', 'update'))
);
