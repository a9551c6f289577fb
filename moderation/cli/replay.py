"""`moderation replay`: what another policy would have made of the verdicts that were given."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import NOW, THEN, moment, register_option, rules_of, speaking
from moderation.cli.replay_reader import show_words, words_given
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.policy import Policy
    from moderation.replay import AsOf, Differences
    from moderation.verdict import Decision

EXIT_REACHED = 1
RECORDED = "recorded"


@click.command()
@register_option
@click.option(
    "--policy",
    "policy_name",
    required=True,
    metavar="NAME|FILE|recorded",
    help="To decide by: a shipped policy, a TOML file, or the one that each verdict names.",
)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A reader of texts, to read the notes of --notes or --observed anew.",
)
@click.option(
    "--notes",
    metavar="ARCHIVE",
    help="Where the words of the notes are, as `check` takes it; pictures are left alone.",
)
@click.option(
    "--observed",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A scan of them in place of --notes: it also knows what their pictures say.",
)
@click.option(
    "--as-of",
    "as_of",
    type=rules_of,
    metavar="now|then|DATE",
    default=NOW,
    show_default=True,
    help="Whose rules apply: those of today, of each verdict's own day, or of a date.",
)
@click.option("--since", type=moment, metavar="DATE", help="Only verdicts given then or later.")
@click.option("--until", type=moment, metavar="DATE", help="Only verdicts given before.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page (.html) or JSON (.json) as well.",
)
@click.option(
    "--examples",
    type=click.IntRange(0, 1_000),
    default=5,
    show_default=True,
    metavar="N",
    help="Most notes to name for each change.",
)
@click.option(
    "--seconds-a-review",
    type=click.FloatRange(0, 86_400),
    default=60.0,
    show_default=True,
    metavar="N",
    help="What a person takes for one case, for the cost of review.",
)
@click.option(
    "--fail-if",
    "limits",
    multiple=True,
    metavar="LIMIT",
    help="Exit with 1 beyond it, as flips>100, milder>0.5% or more-blocks>0.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=os.cpu_count,
    show_default="the cores",
    metavar="N",
    help="Processes, for a long audit.",
)
@speaking
def command(
    screen: Screen,
    register: str,
    policy_name: str,
    model: Path | None,
    notes: str | None,
    observed: Path | None,
    as_of: datetime | str,
    since: datetime | None,
    until: datetime | None,
    out: Path | None,
    examples: int,
    seconds_a_review: float,
    limits: tuple[str, ...],
    workers: int,
) -> None:
    """Give past verdicts again, by another policy.

    The last verdict on each note is given again from the audit: its findings with their scores,
    and what a policy reads of the note. Nothing is looked at and nothing is written. Who was
    first, and how many show a picture, stay as they were counted then; brake and flood are left
    out on both sides.

    With `--policy recorded --as-of then` every verdict is given by its own policy: nothing may
    differ, which proves that old verdicts can be explained.

    With `--model` another reader of texts is asked first. The audit keeps no words, so give them;
    they count where they are those that were judged. What it finds stands in place of what was
    found in the words; of pictures everything stays as it was found.

    With --json: `{"policy", "digest", "model", "as_of", "since", "until", "judged", "flips",
    "stricter", "milder", "words", "readers", "assumed", "decisions": [{"before", "after", "notes",
    "examples"}], "rules", "reasons", "months", "languages", "author_sizes", "reviews": {"before",
    "after", "hours"}, "exceeded"}`.
    """
    from moderation.archive import whole_file
    from moderation.cli.progress import progress
    from moderation.policy import Policy
    from moderation.replay import Limit, replay
    from moderation.store import Register

    held = [Limit.parse(text) for text in limits]
    form = _form(out)
    source = words_given(model, notes, observed)
    policy = None if policy_name == RECORDED else Policy.load(policy_name)
    with Register.open(register, create=False) as opened:
        last = opened.last_verdict_number()
    with progress(screen, source.total(last)) as done:
        found = replay(
            register,
            policy,
            as_of=_whose(as_of),
            since=since,
            until=until,
            examples=examples,
            workers=workers,
            progress=lambda number: done(source.seen + number),
            reader=source.reader(done),
        )
    exceeded = [limit.text for limit in held if limit.exceeded(found)]
    row = {
        "policy": RECORDED if policy is None else policy.name,
        "digest": None if policy is None else policy.digest,
        "model": source.detector,
        "as_of": as_of.isoformat() if isinstance(as_of, datetime) else as_of,
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        **found.to_json(seconds_a_review=seconds_a_review),
        "exceeded": exceeded,
    }
    screen.json(row)
    if out is not None and form == ".json":
        import json

        with whole_file(out) as sink:
            sink.write(json.dumps(row, ensure_ascii=False, indent=1).encode() + b"\n")
    elif out is not None:
        from moderation.report.replay_page import write_replay_page

        write_replay_page(row, out, lang=screen.lang)
    _show(screen, found, policy, seconds_a_review)
    show_words(screen, found, source.detector)
    _sum_up(screen, out, exceeded)
    if exceeded:
        click.get_current_context().exit(EXIT_REACHED)


def _form(out: Path | None) -> str:
    from moderation.cli.options import WrongValue

    form = "" if out is None else out.suffix.lower()
    if form not in ("", ".json", ".html"):
        raise WrongValue(
            f"`{out}` ends in neither .html nor .json", hint="give it one of the two endings"
        )
    return form


def _whose(as_of: datetime | str) -> AsOf:
    if isinstance(as_of, datetime):
        return as_of
    return "then" if as_of == THEN else datetime.now(UTC)


def _show(
    screen: Screen, found: Differences, policy: Policy | None, seconds_a_review: float
) -> None:
    from moderation.cli import replay_words as words
    from moderation.verdict import Decision

    lang = screen.lang
    name = words.RECORDED.say(lang) if policy is None else policy.name
    screen.say(words.JUDGED.say(lang, judged=found.all.judged, policy=name), "bold")
    if policy is not None:
        screen.say(policy.digest, "dim")
    share = f"{found.flipped / max(1, found.all.judged):.1%}".replace("%", " %")
    screen.say(
        words.DIFFER.say(
            lang,
            flips=found.flipped,
            share=share,
            stricter=found.all.stricter,
            milder=found.all.milder,
        )
    )
    if found.assumed:
        screen.say(words.ASSUMED.say(lang, count=found.assumed))
    before, after = found.count(Decision.REVIEW)
    hours = (after - before) * seconds_a_review / 3600
    screen.say(words.REVIEWS.say(lang, before=before, after=after, hours=hours))
    if found.decisions:
        screen.say("")
        heads = (words.HEAD_BEFORE, words.HEAD_AFTER, words.HEAD_NOTES, words.HEAD_EXAMPLES)
        screen.table(
            [head.say(lang) for head in heads],
            [
                (
                    _word(a, screen),
                    _word(b, screen),
                    f"{notes:,}",
                    ", ".join(flip.note_id for flip in flips),
                )
                for a, b, notes, flips in found.sorted_decisions()
            ],
        )
    if found.rules:
        screen.say("")
        heads = (words.HEAD_RULE, words.HEAD_BEFORE, words.HEAD_AFTER, words.HEAD_NOTES)
        screen.table(
            [head.say(lang) for head in heads],
            [
                (rule, _word(a, screen), _word(b, screen), f"{notes:,}")
                for rule, a, b, notes in found.sorted_rules()
            ],
        )


def _word(decision: Decision | None, screen: Screen) -> str:
    from moderation.explain import decision_word

    return "–" if decision is None else decision_word(decision, screen.lang)


def _sum_up(screen: Screen, out: Path | None, exceeded: list[str]) -> None:
    from moderation.cli import replay_words, words

    if out is not None:
        screen.say(words.WRITTEN.say(screen.lang, path=out))
    for text in exceeded:
        screen.remark(replay_words.EXCEEDED.say(screen.lang, limit=text))
