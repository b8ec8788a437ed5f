"""Jinja2 with one environment a language: sentences are translated when a template is compiled, not when it is rendered."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from services.gateway.help.pointers import ARTICLE_OF
from services.gateway.web.assets import Assets
from services.gateway.web.fragments import Fragments
from services.gateway.web.ui import Ui
from shared.i18n import LANGUAGES, Translator, translator

_INCLUDE = re.compile(r'{% include "([^"]+)" %}')
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
FOLDER = Path(__file__).parent.parent
LANGUAGE_NAMES = (("fr", "Français"), ("nl", "Nederlands"), ("en", "English"), ("de", "Deutsch"))


class Templates:
    """Every page in every language, compiled at its first use and kept; those of `warm_up` before."""

    def __init__(self, assets: Assets, *, demo: dict[str, str] | None) -> None:
        """demo: what the demonstration strip links to (`mail_url`), None outside the demo."""
        self._environments = {language: _environment(assets, demo, language) for language in LANGUAGES}
        self._templates: dict[tuple[str, str], Template] = {}
        self._tops = Fragments()

    def render(self, name: str, language: str, **context: Any) -> str:
        """Whole pages need `ui`; it brings the header, which looks alike on all pages that one person sees."""
        ui: Ui | None = context.get("ui")
        if ui is not None:
            context["top"] = self._top(ui, language)
            context["help_slug"] = ARTICLE_OF.get(name, "")
        return self._template(name, language).render(context)

    def _top(self, ui: Ui, language: str) -> Markup:
        key = (language, ui.account, ui.theme, ui.section, ui.query, ui.unread)
        known = self._tops.get(key)
        if known is None:
            html = self._template("parts/top.html", language).render(ui=ui)
            known = self._tops.keep(key, Markup(html))  # noqa: S704 - a template's
        return known

    def warm_up(self, names: Sequence[str]) -> None:
        """Compile these and what they extend and include, for every language."""
        for environment in self._environments.values():
            for name in names:
                environment.get_template(name)

    def names(self) -> list[str]:
        return self._environments[LANGUAGES[0]].list_templates()

    def _template(self, name: str, language: str) -> Template:
        template = self._templates.get((language, name))
        if template is None:
            template = self._templates[language, name] = self._environments[language].get_template(name)
        return template


class _Environment(Environment):
    """Folds what is known beforehand into the compiled template."""

    foldable: dict[str, Callable[..., str]]

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> Any:
        return super()._generate(_Fold(self.foldable).visit(source), *args, **kwargs)


class _Loader(FileSystemLoader):
    """Puts the text of an included template in its place, which saves a context at each rendering."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        text, path, is_current = super().get_source(environment, template)
        return (
            _INCLUDE.sub(lambda found: self.get_source(environment, found[1])[0].rstrip("\n"), text),
            path,
            is_current,
        )


class _Fold(NodeTransformer):
    """Replaces calls of known functions with constant arguments, `_("Sign in")`, by their result."""

    def __init__(self, foldable: dict[str, Callable[..., str]]) -> None:
        self._foldable = foldable

    def visit_Call(self, node: nodes.Call, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802 - named by Jinja2
        self.generic_visit(node, *args, **kwargs)
        function = self._foldable.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        if function is None or not all(isinstance(argument, nodes.Const) for argument in node.args):
            return node
        constant = function(*(argument.as_const() for argument in node.args))
        if not node.kwargs:
            return nodes.Const(constant, lineno=node.lineno)
        values = {pair.key: pair.value for pair in node.kwargs}
        return nodes.Concat(_interpolated(constant, values), lineno=node.lineno)

    def visit_Output(self, node: nodes.Output, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802 - named by Jinja2
        """What is put together only to be written is written piece by piece."""
        self.generic_visit(node, *args, **kwargs)
        node.nodes = [
            piece for child in node.nodes for piece in (child.nodes if isinstance(child, nodes.Concat) else [child])
        ]
        return node


def _interpolated(sentence: str, values: Mapping[str, nodes.Expr]) -> list[nodes.Expr]:
    """The pieces of `Back to {tool}`: the sentence's own are markup, so that joining escapes the values and nothing else."""
    pieces = _PLACEHOLDER.split(sentence)
    own = [nodes.Const(Markup(escape(text))) for text in pieces[0::2]]  # noqa: S704 - escaped here
    parts: list[nodes.Expr] = [own[0]]
    for name, text in zip(pieces[1::2], own[1:], strict=True):
        parts += [values[name], text]
    return parts


def _environment(assets: Assets, demo: dict[str, str] | None, language: str) -> Environment:
    environment = _Environment(
        loader=_Loader(FOLDER / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
    )
    words = translator(FOLDER, language)
    # Placeholders, as in `_("Back to {tool}", tool=...)`, are filled in by what the template is compiled to.
    functions: dict[str, Callable[..., str]] = {"_": words.gettext, "icon": _icon(assets.prefix)}
    functions["language_buttons"] = lambda: _language_buttons(language)
    environment.foldable = functions
    known: dict[str, Any] = {"language": language, "languages": LANGUAGE_NAMES, "static": assets.prefix, "demo": demo}
    environment.globals.update({**functions, **known, "ngettext": _plural(words)})
    environment.filters.update(
        money=words.money,
        change=words.change,
        day=_day(words),
        month=words.month,
        moment=_moment(words),
        enterprise=enterprise_number,
        initials=initials,
    )
    return environment


def _plural(words: Translator) -> Callable[..., str]:
    def plural(singular: str, many: str, number: int, **params: object) -> str:
        return Markup(words.ngettext(singular, many, number)).format(**params)  # noqa: S704 - a msgid of ours

    return plural


def _language_buttons(current: str) -> str:
    """They send the form of the page's frame."""
    html = (
        '<button form="frame" name="language" value="{0}" lang="{0}" title="{1}"{2}>'
        '<span aria-hidden="true">{0}</span><span class="unseen">{1}</span></button>'
    )
    marks = {True: Markup(' aria-current="true"'), False: ""}
    button = Markup(html)  # noqa: S704 - nothing in it comes from outside
    return Markup("").join(button.format(code, name, marks[code == current]) for code, name in LANGUAGE_NAMES)


def _icon(prefix: str) -> Callable[..., str]:
    def icon(name: str, more: str = "") -> str:
        css = f"icon {more}" if more else "icon"
        return Markup('<svg class="{}" aria-hidden="true"><use href="{}/img/icons.svg#{}"/></svg>').format(
            css, prefix, name
        )

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
