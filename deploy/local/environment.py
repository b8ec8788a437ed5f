"""The environment of each part: its own settings and secrets, and nobody else's."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from deploy.local.addresses import SERVICES, Addresses
from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.keys import Keys
from deploy.local.ports import HOST

# What one stack tells its parts itself; the same names in the caller's environment mean something else or are secrets.
OURS = ("IMMO_POSTGRES_", "IMMO_URL_", "IMMO_SERVICE_", "IMMO_TEST_", "IMMO_PORT", "IMMO_HOST", "IMMO_DATA")


def service_environment(
    service: str, data: DataFolder, addresses: Addresses, keys: Keys, public_keys: Mapping[str, str]
) -> dict[str, str]:
    ports = addresses.ports
    return {
        **_common(addresses),
        "IMMO_PORT": str(ports.of(service)),
        f"IMMO_POSTGRES_{service.upper()}": addresses.postgres[service],
        "IMMO_SERVICE_KEY": keys.service_keys[service],
        "IMMO_SERVICE_PUBLIC_KEYS": json.dumps(dict(public_keys)),
        "IMMO_LOG_FORMAT": os.environ.get("IMMO_LOG_FORMAT", "console"),
        **{f"IMMO_URL_{other.upper()}": ports.url(other) for other in SERVICES},
        **_own(service, data, addresses, keys),
    }


def world_environment(data: DataFolder, addresses: Addresses) -> dict[str, str]:
    return {
        **_common(addresses),
        "IMMO_PORT": str(addresses.ports.of("world")),
        "IMMO_WORLD_SMTP_PORT": str(addresses.ports.of("smtp")),
        "IMMO_WORLD_DATA": str(data.world),
    }


def demo_tool_environment(data: DataFolder, addresses: Addresses, keys: Keys) -> dict[str, str]:
    return {
        **_common(addresses),
        "IMMO_PORT": str(addresses.ports.of("demo-tool")),
        "IMMO_DEMO_TOOL_URL": addresses.ports.url("demo-tool"),
        "IMMO_DEMO_TOOL_CLIENT_ID": "cadastrefinder",
        "IMMO_DEMO_TOOL_CLIENT_SECRET": keys.client_secrets["cadastrefinder"],
        "IMMO_DEMO_TOOL_WEBHOOK_SECRET_FILE": str(data.webhook_secret),
    }


def _common(addresses: Addresses) -> dict[str, str]:
    passed_on = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {
        **passed_on,
        "PYTHONPATH": str(REPOSITORY),
        # One arena for each thread would cost the eight programs some 200 MB together.
        "MALLOC_ARENA_MAX": "2",
        "IMMO_ENVIRONMENT": "demo",
        "IMMO_HOST": HOST,
        "IMMO_INSTANCE": "1",
        "IMMO_KAFKA": addresses.kafka,
        "IMMO_KAFKA_ENGINE": addresses.kafka_engine,
        "IMMO_PUBLIC_ORIGIN": addresses.public_origin,
        "IMMO_WORLD_URL": addresses.ports.url("world"),
    }


def _social_fund(world: str, keys: Keys) -> dict[str, object]:
    """Its files are fetched from the simulator."""
    auth = {"type": "basic", "user": "immo-connect", "password": keys.registry_token}
    return {"url": f"{world}/registry/files/fs323.csv", "auth": auth}


def _own(service: str, data: DataFolder, addresses: Addresses, keys: Keys) -> dict[str, str]:
    world = addresses.ports.url("world")
    own: dict[str, dict[str, str]] = {
        "identity": {
            "IMMO_MASTER_KEY": keys.master_key,
            "IMMO_MASTER_KEY_OTHER": keys.master_key_other,
            "IMMO_IDENTITY_EID_HASH_KEY": keys.eid_hash_key,
            "IMMO_IDENTITY_EID_HASH_KEYS": json.dumps(keys.eid_hash_keys),
            "IMMO_IDENTITY_EID_TRUST": str(data.world / "pki"),
            "IMMO_IDENTITY_EID_REVOCATION": "ocsp-crl",
            "IMMO_IDENTITY_EID_OCSP_HOSTS": json.dumps([world.removeprefix("http://")]),
            "IMMO_IDENTITY_EID_CRL_HOSTS": json.dumps([world.removeprefix("http://")]),
        },
        "organisation": {"IMMO_ORGANISATION_REGISTER_URL": f"{world}/register"},
        "recognition": {
            "IMMO_RECOGNITION_REGISTRY_URL": f"{world}/registry",
            "IMMO_RECOGNITION_REGISTRY_TOKEN": keys.registry_token,
            "IMMO_RECOGNITION_HASH_KEY": keys.recognition_hash_key,
            # Nearly all that a lapse takes to reach a tool is the wait for this. Files are asked for twice a second at most.
            "IMMO_RECOGNITION_POLL_S": "0.6",
            "IMMO_RECOGNITION_REGISTRIES": json.dumps({"social-fund": _social_fund(world, keys)}),
        },
        "wallet": {
            "IMMO_WALLET_PAYMENTS_URL": f"{world}/payments/v1",
            "IMMO_WALLET_ACCESS_POINT_FOLDER": str(data.world / "access-point"),
        },
        "notify": {"IMMO_SMTP": addresses.smtp},
        "gateway": {"IMMO_GATEWAY_SECRET": keys.gateway_secret},
    }
    return own[service]
