"""The menu for the pages of tools: one small script that never changes under its name."""

import base64
import hashlib
from pathlib import Path

from tests.gateway.conftest import Gateway

ROOT = Path(__file__).parents[2]
MENU = "/embed/menu-1.js"
MOST_BYTES = 4_096


async def test_it_is_small_kept_for_good_and_may_be_loaded_by_any_page(gateway: Gateway) -> None:
    answer = await gateway.http.get(MENU)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert len(answer.content) <= MOST_BYTES
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in answer.headers


async def test_it_never_changes_under_its_name(gateway: Gateway) -> None:
    """Tools name this hash, and their browsers refuse anything else: a menu that is to change gets another name."""
    body = (await gateway.http.get(MENU)).content
    integrity = f'integrity="sha384-{base64.b64encode(hashlib.sha384(body).digest()).decode()}"'
    for page in ("docs/integrate.md", "tools/demo_tool/templates/base.html"):
        assert integrity in (ROOT / page).read_text(), page


async def test_there_are_no_others(gateway: Gateway) -> None:
    for name in ("/embed/menu-0.js", "/embed/..%2fjs%2fapp.js", "/embed/menu-1.css"):
        assert (await gateway.http.get(name)).status_code == 404, name
