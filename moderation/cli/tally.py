"""Tally: how many verdicts of which kind came out of a batch, and how many rows failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from moderation.cli import words
from moderation.errors import PartialBatch
from moderation.explain import Lang, decision_word
from moderation.finding import ItemFailure
from moderation.verdict import Decision, Verdict


class Tally:
    """Counts results that pass by."""

    def __init__(self) -> None:
        self.decisions: Counter[Decision] = Counter()
        self.failed = 0

    @property
    def notes(self) -> int:
        """Notes that got a verdict."""
        return self.decisions.total()

    def counted(
        self, results: Iterable[Verdict | ItemFailure], done: Callable[[int], None]
    ) -> Iterator[Verdict | ItemFailure]:
        """The same results; `done` learns after each how many there were."""
        for result in results:
            if isinstance(result, Verdict):
                self.decisions[result.decision] += 1
            else:
                self.failed += 1
            yield result
            done(self.notes + self.failed)

    def reached(self, level: str) -> bool:
        """True where a verdict was that severe or more."""
        return any(decision >= level for decision in +self.decisions)

    def raise_if_partial(self) -> None:
        """Say that rows failed, once everything else is done.

        Raises:
            PartialBatch: some did.
        """
        if self.failed:
            raise partial(self.failed, self.notes + self.failed)

    def sentence(self, lang: Lang) -> str:
        """One line for people, the most severe first."""
        if not self.notes:
            return words.CHECKED_NONE.say(lang)
        counts = ("，" if lang == "zh" else ", ").join(
            f"{self.decisions[decision]:,} {decision_word(decision, lang)}"
            for decision in reversed(Decision)
            if self.decisions[decision]
        )
        return words.CHECKED.say(lang, notes=self.notes, counts=counts)

    def to_json(self) -> dict[str, object]:
        """`notes`, `decisions` by word, `failed`."""
        decisions = {decision.value: self.decisions[decision] for decision in Decision}
        return {"notes": self.notes, "decisions": decisions, "failed": self.failed}


def partial(failed: int, rows: int) -> PartialBatch:
    """The error for rows that failed."""
    return PartialBatch(
        f"{failed:,} of {rows:,} rows could not be used",
        hint="correct the rows that are told as failed, and give them again",
    )
