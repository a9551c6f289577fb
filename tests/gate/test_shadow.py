"""Another policy beside the live one: always the same notes, kept with the verdict."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from kit.notes import photo, showing
from kit.verdicts import a_copy

from moderation import Decision, Gate, Policy
from moderation.artifacts import seal
from moderation.errors import BadSetting
from moderation.finding import Cause, Finding, ItemFailure
from moderation.gate import Shadow
from moderation.gate.deciding.brake import under
from moderation.gate.deciding.shadow import judged_in_shadow
from moderation.gate.deciding.shadow_report import ShadowReport, shadow_reports
from moderation.gate.looking.examination import Examination
from moderation.gate.looking.underway import WORDS
from moderation.gate.publishing.submission import Registering, Submission
from moderation.note import Author, Note, NoteImage
from moderation.policy import decide
from moderation.store import Register, Shadowed
from moderation.text.note_reader import NoteReader
from moderation.text.reading import TextReading
from moderation.verdict import Completeness, Registration

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
CAT = photo("chelsea")
ids = st.text(max_size=12)


def policy(word: str, at: float = 0.5, name: str = "t") -> Policy:
    """Copies lead to this word from this score on."""
    return Policy.parse(
        f'title = "t"\n[[rule]]\nname = "copy"\nkind = "image.copy"\n'
        f'steps = [{{ at = {at}, decision = "{word}" }}]',
        name=name,
    )


BLOCKS_CODES_TOO = Policy.parse(
    'title = "t"\n[[rule]]\nname = "copy"\nkind = "image.copy"\n'
    'steps = [{ at = 0.5, decision = "block" }]\n'
    '[[rule]]\nname = "qr"\nkind = "image.qr"\nsteps = [{ at = 0.5, decision = "block" }]',
    name="other block",
)
BLOCKS, LABELS = policy("block", name="live"), policy("label", name="gentle")
scores = st.lists(st.floats(0, 1), max_size=4)


def findings(scores: Sequence[float]) -> list[Finding]:
    return [a_copy(score=score, raw_score=score) for score in scores]


def seen_of(note: Note) -> Examination:
    """Nothing but the note: findings are in the verdict."""
    return Examination(
        note=note, pictures=(), findings=(), failures=(), caption=None, read_by=None, seq=0
    )


# Which notes


@given(ids, st.floats(0, 1), st.floats(0, 1))
def test_a_note_is_always_in_or_out_and_stays_in_a_larger_share(
    note_id: str, one: float, other: float
) -> None:
    """Nobody is in a share of nothing, and everybody in the whole."""
    small, large = (Shadow(policy=BLOCKS, share=share) for share in sorted((one, other)))
    assert small.takes(note_id) <= large.takes(note_id)
    assert small.takes(note_id) == Shadow(policy=LABELS, share=min(one, other)).takes(note_id)
    assert Shadow(policy=BLOCKS).takes(note_id)
    assert not Shadow(policy=BLOCKS, share=0.0).takes(note_id)


def test_a_share_is_about_what_it_says() -> None:
    """And the same in every version: notes must not change sides."""
    tenth = Shadow(policy=BLOCKS, share=0.1)
    taken = [number for number in range(10_000) if tenth.takes(f"n{number}")]
    assert 900 < len(taken) < 1100
    assert taken[:5] == [2, 8, 23, 26, 34]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(BadSetting, match="0–1"):
        Shadow(policy=BLOCKS, share=share)


def test_two_shadows_that_say_the_same_are_refused(tmp_path: Path) -> None:
    """Under whatever names, before anything is made."""
    twins = [Shadow(policy=policy("label", name=name)) for name in "ab"]
    with pytest.raises(BadSetting, match="say the same"):
        Gate.open(tmp_path / "register", shadows=twins)
    assert not (tmp_path / "register").exists()


# What it says


@given(scores, st.sampled_from(["label", "review", "block"]), st.floats(0.01, 1))
def test_a_shadow_says_what_its_policy_would_have_said(
    seen: list[float], word: str, at: float
) -> None:
    """One that says the same never differs, not even where the brake has made a review of it."""
    note = Note(id="n1", author=Author(id="bob"))
    live = decide(BLOCKS, note, findings(seen), as_of=NOW)
    if live.decision is Decision.BLOCK:
        live = under(live, {"copy"}, as_review=Registration.HELD)
    assume((word, at) != ("block", 0.5))  # that one acts itself
    others = [Shadow(policy=BLOCKS_CODES_TOO), Shadow(policy=policy(word, at))]
    same, other = judged_in_shadow(others, seen_of(note), live, as_of=NOW)
    assert same.decision is live.judged
    alone = decide(others[1].policy, note, findings(seen), as_of=NOW)
    assert other.decision is alone.decision
    assert [(r.code, r.rule) for r in other.reasons] == [(r.code, r.rule) for r in alone.reasons]


def test_a_shadow_never_acts_and_is_kept_with_the_verdict(
    place: str | Path, tmp_path: Path
) -> None:
    """In the same transaction; it goes with the note, and an answer given again tells it again."""
    shadows = [Shadow(policy=LABELS), Shadow(policy=policy("review"), share=0.0)]
    with Gate.open(place, index=tmp_path / "index", policy=BLOCKS, shadows=shadows) as gate:
        gate.check(showing(CAT, id="alice's", author="alice", hours=None))
        note = showing(CAT, id="eve's", author="eve", hours=None)
        asked = [Submission(note=note, key="k", body_digest="sha256:1") for _ in range(2)]
        answer, again = map(gate.submit, asked)
        assert (answer.verdict.decision, answer.verdict.policy) == (Decision.BLOCK, "live")
        assert answer.verdict.registration is Registration.SKIPPED
        told = {
            "policy": "gentle",
            "policy_digest": LABELS.digest,
            "decision": "label",
            "differs": True,
        }
        assert list(answer.shadows) == list(again.shadows) == [told]
        recorded = list(gate.register.shadowed())
        (kept,) = (one.shadow for one in recorded if one.verdict_id == answer.verdict_id)
        assert (kept.decision, [r.rule for r in kept.reasons]) == (Decision.LABEL, ["copy"])
        dry = Submission(note=note, registering=Registering.NEVER)
        assert list(gate.submit(dry).shadows) == [told]
        (report,) = shadow_reports(gate.register.shadowed())
        assert (report.judged, report.differ) == (2, 1)
        gate.forget(note_id="eve's")
        (report,) = shadow_reports(gate.register.shadowed())
        assert (report.judged, report.differ) == (1, 0)


def test_a_note_that_was_completed_is_told_once(tmp_path: Path) -> None:
    """By its final verdict."""
    note = Note(id="n1", author=Author(id="bob"))
    with Register.open(tmp_path) as register:
        with register.transaction() as now:
            partial, gentle = None, [Shadow(policy=LABELS)]
            for seen in ([], [0.9]):
                verdict = decide(BLOCKS, note, findings(seen), as_of=NOW)
                number = now.record_verdict(verdict, note=note, decided_at=NOW, completes=partial)
                beside = judged_in_shadow(gentle, seen_of(note), verdict, as_of=NOW)
                now.record_shadows(number, beside)
                partial = number
        (one,) = register.shadowed()
        assert (one.verdict_id, one.shadow.decision) == (number, Decision.LABEL)


def test_reports_find_what_is_asked_for(place: str | Path) -> None:
    """By name and time, in many portions, oldest first."""
    note = Note(id="n1", author=Author(id="bob"))
    verdict = decide(BLOCKS, note, findings([0.9]), as_of=NOW)
    others = [Shadow(policy=LABELS), Shadow(policy=policy("review", name="other"))]
    beside = judged_in_shadow(others, seen_of(note), verdict, as_of=NOW)
    with Register.open(place) as register:
        with register.transaction() as now:
            for minute in range(300):
                at = NOW + timedelta(minutes=minute)
                now.record_shadows(now.record_verdict(verdict, note=note, decided_at=at), beside)
        everything = list(register.shadowed())
        assert len(everything) == 600
        assert [one.verdict_id for one in everything] == sorted(o.verdict_id for o in everything)
        since = NOW + timedelta(minutes=290)
        some = list(register.shadowed(policy="gentle", since=since))
        assert [one.decided_at for one in some] == [
            NOW + timedelta(minutes=minute) for minute in range(290, 300)
        ]
        assert list(register.shadowed(policy="no such")) == []


# Another reader


PRAISING = Note(
    id="n1",
    author=Author(id="bob"),
    published_at=NOW,
    text="这支口红真的太好用了，显白不拔干，姐妹们闭眼入，品牌新出的三个色号我都推荐，双十一还有优惠。",
)


@pytest.fixture(scope="session")
def credulous(tmp_path_factory: pytest.TempPathFactory) -> NoteReader:
    """The shipped reader with another calibration: it takes nothing for commercial."""
    folder = tmp_path_factory.mktemp("models") / "note-reader_v9"
    shutil.copytree(Path(__file__).parents[2] / "models" / "note-reader_v1", folder)
    config = json.loads((folder / "config.json").read_text())
    config["calibration"] |= {"commercial": [1.0, -20.0], "hard_sell": [1.0, -20.0]}
    (folder / "config.json").write_text(json.dumps(config))
    seal(folder)
    return NoteReader.open(folder)


def test_a_shadow_may_have_a_reader_of_its_own(tmp_path: Path, credulous: NoteReader) -> None:
    """Its findings in the words replace the live one's, and nothing else changes."""
    shadows = [Shadow(policy=Policy.default(), reader=credulous), Shadow(policy=LABELS)]
    with pytest.raises(BadSetting, match="reader of its own"):
        Gate.open(tmp_path, canary=shadows[0])
    with Gate.open(tmp_path, shadows=shadows) as gate:
        gate.check(showing(CAT, id="alice's", author="alice", hours=-1))
        alone = gate.submit(Submission(note=PRAISING))
        assert alone.verdict.decision >= Decision.LABEL
        (by_reader,) = [one for one in alone.shadows if "note_reader@v9/" in one["policy"]]
        assert (by_reader["decision"], by_reader["differs"]) == ("pass", True)
        assert by_reader["policy_digest"].startswith(Policy.default().digest)
        image = NoteImage(array=CAT)
        both = gate.check(replace(PRAISING, id="n2", images=(image,)))
        (told, _) = [one for one in gate.register.shadowed() if one.verdict.note_id == "n2"]
        assert both.decision is Decision.BLOCK
        assert told.shadow.decision is Decision.BLOCK, "the copy is still seen"
        kinds = {reason.code for reason in told.shadow.reasons}
        assert kinds < {reason.code for reason in both.reasons}
        (many,) = gate.check_many([replace(PRAISING, id="n3")])
        assert not isinstance(many, ItemFailure)
        reports = {report.policy: report for report in shadow_reports(gate.register.shadowed())}
        assert [reports[shadow.name].judged for shadow in shadows] == [4, 4]
        assert reports[shadows[0].name].differ == 2


