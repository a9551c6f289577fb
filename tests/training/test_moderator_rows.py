"""Answers of people and the words of notes: joined by digest, and nothing guessed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.register_rows import MORNING
from kit.verdicts import a_copy, a_span, a_text_finding, a_verdict

from moderation.errors import BadSetting
from moderation.finding import Finding, FindingKind
from moderation.note import Author, Note
from moderation.store import Answer, Review
from moderation.training.moderator_rows import (
    ONE_PERSON,
    TWO_AGREE,
    LeftOut,
    Row,
    moderator_rows,
    standing,
)
from moderation.training.reader_data import labelled_notes
from moderation.verdict import Decision, Verdict

SALE = FindingKind.TEXT_HARD_SELL
SOFT = FindingKind.TEXT_SOFT_AD_UNDISCLOSED
CONTACT = FindingKind.TEXT_DIVERSION_CONTACT
YES, NO = Answer.CONFIRMED, Answer.OVERTURNED
TEXT = "手工皂最后一批，加微信 soap_77 下单"
NOTE = Note(id="n1", title="皂", text=TEXT, tags=("手工",), lang="zh", author=Author(id="ann"))
READER = "text_rules@1"


def a_review(note: Note = NOTE, **changes: Any) -> Review:
    """Mia confirms verdict 1 on the note, a minute after the morning for each number."""
    number = changes.get("review_id", 1)
    values: dict[str, Any] = {
        "review_id": number,
        "verdict_id": 1,
        "note_id": note.id,
        "revision": note.revision,
        "author_id": note.author.id,
        "note_digest": note.digest(),
        "text_digest": note.text_digest(),
        "decision": Decision.REVIEW,
        "policy_digest": "sha256:1",
        "detectors": {},
        "at": MORNING + timedelta(minutes=number),
        "by": "mia",
        "answer": YES,
        "findings": {},
        "intent": None,
        "disclosure": None,
        "reason": "",
        "settles": False,
    }
    return Review(**values | changes)


def outcome(
    *reviews: Review,
    found: Sequence[Finding] = (a_text_finding(SALE),),
    notes: Iterable[Note] = (NOTE,),
    stated: tuple[str, str] = ("absent", READER),
) -> Row | LeftOut:
    verdicts = {1: a_verdict(*found, note_id="n1")}
    (result,) = moderator_rows(reviews, notes, lambda _: verdicts, lambda _: stated)
    return result


def label(result: Row | LeftOut) -> str:
    return result if isinstance(result, str) else f"{result['intent']} {result['disclosure']}"


def test_a_confirmed_finding_keeps_what_the_gate_said() -> None:
    """With the marks that were confirmed, in the author's words, as in written notes."""
    contact = a_text_finding(CONTACT, a_span(TEXT, "微信 soap_77"))
    row = outcome(a_review(), found=[a_text_finding(SALE), contact])
    assert row == {
        "family": "",
        "role": "",
        "lang": "zh",
        "trade": "",
        "title": "皂",
        "text": TEXT,
        "tags": ["手工"],
        "intent": "C2",
        "disclosure": "absent",
        "violations": [{"code": "V1", "span": "微信 soap_77"}],
        "confidence": ONE_PERSON,
        "origin": "moderator",
        "decision": "review",
    }


def test_a_native_note_breaks_nothing() -> None:
    """Where people say so, marks do not go along; nor do overturned ones."""
    contact = a_text_finding(CONTACT, a_span(TEXT, "微信 soap_77"))
    found = [a_text_finding(SALE), contact]
    for review in (
        a_review(answer=NO, intent="N1", findings={CONTACT: YES}),
        a_review(findings={CONTACT: NO}),
    ):
        row = outcome(review, found=found)
        assert not isinstance(row, str)
        assert row["violations"] == []


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param({"answer": NO}, "intent_unknown", id="overturned"),
        pytest.param({"answer": NO, "intent": "N1"}, "N1 none_needed", id="native"),
        pytest.param({"answer": NO, "intent": "C1"}, "disclosure_unknown", id="advert"),
        pytest.param({"answer": NO, "intent": "C1", "disclosure": "clear"}, "C1 clear", id="label"),
        pytest.param({"intent": "C2", "disclosure": "clear"}, "C2 clear", id="says-more"),
    ],
)
def test_an_overturned_sale_needs_a_label(changes: dict[str, Any], wanted: str) -> None:
    """It may be a tale, an advertisement or a search for agents."""
    assert label(outcome(a_review(**changes))) == wanted


