"""The service as a whole: who may call what, what it trusts, and what it refuses to start with."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from services.identity.app import SERVICE
from services.identity.eid import shipped_trust as trust_files
from services.identity.eid.shipped_trust import TrustRefused, load_trust, shipped_trust
from services.identity.maintenance import timers
from services.identity.settings import IdentitySettings
from shared.routes import routes_of
from tests.identity import oidc_steps as steps
from tests.identity.pki import Authority, make_authority, pki
from tests.identity.world import World
from tests.support.mint import Mint

KEY = base64.b64encode(b"k" * 32).decode()


async def test_every_route_says_who_may_call_it(world: World) -> None:
    routes = list(routes_of(world.app.fastapi))
    assert all(route.access for route in routes)
    for route in routes:
        assert route.path.startswith("/internal/") == str(route.access).startswith("peer "), route
    assert not [route for route in routes if route.path.startswith("/internal/") and route.access == "peer any"]


@pytest.mark.parametrize(
    ("method", "path", "callers"),
    [
        ("POST", "/internal/accounts", {"gateway"}),
        ("POST", "/internal/username-proposal", {"gateway"}),
        ("POST", "/internal/accounts/activate", {"gateway"}),
        ("POST", "/internal/accounts/activation-code", {"gateway"}),
        ("POST", "/internal/accounts/lookup", {"organisation"}),
        ("GET", "/internal/accounts/018f0000-0000-7000-8000-000000000001/card", {"organisation"}),
        ("GET", "/internal/accounts/018f0000-0000-7000-8000-000000000001/picture", {"organisation"}),
        ("POST", "/internal/sessions", {"gateway"}),
        ("POST", "/internal/sessions/refresh", {"gateway"}),
        ("POST", "/internal/sessions/end", {"gateway"}),
        ("POST", "/internal/data-keys", {"organisation", "recognition", "wallet", "notify", "gateway"}),
        ("GET", "/internal/authorizations/018f0000-0000-7000-8000-000000000001", {"gateway"}),
        ("POST", "/internal/authorizations/018f0000-0000-7000-8000-000000000001/complete", {"gateway"}),
        ("POST", "/internal/authorizations/018f0000-0000-7000-8000-000000000001/cancel", {"gateway"}),
        ("PUT", "/internal/clients/x", {"operator"}),
    ],
)
async def test_internal_routes_accept_the_named_services_only(
    world: World, method: str, path: str, callers: set[str]
) -> None:
    assert (await world.http.request(method, path)).json()["code"] == "token-missing"
    person = world.mint.person("018f0000-0000-7000-8000-000000000001", acr="eid")
    assert (await world.http.request(method, path, headers=person)).status_code == 401
    for caller in world.mint.seeds:
        answer = await world.http.request(method, path, headers=world.mint.peer(caller, "identity"))
        assert (answer.json().get("code") != "wrong-caller") is (caller in callers), caller


def test_the_shipped_authorities_are_those_that_were_pinned() -> None:
    trust = shipped_trust()
    names = sorted(root.subject.rfc4514_string().split(",")[0] for root in trust.roots)
    assert names == ["CN=Belgium Root CA3", "CN=Belgium Root CA4", "CN=Belgium Root CA4", "CN=Belgium Root CA6"]
    assert len(trust.intermediates) == 2


def test_an_authority_that_was_exchanged_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _folder(tmp_path, roots=[pki().root])
    (tmp_path / "hashes.json").write_text(json.dumps({"roots": {"0.pem": "00"}, "intermediates": {}}))
    monkeypatch.setattr(trust_files, "SHIPPED_FOLDER", tmp_path)
    with pytest.raises(TrustRefused, match=r"hashes\.json"):
        shipped_trust()


def _folder(folder: Path, *, roots: list[Authority], intermediates: list[Authority] | None = None) -> Path:
    for kind, members in {"roots": roots, "intermediates": intermediates or []}.items():
        (folder / kind).mkdir(exist_ok=True)
        for number, authority in enumerate(members):
            (folder / kind / f"{number}.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    return folder


def test_a_demo_trusts_the_folder_that_it_is_given(tmp_path: Path) -> None:
    trust = load_trust(_folder(tmp_path, roots=[pki().root]), is_production=False)
    assert list(trust.roots) == [pki().root.certificate]


def test_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(TrustRefused):
        load_trust(tmp_path, is_production=False)


def test_production_refuses_a_test_root(tmp_path: Path) -> None:
    with pytest.raises(TrustRefused, match="not for production"):
        load_trust(_folder(tmp_path, roots=[pki().root]), is_production=True)


def test_production_refuses_an_intermediate_of_strangers(tmp_path: Path) -> None:
    with pytest.raises(TrustRefused, match="not issued"):
        load_trust(_folder(tmp_path, roots=[], intermediates=[make_authority("Citizen CA")]), is_production=True)


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "roots").mkdir()
    (tmp_path / "roots" / "odd.pem").write_text("nothing")
    with pytest.raises(TrustRefused, match=r"odd\.pem"):
        load_trust(tmp_path, is_production=False)


def settings(mint: Mint, **changes: Any) -> IdentitySettings:
    values = {
        "environment": "production",
        "public_origin": "https://immo.example",
        "kafka": "kafka:9092",
        "postgres": "postgresql:///immo_identity",
        "master_key": KEY,
        "eid_hash_key": KEY,
        **mint.service_settings("identity"),
        **changes,
    }
    return IdentitySettings(**values)


def test_production_starts_with_the_shipped_authorities(mint: Mint) -> None:
    assert settings(mint).eid_trust is None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"public_origin": "http://immo.example"}, "IMMO_PUBLIC_ORIGIN"),
        ({"public_origin": "https://immo.example/"}, "as browsers write it"),
        ({"argon2_memory_kib": 64}, "ARGON2"),
    ],
)
def test_production_refuses_what_is_unsafe(mint: Mint, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        settings(mint, **changes)


def test_production_refuses_to_start_with_a_test_root(mint: Mint, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="not for production"):
        settings(mint, eid_trust=_folder(tmp_path, roots=[pki().root]))
    assert settings(mint, eid_trust=_folder(tmp_path, roots=[pki().root]), environment="demo").eid_trust == tmp_path


def test_keys_are_never_shown(mint: Mint) -> None:
    assert KEY not in repr(settings(mint))
    assert "kkkk" not in repr(settings(mint))


async def test_what_nobody_can_use_any_more_is_deleted(world: World) -> None:
    tool, person, other = await world.register(), await world.someone(), await world.someone()
    await steps.start(person, tool)
    await steps.request_id(world, tool)
    await person.api("POST", "/api/eid/challenge")
    await other.sign_out()
    await world.run("UPDATE oidc_code SET expires_at = now() - interval '25 hours'")
    await world.run("UPDATE authorization_request SET expires_at = now() - interval '25 hours'")
    await world.run("UPDATE eid_challenge SET expires_at = now() - interval '25 hours'")
    await world.run("UPDATE session SET ended_at = now() - interval '91 days' WHERE ended_at IS NOT NULL")
    for timer in timers(world.app.at):
        await timer.work()
    left = {
        table: await world.run(f"SELECT count(*) FROM {table}")
        for table in ("oidc_code", "authorization_request", "eid_challenge", "session", "oidc_grant")
    }
    assert left == {"oidc_code": 0, "authorization_request": 0, "eid_challenge": 0, "session": 1, "oidc_grant": 1}


def test_the_service_describes_itself() -> None:
    assert SERVICE.name == SERVICE.folder.name == "identity"
