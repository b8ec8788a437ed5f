"""Statements as ISO 20022 camt.053, whatever the version: elements are known by their names alone.

Read entry by entry, so that memory does not grow with the XML. A document type is refused, with it entities of all kinds; nothing is
fetched. Only entries that are booked count, and reversals are no movements of ours: some banks count them in the balances, some do not.
"""

from collections.abc import Iterator

from services.wallet.bank.camt_entries import entry_movements
from services.wallet.bank.camt_xml import Node, cents_of, day_of, signed_cents, xml_events
from services.wallet.bank.rules import Movement, Statement, StatementRefused

__all__ = ["StatementRefused", "parse"]

_OPENING = ("OPBD", "PRCD")
_NAMES = ("BkToCstmrStmt", "BkToCstmrStmtV01", "Stmt", "Ntry")
_MAX_NUMBER = 140


def parse(data: bytes) -> list[Statement]:
    """Raises StatementRefused: for what is empty, torn, no camt.053, or contradicts itself."""
    data = data.strip(b"\x00\x1a\r\n\t ")
    if not data:
        raise StatementRefused(1, "the file is empty")
    return list(_statements(data))


def _statements(data: bytes) -> Iterator[Statement]:
    reading: _Reading | None = None
    is_one, found = False, False
    for event, node in xml_events(data, _NAMES):
        match event, node.name:
            case "start", "BkToCstmrStmt" | "BkToCstmrStmtV01":
                is_one = True
            case "start", "Stmt" if is_one:
                reading = _Reading(node)
            case "end", "Ntry" if reading is not None:
                reading.entry(node)
                node.forget()
            case "end", "Stmt" if reading is not None:
                yield reading.statement()
                reading, found = None, True
                node.forget()
            case _:
                pass
    if not is_one:
        raise StatementRefused(1, "this is no camt.053: it holds no BkToCstmrStmt")
    if not found:
        raise StatementRefused(1, "it holds no statement")


class _Reading:
    """A statement whose entries are still coming."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._movements: list[Movement] = []
        self._currency = ""
        self._reversed = 0
        # All entries and the booked ones: how many, credits, debits. Summaries count the one or the other.
        self._all = _Sums()
        self._booked = _Sums()

    def entry(self, node: Node) -> None:
        currency = self._currency_of_account()
        amount = node.amount("Amt")
        if amount.currency != currency:
            raise amount.refused(f"the entry is in {amount.currency}, the account in {currency}")
        amount_cents = signed_cents(node, amount)
        self._all.add(amount_cents)
        status = node.find("Sts")
        if status is None or (status.text_of("Cd") or status.text_of("Prtry") or status.text) != "BOOK":
            return
        self._booked.add(amount_cents)
        if node.is_true("RvslInd"):
            self._reversed += amount_cents
            return
        self._movements.extend(entry_movements(node, amount_cents))

    def statement(self) -> Statement:
        node = self._node
        currency = self._currency_of_account()
        opening, closing = self._balances()
        moved = sum(movement.amount_cents for movement in self._movements)
        opening_cents, closing_cents = signed_cents(opening, None), signed_cents(closing, None)
        if closing_cents - opening_cents not in (moved, moved + self._reversed):
            raise closing.refused(
                f"the opening balance and the entries make {(opening_cents + moved + self._reversed) / 100:.2f}, "
                f"the closing balance is {closing_cents / 100:.2f}"
            )
        self._check_summary()
        return Statement(
            account_iban=self._account(),
            currency=currency,
            opening_cents=opening_cents,
            closing_cents=closing_cents,
            movements=tuple(self._movements),
            number=(node.text_of("ElctrncSeqNb") or node.text_of("LglSeqNb") or node.text_of("Id") or "")[:_MAX_NUMBER],
            until=day_of(closing, "Dt"),
        )

    def _account(self) -> str:
        account = self._node.find("Acct", "Id")
        found = account and (account.text_of("IBAN") or account.text_of("Othr", "Id"))
        if not found:
            raise self._node.refused("it names no account")
        return "".join(found.split())[:_MAX_NUMBER]

    def _currency_of_account(self) -> str:
        """Of the account, else of its first balance."""
        if not self._currency:
            balance = self._node.find("Bal")
            found = self._node.text_of("Acct", "Ccy") or (balance.amount("Amt").currency if balance else "")
            if not found:
                raise self._node.refused("the account has no currency")
            self._currency = found
        return self._currency

    def _balances(self) -> tuple[Node, Node]:
        """The first opening and the last closing one: a statement of several pages has others between them."""
        by_code: dict[str, list[Node]] = {}
        for balance in self._node.all("Bal"):
            code = balance.text_of("Tp", "CdOrPrtry", "Cd") or balance.text_of("Tp", "Cd") or ""
            if balance.amount("Amt").currency != self._currency_of_account():
                raise balance.refused("the balance is in another currency than the account")
            by_code.setdefault(code, []).append(balance)
        opening = next((by_code[code][0] for code in _OPENING if code in by_code), None)
        if opening is None or "CLBD" not in by_code:
            raise self._node.refused("it has no opening or no closing balance")
        return opening, by_code["CLBD"][-1]

    def _check_summary(self) -> None:
        """What the bank counted, where it did: of all entries or of the booked ones."""
        for path, name in (("TtlNtries", "entries"), ("TtlCdtNtries", "credits"), ("TtlDbtNtries", "debits")):
            total = self._node.find("TxsSummry", path)
            if total is None:
                continue
            count, amount = total.text_of("NbOfNtries"), total.find("Sum")
            fitting = [sums.of(name) for sums in (self._all, self._booked)]
            if count is not None and count not in [str(counted) for counted, _ in fitting]:
                raise total.refused(f"it says {count} {name} and there are {fitting[0][0]}")
            if amount is not None and cents_of(amount) not in [cents for _, cents in fitting]:
                raise total.refused(f"it says {amount.text} of {name} and they sum to {fitting[0][1] / 100:.2f}")


class _Sums:
    def __init__(self) -> None:
        self._counts = {"credits": 0, "debits": 0}
        self._cents = {"credits": 0, "debits": 0}

    def add(self, amount_cents: int) -> None:
        name = "credits" if amount_cents >= 0 else "debits"
        self._counts[name] += 1
        self._cents[name] += abs(amount_cents)

    def of(self, name: str) -> tuple[int, int]:
        """How many, and how much together."""
        if name == "entries":
            return sum(self._counts.values()), sum(self._cents.values())
        return self._counts[name], self._cents[name]
