"""Whatever arrives as a card's token: it names a cardholder or is refused with a code, and nothing else ever comes out."""

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.identity.eid import Cardholder, EidRefused, validate
from tests.identity.pki import NONCE, NOW, ORIGIN, Pki, pki

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=10,
)
FIELDS = ("format", "algorithm", "signature", "unverifiedCertificate", "appVersion")


def outcome(token: Any, infrastructure: Pki) -> Cardholder | EidRefused:
    try:
        return validate(token, nonce=NONCE, origin=ORIGIN, now=NOW, trust=infrastructure.trust)
    except EidRefused as refused:
        return refused


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=400), JSON, st.fixed_dictionaries(dict.fromkeys(FIELDS, JSON))))
def test_fuzz_any_input_gives_a_refusal(token: Any) -> None:
    assert isinstance(outcome(token, pki()), EidRefused)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FIELDS), st.integers(0, 2000), st.characters(), st.sampled_from(["ES384", "RS256"]))
def test_fuzz_one_changed_character_is_refused_or_harmless(
    field: str, position: int, char: str, algorithm: str
) -> None:
    token = pki().card(algorithm=algorithm).token()
    text = str(token[field])
    position %= len(text)
    changed = text[:position] + char + text[position + 1 :]
    result = outcome({**token, field: changed}, pki())
    # Accepted means unchanged in meaning: an unused field, or the very same bytes.
    if isinstance(result, Cardholder) and field not in ("appVersion", "format"):
        assert changed == text or base64.b64decode(changed) == base64.b64decode(text)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 40))
def test_fuzz_changed_bytes_of_a_certificate_never_escape_as_another_error(
    changes: list[tuple[int, int]], cut: int
) -> None:
    card = pki().card()
    der = bytearray(card.der)
    for position, byte in changes:
        der[position % len(der)] = byte
    text = base64.b64encode(bytes(der[: len(der) - cut if cut > 20 else None])).decode()
    result = outcome(card.token(unverifiedCertificate=text), pki())
    assert isinstance(result, EidRefused) or bytes(der) == card.der
