"""`moderation review export`: answers and words together, as rows to learn from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import WrongValue, outside_option, register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.archive.whole_file import Sink
    from moderation.note import Note
    from moderation.store import Register, Review
    from moderation.training.moderator_rows import LeftOut, Row
    from moderation.verdict import Verdict

_AT_ONCE = 1_000


@click.command()
@click.argument("notes", nargs=-1, required=True)
@register_option
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Gets the rows, as JSONL that only its owner may read.",
)
@outside_option
@speaking
def command(
    screen: Screen, notes: tuple[str, ...], register: str, output: Path, allow_outside: bool
) -> None:
    """Write what people answered, with the words, as training rows.

    NOTES are archives that hold the words, as `check` reads them; the register keeps none. A row is
    written where the words are those that were judged, and where what people answered says what
    they are. What is left out is counted. To learn from the rows:
    `moderation model train note-reader --moderators FILE`.

    FILE holds personal data, people's notes with a judgement on them. It is readable by its owner
    alone; `register forget` does not reach it.

    With --json: `{"rows", "texts", "left_out": {"missing", "edited", "disagreement",
    "intent_unknown", "disclosure_unknown"}, "decisions": {word: rows}, "unread", "output"}`.
    """
    from moderation.archive import whole_file
    from moderation.cli.outputs import refuse_unwritable
    from moderation.store import Register
    from moderation.training.moderator_rows import moderator_rows

    if str(output) == "-":
        raise WrongValue(
            "standard output may end where others read", hint="name a file: `--output FILE`"
        )
    refuse_unwritable(str(output), "jsonl")
    unread: Counter[str] = Counter()
    with Register.open(register, create=False) as opened, whole_file(output, private=True) as sink:
        texts = moderator_rows(
            all_reviews(opened),
            _notes(notes, unread, allow_outside=allow_outside),
            lambda numbers: verdicts_by_number(opened, numbers),
            _stated,
        )
        left_out, decisions = _write(texts, sink)
    _sum_up(screen, str(output), left_out, decisions, unread)


def _write(texts: Iterable[Row | LeftOut], sink: Sink) -> tuple[Counter[LeftOut], Counter[str]]:
    """Write the rows; (texts left out by reason, rows by what the gate had decided)."""
    left_out: Counter[LeftOut] = Counter()
    decisions: Counter[str] = Counter()
    for row in texts:
        if isinstance(row, str):
            left_out[row] += 1
            continue
        decisions[row["decision"]] += 1
        sink.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
    return left_out, decisions


def all_reviews(register: Register) -> Iterator[Review]:
    """All answers, read in portions, the last first."""
    before = None
    while some := register.reviews(before=before, limit=_AT_ONCE):
        yield from some
        before = some[-1].review_id


def _notes(sources: Iterable[str], unread: Counter[str], *, allow_outside: bool) -> Iterator[Note]:
    from moderation.archive import read_notes
    from moderation.note import Note

    for source in sources:
        for item in read_notes(source, allow_outside=allow_outside):
            if isinstance(item, Note):
                yield item
            else:
                unread[source] += 1


def verdicts_by_number(register: Register, numbers: Collection[int]) -> Mapping[int, Verdict]:
    """Verdicts by number; those that were forgotten are absent."""
    found = register.verdicts_numbered(numbers)
    return {number: row.verdict for number, row in found.items()}


def _stated(note: Note) -> tuple[str, str]:
    """What the reader at hand says of the disclosure, and its name."""
    from moderation import assess_text

    reading = assess_text(note)
    return max(reading.disclosure, key=lambda d: reading.disclosure[d]), reading.detector


def _sum_up(
    screen: Screen,
    output: str,
    left_out: Counter[LeftOut],
    decisions: Counter[str],
    unread: Counter[str],
) -> None:
    from moderation.cli import review_words as words
    from moderation.explain import decision_word
    from moderation.training.moderator_rows import LeftOut
    from moderation.verdict import Decision

    rows = decisions.total()
    texts = rows + left_out.total()
    answer: dict[str, Any] = {
        "rows": rows,
        "texts": texts,
        "left_out": {why.value: left_out[why] for why in LeftOut},
        "decisions": {decision.value: decisions[decision.value] for decision in Decision},
        "unread": unread.total(),
        "output": output,
    }
    screen.json(answer)
    if screen.as_json:
        return
    screen.say(words.EXPORTED.say(screen.lang, path=output, rows=rows, texts=texts))
    if rows:
        counts = ("，" if screen.lang == "zh" else ", ").join(
            f"{decisions[decision.value]:,} {decision_word(decision, screen.lang)}"
            for decision in Decision
            if decisions[decision.value]
        )
        screen.say(words.BY_DECISION.say(screen.lang, counts=counts))
    for why in LeftOut:
        if left_out[why]:
            screen.say(words.LEFT_OUT[why].say(screen.lang, number=left_out[why]))
    for source, number in unread.items():
        screen.remark(words.UNREAD.say(screen.lang, source=source, number=number))
    if rows and not decisions[Decision.PASS.value]:
        screen.remark(words.NONE_PASSED.say(screen.lang))
    screen.remark(words.PERSONAL.say(screen.lang))
