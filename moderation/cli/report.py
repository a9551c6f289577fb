"""`moderation report`: an HTML page from results of an earlier check."""

from __future__ import annotations

import click

from moderation.cli.options import outside_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("results")
@click.option("--notes", required=True, metavar="NOTES", help="The archive that was checked.")
@click.option(
    "--originals", metavar="NOTES", help="An archive that holds pictures of registered notes."
)
@click.option(
    "--out",
    required=True,
    metavar="FILE|FOLDER",
    help="A file that ends in .html, or a folder, which gets index.html.",
)
@outside_option
@speaking
def command(
    screen: Screen, results: str, notes: str, originals: str | None, out: str, allow_outside: bool
) -> None:
    """Show results as one HTML page with evidence.

    The page needs no network and no second file. RESULTS is JSONL or Parquet as `moderation
    check` wrote it; - is standard input. The register keeps no pictures, so they come from the
    archives named.

    With --json: `{"verdicts", "failed", "page"}`.
    """
    from moderation.archive import read_results
    from moderation.cli import outputs, words
    from moderation.verdict import Verdict

    outputs.refuse_unwritable(out, "html")
    read = list(read_results(results))
    verdicts = [result for result in read if isinstance(result, Verdict)]
    judged = {verdict.note_id for verdict in verdicts}
    page = outputs.write_page(
        read,
        out,
        screen,
        notes=outputs.notes_named(judged, notes, screen, allow_outside=allow_outside),
        originals=originals,
        allow_outside=allow_outside,
    )
    screen.say(words.REPORTED.say(screen.lang, verdicts=len(verdicts), path=page))
    screen.json({"verdicts": len(verdicts), "failed": len(read) - len(verdicts), "page": str(page)})
