"""Showings, attempts, proposals, banks and rulings: what is written is what is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from kit.register_rows import (
    MORNING,
    a_bank_entry,
    a_picture,
    a_proposal,
    code_of,
    register_picture,
)

from moderation.errors import UnknownSubject
from moderation.store import Ground, ProposalState, Register, Ruling

HOUR = timedelta(hours=1)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def shown_by(register: Register, *authors: str) -> int:
    """A work that these authors show, an hour after each other; the work's number."""
    work_id = None
    for i, author in enumerate(authors):
        picture = a_picture(f"of-{author}", author_id=author, published_at=MORNING + i * HOUR)
        _, work_id = register_picture(register, picture, work_id=work_id)
    assert work_id is not None
    return work_id


def authors_of(register: Register, work_id: int) -> list[str]:
    return sorted(shown.author_id for shown in register.showings([work_id])[work_id])


# Showings and attempts


def test_showings_of_known_authors_stand(register: Register) -> None:
    """With time and links; nobody knows whether two unknown authors are one."""
    work_id = shown_by(register, "alice", "bob", "")
    with register.transaction() as tx:
        tx.link_authors("carol", ["bob"])
    shown = {s.author_id: s for s in register.showings([work_id])[work_id]}
    assert sorted(shown) == ["alice", "bob"]
    assert shown["bob"].at == MORNING + HOUR
    assert shown["bob"].linked_ids == ("carol",)
    assert register.showings([work_id + 1]) == {}


def test_what_is_held_does_not_stand_until_a_person_lets_it(register: Register) -> None:
    """Nor does what was found to be a copy of the work."""
    work_id = shown_by(register, "alice")
    held = a_picture("held", author_id="bob", state="held")
    register_picture(register, held, work_id=work_id)
    flagged = a_picture("flagged", author_id="carol")
    register_picture(register, flagged, work_id=work_id)
    with register.transaction() as tx:
        tx.record_attempts("held", "bob", [work_id], MORNING)
        tx.record_attempts("flagged", "carol", [work_id], MORNING)
    assert authors_of(register, work_id) == ["alice"]
    with register.transaction() as tx:
        tx.let_stand("held")
    assert authors_of(register, work_id) == ["alice", "bob"]
    assert [attempt.author_id for attempt in register.attempts(work_id)] == ["carol"]


def test_an_attempt_at_another_work_takes_nothing_away(register: Register) -> None:
    """The note copied something else."""
    work_id, other = shown_by(register, "alice", "bob"), shown_by(register, "dan")
    with register.transaction() as tx:
        tx.record_attempts("of-bob", "bob", [other], MORNING)
    assert authors_of(register, work_id) == ["alice", "bob"]


def test_the_last_check_of_a_note_says_what_it_copies(register: Register) -> None:
    """An edit that takes the picture out takes the attempt back."""
    work_id, other = shown_by(register, "alice"), shown_by(register, "dan")
    for works in ([work_id, other], [other], [other]):
        with register.transaction() as tx:
            tx.record_attempts("n9", "eve", works, MORNING)
    assert register.attempts(work_id) == []
    assert [attempt.note_id for attempt in register.attempts(other)] == ["n9"]
    with register.transaction() as tx:
        tx.record_attempts("n9", "eve", [], MORNING)
    assert register.attempts(other) == []


def test_what_was_shown_while_it_was_free_says_nothing_about_later(register: Register) -> None:
    """It is no attempt either; a later check of the note may find that it is one by now."""
    work_id = shown_by(register, "alice", "bob")
    with register.transaction() as tx:
        tx.record_attempts("of-bob", "bob", [], MORNING, free=[work_id])
    assert authors_of(register, work_id) == ["alice"]
    assert register.attempts(work_id) == []
    with register.transaction() as tx:
        tx.record_attempts("of-bob", "bob", [work_id], MORNING)
    assert [attempt.author_id for attempt in register.attempts(work_id)] == ["bob"]


def test_the_sieve_finds_works_of_many_authors(register: Register) -> None:
    """Not of many notes of one author, and not what is held."""
    popular = shown_by(register, "a", "b", "c")
    one = shown_by(register, "dan")
    for i in range(5):
        register_picture(register, a_picture(f"again{i}", author_id="dan"), work_id=one)
        held = a_picture(f"held{i}", author_id=f"x{i}", state="held")
        register_picture(register, held, work_id=one)
    assert register.often_shown(3) == [popular]
    assert register.often_shown(4) == []


