"""Account numbers as banks write them."""


def belgian_iban(number: str) -> str:
    """Of an old Belgian account number of twelve digits; the text without blanks where it is none."""
    if not (len(number) == 12 and number.isascii() and number.isdecimal()):
        return "".join(number.split())
    return f"BE{98 - int(number + '111400') % 97:02}{number}"
