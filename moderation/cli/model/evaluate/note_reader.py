"""`moderation model evaluate note-reader`: read labelled notes, and count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.explain.names import Phrase


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--model",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Model folder to measure; else the one that comes with this package.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Of the resamples behind the intervals.",
)
@speaking
def command(screen: Screen, data: Path, model: Path | None, seed: int) -> None:
    """Read labelled notes, and see how good the answers are.

    DATA is a JSONL file, packed or not, or a folder of them. Each line has title, text and tags,
    and a label: `intent` and `disclosure` as in the repository's datasets, alone or inside
    `label`; or, as CHASM publishes its notes, `label` 1 for a covert advertisement and 0 for
    any other note, with the text in `text`, `desc` or `description`.

    What the reader has learnt from measures nothing: name notes that it has never seen. Where
    most flags are to be right although few notes sell, look at the precision at one percent.

    With --json: `{"notes", "commercial_notes", "commercial", "hard_sell", "clear_disclosure",
    "diversion", "groups", "reader", "left_out"}`.
    """
    from moderation.cli.progress import progress
    from moderation.text.note_reader import NoteReader
    from moderation.training.reader_evaluation import evaluated
    from moderation.training.reader_files import rows_of_files

    rows, left_out = rows_of_files(data)
    reader = NoteReader.open(model)
    readings = []
    with progress(screen, len(rows)) as done:
        for row in rows:
            readings.append(reader.read(row.note))
            done(1)
    results = evaluated(rows, readings, seed=seed)
    results |= {"reader": reader.recipe, "left_out": left_out}
    screen.json(results)
    _tell(results, screen)


def _tell(results: Mapping[str, Any], screen: Screen) -> None:
    from moderation.cli import reader_words as words

    lang = screen.lang
    sold, sale, clear = (results[n] for n in ("commercial", "hard_sell", "clear_disclosure"))
    rows = [
        (words.COMMERCIAL_AUC, sold["auc"]),
        (words.COMMERCIAL_F1, sold["at_half"]),
        (words.SALE_AUC, sale["auc"]),
        (words.SALE_F1, sale["f1"]),
        (words.CLEAR_F1, clear["f1"]),
    ]
    heads = (words.HEAD_MEASURE, words.HEAD_VALUE, words.HEAD_INTERVAL)
    screen.table(
        [head.say(lang) for head in heads],
        [(name.say(lang), _number(one["value"]), _interval(one["ci95"])) for name, one in rows],
    )
    screen.say("")
    for phrase, part in ((words.AT_ONE_PERCENT, sold), (words.SALE_AT_ONE_PERCENT, sale)):
        _say_at_one_percent(phrase, part["at_one_percent"], screen)
    error = sold["calibration"]["expected_error"]
    screen.say(words.CALIBRATION.say(lang, error=_number(error)))
    away = results["diversion"]["shown"]
    found, flagged = away["found"], away["natives_flagged"]
    screen.say(
        words.WAYS_OUT.say(
            lang,
            found=found["hits"],
            notes=found["n"],
            flagged=flagged["hits"],
            natives=flagged["n"],
        )
    )
    group_heads = (words.HEAD_GROUP, words.HEAD_NOTES, words.HEAD_AUC, words.HEAD_WRONGLY)
    screen.say("")
    screen.table(
        [head.say(lang) for head in group_heads],
        [
            (
                name,
                str(group["notes"]),
                _number(group["auc"]),
                f"{group['natives_called_commercial']['hits']} / "
                f"{group['natives_called_commercial']['n']}",
            )
            for name, group in results["groups"].items()
        ],
    )
    screen.say("")
    screen.say(words.READ.say(lang, notes=results["notes"], reader=results["reader"]))
    if results["left_out"]:
        screen.say(words.LEFT_OUT.say(lang, number=results["left_out"]))


def _say_at_one_percent(phrase: Phrase, at: Mapping[str, Any], screen: Screen) -> None:
    screen.say(
        phrase.say(
            screen.lang,
            recall=_number(at["recall"]),
            threshold=_number(at["threshold"]),
            precision=_number(at["precision_at_prevalence_0.01"]),
        )
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(ends: list[float | None]) -> str:
    return "–" if None in ends else f"{ends[0]:.3f}–{ends[1]:.3f}"
