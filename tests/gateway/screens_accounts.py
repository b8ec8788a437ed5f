"""Signing up and in, codes, passwords and addresses."""

from typing import Any

from services.gateway.accounts.mailboxes import SHARED
from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import journey, thing, ui

SIGN_UP_ERRORS = wrong(
    username="Le nom d’utilisateur compte au moins 6 caractères.", password="Ce mot de passe est trop facile à deviner."
)
WEAK = thing(score=1, word="Faible", advice="Un nom seul est vite deviné.")
CODE: dict[str, Any] = {"form": Form(), "email": "nora@peeters.example", "retry_after_s": 58}
WRONG_CODE = wrong(code="Ce code n’est pas le bon. Essais restants : 3.")
ADDRESS: dict[str, Any] = {"form": Form(), "mailboxes": SHARED, "is_shared": False}
CHOOSING: dict[str, Any] = {"form": Form(), "strength": None}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "sign-up": ("accounts/sign_up.html", {"ui": journey(account=None), **ADDRESS, **CHOOSING}),
    "sign-up-errors": (
        "accounts/sign_up.html",
        {"ui": ui(account=None), **ADDRESS, "form": SIGN_UP_ERRORS, "is_shared": True, "strength": WEAK},
    ),
    "activate": ("accounts/activate.html", {"ui": journey(), **CODE}),
    "activate-wrong": ("accounts/activate.html", {"ui": journey(), **CODE, "form": WRONG_CODE, "retry_after_s": 0}),
    "correct-address": ("accounts/correct_address.html", {"ui": journey(), **ADDRESS}),
    "forgotten": ("accounts/forgotten.html", {"ui": journey(account=None), "form": Form()}),
    "forgotten-code": ("accounts/forgotten_code.html", {"ui": journey(account=None), **CODE}),
    "forgotten-password": (
        "accounts/forgotten_password.html",
        {"ui": journey(account=None), "username": "nora.peeters", **CHOOSING},
    ),
    "accept-terms": ("accounts/accept_terms.html", {"ui": journey(), "version": "2025-01"}),
    "password": ("accounts/password.html", {"ui": ui(), "here": "/security", **CHOOSING, "strength": WEAK}),
    "email": (
        "accounts/email.html",
        {"ui": ui(), "here": "/security", **ADDRESS, **CODE, "pending": None, "retry_after_s": 0},
    ),
    "email-waiting": (
        "accounts/email.html",
        {"ui": ui(), "here": "/security", **ADDRESS, **CODE, "form": WRONG_CODE, "pending": "n.peeters@work.example"},
    ),
}
