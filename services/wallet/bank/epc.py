"""What a QR code for a transfer holds. Source: European Payments Council, EPC069-12, version 002."""

_MAX_NAME_CHARS = 70
_UTF_8 = "1"


def epc_payload(beneficiary: str, iban: str, bic: str, communication: str, amount_cents: int | None) -> str:
    """Without an amount the banking app asks for it, which segno's own helper does not allow.

    A Belgian communication stands in the unstructured text: the structured field is for ISO 11649 alone, and Belgian apps recognise
    the plus signs.
    """
    amount = f"EUR{amount_cents // 100}.{amount_cents % 100:02}" if amount_cents else ""
    name = beneficiary[:_MAX_NAME_CHARS]
    return "\n".join(("BCD", "002", _UTF_8, "SCT", bic, name, iban, amount, "", "", communication))
