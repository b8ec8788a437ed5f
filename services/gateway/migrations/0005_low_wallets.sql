-- Below what a wallet is low: whoever sees it is told where they work in its name. 0 until it was low for the first time.
ALTER TABLE wallet ADD COLUMN low_threshold_cents bigint NOT NULL DEFAULT 0;
