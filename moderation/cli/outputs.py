"""Where results go: a table on the terminal, rows in a file or pipe, a page for people."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from moderation.archive import ResultFormat, read_notes, write_results
from moderation.archive.whole_file import unwritable
from moderation.cli import words
from moderation.cli.options import WrongValue
from moderation.cli.screen import Screen
from moderation.cli.verdict_table import VerdictTable
from moderation.finding import ItemFailure
from moderation.note import Note
from moderation.verdict import Verdict

STDOUT = "-"
_SUFFIXES = {".parquet": "parquet", ".csv": "csv", ".html": "html", ".htm": "html"}

Results = Iterable[Verdict | ItemFailure]


def format_of(chosen: str | None, out: str, *, as_json: bool) -> str:
    """The format asked for, or told by the name of the file.

    Raises:
        WrongValue: the two do not go together.
    """
    if out != STDOUT:
        if chosen == "table":
            raise WrongValue("`table` is for standard output", hint="leave out `--out`")
        return chosen or _SUFFIXES.get(Path(out).suffix.lower(), "jsonl")
    if as_json and chosen not in (None, "jsonl"):
        raise WrongValue(
            f"`--json` and `--format {chosen}` both want standard output",
            hint="leave one of them out, or give `--out FILE`",
        )
    if chosen in ("parquet", "html"):
        raise WrongValue(
            f"`{chosen}` is not for standard output", hint="say where it goes: `--out FILE`"
        )
    return chosen or ("jsonl" if as_json else "table")


def refuse_unwritable(out: str, form: str) -> None:
    """Find out before an hour of work, not after it.

    Raises:
        StoreUnwritable: nothing can be written there.
    """
    if out == STDOUT:
        return
    target = Path(out)
    if form != "html" and target.is_dir():
        raise unwritable(target, IsADirectoryError("it is a folder"))
    is_page = target.suffix.lower() in (".html", ".htm")  # as `write_report` tells them apart
    folder = target if form == "html" and not is_page else target.parent
    try:
        if form == "html":
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(target, error) from error


def write_rows(results: Results, out: str, form: ResultFormat) -> None:
    """JSONL, Parquet or CSV; a reader of a pipe sees each row when it is there."""

    def flushed() -> Iterator[Verdict | ItemFailure]:
        for result in results:
            yield result
            sys.stdout.flush()

    write_results(flushed() if out == STDOUT else results, out, format=form)


def write_table(results: Results, screen: Screen) -> None:
    """A row for each result as it comes."""
    table = VerdictTable(screen.out, screen.lang)
    for number, result in enumerate(results):
        if number == 0:
            table.head()
        table.row(result)


def write_page(
    results: Collection[Verdict | ItemFailure],
    out: str,
    screen: Screen,
    *,
    notes: Mapping[str, Note],
    originals: str | None,
    allow_outside: bool,
) -> Path:
    """One HTML page with evidence.

    Args:
        results: verdicts and failures.
        out: a file that ends in `.html`, or a folder.
        screen: gives the language, and gets remarks.
        notes: the notes judged, by id.
        originals: an archive with registered notes, for their pictures.
        allow_outside: as for `read_notes`.

    Returns:
        Path of the page.
    """
    from moderation.report import ArchivePictures, write_report

    known = dict(notes)
    if originals is not None:
        verdicts = (result for result in results if isinstance(result, Verdict))
        found = (finding.match for verdict in verdicts for finding in verdict.findings)
        wanted = {match.note_id for match in found if match is not None} - known.keys()
        known |= notes_named(wanted, originals, screen, allow_outside=allow_outside)
    return write_report(
        results, Path(out), notes=known, pictures=ArchivePictures(known), lang=screen.lang
    )


def notes_named(
    wanted: Collection[str], source: str, screen: Screen, *, allow_outside: bool
) -> dict[str, Note]:
    """Notes of an archive by id, the latest revision of each; others are not kept in memory."""
    found: dict[str, Note] = {}
    unread = 0
    for item in read_notes(source, allow_outside=allow_outside):
        if isinstance(item, ItemFailure):
            unread += 1
        elif item.id in wanted and _is_newer(item, found.get(item.id)):
            found[item.id] = item
    if unread:
        screen.remark(words.UNREAD_NOTES.say(screen.lang, number=unread, source=source))
    return found


class Kept:
    """Notes that pass by, for a page that shows their words and pictures."""

    def __init__(self) -> None:
        self.by_id: dict[str, Note] = {}

    def passing(self, items: Iterable[Note | ItemFailure]) -> Iterator[Note | ItemFailure]:
        """The same items."""
        for item in items:
            if isinstance(item, Note) and _is_newer(item, self.by_id.get(item.id)):
                self.by_id[item.id] = item
            yield item


def _is_newer(note: Note, known: Note | None) -> bool:
    return known is None or note.revision >= known.revision
