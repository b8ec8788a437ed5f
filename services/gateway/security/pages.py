"""All pages of this folder."""

from fastapi import APIRouter

from services.gateway.security import authenticator, confirm, devices, overview, passkeys, recovery, second_factor

router = APIRouter()
for part in (overview, confirm, second_factor, passkeys, authenticator, recovery, devices):
    router.include_router(part.router)
