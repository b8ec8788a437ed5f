"""Somebody at the selection screen, and identity ready to lead on."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.gateway.conftest import REQUEST_ID, Gateway
from tests.gateway.model import Model, a_tool

SELECT = f"/select?request={REQUEST_ID}"
START = f"/select/start?request={REQUEST_ID}"
INTO_THE_TOOL = "https://tool.example/callback?code=abc"


async def ready(gateway: Gateway, **person: Any) -> tuple[Model, UUID]:
    """Somebody who comes from the tool and has signed in."""
    model = Model(gateway.app.at.database)
    await model.follow(a_tool())
    await model.beat(datetime.now(UTC))
    gateway.comes_from_tool()
    return model, gateway.sign_in(**person)


def completes(gateway: Gateway) -> None:
    key = f"POST /internal/authorizations/{REQUEST_ID}/complete"
    gateway.peers["identity"].answers[key] = (200, {"redirect_to": INTO_THE_TOOL})


def quality_of(organisation_id: UUID, **more: Any) -> dict[str, Any]:
    facts = {"organisation_id": str(organisation_id), "enterprise_number": "0123456749", "organisation_name": "Immo Dyle",
             "usage_mode": "agent", "role": "user", "recognitions": ["ipi"]}  # fmt: skip
    return {**facts, **more}
