"""Marks: what a picture's file says of its origin, and what is written in it.

All are read beside the search for copies, and a fault in one leaves the rest of the verdict
standing. Whose handle is written on it is told here; other writing has its readers (`inside`). What
needs an extra that is not installed is `off`: the verdict says so among its detectors, on every
note, and is not partial for it. An operator who leaves an extra out has decided to; a review of
every note would only teach people to ignore reviews.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from moderation.finding import Finding, FindingKind, ItemFailure, Skipped
from moderation.gate.inside import Fault, inside_detectors, read_inside
from moderation.image import watermark
from moderation.image.decode import Picture
from moderation.image.provenance import (
    NOTHING_SAID,
    Provenance,
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

    provenance: Provenance = NOTHING_SAID
    findings: tuple[Finding, ...] = ()
    failures: tuple[ItemFailure, ...] = ()
    texts: tuple[PictureText, ...] = ()
    """What is written in it, to be read with the note's own words."""
    skipped: tuple[Skipped, ...] = ()


NO_MARKS = Marks()


def read_marks(
    note: Note, number: int, data: bytes | None, picture: Picture, *, fault: Fault
) -> Marks:
    """Read the marks of one picture.

    Args:
        note: under check; says what the author declared, and which handles are theirs.
        number: of the picture, from 0.
        data: bytes of its file; None for bare pixels, of which nothing is told.
        picture: the same, decoded.
        fault: makes failures.
    """
    provenance, findings, failures = NOTHING_SAID, list[Finding](), list[ItemFailure]()
    try:
        if data is not None:
            provenance = read_provenance(data, trust=credentials.trust_from_environment())
        where = _declared_in(note, number) if provenance.marks else ""
        found = ai_finding(provenance, image_number=number, declared=bool(where), declared_in=where)
        findings += [] if found is None else [found]
    except Exception as error:
        failures.append(fault(error, PROVENANCE))
    try:
        if _off()[0] is None:
            findings += watermark.watermark_findings(
                watermark.read_watermarks(picture.pixels), author=note.author, image_number=number
            )
    except Exception as error:
        failures.append(fault(error, watermark.DETECTOR))
    inside = read_inside(picture.pixels, number, of=len(note.images), fault=fault)
    return Marks(
        provenance=provenance,
        findings=(*findings, *inside.findings),
        failures=(*failures, *inside.failures),
        texts=inside.texts,
        skipped=inside.skipped,
    )


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


def with_evidence(finding: Finding, provenance: Mapping[int, Provenance]) -> Finding:
    """A copy finding with what the file of the picture under check says, for whoever weighs it."""
    if finding.kind not in COPIES or finding.image_number is None:
        return finding
    evidence = provenance.get(finding.image_number, NOTHING_SAID).evidence()
    if not evidence:
        return finding
    told = {f"file_{name}": value for name, value in evidence.items()}
    return replace(finding, detail={**finding.detail, **told})


def _declared_in(note: Note, number: int) -> str:
    """Where the note says that AI helped; "" where nowhere."""
    if note.declared_ai:
        return "declared_ai"
    if note.images[number].declared_ai:
        return f"images[{number}].declared_ai"
    return declared_in_words(note)
