"""What the authorities say of their cards: a responder that is delegated by each, and a list that each signs itself."""

import base64
import binascii
from datetime import timedelta
from typing import get_args

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from fastapi import APIRouter, HTTPException, Request, Response

from tools.world.behaviour import AskedBehaviour, Behaviour, misbehave, set_behaviour
from tools.world.cards import Authority, Card, now_utc
from tools.world.pki import issuer_key_identifier
from tools.world.world import World, WorldOf

CARD = "card"
SIMULATOR = "revocation"
LIFE = timedelta(hours=12)
# As short as it may be: who revokes a card in a demo wants to see it refused at the next sign-in.
ANSWER_LIFE = timedelta(seconds=5)
OCSP_BYTES = 10_000
LIST_ENTRIES = 10_000
ANSWER = "application/ocsp-response"
LIST = "application/pkix-crl"

router = APIRouter(tags=["revocation"])


def ocsp_url(world: World) -> str:
    return f"{world.settings.own_url}/ocsp"


def crl_url(world: World, authority: Authority) -> str:
    return f"{world.settings.own_url}/crl/{authority}.crl"


@router.post("/ocsp")
async def answer_post(request: Request, world: WorldOf) -> Response:
    await misbehave(world.store, SIMULATOR)
    return _answer(world, await request.body())


@router.get("/ocsp/{encoded:path}")
async def answer_get(encoded: str, world: WorldOf) -> Response:
    await misbehave(world.store, SIMULATOR)
    try:
        return _answer(world, base64.b64decode(encoded, validate=True))
    except binascii.Error:
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)


@router.get("/crl/{authority}.crl")
async def revoked_list(authority: str, world: WorldOf) -> Response:
    await misbehave(world.store, SIMULATOR)
    if authority not in get_args(Authority):
        raise HTTPException(404, "No such authority")
    return Response(_list(world, authority).public_bytes(Encoding.DER), media_type=LIST)


@router.post("/revocation/control/behaviour")
async def behave(asked: AskedBehaviour, world: WorldOf) -> Behaviour:
    """mode: ok, slow, error or maintenance."""
    return set_behaviour(world.store, SIMULATOR, asked)


def _answer(world: World, asked: bytes) -> Response:
    try:
        if len(asked) > OCSP_BYTES:
            raise ValueError("too long")
        request = ocsp.load_der_ocsp_request(asked)
        found = world.store.find(CARD, f"{request.serial_number:x}")
    except ValueError:
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if found is None:
        return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    signed = _status(world, Card.model_validate(found), request)
    return Response(signed.public_bytes(Encoding.DER), media_type=ANSWER)


def _status(world: World, card: Card, request: ocsp.OCSPRequest) -> ocsp.OCSPResponse:
    authority, responder = world.pki.authorities[card.authority], world.pki.responders[card.authority]
    revoked, now = card.condition == "revoked", now_utc().replace(microsecond=0)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=_certificate(card),
            issuer=authority.certificate,
            algorithm=request.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + ANSWER_LIFE,
            revocation_time=now if revoked else None,
            revocation_reason=x509.ReasonFlags.certificate_hold if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    for extension in request.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    return builder.sign(responder.key, SHA384())


def _list(world: World, authority: str) -> x509.CertificateRevocationList:
    issuer, now = world.pki.authorities[authority], now_utc().replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now)
        .next_update(now + LIFE)
        .add_extension(issuer_key_identifier(issuer.certificate), critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for document in world.store.newest(CARD, label="revoked", limit=LIST_ENTRIES):
        card = Card.model_validate(document.body)
        if card.authority == authority:
            entry = x509.RevokedCertificateBuilder().serial_number(_certificate(card).serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(now).build())
    return builder.sign(issuer.key, SHA384())


def _certificate(card: Card) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(card.certificate))


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> Response:
    return Response(ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER), media_type=ANSWER)
