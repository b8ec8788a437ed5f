""" "My data", over HTTP on a real database."""

import asyncio
import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from shared import pictures
from shared.events.identity import ProfileChanged
from shared.pictures import MAX_UPLOAD_BYTES, PictureTooLarge, PictureTooSmall, PictureUnreadable, remake
from tests.identity.test_accounts import codes_of
from tests.identity.world import Someone, World

PHONE = {"kind": "mobile", "number": "0471 23 45 67"}
ADDRESS = {
    "kind": "home",
    "street": "Wetstraat",
    "number": "16",
    "box": "3",
    "postal_code": "1000",
    "city": "Brussel",
    "country": "BE",
}


async def data_of(person: Someone, **changes: Any) -> dict[str, Any]:
    answer = await person.api("GET", "/api/account/profile")
    assert answer.status_code == 200
    return {**answer.json(), **changes}


def photo(
    width: int = 900, height: int = 600, *, form: str = "JPEG", orientation: int = 1, color: Any = "navy"
) -> bytes:
    """The left half in `color`, with a place where it was taken in its metadata."""
    image = Image.new("RGB", (width, height), "white")
    image.paste(Image.new("RGB", (width // 2, height), color), (0, 0))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "taken at Rue Secrète 7"
    file = io.BytesIO()
    image.save(file, form, exif=exif)
    return file.getvalue()


async def test_everything_is_saved_and_read_back(world: World) -> None:
    person = await world.someone()
    before = await data_of(person)
    assert (before["version"], before["phones"], before["picture"]) == (0, [], None)
    changed = {
        **before,
        "salutation": "ms",
        "sex": "female",
        "birth_date": "1985-03-02",
        "country": "BE",
        "official_language": "fr",
        "phones": [PHONE],
        "addresses": [ADDRESS],
        "links": [{"kind": "linkedin", "url": "linkedin.com/in/nora"}],
    }
    answer = await person.api("PUT", "/api/account/profile", json=changed)
    assert answer.status_code == 200, answer.text
    saved = answer.json()
    assert saved == await data_of(person)
    assert saved["version"] == 1
    assert saved["phones"] == [
        {"kind": "mobile", "number": "+32471234567", "extension": "", "written": "+32 471 23 45 67"}
    ]
    assert saved["addresses"] == [ADDRESS]
    assert saved["links"][0]["url"] == "https://linkedin.com/in/nora"
    assert [saved[name] for name in ("salutation", "sex", "birth_date", "country")] == [
        "ms",
        "female",
        "1985-03-02",
        "BE",
    ]


async def test_nothing_is_stored_of_a_form_with_a_mistake(world: World) -> None:
    person = await world.someone()
    form = await data_of(person, salutation="mr", phones=[PHONE, {"kind": "home", "number": "nonsense"}])
    answer = await person.api("PUT", "/api/account/profile", json=form)
    assert codes_of(answer.json()) == {"phones.1.number": "phone-invalid"}
    assert (await data_of(person))["salutation"] is None


async def test_of_two_windows_the_second_is_told(world: World) -> None:
    person = await world.someone()
    form = await data_of(person)
    answers = await asyncio.gather(
        *(person.api("PUT", "/api/account/profile", json={**form, "salutation": word}) for word in ("mr", "mx"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert late["code"] == "profile-changed-meanwhile"


async def test_only_what_others_keep_is_published(world: World) -> None:
    person = await world.someone()
    form = await data_of(person, country="BE")
    form = (await person.api("PUT", "/api/account/profile", json=form)).json()
    assert await world.events(ProfileChanged) == []
    await person.api("PUT", "/api/account/profile", json={**form, "last_name": "Claes"})
    (event,) = await world.events(ProfileChanged)
    assert await world.unseal(event.last_name, "last_name") == "Claes"


async def test_a_picture_is_made_anew_square_and_without_what_came_along(world: World) -> None:
    person = await world.someone()
    answer = await person.api("PUT", "/api/account/picture", content=photo(), params={})
    assert answer.status_code == 200, answer.text
    assert (await data_of(person))["picture"] == answer.json()["picture"]
    served = await person.api("GET", "/api/account/picture")
    assert served.headers["content-type"] == "image/webp"
    assert served.headers["etag"] == f'"{answer.json()["picture"]}"'
    image = Image.open(io.BytesIO(served.content))
    assert (image.format, image.size) == ("WEBP", (512, 512))
    assert not image.getexif()
    assert b"Secr" not in served.content


async def test_an_organisation_sees_the_preferred_language_and_the_picture_and_nothing_else(world: World) -> None:
    person = await world.someone(language="de")
    headers, card = world.mint.peer("organisation", "identity"), f"/internal/accounts/{person.account_id}/card"
    assert (await world.http.get(card, headers=headers)).json() == {"language": "de", "picture": None}
    picture = f"/internal/accounts/{person.account_id}/picture"
    assert (await world.http.get(picture, headers=headers)).json()["code"] == "picture-missing"
    saved = (await person.api("PUT", "/api/account/picture", content=photo())).json()["picture"]
    assert (await world.http.get(card, headers=headers)).json() == {"language": "de", "picture": saved}
    served = await world.http.get(picture, headers=headers)
    assert (served.status_code, served.headers["content-type"]) == (200, "image/webp")
    unknown = "/internal/accounts/018f0000-0000-7000-8000-000000000001/card"
    assert (await world.http.get(unknown, headers=headers)).json()["code"] == "account-not-found"


async def test_a_picture_is_taken_away_again(world: World) -> None:
    person = await world.someone()
    await person.api("PUT", "/api/account/picture", content=photo())
    for _ in range(2):
        assert (await person.api("DELETE", "/api/account/picture")).status_code == 204
    answer = await person.api("GET", "/api/account/picture")
    assert (answer.status_code, answer.json()["code"]) == (404, "picture-missing")


async def test_an_upload_has_a_limit(world: World) -> None:
    person = await world.someone()
    answer = await person.api("PUT", "/api/account/picture", content=b"x" * (MAX_UPLOAD_BYTES + 1))
    assert answer.status_code == 413


def test_a_picture_is_turned_as_its_camera_was_held() -> None:
    """Orientation 6: the camera was turned, so what is stored as left is shown on top."""
    image = Image.open(io.BytesIO(remake(photo(600, 600, orientation=6)).body)).convert("RGB")
    top, bottom = image.getpixel((256, 60)), image.getpixel((256, 450))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] < 60
    assert bottom[0] > 200


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_usual_formats_are_read_and_the_same_file_gives_the_same_bytes(form: str) -> None:
    upload = photo(form=form)
    assert remake(upload) == remake(upload)


def test_what_shines_through_becomes_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(file, "PNG")
    image = Image.open(io.BytesIO(remake(file.getvalue()).body)).convert("RGB")
    assert image.getpixel((256, 256)) == (255, 255, 255)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says that it is huge."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    for side in (8_000, 50_000, 2**31 - 1):
        with pytest.raises((PictureTooLarge, PictureUnreadable)):
            remake(bomb(side, side))


def test_a_stamp_is_too_small() -> None:
    with pytest.raises(PictureTooSmall):
        remake(photo(63, 500))


GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00"


@pytest.mark.parametrize(
    "upload", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", photo()[:2000], bomb(200, 200), GIF]
)
def test_what_is_no_whole_picture_is_refused(upload: bytes) -> None:
    with pytest.raises(PictureUnreadable):
        remake(upload)


def test_the_limit_of_pixels_is_what_a_camera_makes() -> None:
    assert 48_000_000 < pictures.MAX_PIXELS < 64_000_000
