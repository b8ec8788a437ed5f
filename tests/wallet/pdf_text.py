"""What a PDF of typst's says: its text in the order in which it is read, by the characters that each font declares."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"\nstream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PLAIN = rb"(?:[^\\()]|\\.)"
_STRING = rb"\((?:" + _PLAIN + rb"|\(" + _PLAIN + rb"*\))*\)"  # brackets in pairs need no escape
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|(" + _STRING + rb")|(?<=[\s\]])(ET)\b", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(content: bytes) -> str:
    """Pieces of text with a blank between them; what the typesetter broke into lines is in one piece."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    fonts = {
        name: _characters(objects, int(number))
        for body in objects.values()
        if b"/Font<<" in body
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", body)
    }
    pages = [_stream(objects[int(found[1])]) for body in objects.values() if (found := _contents_of(body))]
    said = "".join(_page(page, fonts) for page in pages)
    return re.sub(r"\s+", " ", said.replace("\u200b", "")).strip()


def pages_of(content: bytes) -> int:
    return sum(_contents_of(body) is not None for body in dict(_OBJECT.findall(content)).values())


def _contents_of(body: bytes) -> re.Match[bytes] | None:
    return re.search(rb"/Contents (\d+) 0 R", body) if b"/Type/Page/" in body else None


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found is not None
    return zlib.decompress(found[1])


def _characters(objects: dict[int, bytes], font: int) -> dict[bytes, str]:
    declared = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    assert declared is not None
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", _stream(objects[int(declared[1])]))
    return {bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}


def _page(page: bytes, fonts: dict[bytes, dict[bytes, str]]) -> str:
    said: list[str] = []
    characters: dict[bytes, str] = {}
    for font, string, end in _SHOWN.findall(page):
        if font:
            characters = fonts[font]
        elif end:
            said.append(" ")
        else:
            glyphs = _unescaped(string[1:-1])
            said += [characters.get(glyphs[at : at + 2], "") for at in range(0, len(glyphs), 2)]
    return "".join(said)


def _unescaped(string: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code.isdigit() else _ESCAPES.get(code, code)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, string, flags=re.DOTALL)
