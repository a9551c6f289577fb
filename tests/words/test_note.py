"""Notes: strict on meaning, lenient on extras, and every refusal says what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.errors import BadNote
from moderation.note import Author, Note, NoteImage, NoteKind

GOOD: dict[str, Any] = {
    "id": "n81",
    "author": {"id": "u5"},
    "published_at": "2026-11-21T08:00:00Z",
}

BAD = {
    "no-id": ({"id": None}, "`id` is missing"),
    "empty-id": ({"id": ""}, "`id` is empty"),
    "number-id": ({"id": 81}, "`id` must be a string, got int"),
    "long-id": ({"id": "n" * 257}, "`id` has 257 characters, limit 256"),
    "no-author": ({"author": None}, "`author` is missing"),
    "author-name-only": ({"author": "u5"}, "`author` must be an object, got str"),
    "author-without-id": ({"author": {}}, "`author.id` is missing"),
    "author-number": ({"author": {"id": 5}}, "`author.id` must be a string, got int"),
    "linked-string": (
        {"author": {"id": "u5", "linked_ids": "u6"}},
        "`author.linked_ids` must be a list of strings, got str",
    ),
    "linked-number": (
        {"author": {"id": "u5", "linked_ids": [6]}},
        "`author.linked_ids[0]` must be a string, got int",
    ),
    "linked-flood": (
        {"author": {"id": "u5", "linked_ids": ["u"] * 1_001}},
        "`author.linked_ids` has 1,001 entries, limit 1,000",
    ),
    "declared-word": (
        {"author": {"id": "u5", "declared_ad": "no"}},
        "`author.declared_ad` must be true or false, got str",
    ),
    "brand-list": (
        {"author": {"id": "u5", "brand_partner": ["b"]}},
        "`author.brand_partner` must be a string, got list",
    ),
    "handles-string": (
        {"author": {"id": "u5", "handles": "mia"}},
        "`author.handles` must be a list of strings, got str",
    ),
    "handles-flood": (
        {"author": {"id": "u5", "handles": ["m"] * 51}},
        "`author.handles` has 51 entries, limit 50",
    ),
    "declared-ai-word": ({"declared_ai": "no"}, "`declared_ai` must be true or false, got str"),
    "declared-ai-number": ({"declared_ai": 0}, "`declared_ai` must be true or false, got int"),
    "picture-declared-ai-word": (
        {"images": [{"path": "1.jpg", "declared_ai": "yes"}]},
        "`images[].declared_ai` must be true or false, got str",
    ),
    "no-time": ({"published_at": None}, "`published_at` is missing"),
    "time-number": ({"published_at": 1732176000}, "`published_at` must be a string, got int"),
    "time-words": ({"published_at": "yesterday"}, "'yesterday' is not a date and time"),
    "time-february": ({"published_at": "2026-02-30T08:00:00Z"}, "is not a date and time"),
    "time-naive": ({"published_at": "2026-11-21T08:00:00"}, "has no time zone"),
    "time-date-only": ({"published_at": "2026-11-21"}, "has no time zone"),
    "time-out-of-range": ({"published_at": "0001-01-01T00:00:00+08:00"}, "is out of range"),
    "unknown-kind": ({"kind": "reel"}, "unknown `kind` 'reel'"),
    "title-null": ({"title": None}, "`title` must be a string, got NoneType"),
    "title-long": ({"title": "标" * 1_001}, "`title` has 1,001 characters, limit 1,000"),
    "text-number": ({"text": 5}, "`text` must be a string, got int"),
    "text-five-megabytes": (
        {"text": "x" * 5_000_000},
        "`text` has 5,000,000 characters, limit 200,000",
    ),
    "tags-string": ({"tags": "穿搭"}, "`tags` must be a list of strings, got str"),
    "tags-flood": ({"tags": ["t"] * 201}, "`tags` has 201 entries, limit 200"),
    "tag-null": ({"tags": ["a", None]}, "`tags[1]` must be a string, got NoneType"),
    "links-object": ({"links": {"a": 1}}, "`links` must be a list of strings, got dict"),
    "link-long": ({"links": ["h" * 4_001]}, "`links[0]` has 4,001 characters, limit 4,000"),
    "lang-list": ({"lang": ["zh"]}, "`lang` must be a string, got list"),
    "images-string": ({"images": "1.jpg"}, "`images` must be a list, got str"),
    "images-of-strings": ({"images": ["1.jpg"]}, "`images[0]` must be an object, got str"),
    "images-flood": ({"images": [{"path": "1.jpg"}] * 51}, "`images` has 51 pictures, limit 50"),
    "image-empty": ({"images": [{}]}, "exactly one of `path`, `data` and `array`, got 0"),
    "image-number": ({"images": [{"path": 5}]}, "`images[0].path` must be a string, got int"),
    "image-url": ({"images": [{"path": "https://x.test/1.jpg"}]}, "URLs are never fetched"),
    "image-file-url": ({"images": [{"path": "file:///etc/passwd"}]}, "URLs are never fetched"),
    "image-base64": ({"images": [{"data": "aGk="}]}, "`images[].data` must be bytes, got str"),
    "image-digest": (
        {"images": [{"path": "1.jpg", "sha256": 5}]},
        "`images[0].sha256` must be a string, got int",
    ),
    "revision-zero": ({"revision": 0}, "`revision` must lie in 1–2147483647, got 0"),
    "revision-huge": ({"revision": 2**31}, "got 2147483648"),
    "revision-true": ({"revision": True}, "`revision` must be a whole number, got bool"),
    "revision-half": ({"revision": 1.5}, "`revision` must be a whole number, got float"),
}


@pytest.mark.parametrize(("change", "problem"), BAD.values(), ids=BAD.keys())
def test_a_bad_note_is_refused_by_name(change: dict[str, Any], problem: str) -> None:
    """`BadNote` names the field and both values, and the hint is an action."""
    with pytest.raises(BadNote) as caught:
        Note.from_json(GOOD | change)
    assert problem in caught.value.message
    assert len(caught.value.message) < 300
    assert caught.value.hint


@pytest.mark.parametrize("row", [None, [], "n81", 5], ids=["null", "list", "string", "number"])
def test_what_is_no_object_is_no_note(row: Any) -> None:
    """A line of valid JSON that holds something else."""
    with pytest.raises(BadNote, match="`note` must be an object"):
        Note.from_json(row)


def test_a_url_is_refused_below_a_base_too(tmp_path: Path) -> None:
    """Joining a URL to a folder must not make it look like a path."""
    with pytest.raises(BadNote, match="never fetched"):
        Note.from_json(GOOD | {"images": [{"path": "http://x.test/1.jpg"}]}, base=tmp_path)


def test_paths_start_from_the_base(tmp_path: Path) -> None:
    """Image paths in an archive are relative to its file."""
    note = Note.from_json(GOOD | {"images": [{"path": "81/1.jpg"}]}, base=tmp_path)
    assert note.images[0].path == tmp_path / "81/1.jpg"


def test_unknown_fields_are_ignored() -> None:
    """A platform may send what it has, and fame is nowhere kept."""
    row = GOOD | {"likes": 9, "author": {"id": "u5", "followers": 9_000_000}}
    assert Note.from_json(row).digest() == Note.from_json(GOOD).digest()


def test_empty_and_absent_are_the_same() -> None:
    """Null lists are empty lists, and defaults are those of the class."""
    row = GOOD | {"tags": None, "links": None, "images": None, "kind": None}
    note = Note.from_json(row)
    assert note.to_json() == Note.from_json(GOOD).to_json()
    assert (note.kind, note.revision, note.tags) == (NoteKind.NOTE, 1, ())


def test_times_are_kept_in_utc() -> None:
    """The same instant has one spelling, and so one digest."""
    beijing = timezone(timedelta(hours=8))
    one = Note(id="n", published_at=datetime(2026, 11, 21, 16, tzinfo=beijing))
    other = Note(id="n", published_at=datetime(2026, 11, 21, 8, tzinfo=UTC))
    assert one.digest() == other.digest()


def test_a_digest_depends_on_every_field() -> None:
    """Title and text are not run together."""
    notes = [
        Note(id="n", title="ab"),
        Note(id="n", text="ab"),
        Note(id="n", title="a", text="b"),
        Note(id="n", tags=["ab"]),
        Note(id="n", tags=["a", "b"]),
        Note(id="n", revision=2),
        Note(id="n", author=Author(id="u")),
    ]
    assert len({note.digest() for note in notes}) == len(notes)


@pytest.mark.parametrize(
    "given",
    [{}, {"path": "1.jpg", "data": b"x"}, {"data": b"", "array": np.zeros((1, 1, 3), np.uint8)}],
    ids=["nothing", "path-and-bytes", "bytes-and-pixels"],
)
def test_a_picture_is_given_once(given: dict[str, Any]) -> None:
    """Exactly one of path, bytes and pixels."""
    with pytest.raises(BadNote, match="exactly one"):
        NoteImage(**given)


def test_pixels_are_an_array() -> None:
    """A list of lists is refused at once, not when its digest is asked for."""
    with pytest.raises(BadNote, match="array"):
        NoteImage(array=[[0, 0, 0]])  # type: ignore[arg-type]


@pytest.mark.parametrize("id", ["a\0b", "a\ud800b"], ids=["nul", "half-surrogate"])
def test_ids_that_no_database_stores_are_refused(id: str) -> None:  # noqa: A002
    """Where the note is made, so that a batch goes on without it."""
    for make in (
        lambda: Note(id=id),
        lambda: Author(id=id),
        lambda: Author(id="u1", linked_ids=("u2", id)),
    ):
        with pytest.raises(BadNote, match="cannot be stored"):
            make()


def test_text_fields_come_in_reading_order() -> None:
    """Title, text, then tags with their numbers."""
    note = Note(id="n", title="a", text="b", tags=["c", "d"])
    assert note.text_fields() == (
        ("title", "a"),
        ("text", "b"),
        ("tags[0]", "c"),
        ("tags[1]", "d"),
    )


def test_what_came_later_changes_no_older_digest() -> None:
    """Declarations and handles stand in the JSON only where they say something."""
    plain = Note.from_json(GOOD | {"images": [{"path": "1.jpg"}]})
    silent = Note.from_json(
        GOOD
        | {"declared_ai": False, "images": [{"path": "1.jpg", "declared_ai": None}]}
        | {"author": {"id": "u5", "handles": []}}
    )
    assert silent.digest() == plain.digest()
    said = GOOD | {"declared_ai": True, "author": {"id": "u5", "handles": ["mia"]}}
    note = Note.from_json(said | {"images": [{"path": "1.jpg", "declared_ai": True}]})
    again = Note.from_json(note.to_json())
    assert again.declared_ai
    assert again.images[0].declared_ai
    assert again.author.handles == ("mia",)
