"""The link in a mail is the proof of its reader: nobody else can make one, and it stops nothing but what it was made for."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.digests.rules import DIGEST
from services.notify.mails.catalogue import MAILS
from services.notify.preferences.tokens import PATH, Unsubscribe, Unsubscribes, make_token, read_token
from services.notify.preferences.topics import ALWAYS, EVERYTHING, KINDS, TOPICS, topic_of

SECRET = b"s" * 32
ADA = UUID("018f6f5e-0000-7000-8000-000000000001")
UNSUBSCRIBES = Unsubscribes("https://immo.example", SECRET)


@given(account_id=st.uuids(), topic=st.sampled_from((*TOPICS, EVERYTHING)))
def test_a_token_says_again_what_it_was_made_for(account_id: UUID, topic: str) -> None:
    unsubscribe = Unsubscribe(account_id, topic)
    assert read_token(SECRET, make_token(SECRET, unsubscribe)) == unsubscribe


@given(at=st.integers(0, 200), character=st.characters(max_codepoint=0x17F))
def test_a_token_that_was_changed_is_worth_nothing(at: int, character: str) -> None:
    token = make_token(SECRET, Unsubscribe(ADA, "wallet"))
    at %= len(token)
    changed = token[:at] + character + token[at + 1 :]
    assert changed == token or read_token(SECRET, changed) in (None, read_token(SECRET, token))


@given(token=st.text(max_size=200))
def test_whatever_is_given_is_answered(token: str) -> None:
    assert read_token(SECRET, token) is None


def test_another_secret_reads_nothing() -> None:
    assert read_token(b"t" * 32, make_token(SECRET, Unsubscribe(ADA, "wallet"))) is None


@pytest.mark.parametrize("kind", MAILS)
def test_what_cannot_be_stopped_has_no_link_and_everything_else_has_one(kind: str) -> None:
    url = UNSUBSCRIBES.url(ADA, kind)
    assert (url is None) == (MAILS[kind].mandatory or kind in ALWAYS)
    assert url is None or url.startswith(f"https://immo.example{PATH}/")


def test_a_mail_about_several_things_stops_all_of_them() -> None:
    url = UNSUBSCRIBES.url(ADA, DIGEST)
    assert url is not None
    assert read_token(SECRET, url.rpartition("/")[2]) == Unsubscribe(ADA, EVERYTHING)


def test_each_kind_stands_in_one_topic_and_is_a_mail() -> None:
    kinds = [kind for kinds in KINDS.values() for kind in kinds]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) <= MAILS.keys()
    assert not any(MAILS[kind].mandatory for kind in kinds)
    assert topic_of("code-activation") is None
