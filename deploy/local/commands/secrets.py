"""`./immo keys`: the secrets of a deployment of one's own, as the .env that docker-compose.yml reads."""

from __future__ import annotations

import json
import secrets
import sys

from deploy.local.addresses import SERVICES
from deploy.local.keys import new_keys

ADDRESSES = """
# Where it is, for those who use it; with https, as a proxy in front of it says it.
IMMO_PUBLIC_ORIGIN=
# What it asks: the registry of recognitions, the company register (may stay empty), the payment provider, the mail server.
IMMO_RECOGNITION_REGISTRY_URL=
IMMO_RECOGNITION_REGISTRY_TOKEN=
IMMO_ORGANISATION_REGISTER_URL=
IMMO_WALLET_PAYMENTS_URL=
IMMO_WALLET_PAYMENTS_KEY=
IMMO_SMTP=
# Who sells: the company on receipts and invoices, and its account for transfers.
IMMO_WALLET_SELLER_NAME=
IMMO_WALLET_SELLER_ENTERPRISE_NUMBER=
IMMO_WALLET_SELLER_STREET=
IMMO_WALLET_SELLER_POSTCODE=
IMMO_WALLET_SELLER_CITY=
IMMO_WALLET_SELLER_IBAN=
IMMO_WALLET_SELLER_BIC=
IMMO_WALLET_SELLER_MAIL=
"""


def keys() -> None:
    made = new_keys()
    values = {
        "IMMO_MASTER_KEY": made.master_key,
        "IMMO_IDENTITY_EID_HASH_KEY": made.eid_hash_key,
        "IMMO_RECOGNITION_HASH_KEY": made.recognition_hash_key,
        "IMMO_GATEWAY_SECRET": made.gateway_secret,
        "IMMO_SERVICE_PUBLIC_KEYS": f"'{json.dumps(made.public_keys())}'",
        **{f"IMMO_SERVICE_KEY_{name.upper()}": key for name, key in made.service_keys.items()},
        "IMMO_POSTGRES_PASSWORD": secrets.token_urlsafe(24),
        **{f"IMMO_POSTGRES_PASSWORD_{name.upper()}": secrets.token_urlsafe(24) for name in SERVICES},
    }
    sys.stdout.write(
        "# Secrets: keep this file where only the operator can read it. A lost master key loses what it seals.\n"
    )
    sys.stdout.write("".join(f"{name}={value}\n" for name, value in values.items()))
    sys.stdout.write(ADDRESSES)
