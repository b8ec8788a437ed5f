"""The list on the site, what counts as read, which mails one chooses, and news for pages that are open."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.notify.notifications import store
from services.notify.notifications.jobs import forget_old
from services.notify.notifications.rules import oldest_kept
from services.notify.notifications.views import KINDS
from services.notify.preferences.tokens import PATH as STOP
from services.notify.preferences.topics import TOPICS
from shared.events import identity, organisation
from shared.ids import new_id
from tests.notify.scenes import Elsewhere, Someone, added, requested
from tests.support.apps import App
from tests.support.mint import Mint

API, PREFERENCES = "/api/notifications", "/api/notifications/preferences"


class Desk:
    """The notify service without its workers, as somebody sees it."""

    def __init__(self, app: App, mint: Mint) -> None:
        self.elsewhere, self.http, self.mint = Elsewhere(app), app.http, mint
        self.database = app.at.database

    def _headers(self, someone: Someone) -> dict[str, str]:
        return self.mint.person(someone.id, language=someone.language) | {"accept-language": someone.language}

    async def get(self, someone: Someone, path: str = API) -> Any:
        response = await self.http.get(path, headers=self._headers(someone))
        assert response.status_code == 200, response.text
        return response.json()

    async def send(self, someone: Someone, method: str, path: str, body: Any = None) -> Any:
        headers = self._headers(someone)
        return await self.http.request(method, path, json=body, headers=headers)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """As the gateway."""
        response = await self.http.request(method, path, json=body, headers=self.mint.peer("gateway", "notify"))
        assert response.status_code == 200, response.text
        return response.json()

    async def told(self, count: int) -> tuple[Someone, list[UUID]]:
        """A manager of two organisations in which this many asked to join, in turn."""
        ada, bram = await self.elsewhere.someone("Ada"), await self.elsewhere.someone("Bram", "Wouters")
        organisations = [await self.elsewhere.organisation([ada], name) for name in ("Zwin", "Aulne")]
        for at in range(count):
            await self.elsewhere.happens(requested(organisations[at % 2], bram))
        return ada, organisations


async def desk_of(client_of: Any, mint: Mint) -> Desk:
    return Desk(await client_of("notify"), mint)


async def test_the_list_has_pages_the_latest_first(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, _ = await desk.told(5)
    seen: list[str] = []
    before = ""
    while True:
        page = await desk.get(ada, f"{API}?limit=2{before}")
        seen += [one["id"] for one in page["notifications"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
    assert page["unread"] == 5


async def test_the_list_of_one_organisation_and_the_names_to_choose_from(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, (zwin, aulne) = await desk.told(3)
    page = await desk.get(ada, f"{API}?organisation={zwin}")
    assert [one["organisation"] for one in page["notifications"]] == ["Zwin", "Zwin"]
    assert [one["name"] for one in page["organisations"]] == ["Aulne", "Zwin"]
    assert page["notifications"][0]["url"].endswith("/confirm")
    assert (await desk.get(ada, f"{API}?organisation={new_id()}"))["notifications"] == []
    assert str(aulne) in str(page["organisations"])


async def test_one_is_read_by_itself_or_with_all_that_were_seen(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, _ = await desk.told(3)
    latest, middle, oldest = [one["id"] for one in (await desk.get(ada))["notifications"]]
    response = await desk.send(ada, "POST", f"{API}/{latest}/read")
    assert response.json()["is_read"]
    assert (await desk.get(ada))["unread"] == 2
    await desk.send(ada, "POST", f"{API}/read?up_to={oldest}")
    page = await desk.get(ada)
    assert [one["id"] for one in page["notifications"] if not one["is_read"]] == [middle]
    await desk.send(ada, "POST", f"{API}/read")
    assert (await desk.get(ada))["unread"] == 0


async def test_nobody_reads_or_marks_what_another_was_told(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, _ = await desk.told(1)
    eve = await desk.elsewhere.someone("Eve")
    [one] = (await desk.get(ada))["notifications"]
    assert (await desk.send(eve, "POST", f"{API}/{one['id']}/read")).status_code == 404
    await desk.send(eve, "POST", f"{API}/read")
    assert (await desk.get(eve))["notifications"] == []
    assert (await desk.get(ada))["unread"] == 1


async def test_codes_are_not_in_the_list(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada = await desk.elsewhere.someone("Ada")
    await desk.elsewhere.code_for(ada)
    page = await desk.get(ada)
    assert (page["notifications"], page["unread"], page["latest"]) == ([], 0, None)


async def test_a_page_of_the_list_is_read_from_an_index_whatever_the_filter(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, (zwin, _) = await desk.told(1)
    async with desk.database.acquire() as db:
        await db.execute(
            """
            INSERT INTO delivery (delivery_id, account_id, kind, cause, params, state, ended_at, read_at)
            SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN $1 ELSE gen_random_uuid() END, 'employee-requested', n::text,
                jsonb_build_object('organisation_id', gen_random_uuid()), 'sent', now(), now()
            FROM generate_series(1, 20000) AS n
            """,
            ada.id,
        )
        await db.execute("ANALYZE delivery")
        plans = [await plan(db, one, ada.id, KINDS, *more) for one, more in (
            (PAGE + "ORDER BY delivery_id DESC LIMIT 20", ()),
            (PAGE + "AND params ->> 'organisation_id' = $3 ORDER BY delivery_id DESC LIMIT 20", (str(zwin),)),
            (PAGE + "AND read_at IS NULL LIMIT 100", ()),
        )]  # fmt: skip
    for one, index in zip(
        plans, ("delivery_of_account", "delivery_listed_by_organisation", "delivery_unread"), strict=True
    ):
        assert index in one, one
        assert "Sort" not in one, one


PAGE = """
    SELECT delivery_id, kind, params, created_at, read_at FROM delivery
    WHERE account_id = $1 AND sealed_code IS NULL AND kind = ANY ($2::text[]) AND state <> 'withdrawn' """


async def plan(db: Any, query: str, *arguments: Any) -> str:
    return "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {query}", *arguments))


async def test_what_is_old_is_forgotten_and_what_waits_is_not(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    await desk.told(3)
    old = oldest_kept(datetime.now(UTC), keep_days=91)
    async with desk.database.acquire() as db:
        waiting, sent, recent = [one["delivery_id"] for one in await db.fetch("SELECT delivery_id FROM delivery")]
        for at, delivery_id in enumerate((waiting, sent)):
            await db.execute(
                "UPDATE delivery SET delivery_id = $2 WHERE delivery_id = $1", delivery_id, UUID(int=old.int + at)
            )
        ended = "UPDATE delivery SET state = 'sent', ended_at = now() WHERE delivery_id = ANY ($1::uuid[])"
        await db.execute(ended, [UUID(int=old.int + 1), recent])
    await forget_old(desk.database, 90)
    async with desk.database.acquire() as db:
        left = {one["delivery_id"] for one in await db.fetch("SELECT delivery_id FROM delivery")}
    assert left == {UUID(int=old.int), recent}
    assert oldest_kept(datetime.now(UTC), keep_days=0) < new_id() < oldest_kept(
        datetime.now(UTC) + timedelta(days=1), keep_days=0
    )  # fmt: skip


async def test_choices_are_kept_for_all_and_for_one_organisation(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, (zwin, _) = await desk.told(0)
    known = await desk.get(ada, PREFERENCES)
    assert [one["topic"] for one in known["topics"]] == list(TOPICS)
    assert {one["choice"] for one in known["topics"]} == {"at-once"}
    assert [one["name"] for one in known["organisations"]] == ["Aulne", "Zwin"]
    for body in ({"choices": {"wallet": "daily"}}, {"organisation_id": str(zwin), "choices": {"wallet": "site"}}):
        assert (await desk.send(ada, "PUT", PREFERENCES, body)).status_code == 204
    known = await desk.get(ada, PREFERENCES)
    assert {one["topic"]: one["choice"] for one in known["topics"]}["wallet"] == "daily"
    assert {one["name"]: one["choices"] for one in known["organisations"]} == {"Aulne": {}, "Zwin": {"wallet": "site"}}
    await desk.send(ada, "PUT", PREFERENCES, {"organisation_id": str(zwin), "choices": {}})
    assert (await desk.get(ada, PREFERENCES))["organisations"][1]["choices"] == {}


async def test_what_cannot_be_chosen_is_refused(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, (zwin, _) = await desk.told(0)
    for body in (
        {"choices": {"security": "site"}},
        {"choices": {"wallet": "never"}},
        {"organisation_id": str(zwin), "choices": {"recognitions": "site"}},
        {"organisation_id": str(new_id()), "choices": {"wallet": "site"}},
    ):
        assert (await desk.send(ada, "PUT", PREFERENCES, body)).status_code == 422, body


async def test_one_click_stops_a_topic_everywhere_without_signing_in(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, (zwin, _) = await desk.told(0)
    await desk.send(ada, "PUT", PREFERENCES, {"organisation_id": str(zwin), "choices": {"colleagues": "at-once"}})
    url = desk.elsewhere.app.at.own.unsubscribes.url(ada.id, "employee-requested")
    path = url.removeprefix(desk.elsewhere.app.at.settings.public_origin)
    looked = await desk.http.get(path)
    assert (looked.status_code, looked.headers["location"]) == (303, f"/unsubscribe/{path.rpartition('/')[2]}")
    assert (await desk.get(ada, PREFERENCES))["topics"][0]["choice"] == "at-once", "looking changes nothing"
    for _ in range(2):
        stopped = await desk.http.post(path, data={"List-Unsubscribe": "One-Click"})
        assert stopped.status_code == 204
    known = await desk.get(ada, PREFERENCES)
    assert (known["topics"][0]["choice"], known["organisations"][1]["choices"]) == ("site", {})
    assert (await desk.ask("GET", f"/internal/unsubscribe/{path.rpartition('/')[2]}"))["topic"] == "colleagues"
    assert (await desk.http.post(f"{STOP}/made-up")).status_code == 404


async def test_news_is_answered_as_soon_as_something_happens_and_only_what_changed(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, (zwin, _) = await desk.told(1)
    eve = await desk.elsewhere.someone("Eve")
    shown = {str(one.id): await desk.ask("GET", f"/internal/notifications/{one.id}") for one in (ada, eve)}
    known = {one: {"unread": news["unread"], "latest": news["latest"]} for one, news in shown.items()}
    asking = asyncio.create_task(desk.ask("POST", "/internal/notifications/changes", {"known": known}))
    await asyncio.sleep(0)
    await desk.elsewhere.happens(added(zwin, eve, by=ada))
    changed = (await asking)["changed"]
    assert changed.keys() == {str(eve.id)}
    assert changed[str(eve.id)]["unread"] == 1
    news = await desk.ask("GET", f"/internal/notifications/{ada.id}?after={UUID(int=0)}&language=nl")
    assert "vraagt" in news["notifications"][0]["title"]
    same = {"known": {str(ada.id): known[str(ada.id)]}, "wait_s": 0}
    assert (await desk.ask("POST", "/internal/notifications/changes", same))["changed"] == {}


async def test_a_worker_in_another_process_is_heard(client_of: Any, mint: Mint) -> None:
    """One tells, the other has the question: only PostgreSQL is between them."""
    desk = await desk_of(client_of, mint)
    other = await client_of("notify", postgres=desk.elsewhere.app.at.settings.postgres)
    ada, bram = await desk.elsewhere.someone("Ada"), await desk.elsewhere.someone("Bram")
    organisation_id = await desk.elsewhere.organisation([ada])
    body = {"known": {str(ada.id): {"unread": 0, "latest": None}}}
    asking = asyncio.create_task(desk.ask("POST", "/internal/notifications/changes", body))
    await asyncio.sleep(0)
    await Elsewhere(other, {str(organisation_id): 50}).happens(requested(organisation_id, bram))
    assert (await asking)["changed"][str(ada.id)]["unread"] == 1


async def test_what_was_withdrawn_is_not_in_the_list(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, _ = await desk.told(1)
    async with desk.database.acquire() as db:
        await db.execute("UPDATE delivery SET state = 'withdrawn', ended_at = now()")
        assert (await store.standings(db, [ada.id], KINDS))[ada.id] == store.Standing(0, None)
    assert (await desk.get(ada))["notifications"] == []


async def test_who_leaves_takes_their_choices_along_and_can_read_them_before(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, _ = await desk.told(0)
    await desk.send(ada, "PUT", PREFERENCES, {"choices": {"plans": "hourly"}})
    exported = await desk.ask("GET", f"/internal/export/{ada.id}")
    assert exported["choices"] == [{"topic": "plans", "organisation_id": None, "choice": "hourly"}]
    await desk.elsewhere.happens(identity.AccountErased(account_id=ada.id, erased_at=datetime.now(UTC)))
    async with desk.database.acquire() as db:
        assert await db.fetch("SELECT FROM mail_preference") == []


async def test_a_manager_who_is_dismissed_keeps_what_they_were_told(client_of: Any, mint: Mint) -> None:
    desk = await desk_of(client_of, mint)
    ada, (zwin, _) = await desk.told(1)
    await desk.elsewhere.happens(
        organisation.ManagerDismissed(organisation_id=zwin, account_id=ada.id, dismissed_by=ada.id, stays=True)
    )
    assert len((await desk.get(ada))["notifications"]) == 1
