"""The world outside the platform, for demos and tests: mail, registries, payments and identity cards."""
