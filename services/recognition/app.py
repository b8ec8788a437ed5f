"""Wiring of the recognition service."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from services.recognition import api
from services.recognition.catalogue import read_catalogue
from services.recognition.consumers import identity_consumer
from services.recognition.handlers import FETCH_JOB
from services.recognition.jobs import Desk
from services.recognition.registry import RegistryClient
from services.recognition.settings import RecognitionSettings
from services.recognition.timers import timers_of
from shared.runtime import Runtime
from shared.service import Service


def _desk(at: Runtime[Any]) -> Desk:
    settings: RecognitionSettings = at.settings
    catalogue = read_catalogue(settings.kinds)
    clients = {
        registry.id: RegistryClient(registry.url or settings.registry_url, settings.registry_token)
        for registry in catalogue.registries
    }
    return Desk(
        at.database,
        at.keyring,
        catalogue,
        clients,
        settings.hash_key,
        again_after=timedelta(hours=settings.refresh_h),
        number_kept=timedelta(days=settings.number_keep_days),
    )


SERVICE = Service(
    name="recognition",
    folder=Path(__file__).parent,
    settings=RecognitionSettings,
    routers=[api.router],
    consumers=lambda at: [identity_consumer(at.own.catalogue)],
    jobs=lambda at: {FETCH_JOB: at.own.fetch},
    timers=lambda at: list(timers_of(at.own, poll_s=at.settings.poll_s)),
    setup=_desk,
)
