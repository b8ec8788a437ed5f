"""A tool that knows people by a `sub` of its own can be told apart, and asked about, by it; nobody else learns whose it is."""

from typing import Any

from tests.identity import oidc_steps as steps
from tests.identity.oidc_changes import change
from tests.identity.world import Someone, Tool, World

SECTOR = "finder.example"


async def pairwise_tool(world: World, client_id: str = "finder") -> Tool:
    tool = await world.register(client_id)
    await change(world, tool, sector=SECTOR)
    return tool


async def known(person: Someone, tool: Tool, world: World) -> str:
    """The `sub` that the tool gets."""
    tokens = await steps.start(person, tool)
    return (await steps.claims_of(world, tokens["id_token"]))["sub"]


async def resolved(world: World, *subjects: str, sector: str = SECTOR) -> dict[str, str]:
    body: dict[str, Any] = {"sector": sector, "subjects": list(subjects)}
    answer = await world.http.post("/internal/subjects", json=body, headers=world.mint.peer("organisation", "identity"))
    assert answer.status_code == 200
    return answer.json()["accounts"]


async def test_who_is_meant_by_the_sub_of_a_sector_is_known_once_a_tool_was_told(world: World) -> None:
    ada, bram = await world.someone(), await world.someone()
    tool = await pairwise_tool(world)
    subject = await known(ada, tool, world)
    assert subject != str(ada.account_id)
    assert await resolved(world, subject, str(bram.account_id)) == {subject: str(ada.account_id)}
    assert await resolved(world, subject, sector="elsewhere.example") == {}
    assert await resolved(world, str(ada.account_id)) == {}, "the account's id is no sub there"
    assert await known(ada, tool, world) == subject


async def test_a_tool_that_knows_people_by_their_account_leaves_no_trace(world: World) -> None:
    ada = await world.someone()
    assert await known(ada, await world.register("plain"), world) == str(ada.account_id)
    assert await world.run("SELECT count(*) FROM pairwise_subject") == 0


async def test_the_mapping_goes_with_the_account(world: World) -> None:
    ada = await world.someone()
    subject = await known(ada, await pairwise_tool(world), world)
    await world.run("DELETE FROM account WHERE id = $1", ada.account_id)
    assert await resolved(world, subject) == {}


async def test_only_the_organisation_service_may_ask(world: World) -> None:
    body: dict[str, Any] = {"sector": SECTOR, "subjects": []}
    for headers in ({}, world.mint.peer("gateway", "identity"), world.mint.peer("wallet", "identity")):
        answer = await world.http.post("/internal/subjects", json=body, headers=headers)
        assert answer.status_code in (401, 403)


async def test_the_token_of_a_tool_says_in_which_sector_it_knows_people(world: World) -> None:
    for tool, sector in ((await pairwise_tool(world), SECTOR), (await world.register("plain"), None)):
        answer = await steps.token_request(world, tool, grant_type="client_credentials", scope="charges")
        assert (await steps.claims_of(world, answer.json()["access_token"])).get("sector") == sector
