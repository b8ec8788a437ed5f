"""Money of top-ups that goes back: refunds, and what payers' banks take."""
