"""All pages of this folder."""

from fastapi import APIRouter

from services.gateway.accounts import (
    activation,
    email,
    forgotten,
    new_passwords,
    password,
    sign_in,
    sign_up,
    terms,
)

router = APIRouter()
for part in (sign_in, sign_up, new_passwords, activation, forgotten, password, email, terms):
    router.include_router(part.router)
