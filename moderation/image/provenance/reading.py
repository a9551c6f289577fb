"""File → provenance: every kind of block read, each fault kept beside what was readable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from moderation.image.provenance import aigc, xmp
from moderation.image.provenance.containers import Metadata, metadata_of
from moderation.image.provenance.credentials import read_credential
from moderation.image.provenance.exif import UnreadableExif, read_exif
from moderation.image.provenance.record import (
    NO_CREDENTIAL,
    AiMark,
    Answer,
    Credential,
    Place,
    Provenance,
    Strength,
    clean,
)
from moderation.image.provenance.undeclared import mark_score

AI_SOURCE_TYPES = {
    "trainedalgorithmicmedia": Strength.GENERATED,
    "compositewithtrainedalgorithmicmedia": Strength.COMPOSITE,
}
"""Of IPTC's digital source types, those that name a trained model. `algorithmicMedia` (a drawn
fractal), `compositeSynthetic` (may be plain computer graphics) and `algorithmicallyEnhanced`
(sharpened) do not.
Source: https://cv.iptc.org/newscodes/digitalsourcetype/ (May 2025)."""


def read_provenance(data: bytes, *, trust: str = "") -> Provenance:
    """Read all that a picture's file says of its origin; never raises for what is in the file.

    Args:
        data: bytes of a file that decodes, within the limits of decoding.
        trust: roots whose signers are verified, PEM; "" for none.
    """
    found = metadata_of(data)
    faults = dict(found.faults)
    marks: list[AiMark] = []
    camera = None
    if found.exif is not None:
        try:
            camera, comment = read_exif(found.exif)
            marks += _labels([comment] if comment else [], Place.EXIF, faults, certain=False)
        except UnreadableExif as error:
            faults[Place.EXIF] = str(error)
    properties: Mapping[str, str] = {}
    if found.xmp is not None:
        try:
            properties = xmp.read_xmp(found.xmp)
            marks += _xmp_marks(properties, faults)
        except xmp.UnreadableXmp as error:
            faults[Place.XMP] = str(error)
    labels = [text for keyword, text in found.texts if keyword == aigc.KEYWORD]
    marks += _labels(labels, Place.PNG_TEXT, faults, certain=True)
    credential, source_types = _credential(data, found, properties, trust)
    for said in source_types:
        strength = AI_SOURCE_TYPES.get(said.casefold())
        if strength is not None:
            producer = credential.generator or credential.signer
            marks.append(
                AiMark(
                    place=Place.CREDENTIAL,
                    said=said,
                    strength=strength,
                    signed=credential.answer,
                    producer=producer,
                )
            )
    return Provenance(
        credential=credential,
        camera=camera,
        marks=tuple(sorted(dict.fromkeys(marks), key=lambda mark: -mark_score(mark))),
        creator_tool=clean(properties.get(xmp.CREATOR_TOOL)),
        faults=faults,
    )


def _xmp_marks(properties: Mapping[str, str], faults: dict[str, str]) -> Iterator[AiMark]:
    said = clean(properties.get(xmp.DIGITAL_SOURCE_TYPE)).rstrip("/").rpartition("/")[2]
    strength = AI_SOURCE_TYPES.get(said.casefold())
    if strength is not None:
        producer = clean(properties.get(xmp.CREATOR_TOOL))
        yield AiMark(place=Place.XMP, said=said, strength=strength, producer=producer)
    if xmp.AIGC in properties:
        yield from _labels([properties[xmp.AIGC]], Place.XMP, faults, certain=True)
    elif f"{xmp.AIGC}.Label" in properties:
        spelt_out = {
            name.partition(".")[2]: value
            for name, value in properties.items()
            if name.startswith(f"{xmp.AIGC}.")
        }
        try:
            yield aigc.mark_from_fields(spelt_out, Place.XMP)
        except aigc.UnreadableLabel as error:
            faults[Place.XMP] = str(error)


def _labels(
    texts: list[str], place: Place, faults: dict[str, str], *, certain: bool
) -> Iterator[AiMark]:
    for text in texts:
        try:
            mark = aigc.mark_from_text(text, place, certain=certain)
        except aigc.UnreadableLabel as error:
            faults[place] = str(error)
        else:
            if mark is not None:
                yield mark


def _credential(
    data: bytes, found: Metadata, properties: Mapping[str, str], trust: str
) -> tuple[Credential, tuple[str, ...]]:
    if found.holds_credential:
        return read_credential(data, trust=trust)
    address = clean(properties.get(xmp.REMOTE_CREDENTIAL))
    if address:
        return Credential(answer=Answer.ELSEWHERE, reason=address), ()
    return NO_CREDENTIAL, ()
