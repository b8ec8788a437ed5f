"""PDF by typst: tagged for screen readers, for archives, and the same bytes for the same data."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import typst
from pydantic_core import to_json

Standard = Literal["a-2a", "a-3a", "ua-1"]
ACCESSIBLE: Sequence[Standard] = ("ua-1",)
ACCESSIBLE_ARCHIVE: Sequence[Standard] = ("a-3a", "ua-1")
"""PDF/A-3 may hold other files, such as the XML of an invoice."""


def pdf(template: Path, data: Mapping[str, Any], *, language: str, standards: Sequence[Standard] = ACCESSIBLE) -> bytes:
    """Fill in a template, which finds `data` as JSON in `sys.inputs.data` and `language` in `sys.inputs.language`.

    Its fonts are typst's own, whatever the machine has; it reaches no file outside its folder, and dates the document itself.
    Takes some milliseconds of the processor: not for the event loop.
    """
    return typst.compile(
        str(template),
        root=str(template.parent),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": to_json(data).decode(), "language": language},
        pdf_standards=list(standards),
        timestamp=0,
    )
