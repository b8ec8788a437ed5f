"""What somebody typed into a form whose session had ended is there again once they have signed in, and is sent by nobody else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.gateway.model.catalogue import now_utc
from services.gateway.typed import store
from services.gateway.typed.filling import fill
from services.gateway.typed.rules import MAX_BYTES, NEVER_KEPT, Box, Typed, keepable
from services.gateway.web.assets import Assets
from services.gateway.web.templates import Templates
from shared.errors import DatabaseUnavailable
from shared.ids import new_id
from tests.gateway.conftest import Gateway, session_view, text_of
from tests.gateway.screens import SCREENS, context_of
from tests.gateway.screens_profile import FULL
from tests.gateway.test_guarded_forms import SeenForm, forms_of

BANNER = "What you typed stands here again"
TYPED = {
    "salutation": "ms", "country": "BE", "official_language": "fr", "language": "en", "version": "3",
    "phones.0.kind": "work", "phones.0.number": "02 555 12 12", "phones.1.kind": "mobile", "phones.1.number": "0471 00 11 22",
    "links.0.kind": "website", "links.0.url": "https://nora.example/?a=1&b=\"2\"",
}  # fmt: skip


def furnish(gateway: Gateway) -> None:
    identity = gateway.peers["identity"].answers
    identity["GET /api/account/profile"] = (200, FULL)
    identity["PUT /api/account/profile"] = (200, FULL)


async def send(gateway: Gateway, account_id: UUID, **more: Any) -> Any:
    """The form, which was loaded while the session lived, when it has ended."""
    gateway.sign_in(account_id, expires_in_s=-60)
    headers = {"referer": f"{gateway.mint.origin}/profile", **more.pop("headers", {})}
    return await gateway.post("/profile", {**TYPED, **more}, headers=headers)


async def sign_in_again(gateway: Gateway, account_id: UUID, onward: str = "/profile") -> Any:
    access = gateway.mint.person(account_id)["authorization"].removeprefix("Bearer ")
    gateway.peers["identity"].answers["POST /internal/sessions"] = (200, session_view(account_id, access))
    form = {"identifier": "nora", "password": "secret", "next": onward}
    return await gateway.post("/sign-in", form)


def puts(gateway: Gateway) -> int:
    return sum(request.method == "PUT" for request in gateway.peers["identity"].asked)


async def test_a_form_sent_after_the_session_ended_is_found_again_and_sent_by_its_person(
    gateway: Gateway, account_id: UUID
) -> None:
    furnish(gateway)
    refused = await send(gateway, account_id)
    assert refused.headers["location"] == "/sign-in?next=%2Fprofile"
    assert "nothing was sent" in text_of(await gateway.http.get(refused.headers["location"]))
    assert (await sign_in_again(gateway, account_id)).headers["location"] == "/profile"
    shown = await gateway.http.get("/profile")
    assert BANNER in text_of(shown)
    assert 'value="0471 00 11 22"' in shown.text  # a row that was never stored
    assert 'value="https://nora.example/?a=1&amp;b=&quot;2&quot;"' in shown.text
    assert '<option value="work" selected>' in shown.text
    assert "data-changed" in shown.text
    assert puts(gateway) == 0
    assert BANNER in text_of(await gateway.http.get("/profile"))  # it bears being looked at twice
    assert (await gateway.post("/profile", TYPED, headers={"referer": f"{gateway.mint.origin}/profile"})).is_redirect
    assert puts(gateway) == 1
    assert BANNER not in text_of(await gateway.http.get("/profile"))


async def test_it_can_be_thrown_away(gateway: Gateway, account_id: UUID) -> None:
    furnish(gateway)
    await send(gateway, account_id)
    await sign_in_again(gateway, account_id)
    assert (await gateway.post("/typed/forget", {"return_to": "/profile"})).headers["location"] == "/profile"
    assert BANNER not in text_of(await gateway.http.get("/profile"))


async def test_somebody_else_at_the_same_browser_finds_nothing(gateway: Gateway, account_id: UUID) -> None:
    furnish(gateway)
    await send(gateway, account_id)
    await sign_in_again(gateway, new_id())
    assert "02 555 12 12" not in (await gateway.http.get("/profile")).text


async def test_whoever_signs_out_leaves_nothing_behind(gateway: Gateway, account_id: UUID) -> None:
    furnish(gateway)
    gateway.peers["identity"].answers["POST /internal/sessions/end"] = (204, None)
    await send(gateway, account_id)
    await sign_in_again(gateway, account_id)
    await gateway.post("/sign-out")
    assert not gateway.http.cookies.get("immo_typed")


async def test_a_service_that_knows_of_the_end_first_loses_nothing_either(gateway: Gateway, account_id: UUID) -> None:
    furnish(gateway)
    gateway.peers["identity"].answers["GET /api/account/profile"] = (401, {"code": "token-invalid"})
    gateway.sign_in(account_id)
    response = await gateway.post("/profile", TYPED, headers={"referer": f"{gateway.mint.origin}/profile"})
    assert response.headers["location"] == "/sign-in?next=%2Fprofile"
    furnish(gateway)
    await sign_in_again(gateway, account_id)
    assert 'value="0471 00 11 22"' in (await gateway.http.get("/profile")).text


async def test_a_form_of_an_earlier_session_is_looked_at_again_where_the_browser_says_that_it_is_ours(
    gateway: Gateway, account_id: UUID
) -> None:
    furnish(gateway)
    gateway.sign_in(account_id)
    stale = {**TYPED, "csrf": gateway.signer.tag("csrf", "the session before")}
    here = {"referer": f"{gateway.mint.origin}/profile"}
    assert (await gateway.http.post("/profile", data=stale, headers=here)).status_code == 403
    ours = await gateway.http.post("/profile", data=stale, headers={**here, "origin": gateway.mint.origin})
    assert ours.headers["location"] == "/profile"
    assert puts(gateway) == 0
    assert BANNER in text_of(await gateway.http.get("/profile"))


async def test_whoever_has_to_confirm_first_finds_the_form_again(gateway: Gateway, account_id: UUID) -> None:
    furnish(gateway)
    gateway.sign_in(account_id)
    gateway.peers["identity"].answers["PUT /api/account/profile"] = (403, {"code": "confirmation-needed"})
    gateway.peers["identity"].answers["GET /api/account/profile"] = (403, {"code": "confirmation-needed"})
    response = await gateway.post("/profile", TYPED, headers={"referer": f"{gateway.mint.origin}/profile"})
    assert response.headers["location"] == "/confirm?next=%2Fprofile"
    furnish(gateway)
    shown = await gateway.http.get("/profile")
    assert BANNER in text_of(shown)
    assert 'value="0471 00 11 22"' in shown.text


async def test_what_is_kept_can_be_read_by_nobody_and_ends(gateway: Gateway, account_id: UUID) -> None:
    furnish(gateway)
    await send(gateway, account_id)
    async with gateway.app.at.database.acquire() as db:
        (row,) = await db.fetch("SELECT id, owner, sealed, expires_at FROM typed_form")
    assert timedelta(minutes=29) < row["expires_at"] - now_utc() <= timedelta(minutes=30)
    assert b"0471" not in row["sealed"]
    assert str(account_id) not in row["owner"]
    assert Box(str(account_id), "another key").open("/profile", row["sealed"]) is None
    async with gateway.app.at.database.acquire() as db:
        await db.execute("UPDATE typed_form SET expires_at = now()")
    await sign_in_again(gateway, account_id)
    assert BANNER not in text_of(await gateway.http.get("/profile"))


@pytest.mark.parametrize("error", [DatabaseUnavailable(), ConnectionResetError(), asyncpg.TooManyConnectionsError()])
async def test_without_the_database_all_goes_on_but_what_was_typed(
    gateway: Gateway, account_id: UUID, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Above all a form that a service took is never answered as if it had not been."""

    async def fail(*_: object, **__: object) -> None:
        raise error

    furnish(gateway)
    await send(gateway, account_id)
    await sign_in_again(gateway, account_id)
    for name in ("keep", "find", "delete"):
        monkeypatch.setattr(store, name, fail)
    assert BANNER not in text_of(await gateway.http.get("/profile"))
    taken = await gateway.post("/profile", TYPED, headers={"referer": f"{gateway.mint.origin}/profile"})
    assert (taken.is_redirect, puts(gateway)) == (True, 1)
    assert (await send(gateway, account_id)).headers["location"].startswith("/sign-in?next=")


