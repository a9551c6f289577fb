"""One note observed: what all detectors see of it, with no register at hand and no policy in mind.

The steps are the gate's own, so a note shows here what it shows there; what a register adds,
copies and their claims, comes in a later stage.
"""

from __future__ import annotations

from collections.abc import Collection

from moderation.gate.looking.examination import (
    DETECTORS,
    Examination,
    ExaminedPicture,
    Seen,
    gathered,
    read_words,
)
from moderation.gate.looking.marks import joined, mark_names, name_of
from moderation.gate.looking.opened import OpenedPicture, open_picture, unanswered
from moderation.image.decode import DEFAULT_LIMITS, DecodeLimits
from moderation.image.descriptor import Describer
from moderation.image.ownership import DETECTOR as COPIES
from moderation.note import Note
from moderation.text.assess import default_reader
from moderation.text.twins import DETECTOR as TWINS

LEFT_OUT = "off: left out of this scan"
_OF_THE_REGISTER = {name_of(COPIES), name_of(TWINS), "caption"}


def observe_note(
    note: Note,
    describer: Describer,
    *,
    without: Collection[str] = (),
    limits: DecodeLimits = DEFAULT_LIMITS,
) -> Examination:
    """Look at one note and its pictures. The same note gives the same observation.

    Args:
        note: with its pictures; those that cannot be read become findings.
        describer: of pictures.
        without: names of detectors that read marks and are left out, see `may_be_left_out`.
        limits: for pictures.

    Returns:
        As the gate examines it, with nothing of a register: no candidates, no matches.
    """
    seen = [
        _observed(note, number, describer, without=without, limits=limits)
        for number in range(len(note.images))
    ]
    return gathered(note, seen, own=read_words(note), late=(), seq=0)


def _observed(
    note: Note,
    number: int,
    describer: Describer,
    *,
    without: Collection[str],
    limits: DecodeLimits,
) -> Seen:
    opened = open_picture(note, number, describer=describer, limits=limits, whole_only=False)
    if not isinstance(opened, OpenedPicture):
        return opened
    try:
        fingerprint = opened.query.fingerprint()
    except Exception as error:
        return unanswered(error, COPIES, note, number)
    marks = {name: read() for name, read in opened.readers if name not in without}
    return ExaminedPicture(
        number=number, query=opened.query, fingerprint=fingerprint, marks=joined(marks)
    )


def may_be_left_out() -> tuple[str, ...]:
    """Names of the readers of marks that are on, as `lettering`."""
    return mark_names()


def observing_detectors(describer: Describer, without: Collection[str] = ()) -> dict[str, str]:
    """Detector → version, or why it is off: all that an observation depends on but the note."""
    reader, _, version = default_reader().detector.partition("@")
    every = {name: v for name, v in DETECTORS.items() if name not in _OF_THE_REGISTER}
    every |= {"descriptor": describer.recipe, reader: version}
    return dict(sorted((every | dict.fromkeys(without, LEFT_OUT)).items()))
