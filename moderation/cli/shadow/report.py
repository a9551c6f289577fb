"""`moderation shadow report`: what would differ, how often, and with whom."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from moderation.cli.options import moment, register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.gate.deciding.shadow_report import ShadowReport
    from moderation.verdict import Decision


@click.command()
@register_option
@click.option("--policy", "policy_name", metavar="NAME", help="Only of policies of this name.")
@click.option("--since", type=moment, metavar="DATE", help="Only verdicts since then.")
@click.option(
    "--examples",
    type=click.IntRange(min=0, max=1_000),
    default=3,
    show_default=True,
    metavar="N",
    help="Most note ids to name for each number.",
)
@speaking
def command(
    screen: Screen,
    register: str,
    policy_name: str | None,
    since: datetime | None,
    examples: int,
) -> None:
    """Show what other policies would have decided.

    By decision, and for verdicts that differ by the rules that say another word. The live word
    is that of the policy alone: what brake and flood made of it does not count as a difference.

    `moderation serve` asks the policies named in MODERATION_SHADOWS beside its own, `moderation
    check` those of --shadow.

    With --json: `{"reports": [{"policy", "policy_digest", "live", "live_digest", "judged",
    "differ", "since", "until", "decisions": [{"live", "shadow", "verdicts", "examples"}], "rules":
    [{"rule", "live", "shadow", "verdicts", "examples"}]}]}`; of a rule, null where that side does
    not hear it.
    """
    from moderation.cli import shadow_words as words
    from moderation.gate.deciding.shadow_report import shadow_reports
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        found = opened.shadowed(policy=policy_name, since=since)
        reports = shadow_reports(found, examples=examples)
    screen.json({"reports": [report.to_json() for report in reports]})
    if screen.as_json:
        return
    if not reports:
        screen.say(words.NO_SHADOWS.say(screen.lang))
    for number, report in enumerate(reports):
        if number:
            screen.say("")
        _show(screen, report)


def _show(screen: Screen, report: ShadowReport) -> None:
    from moderation.cli import shadow_words as words

    screen.say(report.policy, "bold")
    screen.say(report.policy_digest, "dim")
    live = {"live": report.live, "digest": report.live_digest}
    screen.say(words.BESIDE.say(screen.lang, **live), "dim")
    share = f"{report.differ / report.judged:.1%}".replace("%", " %")
    first, last = (f"{at:%Y-%m-%d %H:%M}" if at else "–" for at in (report.since, report.until))
    values = {"judged": report.judged, "differ": report.differ, "share": share}
    screen.say(words.JUDGED.say(screen.lang, first=first, last=last, **values))
    screen.say("")
    heads = (words.HEAD_LIVE, words.HEAD_SHADOW, words.HEAD_VERDICTS, words.HEAD_EXAMPLES)
    screen.table(
        [head.say(screen.lang) for head in heads],
        [
            (
                _word(live, screen),
                _word(shadow, screen),
                f"{cell.count:,}",
                ", ".join(cell.examples),
            )
            for live, shadow, cell in report.sorted_decisions()
        ],
    )
    if report.rules:
        screen.say("")
        screen.table(
            [head.say(screen.lang) for head in (words.HEAD_RULE, *heads)],
            [
                (
                    rule,
                    _word(live, screen),
                    _word(shadow, screen),
                    f"{cell.count:,}",
                    ", ".join(cell.examples),
                )
                for rule, live, shadow, cell in report.sorted_rules()
            ],
        )


def _word(decision: Decision | None, screen: Screen) -> str:
    from moderation.explain import decision_word

    return "–" if decision is None else decision_word(decision, screen.lang)
