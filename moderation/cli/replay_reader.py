"""Another reader of texts for `moderation replay`: whence its words come, and how far they went.

Options that need each other are refused here, before anything is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.cli.options import WrongValue
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.replay import Differences
    from moderation.replay.rereading import AnotherReader
    from moderation.text.written import Written


@dataclass(slots=True)
class WordsGiven:
    """A model and where its words are; or none of all this."""

    model: Path | None = None
    notes: str | None = None
    observed: Path | None = None
    detector: str | None = None
    """Of the model, as findings name it."""
    seen: int = 0
    """Notes that were looked through by now."""

    def total(self, verdicts: int) -> int | None:
        """Notes and verdicts to go through; None where nobody knows."""
        from moderation.archive import count_notes

        if self.observed is not None:
            return None
        notes = 0 if self.notes is None else count_notes(self.notes)
        return None if notes is None else notes + verdicts

    def reader(self, done: Callable[[int], None]) -> AnotherReader | None:
        """To be asked; None where there is no model."""
        if self.model is None:
            return None
        from moderation.replay.rereading import AnotherReader

        def seen(number: int) -> None:
            self.seen = number
            done(number)

        return AnotherReader(model=self.model, written=self._written(), progress=seen)

    def _written(self) -> Iterator[Written]:
        if self.observed is not None:
            from moderation.scan import observed_words

            yield from observed_words(self.observed)
        elif self.notes is not None:
            from moderation.archive import read_notes
            from moderation.note import Note
            from moderation.text.written import Written

            for item in read_notes(self.notes):
                if isinstance(item, Note):
                    yield Written.of(item)


def words_given(model: Path | None, notes: str | None, observed: Path | None) -> WordsGiven:
    """What the options say.

    Raises:
        WrongValue: there is a model without words, words without a model, or words twice.
        ArtifactError: the model cannot be used.
    """
    if model is None:
        if notes is not None or observed is not None:
            raise WrongValue(
                "words are given, and nobody to read them",
                hint="add `--model DIR`, or leave `--notes` and `--observed` out",
            )
        return WordsGiven()
    if (notes is None) == (observed is None):
        raise WrongValue(
            "`--model` needs the words of the notes, once",
            hint="give `--notes ARCHIVE` or `--observed DIR`: the audit keeps none",
        )
    from moderation.text.note_reader import NoteReader

    return WordsGiven(model, notes, observed, detector=NoteReader.open(model).detector)


def show_words(screen: Screen, found: Differences, detector: str | None) -> None:
    """Who read anew in place of whom, and how far."""
    if detector is None:
        return
    from moderation.cli import replay_words as words
    from moderation.replay.answers import How

    lang = screen.lang
    screen.say("")
    screen.say(words.MODEL.say(lang, detector=detector), "bold")
    for reader, notes in sorted(found.readers.items()):
        name = reader or words.NOBODY.say(lang)
        screen.say(words.INSTEAD_OF.say(lang, reader=name, notes=notes))
    for how in How:
        if found.words[how]:
            screen.say(words.HOW[how].say(lang, notes=found.words[how]))
