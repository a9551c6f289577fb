"""Authors' proofs: few, each once, only while the appeal waits, and gone with whom they are of."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kit.notes import showing
from kit.verdicts import a_verdict
from sqlalchemy import func, select

from moderation.errors import AppealSettled, BadNote, UnknownSubject
from moderation.store import (
    MOST_PROOFS,
    Act,
    AppealState,
    CaseKind,
    CaseState,
    NewAppeal,
    NewProof,
    ProofKind,
    Register,
    SubjectKind,
    Wanted,
)
from moderation.store.desk.tables import APPEAL_PROOFS

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
JPEG = b"\xff\xd8 of the author's picture"


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def appealed(register: Register, note_id: str = "n1", author: str = "alice") -> int:
    with register.transaction() as now:
        number = now.record_verdict(
            a_verdict(note_id=note_id), note=showing(id=note_id, author=author), decided_at=NOW
        )
        new = NewAppeal(
            verdict_id=number, note_id=note_id, author_id=author, at=NOW, statement="mine"
        )
        return now.open_appeal(new)[0].appeal_id


def a_file(appeal_id: int, **values: Any) -> NewProof:
    base = {
        "appeal_id": appeal_id,
        "kind": ProofKind.FILE,
        "name": "original 📷.jpg",
        "at": NOW,
        "sha256": "0" * 64,
        "bytes": 12_345,
        "facts": {"type": "jpeg", "width": 4000, "camera": "陈 X100"},
        "thumbnail": JPEG,
    }
    return NewProof(**base | values)


def a_link(appeal_id: int, name: str = "https://example.org/a") -> NewProof:
    return NewProof(appeal_id=appeal_id, kind=ProofKind.LINK, name=name, at=NOW)


def add(register: Register, *new: NewProof) -> list[bool]:
    with register.transaction() as now:
        return [now.add_proof(one)[1] for one in new]


def rows(register: Register) -> int:
    with register._connected() as connection:
        return connection.execute(select(func.count()).select_from(APPEAL_PROOFS)).scalar_one()


def test_what_was_given_is_read_again(register: Register) -> None:
    number, other = appealed(register), appealed(register, "n2", "bob")
    assert add(register, a_file(number), a_link(number)) == [True, True]
    file, link = register.proofs([number])[number]
    assert (file.name, file.sha256, file.bytes) == ("original 📷.jpg", "0" * 64, 12_345)
    assert file.facts == {"type": "jpeg", "width": 4000, "camera": "陈 X100"}
    assert (file.at, file.has_thumbnail, link.has_thumbnail) == (NOW, True, False)
    assert (link.kind, link.name) == (ProofKind.LINK, "https://example.org/a")
    assert register.proof_thumbnail(number, file.proof_id) == JPEG
    assert register.proof_thumbnail(number, link.proof_id) is None
    assert register.proof_thumbnail(other, file.proof_id) is None
    assert register.proofs([other, number, 99]) == {other: [], number: [file, link], 99: []}
    told = file.to_json()
    assert "thumbnail" not in told
    assert JPEG.decode("latin-1") not in repr(a_file(number)) + repr(file)


def test_the_same_again_is_one_proof(register: Register) -> None:
    """Of a file by its digest, whatever it is called; of a link by its text."""
    number, other = appealed(register), appealed(register, "n2", "bob")
    assert add(register, a_file(number), a_file(number, name="again.jpg")) == [True, False]
    assert add(register, a_link(number), a_link(number)) == [True, False]
    assert add(register, a_link(number, "https://example.org/b"), a_file(other)) == [True, True]
    assert [one.name for one in register.proofs([number])[number]] == [
        "original 📷.jpg",
        "https://example.org/a",
        "https://example.org/b",
    ]


def test_proofs_are_counted_by_appeal(register: Register) -> None:
    """Of those asked for; an appeal without any is absent."""
    many, one, none = (appealed(register, f"n{number}") for number in range(3))
    with register.transaction() as now:
        for appeal_id, digest in ((many, "0"), (many, "1"), (one, "2")):
            now.add_proof(a_file(appeal_id, sha256=digest * 64))
    assert register.count_proofs([many, one, none, 99]) == {many: 2, one: 1}
    assert register.count_proofs([one]) == {one: 1}
    assert register.count_proofs([]) == {}


def test_an_appeal_has_few_proofs(register: Register) -> None:
    """One more is refused with both numbers; one that is there already is not one more."""
    number, other = appealed(register), appealed(register, "n2", "bob")
    add(register, *(a_file(number, sha256=f"{i:064}") for i in range(MOST_PROOFS)))
    with pytest.raises(BadNote, match=f"has {MOST_PROOFS} proofs, limit {MOST_PROOFS}"):
        add(register, a_link(number))
    assert add(register, a_file(number, sha256=f"{1:064}")) == [False]
    assert add(register, a_link(other)) == [True]
    assert rows(register) == MOST_PROOFS + 1


def test_many_at_once_are_no_more_than_may_be(register: Register) -> None:
    """Each in a transaction of its own, all at the same time; what came twice is there once."""
    number = appealed(register)
    new = [a_file(number, sha256=f"{i // 2:064}") for i in range(2 * (MOST_PROOFS + 3))]

    def one(proof: NewProof) -> bool:
        try:
            return add(register, proof)[0]
        except BadNote:
            return False

    with ThreadPoolExecutor(6) as pool:
        taken = sum(pool.map(one, new))
    digests = [proof.sha256 for proof in register.proofs([number])[number]]
    assert taken == len(digests) == len(set(digests)) == MOST_PROOFS


@pytest.mark.parametrize("state", [AppealState.UPHELD, AppealState.OVERTURNED])
def test_pictures_go_with_the_decision(register: Register, state: AppealState) -> None:
    """Digest and facts stay; those of other appeals keep theirs."""
    number, other = appealed(register), appealed(register, "n2", "bob")
    add(register, a_file(number), a_link(number), a_file(other))
    before = register.proofs([number])[number]
    with register.transaction() as now:
        now.settle_appeal(number, state)
    file, link = register.proofs([number])[number]
    assert file == replace(before[0], has_thumbnail=False)
    assert link == before[1]
    assert register.proof_thumbnail(number, file.proof_id) is None
    (kept,) = register.proofs([other])[other]
    assert register.proof_thumbnail(other, kept.proof_id) == JPEG


def test_nothing_is_added_once_it_is_decided(register: Register) -> None:
    number = appealed(register)
    with register.transaction() as now:
        now.settle_appeal(number, AppealState.UPHELD)
    with pytest.raises(AppealSettled, match="upheld, not open"):
        add(register, a_file(number))
    with pytest.raises(UnknownSubject):
        add(register, a_file(number + 1))
    assert rows(register) == 0


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.value) for kind in SubjectKind])
def test_proofs_go_with_the_note_and_the_author(register: Register, kind: SubjectKind) -> None:
    """All of them; another's stay, and where they name who is forgotten, no longer do."""
    gone, stays = appealed(register), appealed(register, "n2", "bob")
    add(register, a_file(gone), a_link(gone))
    add(register, a_file(stays, name="alice n1.jpg"), a_link(stays, "https://x.org/alice?n1=1"))
    with register.transaction() as now:
        now.forget_note("n1") if kind is SubjectKind.NOTE else now.forget_author("alice")
    assert rows(register) == 2
    assert register.proofs([gone]) == {gone: []}
    name = "n1" if kind is SubjectKind.NOTE else "alice"
    file, link = register.proofs([stays])[stays]
    assert name not in file.name + link.name
    assert register.proof_thumbnail(stays, file.proof_id) == JPEG


