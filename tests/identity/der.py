"""DER taken apart and put together again, to make what no library would."""

from collections.abc import Iterator
from dataclasses import dataclass, field

CONSTRUCTED = 0x20


@dataclass
class Node:
    """parts: of a constructed value; content: of a primitive one."""

    tag: int
    content: bytes = b""
    parts: list["Node"] = field(default_factory=list)

    def encode(self) -> bytes:
        body = b"".join(part.encode() for part in self.parts) if self.tag & CONSTRUCTED else self.content
        size = len(body)
        if size < 0x80:
            return bytes([self.tag, size]) + body
        digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
        return bytes([self.tag, 0x80 | len(digits)]) + digits + body

    def walk(self) -> Iterator["Node"]:
        yield self
        for part in self.parts:
            yield from part.walk()


def parse(der: bytes) -> Node:
    node, rest = _parse(der)
    assert not rest
    return node


def _parse(der: bytes) -> tuple[Node, bytes]:
    tag, size, start = der[0], der[1], 2
    if size & 0x80:
        start = 2 + (size & 0x7F)
        size = int.from_bytes(der[2:start], "big")
    body, rest = der[start : start + size], der[start + size :]
    if not tag & CONSTRUCTED:
        return Node(tag, body), rest
    node = Node(tag)
    while body:
        part, body = _parse(body)
        node.parts.append(part)
    return node, rest
