"""One mail about several things: what happened, by organisation, with a link each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.notify.mails.render import FOLDER, Item, Renderer, Section, Words
from services.notify.mails.rules import Addressee
from shared.i18n import N_, translator

MOST_SHOWN = 100
"""More would be cut off by mail programs; the rest is on the site."""
_SUBJECT = N_("{count} messages for you")
_WHY_GATHERED = N_("This happened since the last mail. It comes in one, so that your mailbox stays calm.")
_MORE = N_("There are more than fit in a mail. The others are on the site: {count}.")
_BUTTON = N_("See my notifications")


@dataclass(frozen=True)
class Part:
    """params: everything that the placeholders of a mail of this kind name."""

    kind: str
    params: Mapping[str, Any]


def digest_words(renderer: Renderer, addressee: Addressee, parts: Sequence[Part]) -> Words:
    """What is about one thing alone reads as a mail of its own would."""
    if len(parts) == 1:
        return renderer.words(parts[0].kind, addressee, parts[0].params)
    t = translator(FOLDER, addressee.language)
    first = renderer.words(parts[0].kind, addressee, parts[0].params)
    left_out = len(parts) - MOST_SHOWN
    more = (t.sentence(_MORE, {"count": left_out}),) if left_out > 0 else ()
    return replace(
        first,
        subject=t.sentence(_SUBJECT, {"count": len(parts)}),
        lines=(t.gettext(_WHY_GATHERED), *more),
        sections=_sections(renderer, addressee, parts[:MOST_SHOWN]),
        button=t.gettext(_BUTTON),
        url=f"{renderer.origin}/notifications",
        why="",
        may_stop=True,
    )


def _sections(renderer: Renderer, addressee: Addressee, parts: Sequence[Part]) -> tuple[Section, ...]:
    """Organisations by name; what is about oneself first."""
    found: dict[str, list[Item]] = {}
    for part in parts:
        words = renderer.words(part.kind, addressee, part.params)
        item = Item(words.subject, words.button, words.url)
        found.setdefault(str(part.params.get("organisation", "")), []).append(item)
    return tuple(Section(name, tuple(items)) for name, items in sorted(found.items(), key=lambda one: one[0].lower()))
