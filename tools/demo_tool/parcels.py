"""A make-believe cadastre: any address finds the same few parcels each time."""

from dataclasses import dataclass
from hashlib import sha256

STREETS = ("Dorpsstraat", "Rue de l’Église", "Molenweg", "Chemin des Prés", "Lindenlaan", "Bahnhofstraße")
PLACES = ("Gent", "Namur", "Leuven", "Liège", "Eupen", "Brugge", "Mons", "Hasselt")
NATURES = ("house", "apartments", "garden", "meadow")
MIN_QUERY = 3
PARCELS_EACH = 4
SIDE = 100


@dataclass(frozen=True)
class Parcel:
    """parcel_id: shaped like a cadastral parcel number. corners: a polygon in a square of 100. income_eur: cadastral income."""

    parcel_id: str
    address: str
    nature: str
    area_m2: int
    income_eur: int
    corners: tuple[tuple[int, int], ...]

    @property
    def outline(self) -> str:
        return " ".join(f"{x},{y}" for x, y in self.corners)


def search(query: str) -> list[Parcel]:
    """Return the parcels found for an address; none for fewer than three characters."""
    words = " ".join(query.split()).casefold()
    if len(words) < MIN_QUERY:
        return []
    return [
        parcel_of(f"{_number(words)}{'ABCD'[place]}{place + 1:04d}-00A{place:03d}") for place in range(PARCELS_EACH)
    ]


def is_parcel_id(text: str) -> bool:
    digits = text[:5] + text[6:10]
    return len(text) == 17 and digits.isascii() and digits.isdigit() and text[5] in "ABCD" and text[10:14] == "-00A"


def parcel_of(parcel_id: str) -> Parcel:
    dice = sha256(parcel_id.encode()).digest()
    street, place = STREETS[dice[0] % len(STREETS)], PLACES[int(parcel_id[:5]) % len(PLACES)]
    left, right, top, bottom = 8 + dice[1] % 20, 92 - dice[2] % 20, 8 + dice[3] % 20, 92 - dice[4] % 20
    lean = dice[5] % 16
    return Parcel(
        parcel_id=parcel_id,
        address=f"{street} {1 + dice[6] % 150}, {place}",
        nature=NATURES[dice[7] % len(NATURES)],
        area_m2=120 + dice[8] * 9,
        income_eur=310 + dice[9] * 7,
        corners=((left, top + lean), (right - lean, top), (right, bottom - lean), (left + lean, bottom)),
    )


def _number(words: str) -> str:
    return f"{int.from_bytes(sha256(words.encode()).digest()[:4]) % 90_000 + 10_000}"
