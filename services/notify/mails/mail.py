"""What a mail of the catalogue is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mail:
    """lines: one paragraph each. link: a path on the platform with placeholders of ids. mandatory: cannot be switched off.

    last: goes to someone who has no account any more. stranger: to someone who may have none yet.
    at_will: others in an organisation cause it as often as they like; of all of these together so many are sent a day.
    """

    subject: str
    lines: tuple[str, ...]
    button: str = ""
    link: str = ""
    mandatory: bool = False
    last: bool = False
    stranger: bool = False
    at_will: bool = False
