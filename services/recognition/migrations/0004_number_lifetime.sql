-- number_at: when the national number last came with a card; it is kept for a time from then, and no longer.
ALTER TABLE subject ADD COLUMN number_at timestamptz NOT NULL DEFAULT now();
UPDATE subject SET number_at = linked_at;
CREATE INDEX subject_number_at ON subject (number_at) WHERE national_number IS NOT NULL;
