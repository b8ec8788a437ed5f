"""The company register simulator: a made-up company for nearly every valid enterprise number, always the same one."""

from hashlib import sha256
from typing import Any

from fastapi import APIRouter, HTTPException

from tools.world.behaviour import AskedBehaviour, Behaviour, misbehave, set_behaviour
from tools.world.world import WorldOf

router = APIRouter(prefix="/register", tags=["company register"])

FIRST_WORDS = ("Immo", "Habitat", "Vastgoed", "Agence", "Makelaardij", "Bureau", "Woonpunt", "Résidence")
NAMES = ("Ter Linden", "des Tilleuls", "Zonneberg", "du Canal", "Den Engel", "Belle Rive", "Molenveld", "des Ardennes")
FORMS = ("SRL", "BV", "SA", "NV")
STREETS = ("Kerkstraat", "Rue de la Station", "Stationsstraat", "Avenue des Chênes", "Marktplein", "Rue Haute")
CITIES = (
    ("1000", "Bruxelles"),
    ("2000", "Antwerpen"),
    ("3000", "Leuven"),
    ("4000", "Liège"),
    ("4700", "Eupen"),
    ("5000", "Namur"),
    ("7000", "Mons"),
    ("8000", "Brugge"),
    ("9000", "Gent"),
)
KNOWN = {
    "0123456749": ("Agence du Parc SRL", "Avenue du Parc", "12", "1060", "Saint-Gilles"),
    "0876543270": ("Vastgoed De Linde BV", "Lindelaan", "7", "2018", "Antwerpen"),
    "0555123476": ("Immobilien Hohes Venn GmbH", "Klosterstraße", "3", "4700", "Eupen"),
}


def is_enterprise_number(digits: str) -> bool:
    """Ten digits, the first 0 or 1, the last two 97 less the first eight modulo 97."""
    return (
        len(digits) == 10
        and digits.isascii()
        and digits.isdigit()
        and digits[0] in "01"
        and int(digits[8:]) == 97 - int(digits[:8]) % 97
    )


def company(digits: str) -> dict[str, Any] | None:
    """Return the company of a valid number, or None where the eight digits before the check number end in 00."""
    if digits[6:8] == "00":
        return None
    name, street, number, postal_code, city = KNOWN.get(digits) or _made_up(digits)
    address = {
        "street": street,
        "number": number,
        "box": None,
        "postal_code": postal_code,
        "city": city,
        "country": "BE",
    }
    return {"enterprise_number": digits, "name": name, "address": address}


def _made_up(digits: str) -> tuple[str, str, str, str, str]:
    dice = sha256(digits.encode()).digest()
    name = " ".join(words[dice[place] % len(words)] for place, words in enumerate((FIRST_WORDS, NAMES, FORMS)))
    postal_code, city = CITIES[dice[3] % len(CITIES)]
    return name, STREETS[dice[4] % len(STREETS)], str(1 + dice[5] % 180), postal_code, city


@router.get("/v1/enterprises/{digits}")
async def find(digits: str, world: WorldOf) -> dict[str, Any]:
    await misbehave(world.store, "register")
    found = company(digits) if is_enterprise_number(digits) else None
    if found is None:
        raise HTTPException(404, "No such enterprise")
    return found


@router.post("/control/behaviour")
async def behave(asked: AskedBehaviour, world: WorldOf) -> Behaviour:
    """mode: ok, slow, error or maintenance."""
    return set_behaviour(world.store, "register", asked)
