"""`moderation review pairs`: pictures that people told apart."""

from __future__ import annotations

import json
from pathlib import Path

import click

from moderation.cli.options import WrongValue, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Gets the pairs, as JSONL that only its owner may read.",
)
@speaking
def command(screen: Screen, register: str, output: Path) -> None:
    """Write pairs of pictures that people told apart.

    Counter-examples for whoever measures or trains the proof of copies: what was found as a copy,
    and overturned by a person (`record`, `decide`). Ids and digests only; the pictures are where
    you keep them. FILE holds personal data; `register forget` does not reach it.

    With --json: `{"pairs", "output"}`. A line is `{"label": "different", "kind", "note_id",
    "note_digest", "revision", "image_number", "original": {"note_id", "image_number",
    "picture_id", "sha256"}, "score", "basis", "detector", "review_id", "settled"}`.
    """
    from moderation.archive import whole_file
    from moderation.cli import late_words as words
    from moderation.cli.outputs import refuse_unwritable
    from moderation.cli.review.export import all_reviews, verdicts_by_number
    from moderation.store import Register
    from moderation.training.counter_examples import counter_examples

    if str(output) == "-":
        raise WrongValue(
            "standard output may end where others read", hint="name a file: `--output FILE`"
        )
    refuse_unwritable(str(output), "jsonl")
    written = 0
    with Register.open(register, create=False) as opened, whole_file(output, private=True) as sink:
        pairs = counter_examples(
            all_reviews(opened),
            lambda numbers: verdicts_by_number(opened, numbers),
            opened.pictures,
        )
        for pair in pairs:
            sink.write(json.dumps(pair, ensure_ascii=False).encode("utf-8", "backslashreplace"))
            sink.write(b"\n")
            written += 1
    screen.json({"pairs": written, "output": str(output)})
    screen.say(words.COUNTER_EXAMPLES.say(screen.lang, pairs=written, path=output))
