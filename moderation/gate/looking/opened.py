"""A picture is opened: decoded, cut into views, hashed and described, before anything is compared.

What is asked of a register, and what an archive is observed by, begin here and see the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from moderation.errors import InputError, MissingExtra
from moderation.finding import Finding, FindingKind, ItemFailure
from moderation.gate.index.nominated import Absent
from moderation.gate.looking.marks import MarkReader, mark_readers
from moderation.image.decode import DecodeLimits, decode_keeping
from moderation.image.descriptor import Describer
from moderation.image.ownership import DETECTOR as COPIES
from moderation.image.query import Query
from moderation.note import Note

DECODE = "decode@1"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedPicture:
    """A readable picture of a note."""

    query: Query
    """Described, its fine features not yet read."""
    readers: list[MarkReader]
    """What else there is to read in it."""


def open_picture(
    note: Note, number: int, *, describer: Describer, limits: DecodeLimits, whole_only: bool
) -> OpenedPicture | Finding | ItemFailure:
    """Open one picture of a note.

    Args:
        note: whose picture it is.
        number: of the picture, from 0.
        describer: of the views.
        limits: for the file.
        whole_only: leave out frames, panels and crops; enough to group an archive by work.

    Returns:
        The picture; or the finding that it cannot be read; or a fault of ours.
    """
    try:
        picture, data = decode_keeping(note.images[number], limits=limits)
    except (InputError, MissingExtra) as error:
        return _undecodable(number, error)
    except Exception as error:
        return unanswered(error, DECODE, note, number)
    try:
        query = Query.of(picture, whole_only=whole_only)
        query.describe(describer)
    except Exception as error:
        return unanswered(error, COPIES, note, number)
    fault = partial(unanswered, note=note, number=number)
    return OpenedPicture(
        query=query, readers=mark_readers(note, number, data, picture, fault=fault)
    )


def _undecodable(number: int, error: InputError | MissingExtra) -> Finding:
    return Finding(
        kind=FindingKind.IMAGE_UNDECODABLE,
        score=1.0,
        raw_score=1.0,
        image_number=number,
        detail={"code": error.code, "message": error.message, "hint": error.hint},
        detector=DECODE,
    )


def unanswered(error: Exception, detector: str, note: Note, number: int | None) -> ItemFailure:
    """A fault of ours in one detector: the rest is judged, and the policy says what this means."""
    name = detector.partition("@")[0]
    log.exception("detector `%s` failed on note %r", name, note.id, exc_info=error)
    return ItemFailure(
        code="detector_failed",
        message=f"`{name}` could not answer: {type(error).__name__}",
        hint="a person should look at the note; report the log entry as a bug",
        detector=name,
        note_id=note.id,
        image_number=number,
    )


def unsearched(absent: Iterable[Absent], note: Note, number: int) -> Iterator[ItemFailure]:
    """Parts of the index that have not answered; what they hold may be in the picture."""
    for part in absent:
        name = COPIES.partition("@")[0]
        yield ItemFailure(
            code=f"detector_{part.cause.value}",
            message=f"`{name}` could not search all pictures: {part.name} {part.told}",
            hint="let a person look, or see that all parts of the index run and submit it again",
            detector=name,
            cause=part.cause,
            note_id=note.id,
            image_number=number,
        )
