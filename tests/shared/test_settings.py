import base64
from typing import ClassVar

import pytest
from pydantic import ValidationError

from shared.settings import Key32, Settings

KEY = base64.b64encode(b"k" * 32).decode()
PRODUCTION = {
    "IMMO_PUBLIC_ORIGIN": "https://immo-connect.example",
    "IMMO_KAFKA": "kafka:9092",
    "IMMO_POSTGRES_WALLET": "postgresql://wallet@db/immo_wallet",
    "IMMO_SERVICE_KEY": KEY,
    "IMMO_SERVICE_PUBLIC_KEYS": '{"gateway": "x"}',
    "IMMO_WALLET_PAYMENTS_URL": "https://pay.example",
    "IMMO_URL_IDENTITY": "http://identity:8081",
}


class WalletSettings(Settings):
    service: ClassVar[str] = "wallet"

    payments_url: str
    methods: tuple[str, ...] = ()
    hash_key: Key32 = b"0" * 32


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)


def read() -> WalletSettings:
    return WalletSettings()  # pyright: ignore[reportCallIssue]


def test_each_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMMO_WALLET_METHODS", '["bancontact", "visa"]')
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    settings = read()
    assert settings.environment == "production"
    assert settings.postgres == PRODUCTION["IMMO_POSTGRES_WALLET"]
    assert settings.payments_url == "https://pay.example"
    assert settings.methods == ("bancontact", "visa")
    assert settings.otlp_endpoint == "http://collector:4318"
    assert settings.url_of("identity") == "http://identity:8081"
    assert settings.service_key == b"k" * 32


def test_a_services_own_variable_wins_over_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMMO_POSTGRES_POOL", "7")
    assert read().postgres_pool == 7
    monkeypatch.setenv("IMMO_WALLET_POSTGRES_POOL", "9")
    assert read().postgres_pool == 9


@pytest.mark.parametrize(
    ("variable", "value", "fault"),
    [
        ("IMMO_PUBLIC_ORIGIN", "http://immo-connect.example", "IMMO_PUBLIC_ORIGIN is not https"),
        ("IMMO_KAFKA_ENGINE", "memory", "IMMO_KAFKA_ENGINE=memory loses events"),
        ("IMMO_WORLD_URL", "http://127.0.0.1:8091", "IMMO_WORLD_URL belongs to the demo"),
        ("IMMO_TOPIC_PREFIX", "t1.", "IMMO_TOPIC_PREFIX is for tests"),
    ],
)
def test_production_refuses_what_belongs_to_the_demo(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, fault: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError, match=fault):
        read()
    monkeypatch.setenv("IMMO_ENVIRONMENT", "demo")
    assert read().is_demo


@pytest.mark.parametrize("value", ["", "short", base64.b64encode(b"k" * 31).decode(), KEY + "!"])
def test_a_key_that_is_none_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("IMMO_SERVICE_KEY", value)
    with pytest.raises(ValidationError) as refused:
        read()
    assert not value or value not in str(refused.value)


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(read())
    assert "k" * 8 not in shown
    assert "immo_wallet" not in shown


def test_an_unknown_url_names_the_setting_that_is_missing() -> None:
    with pytest.raises(KeyError, match="IMMO_URL_NOTIFY"):
        read().url_of("notify")
