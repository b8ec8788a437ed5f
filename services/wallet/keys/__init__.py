"""The keys of tools: what each did, once. One space for each tool, whatever the operation."""
