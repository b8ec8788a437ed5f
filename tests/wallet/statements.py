"""Bank statements of a test, and what hypothesis makes of them."""

import string
from datetime import date, timedelta
from decimal import Decimal
from html import escape
from typing import Any

from hypothesis import strategies as st

from services.wallet.bank.communications import digits_of, find_structured
from services.wallet.bank.rules import Movement, Statement

DAY = date(2026, 11, 20)
IBAN = "BE71096123456769"
OTHER = "BE68539007547034"


def movement(cents: int = 5_000, **more: Any) -> Movement:
    usual: dict[str, Any] = {
        "value_date": DAY,
        "booking_date": DAY,
        "structured": None,
        "free_text": "",
        "counterparty_name": "IMMO PEETERS",
        "counterparty_iban": OTHER,
        "bank_reference": "REF0001",
    }
    return Movement(amount_cents=cents, **{**usual, **more})


def statement(*movements: Movement, opening: int = 100_000, number: str = "", **more: Any) -> Statement:
    closing = opening + sum(one.amount_cents for one in movements)
    return Statement(IBAN, "EUR", opening, closing, movements, **{"number": number, "until": DAY, **more})


_LETTERS = string.ascii_letters + "éèçàùïë &,:()"
_names = st.text(_LETTERS, max_size=35).map(str.strip).map(lambda text: " ".join(text.split()) or None)
_texts = st.text(_LETTERS + string.digits + "+/.*", max_size=140).map(lambda text: " ".join(text.split()))
_days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
_structured = st.integers(0, 9_999_999_999).map(digits_of)


@st.composite
def movements(draw: st.DrawFn) -> Movement:
    booked = draw(_days)
    structured = draw(st.none() | _structured)
    text = "" if structured else draw(_texts)
    return Movement(
        amount_cents=draw(st.integers(-99_999_999, 99_999_999)),
        value_date=booked + timedelta(days=draw(st.integers(-3, 3))),
        booking_date=booked,
        structured=structured or find_structured(text),
        free_text=text,
        counterparty_name=draw(_names),
        counterparty_iban=draw(st.sampled_from([None, OTHER, "NL91ABNA0417164300", "LU280019400644750000"])),
        bank_reference=draw(st.text(string.ascii_uppercase + string.digits, max_size=21)),
    )


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    found = tuple(draw(st.lists(movements(), max_size=6)))
    opening = draw(st.integers(-(10**11), 10**11))
    closing = opening + sum(one.amount_cents for one in found)
    return Statement(IBAN, draw(st.sampled_from(["EUR", "USD"])), opening, closing, found, until=draw(_days))


def camt(*found: Statement, version: str = "02", **more: str) -> bytes:
    """more: `extra` XML after the entries, `sts` how a status is written."""
    body = "".join(_camt_statement(one, version, **more) for one in found)
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    head = "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-20T20:00:00</CreDtTm></GrpHdr>"
    inside = f"<BkToCstmrStmt>{head}{body}</BkToCstmrStmt>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space}">{inside}</Document>'.encode()


def _camt_statement(one: Statement, version: str, *, extra: str = "") -> str:
    entries = "\n".join(camt_entry(found, one.currency, version) for found in one.movements)
    return (
        f"<Stmt><Id>S{one.number or 1}</Id><ElctrncSeqNb>{one.number or 1}</ElctrncSeqNb><Acct><Id><IBAN>{one.account_iban}</IBAN></Id>"
        f"<Ccy>{one.currency}</Ccy></Acct>{_balance('OPBD', one.opening_cents, one)}{_balance('CLBD', one.closing_cents, one)}\n"
        f"{entries}{extra}</Stmt>"
    )


def _balance(code: str, cents: int, one: Statement) -> str:
    day = (one.until or DAY).isoformat()
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{camt_amount(cents, one.currency)}<Dt><Dt>{day}</Dt></Dt></Bal>"


def camt_amount(cents: int, currency: str = "EUR") -> str:
    """An amount and its direction."""
    return f'<Amt Ccy="{currency}">{Decimal(abs(cents)) / 100:.2f}</Amt><CdtDbtInd>{"DBIT" if cents < 0 else "CRDT"}</CdtDbtInd>'


def camt_entry(
    one: Movement,
    currency: str = "EUR",
    version: str = "02",
    *,
    status: str = "BOOK",
    more: str = "",
    details: str | None = None,
) -> str:
    sts = f"<Sts><Cd>{status}</Cd></Sts>" if int(version) >= 8 else f"<Sts>{status}</Sts>"
    reference = f"<AcctSvcrRef>{one.bank_reference}</AcctSvcrRef>" if one.bank_reference else ""
    inside = f"<TxDtls>{camt_transaction(one, version)}</TxDtls>" if details is None else details
    return (
        f"<Ntry>{camt_amount(one.amount_cents, currency)}{more}{sts}<BookgDt><Dt>{one.booking_date}</Dt></BookgDt>"
        f"<ValDt><DtTm>{one.value_date}T00:00:00+01:00</DtTm></ValDt>{reference}<NtryDtls>{inside}</NtryDtls></Ntry>"
    )


def camt_transaction(one: Movement, version: str = "02") -> str:
    role = "Dbtr" if one.amount_cents >= 0 else "Cdtr"
    name = f"<Nm>{escape(one.counterparty_name)}</Nm>" if one.counterparty_name else ""
    party = f"<Pty>{name}</Pty>" if int(version) >= 8 else name
    account = f"<{role}Acct><Id><IBAN>{one.counterparty_iban}</IBAN></Id></{role}Acct>" if one.counterparty_iban else ""
    typed = one.structured is not None and one.free_text
    said = f"<Ustrd>{escape(one.free_text)}</Ustrd>" if one.free_text else ""
    if one.structured and not typed:
        kind = "<Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>BBA</Issr></Tp>"
        said = f"<Strd><CdtrRefInf>{kind}<Ref>{one.structured}</Ref></CdtrRefInf></Strd>"
    return f"<RltdPties><{role}>{party}</{role}>{account}</RltdPties><RmtInf>{said}</RmtInf>"
