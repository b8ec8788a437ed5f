"""The history of an organisation on screen and as a file: in words, in each language, whatever names and codes there are."""

from string import Formatter
from typing import Any

import pytest

from services.gateway.model.catalogue import Tool
from services.gateway.organisations.history_lines import Teller
from services.gateway.organisations.history_words import ACTIONS
from services.gateway.web.templates import FOLDER
from shared.i18n import LANGUAGES, translator
from shared.ids import new_id
from tests.gateway.conftest import Gateway, text_of

ADA = {"account_id": str(new_id()), "name": "Ada Weg", "erased": False}
BRAM = {"account_id": str(new_id()), "name": "Bram {actor}", "erased": False}
TOOL = Tool.of(
    "finder",
    1,
    {
        "names": {language: f"Finder ({language})" for language in LANGUAGES},
        "usage_modes": [{"id": "agent", "names": {"en": "Agent"}, "roles": [{"id": "user", "names": {"en": "User"}}]}],
    },
)


def entry(action: str = "confirm", **changes: Any) -> dict[str, Any]:
    return {"id": "1", "at": "2026-02-01T09:30:00+00:00", "action": action, "by": "person", "actor": ADA, "account": BRAM,
            "details": {}, "tool_id": None, "usage_mode": None, "address": None, **changes}  # fmt: skip


def teller(language: str = "en") -> Teller:
    return Teller(translator(FOLDER, language), {"finder": TOOL}, language)


def test_an_entry_is_a_sentence_and_its_details_are_named() -> None:
    line = teller().line(entry(details={"type": "trainee", "manager": False, "registration_id": str(new_id())}))
    assert line.sentence == "Ada Weg confirmed Bram {actor}."
    assert line.details == (("Place", "Trainee"), ("Manager", "no"))
    assert line.local_time == "2026-02-01 10:30:00"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_has_a_gap_in_any_language(language: str) -> None:
    words = translator(FOLDER, language)
    for action, said in ACTIONS.items():
        for text in filter(None, (said.text, said.own)):
            translated = words.gettext(text)
            names = [{name for _, name, _, _ in Formatter().parse(one) if name} for one in (text, translated)]
            assert names[0] == names[1], (action, translated)


def test_whoever_has_no_name_is_called_something() -> None:
    erased = {**BRAM, "name": "", "erased": True}
    told = teller()
    assert "Somebody whose account was erased" in told.line(entry(account=erased)).sentence
    support = told.line(entry("reopen-organisation", by="support", actor=None))
    assert support.sentence.startswith("Our support opened")
    assert (support.actor, support.actor_id) == ("Our support", "")
    assert told.line(entry("erase", by="platform", actor=None)).actor == "The platform"


def test_what_one_did_to_oneself_is_said_so_and_concerns_nobody_else() -> None:
    action = next(action for action, said in ACTIONS.items() if said.own)
    own, others = teller().line(entry(action, account=ADA)), teller().line(entry(action))
    assert "Bram" in others.sentence
    assert own.sentence == ACTIONS[action].own.format(actor="Ada Weg")
    assert (own.person, own.person_id) == ("", "")


def test_tools_roles_and_addresses_are_found_and_an_unknown_code_is_shown_plainly() -> None:
    changed = entry("change-access", tool_id="finder", usage_mode="agent", details={"role": "user"})
    assert teller().line(changed).sentence == "Ada Weg changed the access of Bram {actor} to Finder (en): User."
    assert "no access" in teller().line({**changed, "details": {"role": None}}).sentence
    assert "forgotten" in teller().line(entry("invite", account=ADA)).sentence
    plain = teller().line(entry("never-heard-of", details={"kind": "ipi", "id": str(new_id()), "count": 3}))
    assert (plain.sentence, plain.details) == ("never-heard-of", (("kind", "ipi"), ("count", "3")))


def managed(gateway: Gateway) -> str:
    gateway.sign_in()
    organisation_id = str(new_id())
    head = {"id": organisation_id, "name": "Agence du Parc", "enterprise_number": "0123456749", "manager": True}
    gateway.peers["organisation"].answers[f"GET /api/organisations/{organisation_id}"] = (200, head)
    return f"/organisations/{organisation_id}/history"


async def test_filters_go_along_from_page_to_page_and_can_be_taken_off(gateway: Gateway) -> None:
    path = managed(gateway)
    peer = gateway.peers["organisation"]
    peer.answers[f"GET /api{path}"] = (200, {"entries": [entry()], "next": "5-1"})
    page = await gateway.http.get(path, params={"action": "confirm", "actor": ADA["account_id"], "from": "2026-01-01"})
    asked = dict(peer.asked[-1].url.params)
    assert asked == {"action": "confirm", "actor": ADA["account_id"], "from": "2026-01-01", "limit": "50"}
    assert "Done by Ada Weg" in text_of(page)
    assert f"{path}?action=confirm&amp;from=2026-01-01&amp;actor={ADA['account_id']}&amp;after=5-1" in page.text
    assert f'href="{path}?action=confirm&amp;from=2026-01-01"' in page.text
    assert f"{path}.csv?action=confirm" in page.text


async def test_a_filter_that_cannot_be_is_said_at_its_field(gateway: Gateway) -> None:
    path = managed(gateway)
    wrong = {"code": "invalid", "errors": [{"field": "from", "code": "invalid", "detail": "This is no day."}]}
    gateway.peers["organisation"].answers[f"GET /api{path}"] = (422, wrong)
    page = await gateway.http.get(path, params={"from": "yesterday"})
    assert page.status_code == 422
    assert "This is no day." in page.text
    assert 'value="yesterday"' in page.text


async def test_the_file_holds_all_pieces_and_no_formula(gateway: Gateway) -> None:
    path = managed(gateway)
    formula = {**ADA, "name": "=cmd()"}
    pieces = iter([{"entries": [entry()], "next": "5-1"}, {"entries": [entry(actor=formula)], "next": None}])

    class Pieces(dict[str, Any]):
        def get(self, key: Any, default: Any = None) -> Any:
            return (200, next(pieces)) if key.endswith("/history") else super().get(key, default)

    gateway.peers["organisation"].answers = Pieces(gateway.peers["organisation"].answers)
    file = await gateway.http.get(f"{path}.csv?action=confirm")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in file.headers["content-disposition"]
    rows = file.content.decode().split("\r\n")
    assert rows[0].startswith("\ufeffWhen;What;Who")
    assert rows[1].startswith("2026-02-01 10:30:00;Ada Weg confirmed Bram {actor}.;Ada Weg;")
    assert "'=cmd()" in rows[2]
    assert [request.url.params.get("after") for request in gateway.peers["organisation"].asked[-2:]] == [None, "5-1"]
