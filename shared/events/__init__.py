"""The event contracts: what each service publishes, by producer. See registry.py for all of them together."""
