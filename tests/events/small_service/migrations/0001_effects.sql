-- What the writers did, and what came of it. Nothing here is unique, so that a second effect would be seen.
CREATE TABLE wallet (
    id      uuid    NOT NULL,
    version integer NOT NULL,
    CONSTRAINT wallet_pk PRIMARY KEY (id)
);
CREATE TABLE effect (
    n         bigint  GENERATED ALWAYS AS IDENTITY,
    kind      text    NOT NULL,
    wallet_id uuid    NOT NULL,
    version   integer NOT NULL
);
