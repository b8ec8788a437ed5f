"""What the gateway needs to know of the rules that the organisation service applies: which kinds they name, no more. Pure."""

import re

_WORDS = frozenset(("and", "or"))


def kinds_named(*rules: str) -> frozenset[str]:
    """The recognition kinds in rules such as `ipi or (cib and fs323)`: a tool learns of no others."""
    names = (name for rule in rules for name in re.findall(r"[a-z][a-z0-9-]*", rule.lower()))
    return frozenset(name for name in names if name not in _WORDS)
