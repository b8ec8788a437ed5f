CREATE INDEX audit_log_account ON audit_log (account_id, id) WHERE account_id IS NOT NULL;
