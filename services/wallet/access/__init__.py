"""What the organisation service says: who manages what, and which tools are registered."""
