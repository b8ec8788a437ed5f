"""Drawings from outside, made harmless: what comes out holds shapes and colours, and nothing that runs, loads or links.

What could act is refused, so that whoever drew it knows; what drawing programs leave behind is dropped.
"""

import hashlib
import re
from xml.etree import ElementTree

NAMESPACE = "http://www.w3.org/2000/svg"
MAX_CHARS = 65_536
MAX_ELEMENTS = 2_000
MAX_DEPTH = 30
MAX_DRAWN = 20_000
MAX_REACH = 100
_SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
_FRAMES = {"svg", "g", "defs", "symbol", "use", "clipPath", "mask", "linearGradient", "radialGradient", "stop"}
_SAID = {"title", "desc"}
_LEFT_BEHIND = {"metadata"}
_GEOMETRY = re.compile(
    "d|[xy][12]?|[cf][xy]|r[xy]?|width|height|points|transform|viewBox|preserveAspectRatio|offset|pathLength|"
    "gradient(Units|Transform)|spreadMethod|clipPathUnits|mask(Content)?Units"
)
_LOOKS = re.compile(
    "(fill|stroke|stop)-opacity|fill|(fill|clip)-rule|opacity|color|stop-color|display|visibility|mask|clip-path|"
    "stroke(-width|-linecap|-linejoin|-miterlimit|-dasharray|-dashoffset)?|vector-effect|shape-rendering|paint-order"
)
_IGNORED = {"version", "class", "role", "lang", "baseProfile", "focusable", "aria-hidden", "aria-label"}
_ID = re.compile(r"[A-Za-z_][\w.-]{0,80}")
_OWN = re.compile(r"#[A-Za-z_][\w.-]{0,80}")
_FUNCTION = re.compile(r"([\w-]*)\s*\(")
_FUNCTIONS = {"rgb", "rgba", "hsl", "hsla", "translate", "scale", "rotate", "matrix", "skewx", "skewy"}
_LINK = re.compile(r"url\(\s*[\"']?#([A-Za-z_][\w.-]{0,80})[\"']?\s*\)")
_BOX = re.compile(r"\s*(-?[\d.]+)[\s,]+(-?[\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)\s*")
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")


class SvgRefused(Exception):
    """Says what is in it, in English: names of elements and attributes are the same in every language."""


def sanitise(text: str, *, square: bool = False) -> str:
    """The drawing as it may be shown. Doing it again changes nothing. square: whether it must be as wide as it is high.

    Raises SvgRefused.
    """
    if len(text) > MAX_CHARS:
        raise SvgRefused(f"it is longer than {MAX_CHARS} characters")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SvgRefused("it declares a document type")
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 - without a document type there are no entities to expand
    except (ElementTree.ParseError, ValueError) as error:
        raise SvgRefused(f"it is not well-formed XML: {error}") from error
    if root.tag != f"{{{NAMESPACE}}}svg":
        raise SvgRefused("it is not an SVG drawing")
    _check_box(root.get("viewBox", ""), square=square)
    clean = _copy(root, 0, [MAX_ELEMENTS])
    _Drawn(clean).count(clean, 0)
    clean.set("xmlns", NAMESPACE)
    return ElementTree.tostring(clean, encoding="unicode")


def drawing_id(drawing: str) -> str:
    """What a drawing is called in addresses: changes with its content."""
    return hashlib.sha256(drawing.encode()).hexdigest()[:20]


def _check_box(box: str, *, square: bool) -> None:
    found = _BOX.fullmatch(box)
    try:
        width, height = (float(found[3]), float(found[4])) if found else (0.0, 0.0)
    except ValueError:
        width = height = 0.0
    if not width or not height:
        raise SvgRefused("it has no viewBox, so that nobody knows its size")
    if square and width != height:
        raise SvgRefused("a logo is as wide as it is high; its viewBox is not")


def _copy(element: ElementTree.Element, depth: int, left: list[int]) -> ElementTree.Element:
    left[0] -= 1
    if left[0] < 0 or depth > MAX_DEPTH:
        raise SvgRefused(f"it has more than {MAX_ELEMENTS} elements, or they are nested more than {MAX_DEPTH} deep")
    name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    if name not in _SHAPES | _FRAMES | _SAID or (name == "svg" and depth):
        raise SvgRefused(f"<{name}> may not stand in it")
    clean = ElementTree.Element(name, _attributes(element))
    if name in _SAID:
        clean.text = element.text
        return clean
    for child in element:
        if _is_drawn(child):
            clean.append(_copy(child, depth + 1, left))
    return clean


def _is_drawn(child: ElementTree.Element) -> bool:
    """Whether it belongs to the drawing; other vocabularies are left behind by drawing programs."""
    if not child.tag.startswith(f"{{{NAMESPACE}}}"):
        return False
    return child.tag.removeprefix(f"{{{NAMESPACE}}}") not in _LEFT_BEHIND


class _Drawn:
    """How many elements a browser draws: what is referred to is drawn again each time, and so on within it."""

    def __init__(self, root: ElementTree.Element) -> None:
        self._named: dict[str, ElementTree.Element] = {}
        for element in root.iter():
            self._named.setdefault(element.get("id", ""), element)
        self._counts: dict[ElementTree.Element, int] = {}

    def count(self, element: ElementTree.Element, reach: int) -> int:
        """reach: how deep one has got, through children and references; without end where a drawing holds itself."""
        known = self._counts.get(element)
        if known is not None:
            return known
        if reach > MAX_REACH:
            raise SvgRefused(f"it refers to itself, or its references lead on more than {MAX_REACH} times")
        names = [name for value in element.attrib.values() for name in _LINK.findall(value)]
        names.append(element.get("href", "").removeprefix("#"))
        further = [self._named[name] for name in names if name and name in self._named]
        drawn = 1 + sum(self.count(one, reach + 1) for one in (*element, *further))
        if drawn > MAX_DRAWN:
            raise SvgRefused(f"drawn out, it has more than {MAX_DRAWN} elements")
        self._counts[element] = drawn
        return drawn


def _attributes(element: ElementTree.Element) -> dict[str, str]:
    clean: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name in _HREFS:
            if not _OWN.fullmatch(value):
                raise SvgRefused("it refers to something outside itself")
            clean["href"] = value
        elif name == "id":
            if _ID.fullmatch(value):
                clean["id"] = value
        elif name == "style":
            clean |= _styles(value)
        elif _GEOMETRY.fullmatch(name) or _LOOKS.fullmatch(name):
            clean[name] = _checked(name, value)
        elif not name.startswith("{") and name not in _IGNORED and not name.startswith(("data-", "font-", "-")):
            raise SvgRefused(f"the attribute {name} may not stand in it")
    return clean


def _styles(text: str) -> dict[str, str]:
    """`fill:red;stroke:none` as attributes; properties that draw nothing here are dropped."""
    pairs = [part.partition(":") for part in text.split(";") if part.strip()]
    return {
        name.strip(): _checked(name.strip(), value.strip())
        for name, _, value in pairs
        if _LOOKS.fullmatch(name.strip())
    }


def _checked(name: str, value: str) -> str:
    rest = _LINK.sub("", value)
    if any(function.lower() not in _FUNCTIONS for function in _FUNCTION.findall(rest)) or "\\" in value or "@" in value:
        raise SvgRefused(f"the value of {name} may hold numbers, colours and references inside the drawing only")
    return value
