"""What the desk's work says of the gate, of the queue, and of the work itself.

`insight_of` is pure: rows of the register in, numbers out. `look_back` asks the register for them.
No number ranks people: who decides the hard cases takes longer, and is overturned more often.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from moderation.desk.answers import Agreement, Precision, agreement_of, precision_of, said_of
from moderation.desk.checked import ChecksSeen, checks_seen
from moderation.gate.deciding.shadow_report import ShadowReport, shadow_reports
from moderation.rates import Difference, Mean, Rate, Times, compare, compare_means
from moderation.store import (
    AnsweredCheck,
    CaseKind,
    ClosedCase,
    DecidedAppeal,
    Named,
    Register,
    Review,
    Volume,
    WaitingCases,
)
from moderation.verdict import Decision, Verdict

MOST_CASES = 20_000
MOST_ANSWERS = 10_000
MOST_SHADOWED = 5_000
"""Of each, that one page counts; the last ones."""

_NO_VOLUME = Volume(cells=())

Who = Callable[[str], str]
"""Name of a person → the name that is shown for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From an instant on, and before another; both aware."""

    since: datetime
    until: datetime

    @classmethod
    def of_days(cls, days: int, until: datetime) -> Stretch:
        """The last days up to an instant."""
        return cls(since=until - timedelta(days=days), until=until)

    @property
    def before(self) -> Stretch:
        """As long a stretch, just before."""
        return Stretch(since=self.since - (self.until - self.since), until=self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What is counted: rows of the register, as its questions answer them."""

    stretch: Stretch
    closed: Sequence[ClosedCase] = ()
    waiting: Sequence[WaitingCases] = ()
    answers: Sequence[Review] = ()
    """All of the stretch, superseded ones too, in any order."""
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    """Those that were answered as a whole, by number."""
    appeals: Sequence[DecidedAppeal] = ()
    volume: Volume = _NO_VOLUME
    volume_before: Volume = _NO_VOLUME
    """Of as long a stretch, just before."""
    shadows: Sequence[ShadowReport] = ()
    checks: Sequence[AnsweredCheck] = ()
    cut: tuple[str, ...] = ()
    """Names of fields of which only the last rows are here, as there are more than a page takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayVolume:
    """What the gate said on one day, by decision."""

    day: date
    """In UTC."""
    decisions: Mapping[Decision, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.decisions.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonVolume:
    """Verdicts of one strongest reason."""

    reason: str
    """Code; empty for verdicts without a reason."""
    decisions: Mapping[Decision, int]
    by_day: Mapping[date, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.decisions.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Overturned:
    """How often an appeal was right; only authors who appealed are in it."""

    reason: str
    rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Cases of one reason whose decision took effect."""

    reason: str
    choices: Mapping[str, int]
    """Code of a choice → cases."""
    took: Times
    """From opening to the decision. Cases that still wait are not in it, see the queue beside."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.took.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Cases of one kind and reason that wait now."""

    kind: CaseKind
    reason: str
    count: int
    median_s: float
    """Since they were opened, of all or of every so-manieth."""
    oldest_s: float
    one_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PerPerson:
    """What one person decided."""

    person: str
    decided: int
    passed: Rate
    """Of these, how many notes passed."""
    took: Times
    """From opening to the decision: mostly the wait before, not the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One reason's share of all verdicts and its mean score, against the stretch before."""

    reason: str
    now: Rate
    before: Rate
    share: Difference
    score_now: Mean
    score_before: Mean
    score: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """All of it, for one stretch of time."""

    stretch: Stretch
    days: tuple[DayVolume, ...]
    """One for each day in order, empty ones included."""
    volume: tuple[ReasonVolume, ...]
    """Most first."""
    volume_one_in: int
    """The counts of volume were made from every so-manieth verdict, and multiplied."""
    precision: tuple[Precision, ...]
    overturned: tuple[Overturned, ...]
    overturned_all: Rate
    decided: tuple[Decided, ...]
    """Most first."""
    decided_all: Times
    queue: tuple[Queue, ...]
    people: tuple[PerPerson, ...]
    agreement: tuple[Agreement, ...]
    checks: ChecksSeen
    drift: tuple[Drift, ...]
    """Most of this stretch first."""
    shadows: tuple[ShadowReport, ...]
    cut: tuple[str, ...]

    @property
    def waiting(self) -> int:
        """Cases that wait now."""
        return sum(one.count for one in self.queue)


def look_back(register: Register, stretch: Stretch) -> Insight:
    """Count a stretch of time; people are named by their pseudonyms.

    Args:
        register: only read, in some dozen questions; what happens meanwhile may be in one of them.
        stretch: usually up to now.
    """
    since, until, before = stretch.since, stretch.until, stretch.before
    closed = register.closed_cases(since=since, until=until, limit=MOST_CASES + 1)
    answers = register.reviews(since=since, limit=MOST_ANSWERS + 1)
    whole = {one.verdict_id for one in answers if one.answer is not None}
    found = register.verdicts_numbered(whole)
    pseudonyms = register.pseudonyms()
    shadows_after = max(
        register.first_verdict_since(since) - 1, register.last_verdict_number() - MOST_SHADOWED
    )
    rows = Rows(
        stretch=stretch,
        closed=closed[:MOST_CASES],
        waiting=register.waiting_cases(),
        answers=[one for one in answers[:MOST_ANSWERS] if one.at < until],
        verdicts={number: row.verdict for number, row in found.items()},
        appeals=register.decided_appeals(since=since, until=until),
        volume=register.verdict_volume(since=since, until=until),
        volume_before=register.verdict_volume(since=before.since, until=before.until),
        shadows=shadow_reports(
            one
            for one in register.shadowed(since=since, after=shadows_after)
            if one.decided_at < until
        ),
        checks=register.answered_checks(since=since, until=until),
        cut=(
            *(["closed"] if len(closed) > MOST_CASES else []),
            *(["answers"] if len(answers) > MOST_ANSWERS else []),
            *(["shadows"] if shadows_after >= register.first_verdict_since(since) else []),
        ),
    )
    return insight_of(rows, lambda name: pseudonyms.of(Named.MODERATOR, name))


