"""A rule against how things are with one person, line by line: what is there, what is not, and what can be done about it."""

from services.organisation.fields import Answer
from services.organisation.tools.expressions import AllOf, Rule
from services.organisation.tools.needs import Circumstances, Explained, explain, missing, needs_in
from services.organisation.tools.rules import Entry
from services.organisation.tools.words import adviser, describer


class CheckAnswer(Answer):
    """One of the things that are all needed. needs: the codes it speaks of. advice: sentences, where it is not met."""

    needs: list[str]
    text: str
    is_met: bool
    advice: list[str]


def checks_of(rule: Rule, circumstances: Circumstances, entry: Entry, language: str) -> list[CheckAnswer]:
    """None at all where nothing is needed."""
    describe, advise = describer(entry, language), adviser(entry, language)

    def check(part: Explained) -> CheckAnswer:
        lacking = [need for way in missing(part.rule, circumstances) for need in way]
        return CheckAnswer(
            needs=sorted(need.code for need in needs_in(part.rule)),
            text=describe(part.rule),
            is_met=part.is_met,
            advice=list(dict.fromkeys(advise(need) for need in lacking)),
        )

    whole = explain(rule, circumstances)
    return [check(part) for part in (whole.parts if isinstance(rule, AllOf) else (whole,))]
