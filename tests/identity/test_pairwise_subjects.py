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


async def as_known_by(world: World, client_id: str, *accounts: object, caller: str = "notify") -> Any:
    body = {"client_id": client_id, "accounts": [str(account_id) for account_id in accounts]}
    headers = world.mint.peer(caller, "identity")
    return await world.http.post("/internal/subjects/of-client", json=body, headers=headers)


async def test_a_client_is_told_of_people_by_the_sub_that_it_will_get_of_them(world: World) -> None:
    ada, bram = await world.someone(), await world.someone()
    tool = await pairwise_tool(world)
    answer = (await as_known_by(world, tool.client_id, ada.account_id, bram.account_id)).json()
    assert (answer["is_pairwise"], len(set(answer["subjects"].values()))) == (True, 2)
    subject = answer["subjects"][str(ada.account_id)]
    assert subject == await known(ada, tool, world), "also before its first sign-in there"
    assert await resolved(world, subject) == {subject: str(ada.account_id)}
    again = (await as_known_by(world, tool.client_id, ada.account_id)).json()
    assert again["subjects"] == {str(ada.account_id): subject}


async def test_a_client_that_knows_people_by_their_account_needs_no_subjects(world: World) -> None:
    ada, plain = await world.someone(), await world.register("plain")
    answer = (await as_known_by(world, plain.client_id, ada.account_id)).json()
    assert answer["subjects"] == {}
    assert not answer["is_pairwise"]
    assert await world.run("SELECT count(*) FROM pairwise_subject") == 0


async def test_the_client_alone_can_be_asked_about(world: World) -> None:
    tool = await pairwise_tool(world)
    expected = await world.run("SELECT tool_id FROM client WHERE client_id = $1", tool.client_id)
    assert (await as_known_by(world, tool.client_id)).json() == {
        "tool_id": expected,
        "is_pairwise": True,
        "subjects": {},
    }
    assert await world.run("SELECT count(*) FROM pairwise_subject") == 0


async def test_a_client_that_is_unknown_or_switched_off_is_told_of_nobody(world: World) -> None:
    ada, tool = await world.someone(), await pairwise_tool(world)
    assert (await as_known_by(world, "nobody", ada.account_id)).json()["code"] == "client-unknown"
    disable = f"/internal/clients/{tool.client_id}/disable"
    assert (await world.http.post(disable, headers=world.mint.peer("operator", "identity"))).status_code == 204
    off = await as_known_by(world, tool.client_id, ada.account_id)
    assert (off.status_code, off.json()["code"]) == (404, "client-unknown")


async def test_only_the_notify_service_may_ask_how_a_client_knows_people(world: World) -> None:
    ada, tool = await world.someone(), await pairwise_tool(world)
    for caller in ("gateway", "organisation", "wallet", "operator"):
        assert (await as_known_by(world, tool.client_id, ada.account_id, caller=caller)).status_code in (401, 403)
    body = {"client_id": tool.client_id, "accounts": []}
    for headers in ({}, ada.bearer):
        answer = await world.http.post("/internal/subjects/of-client", json=body, headers=headers)
        assert answer.status_code in (401, 403)


async def test_a_thousand_people_are_asked_about_at_once_at_most(world: World) -> None:
    tool, ada = await pairwise_tool(world), await world.someone()
    assert (await as_known_by(world, tool.client_id, *[ada.account_id] * 1001)).status_code == 422
    assert len((await as_known_by(world, tool.client_id, *[ada.account_id] * 1000)).json()["subjects"]) == 1
