"""Note → Examination: everything that can be seen without holding the register's lock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from moderation.errors import InputError, MissingExtra, StoreError
from moderation.finding import Finding, FindingKind, ItemFailure, Skipped, Unseen
from moderation.gate.followed_index import FollowedIndex
from moderation.gate.marks import NO_MARKS, Marks, mark_detectors, read_marks
from moderation.gate.search import NOTHING_PROVEN, Proven, Tried, prove
from moderation.image.decode import DecodeLimits, Picture, decode_keeping
from moderation.image.descriptor import Describer
from moderation.image.fingerprint import Fingerprint
from moderation.image.matching import Candidate
from moderation.image.ownership import DETECTOR as COPIES
from moderation.image.query import Query
from moderation.match import Match
from moderation.note import Note, NoteImage
from moderation.store.reading import Reading
from moderation.text.assess import assess_text
from moderation.text.captions import RECIPE as CAPTION
from moderation.text.captions import Caption, read_caption
from moderation.text.in_pictures import PictureText, findings_with_pictures
from moderation.text.reading import findings_from
from moderation.text.signals import RULES as TEXT
from moderation.text.twins import DETECTOR as TWINS

DECODE = "decode@1"
DETECTORS = MappingProxyType(
    dict(detector.split("@") for detector in (COPIES, DECODE, TEXT, TWINS))
    | {"fingerprint": "pdq256_v1", "caption": CAPTION}
    | mark_detectors()
)
"""Detector → version, as every verdict records them."""

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True, eq=False)
class ExaminedPicture:
    """One readable picture of the note."""

    number: int
    query: Query
    fingerprint: Fingerprint
    near: Sequence[Candidate] = ()
    """Registered pictures with a near hash."""
    tried: Tried = field(default_factory=dict)
    proven: Proven = NOTHING_PROVEN
    marks: Marks = NO_MARKS

    @property
    def matches(self) -> Sequence[Match]:
        """What the register shows of it, best first."""
        return self.proven.matches

    def skipped(self) -> Iterator[Skipped]:
        """What was left out for the sake of time."""
        found = self.query.found
        for what, looked_at, left_out in (
            (Unseen.PARTS, len(found.kept), found.left_out),
            (Unseen.SMALL_PARTS, len(found.kept), found.too_small),
            (Unseen.WORKS, self.proven.works, self.proven.left_out),
        ):
            if left_out:
                yield Skipped(
                    image_number=self.number, what=what, looked_at=looked_at, left_out=left_out
                )
        yield from self.marks.skipped


Seen = ExaminedPicture | Finding | ItemFailure
"""What became of one picture: examined, unreadable, or a fault of ours."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examination:
    """What the detectors saw of one note, up to an entry of the register's log."""

    note: Note
    pictures: tuple[ExaminedPicture, ...]
    findings: tuple[Finding, ...]
    """Of text and of unreadable pictures; copies depend on claims and come later."""
    failures: tuple[ItemFailure, ...]
    caption: Caption | None
    """None where it is too short, or could not be read."""
    read_by: str | None
    """Who read the text, as `note_reader@v1/3fa9c1…`; None where nobody could, or had to."""
    seq: int
    """Last entry of the log that `matches` take into account."""

    @property
    def described_by(self) -> str | None:
        """Model of the pictures' descriptors; None without pictures."""
        return next((picture.query.descriptor_recipe for picture in self.pictures), None)