# Proposals and rulings


def test_a_proposal_is_one_for_each_work(register: Register) -> None:
    """The later takes the place of the earlier; it goes with its work."""
    work_id = shown_by(register, "alice")
    accepted = a_proposal(
        work_id,
        state=ProposalState.ACCEPTED,
        ground=Ground.ATTEMPTS,
        decided_at=MORNING,
        decided_by="mia",
        reason="a frame",
    )
    for proposal in (a_proposal(work_id), accepted):
        with register.transaction() as tx:
            tx.put_proposal(proposal)
        assert register.proposals() == {work_id: proposal}
    assert register.proposals(states=[ProposalState.PROPOSED]) == {}
    assert register.proposals(work_ids=[work_id + 1]) == {}
    with register.transaction() as tx:
        tx.remove_pictures(p.picture_id for p in tx.pictures_of_note("of-alice"))
    assert register.proposals() == {}
    register.integrity_check()


def test_a_work_that_is_not_there_has_no_proposal(register: Register) -> None:
    with pytest.raises(UnknownSubject, match="work 7"), register.transaction() as tx:
        tx.put_proposal(a_proposal(7))


def test_rulings_are_kept_in_order(register: Register) -> None:
    """Each with who, when and why; nothing takes them back."""
    first = Ruling(action="bank.add", subject="memes", by="mia", detail={"entries": 3}, at=MORNING)
    other = Ruling(action="template.reject", subject="work 3", by="", reason="hers", at=MORNING)
    with register.transaction() as tx:
        tx.record_ruling(first)
        tx.record_ruling(other)
    assert register.rulings() == [first, other]
    assert register.rulings("work 3") == [other]


# Banks


def test_a_bank_holds_pictures_and_the_works_they_free(register: Register) -> None:
    """Asked by name or by work."""
    picture_id, own = register_picture(register, a_picture("bank:memes", author_id=""))
    other = shown_by(register, "alice")
    with register.transaction() as tx:
        entry_id = tx.add_bank_entry(a_bank_entry(picture_id), [own, other, own])
    (entry,) = register.bank_entries("memes")
    assert (entry.entry_id, entry.works, entry.title) == (entry_id, (own, other), "cat.png")
    assert register.bank_entries("stickers") == []
    assert register.bank_entries() == [entry]
    assert register.bank_entries_of([other, 99]) == {other: [entry]}


def test_an_entry_holds_until_its_end(register: Register) -> None:
    """The end itself is outside; another end and reason can be given."""
    picture_id, own = register_picture(register, a_picture("bank:memes", author_id=""))
    with register.transaction() as tx:
        entry_id = tx.add_bank_entry(a_bank_entry(picture_id, until=MORNING + HOUR), [own])
    (entry,) = register.bank_entries()
    assert entry.holds(MORNING)
    assert not entry.holds(MORNING + HOUR)
    with register.transaction() as tx:
        tx.end_bank_entries([entry_id], MORNING, reason="over")
    (entry,) = register.bank_entries()
    assert (entry.until, entry.reason) == (MORNING, "over")


def test_an_entry_goes_with_its_picture(register: Register) -> None:
    """And frees nothing any more."""
    picture_id, own = register_picture(register, a_picture("bank:memes", author_id=""))
    other = shown_by(register, "alice")
    with register.transaction() as tx:
        tx.add_bank_entry(a_bank_entry(picture_id), [own, other])
        tx.remove_pictures([picture_id])
    assert register.bank_entries() == []
    assert register.bank_entries_of([other]) == {}
    register.integrity_check()


def test_bare_hashes_are_found_by_their_code(register: Register) -> None:
    """Pictures with a file behind them are not meant."""
    bare = a_picture("list:1", sha256="", features=b"", code=code_of("bare"))
    _, work_id = register_picture(register, bare)
    register_picture(register, a_picture("list:2", sha256="", features=b"", code=code_of("bare")))
    register_picture(register, a_picture("note"))
    codes = [code_of("bare"), code_of("note/0"), code_of("none")]
    assert register.works_of_bare_codes("pdq256_v1", codes) == {code_of("bare"): work_id}
    assert register.works_of_bare_codes("phash64_v1", codes) == {}
