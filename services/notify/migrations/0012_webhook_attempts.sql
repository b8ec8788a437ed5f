-- Calls of a delivery that were not taken, the last twenty of each. The one that was taken is the delivery itself, so that most
-- deliveries, which are taken at once, cost nothing here. Never what was answered. They go with their delivery.
CREATE TABLE webhook_attempt (
    delivery_id bigint NOT NULL,
    n bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    status integer,
    duration_ms integer NOT NULL,
    error text NOT NULL,
    CONSTRAINT webhook_attempt_pk PRIMARY KEY (delivery_id, n),
    CONSTRAINT webhook_attempt_delivery FOREIGN KEY (delivery_id) REFERENCES webhook_delivery ON DELETE CASCADE
);
