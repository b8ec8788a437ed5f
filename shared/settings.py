"""Settings come from the environment, are read once at the start, and are checked before anything runs."""

import base64
import json
import os
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

SERVICES = ("identity", "organisation", "recognition", "wallet", "notify", "gateway")
_ODD_NAMES = {"otlp_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT"}


def _decode_key(value: object) -> object:
    if not isinstance(value, str):
        return value
    raw = base64.b64decode(value, validate=True)
    if len(raw) != 32:
        raise ValueError("must be base64 of 32 bytes")
    return raw


Key32 = Annotated[bytes, BeforeValidator(_decode_key), Field(repr=False, min_length=32, max_length=32)]
"""32 secret bytes, base64 in the environment, never shown."""

KeyInList32 = Annotated[bytes, BeforeValidator(_decode_key)]
"""One of several, in a field that must itself say `repr=False`."""
OptionalKey32 = Annotated[
    Annotated[bytes, Field(min_length=32, max_length=32)] | None, BeforeValidator(_decode_key), Field(repr=False)
]
"""A key that may be left out."""


class Settings(BaseSettings):
    """What every service needs. A service derives its own, sets `service`, and adds its fields.

    A field `x_y` of service `wallet` is read from IMMO_WALLET_X_Y, else from IMMO_X_Y; `postgres` from IMMO_POSTGRES_WALLET;
    `urls` from all IMMO_URL_<SERVICE>. Structured values are JSON.
    """

    service: ClassVar[str]

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    environment: Literal["production", "demo", "test"] = "production"
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    instance: str = "1"
    public_origin: str
    kafka: str
    kafka_engine: Literal["kafka", "memory"] = "kafka"
    topic_prefix: str = ""
    postgres: str = Field(repr=False)
    postgres_pool: int = Field(default=10, ge=1, le=100)
    urls: dict[str, str] = Field(default_factory=dict[str, str])
    service_key: Key32
    service_public_keys: dict[str, str]
    world_url: str | None = None
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    otlp_endpoint: str | None = None
    trace_file: str | None = None
    trace_sample: float = Field(default=1.0, ge=0, le=1)
    drain_s: float = Field(default=10.0, ge=0, le=300)
    # Longer than Kafka keeps events and the offsets of groups (7 days each, unless it is told otherwise).
    inbox_keep_days: int = Field(default=14, ge=8, le=3650)

    @property
    def is_demo(self) -> bool:
        return self.environment != "production"

    @property
    def cookies_secure(self) -> bool:
        """Cookies travel over TLS only, except on the machine's own address."""
        return self.public_origin.startswith("https://")

    def url_of(self, service: str) -> str:
        """Raises KeyError with the name of the missing setting."""
        if service not in self.urls:
            raise KeyError(f"IMMO_URL_{service.upper()} is not set")
        return self.urls[service]

    @model_validator(mode="after")
    def _refuse_what_is_not_for_production(self) -> Self:
        if self.environment == "production":
            faults = self.production_faults()
            if faults:
                raise ValueError("not fit for production: " + "; ".join(faults))
        return self

    def production_faults(self) -> list[str]:
        """What must not be so in production; a service adds its own."""
        faults = {
            "IMMO_PUBLIC_ORIGIN is not https": not self.public_origin.startswith("https://"),
            "IMMO_KAFKA_ENGINE=memory loses events": self.kafka_engine == "memory",
            "IMMO_WORLD_URL belongs to the demo": self.world_url is not None,
            "IMMO_TOPIC_PREFIX is for tests": self.topic_prefix != "",
        }
        return [fault for fault, is_so in faults.items() if is_so]

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **more: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        init = sources[0] if sources else more["init_settings"]
        return (init, _Environment(settings_cls))


class _Environment(PydanticBaseSettingsSource):
    """The names of variables as the docstring of Settings promises them."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        for variable in _variables(self.settings_cls, field_name):
            if os.environ.get(variable):
                return os.environ[variable], field_name, self.field_is_complex(field)
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            text, _, is_structured = self.get_field_value(field, name)
            if text is not None:
                values[name] = json.loads(text) if is_structured else text
        urls = _urls(os.environ)
        if urls:
            values["urls"] = urls
        return values


def _variables(settings: type[BaseSettings], field_name: str) -> tuple[str, ...]:
    service = str(getattr(settings, "service", "")).upper()
    name = field_name.upper()
    if field_name in _ODD_NAMES:
        return (_ODD_NAMES[field_name],)
    if field_name == "postgres":
        return (f"IMMO_POSTGRES_{service}",)
    return (f"IMMO_{service}_{name}", f"IMMO_{name}")


def _urls(environment: Mapping[str, str]) -> dict[str, str]:
    found = {service: environment.get(f"IMMO_URL_{service.upper()}") for service in SERVICES}
    return {service: url for service, url in found.items() if url}
