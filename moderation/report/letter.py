"""The letter to an author as a page: their own pictures and words, and what is public of others.

In one file for whoever sends it, or served by the console at addresses of its own. Of another note
it shows the picture and the date, where that note's picture stands in the register; no id, no name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from moderation.archive.whole_file import unwritable, whole_file
from moderation.explain import Lang, Later, Letter, LetterReason, letter_of
from moderation.finding import Finding, FindingKind
from moderation.note import Note
from moderation.report.exhibits import Exhibits, InPage
from moderation.report.letter_words import letter_words
from moderation.report.look import asset, csp_digest, environment
from moderation.report.pictures import PictureSource
from moderation.report.spots import reading_of
from moderation.report.thumbnails import PictureView, picture_view
from moderation.report.views import FieldView, Quote, Viewer
from moderation.store import Register
from moderation.verdict import Registration, Verdict

MOST_PROOFS = 9
"""Shown of one reason; the rest is counted."""
HTML_LANG = {"zh": "zh-Hans", "en": "en"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """One thing that was seen, with its pictures and what was read in them."""

    words: str
    pictures: tuple[PictureView, ...]
    quotes: tuple[Quote, ...]
    """Only what stands in pictures; the author's own words are marked in their place."""

    @property
    def is_numbered(self) -> bool:
        """Whether quotes and pictures are to be read together."""
        return any(picture.numbers for picture in self.pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """One reason, ready to print."""

    reason: LetterReason
    proofs: tuple[ProofView, ...]
    more: int
    """Proofs that are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """The whole letter, ready to print."""

    letter: Letter
    title: Markup | str
    """Of the note; empty where it has none or is not at hand."""
    published: str
    """When the note was published; empty where that is not known."""
    reasons: tuple[ReasonView, ...]
    fields: tuple[FieldView, ...]
    """The note's words, where something is marked in them."""


def public_originals(register: Register, verdict: Verdict) -> frozenset[int]:
    """Places of findings whose earlier picture stands in the register as that of a public note.

    What is held, was taken out, or comes from a list is nobody's to be shown.
    """
    asked = {
        place: finding.match
        for place, finding in enumerate(verdict.findings)
        if finding.match is not None and finding.match.note_id
    }
    stored = register.pictures(match.picture_id for match in asked.values())
    return frozenset(
        place
        for place, match in asked.items()
        if (picture := stored.get(match.picture_id)) is not None
        and picture.state == Registration.REGISTERED.value
        and picture.note_id == match.note_id
    )


def letter_view(
    verdict: Verdict,
    exhibits: Exhibits,
    *,
    note: Note | None,
    decided_at: datetime,
    public: Collection[int],
    lang: Lang,
    later: Later | None = None,
    appeal_until: datetime | None = None,
    now: datetime | None = None,
) -> LetterView:
    """Put together what the page shows.

    Args:
        verdict: as given.
        exhibits: where pictures come from.
        note: the author's, left out where it is of another revision; None where it is not at hand.
        decided_at: when.
        public: places of findings whose earlier picture may be shown, see `public_originals`.
        lang: `zh` or `en`.
        later: what took the place of the verdict; None where it stands.
        appeal_until: end of the time to appeal, where it is known.
        now: to tell whether that time is over.
    """
    letter = letter_of(
        verdict,
        decided_at=decided_at,
        lang=lang,
        later=later,
        appeal_until=appeal_until,
        now=now,
    )
    if note is not None and note.revision != verdict.revision:
        note = None  # its words and pictures may be others than those that were judged
    viewer = Viewer({} if note is None else {note.id: note}, exhibits, lang)
    proofs = _Proofs(verdict, viewer, exhibits, public, lang, has_note=note is not None)
    behind = [verdict.findings[proof.finding] for r in letter.reasons for proof in r.proofs]
    fields = viewer.fields(note, behind, titled=False) if note is not None else ()
    return LetterView(
        letter=letter,
        title=note.title if note is not None else "",
        published=viewer.time(note.published_at) if note and note.published_at else "",
        reasons=tuple(proofs.of(reason) for reason in letter.reasons),
        fields=fields if any("<mark" in field.html for field in fields) else (),
    )


class _Proofs:
    """Proofs of one verdict."""

    def __init__(
        self,
        verdict: Verdict,
        viewer: Viewer,
        exhibits: Exhibits,
        public: Collection[int],
        lang: Lang,
        *,
        has_note: bool,
    ) -> None:
        self._has_note = has_note
        self._verdict = verdict
        self._viewer = viewer
        self._exhibits = exhibits
        self._public = public
        self._words = letter_words(lang)

    def of(self, reason: LetterReason) -> ReasonView:
        """A reason with its proofs, as far as they are shown."""
        shown = reason.proofs[:MOST_PROOFS]
        return ReasonView(
            reason=reason,
            proofs=tuple(self._proof(proof.finding, proof.words) for proof in shown),
            more=len(reason.proofs) - len(shown),
        )

    def _proof(self, place: int, words: str) -> ProofView:
        finding = self._verdict.findings[place]
        nothing = ProofView(words=words, pictures=(), quotes=())
        if finding.kind is FindingKind.IMAGE_UNDECODABLE:
            return nothing
        if finding.match is not None and finding.image_number is not None:
            pair = tuple(self._pair(place, finding))
            return ProofView(words=words, pictures=pair, quotes=())
        is_of_words = finding.image_number is None and not reading_of(finding).spots
        if is_of_words or not self._has_note:
            return nothing
        pictures, quotes = self._viewer.read(self._verdict.note_id, finding)
        return ProofView(
            words=words,
            pictures=tuple(self._own(picture) for picture in pictures if picture.source),
            quotes=tuple(quote for quote in quotes if quote.number is not None),
        )

    def _pair(self, place: int, finding: Finding) -> Iterator[PictureView]:
        match = finding.match
        assert match is not None
        exhibit = self._exhibits.match(self._verdict.note_id, finding, match)
        mine = self._words.own_picture.format((finding.image_number or 0) + 1)
        if exhibit.query is not None and self._has_note:
            yield picture_view(mine, exhibit.query, "", None, match.region_query)
        if place in self._public and exhibit.original is not None:
            at = match.published_at
            theirs = self._words.earlier_picture
            if at is not None:
                theirs = self._words.earlier_picture_of.format(f"{at:%Y-%m-%d}")
            yield picture_view(theirs, exhibit.original, "", None, match.region_original)

    def _own(self, picture: PictureView) -> PictureView:
        number = picture.number or 0
        return picture.captioned(self._words.own_picture.format(number + 1))


def letter_values(view: LetterView, lang: Lang) -> dict[str, Any]:
    """What the template of the letter needs beside its style."""
    return {"view": view, "letter": view.letter, "w": letter_words(lang), "lang": HTML_LANG[lang]}


def write_letter(
    verdict: Verdict,
    target: Path,
    *,
    note: Note | None,
    pictures: PictureSource,
    decided_at: datetime,
    public: Collection[int],
    lang: Lang = "zh",
    later: Later | None = None,
    appeal_until: datetime | None = None,
    now: datetime | None = None,
) -> Path:
    """Write the letter as one HTML file that needs no network and no second file.

    Args:
        verdict: as given.
        target: the file.
        note: the author's, for its words; None where it is not at hand.
        pictures: of the note, and of earlier ones; absent ones are left out.
        decided_at: when it was given.
        public: places of findings whose earlier picture may be shown, see `public_originals`.
        lang: language of the page.
        later: what took the place of the verdict; None where it stands.
        appeal_until: end of the time to appeal, where it is known.
        now: to tell whether that time is over.

    Raises:
        StoreUnwritable: the place cannot be written; no half page is left there.
    """
    view = letter_view(
        verdict,
        InPage(pictures),
        note=note,
        decided_at=decided_at,
        public=public,
        lang=lang,
        later=later,
        appeal_until=appeal_until,
        now=now,
    )
    style = asset("report.css")
    page = (
        environment()
        .get_template("letter.html.j2")
        .render(style=style, style_digest=csp_digest(style), **letter_values(view, lang))
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(target, error) from error
    with whole_file(target) as sink:
        sink.write(page.encode("utf-8", "replace"))
    return target
