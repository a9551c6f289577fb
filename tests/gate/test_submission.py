"""What a key stands for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import Author, Note, NoteImage
from moderation.gate.publishing.submission import Registering, digest_of, key_of

NOTE = Note(id="n1", author=Author(id="a"), images=[NoteImage(data=b"one")])
names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
)


@given(names, st.integers(1, 99), names)
def test_keys_of_callers_never_meet_those_of_notes(note_id: str, revision: int, own: str) -> None:
    """Also where a note is called `key`, and a key like a note."""
    note = Note(id=note_id, revision=revision)
    for one in (own, f"{note_id}:{revision}", key_of(note), str(revision)):
        assert key_of(note, one) != key_of(note)
        assert key_of(note, one) != key_of(Note(id="key", revision=revision))


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "other"},
        {"revision": 2},
        {"author": Author(id="b")},
        {"images": [NoteImage(data=b"two")]},
        {"images": []},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_body_has_another_digest(changes: dict[str, Any]) -> None:
    """So has another way to register; the same has the same."""
    same = {"id": "n1", "author": Author(id="a"), "images": [NoteImage(data=b"one")]}
    assert digest_of(Note(**same), Registering.ON_PASS) == digest_of(NOTE, Registering.ON_PASS)
    other = Note(**same | changes)
    assert digest_of(other, Registering.ON_PASS) != digest_of(NOTE, Registering.ON_PASS)
    assert digest_of(NOTE, Registering.HOLD) != digest_of(NOTE, Registering.ON_PASS)


def test_what_is_said_of_a_picture_does_not_stand_for_its_bytes() -> None:
    """A digest that the caller gives with other bytes makes another body."""
    one, two = (
        Note(id="n", images=[NoteImage(data=data, sha256="0" * 64)]) for data in (b"a", b"b")
    )
    assert digest_of(one, Registering.ON_PASS) != digest_of(two, Registering.ON_PASS)