def examine(
    note: Note,
    register: Reading,
    index: FollowedIndex,
    *,
    limits: DecodeLimits,
    describing: Callable[[], Describer],
    pool: Executor | None = None,
    for_archive: bool = False,
) -> Examination:
    """Read a note's text, decode its pictures and search for each.

    Args:
        note: as submitted.
        register: where candidates are looked up.
        index: brought up to the log first.
        limits: for decoding.
        describing: gives what describes pictures; not asked where there is no picture.
        pool: runs the pictures side by side; None does them in turn.
        for_archive: the note is to be registered, not judged: leave out its text, and search for
            whole pictures only, which is enough to group them by work.

    Raises:
        StoreError: register or index cannot be used.
        ArtifactError: there is no model to describe pictures with. All else becomes a finding or
            a failure.
    """
    describer = _describer(note, describing)
    seq = index.catch_up(register)

    def look(numbered: tuple[int, NoteImage]) -> Seen:
        number, image = numbered
        try:
            picture, data = decode_keeping(image, limits=limits)
        except (InputError, MissingExtra) as error:
            return _undecodable(number, error)
        except Exception as error:
            return unanswered(error, DECODE, note, number)
        try:
            query = _described(picture, describer, whole_only=for_archive)
            seen, candidates = _searched(number, query, index, whole_only=for_archive)
            seen.proven = prove(query, candidates, register, note=note, tried=seen.tried)
        except StoreError:
            raise  # the register is broken for every note, not for this one
        except Exception as error:
            return unanswered(error, COPIES, note, number)
        if not for_archive:
            fault = partial(_fault, note=note, number=number)
            seen.marks = read_marks(note, number, data, picture, fault=fault)
        return seen

    run: Callable[..., Iterable[Seen]] = map
    if pool is not None and len(note.images) > 1:
        run = pool.map
    seen: list[Seen] = list(run(look, enumerate(note.images)))
    caption = _caption(note)
    if isinstance(caption, ItemFailure):
        seen.append(caption)
    seen += _marked(seen)
    read_by, found = (None, []) if for_archive else _read(note, _texts(seen))
    seen += found
    return Examination(
        note=note,
        pictures=tuple(x for x in seen if isinstance(x, ExaminedPicture)),
        findings=tuple(x for x in seen if isinstance(x, Finding)),
        failures=tuple(x for x in seen if isinstance(x, ItemFailure)),
        caption=caption if isinstance(caption, Caption) else None,
        read_by=read_by,
        seq=seq,
    )


def _marked(seen: Iterable[Seen]) -> list[Finding | ItemFailure]:
    """What the marks of the readable pictures say."""
    marks = [one.marks for one in seen if isinstance(one, ExaminedPicture)]
    findings = [finding for mark in marks for finding in mark.findings]
    return [*findings, *(failure for mark in marks for failure in mark.failures)]


def _texts(seen: Iterable[Seen]) -> list[PictureText]:
    """What was read in the pictures, in their order."""
    return [text for one in seen if isinstance(one, ExaminedPicture) for text in one.marks.texts]


def _describer(note: Note, describing: Callable[[], Describer]) -> Describer | None:
    return describing() if note.images else None


def _described(picture: Picture, describer: Describer | None, *, whole_only: bool) -> Query:
    query = Query.of(picture, whole_only=whole_only)
    if describer is not None:
        query.describe(describer)
    return query


def _searched(
    number: int, query: Query, index: FollowedIndex, *, whole_only: bool
) -> tuple[ExaminedPicture, list[Candidate]]:
    """The picture with what is near by hash, and all that the indexes nominate."""
    near = index.near(query)
    others = [] if whole_only else [*index.sharing(query), *index.alike(query)]
    seen = ExaminedPicture(number=number, query=query, fingerprint=query.fingerprint(), near=near)
    return seen, [*near, *others]


def detectors_of(examined: Examination) -> dict[str, str]:
    """Detector → version, as the verdict on a note records them."""
    described = {} if examined.described_by is None else {"descriptor": examined.described_by}
    read = {} if examined.read_by is None else dict([examined.read_by.split("@")])
    return DETECTORS | described | read


def _caption(note: Note) -> Caption | ItemFailure | None:
    try:
        return read_caption(note)
    except Exception as error:
        return unanswered(error, TWINS, note, None)


def _read(
    note: Note, texts: Sequence[PictureText]
) -> tuple[str | None, list[Finding | ItemFailure]]:
    """Who read the text, and what was found in it and in the words of the pictures."""
    try:
        reading = assess_text(note)
    except Exception as error:
        return None, [unanswered(error, TEXT, note, None)]
    try:
        return reading.detector, [*findings_with_pictures(note, reading, texts)]
    except Exception as error:  # the author's own words are judged all the same
        return reading.detector, [*findings_from(reading), unanswered(error, TEXT, note, None)]


def _undecodable(number: int, error: InputError | MissingExtra) -> Finding:
    return Finding(
        kind=FindingKind.IMAGE_UNDECODABLE,
        score=1.0,
        raw_score=1.0,
        image_number=number,
        detail={"code": error.code, "message": error.message, "hint": error.hint},
        detector=DECODE,
    )


def _fault(error: Exception, detector: str, *, note: Note, number: int) -> ItemFailure:
    return unanswered(error, detector, note, number)


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
