"""`moderation review letter`: what the author of a note is told, as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import (
    WrongValue,
    appeal_days_option,
    outside_option,
    register_option,
    speaking,
)
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.note import Note
    from moderation.store import AuditRow, Register
    from moderation.verdict import Verdict


@click.command()
@click.argument("note_id")
@register_option
@click.option("--notes", metavar="NOTES", help="An archive that holds the note, to show it.")
@click.option("--originals", metavar="NOTES", help="An archive that holds the earlier notes.")
@click.option(
    "--verdict",
    "verdict_id",
    type=click.IntRange(min=1, max=2**63 - 1),
    metavar="N",
    help="Number of the verdict in the audit; the last one on the note where not given.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Gets the page."
)
@appeal_days_option("--appeal-days")
@outside_option
@speaking
def command(
    screen: Screen,
    note_id: str,
    register: str,
    notes: str | None,
    originals: str | None,
    verdict_id: int | None,
    out: Path,
    appeal_days: int,
    allow_outside: bool,
) -> None:
    """Write what the author of a note is told.

    One HTML page in the language of --lang: what was decided and when, each reason in plain words
    with its proof, what is not held against the author, how to mend it and how to appeal. It needs
    no network and no second file. Of an earlier note it shows the picture and the date, and only
    where that note's picture stands in the register; never its id or author.

    A letter about a verdict that another one has replaced says so, and what counts now.

    The register keeps neither words nor pictures, so they come from the archives named. A note of
    another revision than the verdict's is not shown.

    With --json: `{"verdict_id", "page", "lang", "heading", "decided", "later": {"verdict_id",
    "decision", "at", "words"}, "message", "reasons": [{"code", "title", "words", "mend"}],
    "not_held", "appeal", "helps"}`; `later` is null where the verdict stands.
    """
    from datetime import UTC, datetime

    from moderation.cli import outputs
    from moderation.cli import review_words as words
    from moderation.explain import letter_of
    from moderation.gate.rights.appealing import appeal_until
    from moderation.gate.rights.replaced import later_than
    from moderation.report import ArchivePictures, public_originals, write_letter
    from moderation.store import Register

    if out.suffix.lower() not in (".html", ".htm"):
        raise WrongValue(f"`{out.name:.60}` is no page", hint="name it as `letter.html`")
    outputs.refuse_unwritable(str(out), "html")
    with Register.open(register, create=False) as opened:
        row = _row(opened, note_id, verdict_id)
        public = public_originals(opened, row.verdict)
        later = later_than(opened, row)
    now, until = datetime.now(UTC), appeal_until(row.decided_at, appeal_days)
    known: dict[str, Note] = {}
    earlier = {row.verdict.findings[place].match for place in public}
    wanted = {match.note_id for match in earlier if match is not None}
    for source, ids in ((notes, {note_id} | wanted), (originals, wanted)):
        if source is not None:
            found = outputs.notes_named(ids, source, screen, allow_outside=allow_outside)
            known = found | known
    note = known.get(note_id)
    if notes is not None:
        _remark(screen, note, row.verdict)
    page = write_letter(
        row.verdict,
        out,
        note=note,
        pictures=ArchivePictures(known),
        decided_at=row.decided_at,
        public=public,
        lang=screen.lang,
        later=later,
        appeal_until=until,
        now=now,
    )
    letter = letter_of(
        row.verdict,
        decided_at=row.decided_at,
        lang=screen.lang,
        later=later,
        appeal_until=until,
        now=now,
    )
    screen.json({"verdict_id": row.verdict_id, "page": str(page)} | letter.to_json())
    screen.say(words.LETTER.say(screen.lang, heading=letter.heading, path=page))


def _row(register: Register, note_id: str, verdict_id: int | None) -> AuditRow:
    """The verdict asked for.

    Raises:
        UnknownSubject: the note has none, or none of that number.
        WrongValue: several authors have a note of that id.
    """
    from moderation.errors import UnknownSubject

    if verdict_id is None:
        last = register.last_of_notes([note_id])
        if len(last) > 1:
            numbers = ", ".join(str(number) for number in sorted(last.values())[:5])
            raise WrongValue(
                f"{len(last)} authors have a note `{note_id:.60}`",
                hint=f"say which verdict is meant: `--verdict N`, of {numbers}",
            )
        verdict_id = next(iter(last.values()), 0)
    row = register.verdicts_numbered([verdict_id]).get(verdict_id)
    if row is None or row.verdict.note_id != note_id:
        raise UnknownSubject(
            f"there is no such verdict on note `{note_id:.60}`",
            hint="see `moderation register history`",
        )
    return row


def _remark(screen: Screen, note: Note | None, verdict: Verdict) -> None:
    """Say where a note that was looked for is not shown."""
    from moderation.cli import review_words as words

    if note is None:
        screen.remark(words.LETTER_NO_NOTE.say(screen.lang, note=verdict.note_id))
    elif note.revision != verdict.revision:
        remark = words.LETTER_REVISION.say(
            screen.lang, at_hand=note.revision, judged=verdict.revision
        )
        screen.remark(remark)
