"""What one reads of oneself in identity: everything, and no secret."""

from typing import Any

from tests.identity.factor_steps import add_totp, recovery_codes
from tests.identity.old_accounts import OLD_PASSWORD, Desk, line
from tests.identity.test_merging import merged
from tests.identity.test_support import REASON, colleague
from tests.identity.world import Someone, World


async def export(world: World, person: Someone) -> dict[str, Any]:
    headers = world.mint.peer("gateway", "identity")
    answer = await world.http.get(f"/internal/export/{person.account_id}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_old_accounts_factors_and_what_support_did_are_told(world: World) -> None:
    person, desk = await world.someone(), await colleague(world)
    await Desk(world).import_lines(line(1))
    await person.api("POST", "/api/old-accounts", json={"identifier": "lien.claes1", "password": OLD_PASSWORD})
    app = await add_totp(person)
    codes = await recovery_codes(person)
    case_id = await desk.open(person.account_id)
    await desk.call("POST", f"cases/{case_id}/end-sessions")
    found = await export(world, person)
    assert [(one["tool"], one["username"]) for one in found["older_accounts"]] == [("cibweb", "lien.claes1")]
    assert found["second_factors"]["authenticator_app_since"]
    assert found["second_factors"]["recovery_codes_left"] == 10
    assert [case["reason"] for case in found["support_cases"]] == [REASON]
    ended = next(entry for entry in found["log"] if entry["action"] == "support-sessions-ended")
    assert (ended["by_you"], ended["reason"]) == (False, REASON)
    told = str(found)
    assert not [secret for secret in (app.secret, *codes, str(desk.person.account_id), "sealed.v1") if secret in told]


async def test_what_happened_to_an_account_before_it_became_part_of_this_one_is_told_too(world: World) -> None:
    into, gone = await world.someone(), await world.someone()
    await gone.sign_in(client_address="192.0.2.7")
    await merged(world, into.account_id, gone.account_id)
    log = (await export(world, into))["log"]
    assert [(entry["by_you"], entry["client_address"]) for entry in log if entry["action"] == "signed-in"] == [
        (True, "192.0.2.7")
    ]
    assert [entry["reason"] for entry in log if entry["action"] == "accounts-merged"] == ["called us"]
