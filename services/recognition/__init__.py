"""The professional recognitions that people hold, as the registries vouch for them."""
