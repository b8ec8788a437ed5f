-- Tools may ask for an organisation by its enterprise number.
CREATE INDEX organisation_by_number ON organisation (enterprise_number);
