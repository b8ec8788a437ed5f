"""The staff adds a webhook for a tool, gives it a new secret, or removes it; a secret is on one page only, which nobody keeps."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.catalogue.pages import Staff
from services.gateway.catalogue.webhook_kinds import KINDS, short_name
from services.gateway.catalogue.webhooks import PAGE, ToolId, api_of, page_of, tool_of, webhook_of
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.i18n import LANGUAGES
from shared.markers import N_
from shared.problems import Missing

FIELD = "kind-"
"""Before the short name of a kind: the field that chooses it."""

router = APIRouter(prefix=PAGE, include_in_schema=False, route_class=PageRoute)


@router.get("/new")
async def ask(visit: Staff, tool_id: ToolId) -> Response:
    return await _form(visit, tool_id, Form.of({"client_id": tool_id, "language": visit.language}))


@router.post("")
async def add(visit: Staff, tool_id: ToolId) -> Response:
    fields = {name: text.strip() for name, text in visit.fields.items()}
    types: list[str] = await visit.get("notify", f"{api_of(tool_id)}/kinds")
    body: dict[str, Any] = {name: fields.get(name, "") for name in ("url", "client_id", "description", "reason")}
    body["types"] = [one for one in types if fields.get(f"{FIELD}{short_name(one)}") == "yes"]
    body["language"] = fields["language"] if fields.get("language") in LANGUAGES else visit.language
    try:
        made = await visit.post("notify", api_of(tool_id), body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        for name in ("url", "client_id"):
            if not body[name]:
                form.errors[name] = visit.words.gettext(Missing.message)
        return await _form(visit, tool_id, form, status=status_of(refusal))
    return await _secret(visit, tool_id, made["webhook"]["id"], made["secret"])


@router.get("/{webhook_id}/secret")
async def ask_secret(visit: Staff, tool_id: ToolId, webhook_id: UUID) -> Response:
    return await _confirm(visit, tool_id, webhook_id, "secret", Form())


@router.post("/{webhook_id}/secret")
async def change_secret(visit: Staff, tool_id: ToolId, webhook_id: UUID) -> Response:
    try:
        made = await visit.post("notify", f"{api_of(tool_id)}/{webhook_id}/secret", _reason(visit))
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _confirm(visit, tool_id, webhook_id, "secret", form, status=status_of(refusal))
    return await _secret(visit, tool_id, str(webhook_id), made["secret"], until=made["old_secret_until"])


@router.get("/{webhook_id}/remove")
async def ask_removal(visit: Staff, tool_id: ToolId, webhook_id: UUID) -> Response:
    return await _confirm(visit, tool_id, webhook_id, "remove", Form())


@router.post("/{webhook_id}/remove")
async def remove(visit: Staff, tool_id: ToolId, webhook_id: UUID) -> Response:
    try:
        await visit.post("notify", f"{api_of(tool_id)}/{webhook_id}/remove", _reason(visit))
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _confirm(visit, tool_id, webhook_id, "remove", form, status=status_of(refusal))
    visit.say(N_("The webhook is removed. Nothing is sent to it any more."))
    return visit.redirect(page_of(tool_id))


def _reason(visit: Visit) -> dict[str, str]:
    return {"reason": visit.fields.get("reason", "").strip()}


async def _form(visit: Visit, tool_id: str, form: Form, *, status: int = 200) -> Response:
    types: list[str] = await visit.get("notify", f"{api_of(tool_id)}/kinds")
    kinds = [(f"{FIELD}{short_name(one)}", _said(visit, short_name(one)), short_name(one)) for one in types]
    return visit.page(
        "catalogue/webhook_new.html",
        status=status,
        tool=await tool_of(visit, tool_id),
        kinds=sorted(kinds, key=lambda kind: kind[1].casefold()),
        form=form,
    )


def _said(visit: Visit, kind: str) -> str:
    return visit.words.gettext(KINDS[kind]) if kind in KINDS else kind


async def _confirm(
    visit: Visit, tool_id: str, webhook_id: UUID, action: str, form: Form, *, status: int = 200
) -> Response:
    """action: `secret` or `remove`."""
    webhook: dict[str, Any] = await visit.get("notify", f"{api_of(tool_id)}/{webhook_id}")
    return visit.page(
        "catalogue/webhook_confirm.html",
        status=status,
        tool=await tool_of(visit, tool_id),
        webhook=webhook_of(visit, webhook),
        action=action,
        form=form,
    )


async def _secret(visit: Visit, tool_id: str, webhook_id: str, secret: str, *, until: str = "") -> Response:
    """The only page that ever shows it. until: the one before signs too; empty for a webhook that is new."""
    tool = await tool_of(visit, tool_id)
    page = visit.page("catalogue/webhook_secret.html", tool=tool, webhook_id=webhook_id, secret=secret, until=until)
    page.headers["cache-control"] = "no-store"
    return page
