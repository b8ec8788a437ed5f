"""Statements as camt.053: what is read from each version, and what is refused."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.wallet.bank import camt053 as parser
from services.wallet.bank.communications import digits_of
from services.wallet.bank.rules import Movement, Statement, StatementRefused
from tests.wallet.statements import (
    DAY,
    OTHER,
    camt,
    camt_amount,
    camt_entry,
    camt_transaction,
    movement,
    statement,
    statements,
)

OURS = digits_of(1_234_567)
ONE = statement(movement(5_000, structured=OURS), movement(-1_250, free_text="COSTS"))


def refused(data: bytes) -> StatementRefused:
    with pytest.raises(StatementRefused) as caught:
        parser.parse(data)
    return caught.value


def with_entries(*entries: str, cents: int = 0) -> list[Movement]:
    """The movements of a statement that holds these entries, which move so much."""
    empty = statement()
    whole = replace(empty, closing_cents=empty.opening_cents + cents)
    [found] = parser.parse(camt(whole, extra="".join(entries)))
    return list(found.movements)


def details(*movements: Movement, version: str = "08") -> str:
    return "".join(
        f"<TxDtls>{camt_amount(one.amount_cents)}{camt_transaction(one, version)}</TxDtls>" for one in movements
    )


@given(st.lists(statements(), min_size=1, max_size=3), st.sampled_from(["02", "04", "06", "08", "10", "13"]))
@settings(max_examples=80, deadline=None)
def test_what_was_written_is_read_again(found: list[Statement], version: str) -> None:
    assert parser.parse(camt(*found, version=version)) == found


def test_number_and_day_of_the_statement_are_kept() -> None:
    [found] = parser.parse(camt(replace(ONE, number="42")))
    assert (found.number, found.until) == ("42", DAY)


def test_prefixes_and_no_namespace_at_all_are_the_same() -> None:
    plain = camt(ONE).replace(b' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"', b"")
    assert parser.parse(plain) == [ONE]
    prefixed = plain.replace(b"</", b"</n:").replace(b"<", b"<n:").replace(b"<n:/n:", b"</n:").replace(b"<n:?", b"<?")
    prefixed = prefixed.replace(b"<n:Document>", b'<n:Document xmlns:n="urn:some:version">')
    assert parser.parse(prefixed) == [ONE]
    assert parser.parse(b"\xef\xbb\xbf" + plain + b"\n\n") == [ONE]


def test_only_booked_entries_count() -> None:
    waiting = camt_entry(movement(700), status="PDNG")
    information = camt_entry(movement(800), status="INFO", version="08")
    assert with_entries(waiting, information, camt_entry(movement(100)), cents=100) == [movement(100)]
    assert refused(camt(statement(), extra=camt_entry(movement(100)))).reason


@pytest.mark.parametrize("counted", [True, False])
def test_a_reversal_is_no_movement_whether_the_balances_count_it_or_not(counted: bool) -> None:
    entry = camt_entry(movement(300), more="<RvslInd>true</RvslInd>")
    assert with_entries(entry, cents=300 if counted else 0) == []


def test_the_transactions_of_a_batch_are_movements_where_their_amounts_make_up_the_entry() -> None:
    inside = (movement(3_000, structured=OURS), movement(2_000, free_text="rent"))
    entry = camt_entry(movement(5_000), details=details(*inside))
    assert with_entries(entry, cents=5_000) == list(inside)


def test_a_batch_whose_transactions_say_nothing_of_amounts_is_one_movement() -> None:
    inside = "".join(f"<TxDtls>{camt_transaction(movement(structured=OURS))}</TxDtls>" for _ in range(2))
    [found] = with_entries(camt_entry(movement(5_000), details=inside), cents=5_000)
    assert (found.amount_cents, found.structured, found.counterparty_iban) == (5_000, None, None)


def test_a_batch_that_contradicts_its_entry_is_refused_unless_costs_explain_it() -> None:
    inside = details(movement(3_000), movement(1_000))
    whole = replace(statement(), closing_cents=105_000)
    assert (
        "its transactions sum to 40.00"
        in refused(camt(whole, extra=camt_entry(movement(5_000), details=inside))).reason
    )
    costs = "<Chrgs><Rcrd/></Chrgs>"
    [found] = with_entries(camt_entry(movement(5_000), more=costs, details=inside), cents=5_000)
    assert found.amount_cents == 5_000


def test_the_other_side_is_who_paid_or_who_was_paid() -> None:
    both = (
        "<TxDtls><RltdPties><Dbtr><Nm>PAYER</Nm></Dbtr><DbtrAcct><Id><IBAN>BE68 5390 0754 7034</IBAN></Id></DbtrAcct>"
        "<Cdtr><Pty><Nm>PAID</Nm></Pty></Cdtr></RltdPties></TxDtls>"
    )
    came, left = with_entries(
        camt_entry(movement(100), details=both), camt_entry(movement(-100), details=both), cents=0
    )
    assert (came.counterparty_name, came.counterparty_iban) == ("PAYER", OTHER)
    assert (left.counterparty_name, left.counterparty_iban) == ("PAID", None)


@pytest.mark.parametrize(
    ("remittance", "structured", "text"),
    [
        (
            f"<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>BBA</Issr></Tp><Ref>{OURS}</Ref></CdtrRefInf></Strd>",
            OURS,
            "",
        ),
        (
            "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>BBA</Issr></Tp><Ref>+++000/1234/56748+++</Ref></CdtrRefInf></Strd>",
            OURS,
            "",
        ),
        (
            "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>BBA</Issr></Tp><Ref>000123456749</Ref></CdtrRefInf></Strd>",
            None,
            "000123456749",
        ),
        (
            "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>ISO</Issr></Tp><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>",
            None,
            "RF18539007547034",
        ),
        ("<Ustrd>wallet +++000/1234/56748+++</Ustrd>", OURS, "wallet +++000/1234/56748+++"),
        ("<Ustrd>first part</Ustrd><Ustrd>and second</Ustrd>", None, "first part and second"),
        ("", None, ""),
    ],
)
def test_communications(remittance: str, structured: str | None, text: str) -> None:
    inside = f"<TxDtls><RmtInf>{remittance}</RmtInf></TxDtls>"
    [found] = with_entries(camt_entry(movement(100), details=inside), cents=100)
    assert (found.structured, found.free_text) == (structured, text)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("1037.50", "1037.51", "the closing balance is 1037.51"),
        ("1000.00", "1000.01", "the closing balance is"),
        ('<Amt Ccy="EUR">50.00', '<Amt Ccy="EUR">50.01', "the closing balance is"),
        ('<Amt Ccy="EUR">50.00', '<Amt Ccy="EUR">50.001', "whole number of cents"),
        ('<Amt Ccy="EUR">50.00', '<Amt Ccy="EUR">-50.00', "is no amount"),
        ('<Amt Ccy="EUR">50.00', '<Amt Ccy="EUR">5e1', "is no amount"),
        ('<Amt Ccy="EUR">50.00', '<Amt Ccy="USD">50.00', "the entry is in USD"),
        ('<Amt Ccy="EUR">50.00', "<Amt>50.00", "is no currency"),
        ("CRDT</CdtDbtInd><Sts>", "BOTH</CdtDbtInd><Sts>", "neither credit nor debit"),
        ("<Dt>2026-11-20</Dt></BookgDt>", "<Dt>2026-11-31</Dt></BookgDt>", "is no date"),
        ("CLBD", "CLAV", "no opening or no closing balance"),
        ("OPBD", "ITBD", "no opening or no closing balance"),
        ("BkToCstmrStmt", "BkToCstmrAcctRpt", "no camt.053"),
        ("</Ntry>", "</Entry>", "no well-formed XML"),
        ("<IBAN>BE71096123456769</IBAN>", "", "names no account"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_with_line_and_reason(old: str, new: str, reason: str) -> None:
    error = refused(camt(ONE).decode().replace(old, new).encode())
    assert reason in error.reason
    assert error.line >= 1


def test_summaries_are_believed_only_where_they_fit() -> None:
    def summary(count: int, total: str) -> bytes:
        entries, total_in = f"<NbOfNtries>{count}</NbOfNtries>", f"<Sum>{total}</Sum>"
        text = f"<TxsSummry><TtlNtries>{entries}</TtlNtries><TtlCdtNtries>{total_in}</TtlCdtNtries></TxsSummry>"
        return camt(ONE).replace(b"<Ntry>", text.encode() + b"<Ntry>", 1)

    assert parser.parse(summary(2, "50.00")) == [ONE]
    assert "it says 3 entries" in refused(summary(3, "50.00")).reason
    assert "of credits" in refused(summary(2, "50.01")).reason


def test_the_line_is_the_one_of_the_entry() -> None:
    data = camt(ONE).replace(b'<Amt Ccy="EUR">12.50', b'<Amt Ccy="EUR">12.505')
    assert refused(data).line == 4


def test_what_is_empty_torn_or_a_trap_is_refused() -> None:
    whole = camt(ONE)
    for data in (b"", b"  \n", b"not xml", b"<a/>", whole[: len(whole) // 2], whole + b"<x/>"):
        assert refused(data).line >= 1
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    file = b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    for trap in (bomb, file):
        data = whole.replace(b"<Document", trap + b"<Document", 1)
        assert "document type" in refused(data).reason
        wide = data.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
        assert "document type" in refused(wide).reason


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_one_wrong_character_is_refused_or_changes_no_money(data: st.DataObject) -> None:
    text = camt(ONE).decode()
    begin = text.index("<Bal>")
    at = data.draw(st.integers(begin, len(text) - 1))
    other = data.draw(st.sampled_from("0123456789.-x<"))
    try:
        found = parser.parse((text[:at] + other + text[at + 1 :]).encode())
    except StatementRefused:
        return
    assert [[one.amount_cents for one in each.movements] for each in found] == [[5_000, -1_250]]


def test_what_is_longer_than_a_bank_writes_is_cut_or_left_out() -> None:
    """The database indexes it."""
    long = movement(
        5_000, counterparty_name="N" * 9_000, counterparty_iban="BE" + "9" * 9_000, bank_reference="R" * 9_000
    )
    [found] = with_entries(camt_entry(long), cents=5_000)
    assert (found.counterparty_name, found.counterparty_iban, found.bank_reference) == ("N" * 140, None, "R" * 140)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("inside", ["&bomb;", '<Ntry Ccy="&bomb;"/>'])
def test_no_entity_is_opened_in_whatever_encoding(encoding: str, inside: str) -> None:
    names = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 12))
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE D [<!ENTITY e0 "{"x" * 100}">{names}<!ENTITY bomb "&e11;">]>'
    data = f"{text}<Document><BkToCstmrStmt><Stmt>{inside}</Stmt></BkToCstmrStmt></Document>".encode(encoding)
    began = time.perf_counter()
    refused(data)
    assert time.perf_counter() - began < 2
