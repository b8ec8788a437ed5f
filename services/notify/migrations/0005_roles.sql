-- roles: {usage mode: {role: {language: name}}}, for the mail about another role.
ALTER TABLE tool ADD COLUMN roles jsonb NOT NULL DEFAULT '{}';

-- How much somebody has heard of one organisation lately.
CREATE INDEX delivery_of_organisation ON delivery (account_id, (params ->> 'organisation_id'), created_at);
