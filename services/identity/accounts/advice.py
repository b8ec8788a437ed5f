"""What zxcvbn finds in a password, as sentences for the reader. Pure.

Its own sentences are English and speak of whatever is most striking; ours are msgids, and a test sees to it that none is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.markers import N_

WARNINGS: Mapping[str, str] = {
    "Straight rows of keys are easy to guess.": N_("A row of neighbouring keys is among the first things tried."),
    "Short keyboard patterns are easy to guess.": N_("A short pattern on the keyboard is guessed quickly."),
    'Repeats like "aaa" are easy to guess.': N_("The same character over and over is guessed quickly."),
    'Repeats like "abcabcabc" are only slightly harder to guess than "abc".': N_(
        "Writing the same thing twice hardly makes it harder."
    ),
    'Sequences like "abc" or "6543" are easy to guess.': N_(
        "Letters or digits in a row, as in “abc” or “6543”, are tried early."
    ),
    "Recent years are easy to guess.": N_("A recent year is guessed quickly."),
    "Dates are often easy to guess.": N_("A date is guessed quickly."),
    "This is a top-10 common password.": N_("This is one of the ten commonest passwords there are."),
    "This is a top-100 common password.": N_("This is one of the hundred commonest passwords."),
    "This is a very common password.": N_("Very many people use this password."),
    "This is similar to a commonly used password.": N_("This resembles a password that very many people use."),
    "A word by itself is easy to guess.": N_("A single word is guessed quickly."),
    "Names and surnames by themselves are easy to guess.": N_("A name alone is guessed quickly."),
    "Common names and surnames are easy to guess.": N_("Names that many people have are tried early."),
}
SUGGESTIONS: Mapping[str, str] = {
    "Use a few words, avoid common phrases.": N_("Take a few words that do not belong together."),
    "No need for symbols, digits, or uppercase letters.": N_("Signs, digits and capitals are not needed."),
    "Add another word or two. Uncommon words are better.": N_("Add a word or two, the more unusual the better."),
    "Use a longer keyboard pattern with more turns.": N_("Better no pattern on the keyboard at all."),
    "Avoid repeated words and characters.": N_("Repeat nothing."),
    "Avoid sequences.": N_("Leave out rows of letters or digits."),
    "Avoid recent years.": N_("Leave out years."),
    "Avoid years that are associated with you.": N_("Above all years that have to do with you."),
    "Avoid dates and years that are associated with you.": N_("Leave out dates and years that have to do with you."),
    "Capitalization doesn't help very much.": N_("A capital at the beginning helps little."),
    "All-uppercase is almost as easy to guess as all-lowercase.": N_("Capitals throughout help little."),
    "Reversed words aren't much harder to guess.": N_("A word spelt backwards is hardly harder to guess."),
    "Predictable substitutions like '@' instead of 'a' don't help very much.": N_(
        "“@” for “a” and the like are known to every attacker."
    ),
}
TOO_SHORT = N_("A password has at least {min_length} characters.")
BREACHED = N_("This password was stolen somewhere and stands in lists that attackers try first.")
PERSONAL = N_("Your name or address in it is the first thing somebody would try.")
GOOD = N_("A good password.")
BEST = N_("An excellent password.")


@dataclass(frozen=True)
class Judgement:
    """score: 0 (guessed at once) to 4. advice: msgids, what matters most first; `min_length` is their one parameter."""

    score: int
    advice: tuple[str, ...]
    is_breached: bool = False
    is_too_short: bool = False


def advice_of(score: int, warning: str, suggestions: Sequence[str], *, is_personal: bool) -> tuple[str, ...]:
    """warning, suggestions: zxcvbn's. Of what is new in a later version of it nothing is said."""
    if score >= 3:
        return (BEST if score == 4 else GOOD,)
    said = [PERSONAL] if is_personal else [WARNINGS[warning]] if warning in WARNINGS else []
    return (*said, *(SUGGESTIONS[suggestion] for suggestion in suggestions if suggestion in SUGGESTIONS))
