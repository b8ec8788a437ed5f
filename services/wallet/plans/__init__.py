"""What tools sell in advance: plans, which pay for uses, and packs of credits."""
