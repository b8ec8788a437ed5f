"""The platform as a tool sees it: discovery, sign-in without any question, tokens, and wallets. For tests of the demo tool."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from services.gateway.web.assets import Assets

CLIENT_ID, CLIENT_SECRET = "cadastrefinder", "a-secret-of-a-test"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class PlatformDouble:
    """Whoever comes is signed in as `person`. Set `balance_cents`, `error`, `person` to steer; look at `charges`, `asked`."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.port = port
        self.key = self._new_key()
        self.forget()

    def forget(self) -> None:
        """Be as new, but for the key."""
        self.person: dict[str, Any] = {
            "sub": str(uuid4()),
            "sid": str(uuid4()),
            "name": "Anna Peeters",
            "acr": "eid",
            "org": {"id": str(uuid4()), "enterprise_number": "0123456749", "name": "Agence du Parc SRL"},
            "usage_mode": "agent",
            "role": "user",
            "recognitions": ["ipi"],
            "locale": "en",
        }
        self.balance_cents = 5_000
        self.has_menu = True
        self.error: str | None = None
        self.asked: dict[str, str] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.charge_answers: list[int] = []
        self.reserved: dict[str, int] = {}
        self._codes: dict[str, dict[str, str]] = {}

    def rotate_key(self) -> None:
        self.key = self._new_key()

    def logout_token(self, **changes: Any) -> str:
        """A logout token for `person`; a change to None leaves the claim out."""
        claims = {
            "iss": self.origin,
            "aud": CLIENT_ID,
            "iat": int(time.time()),
            "exp": int(time.time()) + 120,
            "jti": str(uuid4()),
            "sub": self.person["sub"],
            "sid": self.person["sid"],
            "events": {LOGOUT_EVENT: {}},
        } | changes
        return self._sign({name: value for name, value in claims.items() if value is not None}, typ="logout+jwt")

    @contextmanager
    def running(self) -> Iterator["PlatformDouble"]:
        routes = [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/oauth2/jwks", self._jwks),
            Route("/oauth2/authorize", self._authorize),
            Route("/oauth2/token", self._token, methods=["POST"]),
            Route("/oauth2/logout", self._logout),
            Route("/api/wallets/{organisation_id}/charges", self._charge, methods=["POST"]),
            Route("/api/wallets/{organisation_id}/reservations", self._reserve, methods=["POST"]),
            Route("/api/wallets/{organisation_id}/reservations/{id}/capture", self._capture, methods=["POST"]),
            Route("/api/wallets/{organisation_id}/reservations/{id}/release", self._release, methods=["POST"]),
            Route("/api/wallets/{organisation_id}/charges/{id}/refunds", self._refund, methods=["POST"]),
            Route("/embed/menu-1.js", self._menu),
        ]
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=self.port, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield self
        finally:
            server.should_exit = True
            thread.join(10)

    def _new_key(self) -> ECKey:
        return ECKey.generate_key("P-256", {"kid": str(uuid4()), "use": "sig", "alg": "ES256"})

    def _sign(self, claims: dict[str, Any], typ: str = "JWT") -> str:
        return jwt.encode({"alg": "ES256", "kid": self.key.kid, "typ": typ}, claims, self.key)

    async def _discovery(self, _: Request) -> Response:
        paths = {
            "authorization_endpoint": "/oauth2/authorize",
            "token_endpoint": "/oauth2/token",
            "jwks_uri": "/oauth2/jwks",
            "end_session_endpoint": "/oauth2/logout",
        }
        algorithms = {"id_token_signing_alg_values_supported": ["ES256"]}
        return JSONResponse(
            {"issuer": self.origin, **{name: self.origin + path for name, path in paths.items()}, **algorithms}
        )

    async def _menu(self, _: Request) -> Response:
        script = Assets(with_demo=False).get("embed/menu-1.js")
        headers = {"access-control-allow-origin": "*"}
        return Response(script.body, 200 if self.has_menu else 503, headers, script.media_type)

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        self.asked = dict(request.query_params)
        code = str(uuid4())
        self._codes[code] = self.asked
        answer = {"error": self.error} if self.error else {"code": code}
        answer |= {"state": self.asked["state"], "iss": self.origin}
        return RedirectResponse(f"{self.asked['redirect_uri']}?{urlencode(answer)}", 303)

    async def _token(self, request: Request) -> Response:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = await request.form()
        if request.headers["authorization"] != f"Basic {basic}":
            return JSONResponse({"error": "invalid_client"}, 401)
        token = {"access_token": str(uuid4()), "token_type": "Bearer", "expires_in": 300}
        if form["grant_type"] == "client_credentials":
            return JSONResponse({**token, "scope": form["scope"]})
        asked = self._codes.pop(str(form["code"]))
        digest = sha256(str(form["code_verifier"]).encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.origin, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        return JSONResponse({**token, "id_token": self._sign(claims | self.person)})

    async def _logout(self, request: Request) -> Response:
        self.asked = dict(request.query_params)
        back, state = self.asked["post_logout_redirect_uri"], self.asked["state"]
        return RedirectResponse(f"{back}?{urlencode({'state': state})}", 303)

    async def _charge(self, request: Request) -> Response:
        key, body = request.headers["idempotency-key"], await request.json()
        if self.charge_answers:
            return JSONResponse({"code": "later"}, self.charge_answers.pop(0))
        if key in self.charges:
            return JSONResponse(self.charges[key], 200)
        short = body["amount_incl_cents"] - self.balance_cents
        if short > 0:
            wallet = f"/organisations/{request.path_params['organisation_id']}/wallet"
            facts = {"balance_cents": self.balance_cents, "short_cents": short, "top_up_url": wallet}
            return JSONResponse({"code": "balance-short", "detail": "The balance is short.", "params": facts}, 402)
        self.balance_cents -= body["amount_incl_cents"]
        self.charges[key] = {"charge_id": str(uuid4()), "balance_cents": self.balance_cents, "asked": body}
        return JSONResponse(self.charges[key], 201)

    async def _reserve(self, request: Request) -> Response:
        cents = (await request.json())["amount_incl_cents"]
        if cents > self.balance_cents - sum(self.reserved.values()):
            return JSONResponse({"code": "balance-short", "detail": "The balance is short."}, 402)
        reservation_id = str(uuid4())
        self.reserved[reservation_id] = cents
        return JSONResponse({"reservation_id": reservation_id}, 201)

    async def _capture(self, request: Request) -> Response:
        if self.reserved.pop(request.path_params["id"], None) is None:
            return JSONResponse({"code": "reservation-expired", "detail": "It has expired."}, 409)
        return await self._charge(request)

    async def _release(self, request: Request) -> Response:
        del self.reserved[request.path_params["id"]]
        return JSONResponse({"state": "released"})

    async def _refund(self, request: Request) -> Response:
        self.balance_cents += (await request.json())["amount_incl_cents"]
        return JSONResponse({"charge_id": request.path_params["id"], "balance_cents": self.balance_cents}, 201)
