"""Jinja2 with one environment a language: sentences are translated when a template is compiled, not when it is rendered."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from services.gateway.web.assets import Assets
from shared.i18n import LANGUAGES, Translator, translator

FOLDER = Path(__file__).parent.parent
LANGUAGE_NAMES = (("fr", "Français"), ("nl", "Nederlands"), ("en", "English"), ("de", "Deutsch"))


class Templates:
    """Every page in every language, compiled once at the start."""

    def __init__(self, assets: Assets, *, demo: dict[str, str] | None) -> None:
        """demo: what the demonstration strip links to (`mail_url`), None outside the demo."""
        self._environments = {language: _environment(assets, demo, language) for language in LANGUAGES}
        self._templates = {
            (language, name): environment.get_template(name)
            for language, environment in self._environments.items()
            for name in environment.list_templates()
        }

    def render(self, name: str, language: str, **context: Any) -> str:
        return self._templates[language, name].render(context)

    def names(self) -> list[str]:
        return sorted({name for _, name in self._templates})


class _Environment(Environment):
    """Folds what is known beforehand into the compiled template."""

    foldable: dict[str, Callable[..., str]]

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> Any:
        return super()._generate(_Fold(self.foldable).visit(source), *args, **kwargs)


class _Fold(NodeTransformer):
    """Replaces calls of known functions with constant arguments, `_("Sign in")`, by their result."""

    def __init__(self, foldable: dict[str, Callable[..., str]]) -> None:
        self._foldable = foldable

    def visit_Call(self, node: nodes.Call, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802 - named by Jinja2
        self.generic_visit(node, *args, **kwargs)
        function = self._foldable.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        constant = not node.kwargs and all(isinstance(argument, nodes.Const) for argument in node.args)
        if function is None or not constant:
            return node
        return nodes.Const(function(*(argument.as_const() for argument in node.args)), lineno=node.lineno)


def _environment(assets: Assets, demo: dict[str, str] | None, language: str) -> Environment:
    environment = _Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
    )
    words = translator(FOLDER, language)
    functions: dict[str, Callable[..., str]] = {"_": _sentence(words), "icon": _icon(assets.prefix)}
    environment.foldable = functions
    environment.globals.update(functions)
    environment.globals.update(language=language, languages=LANGUAGE_NAMES, static=assets.prefix, demo=demo)
    environment.filters.update(
        money=words.money, day=_day(words), moment=_moment(words), enterprise=enterprise_number, initials=initials
    )
    return environment


def _sentence(words: Translator) -> Callable[..., str]:
    def sentence(message: str, **params: object) -> str:
        """A msgid in this language; values of placeholders are escaped."""
        text = words.gettext(message)
        if not params:
            return text
        return Markup(escape(text)).format(**params)  # noqa: S704 - the sentence is escaped, format escapes the values

    return sentence


def _icon(prefix: str) -> Callable[..., str]:
    def icon(name: str, more: str = "") -> str:
        css = f"icon {more}" if more else "icon"
        return Markup('<svg class="{}" aria-hidden="true"><use href="{}/img/icons.svg#{}"/></svg>').format(css, prefix, name)

    return icon


def _day(words: Translator) -> Callable[[date | str], str]:
    return lambda value: words.date(date.fromisoformat(value) if isinstance(value, str) else value)


def _moment(words: Translator) -> Callable[[datetime | str], str]:
    return lambda value: words.datetime(datetime.fromisoformat(value) if isinstance(value, str) else value)


@lru_cache(maxsize=4096)
def enterprise_number(number: str) -> str:
    """`0123456749` as people write it: 0123.456.749."""
    return f"{number[:4]}.{number[4:7]}.{number[7:]}" if len(number) == 10 else number


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """Two letters that stand for a person or an organisation."""
    words = [word for word in name.replace("-", " ").replace("&", " ").split() if word[0].isalnum()]
    letters = [word[0] for word in (words if len(words) < 3 else [words[0], words[-1]])]
    return "".join(letters).upper() or "?"
