"""What a wallet's page reads: its transactions, filtered and sorted; files of them; its balance over time and spending."""
