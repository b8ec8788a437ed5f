"""O5: the logo and the cover picture of an organisation."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from shared.pictures import MAX_UPLOAD_BYTES
from tests.organisation.scenes import CONTACT, Scene, Someone

NAVY = (0, 0, 128)


def drawing(width: int, height: int, color: Any = NAVY) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(file, "PNG")
    return file.getvalue()


def path(organisation_id: str, which: str) -> str:
    return f"/api/organisations/{organisation_id}/pictures/{which}"


async def put(person: Someone, organisation_id: str, kind: str, upload: bytes) -> httpx.Response:
    return await person.http.put(path(organisation_id, kind), content=upload, headers=person.headers)


async def get(person: Someone, organisation_id: str, name: str) -> httpx.Response:
    return await person.http.get(path(organisation_id, name), headers=person.headers)


def image_of(answer: httpx.Response) -> Image.Image:
    return Image.open(io.BytesIO(answer.content)).convert("RGB")


async def test_a_logo_is_shown_whole_and_a_cover_fills_its_width(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    names: dict[str, str] = {}
    for kind in ("logo", "cover"):
        names[kind] = (await put(manager, organisation_id, kind, drawing(800, 200))).json()["picture"]
    shown = await manager.get(f"/api/organisations/{organisation_id}")
    assert (shown["logo"], shown["cover"]) == (names["logo"], names["cover"])
    logo, cover = [image_of(await get(manager, organisation_id, names[kind])) for kind in ("logo", "cover")]
    assert (logo.size, cover.size) == ((512, 512), (1600, 400))
    assert logo.getpixel((256, 20)) == (255, 255, 255)
    for picture, middle in ((logo, (256, 256)), (cover, (800, 5))):
        pixel = picture.getpixel(middle)
        assert isinstance(pixel, tuple)
        assert max(abs(a - b) for a, b in zip(pixel, NAVY, strict=True)) < 12


async def test_its_address_names_what_it_shows_and_may_be_kept(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    first = (await put(manager, organisation_id, "logo", drawing(100, 100))).json()["picture"]
    again = (await put(manager, organisation_id, "logo", drawing(100, 100))).json()["picture"]
    other = (await put(manager, organisation_id, "logo", drawing(100, 100, "red"))).json()["picture"]
    assert (again == first, other == first) == (True, False)
    assert [event["logo"] for event in await scene.published("OrganisationChanged")] == [first, other]
    served = await get(manager, organisation_id, other)
    assert served.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert served.headers["content-type"] == "image/webp"
    assert (await get(manager, organisation_id, first)).status_code == 404


async def test_who_belongs_there_or_has_asked_to_sees_it_and_nobody_else(scene: Scene) -> None:
    manager, hopeful = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(manager)
    employee = await scene.employee(organisation_id, manager)
    name = (await put(manager, organisation_id, "logo", drawing(100, 100))).json()["picture"]
    assert (await get(hopeful, organisation_id, name)).status_code == 404
    await hopeful.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    assert {(await get(one, organisation_id, name)).status_code for one in (manager, employee, hopeful)} == {200}
    elsewhere = await scene.organisation(hopeful)
    assert (await get(hopeful, elsewhere, name)).status_code == 404


async def test_only_managers_change_it(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    employee = await scene.employee(organisation_id, manager)
    for person, status in ((employee, 403), (scene.someone(), 404)):
        assert (await put(person, organisation_id, "logo", drawing(100, 100))).status_code == status
        answer = await person.http.delete(path(organisation_id, "logo"), headers=person.headers)
        assert answer.status_code == status
    assert await scene.published("OrganisationChanged") == []


async def test_it_is_taken_away_again(scene: Scene) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    await put(manager, organisation_id, "logo", drawing(100, 100))
    for _ in range(2):
        answer = await manager.http.delete(path(organisation_id, "logo"), headers=manager.headers)
        assert answer.status_code == 204
    assert [event["logo"] is None for event in await scene.published("OrganisationChanged")] == [False, True]
    async with scene.app.at.database.acquire() as db:
        actions = await db.fetch("SELECT action FROM audit_log ORDER BY id")
    assert [row["action"] for row in actions] == ["create-organisation", "change-logo", "remove-logo"]


@pytest.mark.parametrize(
    ("upload", "status", "code"),
    [
        (b"hello", 422, "picture-unreadable"),
        (drawing(63, 500), 422, "picture-too-small"),
        (b"x" * (MAX_UPLOAD_BYTES + 1), 413, "too-large"),
    ],
    ids=["no picture", "too small", "too large"],
)
async def test_what_is_no_fit_picture_is_refused(scene: Scene, upload: bytes, status: int, code: str) -> None:
    manager = scene.someone()
    organisation_id = await scene.organisation(manager)
    answer = await put(manager, organisation_id, "cover", upload)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
