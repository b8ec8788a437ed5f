"""Each registry's connector, as the catalogue describes it and the settings address it."""

import hashlib
import hmac
from collections.abc import Callable

from pydantic import SecretStr

from services.recognition.catalogue import Catalogue, File, Http, Registry
from services.recognition.connectors.access import Access, BearerAccess, http_auth
from services.recognition.connectors.files.deliveries import Address, Deliveries, Folder, Nowhere
from services.recognition.connectors.files.importing import FileImport
from services.recognition.connectors.files.registry import FileRegistry
from services.recognition.connectors.gate.turns import SharedGate
from services.recognition.connectors.http import HttpRegistry
from services.recognition.connectors.port import Connector
from services.recognition.settings import RecognitionSettings
from shared.db import Database

FILES_PER_S = 2.0

HashOf = Callable[[str], bytes]


def connectors_of(catalogue: Catalogue, settings: RecognitionSettings, database: Database) -> dict[str, Connector]:
    hash_of = hasher(settings.hash_key)
    return {one.id: _connector(one, catalogue, settings, database, hash_of) for one in catalogue.registries}


def hasher(key: bytes) -> HashOf:
    """By which a person is recognised without keeping the national number."""
    return lambda number: hmac.digest(key, number.encode(), hashlib.sha256)


def _connector(
    registry: Registry, catalogue: Catalogue, settings: RecognitionSettings, database: Database, hash_of: HashOf
) -> Connector:
    access = settings.registries.get(registry.id, Access())
    if isinstance(registry.connector, Http):
        return _http(registry.id, registry.connector, access, settings, database, hash_of)
    file = registry.connector
    imported = FileImport(database, registry.id, file, catalogue.graces_of(registry.id), hash_of)
    return FileRegistry(database, registry.id, imported, _deliveries(registry.id, file, access, database), hash_of)


def _http(
    registry: str, http: Http, access: Access, settings: RecognitionSettings, database: Database, hash_of: HashOf
) -> HttpRegistry:
    """The usual secret goes to the usual address, and nowhere else."""
    own_url = access.url or http.url
    usual = BearerAccess(type="bearer", token=SecretStr(settings.registry_token))
    gate = SharedGate(
        database, registry, max_per_s=http.max_per_s, max_at_once=http.max_at_once, timeout_s=http.timeout_s
    )
    return HttpRegistry(
        own_url or settings.registry_url,
        http_auth(access.auth if own_url else access.auth or usual),
        hash_of,
        gate,
        timeout_s=http.timeout_s,
        max_answer_bytes=http.max_answer_bytes,
    )


def _deliveries(registry: str, file: File, access: Access, database: Database) -> Deliveries:
    if access.folder is not None:
        return Folder(access.folder, file, settle_s=access.settle_s)
    if access.url is None:
        return Nowhere()
    gate = SharedGate(database, registry, max_per_s=FILES_PER_S, max_at_once=1, timeout_s=file.timeout_s)
    return Address(access.url, http_auth(access.auth), file, gate)
