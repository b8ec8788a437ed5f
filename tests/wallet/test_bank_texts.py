"""Who made a transfer is known for as long as the books are kept, and no longer."""

from datetime import UTC, date, datetime, timedelta

from services.wallet.bank.jobs import forgotten_texts
from services.wallet.settings import WalletSettings
from tests.conftest import ClientOf
from tests.support.mint import Mint
from tests.wallet.bank_desk import open_bank
from tests.wallet.coda_writer import coda
from tests.wallet.statements import camt

LONG_AGO = date(2013, 5, 6)


async def test_who_paid_is_forgotten_after_ten_years_and_nothing_is_credited_again(
    client_of: ClientOf, mint: Mint
) -> None:
    bank = await open_bank(client_of, mint)
    old = bank.transfer(booking_date=LONG_AGO, value_date=LONG_AGO, bank_reference="CODA1")
    statement = bank.statement(old, bank.transfer(7_000), until=date.today())
    await bank.take(coda(statement))
    keep_days = bank.app.at.settings.bank_texts_keep_days
    for _ in range(2):
        await forgotten_texts(bank.database, keep_days=keep_days)()
    listed = {one["amount_cents"]: one for one in await bank.listed("credited")}
    told = {cents: (one["counterparty_name"], one["counterparty_iban"]) for cents, one in listed.items()}
    assert told[5_000] == (None, None)
    assert None not in told[7_000]
    assert listed[5_000]["structured"] == bank.digits
    again = await bank.take(
        camt(bank.statement(bank.transfer(booking_date=LONG_AGO, value_date=LONG_AGO, bank_reference="X9")))
    )
    assert (again["new"], again["again"]) == (0, 1)
    assert await bank.balance() == 12_000
    assert keep_days == WalletSettings.model_fields["bank_texts_keep_days"].default
    assert datetime.now(UTC).date() - timedelta(days=keep_days) > LONG_AGO
