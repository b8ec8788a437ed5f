"""What stops a command with a sentence instead of a trace."""


class Refused(Exception):
    """The command cannot do what was asked; the text says why, and what to do instead."""
