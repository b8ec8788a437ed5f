"""XML elements by their names alone, and the amounts and days in them."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from importlib import import_module
from io import BytesIO
from typing import Any

from services.wallet.bank.rules import StatementRefused

# It has no types of its own.
_ETREE: Any = import_module("lxml.etree")
_DECLARED = "a document type or an entity is declared, which no statement needs"
_AMOUNT = re.compile(r"\+?([0-9]{1,13})(?:\.([0-9]{1,5}))?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2}|T.*)?")


class Node:
    """An element of any namespace."""

    __slots__ = ("_element", "name")

    def __init__(self, element: Any) -> None:
        self._element = element
        self.name = str(element.tag).rpartition("}")[2]

    @property
    def line(self) -> int:
        return int(self._element.sourceline or 1)

    @property
    def text(self) -> str:
        return (self._element.text or "").strip()

    @property
    def currency(self) -> str:
        return str(self._element.get("Ccy") or "").strip()

    def refused(self, reason: str) -> StatementRefused:
        return StatementRefused(self.line, reason)

    def all(self, name: str) -> Iterator["Node"]:
        for child in self._element.iterchildren(f"{{*}}{name}"):
            yield Node(child)

    def find(self, *path: str) -> "Node | None":
        """The first one at this path."""
        element = self._element
        for name in path:
            element = next(element.iterchildren(f"{{*}}{name}"), None)
            if element is None:
                return None
        return Node(element)

    def text_of(self, *path: str) -> str | None:
        """The text at this path; None where there is no such element or it is empty."""
        found = self.find(*path)
        return (found.text or None) if found is not None else None

    def amount(self, name: str) -> "Node":
        """An amount with its currency. Raises StatementRefused."""
        found = self.find(name)
        if found is None:
            raise self.refused(f"{self.name} has no {name}")
        if not _CURRENCY.fullmatch(found.currency):
            raise found.refused(f"{found.currency!r} is no currency")
        return found

    def is_true(self, name: str) -> bool:
        return (self.text_of(name) or "").lower() in ("true", "1")

    def forget(self) -> None:
        """It was read: its memory, and that of those of its kind before it, is not needed any more."""
        element = self._element
        element.clear()
        while (before := element.getprevious()) is not None and before.tag == element.tag:
            element.getparent().remove(before)


def xml_events(data: bytes, names: Sequence[str]) -> Iterator[tuple[str, Node]]:
    """`start` and `end` of elements with these names. Raises StatementRefused, also for a document type: no bomb is opened."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise StatementRefused(1, _DECLARED)
    safely = {"resolve_entities": False, "no_network": True, "huge_tree": False, "load_dtd": False}
    wanted = {"events": ("start", "end"), "tag": [f"{{*}}{name}" for name in names]}
    is_first = True
    try:
        for event, element in _ETREE.iterparse(
            BytesIO(data), remove_comments=True, remove_pis=True, **wanted, **safely
        ):
            if is_first and element.getroottree().docinfo.internalDTD is not None:
                raise StatementRefused(1, _DECLARED)
            is_first = False
            yield event, Node(element)
    except _ETREE.XMLSyntaxError as error:
        raise StatementRefused(error.lineno or 1, f"this is no well-formed XML: {error.msg}") from error


def cents_of(node: Node) -> int:
    """Raises StatementRefused for what is no amount, negative, or no whole number of cents."""
    found = _AMOUNT.fullmatch(node.text)
    if found is None:
        raise node.refused(f"{node.text!r} is no amount")
    decimals = (found[2] or "").ljust(2, "0")
    if decimals[2:].strip("0"):
        raise node.refused(f"{node.text} is no whole number of cents")
    return int(found[1]) * 100 + int(decimals[:2])


def signed_cents(node: Node, amount: Node | None) -> int:
    """Of a balance, an entry or one of its transactions: negative for a debit. amount: its Amt where that was looked up already."""
    cents = cents_of(amount or node.amount("Amt"))
    match node.text_of("CdtDbtInd"):
        case "CRDT":
            return cents
        case "DBIT":
            return -cents
        case other:
            raise node.refused(f"{node.name} is neither credit nor debit: {other!r}")


def day_of(node: Node, name: str) -> date | None:
    """Of a Dt or DtTm in this element, or of the element itself. The day that the bank wrote, whatever the time zone."""
    found = node.find(name)
    if found is None:
        return None
    text = found.text_of("Dt") or found.text_of("DtTm") or found.text
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        return datetime.fromisoformat(match[1]).date()
    except ValueError as error:
        raise found.refused(f"{text!r} is no date") from error
