"""Catalogues of tests: who vouches for what, and how they are asked."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HTTP: Mapping[str, Any] = {"type": "http", "max_per_s": 1000}
FILE: Mapping[str, Any] = {
    "type": "file",
    "kind": "fs323",
    "date_format": "%d/%m/%Y",
    "columns": {"national_number": "INSZ", "number": "DOSSIER", "valid_from": "VAN", "valid_until": "TOT"},
    "max_bad_lines": 3,
}
DELTA: Mapping[str, Any] = {
    "type": "file",
    "form": "delta",
    "delimiter": ",",
    "encoding": "latin-1",
    "kinds": {"Vérifié": "fs323"},
    "columns": {"national_number": "nn", "kind": "soort", "number": "nr", "valid_until": "tot", "action": "wat"},
    "max_bad_lines": 3,
}


def languages(text: str) -> dict[str, str]:
    return {language: f"{text} ({language})" for language in ("fr", "nl", "en", "de")}


def registry(name: str, connector: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "names": languages(name), "connector": dict(connector), **more}


def kind(name: str, registry_id: str, *, grace_days: int = 0) -> dict[str, Any]:
    texts = {field: languages(f"{field} of {name}") for field in ("names", "descriptions", "ways")}
    return {"id": name, "registry": registry_id, "grace_days": grace_days, **texts}


def one_registry(*, graces: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Everything from `professions`, over HTTP."""
    kinds = [kind(name, "professions", grace_days=(graces or {}).get(name, 0)) for name in ("ipi", "cib", "fs323")]
    return {"registries": [registry("professions", HTTP)], "kinds": kinds}


def with_files(connector: Mapping[str, Any] = FILE, *, grace_days: int = 0) -> dict[str, Any]:
    """Besides, fs323 from files of `fund`."""
    fund = registry("fund", connector, lag={"from_months": 4, "to_months": 6})
    kinds = [kind("ipi", "professions"), kind("cib", "professions"), kind("fs323", "fund", grace_days=grace_days)]
    return {"registries": [registry("professions", HTTP), fund], "kinds": kinds}


def written(folder: Path, catalogue: Mapping[str, Any]) -> Path:
    path = folder / "kinds.json"
    path.write_text(json.dumps(catalogue))
    return path
