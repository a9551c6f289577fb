"""What verdicts follow from something that a command of `register` has told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.gate import Gate
    from moderation.gate.rights.following import Following


def followed(gate: Gate, screen: Screen) -> Following:
    """Let verdicts follow, with progress; what a killed command left is done first."""
    from moderation.cli.progress import progress

    with progress(screen, None) as done:
        return gate.follow_late(progress=done)


def tell_followed(told: Following, screen: Screen, *, tried: bool = False) -> None:
    """Say how many followed, and name the first; nothing where none rests on it."""
    from moderation.cli import late_words as words
    from moderation.cli.words import HEAD_NOTE
    from moderation.explain import decision_word
    from moderation.gate.rights.again import Outcome

    if screen.as_json:
        return
    if told.examples:
        heads = (HEAD_NOTE, words.HEAD_BEFORE, words.HEAD_AFTER)
        rows = [
            (
                one.note_id,
                decision_word(one.before, screen.lang),
                decision_word(one.after, screen.lang),
            )
            for one in told.examples
        ]
        screen.table([head.say(screen.lang) for head in heads], rows)
    if told.counts:
        said = words.WOULD_FOLLOW if tried else words.FOLLOWED
        counts = {one.value: told.counts[one] for one in Outcome}
        screen.say(
            said.say(
                screen.lang,
                freed=counts["freed"],
                referred=counts["referred"],
                same=counts["same"],
            )
        )
    for number, phrase in (
        (told.unjudged, words.UNJUDGED),
        (told.counts[Outcome.LEFT], words.LEFT),
        (told.counts[Outcome.UNKNOWN_POLICY], words.UNKNOWN_POLICY),
    ):
        if number:
            screen.remark(phrase.say(screen.lang, number=number))
