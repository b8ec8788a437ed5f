"""The movements of one booked entry of a camt.053."""

import re
from datetime import date

from services.wallet.bank.camt_xml import Node, cents_of, day_of
from services.wallet.bank.communications import MAX_TEXT, find_structured, is_structured
from services.wallet.bank.rules import Movement, one_line

_MAX_NAME, _MAX_REFERENCE = 140, 140
"""As the schema has them; a file that does not keep to it must not be what the database cannot index."""

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{8,30}")
_NONE_GIVEN = ("NOTPROVIDED", "NOT PROVIDED", "NONREF")


def entry_movements(entry: Node, amount_cents: int) -> list[Movement]:
    """One for each transaction of an entry, where their own amounts make up the entry's; else one for the whole entry."""
    booked, valued = day_of(entry, "BookgDt"), day_of(entry, "ValDt")
    booking_date, value_date = booked or valued, valued or booked
    if booking_date is None or value_date is None:
        raise entry.refused("the entry has no date")
    transactions = [one for details in entry.all("NtryDtls") for one in details.all("TxDtls")]
    amounts = _own_amounts(entry, transactions, amount_cents)
    if amounts is None:
        only = transactions[0] if len(transactions) == 1 else None
        return [_movement(entry, only, amount_cents, booking_date, value_date)]
    return [
        _movement(entry, one, cents, booking_date, value_date) for one, cents in zip(transactions, amounts, strict=True)
    ]


def _own_amounts(entry: Node, transactions: list[Node], amount_cents: int) -> list[int] | None:
    """None where the transactions do not say what each of them is of the entry's amount. Raises StatementRefused."""
    if len(transactions) < 2:
        return None
    currency = entry.amount("Amt").currency
    found = [_own_amount(one) for one in transactions]
    amounts = [_signed(one, cents_of(own), amount_cents) for one, own in zip(transactions, found, strict=True) if own]
    if len(amounts) == len(found) and all(own is not None and own.currency == currency for own in found):
        if sum(amounts) == amount_cents:
            return amounts
        has_costs = entry.find("Chrgs") or any(one.find("Chrgs") for one in transactions)
        if not has_costs and all(one.find("Amt") for one in transactions):
            raise entry.refused(
                f"its transactions sum to {sum(amounts) / 100:.2f}, the entry is {amount_cents / 100:.2f}"
            )
    return None


def _own_amount(transaction: Node) -> Node | None:
    """Versions before 4 have it in the details only."""
    return transaction.find("Amt") or transaction.find("AmtDtls", "TxAmt", "Amt")


def _signed(transaction: Node, cents: int, amount_cents: int) -> int:
    """In the direction of the transaction, else of the entry."""
    direction = transaction.text_of("CdtDbtInd")
    is_debit = direction == "DBIT" if direction else amount_cents < 0
    return -cents if is_debit else cents


def _movement(entry: Node, one: Node | None, amount_cents: int, booking_date: date, value_date: date) -> Movement:
    structured, free_text = _communication(entry, one)
    name, iban = _other_side(one, amount_cents) if one else (None, None)
    return Movement(
        amount_cents=amount_cents,
        value_date=value_date,
        booking_date=booking_date,
        structured=structured,
        free_text=free_text,
        counterparty_name=name,
        counterparty_iban=iban,
        bank_reference=_reference(entry, one),
    )


def _communication(entry: Node, one: Node | None) -> tuple[str | None, str]:
    said: list[str] = []
    structured: list[str] = []
    information = one.find("RmtInf") if one else None
    for part in information.all("Strd") if information else ():
        reference, digits = _creditor_reference(part)
        if digits:
            structured.append(digits)
        elif reference:
            said.append(reference)
        said.extend(more.text for more in part.all("AddtlRmtInf"))
    if information:
        said.extend(part.text for part in information.all("Ustrd"))
    text = one_line(" ".join(said)[:MAX_TEXT])
    if not text and not structured:
        known = (one.text_of("AddtlTxInf") if one else None) or entry.text_of("AddtlNtryInf") or ""
        text = one_line(known[:MAX_TEXT])
    if structured:
        return structured[0] if len(set(structured)) == 1 else None, text or " ".join(structured[1:])
    return find_structured(text), text


def _creditor_reference(part: Node) -> tuple[str, str | None]:
    """The reference, and the twelve digits where it is a Belgian structured communication. One by ISO begins with RF."""
    reference = one_line(part.text_of("CdtrRefInf", "Ref") or "")
    digits = re.sub(r"[ /+*.\-]", "", reference)
    kind = part.find("CdtrRefInf", "Tp") or part.find("CdtrRefInf", "CdtrRefTp")
    issuer = (kind.text_of("Issr") if kind else None) or "BBA"
    return reference, digits if issuer.upper() == "BBA" and is_structured(digits) else None


def _other_side(transaction: Node, amount_cents: int) -> tuple[str | None, str | None]:
    """Who paid, of money that came in; who was paid, of money that left."""
    role = "Dbtr" if amount_cents >= 0 else "Cdtr"
    parties = transaction.find("RltdPties")
    if parties is None:
        return None, None
    name = parties.text_of(role, "Nm") or parties.text_of(role, "Pty", "Nm")
    iban = parties.text_of(f"{role}Acct", "Id", "IBAN")
    account = "".join(iban.split()).upper() if iban else ""
    return one_line(name[:_MAX_NAME]) if name else None, account if _IBAN.fullmatch(account) else None


def _reference(entry: Node, one: Node | None) -> str:
    """The bank's own: of the entry, for each of several transactions its own where it has one."""
    own = one.text_of("Refs", "AcctSvcrRef") if one else None
    of_entry = entry.text_of("AcctSvcrRef")
    for found in (own, of_entry, entry.text_of("NtryRef")):
        if found and found.upper() not in _NONE_GIVEN:
            return one_line(found[:_MAX_REFERENCE])
    return ""
