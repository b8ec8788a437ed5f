-- What an older tool knew of who works where, for enterprises that are not here yet. Taken when the organisation is created.
CREATE TABLE expected_employee (
    enterprise_number text        NOT NULL,
    account_id        uuid        NOT NULL,
    type              text        NOT NULL,
    manager           boolean     NOT NULL,
    is_trusted        boolean     NOT NULL,
    email             text        NOT NULL,
    expected_at       timestamptz NOT NULL,
    CONSTRAINT expected_employee_pk PRIMARY KEY (enterprise_number, account_id),
    CONSTRAINT expected_employee_type CHECK (type IN ('head', 'employee', 'self-employed', 'trainee', 'external'))
);
CREATE INDEX expected_employee_account ON expected_employee (account_id);
