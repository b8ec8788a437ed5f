"""The catalogue for everyone, tools' drawings, new terms on the way to a tool, and the desk where the staff keeps the catalogue."""

import json
from typing import Any

from services.gateway.catalogue.fields import merged, sections, values_of
from services.gateway.catalogue.words import pieces
from shared.events import catalogue as events
from shared.events import organisation as org
from shared.svg import drawing_id
from tests.gateway.conftest import REQUEST_ID, Gateway, text_of
from tests.gateway.model import Model, a_tool, registration, texts
from tests.gateway.selecting import INTO_THE_TOOL, START, completes, ready

LOGO = '<svg viewBox="0 0 8 8" xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8v8z" /></svg>'
NOW = "2026-11-21T10:00:00Z"
PAGE = "/tools/cadastrefinder"
ENTRY: dict[str, Any] = {
    "state": "offered", "names": texts("CadastreFinder"), "descriptions": texts("Finds parcels."), "details": None,
    "sign_in_acr": "eid", "start_url": "https://tool.example/", "support_email": "help@tool.example",
    "colours": {"primary": "#1f6f54"}, "logo": None, "banner": None,
    "terms": {"version": "1", "required_from": None, "texts": texts("Be kind.")},
    "usage_modes": [{"id": "agent", "names": texts("Agent"), "descriptions": texts("As an agent."), "register_rule": "ipi",
                     "use_rule": "", "is_restricted": False, "is_self_service": False,
                     "roles": [{"id": "user", "names": texts("User")}]}],
    "recognition_names": {},
}  # fmt: skip
RECORD: dict[str, Any] = {
    "tool_id": "cadastrefinder", "version": 3, "changed_by": "operator", "name": "", "reason": "", "changed_at": NOW,
    "organisations": 2, "entry": ENTRY,
}  # fmt: skip
CHANGE = {"path": "support_email", "before": "help@tool.example", "after": "new@tool.example", "takes_away": False}
OUTCOME = {"tool_id": "cadastrefinder", "version": 4, "is_new": False, "changes": [CHANGE]}


def model_of(gateway: Gateway) -> Model:
    return Model(gateway.app.at.database)


def at_the_desk(gateway: Gateway) -> dict[str, Any]:
    """Somebody of the staff, and what organisation answers."""
    gateway.sign_in(acr="mfa", claims={"staff": "support"})
    answers = gateway.peers["organisation"].answers
    answers["GET /api/catalogue"] = (200, [RECORD])
    answers["GET /api/catalogue/cadastrefinder"] = (200, {"record": RECORD, "usage_modes": []})
    answers["POST /api/catalogue/changes"] = (200, [OUTCOME])
    return answers


async def test_a_stranger_reads_the_catalogue_and_each_tool(gateway: Gateway) -> None:
    mode = a_tool().usage_modes[0].model_copy(update={"register_needs": texts("IPI number"), "is_restricted": True})
    await model_of(gateway).follow(a_tool(usage_modes=(mode,), details=texts("One.\n\nTwo."), logo=LOGO))
    catalogue = await gateway.http.get("/tools")
    assert catalogue.status_code == 200
    assert "CadastreFinder" in text_of(catalogue)
    page = await gateway.http.get(PAGE)
    said = text_of(page)
    for words in ("CadastreFinder", "One.", "Two.", "Real-estate agent", "IPI number", "Only for organisations on a list",
                  "help@tool.example", "Sign in to start it"):  # fmt: skip
        assert words in said
    assert f"{PAGE}/register" not in page.text
    assert (await gateway.http.get("/tools/nothing")).status_code == 404


async def test_who_is_signed_in_starts_registers_and_sees_what_is_registered(gateway: Gateway) -> None:
    model = model_of(gateway)
    await model.follow(a_tool())
    account_id = gateway.sign_in()
    await model.a_quality(account_id, name="Immo Dyle")
    page = await gateway.http.get(PAGE)
    assert "Immo Dyle" in text_of(page)
    assert "Start CadastreFinder" in text_of(page)
    assert f'href="{PAGE}/register"' in page.text


