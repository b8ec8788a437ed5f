"""docker-compose.yml, the images and what is watched name only what exists; checked without an engine."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.local.addresses import SERVICES
from shared.settings import Settings
from tests.support.apps import service_named

REPOSITORY = Path(__file__).parents[2]
IMAGES = REPOSITORY / "deploy" / "images"
OBSERVABILITY = REPOSITORY / "deploy" / "observability"
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::[-?][^}]*)?\}")

# Of the Compose Specification, what this file uses; anything else would be a misspelling.
SERVICE_KEYS = {
    *("image", "build", "command", "environment", "depends_on", "healthcheck", "networks", "volumes", "ports"),
    *("restart", "stop_grace_period", "read_only", "tmpfs", "cap_drop", "security_opt", "profiles"),
}
HEALTH_KEYS = {"test", "interval", "timeout", "retries", "start_period"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return document


def built(compose: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, part) for name, part in compose["services"].items() if part["image"].startswith("immo-connect/"))


def test_it_holds_every_service_with_kafka_postgresql_mail_and_a_collector(compose: dict[str, Any]) -> None:
    assert {*SERVICES, "kafka", "postgres", "mailpit", "otel-collector"} <= set(compose["services"])
    kafka = compose["services"]["kafka"]
    assert kafka["environment"]["KAFKA_PROCESS_ROLES"] == "broker,controller"


def test_only_keys_of_the_compose_specification_are_used(compose: dict[str, Any]) -> None:
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "networks", "volumes"}
    for part in compose["services"].values():
        assert set(part) <= SERVICE_KEYS
        assert set(part.get("healthcheck", {})) <= HEALTH_KEYS
        assert set(part["networks"]) <= set(compose["networks"])
        for value in part.get("environment", {}).values():
            assert isinstance(value, (str, int))


def test_images_from_elsewhere_are_pinned(compose: dict[str, Any]) -> None:
    ours = {name for name, _ in built(compose)}
    for name, part in compose["services"].items():
        if name not in ours:
            assert re.fullmatch(r"[a-z/-]+:v?\d+(\.\d+)*", part["image"])


def test_who_is_waited_for_exists_and_can_tell_that_it_is_healthy(compose: dict[str, Any]) -> None:
    parts = compose["services"]
    for part in parts.values():
        for name, wanted in part.get("depends_on", {}).items():
            assert wanted["condition"] in CONDITIONS
            assert wanted["condition"] != "service_healthy" or "healthcheck" in parts[name]
            assert wanted["condition"] != "service_completed_successfully" or parts[name]["restart"] == "on-failure"


def test_nobody_waits_in_a_circle(compose: dict[str, Any]) -> None:
    waits = {name: set(part.get("depends_on", {})) for name, part in compose["services"].items()}
    while ready := {name for name, others in waits.items() if not others}:
        waits = {name: others - ready for name, others in waits.items() if name not in ready}
    assert waits == {}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_its_migrations_and_topics_and_is_watched(compose: dict[str, Any], name: str) -> None:
    part = compose["services"][name]
    assert part["depends_on"][f"{name}-migrate"]["condition"] == "service_completed_successfully"
    assert part["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert "/readyz" in part["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_with_the_settings_that_it_is_given(
    compose: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = compose["services"][name]["environment"]
    assert given == compose["services"][f"{name}-migrate"]["environment"]
    secrets = dict(line.split("=", 1) for line in dotenv().splitlines() if "=" in line)
    addresses = {
        "IMMO_PUBLIC_ORIGIN": "https://connect.example",
        "IMMO_RECOGNITION_REGISTRY_URL": "https://registry.example",
        "IMMO_RECOGNITION_REGISTRY_TOKEN": "token",
        "IMMO_WALLET_PAYMENTS_URL": "https://payments.example/v2",
        "IMMO_WALLET_PAYMENTS_KEY": "live_key",
        "IMMO_WALLET_SELLER_NAME": "Seller",
        "IMMO_WALLET_SELLER_ENTERPRISE_NUMBER": "0123456749",
        "IMMO_WALLET_SELLER_STREET": "Rue Haute 1",
        "IMMO_WALLET_SELLER_POSTCODE": "1000",
        "IMMO_WALLET_SELLER_CITY": "Bruxelles",
        "IMMO_WALLET_SELLER_IBAN": "BE71096123456769",
        "IMMO_WALLET_SELLER_BIC": "GKCCBEBB",
        "IMMO_WALLET_SELLER_MAIL": "billing@seller.example",
    }
    values = {key: value.strip("'") for key, value in {**secrets, **addresses}.items() if value}
    settings: type[Settings] = service_named(name).settings
    known = {variable for field in settings.model_fields for variable in names_of(field, name)}
    for variable, value in given.items():
        assert variable in known or variable.startswith("IMMO_URL_")
        monkeypatch.setenv(variable, filled(str(value), values))
    assert settings().environment == "production"  # pyright: ignore[reportCallIssue]


def names_of(field: str, service: str) -> set[str]:
    upper = field.upper()
    odd = {"otlp_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT", "postgres": f"IMMO_POSTGRES_{service.upper()}"}
    return {odd[field]} if field in odd else {f"IMMO_{upper}", f"IMMO_{service.upper()}_{upper}"}


def filled(text: str, values: dict[str, str]) -> str:
    def value_of(match: re.Match[str]) -> str:
        default = re.search(r":-([^}]*)\}", match[0])
        return (
            values[match[1]]
            if match[1] in values
            else (default[1] if default else pytest.fail(f"{match[1]} is not given"))
        )

    return VARIABLE.sub(value_of, text)


def dotenv() -> str:
    done = subprocess.run([REPOSITORY / "immo", "keys"], capture_output=True, text=True, check=True)
    return done.stdout


def test_immo_keys_gives_every_variable_that_has_no_default(compose: dict[str, Any]) -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    needed = set(re.findall(r"\$\{([A-Z_]+):\?[^}]*\}", text.split("\nname:", 1)[1]))
    assert needed <= {line.split("=", 1)[0] for line in dotenv().splitlines()}


def test_what_is_mounted_and_copied_exists(compose: dict[str, Any]) -> None:
    mounted = [volume.split(":")[0] for part in compose["services"].values() for volume in part.get("volumes", [])]
    for source in mounted:
        assert source in compose["volumes"] or (REPOSITORY / source).is_file()
    dockerfile = (IMAGES / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    for name in SERVICES:
        for path in " ".join(copied).replace("${SERVICE}", name).split():
            assert (REPOSITORY / path).exists()


def test_every_image_is_built_by_the_one_dockerfile_for_a_service_that_can_be_run(compose: dict[str, Any]) -> None:
    builds = [part["build"] for _, part in built(compose) if "build" in part]
    assert {build["args"]["SERVICE"] for build in builds} == set(SERVICES)
    for build in builds:
        assert (REPOSITORY / build["context"] / build["dockerfile"]).is_file()
        assert (REPOSITORY / "services" / build["args"]["SERVICE"] / "__main__.py").is_file()
    (command,) = compose["services"]["topics"]["command"]
    import_module(command)


def test_an_image_gets_what_its_extra_needs_of_the_lock_and_nothing_that_is_not_in_it(tmp_path: Path) -> None:
    wanted = subset("wants", REPOSITORY / "pyproject.toml", "notify")
    assert any(line.startswith("aiosmtplib") for line in wanted)
    assert not any(line.startswith("argon2") for line in wanted)
    assert "asyncpg" in {line.split("==")[0] for line in subset("versions", REPOSITORY / "requirements.lock")}

    report = tmp_path / "report.json"
    report.write_text(json.dumps({"install": [{"metadata": {"name": "PyYAML"}}, {"metadata": {"name": "asyncpg"}}]}))
    entries = "\n".join(subset("lock", REPOSITORY / "requirements.lock", report))
    assert re.findall(r"^(\S+)==", entries, re.MULTILINE) == ["asyncpg", "pyyaml"]
    assert "--hash=sha256:" in entries

    report.write_text(json.dumps({"install": [{"metadata": {"name": "left-pad"}}]}))
    with pytest.raises(subprocess.CalledProcessError):
        subset("lock", REPOSITORY / "requirements.lock", report)


def subset(*arguments: object) -> list[str]:
    command = [sys.executable, str(IMAGES / "subset.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_alerts_are_about_metrics_that_exist() -> None:
    for module in (
        "shared.event_metrics",
        "shared.edge",
        "shared.supervise",
        "services.identity.eid.revocation.metrics",
        "services.identity.erasure.process",
        "services.notify.bounces.metrics",
        "services.notify.webhooks.metrics",
        "services.wallet.invoices.watch",
        "services.wallet.proof.jobs",
    ):
        import_module(module)
    exist = {name for family in REGISTRY.collect() for name in [family.name, *(s.name for s in family.samples)]}
    exist |= {f"{family.name}_{ending}" for family in REGISTRY.collect() for ending in ("total", "bucket")}
    alerts = yaml.safe_load((OBSERVABILITY / "alerts.yaml").read_text())["groups"][0]["rules"]
    for alert in alerts:
        used = set(re.findall(r"\bimmo_\w+", alert["expr"]))
        assert used or "up{" in alert["expr"]
        assert used <= exist
        assert alert["annotations"]["action"]


def test_prometheus_looks_at_every_service_and_reads_the_alerts() -> None:
    prometheus = yaml.safe_load((OBSERVABILITY / "prometheus.yaml").read_text())
    (job,) = prometheus["scrape_configs"]
    assert set(job["dns_sd_configs"][0]["names"]) == set(SERVICES)
    assert all((OBSERVABILITY / name).is_file() for name in prometheus["rule_files"])


def test_the_collector_takes_traces_where_the_services_send_them(compose: dict[str, Any]) -> None:
    collector = yaml.safe_load((OBSERVABILITY / "otel-collector.yaml").read_text())
    endpoint = compose["services"]["wallet"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert (
        endpoint.rsplit(":", 1)[1] == collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rsplit(":", 1)[1]
    )
    for pipeline in collector["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= set(collector[kind])