async def test_passwords_codes_and_what_is_too_long_are_never_kept(gateway: Gateway, account_id: UUID) -> None:
    secret = {"password": "a", "employee.pin": "1", "code": "2", "csrf": "3"}
    assert keepable({**secret, "reason": "Because."}) == {"reason": "Because."}
    assert keepable({"reason": "x" * MAX_BYTES}) == {}
    furnish(gateway)
    await send(gateway, account_id, note="x" * MAX_BYTES)
    async with gateway.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM typed_form") == 0


async def test_a_person_keeps_only_the_newest_few(gateway: Gateway, account_id: UUID) -> None:
    furnish(gateway)
    for _ in range(7):
        gateway.http.cookies.delete("immo_typed") if gateway.http.cookies.get("immo_typed") else None
        await send(gateway, account_id)
    async with gateway.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM typed_form") == 5


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(Assets(with_demo=True), demo={"mail_url": "http://127.0.0.1/mail"})


def _wanted(form: SeenForm) -> dict[str, str]:
    return {name: f"typed & <b> {at}" for at, name in enumerate(form.lines + form.areas)}


@pytest.mark.parametrize("screen", sorted(set(SCREENS) - {"design"}))
def test_each_form_of_each_screen_takes_back_what_was_typed(templates: Templates, screen: str) -> None:
    template, context = context_of(templates, screen, "en")
    html = templates.render(template, "en", **context)
    for form in forms_of(html):
        if not form.action.startswith("/") or not (wanted := _wanted(form)):
            continue
        filled, placed = fill(html, Typed(form.action.partition("?")[0], wanted))
        assert placed >= wanted.keys() - NEVER_KEPT, form.action
        assert all(f"typed &amp; &lt;b&gt; {at}" in filled for at in range(len(wanted))), form.action