def test_the_opposite_is_taken_where_there_is_one() -> None:
    """An advertisement that does not hide is disclosed."""
    soft = a_text_finding(SOFT, detail={"disclosure": "denied"})
    assert label(outcome(a_review(answer=NO, intent="C1"), found=[soft])) == "C1 clear"
    assert label(outcome(a_review(), found=[soft])) == "C1 denied"


def test_what_another_reader_says_is_not_what_was_confirmed() -> None:
    """The disclosure of a sale is asked of the reader that found it, or of nobody."""
    assert label(outcome(a_review(), stated=("clear", READER))) == "C2 clear"
    assert label(outcome(a_review(), stated=("clear", "reader@2"))) == "disclosure_unknown"
    assert label(outcome(a_review(), stated=("none_needed", READER))) == "disclosure_unknown"


@pytest.mark.parametrize("found", [[], [a_copy()], [a_text_finding(CONTACT)]], ids=len)
def test_answers_that_do_not_tell_what_the_text_is(found: list[Finding]) -> None:
    """A pass, a picture and a contact leave open what the note wants."""
    assert outcome(a_review(), found=found) is LeftOut.INTENT_UNKNOWN
    assert label(outcome(a_review(intent="N0"), found=found)) == "N0 none_needed"


def test_an_edited_note_is_not_labelled_by_what_was_said_before() -> None:
    """Pictures may change, words may not."""
    moved = Note(
        id="n1", title="皂", text=TEXT, tags=("手工",), author=Author(id="ann"), revision=3
    )
    assert label(outcome(a_review(), notes=[moved])) == "C2 absent"
    edited = Note(id="n1", title="皂", text=TEXT + "！", tags=("手工",))
    assert outcome(a_review(), notes=[edited]) is LeftOut.EDITED
    assert outcome(a_review(), notes=[Note(id="n2", text=TEXT)]) is LeftOut.MISSING
    assert label(outcome(a_review(), notes=[edited, NOTE])) == "C2 absent"


def test_verdicts_from_before_are_known_by_the_whole_note() -> None:
    """Together with later ones on the same words: one text, one row."""
    old = a_review(text_digest=None)
    assert label(outcome(old)) == "C2 absent"
    second = a_review(review_id=2, by="ben")
    row = outcome(old, second)
    assert not isinstance(row, str)
    assert row["confidence"] == TWO_AGREE


def test_two_who_disagree_teach_nothing() -> None:
    """Until one of them settles it; a change of mind is no disagreement."""
    mia, ben = a_review(), a_review(review_id=2, by="ben", answer=NO, intent="N1")
    again = a_review(review_id=3, answer=NO, intent="N1")
    assert outcome(mia, ben) is LeftOut.DISAGREEMENT
    assert label(outcome(mia, ben, again)) == "N1 none_needed"
    settled = a_review(review_id=2, by="ben", answer=NO, intent="N1", settles=True)
    assert label(outcome(mia, settled)) == "N1 none_needed"
    assert outcome(settled, a_review(review_id=3, by="eva")) is LeftOut.DISAGREEMENT


def test_two_who_disagree_about_a_mark_disagree() -> None:
    """Though both call it a sale."""
    contact = a_text_finding(CONTACT, a_span(TEXT, "soap_77"))
    mia = a_review(findings={CONTACT: NO})
    ben = a_review(review_id=2, by="ben")
    found = [a_text_finding(SALE), contact]
    assert outcome(mia, ben, found=found) is LeftOut.DISAGREEMENT


def test_what_was_forgotten_meanwhile_is_missing() -> None:
    """A verdict may go between two questions to the register."""
    results = moderator_rows([a_review()], [NOTE], lambda _: {}, lambda _: ("absent", READER))
    assert list(results) == [LeftOut.MISSING]


WORDS = ("a", "b")
REVIEWS = st.lists(
    st.builds(
        lambda note_id, text, by, answer, intent, settles, old, minute: (
            note_id,
            text,
            {
                "by": by,
                "answer": answer,
                "intent": intent,
                "settles": settles,
                "at": MORNING + timedelta(minutes=minute),
            }
            | ({"text_digest": None} if old else {}),
        ),
        note_id=st.sampled_from(["n1", "n2"]),
        text=st.sampled_from(WORDS),
        by=st.sampled_from(["mia", "ben", "eva"]),
        answer=st.sampled_from([YES, NO]),
        intent=st.sampled_from([None, "N1", "C2"]),
        settles=st.sampled_from([False, False, False, True]),
        old=st.booleans(),
        minute=st.integers(0, 3),
    ),
    max_size=8,
)


