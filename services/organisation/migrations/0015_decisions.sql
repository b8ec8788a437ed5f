-- What a person holds is read by every decision: out of the index alone.
ALTER TABLE recognition_held
    DROP CONSTRAINT recognition_held_pk,
    ADD CONSTRAINT recognition_held_pk PRIMARY KEY (account_id, kind, source) INCLUDE (valid_until);
