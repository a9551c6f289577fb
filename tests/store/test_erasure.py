"""Forgetting: nothing of the subject is left, in no answer and in no file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.register_rows import (
    MORNING,
    a_caption,
    a_claim,
    a_picture,
    a_proposal,
    code_of,
    register_picture,
)
from kit.service_rows import put_service_rows
from kit.verdicts import a_copy, a_match, a_text_finding, a_verdict

from moderation.errors import BadNote
from moderation.finding import Finding, FindingKind
from moderation.note import Author, ClaimBasis, Note
from moderation.store import (
    Answer,
    LogOp,
    NewAppeal,
    NewReview,
    Receipt,
    Register,
    Ruling,
    Said,
    SubjectKind,
    Wanted,
)
from moderation.store.redaction import Subject
from moderation.verdict import Decision, Verdict

HOUR = timedelta(hours=1)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def forget(register: Register, *, note_id: str = "", author_id: str = "") -> Receipt:
    with register.transaction() as tx:
        return tx.forget_note(note_id) if note_id else tx.forget_author(author_id)


def record(register: Register, verdict: Verdict, author_id: str) -> None:
    note = Note(id=verdict.note_id, author=Author(id=author_id))
    with register.transaction() as tx:
        tx.record_verdict(verdict, note=note, decided_at=MORNING)


def copy_of(note_id: str, author_id: str, **detail: Any) -> Finding:
    return a_copy(match=a_match(note_id=note_id, author_id=author_id), detail=detail)


def traces(raw: bytes, *secrets: str | bytes) -> list[str | bytes]:
    """Which of the secrets stand in the raw files, in UTF-8 or as JSON escapes them."""
    found = []
    for secret in secrets:
        if isinstance(secret, bytes):
            forms = [secret]
        else:
            forms = [secret.encode(), json.dumps(secret)[1:-1].encode()]
        if any(form in raw for form in forms):
            found.append(secret)
    return found


def fill_with_copies(register: Register, author_id: str, note_id: str) -> bytes:
    """An archive of others around one author who is first, copied, linked, licensed and judged."""
    code = code_of("the secret picture")
    _, work_id = register_picture(
        register, a_picture(note_id, author_id=author_id, code=code, features=b"secret features")
    )
    register_picture(
        register,
        a_picture("copy", author_id="bob", published_at=MORNING + HOUR),
        work_id=work_id,
    )
    with register.transaction() as tx:
        tx.link_authors("bob", [author_id])
        tx.add_claim(
            a_claim(
                work_id,
                author_id="carol",
                basis=ClaimBasis.LICENSED,
                note_id=note_id,
                proof=f"mail from {author_id} of 3 March",
            )
        )
        tx.exempt_work(work_id, f"agreed with {author_id}", None)
    record(register, a_verdict(note_id=note_id), author_id)
    evidence = copy_of(note_id, author_id, holder=author_id, claimed_at=MORNING.isoformat())
    twin = a_text_finding(
        FindingKind.TEXT_TEMPLATE_TWIN,
        detail={"twin_note": note_id, "holder": author_id, "claimed_at": MORNING.isoformat()},
    )
    record(register, a_verdict(evidence, twin, note_id="copy"), "bob")
    with register.transaction() as tx:
        caption = a_caption(note_id, author_id=author_id, shingles=b"secret shingles!")
        tx.keep_caption(caption, [1, 2, 3])
        tx.record_attempts(note_id, author_id, [work_id], MORNING)
        reason = f"asked by {author_id}"
        tx.put_proposal(a_proposal(work_id, reason=reason))
        tx.record_ruling(Ruling(action="template.reject", subject="w", by="m", reason=reason))
        for judged in (note_id, "copy"):
            answer = NewReview(note_id=judged, by="m", answer=Answer.CONFIRMED, reason=reason)
            tx.record_review(answer)
        judged = register.latest_verdict(note_id)
        assert judged is not None
        put_service_rows(tx, judged.verdict_id, note_id, author_id)
        of_the_copy = register.latest_verdict("copy")
        assert of_the_copy is not None
        tx.open_appeal(
            NewAppeal(
                verdict_id=of_the_copy.verdict_id,
                note_id="copy",
                author_id="bob",
                at=MORNING,
                statement=f"{author_id} lets me, see {note_id}",
            )
        )
        (case,) = tx.cases(Wanted())
        said = Said(
            choice="other", decision=Decision.BLOCK, words=f"{author_id} was first in {note_id}"
        )
        tx.escalate_case(case.case_id, "mia", at=MORNING, words=f"ask {author_id} of {note_id}")
        tx.decide_case(case.case_id, "sam", said, at=MORNING, due_at=MORNING)
    for i in range(300):
        picture = a_picture(f"filler{i * 7919 % 300}", author_id=f"author{i % 17}")
        register_picture(register, picture)
    return code


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.value) for kind in SubjectKind])
@pytest.mark.parametrize(
    ("author_id", "note_id"),
    [
        pytest.param("author-to-forget", "note-to-forget", id="ascii"),
        pytest.param("要忘记的作者", "要忘记的笔记", id="chinese"),
    ],
)
def test_no_byte_of_the_subject_is_left_on_the_disk(
    on_disk: Callable[[], bytes],
    register: Register,
    author_id: str,
    note_id: str,
    kind: SubjectKind,
) -> None:
    """After forgetting and scrubbing, the raw files do not hold the ids or the hash."""
    code = fill_with_copies(register, author_id, note_id)
    secrets = [note_id, code, b"secret features", b"secret shingles!"]
    if kind is SubjectKind.AUTHOR:
        secrets.append(author_id)
        forget(register, author_id=author_id)
    else:
        forget(register, note_id=note_id)
    assert traces(on_disk(), *secrets) == secrets
    register.scrub()
    assert traces(on_disk(), *secrets) == []
    register.integrity_check()


def test_forgetting_many_authors_leaves_no_stale_copies_of_rows(
    on_disk: Callable[[], bytes], register: Register
) -> None:
    """SQLite leaves copies of rows in the free space of pages; scrubbing removes those too."""
    names = [f"{i * 2654435761 % 2**32:08x}-author" for i in range(200)]
    for start in range(0, 2000, 250):
        with register.transaction() as tx:
            work_id = tx.add_work()
            tx.add_pictures(
                (a_picture(code_of(f"n{i}").hex(), author_id=names[i * 31 % 200]), work_id)
                for i in range(start, start + 250)
            )
    gone = names[::5]
    with register.transaction() as tx:
        for name in gone:
            tx.forget_author(name)
    register.scrub()
    assert traces(on_disk(), *gone) == []
    assert traces(on_disk(), names[1]) == [names[1]]


def test_the_receipt_counts_what_went_and_names_nobody(register: Register) -> None:
    """Counts by kind; the sequence that an index must reach; a digest instead of the id."""
    fill_with_copies(register, "author-to-forget", "note-to-forget")
    receipt = forget(register, author_id="author-to-forget")
    assert receipt.counts == {
        "pictures": 1,
        "captions": 1,
        "claims": 1,
        "attempts": 1,
        "links": 1,
        "reviews": 1,
        "submissions": 1,
        "holds": 1,
        "appeals": 1,
        "events": 1,
        "unfinished": 1,
        "reports": 1,
        "cases": 1,
        "verdicts": 1,
        "mentions": 1,
    }
    assert receipt.register_seq == register.last_seq()
    last = register.log_after(receipt.register_seq - 1)[0]
    assert (last.op, last.code) == (LogOp.REMOVE, None)
    assert "to-forget" not in json.dumps(receipt.to_json())


def test_the_register_can_prove_whom_it_forgot(register: Register) -> None:
    """Only by naming the subject; another kind or register gives another digest."""
    receipt = forget(register, author_id="alice")
    assert register.receipts(SubjectKind.AUTHOR, "alice") == [receipt]
    assert register.receipts(SubjectKind.NOTE, "alice") == []
    assert register.receipts(SubjectKind.AUTHOR, "bob") == []


def test_digests_of_two_registers_cannot_be_compared(tmp_path: Path) -> None:
    """Each register has a secret of its own, so a list of ids cannot be tried elsewhere."""
    digests = set()
    for name in ("one", "two"):
        with Register.open(tmp_path / name) as register:
            digests.add(forget(register, author_id="alice").digest)
    assert len(digests) == 2


def test_forgetting_the_unknown_finds_nothing(register: Register) -> None:
    """It can be repeated: the receipt then counts zero."""
    assert set(forget(register, note_id="n404").counts.values()) == {0}


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.value) for kind in SubjectKind])
def test_the_empty_id_is_refused(register: Register, kind: SubjectKind) -> None:
    """It stands for all unknown authors, who cannot be forgotten by accident."""
    register_picture(register, a_picture(author_id=""))
    with pytest.raises(BadNote, match="empty"), register.transaction() as tx:
        tx.forget_author("") if kind is SubjectKind.AUTHOR else tx.forget_note("")
    assert register.stats().pictures == 1


def test_the_earliest_claim_that_remains_is_first(register: Register) -> None:
    """Order is computed, so nobody has to be promoted."""
    _, work_id = register_picture(register, a_picture("n1", author_id="first"))
    for hours, author_id in ((2, "third"), (1, "second")):
        picture = a_picture(
            f"by {author_id}", author_id=author_id, published_at=MORNING + hours * HOUR
        )
        register_picture(register, picture, work_id=work_id)
    forget(register, author_id="first")
    claims = register.works([work_id])[work_id].claims
    assert [claim.author_id for claim in claims] == ["second", "third"]


def test_forgetting_a_note_leaves_the_authors_other_notes(register: Register) -> None:
    """Pictures, claims and verdicts of one note only."""
    for note_id in ("n1", "n2"):
        register_picture(register, a_picture(note_id))
        record(register, a_verdict(note_id=note_id), "alice")
    forget(register, note_id="n1")
    assert register.pictures_of_note("n1") == []
    assert register.verdicts("n1") == []
    assert len(register.pictures_of_note("n2")) == len(register.verdicts("n2")) == 1


def test_somebody_elses_licence_survives_without_the_name(register: Register) -> None:
    """Carol may still use the work; the licence no longer says whose note it was for."""
    fill_with_copies(register, "alice", "n1")
    work_id = register.pictures_of_note("copy")[0].work_id
    forget(register, author_id="alice")
    work = register.works([work_id])[work_id]
    (judged,) = register.verdicts("copy")
    (appeal,) = register.appeals(judged.verdict_id)
    assert appeal.statement == "forgotten lets me, see forgotten"
    licence = next(claim for claim in work.claims if claim.basis is ClaimBasis.LICENSED)
    assert (licence.author_id, licence.proof) == ("carol", "mail from forgotten of 3 March")
    assert licence.note_id.startswith("forgotten")
    assert work.exempt_reason == "agreed with forgotten"


def test_evidence_about_others_keeps_its_numbers(register: Register) -> None:
    """Decision, scores and geometry stay; note, author, holder and dates go."""
    kept = copy_of("n8", "dave", holder="dave", claimed_at="2026-03-01")
    gone = copy_of("n1", "alice", holder="alice", claimed_at="2026-03-01", inliers=120)
    record(register, a_verdict(gone, kept, note_id="n9", decision=Decision.BLOCK), "bob")
    forget(register, author_id="alice")
    (row,) = register.verdicts("n9")
    first, second = row.verdict.findings
    assert row.verdict.decision is Decision.BLOCK
    assert first.score == gone.score
    assert first.match == a_match(note_id="forgotten", author_id="forgotten", published_at=None)
    assert first.detail == {"holder": "forgotten", "claimed_at": "forgotten", "inliers": 120}
    assert second == kept


def test_a_holder_who_is_not_the_matched_author_goes_too(register: Register) -> None:
    """The first claimant may be another than the author of the matching picture."""
    record(register, a_verdict(copy_of("n2", "bob", holder="alice"), note_id="n9"), "carol")
    assert forget(register, author_id="alice").counts["mentions"] == 1
    (finding,) = register.verdicts("n9")[0].verdict.findings
    assert finding.detail["holder"] == "forgotten"
    assert finding.match is not None
    assert finding.match.author_id == "bob"


def test_the_note_takes_its_author_out_of_the_evidence(register: Register) -> None:
    """A forgotten note no longer tells who wrote it; the author's other notes do."""
    findings = (copy_of("n1", "alice", holder="alice"), copy_of("n2", "alice", holder="alice"))
    record(register, a_verdict(*findings, note_id="n9"), "bob")
    forget(register, note_id="n1")
    first, second = register.verdicts("n9")[0].verdict.findings
    assert first.match is not None
    assert (first.match.author_id, first.detail["holder"]) == ("forgotten", "forgotten")
    assert second == findings[1]


