"""Reports as mail servers write them, about one mail of ours."""

from pathlib import Path

FOLDER = Path(__file__).parent / "reports"
OURS = "no-reply@immo-connect.example"


def report(name: str, *, email: str, message_id: str, to: str = OURS) -> bytes:
    """name: of a file in `reports`. to: the address that the mail was sent from, and the report came to."""
    text = (FOLDER / f"{name}.eml").read_text()
    return text.replace("@TO@", to).replace("@EMAIL@", email).replace("@MESSAGE_ID@", message_id).encode()
