"""A picture from too many accounts within an hour: a person looks, and nobody is accused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.gate_children import FLOOD_AFTER, FLOOD_POLICY, flood_together
from kit.hours import within_one_hour
from kit.notes import photo, showing
from kit.register_children import in_processes
from kit.subscribers import listen
from kit.verdicts import a_copy, a_match, a_verdict
from sqlalchemy import select

from moderation import Decision, Gate, Policy
from moderation.explain import explain_reason, explain_verdict
from moderation.finding import Difference, Finding
from moderation.gate.deciding.flood import in_quarantine, waiting
from moderation.gate.deciding.limits import within_limits
from moderation.note import Author, Note
from moderation.policy import FloodTerms, Terms
from moderation.store import Register
from moderation.store.service.counts import Counted
from moderation.store.service.tables import EVENTS
from moderation.verdict import FLOOD, Registration, Verdict

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAT = photo("chelsea")
TERMS = FloodTerms(authors_per_hour=2, quarantine_hours=3)


def shows(work_id: int = 7, score: float = 0.9, difference: Difference | None = None) -> Finding:
    return a_copy(
        score=score,
        difference=difference,
        match=a_match(),
        detail={"holder": "alice", "work_id": work_id},
    )


def labelled(*findings: Finding) -> Verdict:
    return a_verdict(
        *findings, decision=Decision.LABEL, reasons=(), registration=Registration.REGISTERED
    )


def checked(
    register: Register, author: str, *findings: Finding, minute: int = 0, **fields: Any
) -> Verdict:
    """What becomes of a note of this author, so many minutes after noon."""
    note = Note(id=f"{author}'s", author=Author(id=author, **fields))
    with register.transaction() as now:
        return in_quarantine(
            labelled(*(findings or (shows(),))),
            now,
            note,
            TERMS,
            at=NOON + timedelta(minutes=minute),
            as_review=Registration.HELD,
        )


def events(register: Register) -> list[dict[str, Any]]:
    query = select(EVENTS.c.payload).where(EVENTS.c.type == "flood.quarantined")
    with register._connected() as connection:
        return list(connection.execute(query.order_by(EVENTS.c.event_id)).scalars())


def told(verdicts: list[Verdict]) -> str:
    return "".join(verdict.decision.value[0] for verdict in verdicts)


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    with Register.open(tmp_path / "register") as register:
        listen(register)
        yield register


def test_one_author_too_many_is_the_first_to_wait(place: str | Path) -> None:
    """Whoever comes afterwards waits as well; subscribers are told once, of no author."""
    with Register.open(place) as register:
        listen(register)
        assert told([checked(register, a) for a in "abcdea"]) == "llrrrr"
        (event,) = events(register)
        assert event["work_id"] == 7
        assert event["until"] == (NOON + timedelta(hours=4)).isoformat()
        assert set(event) == {"work_id", "authors_per_hour", "until", "policy"}
        assert told([checked(register, "z", shows(8))]) == "l", "another work"
        last = checked(register, "z", minute=239)
        assert last.decision is Decision.REVIEW
        assert last.registration is Registration.HELD
        assert told([checked(register, "y", minute=240)]) == "l", "the quarantine is over"


def test_a_flood_that_goes_on_is_quarantined_anew(register: Register) -> None:
    """Those who wait are counted, too."""
    notes = [checked(register, f"a{k}", minute=10 * k) for k in range(36)]
    assert told(notes) == "ll" + 34 * "r"
    assert len(events(register)) == 2


def test_one_author_with_many_accounts_and_notes_is_no_flood(register: Register) -> None:
    """Linked by the platform or by the note itself."""
    with register.transaction() as now:
        now.link_authors("ann", ["ann2", "ann3"])
    some = [checked(register, author) for author in ("ann", "ann2", "ann3", "ann") * 3]
    some.append(checked(register, "ann4", linked_ids=("ann",)))
    assert set(told(some)) == {"l"}


@pytest.mark.parametrize(
    "difference",
    [
        Difference.SAME_AUTHOR,
        Difference.LINKED_ACCOUNT,
        Difference.LICENSED,
        Difference.PUBLISHED_EARLIER,
        Difference.EXEMPT_TEMPLATE,
        Difference.WIDELY_SHOWN,
    ],
)
def test_who_may_show_it_neither_counts_nor_waits(
    register: Register, difference: Difference
) -> None:
    """The first author, licensed ones, and what all may show or a person decides about."""
    allowed = shows(score=0.0, difference=difference)
    assert set(told([checked(register, a, allowed) for a in "abcdef"])) == {"l"}
    assert told([checked(register, a) for a in "ghi"]) == "llr"
    assert told([checked(register, "k", allowed)]) == "l"


def test_weak_matches_do_not_make_a_flood_but_wait_in_one(register: Register) -> None:
    """Variants of one picture come together."""
    assert set(told([checked(register, a, shows(score=0.4)) for a in "abcdef"])) == {"l"}
    assert told([checked(register, a) for a in "ghi"]) == "llr"
    assert told([checked(register, "k", shows(score=0.4))]) == "r"
    assert told([checked(register, "k", shows(score=0.2))]) == "l"


@given(st.sampled_from(list(Decision)), st.sampled_from(list(Registration)))
def test_a_stronger_decision_stays(decision: Decision, as_review: Registration) -> None:
    """And nothing becomes softer."""
    verdict = a_verdict(decision=decision, registration=Registration.SKIPPED)
    made = waiting(verdict, as_review=as_review)
    assert made.decision is max(decision, Decision.REVIEW)
    stays = decision >= Decision.REVIEW
    assert made.registration is (Registration.SKIPPED if stays else as_review)
    assert [r.rule for r in made.reasons] == [FLOOD]
    assert made.judged is Decision.PASS


def test_a_note_that_is_completed_waits_once_for_each_work(register: Register) -> None:
    """For one that only the final verdict shows it waits as well."""
    for work_id, authors in ((7, "abc"), (8, "def")):
        assert told([checked(register, a, shows(work_id)) for a in authors]) == "llr"
    note = Note(id="n1", author=Author(id="eve"))
    terms = Terms(floods=(TERMS,))
    with register.transaction() as now:
        partial = within_limits(now, note, labelled(shows(7)), terms, at=NOON)
        number = now.record_verdict(partial, note=note, decided_at=NOON)
        final = within_limits(
            now, note, labelled(shows(7), shows(8)), terms, at=NOON, completes=number
        )
        waited = now.sliding(Counted.QUARANTINE, ["7", "8"], NOON)
    assert (partial.decision, final.decision) == (Decision.REVIEW, Decision.REVIEW)
    assert {work: count.this for work, count in waited.items()} == {"7": 2, "8": 2}


def test_what_people_read_accuses_nobody() -> None:
    """In both languages."""
    verdict = waiting(a_verdict(), as_review=Registration.HELD)
    (reason,) = verdict.reasons
    assert "nobody is accused" in explain_reason(reason, lang="en")
    assert "不构成指责" in explain_reason(reason, lang="zh")
    assert explain_verdict(verdict, lang="en") == (
        "review by a person: picture that very many show at the moment"
    )
    assert Verdict.from_json(verdict.to_json()) == verdict


# At the gate


@pytest.fixture
def one_hour() -> None:
    """None of what is counted falls out of the hour."""
    within_one_hour()


@pytest.mark.usefixtures("one_hour")
def test_the_first_author_goes_on_and_an_exempt_picture_is_nobody_s_flood(
    place: str | Path, tmp_path: Path
) -> None:
    """Alice, her shop and her licensee pass; once it is a template, everybody does."""
    policy = Policy.parse(FLOOD_POLICY, name="t")
    with Gate.open(place, index=tmp_path / "index", policy=policy) as gate:
        listen(gate.register)

        def check(author: str, number: int = 0) -> Verdict:
            note = showing(CAT, id=f"{author}{number}", author=author, hours=None)
            return gate.check(note)

        check("alice")
        gate.claim("alice0", author_id="lee", basis="licensed", proof="contract")
        gate.link_authors("alice", ["shop"])
        crowd = [check(f"u{number}") for number in range(FLOOD_AFTER + 1)]
        assert told(crowd) == "l" * FLOOD_AFTER + "r"
        assert [r.rule for r in crowd[-1].reasons] == [FLOOD, "copy"]
        assert told([check(author, 1) for author in ("alice", "shop", "lee")]) == "ppp"
        gate.exempt("alice0", reason="a meme by now")
        assert told([check("late")]) == "p"
        assert len(events(gate.register)) == 1
        dry = showing(CAT, id="dry", author="dry", hours=None)
        assert gate.check(dry, register=False).decision is Decision.PASS
        counted = gate.register.sliding(Counted.WORK, ["1"], datetime.now(UTC))["1"]
        assert counted.this + counted.last == FLOOD_AFTER + 1


def test_what_is_judged_as_of_another_day_is_no_flood_today(tmp_path: Path) -> None:
    """An archive is no rush, and what it shows does not make today's notes wait."""
    policy = Policy.parse(FLOOD_POLICY, name="t")
    with Gate.open(
        tmp_path / "register", index=tmp_path / "index", policy=policy, as_of=NOON
    ) as gate:
        gate.check(showing(CAT, id="alice's", author="alice", hours=-1))
        crowd = [
            gate.check(showing(CAT, id=f"u{number}'s", author=f"u{number}", hours=None))
            for number in range(FLOOD_AFTER + 2)
        ]
        assert told(crowd) == "l" * len(crowd)
        counted = gate.register.sliding(Counted.WORK, ["1"], datetime.now(UTC))["1"]
        assert counted.this + counted.last == 0


@pytest.mark.usefixtures("one_hour")
def test_processes_that_count_together_miss_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One event, whichever process has the note that is one too many."""
    monkeypatch.setenv("MODERATION_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "register"
    with Gate.open(place, policy=Policy.parse(FLOOD_POLICY, name="t")) as gate:
        listen(gate.register)
        gate.check(showing(CAT, id="alice's", author="alice", hours=None))
    answers = in_processes(2, flood_together, place)
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    words = [word for answer in answers for word in answer]
    with Gate.open(place, create=False) as gate:
        counted = gate.register.sliding(Counted.WORK, ["1"], datetime.now(UTC))["1"]
        assert counted.this + counted.last == len(words)
        if not (counted.this and counted.last):  # else an hour of the clock ended meanwhile
            assert words.count("review") == len(words) - FLOOD_AFTER
            assert len(events(gate.register)) == 1
