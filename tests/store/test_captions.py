"""Captions in the register: found by a shared key, replaced by edits, gone when forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.register_rows import a_caption

from moderation.store import Register
from moderation.store.captions import MAX_FOUND, MAX_PER_AUTHOR, MAX_PER_KEY

KEYS = st.lists(st.integers(-(2**63), -(2**63) + 5), unique=True, max_size=4)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def keep(register: Register, note_id: str, keys: list[int], **changes: object) -> None:
    with register.transaction() as tx:
        tx.keep_caption(a_caption(note_id, **changes), keys)


def found(register: Register, keys: list[int]) -> list[str]:
    return [caption.note_id for caption in register.captions_near(keys)]


@given(st.lists(KEYS, max_size=8), KEYS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_search_is_a_count_of_shared_keys(
    tmp_path_factory: pytest.TempPathFactory, kept: list[list[int]], wanted: list[int]
) -> None:
    """Against the obvious: most keys in common first, then the order of registration."""
    with Register.open(tmp_path_factory.mktemp("register")) as register:
        for i, keys in enumerate(kept):
            keep(register, f"n{i}", keys, author_id=f"a{i}")
        shared = Counter({f"n{i}": len(set(keys) & set(wanted)) for i, keys in enumerate(kept)})
        slow = sorted((n for n in shared if shared[n]), key=lambda n: (-shared[n], int(n[1:])))
        assert found(register, wanted) == slow


def test_an_edit_replaces_and_an_older_revision_does_not(register: Register) -> None:
    """Under the keys of the latest revision only, with the number it had."""
    keep(register, "n1", [1, 2])
    keep(register, "n2", [3])
    (before,) = register.captions_near([1])
    keep(register, "n1", [3], revision=3, shingles=b"edited")
    assert found(register, [1]) == []
    assert found(register, [3]) == ["n1", "n2"]
    keep(register, "n1", [1], revision=2)
    assert found(register, [1]) == []
    after = register.caption_of("n1", "alice")
    assert after is not None
    assert (after.caption_id, after.shingles) == (before.caption_id, b"edited")


def test_nobody_replaces_the_caption_of_another_author(register: Register) -> None:
    """Somebody who submits a note under a taken id has a caption beside it."""
    keep(register, "n1", [1])
    keep(register, "n1", [2], author_id="bob", revision=9)
    assert found(register, [1]) == ["n1"]
    with register.transaction() as tx:
        tx.withdraw_caption("n1", "bob", revision=1)
    assert (found(register, [1]), found(register, [2])) == (["n1"], [])


def test_withdrawing_leaves_earlier_revisions(register: Register) -> None:
    """A blocked edit takes itself back, not the note as it was published."""
    keep(register, "n1", [1])
    for revision, left in ((2, ["n1"]), (1, [])):
        with register.transaction() as tx:
            tx.withdraw_caption("n1", "alice", revision=revision)
        assert found(register, [1]) == left


def test_a_caption_that_thousands_share_costs_no_more(register: Register) -> None:
    """The first registered ones come back, and the search is bounded."""
    with register.transaction() as tx:
        for i in range(MAX_PER_KEY + 40):
            tx.keep_caption(a_caption(f"n{i}", author_id=f"a{i}"), [7])
    assert found(register, [7]) == [f"n{i}" for i in range(MAX_FOUND)]


def test_who_writes_the_same_every_day_crowds_nobody_out(register: Register) -> None:
    """A hundred captions of one author, and one of another that shares less."""
    keep(register, "other", [1], author_id="bob")
    with register.transaction() as tx:
        for i in range(100):
            tx.keep_caption(a_caption(f"daily{i}"), [1, 2, 3])
    near = found(register, [1, 2, 3])
    assert near == [*(f"daily{i}" for i in range(MAX_PER_AUTHOR)), "other"]


def test_linked_accounts_come_with_the_caption(register: Register) -> None:
    """In both directions; nobody unknown is linked."""
    with register.transaction() as tx:
        tx.keep_caption(a_caption(), [1])
        tx.keep_caption(a_caption("n2", author_id=""), [1])
        tx.link_authors("bob", ["alice"])
    assert [c.linked_ids for c in register.captions_near([1])] == [("bob",), ()]


def test_forgetting_takes_the_caption_out_of_the_search(register: Register) -> None:
    """By note, by author, and with its keys."""
    for note_id, author_id in (("n1", "alice"), ("n2", "bob"), ("n3", "bob")):
        keep(register, note_id, [1, 2], author_id=author_id)
    with register.transaction() as tx:
        assert tx.forget_note("n2").counts["captions"] == 1
    assert found(register, [1]) == ["n1", "n3"]
    with register.transaction() as tx:
        assert tx.forget_author("bob").counts["captions"] == 1
        assert tx.remove_captions("n1") == 1
    assert found(register, [1, 2]) == []
    register.integrity_check()


def test_what_is_not_committed_is_not_there(register: Register) -> None:
    """The caption belongs to the transaction that judged its note."""

    def fail() -> None:
        with register.transaction() as tx:
            tx.keep_caption(a_caption(), [1])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert found(register, [1]) == []