def insight_of(rows: Rows, who: Who) -> Insight:
    """Numbers of rows.

    Args:
        rows: of one stretch.
        who: name of a person → the name that is shown.
    """
    answered = said_of(rows.answers, rows.verdicts)
    return Insight(
        stretch=rows.stretch,
        days=_days(rows),
        volume=_volume(rows.volume),
        volume_one_in=rows.volume.one_in,
        precision=precision_of(answered),
        overturned=_overturned(rows.appeals),
        overturned_all=Rate(sum(one.overturned for one in rows.appeals), len(rows.appeals)),
        decided=_decided(rows.closed),
        decided_all=Times.of(map(_took, rows.closed)),
        queue=tuple(_queue(one, rows.stretch.until) for one in rows.waiting),
        people=_people(rows.closed, who),
        agreement=agreement_of(answered),
        checks=checks_seen(rows.checks, who),
        drift=_drift(rows.volume, rows.volume_before),
        shadows=tuple(rows.shadows),
        cut=rows.cut,
    )


# Volume and drift


def _days(rows: Rows) -> tuple[DayVolume, ...]:
    counted: dict[date, Counter[Decision]] = defaultdict(Counter)
    for cell in rows.volume.cells:
        counted[cell.day][cell.decision] += cell.count * rows.volume.one_in
    first = rows.stretch.since.date()
    last = (rows.stretch.until - timedelta(microseconds=1)).date()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple(DayVolume(day=day, decisions=dict(counted[day])) for day in days)


def _volume(volume: Volume) -> tuple[ReasonVolume, ...]:
    decisions: dict[str, Counter[Decision]] = defaultdict(Counter)
    by_day: dict[str, Counter[date]] = defaultdict(Counter)
    for cell in volume.cells:
        decisions[cell.reason][cell.decision] += cell.count * volume.one_in
        by_day[cell.reason][cell.day] += cell.count * volume.one_in
    found = [
        ReasonVolume(reason=reason, decisions=dict(counted), by_day=dict(by_day[reason]))
        for reason, counted in decisions.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.total, one.reason)))


def _drift(now: Volume, before: Volume) -> tuple[Drift, ...]:
    # Of what was read, not of what was extrapolated from it: a sample proves as much as it is.
    (counts, scores), (counts_before, scores_before) = _counted(now), _counted(before)
    total, total_before = counts.total(), counts_before.total()
    found = []
    for reason in (counts.keys() | counts_before.keys()) - {""}:
        one = Rate(counts[reason], total), Rate(counts_before[reason], total_before)
        means = scores.get(reason, Mean()), scores_before.get(reason, Mean())
        found.append(
            Drift(
                reason=reason,
                now=one[0],
                before=one[1],
                share=compare(*one),
                score_now=means[0],
                score_before=means[1],
                score=compare_means(*means),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.now.hits, -one.before.hits, one.reason)))


def _counted(volume: Volume) -> tuple[Counter[str], dict[str, Mean]]:
    counts: Counter[str] = Counter()
    scores: dict[str, Mean] = {}
    for cell in volume.cells:
        counts[cell.reason] += cell.count
        more = Mean(cell.scored, cell.score_sum, cell.score_squares)
        scores[cell.reason] = scores.get(cell.reason, Mean()) + more
    return counts, scores


# Appeals, and the work


def _overturned(appeals: Iterable[DecidedAppeal]) -> tuple[Overturned, ...]:
    counted: dict[str, Rate] = {}
    for one in appeals:
        known = counted.get(one.reason, Rate(0, 0))
        counted[one.reason] = Rate(known.hits + one.overturned, known.of + 1)
    found = [Overturned(reason=reason, rate=rate) for reason, rate in counted.items()]
    return tuple(sorted(found, key=lambda one: (-one.rate.of, one.reason)))


def _took(case: ClosedCase) -> float:
    return (case.decided_at - case.opened_at).total_seconds()


def _decided(closed: Iterable[ClosedCase]) -> tuple[Decided, ...]:
    by_reason: dict[str, list[ClosedCase]] = defaultdict(list)
    for case in closed:
        by_reason[case.reason].append(case)
    found = [
        Decided(
            reason=reason,
            choices=dict(Counter(case.choice for case in cases)),
            took=Times.of(map(_took, cases)),
        )
        for reason, cases in by_reason.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.total, one.reason)))


def _people(closed: Iterable[ClosedCase], who: Who) -> tuple[PerPerson, ...]:
    by_person: dict[str, list[ClosedCase]] = defaultdict(list)
    for case in closed:
        by_person[case.decided_by].append(case)
    found = [
        PerPerson(
            person=who(name),
            decided=len(cases),
            passed=Rate(sum(case.after is Decision.PASS for case in cases), len(cases)),
            took=Times.of(map(_took, cases)),
        )
        for name, cases in by_person.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.decided, one.person)))


def _queue(waiting: WaitingCases, at: datetime) -> Queue:
    ages = Times.of((at - opened).total_seconds() for opened in waiting.opened_at)
    return Queue(
        kind=waiting.kind,
        reason=waiting.reason,
        count=waiting.count,
        median_s=ages.median_s or 0.0,
        oldest_s=max(0.0, (at - waiting.oldest).total_seconds()),
        one_in=waiting.one_in,
    )
