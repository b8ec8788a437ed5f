"""What the gateway needs to know of the rules that the organisation service applies: which kinds they name, no more. Pure."""

import re

_WORDS = frozenset(("and", "or", "all", "any", "of", "manager"))
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_LIST = re.compile(r"\bon\s+list\s+[a-z][a-z0-9-]*")


def kinds_named(*rules: str) -> frozenset[str]:
    """The recognition kinds in rules such as `ipi or (cib and on list pilots)`: a tool learns of no others."""
    names = (name for rule in rules for name in _NAME.findall(_LIST.sub(" ", rule.lower())))
    return frozenset(name for name in names if name not in _WORDS)
