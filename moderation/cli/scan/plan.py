"""`moderation scan plan`: what a scan will take, before it is begun."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import WrongValue, outside_option, speaking
from moderation.cli.scan import choices
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.scan.planning import Plan

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "B": 10**9}
_BYTES = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")


def _count(value: str) -> int:
    """`100M`, `1B`, `250k` or a number."""
    said = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)([kMB]?)", value, re.ASCII)
    if said is None or not 1 <= float(said[1]) * _UNITS[said[2]] <= 10**13:
        raise WrongValue(
            f"`{value:.60}` is no number of notes", hint="write it as 250k, 100M, 1B or 1234567"
        )
    return round(float(said[1]) * _UNITS[said[2]])


@click.command()
@click.argument("archive", required=False)
@click.option("--notes", type=_count, metavar="N", help="How many, as 250k, 100M or 1B.")
@click.option(
    "--pictures-per-note",
    type=click.FloatRange(0, 100),
    metavar="N",
    help="On average; those of the ARCHIVE where there is one, else 5.",
)
@click.option(
    "--machines", type=click.IntRange(1, 100_000), default=1, show_default=True, metavar="N",
    help="That work at it.",
)  # fmt: skip
@click.option(
    "--cores", type=click.IntRange(1, 1_024), default=8, show_default=True, metavar="N",
    help="Of each machine.",
)  # fmt: skip
@click.option(
    "--memory-gb", type=click.IntRange(1, 65_536), default=64, show_default=True, metavar="N",
    help="Of each machine, in GB.",
)  # fmt: skip
@click.option(
    "--costs",
    "costs_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="JSON of costs of your own, in place of those that ship.",
)
@click.option(
    "--measure",
    type=click.IntRange(0, 100_000),
    default=0,
    metavar="N",
    help="Observe the first N notes of the ARCHIVE here, to see what they cost.",
)
@choices.without_option
@outside_option
@speaking
def command(
    screen: Screen,
    archive: str | None,
    notes: int | None,
    pictures_per_note: float | None,
    machines: int,
    cores: int,
    memory_gb: int,
    costs_file: Path | None,
    measure: int,
    without: tuple[str, ...],
    allow_outside: bool,
) -> None:
    """Reckon what a scan will take.

    For each stage: core hours, hours on the machines, bytes read and written, memory; what the
    join of hashes sends around, and into how many parts it must be cut. Costs of one item are
    those that this project's benchmarks measured, or FILE's; --measure takes them here. Of an
    ARCHIVE notes are counted, and sizes of pictures taken from the first 200 notes.

    Nothing is written. With --json: `{"notes", "pictures", "fleet", "stages": [{"name", "items",
    "core_hours", "hours", "lanes", "read_bytes", "written_bytes", "memory_bytes", "growth"}],
    "core_hours", "hours", "join", "index_bytes", "disk_bytes", "pictures_a_key", "costs",
    "machine"}`.
    """
    from moderation.archive import count_notes
    from moderation.scan.costs import Costs
    from moderation.scan.planning import Fleet, plan

    costs = Costs.shipped()
    if archive is not None:
        from moderation.scan.sampling import sampled

        choices.check_left_out(without)
        sample = sampled(
            archive, costs, observe=measure, without=without, allow_outside=allow_outside
        )
        costs = sample.costs
        if pictures_per_note is None:
            pictures_per_note = sample.pictures_a_note
        if notes is None:
            notes = count_notes(archive)
    elif measure:
        raise WrongValue("`--measure` needs an archive", hint="name the one to be scanned")
    if notes is None:
        raise WrongValue("how many notes is not known", hint="give `--notes`, as 100M")
    if costs_file is not None:
        costs = costs.with_file(costs_file)
    made = plan(
        notes,
        costs,
        Fleet(machines=machines, cores=cores, memory_bytes=memory_gb * 10**9),
        pictures_a_note=5 if pictures_per_note is None else pictures_per_note,
        without=without,
    )
    screen.json(made.to_json())
    say(screen, made)


def say(screen: Screen, made: Plan) -> None:
    """What people read."""
    from moderation.cli import plan_words as words
    from moderation.scan.planning import BANDS, MOST_SHARED

    lang, join, costs = screen.lang, made.join, made.costs
    fleet = made.fleet
    screen.say(
        words.TITLE.say(
            lang,
            notes=made.notes,
            pictures=made.pictures,
            machines=fleet.machines,
            cores=fleet.cores,
            memory=size(fleet.memory_bytes),
        )
    )
    rows = [
        (
            words.STAGES[stage.name].say(lang),
            f"{stage.items:,.0f}",
            hours(stage.core_hours),
            f"{stage.lanes:,}",
            hours(stage.hours),
            size(stage.read_bytes),
            size(stage.written_bytes),
            size(stage.memory_bytes),
            stage.growth,
        )
        for stage in made.stages
    ]
    total = (words.TOTAL.say(lang), "", hours(made.core_hours), "", hours(made.hours))
    screen.table([head.say(lang) for head in words.HEADS], [*rows, (*total, "", "", "", "")])
    screen.say(
        words.INDEX.say(lang, **{name: size(value) for name, value in made.index_bytes.items()})
    )
    screen.say(words.DISK.say(lang, disk=size(made.disk_bytes)))
    needed = size(join.known * costs["join_code_bytes"])
    if join.whole:
        at = hours(join.one_process_hours)
        screen.say(words.JOIN_WHOLE.say(lang, known=join.known, memory=needed, hours=at))
    else:
        screen.say(
            words.JOIN_IN_PARTS.say(
                lang,
                known=join.known,
                memory=needed,
                parts=join.parts,
                bands=BANDS,
                cuts=join.parts_a_band,
                shuffle=size(join.shuffle_bytes),
            )
        )
    if not join.numbered:
        screen.say(words.NOT_NUMBERED.say(lang, queries=join.queries, known=join.known))
    if made.pictures_a_key > MOST_SHARED:
        shared = made.pictures_a_key
        screen.say(words.CROWDED.say(lang, shared=shared, most=MOST_SHARED))
    screen.say(words.EXTRAPOLATED.say(lang))
    screen.say(words.COSTS_FROM.say(lang, machine=costs.machine))
    screen.table(
        [head.say(lang) for head in words.COST_HEADS],
        [(name, f"{cost.value:.4g}", cost.source) for name, cost in costs.each.items()],
    )


def hours(value: float) -> str:
    """With a decimal below ten, without above."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def size(value: float) -> str:
    """Bytes in the unit that leaves at most three digits before the point."""
    power = 0
    while value >= 1000 and power < len(_BYTES) - 1:
        value, power = value / 1000, power + 1
    return (
        f"{value:,.0f} {_BYTES[power]}"
        if value >= 10 or not power
        else (f"{value:.1f} {_BYTES[power]}")
    )
