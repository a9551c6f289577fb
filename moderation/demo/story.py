"""The story: an archive is registered, notes come in, and each verdict is held to its promise."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from moderation import Decision, Gate, Note, Verdict
from moderation.archive.whole_file import whole_file
from moderation.demo import photographs, words
from moderation.demo.drafts import PICTURES, write_notes
from moderation.demo.incoming import (
    FILTERED,
    FILTERED_AUTHOR,
    FILTERED_ORIGINAL,
    MIRRORED,
    MIRRORED_ORIGINAL,
    incoming,
)
from moderation.demo.places import prepare
from moderation.demo.published import (
    LICENCE,
    LICENSED_NOTE,
    LICENSEE,
    LINKED,
    SHARED_BECAUSE,
    SHARED_SHEET,
    published,
)
from moderation.demo.scenes import Scene
from moderation.explain import Lang, decision_word, explain_finding, explain_verdict
from moderation.finding import Finding
from moderation.report import ArchivePictures, write_report

ARCHIVE = "archive"
INCOMING = "incoming"
CREDITS_NAME = "CREDITS.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one incoming note, in words that are ready to print."""

    note_id: str
    decision: Decision
    verdict: str
    """The decision in the audience's language."""
    what: str
    """What the note is, as only its writer knows."""
    why: str
    """What the verdict rests on, in whole sentences."""
    expected: str
    """The decision, or decisions, that would be right."""
    as_expected: bool
    """Right decision, for the right reason."""

    @classmethod
    def of(cls, scene: Scene, verdict: Verdict, lang: Lang) -> Outcome:
        """Hold a verdict to what the scene promises."""
        expected = (decision_word(decision, lang) for decision in scene.expected.decisions)
        return cls(
            note_id=verdict.note_id,
            decision=verdict.decision,
            verdict=decision_word(verdict.decision, lang),
            what=scene.what.say(lang),
            why=_why(verdict, lang),
            expected=" / ".join(expected),
            as_expected=scene.expected.is_met_by(verdict),
        )


