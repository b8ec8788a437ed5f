"""Drawings from outside: shapes pass, what acts or reaches out is refused, what drawing programs leave is dropped."""

import pytest

from shared.svg import MAX_CHARS, MAX_DEPTH, MAX_ELEMENTS, SvgRefused, drawing_id, sanitise

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 32 32">'


def drawing(inside: str) -> str:
    return f"{HEAD}{inside}</svg>"


def test_shapes_and_colours_pass_and_pass_again_unchanged() -> None:
    clean = sanitise(
        drawing(
            '<title>Key &amp; house</title><defs><linearGradient id="g"><stop offset="0" style="stop-color:#fff"/></linearGradient>'
            '<path id="p" d="M0 0h9"/></defs><g transform="rotate(12)"><rect width="3" height="4" fill="url(#g)"/>'
            '<use xlink:href="#p" stroke="rgb(1,2,3)"/></g>'
        ),
        square=True,
    )
    assert 'stop-color="#fff"' in clean
    assert 'href="#p"' in clean
    assert "Key &amp; house" in clean
    assert sanitise(clean, square=True) == clean


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<foreignObject width="9" height="9"><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
        '<style>path { fill: url("https://elsewhere.example/x") }</style>',
        '<image href="https://elsewhere.example/x.png"/>',
        '<a href="https://elsewhere.example"><path d="M0 0"/></a>',
        '<animate attributeName="href" to="javascript:alert(1)"/>',
        '<set attributeName="onload" to="alert(1)"/>',
        '<text font-size="9">words need a font</text>',
        '<path d="M0 0" onclick="alert(1)"/>',
        '<path d="M0 0" fill="url(https://elsewhere.example/x#y)"/>',
        '<path d="M0 0" style="fill:url(//elsewhere.example/#y)"/>',
        '<path d="M0 0" fill="u\\72l(x)"/>',
        '<path d="M0 0" fill="image-set(x)"/>',
        '<use href="https://elsewhere.example/x.svg#y"/>',
        '<use xlink:href="data:image/svg+xml;base64,AAAA#x"/>',
        "<svg/>",
        "<g>" * (MAX_DEPTH + 1) + "</g>" * (MAX_DEPTH + 1),
        "<path/>" * MAX_ELEMENTS,
        "<path",
    ],
)
def test_what_acts_reaches_out_or_never_ends_is_refused(inside: str) -> None:
    with pytest.raises(SvgRefused):
        sanitise(drawing(inside))


GROWING = "".join(f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 6))
MASKED = "".join(f'<mask id="m{n}">' + f'<path mask="url(#m{n - 1})"/>' * 10 + "</mask>" for n in range(1, 6))


@pytest.mark.parametrize(
    "inside",
    [
        f'<path id="a0"/>{GROWING}',
        f'<mask id="m0"><path/></mask>{MASKED}',
        '<g id="a"><use href="#a"/></g>',
        '<mask id="a"><path mask="url(#b)"/></mask><mask id="b"><path mask=\'url( "#a" )\'/></mask>',
        '<use id="u0"/>' + "".join(f'<use id="u{n}" href="#u{n + 1}"/>' for n in range(1, 900)),
    ],
)
def test_what_is_small_and_draws_itself_over_and_over_is_refused(inside: str) -> None:
    with pytest.raises(SvgRefused, match=r"refer|drawn out"):
        sanitise(drawing(inside))


def test_a_shape_may_be_used_often() -> None:
    inside = (
        '<linearGradient id="g"><stop/><stop/></linearGradient><path id="p" fill="url(#g)"/>' + '<use href="#p"/>' * 500
    )
    assert sanitise(drawing(inside)).count("#p") == 500


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + drawing("<path/>"),
        "<html/>",
        "",
        drawing("").replace(' viewBox="0 0 32 32"', ""),
        drawing("").replace("0 0 32 32", "0 0 0 32"),
        drawing(f"<desc>{'x' * MAX_CHARS}</desc>"),
    ],
)
def test_what_is_no_drawing_is_refused(text: str) -> None:
    with pytest.raises(SvgRefused):
        sanitise(text)


def test_what_drawing_programs_leave_behind_is_dropped() -> None:
    clean = sanitise(
        drawing(
            '<!-- made by hand --><metadata>who</metadata><sodipodi:namedview xmlns:sodipodi="http://sodipodi.example"/>'
            '<path xmlns:ink="http://ink.example" ink:label="x" class="a" data-name="b" style="-ink-font:x;fill:red" d="M0 0"/>'
        )
    )
    assert clean == '<svg viewBox="0 0 32 32" xmlns="http://www.w3.org/2000/svg"><path fill="red" d="M0 0" /></svg>'


def test_a_logo_is_as_wide_as_it_is_high() -> None:
    wide = drawing("<path/>").replace("0 0 32 32", "0 0 64 32")
    assert sanitise(wide)
    with pytest.raises(SvgRefused, match="as wide as it is high"):
        sanitise(wide, square=True)


def test_another_drawing_has_another_address() -> None:
    assert drawing_id("<svg/>") != drawing_id("<svg />")
    assert drawing_id("<svg/>") == drawing_id("<svg/>")