def test_a_reader_that_breaks_leaves_the_verdict_alone(
    tmp_path: Path, credulous: NoteReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no shadow verdict then, and nobody waits for one at a deadline."""

    def breaks(self: NoteReader, note: Note, extra_fields: Any = ()) -> TextReading:
        if self is credulous:
            time.sleep(1.0)
            raise RuntimeError("no answer")
        return read(self, note, extra_fields)

    read = NoteReader.read
    monkeypatch.setattr(NoteReader, "read", breaks)
    shadows = [Shadow(policy=Policy.default(), reader=credulous)]
    with Gate.open(tmp_path, shadows=shadows, threads=2) as gate:
        gate.warm_up()
        waited = gate.submit(Submission(note=PRAISING))
        assert (waited.final, waited.shadows) == (True, ())
        due = gate.submit(Submission(note=replace(PRAISING, id="n2"), within_s=0.9))
        assert (due.final, due.shadows) == (True, ())
        assert due.verdict.decision is waited.verdict.decision
        assert due.verdict.completeness is Completeness.COMPLETE


def test_two_shadows_with_one_reader_have_it_read_once(
    tmp_path: Path, credulous: NoteReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    read = NoteReader.read

    def counted(self: NoteReader, note: Note, extra_fields: Any = ()) -> TextReading:
        asked.append(self.detector)
        return read(self, note, extra_fields)

    monkeypatch.setattr(NoteReader, "read", counted)
    shadows = [Shadow(policy=policy, reader=credulous) for policy in (Policy.default(), LABELS)]
    with Gate.open(tmp_path, shadows=shadows) as gate:
        assert len(gate.submit(Submission(note=PRAISING)).shadows) == 2
    assert asked.count(credulous.detector) == 1


def test_a_live_reader_that_is_late_is_no_fault_of_a_shadow_s_own(credulous: NoteReader) -> None:
    """Which has answered; what else is late stays."""
    strict = Policy.parse('title = "t"\n[fail.default]\non_timeout = "review"\n', name="strict")
    note = Note(id="n1", author=Author(id="bob"))

    def late(detector: str, number: int | None) -> ItemFailure:
        return ItemFailure(
            code="detector_timeout",
            message="m",
            hint="h",
            detector=detector,
            cause=Cause.TIMEOUT,
            image_number=number,
        )

    examined = replace(seen_of(note), beside={credulous.detector: ()})
    shadow = [Shadow(policy=strict, reader=credulous)]
    told = []
    for failures in ([late(WORDS, None)], [late(WORDS, None), late("codes", 0)]):
        live = decide(strict, note, (), failures, as_of=NOW)
        assert live.decision is Decision.REVIEW
        told += judged_in_shadow(shadow, examined, live, as_of=NOW)
    assert [one.decision.value for one in told] == ["pass", "review"]


# The report


@given(st.lists(scores, max_size=12), st.integers(0, 3))
def test_a_report_counts_what_a_slow_count_counts(notes: list[list[float]], examples: int) -> None:
    """By decision and by rule, with no more examples than asked for."""
    shadow = Shadow(policy=policy("review", at=0.7, name="other"))
    rows = []
    for number, seen in enumerate(notes):
        note = Note(id=f"n{number}", author=Author(id="bob"))
        live = decide(BLOCKS, note, findings(seen), as_of=NOW)
        (beside,) = judged_in_shadow([shadow], seen_of(note), live, as_of=NOW)
        rows.append(Shadowed(verdict_id=number, decided_at=NOW, verdict=live, shadow=beside))
    reports = shadow_reports(rows, examples=examples)
    assert len(reports) == bool(notes)
    nothing = ShadowReport(policy="", policy_digest="", live="", live_digest="")
    report = reports[0] if reports else nothing
    best = [max(seen, default=0) for seen in notes]
    both = sum(score >= 0.7 for score in best)
    only_live = sum(0.5 <= score < 0.7 for score in best)
    assert (report.judged, report.differ) == (len(notes), both + only_live)
    block, review = Decision.BLOCK, Decision.REVIEW
    words = {(a, b): cell.count for a, b, cell in report.sorted_decisions()}
    assert words.get((block, review), 0) == both
    assert words.get((block, Decision.PASS), 0) == only_live
    rules = {(rule, a, b): cell.count for rule, a, b, cell in report.sorted_rules()}
    assert rules == {
        key: count
        for key, count in ((("copy", block, review), both), (("copy", block, None), only_live))
        if count
    }
    assert all(len(cell.examples) <= examples for *_, cell in report.sorted_rules())
    told = report.to_json()
    assert sum(row["verdicts"] for row in told["decisions"]) == report.judged


# The canary


def test_a_canary_acts_for_its_share(tmp_path: Path) -> None:
    """And the verdict says by which policy it was given."""
    canary = Shadow(policy=LABELS, share=0.5)
    with Gate.open(tmp_path, policy=BLOCKS, canary=canary) as gate:
        gate.check(showing(CAT, id="alice's", author="alice", hours=None))
        told = {}
        for number in range(8):
            note = showing(CAT, id=f"e{number}", author=f"eve{number}", hours=None)
            verdict = gate.submit(Submission(note=note)).verdict if number % 2 else gate.check(note)
            told[note.id] = (verdict.policy_digest, verdict.decision)
    for note_id, answer in told.items():
        used = LABELS if canary.takes(note_id) else BLOCKS
        word = Decision.LABEL if used is LABELS else Decision.BLOCK
        assert answer == (used.digest, word)
    assert len(set(told.values())) == 2


def test_a_shadow_that_acts_says_nothing_and_policies_that_act_are_told_apart(
    tmp_path: Path,
) -> None:
    """Else it would agree with itself for the canary's share, and hide what differs."""
    canary, other = Shadow(policy=LABELS, share=0.5), policy("review", name="other")
    shadows = [Shadow(policy=LABELS), Shadow(policy=other)]
    with Gate.open(tmp_path, policy=BLOCKS, canary=canary, shadows=shadows) as gate:
        for number in range(8):
            note = showing(CAT, id=f"n{number}", author="ann", hours=None)
            told = {shadow["policy"] for shadow in gate.submit(Submission(note=note)).shadows}
            assert told == ({"other"} if canary.takes(note.id) else {"gentle", "other"})
        reports = shadow_reports(gate.register.shadowed())
    assert {(r.policy, r.live) for r in reports} == {
        ("gentle", "live"),
        ("other", "live"),
        ("other", "gentle"),
    }
    judged = {(r.policy, r.live): r.judged for r in reports}
    assert judged["other", "live"] + judged["other", "gentle"] == 8
    assert judged["gentle", "live"] == judged["other", "live"]