def test_a_forgotten_authors_picture_is_nowhere_on_the_disk(
    register: Register, on_disk: Any
) -> None:
    number = appealed(register)
    mark = b"pixels nobody else has " * 20
    add(register, a_file(number, thumbnail=mark))
    with register.transaction() as now:
        receipt = now.forget_author("alice")
    assert receipt.counts["appeals"] == 1
    register.scrub()
    assert mark not in on_disk()


def test_the_case_tells_that_a_proof_came(register: Register) -> None:
    """In its log, once for each, so that whoever has it before them is told."""
    number, other = appealed(register), appealed(register, "n2", "bob")
    case, _ = register.cases(Wanted(kind=CaseKind.APPEAL), limit=9)
    before = register.desk_mark()
    add(register, a_file(number), a_file(number), a_link(number))
    assert case.appeal_id == number
    assert [line.act for line in register.case_log(case.case_id)] == [Act.PROVED, Act.PROVED]
    assert register.desk_mark() > before
    with register.transaction() as now:
        now.settle_appeal(other, AppealState.UPHELD)
    assert register.case(case.case_id).state is CaseState.OPEN


def test_names_that_no_database_holds_are_refused(register: Register) -> None:
    number = appealed(register)
    with pytest.raises(BadNote):
        add(register, a_file(number, name="a\0b.jpg"))
    assert rows(register) == 0
