"""`moderation policy show`: what a policy says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import moment, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.policy import Policy, Rule, Terms, Window


@click.command()
@click.argument("policy_name", metavar="[NAME|FILE|DIGEST]", default="default")
@click.option("--as-of", type=moment, metavar="DATE", help="Only what is in force then.")
@click.option(
    "--register",
    type=click.Path(),
    metavar="DIR|URL",
    help="Register with verdicts that were given by the policy of this digest.",
)
@speaking
def command(screen: Screen, policy_name: str, as_of: datetime | None, register: str | None) -> None:
    """Show what a policy says.

    Without a name it is `default`; `sha256:…` is one that verdicts in --register name, as it was
    then. A step holds from its score on; `from` is included, `until`
    is not; times are UTC.

    With --json: the whole policy, `{"name", "title", "digest", "rule", "allow", "fail",
    "registration", "partner_programme", "template_proposal"}` and, where it has them, `"brake"`,
    `"flood"`, `"second_person"` and `"check"`; with --as-of, its terms in force then.
    """
    from moderation.errors import BadSetting
    from moderation.policy import Policy

    if register is None and policy_name.startswith("sha256:"):
        raise BadSetting(
            f"the policy `{policy_name:.80}` is asked for by its digest, and no register is named",
            hint="name the register whose verdicts were given by it: `--register DIR`",
        )
    policy = Policy.load(policy_name) if register is None else _kept(register, policy_name)
    terms = policy.terms if as_of is None else policy.terms.at(as_of)
    screen.json(policy.to_json() | terms.to_json())
    if not screen.as_json:
        screen.say(f"{policy.name}: {policy.title}", "bold")
        screen.say(policy.digest, "dim")
        screen.say("")
        _show(screen, terms)


def _kept(register: str, digest: str) -> Policy:
    """A policy as it was when verdicts were given by it."""
    from moderation.errors import UnknownSubject
    from moderation.policy import Policy
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        said = opened.policy_said(digest)
    if said is None:
        raise UnknownSubject(
            f"no verdict in `{register}` was given by the policy `{digest:.80}`",
            hint="take `policy_digest` from `moderation register history --json`",
        )
    return Policy.from_json(said)


def _show(screen: Screen, terms: Terms) -> None:
    from moderation.cli import words
    from moderation.verdict import Decision

    def say(phrase: Any, **values: object) -> str:
        return str(phrase.say(screen.lang, **values))

    restricted = any(_restriction(rule) for rule in terms.rules)
    screen.table(
        [
            say(words.HEAD_RULE),
            say(words.HEAD_KIND),
            say(words.HEAD_STEPS),
            say(words.HEAD_IN_FORCE),
            say(words.HEAD_ONLY_FOR) if restricted else "",
        ],
        [
            (
                rule.name,
                rule.kind,
                ", ".join(f"≥ {step.at:g} {step.decision}" for step in rule.steps) or "–",
                _window(rule.window, say(words.ALWAYS)),
                _restriction(rule),
            )
            for rule in terms.rules
        ],
    )
    for allowance in terms.allowances:
        listed = ", ".join(sorted(allowance.brands | allowance.authors))
        kinds = ", ".join(sorted(allowance.kinds))
        when = _window(allowance.window, say(words.ALWAYS))
        screen.say("")
        screen.say(say(words.ALLOWED, name=allowance.name, listed=listed, kinds=kinds, when=when))
    screen.say("")
    fail = {"default": terms.fail_default, **terms.fail}
    for detector, rule in fail.items():
        told = ", ".join(f"{cause} {decision}" for cause, decision in rule.to_json().items())
        screen.say(say(words.SILENCE, detector=detector, told=told))
    told = ", ".join(f"{decision} → {terms.registration[decision]}" for decision in Decision)
    screen.say(say(words.REGISTRATION, told=told))
    for proposal in terms.template_proposals:
        screen.say(
            say(
                words.TEMPLATE_PROPOSAL,
                when=_window(proposal.window, say(words.ALWAYS)),
                authors=proposal.authors,
                days=proposal.days_apart,
                attempts=proposal.attempts,
                undecided=proposal.undecided,
            )
        )
    for brake in terms.brakes:
        each = "" if brake.each_rule is None else say(words.BRAKE_EACH, limit=brake.each_rule)
        more = each + "".join(
            say(words.BRAKE_RULE, rule=rule, limit=limit) for rule, limit in brake.rules.items()
        )
        when = _window(brake.window, say(words.ALWAYS))
        screen.say(say(words.BRAKE, when=when, blocks=brake.blocks_per_hour, more=more))
    for flood in terms.floods:
        screen.say(
            say(
                words.FLOOD,
                when=_window(flood.window, say(words.ALWAYS)),
                authors=flood.authors_per_hour,
                hours=flood.quarantine_hours,
            )
        )
    for second in terms.second_person:
        screen.say(
            say(
                words.SECOND_PERSON,
                when=_window(second.window, say(words.ALWAYS)),
                decisions=", ".join(second.to_json()["decisions"]),
                kinds=", ".join(second.to_json()["kinds"]) or say(words.ALL_KINDS),
            )
        )
    for check in terms.checks:
        screen.say(
            say(
                words.CHECKS,
                when=_window(check.window, say(words.ALWAYS)),
                looks=f"{check.second_looks:.1%}",
                golden=f"{check.golden:.1%}",
            )
        )


def _window(window: Window, always: str) -> str:
    ends = window.to_json()
    return " ".join(f"{word} {at[:16]}" for word, at in ends.items() if at) or always


def _restriction(rule: Rule) -> str:
    return "; ".join(rule.when.words())
