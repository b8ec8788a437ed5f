"""Cards of other countries: off unless configured, and never a Belgian number."""

from pathlib import Path
from typing import Any

import pytest

from shared.events.identity import EidLinked, ForeignEidLinked
from tests.identity.cards import answer_with, belgian_trust, card_of_today, sign_in_with, write_trust
from tests.identity.conftest import WorldOf
from tests.identity.pki import NUMBER, Authority, Card, make_authority
from tests.identity.world import World

POLICY = "1.3.6.1.4.1.51361.1.2.1"
CODE = "PNOEE-38001085718"


@pytest.fixture(scope="module")
def abroad() -> Authority:
    return make_authority("Test EE Root CA", path_length=1, country="EE")


@pytest.fixture
async def world(world_of: WorldOf, tmp_path: Path, abroad: Authority) -> World:
    foreign = write_trust(tmp_path / "foreign", [abroad], [])
    return await world_of(
        eid_trust=belgian_trust(tmp_path / "belgian"), eid_foreign_trust=foreign, eid_foreign_policies=[POLICY]
    )


def card_from(authority: Authority, **person: Any) -> Card:
    return card_of_today(
        issuer=authority, policy=POLICY, **{"first": "Liis", "last": "Tamm", "number": CODE, "country": "EE", **person}
    )


async def test_by_default_no_other_country_is_believed(world_of: WorldOf, tmp_path: Path, abroad: Authority) -> None:
    world = await world_of(eid_trust=belgian_trust(tmp_path))
    person = await world.someone()
    assert (await answer_with(person, card_from(abroad))).json()["code"] == "policy-not-allowed"
    assert (await sign_in_with(world, card_from(abroad))).json()["code"] == "policy-not-allowed"


async def test_an_account_that_is_linked_to_a_foreign_card_is_opened_by_it(world: World, abroad: Authority) -> None:
    person = await world.someone()
    card = card_from(abroad)
    assert (await answer_with(person, card)).json()["last_name"] == "Tamm"
    signed = (await sign_in_with(world, card)).json()["session"]["account"]
    assert (signed["id"], signed["acr"]) == (str(person.account_id), "eid")
    (linked,) = await world.events(ForeignEidLinked)
    assert linked.account_id == person.account_id
    assert await world.events(EidLinked) == []
    assert (await person.api("GET", "/api/eid")).json()["link"]["kind"] == "foreign"
    stranger = await sign_in_with(world, card_from(abroad, number="PNOEE-38001085719"))
    assert "stranger" in stranger.json()


async def test_what_another_country_writes_is_never_a_belgian_number(world: World, abroad: Authority) -> None:
    """A card from abroad with a Belgian's eleven digits, and even with Belgium as its country, is not that Belgian's."""
    belgian = await world.someone()
    assert (await answer_with(belgian, card_of_today())).status_code == 200
    for country in ("EE", "BE"):
        answer = await sign_in_with(world, card_from(abroad, number=NUMBER, country=country))
        assert answer.json() == {"stranger": {"first_name": "Liis", "last_name": "Tamm"}}
    other = await world.someone()
    assert (await answer_with(other, card_from(abroad, number=NUMBER, country="BE"))).status_code == 200
    assert await world.run("SELECT birth_date FROM account WHERE id = $1", other.account_id) is None
    assert len(await world.events(EidLinked)) == 1


async def test_a_foreign_card_must_be_of_an_accepted_kind_and_authority(world: World, abroad: Authority) -> None:
    stranger = make_authority("Test LV Root CA", path_length=1, country="LV")
    codes = [
        (await sign_in_with(world, card_from(stranger))).json()["code"],
        (await sign_in_with(world, card_of_today(issuer=abroad, policy="1.2.3.4"))).json()["code"],
        (await sign_in_with(world, card_from(abroad), signature="AAAA")).json()["code"],
        (await sign_in_with(world, card_from(abroad, number=""))).json()["code"],
    ]
    assert codes == ["policy-not-allowed", "policy-not-allowed", "signature-invalid", "eid-without-number"]
