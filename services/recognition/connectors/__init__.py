"""How registries are asked: over HTTP, or by the files that they deliver."""
