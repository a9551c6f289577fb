"""What people answer to verdicts: kept whole, superseded and never changed, gone when forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.register_rows import MORNING
from kit.verdicts import a_copy, a_text_finding, a_verdict

from moderation.errors import BadNote, UnknownSubject
from moderation.finding import Difference, Finding, FindingKind
from moderation.note import Author, Note
from moderation.store import Answer, Label, NewReview, Register, Review, possible_labels
from moderation.store.review_labels import COHERENT
from moderation.store.review_records import DISCLOSURES, INTENTS, MAX_REASON_CHARS
from moderation.text import reading
from moderation.training import reader_data
from moderation.verdict import Verdict

SALE = FindingKind.TEXT_HARD_SELL
SOFT = FindingKind.TEXT_SOFT_AD_UNDISCLOSED
BURIED = FindingKind.TEXT_DISCLOSURE_BURIED
CONTACT = FindingKind.TEXT_DIVERSION_CONTACT
YES, NO = Answer.CONFIRMED, Answer.OVERTURNED


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def judged(register: Register, *findings: Finding, note_id: str = "n1", **note: Any) -> int:
    """Put a verdict on a note into the audit; returns its number."""
    submitted = Note(id=note_id, author=Author(id="ann"), **note)
    verdict = a_verdict(*findings, note_id=note_id, revision=submitted.revision)
    with register.transaction() as tx:
        return tx.record_verdict(verdict, note=submitted, decided_at=MORNING)


def answer(register: Register, note_id: str = "n1", **values: Any) -> Review:
    given = NewReview(**{"note_id": note_id, "by": "mia", "answer": YES} | values)
    with register.transaction() as tx:
        return tx.record_review(given)


def test_an_answer_keeps_what_it_answers(register: Register) -> None:
    """Who, when, what the gate had decided and with which parts; and no word of the note."""
    number = judged(register, a_text_finding(SALE), text="Only nine left!")
    before = datetime.now(UTC)
    got = answer(register, answer=NO, intent="N1", disclosure="none_needed", reason="her own")
    (row,) = register.verdicts("n1")
    assert before <= got.at <= datetime.now(UTC)
    assert (got.verdict_id, got.note_id, got.author_id, got.revision) == (number, "n1", "ann", 1)
    assert (got.note_digest, got.text_digest) == (row.note_digest, row.text_digest)
    assert (got.decision, got.policy_digest) == (row.verdict.decision, row.verdict.policy_digest)
    assert got.detectors == row.verdict.detectors
    assert register.reviews() == [got]
    assert register.stats().reviews == 1
    assert "nine" not in str(got.to_json())


def test_a_later_answer_leaves_the_earlier_one(register: Register) -> None:
    """Both stay, the later one first."""
    judged(register, a_text_finding(SALE))
    first, second = answer(register, answer=YES), answer(register, answer=NO)
    assert register.reviews() == [second, first]
    assert second.review_id > first.review_id


def test_the_very_same_again_changes_nothing(register: Register) -> None:
    """A file of answers may be given twice; another answer at the same time is another one."""
    judged(register, a_text_finding(SALE))
    first = answer(register, at=MORNING - timedelta(days=400))
    again = answer(register, at=MORNING - timedelta(days=400))
    other = answer(register, at=MORNING - timedelta(days=400), reason="looked twice")
    assert again == first
    assert register.reviews() == [other, first]


def test_the_last_verdict_is_answered_unless_another_is_named(register: Register) -> None:
    """A console names what was on the screen: the note may have been edited since."""
    first = judged(register, a_text_finding(SALE), text="before")
    last = judged(register, a_text_finding(SALE), text="after", revision=2)
    by_default = answer(register)
    named = answer(register, verdict_id=first)
    assert (by_default.verdict_id, by_default.revision) == (last, 2)
    assert (named.verdict_id, named.revision) == (first, 1)
    assert named.about != by_default.about


def test_pictures_elsewhere_do_not_change_what_the_words_are(register: Register) -> None:
    """The digest of the words leaves out paths and dates."""
    one = Note(id="n", text="same", tags=("a",), published_at=MORNING)
    assert one.text_digest() == Note(id="m", text="same", tags=("a",)).text_digest()
    for other in ({"text": "same "}, {"title": "same"}, {"text": "same", "tags": ("b",)}):
        assert one.text_digest() != Note(id="n", **other).text_digest()


def test_answers_can_be_asked_for(register: Register) -> None:
    """By note, person and time, in pages."""
    for note_id in ("n1", "n2"):
        judged(register, a_text_finding(SALE), note_id=note_id)
    day = timedelta(days=1)
    old = answer(register, "n1", at=MORNING - 300 * day)
    new = answer(register, "n2", by="ben", at=MORNING - 200 * day)
    assert register.reviews(note_id="n1") == [old]
    assert register.reviews(by="ben") == [new]
    assert register.reviews(since=new.at) == [new]
    assert register.reviews(limit=1) == [new]
    assert register.reviews(before=new.review_id) == [old]


@pytest.mark.parametrize("values", [{"note_id": "n2"}, {"verdict_id": 99}, {"verdict_id": 2}])
def test_there_must_be_such_a_verdict(register: Register, values: dict[str, Any]) -> None:
    """On this note; nothing is recorded else."""
    judged(register, a_text_finding(SALE))
    judged(register, a_text_finding(SALE), note_id="n3")
    with pytest.raises(UnknownSubject, match="no verdict"):
        answer(register, **values)
    assert register.stats().reviews == 0


def test_a_finding_that_the_verdict_has_not_cannot_be_answered(register: Register) -> None:
    """With the findings that there are; what was missed is told by a label."""
    judged(register, a_text_finding(SALE))
    with pytest.raises(BadNote, match=r"no finding `text\.disclosure_buried`.*`text\.hard_sell`"):
        answer(register, findings={BURIED: YES})


@pytest.mark.parametrize(
    "values",
    [
        {"answer": YES, "intent": "C1"},
        {"answer": NO, "intent": "C2"},
        {"answer": YES, "intent": "C2", "disclosure": "none_needed"},
        {"answer": NO, "intent": "N1", "disclosure": "absent"},
    ],
    ids=["confirmed-and-not", "overturned-and-so", "sale-without-need", "native-in-secret"],
)
def test_an_answer_may_not_contradict_itself(register: Register, values: dict[str, Any]) -> None:
    """It is told to the person who gives it, not found out at an export."""
    judged(register, a_text_finding(SALE))
    with pytest.raises(BadNote, match="contradict"):
        answer(register, **values)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({"reason": "x" * (MAX_REASON_CHARS + 1)}, "501 characters", id="long"),
        pytest.param({"reason": "\ud83d"}, "lone surrogate", id="surrogate"),
        pytest.param({"by": "\ud83d"}, "lone surrogate", id="surrogate-name"),
        pytest.param({"by": "a\0"}, "NUL", id="nul"),
        pytest.param({"by": ""}, "empty", id="nobody"),
        pytest.param({"by": 5}, "must be a string", id="number"),
        pytest.param({"note_id": None}, "missing", id="no-note"),
        pytest.param({"answer": "yes"}, "unknown word", id="word"),
        pytest.param({"answer": ["confirmed"]}, "must be words", id="list"),
        pytest.param({"findings": {"text.rude": "confirmed"}}, r"`text\.hard_sell`", id="kind"),
        pytest.param({"findings": {"text.hard_sell": "maybe"}}, "overturned", id="finding"),
        pytest.param({"findings": ["text.hard_sell"]}, "must be an object", id="not-an-object"),
        pytest.param({"answer": None}, "neither", id="nothing"),
        pytest.param({"intent": "N9"}, "unknown `intent`", id="intent"),
        pytest.param({"intent": {}}, "unknown `intent`", id="intent-object"),
        pytest.param({"disclosure": "\ud83d"}, "unknown `disclosure`", id="disclosure"),
        pytest.param({"settles": 1}, "true or false", id="settles"),
        pytest.param({"at": "yesterday"}, "not a date", id="day"),
        pytest.param({"at": 5}, "not a date", id="number-as-time"),
        pytest.param({"at": "2026-03-01T08:00:00"}, "time zone", id="zone"),
        pytest.param({"at": "2999-03-01T08:00:00Z"}, "to come", id="future"),
        pytest.param({"verdict_id": 2**63}, "not the number", id="huge-number"),
        pytest.param({"verdict_id": True}, "not the number", id="true"),
    ],
)
def test_what_cannot_be_used_is_refused(values: dict[str, Any], told: str) -> None:
    """Before anything is written, with words that may be shown."""
    row = {"note_id": "n1", "by": "mia", "answer": "confirmed"} | values
    with pytest.raises(BadNote) as caught:
        NewReview.from_json(row)
    words = f"{caught.value.message}; {caught.value.hint}"
    words.encode()
    assert len(words) < 1_000
    assert re.search(told, words)


def test_forgetting_takes_the_answers_along(register: Register) -> None:
    """Those about the note or the author, and no others; the receipt counts them."""
    for note_id in ("n1", "n2"):
        judged(register, a_text_finding(SALE), note_id=note_id)
        answer(register, note_id, reason="n1 asked")
        answer(register, note_id, answer=NO)
    with register.transaction() as tx:
        receipt = tx.forget_note("n1")
    assert receipt.counts["reviews"] == 2
    assert [review.note_id for review in register.reviews()] == ["n2", "n2"]
    assert register.reviews()[1].reason == "forgotten asked"
    with register.transaction() as tx:
        assert tx.forget_author("ann").counts["reviews"] == 2
    assert register.reviews() == []
    register.integrity_check()


def test_intents_and_disclosures_are_those_of_the_readers() -> None:
    """The register may not ask a reader, so the words stand twice."""
    assert INTENTS == reading.INTENTS == reader_data.INTENTS
    assert DISCLOSURES == reading.DISCLOSURES == reader_data.DISCLOSURES


def labels(*findings: Finding, **values: Any) -> set[Label]:
    review = NewReview(**{"note_id": "n1", "by": "mia", "answer": YES} | values)
    return set(possible_labels(review, a_verdict(*findings, note_id="n1")))


def intents(found: set[Label]) -> str:
    return " ".join(sorted({label.intent for label in found}))


def test_what_answers_leave_open() -> None:
    """A sale confirmed is a sale; one overturned may be anything else."""
    sale, soft = a_text_finding(SALE), a_text_finding(SOFT)
    assert intents(labels(sale)) == "C2"
    assert intents(labels(sale, answer=NO)) == "C1 C3 N0 N1"
    assert intents(labels(sale, soft)) == "C1 C2"
    assert intents(labels(sale, soft, answer=NO)) == "C1 C3 N0 N1"
    assert labels(sale, soft, answer=NO, intent="C1") == {Label("C1", "clear")}
    assert labels(soft, a_text_finding(BURIED)) == {Label("C1", "buried")}
    assert labels(a_copy()) == labels(a_text_finding(CONTACT), answer=NO) == set(COHERENT)
    assert labels(answer=NO, intent="C2", disclosure="absent") == {Label("C2", "absent")}


def test_a_disclosed_advertisement_is_right_or_wrong_about_both() -> None:
    """Seen and not held against it; to say that it is so is to say that it is disclosed."""
    soft = a_text_finding(SOFT, score=0.9, difference=Difference.DISCLOSED)
    assert labels(soft, answer=None, findings={SOFT: YES}) == {Label("C1", "clear")}
    assert Label("C1", "clear") not in labels(soft, answer=None, findings={SOFT: NO})
    assert labels(soft, answer=YES) == set(COHERENT)


def test_an_own_answer_goes_before_that_to_the_whole() -> None:
    """The verdict was right, but for one of its reasons."""
    found = (a_text_finding(SALE), a_text_finding(BURIED))
    assert intents(labels(*found, findings={BURIED: NO})) == "C2"
    assert Label("C2", "buried") not in labels(*found, findings={BURIED: NO})


ANSWERS = st.sampled_from([None, YES, NO])


@given(
    answers=st.fixed_dictionaries({SALE: ANSWERS, SOFT: ANSWERS, BURIED: ANSWERS}),
    intent=st.sampled_from([None, *INTENTS]),
    disclosure=st.sampled_from([None, *DISCLOSURES]),
    whole=ANSWERS,
    held=st.sets(st.sampled_from([SALE, SOFT, BURIED, CONTACT])),
)
def test_labels_are_what_no_answer_rules_out(
    answers: dict[FindingKind, Answer | None],
    intent: str | None,
    disclosure: str | None,
    whole: Answer | None,
    held: set[FindingKind],
) -> None:
    """The same as asking each label, kind by kind, in the plainest words."""
    findings = {kind: said for kind, said in answers.items() if said is not None}
    if whole is None and not findings:
        whole = YES
    verdict: Verdict = a_verdict(*(a_text_finding(kind) for kind in sorted(held)), note_id="n1")
    review = NewReview(
        note_id="n1",
        by="mia",
        answer=whole,
        findings=findings,
        intent=intent,
        disclosure=disclosure,
    )

    def said(kind: FindingKind) -> Answer | None:
        return findings.get(kind) or (whole if kind in held else None)

    wanted = {
        label
        for label in COHERENT
        if intent in (None, label.intent)
        and disclosure in (None, label.disclosure)
        and not ruled_out(label, said(SALE), said(SOFT), said(BURIED))
    }
    assert possible_labels(review, verdict) == wanted


def ruled_out(
    label: Label, sale: Answer | None, soft: Answer | None, buried: Answer | None
) -> bool:
    is_sale = label.intent == "C2"
    is_soft = label.intent == "C1" and label.disclosure != "clear"
    is_buried = label.disclosure == "buried"
    if (is_sale and sale is NO) or (is_soft and soft is NO) or (is_buried and buried is NO):
        return True
    if buried is YES and not is_buried:
        return True
    if sale is YES and soft is YES:
        return not (is_sale or is_soft)
    return (sale is YES and not is_sale) or (soft is YES and not is_soft)
