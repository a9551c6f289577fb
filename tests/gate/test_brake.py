"""The brake at a real register: never softer than review, never beyond its limit, told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import pictures
from kit.gate_children import BLOCKS_EACH, BRAKE_POLICY, BRAKED_AT, block_together
from kit.hours import within_one_hour
from kit.notes import photo, showing
from kit.register_children import in_processes
from kit.subscribers import listen
from kit.verdicts import a_verdict
from sqlalchemy import select

from moderation import Decision, Gate, Policy
from moderation.explain import explain_reason, explain_verdict
from moderation.finding import Cause, ItemFailure
from moderation.gate.deciding.brake import ALL, blocking_rules, under, under_brake
from moderation.gate.deciding.limits import within_limits
from moderation.gate.publishing.settling import settle_debt_of_the_dead
from moderation.gate.publishing.submission import Submission
from moderation.note import Author, Note
from moderation.policy import BrakeTerms, Terms, decide
from moderation.store import Debt, Register
from moderation.store.schema import VERDICTS
from moderation.store.service.counts import HOUR, Counted
from moderation.store.service.tables import EVENTS
from moderation.verdict import BRAKE, Reason, Registration, Verdict

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAT = photo("chelsea")
RULES = ("copy", "qr", "contact", "fail.default")
words = st.sampled_from(list(Decision))
states = st.sampled_from(list(Registration))
rules = st.sampled_from(RULES)


def reason(rule: str = "copy", decision: Decision = Decision.BLOCK) -> Reason:
    return Reason(
        code="image.copy", decision=decision, rule=rule, score=0.95, threshold=0.9, finding=None
    )


def judged(reasons: Sequence[Reason]) -> Verdict:
    """What a policy says by these reasons."""
    reasons = sorted(reasons, key=lambda r: -r.decision.severity)
    decision = reasons[0].decision if reasons else Decision.PASS
    return a_verdict(
        decision=decision, reasons=tuple(reasons), registration=Terms().registration[decision]
    )


verdicts = st.lists(st.builds(reason, rules, words), max_size=5).map(judged)
engaged_sets = st.frozensets(st.sampled_from((*RULES, ALL)))


def events(register: Register, kind: str = "brake.engaged") -> list[dict[str, Any]]:
    """Payloads of what subscribers are told, in order."""
    query = select(EVENTS.c.payload).where(EVENTS.c.type == kind).order_by(EVENTS.c.event_id)
    with register._connected() as connection:
        return list(connection.execute(query).scalars())


# What the brake makes of a verdict


@given(verdicts.filter(lambda v: v.decision is Decision.BLOCK), engaged_sets, states)
def test_a_braked_block_is_a_review_and_says_what_it_would_have_been(
    verdict: Verdict, engaged: frozenset[str], as_review: Registration
) -> None:
    """It stands while one of its rules is within its limit; nothing else changes."""
    braked = under(verdict, engaged, as_review=as_review)
    stands = ALL not in engaged and not set(blocking_rules(verdict)) <= engaged
    assert braked.decision is (Decision.BLOCK if stands else Decision.REVIEW)
    assert braked.judged is Decision.BLOCK
    assert braked.decision == max(r.decision for r in braked.reasons)
    assert {r.rule for r in braked.reasons if r.code == BRAKE} == {
        f"brake.{name}" if name else "brake" for name in engaged
    }
    before = [(r.rule, r.instead_of or r.decision) for r in braked.reasons if r.code != BRAKE]
    assert sorted(before) == sorted((r.rule, r.decision) for r in verdict.reasons)
    if stands:
        assert braked.registration is verdict.registration
    else:
        assert braked.registration is not Registration.REGISTERED
    assert Verdict.from_json(braked.to_json()).reasons == braked.reasons


@given(verdicts, engaged_sets, engaged_sets)
def test_a_brake_on_more_rules_never_lets_more_stand(
    verdict: Verdict, some: frozenset[str], more: frozenset[str]
) -> None:
    """Nor makes anything softer than a review."""
    if verdict.decision is not Decision.BLOCK:
        return
    held = under(verdict, some | more, as_review=Registration.HELD).decision
    assert Decision.REVIEW <= held <= under(verdict, some, as_review=Registration.HELD).decision


@given(verdicts.filter(lambda v: v.decision is not Decision.BLOCK))
def test_what_is_no_block_is_neither_touched_nor_counted(verdict: Verdict) -> None:
    """Not even by a brake that lets nothing through, and without asking the register."""
    terms = BrakeTerms(blocks_per_hour=0)
    now: Any = None
    held = Registration.HELD
    assert under_brake(verdict, now, terms, at=NOON, as_review=held) is verdict
    assert verdict.judged is verdict.decision


def test_people_are_told_in_both_languages() -> None:
    """Which rule is paused, and what the verdict would have been."""
    verdict = under(judged([reason()]), {"copy"}, as_review=Registration.HELD)
    brake = verdict.reasons[-1]
    assert explain_reason(brake, lang="en") == (
        "automatic blocks by `copy` are paused for now: review by a person instead of block"
    )
    assert "`copy`" in explain_reason(brake, lang="zh")
    assert "paused" not in explain_verdict(verdict, lang="en"), "authors read this"
    everything = under(judged([reason()]), {ALL}, as_review=Registration.HELD)
    assert explain_reason(everything.reasons[-1], lang="en").startswith("automatic blocks are")
    assert "block from 0.9 on" in explain_reason(verdict.reasons[0], lang="en")


# What it counts


def decisions(register: Register, terms: BrakeTerms, tried: Sequence[tuple[int, Verdict]]) -> str:
    """First letters of what becomes of verdicts, so many seconds after noon."""
    told = ""
    for second, verdict in tried:
        with register.transaction() as now:
            at = NOON + timedelta(seconds=second)
            held = Registration.HELD
            told += under_brake(verdict, now, terms, at=at, as_review=held).decision.value[0]
    return told


def test_each_rule_has_its_limit_and_all_together_theirs(place: str | Path) -> None:
    """The last hour fades away evenly; each hour tells subscribers once of each rule."""
    terms = BrakeTerms(blocks_per_hour=4, each_rule=3, rules={"qr": 1})
    copy, qr, both = (judged([reason(r) for r in names]) for names in (["copy"], ["qr"], RULES[:2]))
    with Register.open(place) as register:
        listen(register)
        assert decisions(register, terms, [(0, qr), (1, qr), (2, qr)]) == "brr"
        assert decisions(register, terms, [(3, both)]) == "b", "by the rule that may"
        assert decisions(register, terms, [(4, copy), (5, copy), (6, copy)]) == "bbr"
        contact = judged([reason("contact")])
        assert decisions(register, terms, [(7, contact)]) == "r", "four by all together"
        told = [(event["rule"], event["limit"]) for event in events(register)]
        assert told == [("qr", 1), (None, 4), ("copy", 3)]
        assert {event["hour"] for event in events(register)} == {NOON.isoformat()}
        later = [(3600 + s, contact) for s in (0, 1, 2, 900, 901)]
        assert decisions(register, terms, later) == "rbrrb", "four, three and a bit, three again"
        assert [event["rule"] for event in events(register)[3:]] == [None]
        assert decisions(register, terms, [(3 * 3600, qr)]) == "b"
        braked = register.sliding(Counted.BRAKED, [ALL, "qr", "copy"], NOON + HOUR)
        assert [count.last for count in braked.values()] == [2, 3, 1]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2 * 3600), verdicts), max_size=25))
def test_the_same_checks_give_the_same_verdicts(
    tmp_path_factory: pytest.TempPathFactory, tried: list[tuple[int, Verdict]]
) -> None:
    """Deterministic; and no rule gives more than its limit in an hour of the clock."""
    tried.sort(key=lambda one: one[0])
    terms = BrakeTerms(blocks_per_hour=5, each_rule=2)
    runs = []
    for _ in range(2):
        with Register.open(tmp_path_factory.mktemp("register")) as register:
            runs.append(decisions(register, terms, tried))
            for hour in range(3):
                counted = register.sliding(Counted.BLOCK, [*RULES, ALL], NOON + (hour + 1) * HOUR)
                assert all(counted[rule].last <= 2 for rule in RULES)
                assert counted[ALL].last <= 5
    assert runs[0] == runs[1]
    softened = [
        v for (_, v), word in zip(tried, runs[0], strict=True) if v.decision.value[0] != word
    ]
    assert {v.decision for v in softened} <= {Decision.BLOCK}


def test_a_final_verdict_is_not_counted_again_and_a_block_that_was_told_stands(
    tmp_path: Path,
) -> None:
    """Nobody takes back under the brake what was answered at the deadline."""
    note, verdict = Note(id="n1", author=Author(id="eve")), judged([reason()])
    terms = Terms(brakes=(BrakeTerms(blocks_per_hour=1),))
    with Register.open(tmp_path) as register, register.transaction() as now:
        first = within_limits(now, note, verdict, terms, at=NOON)
        number = now.record_verdict(first, note=note, decided_at=NOON)
        final = within_limits(now, note, verdict, terms, at=NOON, completes=number)
        other = within_limits(now, note, verdict, terms, at=NOON)
        assert [v.decision.value for v in (first, final, other)] == ["block", "block", "review"]
        assert now.sliding(Counted.BLOCK, [ALL], NOON)[ALL].this == 1
        waits = now.record_verdict(other, note=note, decided_at=NOON)
        again = within_limits(now, note, verdict, terms, at=NOON, completes=waits)
        assert again.decision is Decision.REVIEW
        assert now.sliding(Counted.BRAKED, [ALL], NOON)[ALL].this == 1, "one note"


def test_a_verdict_of_the_dead_is_under_the_brake_as_well(tmp_path: Path) -> None:
    """Where the silence of a detector blocks; and it is not registered by the back door."""
    policy = Policy.parse(SILENCE, name="t")
    late = ItemFailure(code="late", message="m", hint="h", detector="codes", cause=Cause.TIMEOUT)
    with Register.open(tmp_path) as register:
        listen(register)
        told = []
        for number in range(2):
            note = Note(id=f"n{number}", author=Author(id="eve"))
            partial = decide(policy, note, [], [late], as_of=NOON)
            with register.transaction() as now:
                verdict_id = now.record_verdict(partial, note=note, decided_at=NOON)
                now.owe_final(
                    Debt(verdict_id=verdict_id, note_id=note.id, author_id="eve", lease_until=NOON)
                )
                filed = settle_debt_of_the_dead(now, verdict_id, policy, NOON)
            assert filed is not None
            told.append((filed.verdict.decision.value, filed.verdict.registration.value))
        assert told == [("block", "skipped"), ("review", "held")]
        assert [event["rule"] for event in events(register)] == ["fail.codes"]


def test_a_note_of_the_dead_that_waits_already_is_counted_and_told_once(tmp_path: Path) -> None:
    """Where it was braked at the deadline, and would be again for the detector that died."""
    policy = Policy.parse(SILENCE_BLOCKS, name="t")
    late = ItemFailure(code="late", message="m", hint="h", detector="codes", cause=Cause.TIMEOUT)
    with Register.open(tmp_path) as register:
        for number in range(2):
            note = Note(id=f"n{number}", author=Author(id="eve"))
            judged_alone = decide(policy, note, [], [late], as_of=NOON)
            with register.transaction() as now:
                terms = policy.terms.at(NOON)
                partial = within_limits(now, note, judged_alone, terms, at=NOON)
                verdict_id = now.record_verdict(partial, note=note, decided_at=NOON)
                now.owe_final(
                    Debt(verdict_id=verdict_id, note_id=note.id, author_id="eve", lease_until=NOON)
                )
                filed = settle_debt_of_the_dead(now, verdict_id, policy, NOON)
        assert filed is not None
        braked = register.sliding(Counted.BRAKED, [ALL], NOON)[ALL].this
    assert (partial.decision, filed.verdict.decision) == (Decision.REVIEW, Decision.REVIEW)
    assert [reason.rule for reason in filed.verdict.reasons].count(BRAKE) == 1
    assert braked == 1


SILENCE_BLOCKS = """
title = "t"
[fail.codes]
on_timeout = "block"
on_error = "block"
[[brake]]
blocks_per_hour = 1
"""


def test_a_verdict_of_the_dead_bears_the_name_of_the_policy_that_spoke(tmp_path: Path) -> None:
    """Which may be another one by now; and as of another day there is no brake."""
    before = Policy.parse(SILENCE, name="before")
    after = Policy.parse(SILENCE.replace("pass", "label"), name="after")
    late = ItemFailure(code="late", message="m", hint="h", detector="codes", cause=Cause.TIMEOUT)
    note = Note(id="n1", author=Author(id="eve"))
    partial = decide(before, note, [], [late], as_of=NOON)
    told = []
    with Register.open(tmp_path) as register:
        for _ in range(2):
            with register.transaction() as now:
                verdict_id = now.record_verdict(partial, note=note, decided_at=NOON)
                now.owe_final(
                    Debt(verdict_id=verdict_id, note_id=note.id, author_id="eve", lease_until=NOON)
                )
                filed = settle_debt_of_the_dead(now, verdict_id, after, NOON, as_of=NOON)
            assert filed is not None
            told.append(filed.verdict)
        with register._connected() as connection:
            kept = connection.execute(select(VERDICTS.c.policy_digest)).scalars().all()
        assert sorted(kept) == sorted([before.digest, after.digest] * 2)
    assert before.digest != after.digest
    assert {(v.policy, v.policy_digest) for v in told} == {("after", after.digest)}
    assert [verdict.decision for verdict in told] == [Decision.BLOCK] * 2


SILENCE = """
title = "t"
[fail.codes]
on_timeout = "pass"
on_error = "block"
[registration]
review = "registered"
[[brake]]
blocks_per_hour = 9
rules = { "fail.codes" = 1 }
"""


# At the gate


@pytest.fixture
def one_hour() -> None:
    """None of what is counted falls out of the hour."""
    within_one_hour()


@contextmanager
def gate_at(place: str | Path, cache: Path, **options: Any) -> Iterator[Gate]:
    with Gate.open(
        place, index=cache, policy=Policy.parse(BRAKE_POLICY, name="t"), **options
    ) as gate:
        yield gate


def eves(gate: Gate, number: int, **options: Any) -> Verdict:
    note = showing(CAT, id=f"e{number}", author=f"eve{number}", hours=None)
    return gate.check(note, **options)


@pytest.mark.usefixtures("one_hour")
def test_a_braked_copy_waits_and_never_becomes_the_first(place: str | Path, tmp_path: Path) -> None:
    """It is held under the work of the first; who comes later is told of Alice, who goes on."""
    with gate_at(place, tmp_path / "index") as gate:
        listen(gate.register)
        gate.check(showing(CAT, id="alice's", author="alice", hours=None))
        told = [eves(gate, number) for number in range(BRAKED_AT + 2)]
        assert [v.decision.value for v in told] == ["block"] * BRAKED_AT + ["review"] * 2
        assert [v.registration.value for v in told] == ["skipped"] * BRAKED_AT + ["held"] * 2
        assert [r.rule for r in told[-1].reasons] == ["copy", "brake.copy"]
        stored = gate.register.verdicts(f"e{BRAKED_AT}")[0].verdict
        assert stored.reasons[0].instead_of is Decision.BLOCK
        (work_id,) = {p.work_id for p in gate.register.pictures_of_note("alice's")}
        held = gate.register.pictures_of_note(f"e{BRAKED_AT}")
        assert [(p.work_id, p.state) for p in held] == [(work_id, "held")]
        claims = gate.register.works([work_id])[work_id].claims
        assert [claim.author_id for claim in claims] == ["alice"]
        last = eves(gate, 99)
        assert {f.detail["holder"] for f in last.findings} == {"alice"}
        again = gate.check(showing(CAT, id="alice's2", author="alice", hours=None))
        assert again.decision is Decision.PASS
        assert [event["rule"] for event in events(gate.register)] == ["copy"]
        assert gate.verify().ok


@pytest.mark.usefixtures("one_hour")
def test_a_braked_crop_keeps_nobody_from_the_picture(tmp_path: Path) -> None:
    """A part is a work of its own; the earlier claim still comes first for everybody."""
    crop = pictures.cropped(CAT, 0.6)
    with gate_at(tmp_path / "register", tmp_path / "index") as gate:
        gate.check(showing(CAT, id="alice's", author="alice", hours=None))
        for number in range(BRAKED_AT + 1):
            note = showing(crop, id=f"e{number}", author=f"eve{number}", hours=None)
            verdict = gate.check(note)
        assert (verdict.decision, verdict.judged) == (Decision.REVIEW, Decision.BLOCK)
        assert verdict.registration is Registration.HELD
        own = gate.check(showing(crop, id="alice's2", author="alice", hours=None))
        assert own.decision is Decision.PASS
        carols = gate.check(showing(crop, id="c", author="carol", hours=None))
        assert {f.detail["holder"] for f in carols.findings} == {"alice"}


@pytest.mark.usefixtures("one_hour")
def test_only_live_checks_count_and_a_replay_is_no_check(tmp_path: Path) -> None:
    """Neither a dry run, nor an archive, nor the same key again."""
    with gate_at(tmp_path / "register", tmp_path / "index") as gate:
        listen(gate.register)
        gate.register_many([showing(CAT, id="alice's", author="alice", hours=0)])
        for number in range(BRAKED_AT + 2):
            assert eves(gate, number, register=False).decision is Decision.BLOCK
        gate.register_many(
            showing(CAT, id=f"m{number}", author=f"m{number}", hours=1)
            for number in range(BRAKED_AT + 2)
        )
        note = showing(CAT, id="eve's", author="eve", hours=None)
        asked = [Submission(note=note, key="k", body_digest="sha256:1") for _ in range(4)]
        assert [gate.submit(one).verdict.decision.value for one in asked] == ["block"] * 4
        counted = gate.register.sliding(Counted.BLOCK, ["copy"], datetime.now(UTC))["copy"]
        assert counted.this + counted.last == 1
        assert events(gate.register) == []


@pytest.mark.usefixtures("one_hour")
def test_what_is_judged_as_of_another_day_neither_counts_nor_waits(tmp_path: Path) -> None:
    """An archive is no rush."""
    with gate_at(tmp_path / "register", tmp_path / "index", as_of=NOON) as gate:
        gate.check(showing(CAT, id="alice's", author="alice", hours=-1))
        told = [eves(gate, number).decision.value for number in range(BRAKED_AT + 2)]
        assert told == ["block"] * (BRAKED_AT + 2)
        counted = gate.register.sliding(Counted.BLOCK, ["copy"], datetime.now(UTC))["copy"]
        assert counted.this + counted.last == 0


PROCESSES = 2


@pytest.mark.usefixtures("one_hour")
def test_processes_together_never_exceed_the_limit(
    place: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies checked at the same instant in two processes: exactly so many are blocked."""
    monkeypatch.setenv("MODERATION_CACHE", str(tmp_path / "cache"))
    with Gate.open(place, policy=Policy.parse(BRAKE_POLICY, name="t")) as gate:
        listen(gate.register)
        gate.check(showing(CAT, id="alice's", author="alice", hours=None))
    told = in_processes(PROCESSES, block_together, place)
    assert not [answer for answer in told if isinstance(answer, BaseException)]
    words = [word for answer in told for word in answer]
    assert len(words) == PROCESSES * BLOCKS_EACH
    with Gate.open(place, create=False) as gate:
        counted = gate.register.sliding(Counted.BLOCK, ["copy"], datetime.now(UTC))["copy"]
        told_of = events(gate.register)
    # Exact, unless an hour of the clock ends meanwhile: then two hours have their limit each.
    hours = 1 + bool(counted.last and counted.this)
    assert words.count("block") == counted.this + counted.last
    assert BRAKED_AT <= words.count("block") <= hours * BRAKED_AT
    assert words.count("review") == len(words) - words.count("block")
    assert 1 <= len(told_of) <= hours
