"""Registries that deliver a file now and then."""
