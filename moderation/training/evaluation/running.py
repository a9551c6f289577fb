"""A plan: which questions are put to a register of which pictures; and the run through the gate."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.archive.whole_file import unwritable
from moderation.gate import DETECTORS, Gate
from moderation.training.attacks import Attack
from moderation.training.evaluation.asking import Answer, GateEngine, Kept, answers, plan_of
from moderation.training.evaluation.collection import Collection, Item
from moderation.training.evaluation.counting import evaluation
from moderation.training.evaluation.curves import strength_curves
from moderation.training.evaluation.questions import Bank, Question
from moderation.training.evaluation.templates import with_templates
from moderation.training.strengths import Dial

LEVELS: Mapping[str, float] = {"match": 0.5, "sure": 0.9}
"""What the gate's scores mean: a person should look; sure enough to block on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What is registered and what is asked."""

    registered: tuple[Item, ...]
    questions: tuple[Question, ...]
    """Of the suite, and of pictures without a copy."""
    curves: tuple[Question, ...]
    dials: tuple[Dial, ...]
    seed: int

    @property
    def steps(self) -> int:
        """Pictures to register and questions to ask."""
        return len(self.registered) + len(self.questions) + len(self.curves)

    @property
    def digest(self) -> str:
        """Names the plan: another one has other answers."""
        settings = [self.seed, dict(DETECTORS)]
        return plan_of(self.registered, [*self.questions, *self.curves], settings)


def planned(
    collection: Collection,
    *,
    seed: int,
    attacks: Sequence[Attack],
    dials: Sequence[Dial] = (),
    per_attack: int,
    per_strength: int = 0,
    strangers_per_attack: int = 1,
    look_alikes: int = 200,
    templates: int = 10,
) -> Plan:
    """All questions, in the order in which they are asked.

    Args:
        collection: the pictures.
        seed: of every draw.
        attacks: of the suite.
        dials: for curves of strength.
        per_attack: registered pictures that each attack is tried on.
        per_strength: registered pictures for each curve; 0 for no curves.
        strangers_per_attack: pictures without a copy that each attack is tried on.
        look_alikes: most questions of each kind of look-alikes.
        templates: of each kind of drawn templates.
    """
    whole, other_contents = with_templates(collection, templates)
    bank = Bank(whole, seed)
    wanted = tuple(dials) if per_strength else ()
    return Plan(
        registered=whole.in_register,
        questions=(
            *bank.copies(attacks, per_attack),
            *bank.strangers(attacks, strangers_per_attack),
            *bank.look_alikes(look_alikes),
            *other_contents,
        ),
        curves=tuple(q for dial in wanted for q in bank.curve(dial, per_strength)),
        dials=wanted,
        seed=seed,
    )


def run(
    plan: Plan,
    out: Path | None = None,
    tick: Callable[[int], None] = lambda _: None,
    *,
    workers: int = 1,
) -> tuple[list[Answer], list[Answer]]:
    """Register and ask, through a gate on a register of its own.

    Args:
        plan: what to do.
        out: a folder that keeps register and answers until all is done, so that the same plan
            goes on where it was stopped; None for a temporary one.
        tick: told the steps done so far.
        workers: questions under way at once.

    Returns:
        Answers to the questions, and to those of the curves.

    Raises:
        StoreError: the register or the folder cannot be used.
    """
    with _workplace(out, plan.digest) as folder, Gate.open(folder / "register") as gate:
        engine = GateEngine(gate)
        engine.register(plan.registered, progress=tick)
        found = []
        asked = [*plan.questions, *plan.curves]
        with Kept(folder / "answers.jsonl") as kept:
            for answer in answers(asked, engine, kept, workers=workers):
                found.append(answer)
                tick(len(plan.registered) + len(found))
    return found[: len(plan.questions)], found[len(plan.questions) :]


def summarised(
    plan: Plan,
    found: tuple[Sequence[Answer], Sequence[Answer]],
    levels: Mapping[str, float] = LEVELS,
) -> dict[str, Any]:
    """All numbers, as JSON; the curves at the levels and at the first precision."""
    suite, curves = found
    results = evaluation(suite, registered=len(plan.registered), levels=levels, seed=plan.seed)
    precise = {f"precision {p}": at["threshold"] for p, at in results["at_precision"].items()}
    thresholds = {**levels, **dict(list(precise.items())[:1])}
    return results | {"curves": strength_curves(curves, plan.dials, thresholds)}


@contextmanager
def _workplace(out: Path | None, digest: str) -> Iterator[Path]:
    if out is None:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)
        return
    folder = out / f"unfinished-{digest[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    yield folder
    shutil.rmtree(folder, ignore_errors=True)  # done: an error before leaves it
