"""Organisations, their employees, the catalogue of tools, and who may use which tool as what."""
