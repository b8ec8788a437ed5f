"""Wiring of the recognition service."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from services.recognition import api, operator_api
from services.recognition.catalogue import read_catalogue
from services.recognition.connectors.build import connectors_of, hasher
from services.recognition.consumers import identity_consumer
from services.recognition.handlers import ANNOUNCE_JOB, FETCH_JOB
from services.recognition.jobs import Desk
from services.recognition.registries import checks_of
from services.recognition.settings import RecognitionSettings
from services.recognition.support import api as support_api
from services.recognition.support.rules import MAX_FILE_BYTES
from services.recognition.timers import timers_of
from shared.runtime import Runtime
from shared.service import Service


def _desk(at: Runtime[Any]) -> Desk:
    settings: RecognitionSettings = at.settings
    catalogue = read_catalogue(settings.kinds)
    return Desk(
        at.database,
        at.keyring,
        catalogue,
        connectors_of(catalogue, settings, at.database),
        hasher(settings.hash_key),
        again_after=timedelta(hours=settings.refresh_h),
        number_kept=timedelta(days=settings.number_keep_days),
    )


SERVICE = Service(
    name="recognition",
    folder=Path(__file__).parent,
    settings=RecognitionSettings,
    routers=[api.router, support_api.router, operator_api.router],
    consumers=lambda at: [identity_consumer(at.own.catalogue)],
    jobs=lambda at: {FETCH_JOB: at.own.fetch, ANNOUNCE_JOB: at.own.announce},
    timers=lambda at: list(timers_of(at.own, at.settings)),
    checks=lambda at: checks_of(at.own),
    setup=_desk,
    larger_bodies={
        support_api.RECORD_PATH: MAX_FILE_BYTES * 4 // 3 + 65_536,
        operator_api.FILES_PATH: operator_api.MAX_FILE_BYTES,
    },
)