async def test_a_retired_tool_is_shown_to_those_who_have_it_only(gateway: Gateway) -> None:
    model = model_of(gateway)
    await model.follow(a_tool(state="retired"))
    assert "CadastreFinder" not in text_of(await gateway.http.get("/tools"))
    assert "No longer offered" in text_of(await gateway.http.get(PAGE))
    account_id = gateway.sign_in()
    await model.a_quality(account_id)
    page = await gateway.http.get("/tools")
    assert "CadastreFinder" in text_of(page)
    assert f'href="{PAGE}/register"' not in page.text


async def test_a_logo_has_an_address_that_is_kept_for_good_and_does_nothing_by_itself(gateway: Gateway) -> None:
    await model_of(gateway).follow(a_tool(logo=LOGO))
    address = f"/tools/drawings/{drawing_id(LOGO)}.svg"
    assert f'src="{address}"' in (await gateway.http.get(PAGE)).text
    drawing = await gateway.http.get(address)
    assert (drawing.text, drawing.headers["content-type"].split(";")[0]) == (LOGO, "image/svg+xml")
    assert "immutable" in drawing.headers["cache-control"]
    assert drawing.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert (await gateway.http.get("/tools/drawings/0000.svg")).status_code == 404


def new_terms(**more: Any) -> events.ToolChanged:
    return events.ToolChanged(**{**a_tool().model_dump(), "version": 2, "terms_version": "2", **more})


