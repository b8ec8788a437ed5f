"""An invitation is answered once, whoever comes at the same moment."""

import asyncio
from typing import Any

from tests.organisation.inviting import Inviting
from tests.organisation.scenes import Someone


async def status_of(person: Someone, path: str, body: Any = None) -> int:
    return (await person.http.post(path, json=body, headers=person.headers)).status_code


async def test_accepting_twice_at_once_lets_in_once(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    for number in range(3):
        email = f"bram{number}@new.example"
        bram, token = inviting.someone(email), await inviting.mailed(organisation_id, ada, email)
        statuses = await asyncio.gather(
            *(status_of(bram, "/api/invitations/accept", {"token": token}) for _ in range(3))
        )
        assert sorted(statuses) == [200, 409, 409]
    assert len(await inviting.scene.published("EmployeeAdded")) == 4


async def test_an_invitation_is_accepted_or_withdrawn_and_never_both(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    for number in range(5):
        email = f"bram{number}@new.example"
        bram, invitation_id = inviting.someone(email), await inviting.invite(organisation_id, ada, email)
        token = await inviting.token()
        path = f"/api/organisations/{organisation_id}/invitations/{invitation_id}/withdraw"
        accepted, withdrawn = await asyncio.gather(
            status_of(bram, "/api/invitations/accept", {"token": token}), status_of(ada, path)
        )
        assert (accepted, withdrawn) in ((200, 409), (409, 204))
        state = await inviting.run("SELECT state FROM invitation WHERE id = $1", invitation_id)
        assert state == ("accepted" if accepted == 200 else "withdrawn")
        belongs = (await status_of_get(bram, f"/api/organisations/{organisation_id}")) == 200
        assert belongs == (accepted == 200)


async def test_a_manager_who_is_dismissed_while_somebody_accepts_leaves_one_truth(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    for number in range(3):
        colleague = await inviting.scene.employee(organisation_id, ada, manager=True)
        email = f"bram{number}@new.example"
        bram, token = inviting.someone(email), await inviting.mailed(organisation_id, colleague, email)
        block = f"/api/organisations/{organisation_id}/employees/{colleague.id}/block"
        accepted, blocked = await asyncio.gather(
            status_of(bram, "/api/invitations/accept", {"token": token}), status_of(ada, block)
        )
        assert blocked == 204
        assert accepted in (200, 409)
        assert (await inviting.states())[-1] == ("accepted" if accepted == 200 else "withdrawn")


async def status_of_get(person: Someone, path: str) -> int:
    return (await person.http.get(path, headers=person.headers)).status_code
