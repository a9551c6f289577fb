"""What is seen of a note without holding the register's lock, picture by picture and in its words.

`underway` calls the steps that stand here, one after another or side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from moderation.errors import StoreError
from moderation.finding import Finding, ItemFailure, Skipped, Unseen
from moderation.gate.index.nominated import Absent, Sought, unreachable
from moderation.gate.index.search_index import SearchIndex
from moderation.gate.looking.marks import NO_MARKS, MarkReader, Marks, mark_detectors
from moderation.gate.looking.opened import DECODE, OpenedPicture, open_picture, unanswered
from moderation.gate.looking.search import NOTHING_PROVEN, Proven, Tried, prove
from moderation.image.decode import DecodeLimits
from moderation.image.descriptor import Describer
from moderation.image.fingerprint import Fingerprint
from moderation.image.matching import Candidate
from moderation.image.ownership import DETECTOR as COPIES
from moderation.image.query import Query
from moderation.match import Match
from moderation.note import Note
from moderation.store.reading import Reading
from moderation.text.assess import assess_text
from moderation.text.captions import RECIPE as CAPTION
from moderation.text.captions import Caption, read_caption
from moderation.text.in_pictures import PictureText, findings_with_pictures
from moderation.text.note_reader import NoteReader
from moderation.text.reading import TextReading, findings_from
from moderation.text.signals import RULES as TEXT
from moderation.text.twins import DETECTOR as TWINS

DETECTORS = MappingProxyType(
    dict(detector.split("@") for detector in (COPIES, DECODE, TEXT, TWINS))
    | {"fingerprint": "pdq256_v1", "caption": CAPTION}
    | mark_detectors()
)
"""Detector → version, as every verdict records them."""


@dataclass(slots=True, kw_only=True, eq=False)
class ExaminedPicture:
    """One readable picture of the note."""

    number: int
    query: Query
    fingerprint: Fingerprint
    near: Sequence[Candidate] = ()
    """Registered pictures with a near hash."""
    absent: tuple[Absent, ...] = ()
    """Parts of the index that did not answer when they were asked about it."""
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
    in_words: tuple[Finding | ItemFailure, ...] = ()
    """Those of `findings` and `failures` that come from the reader of the text."""
    beside: Mapping[str, tuple[Finding | ItemFailure, ...]] = field(default_factory=dict)
    """What other readers of the text found in place of these; by reader."""

    @property
    def described_by(self) -> str | None:
        """Model of the pictures' descriptors; None without pictures."""
        return next((picture.query.descriptor_recipe for picture in self.pictures), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What a note is looked at with."""

    register: Reading
    """Where candidates are looked up."""
    index: SearchIndex
    limits: DecodeLimits
    describing: Callable[[], Describer]
    """Gives what describes pictures; not asked where there is no picture."""
    beside: Sequence[NoteReader] = ()
    """Other readers of the text, for shadows."""

    def find(self, note: Note, number: int, *, for_archive: bool) -> tuple[Seen, list[MarkReader]]:
        """Decode one picture, search for it and prove what is found.

        Args:
            note: whose picture it is.
            number: of the picture, from 0.
            for_archive: search for the whole picture only, which is enough to group it by work.

        Returns:
            What became of it, and what else there is to read in it.

        Raises:
            StoreError: register or index cannot be used.
            ArtifactError: there is no model to describe pictures with. All else becomes a finding
                or a failure.
        """
        opened = open_picture(
            note, number, describer=self.describing(), limits=self.limits, whole_only=for_archive
        )
        if not isinstance(opened, OpenedPicture):
            return opened, []
        try:
            seen, candidates = _searched(number, opened.query, self.index, whole_only=for_archive)
            seen.proven = prove(
                opened.query, candidates, self.register, note=note, tried=seen.tried
            )
        except StoreError:
            raise  # the register is broken for every note, not for this one
        except Exception as error:
            return unanswered(error, COPIES, note, number), []
        return seen, [] if for_archive else opened.readers


def gathered(
    note: Note,
    seen: Sequence[Seen],
    *,
    own: TextReading | ItemFailure | None,
    beside: Mapping[str, TextReading | ItemFailure] = MappingProxyType({}),
    late: Sequence[ItemFailure],
    seq: int,
) -> Examination:
    """Put together what was seen of a note.

    Args:
        note: as submitted.
        seen: what became of each picture, in their order; those that nobody has looked at yet are
            among `late`.
        own: reading of the author's words; None where it is not asked for, or late.
        beside: readings of the author's words by other readers.
        late: detectors that have not answered.
        seq: last entry of the log that was taken into account.
    """
    caption = _caption(note)
    pictures = [one for one in seen if isinstance(one, ExaminedPicture)]
    others: list[Finding | ItemFailure] = []
    others += [one for one in seen if not isinstance(one, ExaminedPicture)]
    others += [caption] if isinstance(caption, ItemFailure) else []
    marks = [picture.marks for picture in pictures]
    others += [finding for mark in marks for finding in mark.findings]
    others += [failure for mark in marks for failure in mark.failures]
    texts = [text for mark in marks for text in mark.texts]
    in_words = () if own is None else _in_words(note, own, texts)
    others += in_words
    return Examination(
        note=note,
        pictures=tuple(pictures),
        findings=tuple(x for x in others if isinstance(x, Finding)),
        failures=(*(x for x in others if isinstance(x, ItemFailure)), *late),
        caption=caption if isinstance(caption, Caption) else None,
        read_by=own.detector if isinstance(own, TextReading) else None,
        seq=seq,
        in_words=in_words,
        beside={
            reader: _in_words(note, read, texts)
            for reader, read in beside.items()
            if isinstance(read, TextReading)
        },
    )


def read_words(note: Note, reader: NoteReader | None = None) -> TextReading | ItemFailure:
    """Read the author's own words; by the reader that comes with this package if None is given."""
    try:
        return assess_text(note) if reader is None else reader.read(note)
    except Exception as error:
        return unanswered(error, TEXT if reader is None else reader.detector, note, None)


def _in_words(
    note: Note, own: TextReading | ItemFailure, texts: Sequence[PictureText]
) -> tuple[Finding | ItemFailure, ...]:
    """What is found in the author's words and in those of the pictures."""
    if isinstance(own, ItemFailure):
        return (own,)
    try:
        return findings_with_pictures(note, own, texts)
    except Exception as error:  # the author's own words are judged all the same
        return (*findings_from(own), unanswered(error, TEXT, note, None))


def _searched(
    number: int, query: Query, index: SearchIndex, *, whole_only: bool
) -> tuple[ExaminedPicture, list[Candidate]]:
    """The picture with what is near by hash, and all that the indexes nominate."""
    found = index.look_up(query, Sought.HASHES if whole_only else Sought.ALL)
    if whole_only and found.absent:  # a work would be taken for two, for good
        raise unreachable(found.absent)
    seen = ExaminedPicture(
        number=number,
        query=query,
        fingerprint=query.fingerprint(),
        near=found.near,
        absent=found.absent,
    )
    return seen, [*found.near, *found.others]


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
