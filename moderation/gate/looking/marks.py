"""Marks: what a picture's file says of its origin, and what is written in it.

All are read beside the search for copies, and a fault in one leaves the rest of the verdict
standing. Whose handle is written on it is told here; other writing has its readers (`inside`). What
needs an extra that is not installed is `off`: the verdict says so among its detectors, on every
note, and is not partial for it. An operator who leaves an extra out has decided to; a review of
every note would only teach people to ignore reviews.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial

from moderation.finding import Finding, FindingKind, ItemFailure, Skipped
from moderation.gate.looking.inside import (
    Fault,
    PictureReader,
    inside_detectors,
    read_with,
    readers_on,
)
from moderation.image import lettering, watermark
from moderation.image.decode import Picture
from moderation.image.provenance import (
    NOTHING_SAID,
    ai_finding,
    credentials,
    read_provenance,
)
from moderation.image.provenance.undeclared import DETECTOR as PROVENANCE
from moderation.note import Note
from moderation.text.ai_declaration import declared_in_words
from moderation.text.in_pictures import PictureText

COPIES = (FindingKind.IMAGE_COPY, FindingKind.IMAGE_COPY_PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What was seen of one picture beside its pixels' likeness to others."""

    file_says: Mapping[str, str] = field(default_factory=dict)
    """Small facts of its origin, for whoever weighs a claim."""
    findings: tuple[Finding, ...] = ()
    failures: tuple[ItemFailure, ...] = ()
    texts: tuple[PictureText, ...] = ()
    """What is written in it, to be read with the note's own words."""
    skipped: tuple[Skipped, ...] = ()


NO_MARKS = Marks()


MarkReader = tuple[str, Callable[[], Marks]]
"""Name of a detector, and what it sees in one picture: never raises."""


def mark_readers(
    note: Note, number: int, data: bytes | None, picture: Picture, *, fault: Fault
) -> list[MarkReader]:
    """All that is to be read of one picture, the quickest first.

    Args:
        note: under check; says what the author declared, and which handles are theirs.
        number: of the picture, from 0.
        data: bytes of its file; None for bare pixels, of which nothing is told.
        picture: the same, decoded.
        fault: makes failures.
    """

    def provenance() -> Marks:
        try:
            return _provenance(note, number, data)
        except Exception as error:
            return Marks(failures=(fault(error, PROVENANCE),))

    def watermarks() -> Marks:
        try:
            seen = watermark.read_watermarks(picture.pixels)
            found = watermark.watermark_findings(seen, author=note.author, image_number=number)
            return Marks(findings=tuple(found))
        except Exception as error:
            return Marks(failures=(fault(error, watermark.DETECTOR),))

    def inside(reader: PictureReader) -> Marks:
        read = read_with(reader, picture.pixels, number, of=len(note.images), fault=fault)
        return Marks(
            findings=read.findings, failures=read.failures, texts=read.texts, skipped=read.skipped
        )

    reading = [(name_of(reader.detector), partial(inside, reader)) for reader in readers_on()]
    quick_first = sorted(reading, key=lambda one: one[0] == name_of(lettering.DETECTOR))
    marked = [] if _off()[0] is not None else [(name_of(watermark.DETECTOR), watermarks)]
    return [(name_of(PROVENANCE), provenance), *marked, *quick_first]


def mark_names() -> tuple[str, ...]:
    """Names of the detectors that are on, in the order in which their words are read."""
    marked = [] if _off()[0] is not None else [watermark.DETECTOR]
    detectors = [PROVENANCE, *marked, *(reader.detector for reader in readers_on())]
    return tuple(name_of(detector) for detector in detectors)


def joined(parts: Mapping[str, Marks]) -> Marks:
    """What several detectors saw of one picture, whoever of them was first."""
    seen = [parts[name] for name in mark_names() if name in parts]
    return Marks(
        file_says=parts.get(name_of(PROVENANCE), NO_MARKS).file_says,
        findings=tuple(finding for mark in seen for finding in mark.findings),
        failures=tuple(failure for mark in seen for failure in mark.failures),
        texts=tuple(text for mark in seen for text in mark.texts),
        skipped=tuple(skipped for mark in seen for skipped in mark.skipped),
    )


def _provenance(note: Note, number: int, data: bytes | None) -> Marks:
    said = NOTHING_SAID
    if data is not None:
        said = read_provenance(data, trust=credentials.trust_from_environment())
    where = _declared_in(note, number) if said.marks else ""
    found = ai_finding(said, image_number=number, declared=bool(where), declared_in=where)
    return Marks(file_says=said.evidence(), findings=() if found is None else (found,))


def name_of(detector: str) -> str:
    """`copies@1` → `copies`."""
    return detector.partition("@")[0]


def mark_detectors() -> dict[str, str]:
    """Detector → version, or why it is off."""
    watermark_off, credentials_off = _off()
    name, _, version = watermark.DETECTOR.partition("@")
    provenance, _, provenance_version = PROVENANCE.partition("@")
    off = {} if credentials_off is None else {"credentials": credentials_off}
    own = {provenance: provenance_version, name: watermark_off or version}
    return own | off | inside_detectors()


@cache
def _off() -> tuple[str | None, str | None]:
    """Why watermarks and credentials are not read; None where they are."""
    return (
        None if watermark.installed() else "off: extra `ocr` is missing",
        None if credentials.installed() else "off: extra `provenance` is missing",
    )


def with_evidence(finding: Finding, files: Mapping[int, Mapping[str, str]]) -> Finding:
    """A copy finding with what the file of the picture under check says, for whoever weighs it."""
    if finding.kind not in COPIES or finding.image_number is None:
        return finding
    told = {f"file_{name}": value for name, value in files.get(finding.image_number, {}).items()}
    if not told:
        return finding
    return replace(finding, detail={**finding.detail, **told})


def _declared_in(note: Note, number: int) -> str:
    """Where the note says that AI helped; "" where nowhere."""
    if note.declared_ai:
        return "declared_ai"
    if note.images[number].declared_ai:
        return f"images[{number}].declared_ai"
    return declared_in_words(note)
