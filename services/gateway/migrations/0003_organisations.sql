-- What the events of organisations tell besides.

-- Which terms of the tool the organisation accepted last; empty where nobody told yet.
ALTER TABLE registration ADD COLUMN terms_version text NOT NULL DEFAULT '';

-- Which picture it shows; the organisation service has it under this name.
ALTER TABLE organisation ADD COLUMN logo uuid;