def test_secrets_of_all_screens_are_among_those_never_kept(templates: Templates) -> None:
    for screen in sorted(SCREENS):
        template, context = context_of(templates, screen, "en")
        for form in forms_of(templates.render(template, "en", **context)):
            assert {name.rsplit(".", 1)[-1] for name in form.secrets} <= NEVER_KEPT, template


def test_boxes_choices_and_words_without_a_field() -> None:
    page = (
        '<form id="frame" method="post" action="/p"><input name="a"></form><form method="post" action="/x">\n'
        '<input name="a" value="old"><input type="password" name="b" value="">'
        '<input type="checkbox" name="c" value="yes" checked><input type="radio" name="d" value="1" checked>'
        '<input type="radio" name="d" value="2"><select name="e"><option value="1" selected>1</option><option value="2">2</option></select>'
        '<select name="f"><option value="1" selected>1</option></select><textarea name="g">old</textarea></form>'
    )
    fields = {"a": "new", "b": "secret", "d": "2", "e": "2", "f": "9", "g": "</textarea>", "h": "no field for this"}
    filled, placed = fill(page, Typed("/x", fields))
    assert placed == {"a", "d", "e", "f", "g"}
    assert '<input name="a" value="new"><input type="password" name="b" value="">' in filled
    assert '<input type="checkbox" name="c" value="yes"><input type="radio" name="d" value="1">' in filled
    assert '<input type="radio" name="d" value="2" checked>' in filled
    assert '<option value="1">1</option><option value="2" selected>' in filled
    assert '<select name="f"><option value="1" selected>' in filled
    assert '<textarea name="g">\n&lt;/textarea&gt;</textarea>' in filled
    assert filled.startswith('<form id="frame" method="post" action="/p"><input name="a"></form>')
    assert fill(page, Typed("/elsewhere", {"z": "1"})) == (page, frozenset())
