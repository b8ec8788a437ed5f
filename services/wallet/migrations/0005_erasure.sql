-- Whose charges and top-ups these are: asked when somebody wants to read what is known of them, or to be erased.
CREATE INDEX charge_account ON charge (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX top_up_requested_by ON top_up (requested_by);
CREATE INDEX member_account ON member (account_id);