class Audience(Protocol):
    """Who hears the story; the command line is one, a test another."""

    def tell(self, text: str) -> None:
        """A sentence of the story."""
        ...

    def show(self, outcome: Outcome) -> None:
        """One verdict, as soon as it is there."""
        ...

    def suggest(self, purpose: str, command: str) -> None:
        """A command line to try, and what for."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the demo left behind."""

    outcomes: tuple[Outcome, ...]
    page: Path
    """The report."""
    register: Path
    archive: Path
    """Folder of the registered notes, with `notes.jsonl` and `pictures/`."""
    incoming: Path
    """Folder of the notes that came in, likewise."""

    @property
    def as_expected(self) -> bool:
        """True if every verdict was the right one."""
        return not self.wrong

    @property
    def wrong(self) -> tuple[str, ...]:
        """Ids of the notes whose verdict was not the right one."""
        return tuple(outcome.note_id for outcome in self.outcomes if not outcome.as_expected)

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation demo --json` writes it."""
        return {
            "as_expected": self.as_expected,
            "notes": len(self.outcomes),
            "wrong": list(self.wrong),
            "register": str(self.register),
            "page": str(self.page),
            "archive": str(self.archive),
            "incoming": str(self.incoming),
        }


def run_demo(register: Path, report: Path, *, lang: Lang, audience: Audience) -> DemoResult:
    """Play the whole story, in under a minute.

    Args:
        register: folder for the register; new, empty, or of an earlier demo, which is emptied.
        report: folder for the page, the notes and their pictures; likewise.
        lang: of everything but the notes, which are in Chinese, a few in English.
        audience: hears it as it happens.

    Returns:
        Outcomes and places; nothing is raised for a verdict that is not the expected one.

    Raises:
        MissingExtra: a package that carries the photographs is not installed.
        BadSetting: a folder holds anything that no demo made; nothing was touched.
        StoreError: a folder cannot be written.
    """
    audience.tell(words.PREPARING.say(lang))
    shown_before, scenes = (
        published(),
        incoming(),
    )  # before anything is deleted: extras may be missing
    prepare(register, report)
    archive = write_notes(shown_before, report / ARCHIVE)
    came_in = write_notes((scene.draft for scene in scenes), report / INCOMING)
    _write_credits(report / CREDITS_NAME)
    verdicts, outcomes = [], []
    with Gate.open(register) as gate:
        _set_up(gate, archive)
        _tell_set_up(archive, lang, audience)
        audience.tell(words.CHECKING.say(lang, notes=len(came_in)))
        for scene, note in zip(scenes, came_in, strict=True):
            verdict = gate.check(note)
            outcome = Outcome.of(scene, verdict, lang)
            audience.show(outcome)
            verdicts.append(verdict)
            outcomes.append(outcome)
    result = DemoResult(
        outcomes=tuple(outcomes),
        page=_write_page(verdicts, report, archive, came_in, lang),
        register=register,
        archive=report / ARCHIVE,
        incoming=report / INCOMING,
    )
    _tell_end(result, lang, audience)
    return result


def _set_up(gate: Gate, archive: Iterable[Note]) -> None:
    done = gate.register_many(archive)
    if done.failures:
        raise RuntimeError(f"the demo's archive has a bad note: {done.failures[0].message}")
    gate.claim(LICENSED_NOTE, author_id=LICENSEE, basis="licensed", proof=LICENCE)
    gate.link_authors(LINKED[0], LINKED[1:])
    gate.exempt(SHARED_SHEET, reason=SHARED_BECAUSE)


def _write_page(
    verdicts: list[Verdict], report: Path, archive: list[Note], came_in: list[Note], lang: Lang
) -> Path:
    notes: Mapping[str, Note] = {note.id: note for note in (*archive, *came_in)}
    pictures = ArchivePictures(notes)
    return write_report(
        verdicts,
        report,
        notes=notes,
        pictures=pictures,
        lang=lang,
        title=words.TITLE.say(lang),
        every_picture=True,
    )


def _write_credits(target: Path) -> None:
    lines = [f"{photo.package}/{photo.path}: {photo.credit}\n" for photo in photographs.ALL]
    with whole_file(target) as sink:
        sink.write("".join(lines).encode())


def _tell_set_up(archive: list[Note], lang: Lang, audience: Audience) -> None:
    days = sorted(note.published_at.date() for note in archive if note.published_at)
    audience.tell(
        words.REGISTERED.say(
            lang,
            pictures=sum(len(note.images) for note in archive),
            authors=len({note.author.id for note in archive}),
            first=days[0],
            last=days[-1],
        )
    )
    audience.tell(
        words.RIGHTS.say(
            lang,
            licensee=LICENSEE,
            licensed=LICENSED_NOTE,
            one=LINKED[0],
            other=LINKED[1],
            sheet=SHARED_SHEET,
        )
    )


def _tell_end(result: DemoResult, lang: Lang, audience: Audience) -> None:
    wrong, notes = result.wrong, len(result.outcomes)
    said = words.NOT_AS_EXPECTED if wrong else words.AS_EXPECTED
    audience.tell(said.say(lang, notes=notes, wrong=len(wrong), ids=", ".join(wrong)))
    audience.tell(words.PAGE.say(lang, path=result.page))
    audience.tell(words.FILES.say(lang, archive=result.archive, incoming=result.incoming))
    audience.tell(words.TRY_NEXT.say(lang))
    for purpose, command in _commands(result, lang):
        audience.suggest(purpose, shlex.join(["moderation", *command]))


def _commands(result: DemoResult, lang: Lang) -> Iterator[tuple[str, list[str]]]:
    register = ["--register", str(result.register)]
    copy = next((result.incoming / PICTURES).glob(f"{MIRRORED}.*"))
    original = next((result.archive / PICTURES).glob(f"{MIRRORED_ORIGINAL}.*"))
    licence = ["--author", FILTERED_AUTHOR, "--basis", "licensed", "--proof", "2026-03-13"]
    yield words.COMPARE.say(lang), ["compare", str(copy), str(original)]
    yield words.HISTORY.say(lang), ["register", "history", FILTERED, *register]
    yield words.STATS.say(lang), ["register", "stats", *register]
    yield (
        words.CLAIM.say(lang, author=FILTERED_AUTHOR),
        ["register", "claim", FILTERED_ORIGINAL, *register, *licence],
    )
    yield (
        words.CHECK_AGAIN.say(lang, note=FILTERED),
        ["check", str(result.incoming), *register],
    )


def _why(verdict: Verdict, lang: Lang) -> str:
    finding = _telling(verdict)
    if finding is not None:
        return explain_finding(finding, lang=lang).why
    # The decision has a place of its own.
    told = explain_verdict(verdict, lang=lang)
    return told.removeprefix(decision_word(verdict.decision, lang)).lstrip(":： ")


def _telling(verdict: Verdict) -> Finding | None:
    """The finding that decided, or the first that was seen and allowed."""
    for reason in verdict.reasons:
        if reason.finding is not None and reason.decision is verdict.decision:
            return verdict.findings[reason.finding]
    return next((finding for finding in verdict.findings if finding.difference), None)