def test_an_index_that_follows_the_log_forgets(register: Register) -> None:
    """The log tells of the removal, and holds no hash of what is gone."""
    picture_id, _ = register_picture(register, a_picture())
    forget(register, author_id="alice")
    assert [(e.op, e.picture_id, e.code) for e in register.log_after(0)] == [
        (LogOp.ADD, picture_id, None),
        (LogOp.REMOVE, picture_id, None),
    ]


def test_forgetting_is_undone_by_an_error(register: Register) -> None:
    """It is a transaction like any other."""
    register_picture(register, a_picture())

    def forget_and_fail() -> None:
        with register.transaction() as tx:
            tx.forget_author("alice")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        forget_and_fail()
    assert register.stats().pictures == 1
    assert register.receipts(SubjectKind.AUTHOR, "alice") == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("u1", "forgotten", id="whole"),
        pytest.param("u1/0, u12, xu1, u1-b", "forgotten/0, u12, xu1, u1-b", id="alone-only"),
        pytest.param("由u1先发布", "由forgotten先发布", id="between-chinese"),
        pytest.param("U1", "U1", id="case-matters"),
        pytest.param("a.*b", "a.*b", id="not-a-pattern"),
    ],
)
def test_ids_are_found_in_text_where_they_stand_alone(text: str, wanted: str) -> None:
    """A short id does not eat pieces of longer ones."""
    subject = Subject(
        kind=SubjectKind.AUTHOR, id="u1", note_ids=frozenset(), author_ids=frozenset(["u1"])
    )
    assert subject.redact_text(text) == wanted


@given(author_id=st.text(min_size=1, max_size=30).filter(lambda t: t not in {"by", "!", " "}))
def test_any_id_is_taken_out_of_a_sentence(author_id: str) -> None:
    """Ids hold any character, also those that mean something in a pattern."""
    subject = Subject(
        kind=SubjectKind.AUTHOR,
        id=author_id,
        note_ids=frozenset(),
        author_ids=frozenset([author_id]),
    )
    assert subject.redact_text(f"by {author_id}!") == "by forgotten!"
