"""The schema of a version serves the version before too: its instances are replaced one by one, after the migrations."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TAKES_AWAY = re.compile(
    r"^\s*DROP (FUNCTION|PROCEDURE|TABLE|TYPE|VIEW)\b|\b(DROP|RENAME) COLUMN\b|\bRENAME TO\b",
    re.MULTILINE | re.IGNORECASE,
)
# They took something away before this was looked at. A line may go, and none may come.
BEFORE = {
    "services/identity/migrations/0006_authorize.sql",
    "services/identity/migrations/0013_erasure.sql",
    "services/wallet/migrations/0006_operations.sql",
    "services/wallet/migrations/0015_charges_at_once.sql",
}


def test_migrations_only_add() -> None:
    files = [*ROOT.glob("services/*/migrations/*.sql"), *ROOT.glob("shared/migrations/*.sql")]
    takes_away = {str(file.relative_to(ROOT)) for file in files if TAKES_AWAY.search(file.read_text())}
    assert takes_away == BEFORE
