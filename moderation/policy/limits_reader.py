"""Reader of the tables that say how much is too much, and how those who decide are checked."""

from __future__ import annotations

from moderation.finding import FindingKind
from moderation.policy.limits import LONGEST_QUARANTINE_HOURS, BrakeTerms, FloodTerms
from moderation.policy.oversight import CheckTerms, SecondPersonTerms
from moderation.policy.table import WINDOW, Table
from moderation.verdict import Decision


def brake_terms(row: Table) -> BrakeTerms:
    """How many automatic blocks an hour may bring.

    Raises:
        BadPolicy: a key is unknown, missing, or out of its bounds.
    """
    row.only("blocks_per_hour", "each_rule", "rules", *WINDOW)
    named = row.table("rules")
    return BrakeTerms(
        blocks_per_hour=row.count("blocks_per_hour"),
        each_rule=row.count("each_rule") if "each_rule" in row else None,
        rules={name: named.count(name) for name in named.values},
        window=row.window(),
    )


def flood_terms(row: Table) -> FloodTerms:
    """When a picture comes from too many at once.

    Raises:
        BadPolicy: a key is unknown, missing, or out of its bounds.
    """
    row.only("authors_per_hour", "quarantine_hours", *WINDOW)
    counts = {name: row.count(name) for name in ("authors_per_hour", "quarantine_hours")}
    for name, count in counts.items():
        if count < 1:
            raise row.wrong(
                name,
                "must be at least 1, got 0",
                hint="to quarantine nothing, leave the table out, or end it with `until`",
            )
    if counts["quarantine_hours"] > LONGEST_QUARANTINE_HOURS:
        raise row.wrong(
            "quarantine_hours",
            f"must be at most {LONGEST_QUARANTINE_HOURS}, got {counts['quarantine_hours']}",
            hint="to hold a picture back for good, write a rule, or decide about the work",
        )
    return FloodTerms(window=row.window(), **counts)


def second_person_terms(row: Table) -> SecondPersonTerms:
    """Which decisions of people need a second person.

    Raises:
        BadPolicy: a key is unknown, missing, or out of its bounds.
    """
    row.only("decisions", "kinds", *WINDOW)
    decisions = row.words("decisions", Decision)
    if not decisions:
        raise row.wrong("decisions", "is empty", hint='name what needs two, as `["block"]`')
    if Decision.REVIEW in decisions:
        raise row.wrong(
            "decisions",
            "holds `review`, which no person decides",
            hint="name `pass`, `label` or `block`",
        )
    return SecondPersonTerms(
        decisions=frozenset(decisions),
        kinds=frozenset(row.words("kinds", FindingKind)),
        window=row.window(),
    )


def check_terms(row: Table) -> CheckTerms:
    """How often decisions of people are asked again.

    Raises:
        BadPolicy: a key is unknown, missing, or out of its bounds.
    """
    row.only("second_looks", "golden", *WINDOW)
    shares = {n: row.share(n) if n in row else 0.0 for n in ("second_looks", "golden")}
    if not any(shares.values()):
        raise row.wrong(
            "second_looks",
            "and `golden` are both 0",
            hint="to check nothing, leave the table out, or end it with `until`",
        )
    return CheckTerms(window=row.window(), **shares)
