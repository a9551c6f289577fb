"""Reader: TOML text → terms, refusing every contradiction with file, key and a way out.

A policy may `extends = "default"`: rules and allow-lists of the same name
replace the inherited ones, fail and registration words likewise, the partner
programme as a whole. So a dated variant states only what differs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any

from moderation.errors import BadPolicy
from moderation.finding import FindingKind
from moderation.note import NoteKind
from moderation.policy.limits import BrakeTerms, FloodTerms
from moderation.policy.limits_reader import (
    brake_terms,
    check_terms,
    flood_terms,
    second_person_terms,
)
from moderation.policy.oversight import CheckTerms, SecondPersonTerms
from moderation.policy.table import WINDOW, Table, did_you_mean
from moderation.policy.terms import (
    DEFAULT_REGISTRATION,
    Allowance,
    FailRule,
    PartnerTerms,
    Rule,
    Step,
    TemplateTerms,
    Terms,
    When,
)
from moderation.summary import POINTING_KINDS
from moderation.verdict import Decision, Registration

CAUSES = ("on_error", "on_timeout", "on_overload")
COUNTING = ("min_pictures", "share_of_pictures", "pictures_at")
KEYS = (
    *("title", "extends", "rule", "allow", "fail", "registration"),
    *("partner_programme", "template_proposal", "brake", "flood", "second_person", "check"),
)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """Terms while files are laid over each other."""

    title: str = ""
    rules: dict[str, Rule] = field(default_factory=dict)
    allowances: dict[str, Allowance] = field(default_factory=dict)
    fail: dict[str, dict[str, Decision]] = field(default_factory=dict)
    registration: dict[Decision, Registration] = field(
        default_factory=lambda: dict(DEFAULT_REGISTRATION)
    )
    partner_programme: tuple[PartnerTerms, ...] = ()
    template_proposals: tuple[TemplateTerms, ...] = ()
    brakes: tuple[BrakeTerms, ...] = ()
    floods: tuple[FloodTerms, ...] = ()
    second_person: tuple[SecondPersonTerms, ...] = ()
    checks: tuple[CheckTerms, ...] = ()


def read(text: str, *, file: str, shipped: Callable[[str], str]) -> tuple[str, Terms]:
    """Read a policy.

    Args:
        text: TOML.
        file: What to call it in errors.
        shipped: Gives the text of a shipped policy, for `extends`.

    Returns:
        Title and terms.

    Raises:
        BadPolicy: the first contradiction found, with file, key path and hint.
    """
    return _finished(_draft(_toml(text, file), file, shipped), file)


def read_json(row: Mapping[str, Any], *, file: str) -> tuple[str, Terms]:
    """Read a policy again that was written as JSON, which has the file's keys.

    Args:
        row: as of `Policy.to_json`, without name and digest.
        file: What to call it in errors.

    Raises:
        BadPolicy: as of `read`.
    """
    return _finished(_draft(_said(row), file, _nothing_shipped), file)


def _finished(draft: _Draft, file: str) -> tuple[str, Terms]:
    _check_overlap(draft.rules.values(), file)
    _check_braked_rules(draft, file)
    default = FailRule(**draft.fail.get("default", {}))
    inherited = {cause: getattr(default, cause) for cause in CAUSES}
    terms = Terms(
        rules=tuple(draft.rules.values()),
        allowances=tuple(draft.allowances.values()),
        fail={d: FailRule(**inherited | own) for d, own in draft.fail.items() if d != "default"},
        fail_default=default,
        registration=draft.registration,
        partner_programme=draft.partner_programme,
        template_proposals=draft.template_proposals,
        brakes=draft.brakes,
        floods=draft.floods,
        second_person=draft.second_person,
        checks=draft.checks,
    )
    return draft.title, terms


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
        raise BadPolicy(
            f"`{file}` is not TOML: {reason[:1].lower()}{reason[1:]}",
            hint="correct the line named; strings need quotes, tables need brackets",
        ) from None


def _said(value: Any) -> Any:
    """JSON as the file has it: what asks nothing is left out, and instants are no strings."""
    if isinstance(value, list):
        return [_said(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: datetime.fromisoformat(one) if key in WINDOW and isinstance(one, str) else _said(one)
        for key, one in value.items()
        if one not in (None, "") and not (key in COUNTING and one == 0)
    }


def _nothing_shipped(name: str) -> str:
    raise BadPolicy(
        f"a policy in JSON says all itself, and this one extends `{name:.80}`",
        hint="write it with `moderation policy show --json`",
    )


def _draft(values: Mapping[str, Any], file: str, shipped: Callable[[str], str]) -> _Draft:
    top = Table(file=file, path="", values=values)
    top.only(*KEYS)
    base = top.string("extends", default="")
    draft = _draft(_toml(shipped(base), base), base, shipped) if base else _Draft()
    draft.title = top.string("title")
    draft.rules |= _by_name(top.tables("rule"), _rule)
    draft.allowances |= _by_name(top.tables("allow"), _allowance)
    for detector, own in top.table("fail").items():
        own.only(*CAUSES)
        draft.fail.setdefault(detector, {}).update(
            {cause: own.word(cause, Decision) for cause in CAUSES if cause in own}
        )
    draft.registration |= _registration(top.table("registration"))
    programme = tuple(_partner_terms(row) for row in top.tables("partner_programme"))
    draft.partner_programme = programme or draft.partner_programme
    proposals = _one_by_one(top, "template_proposal", _template_terms)
    draft.template_proposals = proposals or draft.template_proposals
    draft.brakes = _one_by_one(top, "brake", brake_terms) or draft.brakes
    draft.floods = _one_by_one(top, "flood", flood_terms) or draft.floods
    second = tuple(second_person_terms(row) for row in top.tables("second_person"))
    draft.second_person = second or draft.second_person
    draft.checks = _one_by_one(top, "check", check_terms) or draft.checks
    return draft


def _by_name(rows: Sequence[Table], build: Callable[[Table], Any]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for row in rows:
        name = row.string("name")
        if name in built:
            raise row.wrong("name", f"`{name}` is taken twice", hint="give every entry its own")
        built[name] = build(row)
    return built


def _rule(row: Table) -> Rule:
    row.only("name", "kind", "steps", "when", *WINDOW)
    kind = row.word("kind", FindingKind)
    steps = tuple(_step(step) for step in row.tables("steps", required=True))
    if steps and steps[0].at == 0 and kind is not FindingKind.IMAGE_UNDECODABLE:
        raise row.wrong(
            "steps[0].at",
            "must be above 0, got 0",
            hint="findings that were seen to be allowed have score 0; write 0.0001 for the rest",
        )
    for low, high in pairwise(steps):
        if not low.at < high.at:
            raise row.wrong(
                "steps",
                f"must rise in `at`, got {low.at:g} before {high.at:g}",
                hint="sort the steps by score and drop the double one",
            )
        if not low.decision < high.decision:
            raise row.wrong(
                "steps",
                f"has an unreachable step: `{high.decision}` at {high.at:g} is not stronger than "
                f"`{low.decision}` at {low.at:g}",
                hint="a higher score must lead to a stronger decision; drop one of the two",
            )
    return Rule(
        name=row.string("name"),
        kind=kind,
        steps=steps,
        window=row.window(),
        when=_when(row.table("when"), kind),
    )


def _when(row: Table, kind: FindingKind) -> When:
    row.only("note_kinds", "brands", "authors", *COUNTING)
    when = When(
        note_kinds=frozenset(row.words("note_kinds", NoteKind)),
        brands=frozenset(row.strings("brands")),
        authors=frozenset(row.strings("authors")),
        min_pictures=row.count("min_pictures") if "min_pictures" in row else 0,
        share_of_pictures=row.share("share_of_pictures") if "share_of_pictures" in row else 0.0,
        pictures_at=row.share("pictures_at") if "pictures_at" in row else When().pictures_at,
    )
    for key in COUNTING:
        if key in row and not getattr(when, key) > 0:
            raise row.wrong(key, "must be above 0, got 0", hint=f"to ask nothing, drop `{key}`")
        if key in row and kind not in POINTING_KINDS:
            pointing = ", ".join(f"`{known}`" for known in sorted(POINTING_KINDS))
            raise row.wrong(
                key,
                f"counts pictures from the note that a finding points to, and `{kind}` points to "
                "none",
                hint=f"drop `{key}`, or write a rule for one of {pointing}",
            )
    if "pictures_at" in row and not when.counts_pictures:
        raise row.wrong(
            "pictures_at",
            "says which copies are counted, and nothing asks for a number of them",
            hint="add `min_pictures` or `share_of_pictures`, or drop it",
        )
    return when


def _step(row: Table) -> Step:
    row.only("at", "decision")
    decision = row.word("decision", Decision)
    if decision is Decision.PASS:
        raise row.wrong("decision", "`pass` changes nothing", hint="leave this step out")
    return Step(at=row.share("at"), decision=decision)


def _allowance(row: Table) -> Allowance:
    row.only("name", "kinds", "brands", "authors", *WINDOW)
    kinds = row.words("kinds", FindingKind)
    if not kinds:
        raise row.wrong("kinds", "is empty", hint="name the kinds of findings that are allowed")
    if FindingKind.IMAGE_UNDECODABLE in kinds:
        raise row.wrong(
            "kinds",
            "holds `image.undecodable`, which nobody can be allowed",
            hint="a picture that nobody could look at always goes to a person; drop the kind",
        )
    brands, authors = row.strings("brands"), row.strings("authors")
    if not brands and not authors:
        raise row.wrong("brands", "and `authors` are both empty", hint="list somebody")
    return Allowance(
        name=row.string("name"),
        kinds=frozenset(kinds),
        brands=frozenset(brands),
        authors=frozenset(authors),
        window=row.window(),
    )


def _registration(row: Table) -> dict[Decision, Registration]:
    row.only(*(decision.value for decision in Decision))
    words = {d: row.word(d.value, Registration) for d in Decision if d.value in row}
    if words.get(Decision.BLOCK, Registration.SKIPPED) is not Registration.SKIPPED:
        raise row.wrong(
            "block",
            f'must be "skipped", got "{words[Decision.BLOCK]}"',
            hint="a blocked note must never become the first; leave the line out",
        )
    return words


def _partner_terms(row: Table) -> PartnerTerms:
    row.only("min_followers", "min_monthly_exposure", "agency_contract", "source", *WINDOW)
    return PartnerTerms(
        window=row.window(),
        min_followers=row.count("min_followers"),
        min_monthly_exposure=row.count("min_monthly_exposure"),
        agency_contract=row.flag("agency_contract"),
        source=row.string("source", default=""),
    )


def _template_terms(row: Table) -> TemplateTerms:
    row.only("authors", "days_apart", "attempts", "undecided", *WINDOW)
    counts = {name: row.count(name) for name in ("authors", "days_apart", "attempts")}
    for name, count in counts.items():
        least = 2 if name == "authors" else 1
        if count < least:
            raise row.wrong(
                name,
                f"must be at least {least}, got {count}",
                hint="to count nothing, leave the table out, or end it with `until`",
            )
    undecided = row.word("undecided", Decision)
    if undecided is Decision.BLOCK:
        raise row.wrong(
            "undecided",
            "may not be `block`: nobody has said yet that the picture may not be shown",
            hint='use "review", or a weaker word',
        )
    return TemplateTerms(window=row.window(), undecided=undecided, **counts)


def _one_by_one(top: Table, name: str, build: Callable[[Table], Any]) -> tuple[Any, ...]:
    """Tables that follow each other in time."""
    built = tuple(build(row) for row in top.tables(name))
    for one, other in combinations(built, 2):
        if one.window.overlaps(other.window):
            raise BadPolicy(
                f"`{top.file}`: two tables of `{name}` are in force at the same time",
                hint="set `from` and `until` so that they follow each other",
            )
    return built


def _check_braked_rules(draft: _Draft, file: str) -> None:
    known = [*draft.rules, *(f"fail.{detector}" for detector in {"default": 0} | draft.fail)]
    for number, brake in enumerate(draft.brakes):
        for name in brake.rules:
            if name not in known:
                raise BadPolicy(
                    f"`{file}`: `brake[{number}].rules` names `{name}`, which is no rule",
                    hint=did_you_mean(name, known),
                )


def _check_overlap(rules: Any, file: str) -> None:
    for one, other in combinations(rules, 2):
        same = one.kind is other.kind and one.when == other.when
        if same and one.window.overlaps(other.window):
            raise BadPolicy(
                f"`{file}`: rules `{one.name}` and `{other.name}` both speak of `{one.kind}` for "
                "the same notes at the same time",
                hint="merge their steps, give both one `name` so that the later replaces the "
                "inherited one, or set `from` and `until` so that they follow each other",
            )
