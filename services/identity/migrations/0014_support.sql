-- Support staff: who may look into accounts of others, and for what they did.
CREATE TABLE staff (
    account_id   uuid        NOT NULL,
    role         text        NOT NULL,
    appointed_at timestamptz NOT NULL,
    CONSTRAINT staff_pk PRIMARY KEY (account_id),
    CONSTRAINT staff_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT staff_role CHECK (role IN ('support'))
);

-- Nobody's account is looked into without a reason: a member of the staff opens a case, and all they do stands under it.
-- staff_id outlives the account that it was: it says nothing of a person.
CREATE TABLE support_case (
    id         uuid        NOT NULL,
    staff_id   uuid        NOT NULL,
    account_id uuid        NOT NULL,
    reason     text        NOT NULL,
    opened_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT support_case_pk PRIMARY KEY (id),
    CONSTRAINT support_case_account FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT support_case_reason CHECK (length(reason) BETWEEN 10 AND 1000)
);
CREATE INDEX support_case_account_opened ON support_case (account_id, opened_at);
CREATE INDEX support_case_staff ON support_case (staff_id, opened_at);

-- People who ask for help know their names, seldom more.
CREATE INDEX account_names ON account (lower(last_name) text_pattern_ops, lower(first_name) text_pattern_ops);
