"""The platform's own terms of use."""

TERMS_VERSION = "2025-01"
"""Of the text in templates/help/terms.html; a change of the text is a new version."""