@given(
    drawn=REVIEWS,
    archive=st.lists(
        st.tuples(st.sampled_from(["n1", "n2", "n3"]), st.sampled_from([*WORDS, "c"])), max_size=6
    ),
)
def test_the_join_is_what_looking_at_every_pair_gives(
    drawn: list[tuple[str, str, dict[str, Any]]], archive: list[tuple[str, str]]
) -> None:
    """Rows and counts, against a search of everything for everything."""
    drawn = [d for d in drawn if (d[2]["answer"], d[2]["intent"]) not in ((YES, "N1"), (NO, "C2"))]
    reviews = [
        a_review(Note(id=note_id, text=text), review_id=i, **values)
        for i, (note_id, text, values) in enumerate(drawn)
    ]
    notes = [Note(id=note_id, text=text) for note_id, text in archive]
    verdict: Verdict = a_verdict(a_text_finding(SALE), note_id="n")
    got = moderator_rows(reviews, notes, lambda _: {1: verdict}, lambda _: ("absent", READER))
    told = [
        result if isinstance(result, str) else f"{result['text']} {label(result)}" for result in got
    ]
    assert Counter(told) == Counter(slowly(drawn, archive))


def slowly(
    drawn: list[tuple[str, str, dict[str, Any]]], archive: list[tuple[str, str]]
) -> list[str]:
    told = []
    for at in sorted({(note_id, text) for note_id, text, _ in drawn}):
        mine = [values for note_id, text, values in drawn if (note_id, text) == at]
        if at not in archive:
            # Without its words nobody sees that an old answer and a new one are about the same.
            ways = len({"text_digest" in values for values in mine})
            edited = any(note_id == at[0] for note_id, _ in archive)
            told += ["edited" if edited else "missing"] * ways
            continue
        ordered = sorted(mine, key=lambda values: values["at"])
        starts = [i for i, values in enumerate(ordered) if values["settles"]]
        ordered = ordered[starts[-1] :] if starts else ordered
        last = {values["by"]: values for values in ordered}
        answers = {values["answer"] for values in last.values()}
        named = {values["intent"] for values in last.values()} - {None}
        if len(answers) > 1:
            told.append("disagreement")
        elif answers == {YES}:
            told.append(f"{at[1]} C2 absent")
        else:
            told.append(f"{at[1]} N1 none_needed" if named else "intent_unknown")
    return told


@given(order=st.permutations(range(5)))
def test_the_order_in_which_answers_come_does_not_matter(order: list[int]) -> None:
    """Their times do."""
    reviews = [
        a_review(review_id=i, by="mia" if i % 2 else "ben", settles=i == 1) for i in range(5)
    ]
    assert [r.review_id for r in standing([reviews[i] for i in order])] == [3, 4]


def exported(path: Path, **changes: object) -> Path:
    row = outcome(a_review())
    assert not isinstance(row, str)
    path.write_text(json.dumps(row | changes) + "\n", encoding="utf-8")
    return path


def test_rows_are_read_as_real_notes(tmp_path: Path) -> None:
    """Of a group named as the file, without a family."""
    (row,) = labelled_notes(None, None, [exported(tmp_path / "march.jsonl")])
    assert (row.origin, row.group, row.family, row.lang) == ("moderator", "march", "", "zh")
    assert (row.intent, row.disclosure, row.confidence) == ("C2", "absent", ONE_PERSON)
    assert (row.note.title, row.note.text, row.note.tags) == ("皂", TEXT, ("手工",))


def test_real_notes_go_before_written_ones_that_say_the_same(tmp_path: Path) -> None:
    """Of near-duplicates the first stays."""
    (tmp_path / "written_notes").mkdir()
    exported(tmp_path / "written_notes" / "soap.jsonl", family="soap", intent="C1")
    rows = labelled_notes(None, tmp_path, [exported(tmp_path / "march.jsonl")])
    assert [row.origin for row in rows] == ["moderator"]


@pytest.mark.parametrize("broken", [{"intent": "N9"}, {"disclosure": ""}, {"text": 5}])
def test_a_damaged_row_is_named(tmp_path: Path, broken: dict[str, object]) -> None:
    """With file and line."""
    with pytest.raises(BadSetting, match=r"march\.jsonl:1"):
        labelled_notes(None, None, [exported(tmp_path / "march.jsonl", **broken)])
