"""`moderation model evaluate copies`: attack pictures, and see how many the gate finds again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import WrongValue, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.finding import ItemFailure
    from moderation.training.attacks import Attack
    from moderation.training.evaluation.running import Plan
    from moderation.training.strengths import Dial

_STRANGERS_PER_ATTACK = 1


@click.command()
@click.option(
    "--images",
    required=True,
    metavar="NOTES",
    help="A folder of photographs, or an archive of notes with pictures.",
)
@click.option(
    "--groups",
    metavar="CSV",
    help="Columns file, group, scene: look-alikes by group, bursts by scene.",
)
@click.option(
    "--register",
    type=click.IntRange(min=1),
    metavar="N",
    help="Most pictures to register; else all but a fifth, which stay strangers.",
)
@click.option(
    "--per-attack",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="Pictures that each attack is tried on.",
)
@click.option(
    "--per-strength",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    metavar="N",
    help="Pictures for each curve of recall over strength; 0 draws no curves.",
)
@click.option(
    "--templates",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    metavar="N",
    help="Cards, posters and screens that are registered and asked with other contents.",
)
@click.option(
    "--family",
    "families",
    multiple=True,
    metavar="NAME",
    help="Only this family of attacks, or this curve; may be given again.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Of every draw: the same seed asks the same questions.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Gets evaluation.json, an HTML page and the plots. A stopped run goes on from there.",
)
@speaking
def command(
    screen: Screen,
    images: str,
    groups: str | None,
    register: int | None,
    per_attack: int,
    per_strength: int,
    templates: int,
    families: tuple[str, ...],
    seed: int,
    out: Path | None,
) -> None:
    """Attack your pictures, and see how many copies are found.

    Pictures are registered in a register of their own, changed in all ways that re-posters are
    known for, and looked up again by the gate itself. Others are not registered: whatever
    matches those is wrong, and so is what matches another text on one template.

    About five queries a second on one core; a progress bar tells how far it is. Plots need
    matplotlib, which `notegate[demo]` brings.

    With --json: `{"registered", "questions", "copies", "average_precision", "at_precision",
    "families", "attacks", "all", "false_matches", "not_copies", "siblings", "doubtful",
    "precision_recall", "query_ms", "curves", "failures", "seed"}`.
    """
    import numpy as np

    from moderation.cli import words
    from moderation.cli.progress import progress
    from moderation.training.evaluation.collection import folder_items, read_labels, sorted_out
    from moderation.training.evaluation.running import planned

    attacks, dials = _chosen(families)
    if out is not None:
        _made(out)
    items, failures = folder_items(images, {} if groups is None else read_labels(groups))
    with progress(screen, len(items)) as done:
        collection, unreadable = sorted_out(
            items, np.random.default_rng(seed), register=register, tick=done
        )
    failures += unreadable
    plan = planned(
        collection,
        seed=seed,
        attacks=attacks,
        dials=dials,
        per_attack=per_attack,
        per_strength=per_strength,
        strangers_per_attack=_STRANGERS_PER_ATTACK,
        templates=templates,
    )
    results = _measured(plan, screen, out)
    results["failures"] = [failure.to_json() for failure in failures]
    results["seed"] = seed
    screen.json(results)
    _tell(results, screen)
    if failures:
        screen.say(words.UNREAD_PICTURES.say(screen.lang, number=len(failures)))
        _name(failures, screen)
    if out is not None:
        _write(results, out, screen)


def _chosen(families: tuple[str, ...]) -> tuple[tuple[Attack, ...], tuple[Dial, ...]]:
    """The attacks and dials of these families; all where none is named."""
    from difflib import get_close_matches

    from moderation.training.strengths import DIALS
    from moderation.training.suite import SUITE

    known = dict.fromkeys([attack.family for attack in SUITE] + [dial.name for dial in DIALS])
    for name in families:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"one of: {', '.join(known)}"
            raise WrongValue(f"no family `{name:.60}`", hint=hint)
    wanted = families or tuple(known)
    return (
        tuple(attack for attack in SUITE if attack.family in wanted),
        tuple(dial for dial in DIALS if dial.name in wanted),
    )


def _measured(plan: Plan, screen: Screen, out: Path | None) -> dict[str, Any]:
    import os

    from moderation.cli.progress import progress
    from moderation.training.evaluation.running import run, summarised

    with progress(screen, plan.steps) as done:
        found = run(plan, out, done, workers=os.cpu_count() or 1)
    return summarised(plan, found)


def _tell(results: Mapping[str, Any], screen: Screen) -> None:
    from moderation.training.evaluation import wording

    for table in (wording.families, wording.not_copies, wording.measures):
        heads, rows = table(results, screen.lang)
        screen.table(heads, rows)
        screen.say("")
    for sentence in wording.conclusion(results, screen.lang):
        screen.say(sentence)


_SHOWN = 5


def _name(failures: list[ItemFailure], screen: Screen) -> None:
    from moderation.cli import words

    for failure in failures[:_SHOWN]:
        screen.say(f"  {failure.note_id}: {failure.message}")
    if len(failures) > _SHOWN:
        screen.say(words.MORE_FAILURES.say(screen.lang, number=len(failures) - _SHOWN))


def _made(out: Path) -> None:
    from moderation.archive.whole_file import unwritable

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(out, error) from error


def _write(results: Mapping[str, Any], out: Path, screen: Screen) -> None:
    import json

    from moderation.archive.whole_file import whole_file
    from moderation.cli import words
    from moderation.training.evaluation.page import page, plots_of
    from moderation.training.evaluation.plots import plots_are_possible

    drawn = plots_of(results) if plots_are_possible() else {}
    if not drawn:
        screen.remark(words.NO_PLOTS.say(screen.lang))
    files = {f"{name}.svg": svg for name, svg in drawn.items()}
    files["evaluation.html"] = page(results, drawn, screen.lang)
    files["evaluation.json"] = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    for name, text in files.items():
        with whole_file(out / name) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    screen.say(words.WRITTEN.say(screen.lang, path=out / "evaluation.html"))
