"""XMP packet → the few properties that are asked for. No entity is ever expanded.

XMP is RDF in XML, and the same property may stand as an attribute, as an element, in a list, or as
a resource; all four are read. The parser is expat itself with its dangers switched off: a document
type ends the reading, so that there are no entities to expand, and depth and number of elements
are limited. Sources: ISO 16684-1 (XMP); IPTC Photo Metadata Standard 2024.1 (`DigitalSourceType`);
TC260-PG-20258A, practice guide to GB 45438-2025 (`TC260:AIGC`).
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

MAX_DEPTH = 64
"""Of elements; editors nest some ten deep."""
MAX_ELEMENTS = 20_000
"""A long editing history has some thousands."""
MAX_VALUE_CHARS = 65_536

DIGITAL_SOURCE_TYPE = "DigitalSourceType"
CREATOR_TOOL = "CreatorTool"
REMOTE_CREDENTIAL = "provenance"
AIGC = "AIGC"
AIGC_NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_WANTED = {
    f"http://iptc.org/std/Iptc4xmpExt/2008-02-29/ {DIGITAL_SOURCE_TYPE}": DIGITAL_SOURCE_TYPE,
    f"http://ns.adobe.com/xap/1.0/ {CREATOR_TOOL}": CREATOR_TOOL,
    f"http://purl.org/dc/terms/ {REMOTE_CREDENTIAL}": REMOTE_CREDENTIAL,
    f"{AIGC_NAMESPACE} {AIGC}": AIGC,
    # Some writers spell the fields of the label out, one property each.
    **{
        f"{AIGC_NAMESPACE} {name}": f"{AIGC}.{name}"
        for name in ("Label", "ContentProducer", "ProduceID", "ContentPropagator", "PropagateID")
    },
}


class UnreadableXmp(ValueError):
    """Not well-formed, or beyond a limit."""


def read_xmp(packet: bytes) -> Mapping[str, str]:
    """First value of each wanted property.

    Args:
        packet: as in the file, with or without its wrapper and padding.

    Raises:
        UnreadableXmp: damaged or hostile.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(packet.strip(b"\0 \r\n\t"), True)
    except expat.ExpatError as error:
        raise UnreadableXmp(f"is not well-formed ({error})") from error
    return reader.values


def _refuse_doctype(*_: object) -> None:
    raise UnreadableXmp("declares a document type, which XMP never does")


class _Reader:
    """Follows the elements; text belongs to the innermost wanted one around it."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._open: list[str | None] = []
        self._pieces: list[str] = []
        self._kept = 0
        self._elements = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise UnreadableXmp(f"has more than {MAX_ELEMENTS:,} elements")
        if len(self._open) >= MAX_DEPTH:
            raise UnreadableXmp(f"is nested more than {MAX_DEPTH} deep")
        outer = self._open[-1] if self._open else None
        wanted = _WANTED.get(name, outer)
        self._open.append(wanted)
        if wanted != outer:
            self._pieces, self._kept = [], 0
        for key, value in attributes.items():
            if key in _WANTED:
                self._keep(_WANTED[key], value)
            elif key == f"{_RDF} resource" and wanted is not None:
                self._keep(wanted, value)

    def end(self, _name: str) -> None:
        wanted = self._open.pop()
        if wanted is not None and self._pieces:
            self._keep(wanted, "".join(self._pieces))
            self._pieces, self._kept = [], 0

    def text(self, text: str) -> None:
        if self._open and self._open[-1] is not None and self._kept < MAX_VALUE_CHARS:
            self._pieces.append(text)
            self._kept += len(text)

    def _keep(self, name: str, value: str) -> None:
        value = value.strip()[:MAX_VALUE_CHARS]
        if value:
            self.values.setdefault(name, value)
