"""Cards judged with what their authority says: asked once, remembered, shared by all instances, and what happens in an outage."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from cryptography.x509.ocsp import OCSPCertStatus

from services.identity.eid import Cardholder, EidRefused, validate
from services.identity.eid.revocation import store
from services.identity.eid.revocation.answers import Answer
from services.identity.eid.revocation.checker import Checked, Revocations
from shared.db import Database
from tests.identity.pki import NONCE, NOW, ORIGIN, Card, make_authority, pki
from tests.identity.responder import HOUR, Reply, Responder, ocsp_answer, responder, revoked_list
from tests.support import databases

DOWN = Reply(status=503)
LATER = NOW + timedelta(minutes=50)


@pytest.fixture
async def authority() -> AsyncIterator[Responder]:
    async with responder() as made:
        yield made


@pytest_asyncio.fixture(scope="module")
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    """One for the whole file: each test has cards of its own."""
    dsn = await databases.create_from(postgres_dsn, await databases.template_for(postgres_dsn, "identity"))
    shared = Database(dsn, application_name="test-revocation", max_size=5)
    await shared.open()
    yield shared
    await shared.close()
    await databases.drop(postgres_dsn, dsn)


@pytest.fixture
def process(database: Database, authority: Responder) -> Callable[..., Revocations]:
    """`process(on_outage=...)`: what one process of the service has. Two share nothing but the database."""
    tls = ssl.create_default_context()
    return lambda **policy: Revocations(authority.policy(**policy), database, tls)


async def check(
    revocations: Revocations, card: Card, *, now: datetime = NOW, is_linked: Any = None, **token: Any
) -> Checked[Cardholder]:
    def judge(revocation: Any) -> Cardholder:
        options: dict[str, Any] = {"nonce": NONCE, "origin": ORIGIN, "trust": pki().trust}
        return validate(card.token(**token), now=now, revocation=revocation, **options)

    return await revocations.check(judge, now=now, is_linked=is_linked)


async def refusal(revocations: Revocations, card: Card, **options: Any) -> str:
    with pytest.raises(EidRefused) as caught:
        await check(revocations, card, **options)
    return caught.value.code


def answering(card: Card, **changes: Any) -> Callable[[bytes], Reply]:
    return lambda question: Reply(ocsp_answer(question, card, **changes))


async def test_good_is_accepted_revoked_and_unknown_are_not(
    process: Callable[..., Revocations], authority: Responder
) -> None:
    good, revoked, unknown = (authority.card() for _ in range(3))
    revocations = process()
    authority.reply = answering(good)
    assert (await check(revocations, good)).revocation == "good"
    authority.reply = answering(revoked, status=OCSPCertStatus.REVOKED)
    assert await refusal(revocations, revoked) == "certificate-revoked"
    authority.reply = answering(unknown, status=OCSPCertStatus.UNKNOWN)
    assert await refusal(revocations, unknown) == "revocation-unavailable"


async def test_nobody_is_asked_before_the_card_is_trusted_and_the_signature_comes_last(
    process: Callable[..., Revocations], authority: Responder
) -> None:
    card, revocations = authority.card(), process()
    stranger = authority.card(issuer=make_authority("Stranger CA"))
    assert await refusal(revocations, stranger) == "certificate-not-trusted"
    assert await refusal(revocations, authority.card(not_after=NOW - HOUR)) == "certificate-expired"
    assert authority.asked == []
    authority.reply = answering(card, status=OCSPCertStatus.REVOKED)
    assert await refusal(revocations, card, nonce="another") == "certificate-revoked"
    other = authority.card()
    authority.reply = answering(other)
    assert await refusal(revocations, other, nonce="another") == "signature-invalid"


async def test_an_answer_is_remembered_and_shared_until_it_ends(
    process: Callable[..., Revocations], authority: Responder
) -> None:
    card, first = authority.card(), process()
    authority.reply = answering(card)
    await check(first, card)
    await check(first, card, now=NOW + timedelta(minutes=30))
    await check(process(), card, now=NOW + timedelta(minutes=30))
    assert len(authority.asked) == 1
    authority.reply = lambda _: DOWN
    for revocations in (first, process()):
        assert await refusal(revocations, card, now=NOW + HOUR) == "revocation-unavailable"


async def test_an_answer_is_renewed_before_it_ends_and_stands_in_while_that_fails(
    process: Callable[..., Revocations], authority: Responder
) -> None:
    card, revocations = authority.card(), process()
    authority.reply = answering(card)
    await check(revocations, card)
    authority.reply = lambda _: DOWN
    assert (await check(revocations, card, now=LATER)).revocation == "good"
    assert (await check(revocations, card, now=LATER)).revocation == "good"
    assert len(authority.asked) == 2
    authority.reply = answering(card, status=OCSPCertStatus.REVOKED, this_update=LATER, next_update=LATER + HOUR)
    assert await refusal(revocations, card, now=LATER + timedelta(minutes=1)) == "certificate-revoked"


async def test_what_another_process_learnt_counts_as_soon_as_one_looks(
    process: Callable[..., Revocations], authority: Responder
) -> None:
    card, first, second = authority.card(), process(), process()
    authority.reply = answering(card)
    await check(first, card)
    authority.reply = answering(card, this_update=LATER, next_update=LATER + HOUR)
    await check(second, card, now=LATER)
    authority.reply = lambda _: DOWN
    assert (await check(first, card, now=NOW + HOUR)).revocation == "good"
    assert len(authority.asked) == 2


async def test_an_older_answer_does_not_take_the_place_of_a_newer_one(
    process: Callable[..., Revocations], authority: Responder, database: Database
) -> None:
    newer = Answer("revoked", "ocsp", LATER, LATER, LATER + HOUR)
    older = Answer("good", "ocsp", NOW, NOW, LATER + HOUR)
    async with database.transaction() as db:
        await store.save_answer(db, b"c", newer)
        await store.save_answer(db, b"c", older)
        assert await store.find_answer(db, b"c", now=NOW) == newer
        await store.delete_outdated(db, before=LATER + 2 * HOUR)
        assert await store.find_answer(db, b"c", now=NOW) is None


async def test_many_who_come_at_once_ask_once(process: Callable[..., Revocations], authority: Responder) -> None:
    card, revocations = authority.card(), process()
    authority.reply = lambda question: Reply(ocsp_answer(question, card), after_s=0.3)
    checked = await asyncio.gather(*(check(revocations, card) for _ in range(8)))
    assert {each.revocation for each in checked} == {"good"}
    assert len(authority.asked) == 1


async def test_in_an_outage_nobody_comes_in_unless_the_operator_lets_linked_cards(
    process: Callable[..., Revocations], authority: Responder
) -> None:
    asked_about: list[Cardholder] = []

    async def linked(card: Cardholder) -> bool:
        asked_about.append(card)
        return True

    async def not_linked(card: Cardholder) -> bool:
        return False

    card, lenient = authority.card(), process(on_outage="allow-linked")
    authority.reply = lambda _: DOWN
    assert await refusal(process(), card, is_linked=linked) == "revocation-unavailable"
    assert (await check(lenient, card, is_linked=linked)).revocation == "unavailable"
    assert await refusal(lenient, card, is_linked=not_linked) == "revocation-unavailable"
    assert await refusal(lenient, card) == "revocation-unavailable"
    assert await refusal(lenient, card, is_linked=linked, nonce="another") == "signature-invalid"
    assert len(asked_about) == 1


@pytest.mark.parametrize("changes", [{"status": OCSPCertStatus.UNKNOWN}, {"nonce": b"x"}, {"this_update": NOW + HOUR}])
async def test_only_an_outage_is_forgiven(
    process: Callable[..., Revocations], authority: Responder, changes: dict[str, Any]
) -> None:
    async def linked(card: Cardholder) -> bool:
        return True

    card = authority.card()
    authority.reply = answering(card, **changes)
    assert await refusal(process(on_outage="allow-linked"), card, is_linked=linked) == "revocation-unavailable"


async def test_lists_are_the_second_way(process: Callable[..., Revocations], authority: Responder) -> None:
    good, revoked = authority.card(), authority.card()
    der = revoked_list(revoked)
    authority.reply = lambda body: DOWN if body else Reply(der)
    revocations = process(sources=("ocsp", "crl"))
    assert (await check(revocations, good)).revocation == "good"
    assert await refusal(revocations, revoked) == "certificate-revoked"
    assert [body for body in authority.asked if not body] == [b""]


async def test_a_list_is_kept_for_all_cards_and_instances_until_it_ends(
    process: Callable[..., Revocations], authority: Responder
) -> None:
    authority.reply = lambda _: Reply(revoked_list())
    first, lists_only = authority.card(), {"sources": ("crl",)}
    assert (await check(process(**lists_only), first)).revocation == "good"
    authority.reply = lambda _: DOWN
    for _ in range(2):
        assert (await check(process(**lists_only), authority.card())).revocation == "good"
    assert len(authority.asked) == 1
    assert await refusal(process(**lists_only), authority.card(), now=NOW + HOUR) == "revocation-unavailable"


@pytest.mark.parametrize(
    ("reply", "policy"),
    [
        (Reply(status=302, headers=("Location: /other.crl",)), {}),
        (Reply(b"garbage"), {}),
        (Reply(b"x" * 3000), {"crl_max_bytes": 2000}),
        (Reply(after_s=60), {"crl_timeout_s": 0.2}),
        (DOWN, {}),
    ],
)
async def test_a_list_that_cannot_be_had_says_nothing(
    process: Callable[..., Revocations], authority: Responder, reply: Reply, policy: dict[str, Any]
) -> None:
    authority.reply = lambda _: reply
    assert await refusal(process(sources=("crl",), **policy), authority.card()) == "revocation-unavailable"


async def test_where_revocation_is_switched_off_nobody_is_asked(
    process: Callable[..., Revocations], authority: Responder
) -> None:
    assert (await check(process(sources=()), authority.card())).revocation == "off"
    assert authority.asked == []
