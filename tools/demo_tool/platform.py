"""What the tool knows of the platform: its discovery document, its keys, and how to charge a wallet.

Nothing is fetched at the start: the tool starts while the platform is down, and asks again until it answers.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from joserfc.jwk import KeySet

from tools.demo_tool.settings import Settings

SCOPE = "openid profile"
CHARGE_SCOPE = "charges"
TIMEOUT_S = 10
PRICE_EXCL_CENTS = 1_900
PRICE_INCL_CENTS = 2_299
VAT_RATE_BP = 2_100
PRICE = {"amount_excl_cents": PRICE_EXCL_CENTS, "amount_incl_cents": PRICE_INCL_CENTS, "vat_rate_bp": VAT_RATE_BP}
DECIDE_WITHIN_S = 900


class PlatformUnreachable(Exception):
    """The platform did not answer, or not as it should; trying again later may help."""


@dataclass(frozen=True)
class Charged:
    """by_plan: a plan of the organisation paid; the wallet gave nothing."""

    charge_id: str
    balance_cents: int | None
    by_plan: bool = False


@dataclass(frozen=True)
class Reserved:
    reservation_id: str


@dataclass(frozen=True)
class Refused:
    """Nothing was booked. detail: the platform's sentence in the reader's language. top_up_url: where to add money."""

    status: int
    code: str
    detail: str
    short_cents: int | None = None
    top_up_url: str | None = None


def _charged(answer: "dict[str, Any] | Refused") -> "Charged | Refused":
    if isinstance(answer, Refused):
        return answer
    return Charged(answer["charge_id"], answer.get("balance_cents"), answer.get("plan_id") is not None)


class Platform:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        oauth = OAuth()
        self.sign_in: StarletteOAuth2App = oauth.register(  # pyright: ignore[reportUnknownMemberType]
            "immo",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "timeout": TIMEOUT_S},
        )
        self._charging: AsyncOAuth2Client | None = None

    async def metadata(self) -> dict[str, Any]:
        """Return the discovery document, fetched once. Raises PlatformUnreachable."""
        try:
            found: dict[str, Any] = await self.sign_in.load_server_metadata()
        except (httpx.HTTPError, ValueError) as error:
            raise PlatformUnreachable from error
        if found.get("issuer") != self._settings.issuer:
            self.sign_in.server_metadata.clear()
            raise PlatformUnreachable("the discovery document is of another issuer")
        return found

    async def keys(self, *, fresh: bool = False) -> KeySet:
        """Return the platform's public keys. fresh: fetch them again, because one is missing."""
        await self.metadata()
        try:
            return KeySet.import_key_set(await self.sign_in.fetch_jwk_set(force=fresh))
        except (httpx.HTTPError, ValueError) as error:
            raise PlatformUnreachable from error

    async def charge(
        self, organisation_id: str, *, key: str, description: str, account_id: str, language: str
    ) -> Charged | Refused:
        """Charge an organisation's wallet, or its plan, for one extract. The same key never books twice. Raises PlatformUnreachable."""
        body = {**PRICE, "description": description, "account_id": account_id, "plan_use": True}
        return _charged(await self._post(f"{organisation_id}/charges", body, key, language))

    async def reserve(
        self, organisation_id: str, *, key: str, description: str, account_id: str, language: str
    ) -> Reserved | Refused:
        """Set the price of one extract aside, for as long as somebody needs to decide. Raises PlatformUnreachable."""
        body = {**PRICE, "description": description, "account_id": account_id, "valid_s": DECIDE_WITHIN_S}
        answer = await self._post(f"{organisation_id}/reservations", body, key, language)
        return answer if isinstance(answer, Refused) else Reserved(answer["reservation_id"])

    async def capture(self, organisation_id: str, reservation_id: str, *, key: str, language: str) -> Charged | Refused:
        """Take what was set aside. Raises PlatformUnreachable."""
        body = {name: cents for name, cents in PRICE.items() if name != "vat_rate_bp"}
        path = f"{organisation_id}/reservations/{reservation_id}/capture"
        return _charged(await self._post(path, body, key, language))

    async def release(self, organisation_id: str, reservation_id: str, *, key: str, language: str) -> Refused | None:
        """Give back what was set aside. Raises PlatformUnreachable."""
        answer = await self._post(f"{organisation_id}/reservations/{reservation_id}/release", None, key, language)
        return answer if isinstance(answer, Refused) else None

    async def refund(
        self, organisation_id: str, charge_id: str, *, by_plan: bool, key: str, language: str
    ) -> Charged | Refused:
        """Give a whole extract back; the answer's balance is that of after. Raises PlatformUnreachable."""
        body = {"amount_incl_cents": 0 if by_plan else PRICE_INCL_CENTS, "description": "Extract given back"}
        return _charged(await self._post(f"{organisation_id}/charges/{charge_id}/refunds", body, key, language))

    async def _post(self, path: str, body: Any, key: str, language: str) -> dict[str, Any] | Refused:
        url = f"{self._settings.issuer}/api/wallets/{path}"
        headers = {"Idempotency-Key": key, "Accept-Language": language}
        try:
            client = await self._charging_client()
            answer = await client.post(url, json=body, headers=headers)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                await client.fetch_token()
                answer = await client.post(url, json=body, headers=headers)
        except (httpx.HTTPError, OAuthError, ValueError) as error:
            raise PlatformUnreachable from error
        return self._outcome(answer)

    async def close(self) -> None:
        if self._charging is not None:
            await self._charging.aclose()

    async def _charging_client(self) -> AsyncOAuth2Client:
        """Return a client with the tool's own token, which it renews when it ends."""
        if self._charging is None:
            self._charging = AsyncOAuth2Client(
                self._settings.client_id,
                self._settings.client_secret,
                scope=CHARGE_SCOPE,
                token_endpoint=(await self.metadata())["token_endpoint"],
                grant_type="client_credentials",
                timeout=TIMEOUT_S,
            )
        if not self._charging.token:
            await self._charging.fetch_token()
        return self._charging

    def _outcome(self, answer: httpx.Response) -> dict[str, Any] | Refused:
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise PlatformUnreachable
        body: dict[str, Any] = answer.json()
        if answer.is_success:
            return body
        facts: dict[str, Any] = body.get("params") or {}
        return Refused(
            status=answer.status_code,
            code=body.get("code", "unknown"),
            detail=body.get("detail", ""),
            short_cents=facts.get("short_cents"),
            top_up_url=self._own_link(facts.get("top_up_url")),
        )

    def _own_link(self, link: str | None) -> str | None:
        """Return the link in full if it stays on the platform."""
        absolute = urljoin(self._settings.issuer + "/", link) if link else None
        return absolute if absolute and absolute.startswith(self._settings.issuer + "/") else None
