"""A receipt is saved from the page of a wallet."""

from shared.ids import new_id
from tests.gateway.conftest import Gateway

DISPOSITION = 'attachment; filename="receipt-12-2026-03-29.pdf"'


def knows(gateway: Gateway, *, status: int = 200) -> str:
    """The page of one transaction, of which the wallet has a receipt or has not."""
    organisation_id, transaction_id = new_id(), new_id()
    key = f"GET /api/wallets/{organisation_id}/transactions/{transaction_id}/receipt.pdf"
    wallet = gateway.peers["wallet"]
    wallet.answers[key] = (status, "the file")
    wallet.headers[key] = {"content-type": "application/pdf", "content-disposition": DISPOSITION,
                           "cache-control": "private, no-cache", "set-cookie": "a=b"}  # fmt: skip
    return f"/organisations/{organisation_id}/wallet/transactions/{transaction_id}"


async def test_a_receipt_is_passed_on_to_be_saved_and_can_do_nothing(gateway: Gateway) -> None:
    gateway.sign_in()
    answer = await gateway.http.get(f"{knows(gateway)}/receipt")
    assert (answer.status_code, answer.text) == (200, '"the file"')
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == DISPOSITION
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "set-cookie" not in answer.headers
    [asked] = gateway.peers["wallet"].asked
    assert asked.headers["accept-language"] == "en"
    assert asked.headers["authorization"].startswith("Bearer ")


async def test_where_there_is_none_the_page_of_the_transaction_says_why(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, status=404)
    answer = await gateway.http.get(f"{path}/receipt")
    assert (answer.status_code, answer.headers["location"]) == (303, path)


async def test_who_may_not_see_the_wallet_is_told_so_and_nobody_gets_one_without_signing_in(gateway: Gateway) -> None:
    path = knows(gateway, status=403)
    assert (await gateway.http.get(f"{path}/receipt")).headers["location"].startswith("/sign-in")
    gateway.sign_in()
    assert (await gateway.http.get(f"{path}/receipt")).status_code == 403
