-- is_leaving: the erasure has begun. Of the person only the address and language are left, for the one mail that is still to come.
ALTER TABLE recipient
    ADD COLUMN is_leaving boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT recipient_leaving_has_no_name CHECK (NOT is_leaving OR (first_name = '' AND last_name = ''));