async def test_a_manager_is_asked_for_new_terms_before_starting_and_may_say_not_now(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, registration_id = await model.a_quality(account_id)
    await model.follow(new_terms())
    asked = await gateway.post(START, {"registration": str(registration_id)})
    terms = f"/organisations/{organisation_id}/tools/cadastrefinder/terms"
    assert asked.headers["location"] == f"{terms}?later={registration_id}&request={REQUEST_ID}"
    gateway.peers["organisation"].is_away = True  # the read model answers, which is fresh
    completes(gateway)
    later = await gateway.post(START, {"registration": str(registration_id), "terms": "later"})
    assert later.headers["location"] == INTO_THE_TOOL


async def test_once_accepted_nobody_is_asked_again_and_employees_never(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, registration_id = await model.a_quality(account_id)
    gateway.peers["organisation"].is_away = True  # the read model answers, which is fresh
    completes(gateway)
    accepted = org.TermsAccepted(
        **registration(organisation_id, registration_id), terms_version="2", accepted_by=account_id
    )
    await model.follow(new_terms(), accepted)
    assert (await gateway.post(START, {"registration": str(registration_id)})).headers["location"] == INTO_THE_TOOL
    employee = gateway.sign_in()
    await model.an_employee(organisation_id, employee)
    await model.an_access(organisation_id, registration_id, employee)
    await model.follow(new_terms(version=3, terms_version="3"))
    assert (await gateway.post(START, {"registration": str(registration_id)})).headers["location"] == INTO_THE_TOOL


async def test_terms_are_read_beside_the_older_ones_and_accepted_by_a_tick(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, _ = await model.a_quality(account_id)
    answers = gateway.peers["organisation"].answers
    path = f"/organisations/{organisation_id}/tools/cadastrefinder/terms"
    answers[f"GET /api/organisations/{organisation_id}"] = (
        200,
        {"id": str(organisation_id), "name": "Immo Dyle", "manager": True},
    )
    answers["GET /api/tools/cadastrefinder"] = (200, {"id": "cadastrefinder", "name": "CadastreFinder", "description": "",
                                                      "sign_in_acr": "pwd", "start_url": "#"})  # fmt: skip
    answers[f"GET /api{path}"] = (200, {
        "present": {"version": "2", "required_from": "2099-01-01", "text": "Be kinder."},
        "accepted": {"version": "1", "text": "Be kind.", "accepted_at": NOW, "name": "Nora Peeters"}, "is_behind": True,
    })  # fmt: skip
    page = await gateway.http.get(f"{path}?request={REQUEST_ID}")
    for words in ("Be kinder.", "Be kind.", "Nora Peeters", "From 1 January 2099 on"):
        assert words in text_of(page)
    refused = await gateway.post(path, {"terms_version": "2"})
    assert (refused.status_code, "Accept the terms to go on." in text_of(refused)) == (422, True)
    answers[f"POST /api{path}"] = (204, None)
    done = await gateway.post(f"{path}?request={REQUEST_ID}", {"terms_version": "2", "accept": "yes"})
    assert done.headers["location"] == f"/select?request={REQUEST_ID}"
    assert gateway.peers["organisation"].body_of_last() == {"terms_version": "2"}


async def test_only_the_staff_comes_to_the_desk(gateway: Gateway) -> None:
    gateway.sign_in(acr="mfa")
    for path in ("/catalogue", "/catalogue/cadastrefinder", "/catalogue/cadastrefinder/versions"):
        assert (await gateway.http.get(path)).status_code == 403
    assert (await gateway.post("/catalogue/save", {"document": "{}"})).status_code == 403


async def test_a_form_leads_to_what_would_change_and_then_under_a_reason_to_the_change(gateway: Gateway) -> None:
    answers = at_the_desk(gateway)
    form = await gateway.http.get("/catalogue/cadastrefinder/edit/general")
    assert 'value="help@tool.example"' in form.text
    fields = {**values_of(sections(ENTRY)["general"], ENTRY), "version": "3", "support_email": "new@tool.example"}
    looked = await gateway.post("/catalogue/cadastrefinder/edit/general", fields)
    assert "new@tool.example" in text_of(looked)
    sent = gateway.peers["organisation"].body_of_last()
    assert (sent["dry_run"], sent["versions"]) == (True, {"cadastrefinder": 3})
    entry = json.loads(sent["document"])
    assert entry == {"id": "cadastrefinder", **ENTRY, "support_email": "new@tool.example"}
    missing = {"status": 422, "code": "reason-missing", "detail": "", "errors": [
        {"field": "reason", "code": "reason-missing", "detail": "Say why."}]}  # fmt: skip
    save = {"document": sent["document"], "versions": json.dumps(sent["versions"]), "back": "/catalogue/cadastrefinder"}
    answers["POST /api/catalogue/changes"] = (200, [OUTCOME])
    done = await gateway.post("/catalogue/save", {**save, "reason": "The provider moved."})
    assert done.headers["location"] == "/catalogue/cadastrefinder"
    assert gateway.peers["organisation"].body_of_last()["reason"] == "The provider moved."
    answers["POST /api/catalogue/changes"] = (
        409,
        {"code": "tool-changed-meanwhile", "detail": "Somebody else was faster."},
    )
    late = await gateway.post("/catalogue/save", {**save, "reason": "The provider moved."})
    assert (late.status_code, "Somebody else was faster." in text_of(late)) == (409, True)
    assert missing["errors"]


async def test_what_is_wrong_stands_at_its_field(gateway: Gateway) -> None:
    answers = at_the_desk(gateway)
    answers["POST /api/catalogue/changes"] = (422, {"code": "invalid", "detail": "", "errors": [
        {"field": "1:cadastrefinder.usage_modes.0.register_rule", "code": "rule-invalid", "detail": "This rule is odd."}]})  # fmt: skip
    section = sections(ENTRY)["mode-agent"]
    fields = {**values_of(section, ENTRY), "version": "3", "usage_modes.0.register_rule": "ipi or"}
    page = await gateway.post("/catalogue/cadastrefinder/edit/mode-agent", fields)
    assert page.status_code == 422
    assert 'id="e-usage_modes.0.register_rule"' in page.text
    assert 'value="ipi or"' in page.text


async def test_roles_are_renamed_and_everything_else_of_the_usage_mode_too(gateway: Gateway) -> None:
    answers = at_the_desk(gateway)
    answers["POST /api/catalogue/changes"] = (200, [OUTCOME])
    assert "Name of the role “user”" in text_of(await gateway.http.get("/catalogue/cadastrefinder/edit/mode-agent"))
    changed = {"usage_modes.0.roles.0.names.fr": "Consultant", "usage_modes.0.names.fr": "Agent", "version": "3"}
    fields = {**values_of(sections(ENTRY)["mode-agent"], ENTRY), **changed}
    await gateway.post("/catalogue/cadastrefinder/edit/mode-agent", fields)
    mode = json.loads(gateway.peers["organisation"].body_of_last()["document"])["usage_modes"][0]
    assert (mode["roles"][0]["id"], mode["roles"][0]["names"]["fr"], mode["names"]["fr"]) == (
        ENTRY["usage_modes"][0]["roles"][0]["id"],
        "Consultant",
        "Agent",
    )


async def test_a_file_with_mistakes_is_answered_line_by_line(gateway: Gateway) -> None:
    answers = at_the_desk(gateway)
    answers["POST /api/catalogue/changes"] = (422, {"code": "invalid", "detail": "", "errors": [
        {"field": "12:atlas.names", "code": "texts-missing", "detail": "A text is missing."}]})  # fmt: skip
    page = await gateway.http.post(
        "/catalogue/upload",
        data={"csrf": gateway.csrf()},
        files={"file": ("tools.yaml", b"tools: []", "application/yaml")},
    )
    assert "Line 12, atlas.names: A text is missing." in text_of(page)


async def test_a_tool_is_retired_after_a_look_at_what_it_means(gateway: Gateway) -> None:
    answers = at_the_desk(gateway)
    change = {"path": "state", "before": "offered", "after": "retired", "takes_away": True}
    answers["POST /api/catalogue/changes"] = (200, [{**OUTCOME, "changes": [change]}])
    page = await gateway.post("/catalogue/cadastrefinder/state/retired")
    assert "No longer offered" in text_of(page)
    assert "Somebody may lose something" in text_of(page)
    assert json.loads(gateway.peers["organisation"].body_of_last()["document"])["state"] == "retired"
    assert (await gateway.post("/catalogue/cadastrefinder/state/gone")).status_code == 404


async def test_a_drawing_is_uploaded_and_shown_before_it_counts(gateway: Gateway) -> None:
    answers = at_the_desk(gateway)
    change = {"path": "logo", "before": None, "after": LOGO, "takes_away": False}
    answers["POST /api/catalogue/changes"] = (200, [{**OUTCOME, "changes": [change]}])
    page = await gateway.http.post(
        "/catalogue/cadastrefinder/drawing/logo", data={"csrf": gateway.csrf()},
        files={"file": ("logo.svg", LOGO.encode(), "image/svg+xml")},
    )  # fmt: skip
    assert "data:image/svg+xml;base64," in page.text
    assert json.loads(gateway.peers["organisation"].body_of_last()["document"])["logo"] == LOGO


async def test_the_history_says_who_changed_what_and_an_older_version_can_be_taken_again(gateway: Gateway) -> None:
    answers = at_the_desk(gateway)
    version = {"changed_by": "x", "name": "Nora Peeters", "reason": "The provider moved.", "changed_at": NOW}
    answers["GET /api/catalogue/cadastrefinder/versions"] = (200, [
        {**version, "version": 3, "changes": [CHANGE]},
        {**version, "version": 2, "changes": [], "changed_by": "edition", "name": ""}])  # fmt: skip
    page = text_of(await gateway.http.get("/catalogue/cadastrefinder/versions"))
    for words in (
        "Version 3",
        "Nora Peeters",
        "The provider moved.",
        "new@tool.example",
        "came along with the platform",
    ):
        assert words in page
    answers["GET /api/catalogue/cadastrefinder/document"] = (200, {"document": "id: cadastrefinder\n", "version": 2})
    again = await gateway.post("/catalogue/cadastrefinder/versions/2")
    assert "What would change" in text_of(again)
    assert gateway.peers["organisation"].body_of_last()["versions"] == {"cadastrefinder": 3}
    file = await gateway.http.get("/catalogue/cadastrefinder/file")
    assert file.headers["content-disposition"] == 'attachment; filename="cadastrefinder-2.yaml"'


def test_a_form_gives_back_what_it_was_made_of() -> None:
    for section in sections(ENTRY).values():
        assert merged(section, ENTRY, values_of(section, ENTRY)) == ENTRY
    texts_of = sections(ENTRY)["texts"]
    described = merged(texts_of, ENTRY, {**values_of(texts_of, ENTRY), "details.fr": " Un.\r\n\r\nDeux. "})
    assert described["details"] == {"fr": "Un.\n\nDeux.", "nl": "", "en": "", "de": ""}


def test_long_texts_are_compared_word_by_word() -> None:
    assert pieces("be kind to all", "be kind to everyone") == [
        ("same", "be kind to "), ("gone", "all"), ("new", "everyone")]  # fmt: skip
    terms = [f"{word} of" for word in range(2_500)]
    before, after = " ".join(terms), " ".join([*terms[:1_200], "never", *terms[1_201:]])
    told = pieces(before, after)
    assert [kind for kind, _ in told if kind != "same"] == ["gone", "new"]
    assert "".join(text for kind, text in told if kind != "gone") == after
