"""How often Python looks for garbage that refers to itself."""

import gc

# Requests make little of it: looked for less often than is usual, in more at once.
THRESHOLD = (10_000, 20, 20)


def collect_seldom() -> None:
    """For a process that serves, when all of it is imported: that stays, and need not be looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLD)
