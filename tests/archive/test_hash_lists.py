"""Lists of hashes given away and taken: nothing is lost, and nobody guesses how they were made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.archive import HASH_DIGITS, HASH_FORMATS, HashRow, hash_list, read_hashes
from moderation.errors import BadArchive
from moderation.finding import ItemFailure

A, B = "0f" * 32, "a5" * 32
PRINTABLE = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")
WORDS = st.text(PRINTABLE, max_size=20).map(str.strip)


@st.composite
def hash_rows(draw: st.DrawFn) -> HashRow:
    recipe = draw(st.sampled_from(sorted(HASH_DIGITS)))
    size = HASH_DIGITS[recipe] // 2
    moments = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1))
    return HashRow(
        note_id=draw(WORDS.filter(bool)),
        author_id=draw(WORDS),
        published_at=draw(st.none() | moments.map(lambda at: at.replace(tzinfo=UTC))),
        image_number=draw(st.integers(0, 10_000)),
        recipe=recipe,
        code=draw(st.binary(min_size=size, max_size=size)),
        quality=draw(st.none() | st.integers(0, 100)),
        licence=draw(WORDS),
        source=draw(WORDS),
    )


@pytest.mark.parametrize("form", HASH_FORMATS)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(hash_rows(), min_size=1, max_size=5))
def test_what_is_given_away_is_taken(tmp_path: Path, form, rows: list[HashRow]) -> None:
    """Hash, recipe, licence, source, ids and times come back as they were."""
    file = tmp_path / "list"
    file.write_bytes(b"".join(hash_list(rows, form)))
    assert list(read_hashes(file)) == rows


def taken(tmp_path: Path, text: str, **options: str) -> list[HashRow | ItemFailure]:
    file = tmp_path / "list.txt"
    file.write_text(text, encoding="utf-8")
    return list(read_hashes(file, **options))


def told(item: HashRow | ItemFailure) -> str:
    return item.message if isinstance(item, ItemFailure) else item.recipe


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (A, "the list does not say how the hash was made"),
        (f"hash,id\n{A},1", "the list does not say how the hash was made"),
        (f"hash,recipe\n{A},sha256", "names the recipe 'sha256', which is unknown"),
        (json.dumps([{"hash": A, "type": "HASH_SHA256"}]), "does not say how"),
        (json.dumps({"recipe": "phash64_v2", "data": [A]}), "'phash64_v2', which is unknown"),
        (json.dumps({"recipe": ["pdq256_v1"], "data": [A]}), "which is unknown"),
    ],
    ids=["hex", "CSV", "other recipe", "other type", "other version", "no name"],
)
def test_nothing_is_guessed(tmp_path: Path, text: str, says: str) -> None:
    """A SHA-256 is as long as a PDQ hash."""
    (item,) = taken(tmp_path, text)
    assert isinstance(item, ItemFailure)
    assert item.code == "bad_hash"
    assert says in item.message


@pytest.mark.parametrize(
    ("text", "recipe"),
    [
        (json.dumps([{"indicator": A, "type": "HASH_PDQ"}]), "pdq256_v1"),
        (json.dumps({"recipe": "pdq256_v1", "licence": "CC0-1.0", "data": [A]}), "pdq256_v1"),
        (f"hash,recipe\n{A[:16]},dhash64_v1", "dhash64_v1"),
    ],
    ids=["type", "whole list", "column"],
)
def test_what_the_list_says_counts(tmp_path: Path, text: str, recipe: str) -> None:
    """By row, by type or for all of it; and another wish does not make it another hash."""
    (item,) = taken(tmp_path, text)
    assert told(item) == recipe
    assert isinstance(item, HashRow)
    assert not item.assumed
    assert item.licence == ("CC0-1.0" if "CC0" in text else "")
    (other,) = taken(tmp_path, text, recipe="whash64_v1")
    assert told(other) == f"the list says that the hash was made as `{recipe}`, wanted `whash64_v1`"


def test_an_assumption_is_marked(tmp_path: Path) -> None:
    """So that whoever reads can say so."""
    (item,) = taken(tmp_path, A, otherwise="pdq256_v1")
    assert isinstance(item, HashRow)
    assert item.assumed
    (said,) = taken(tmp_path, A, recipe="pdq256_v1")
    assert isinstance(said, HashRow)
    assert not said.assumed


OWNER = {"owner": {"id": "7", "name": "Example"}, "type": "HASH_PDQ"}


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        (A, ("us", "ask us")),
        (f"hash,license\n{A},MIT", ("us", "MIT")),
        (json.dumps([{"hash": A, "source": " them ", "licence": "MIT"}]), ("them", "MIT")),
        (json.dumps([{"hash": A, "share_level": "AMBER"} | OWNER]), ("Example", "TLP:AMBER")),
        (json.dumps([{"hash": A, "share_level": "UNKNOWN", "owner": 7}]), ("us", "ask us")),
        (json.dumps({"license": "MIT", "data": [{"hash": A, "source": "them"}]}), ("them", "MIT")),
    ],
    ids=["hex", "column", "own words", "ThreatExchange", "unsaid", "whole list"],
)
def test_what_a_list_says_of_its_terms_counts(
    tmp_path: Path, text: str, terms: tuple[str, str]
) -> None:
    """The reader speaks for rows that say nothing, and for no other."""
    options = {"recipe": "pdq256_v1", "giver": "us", "licence": "ask us"}
    (item,) = taken(tmp_path, text, **options)
    assert isinstance(item, HashRow)
    assert (item.source, item.licence) == terms


@pytest.mark.parametrize("bad", ["x" * 257, "no\u202ered"], ids=["long", "bidi"])
def test_terms_that_cannot_be_read_are_refused_by_row(tmp_path: Path, bad: str) -> None:
    """The others are loaded."""
    text = json.dumps([{"hash": A, "licence": bad}, {"hash": B, "owner": {"name": bad}}, A])
    first, second, third = taken(tmp_path, text, recipe="pdq256_v1")
    assert [type(item) for item in (first, second, third)] == [ItemFailure, ItemFailure, HashRow]


SHARED = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<queryResult xmlns="https://hashsharing.example/v2">
  <images count="3">
    <image>
      <member id="42">Example &amp; Sons</member>
      <timestamp>2026-02-01T00:00:00Z</timestamp>
      <id>image1</id>
      <classification>A1</classification>
      <fingerprints><md5>{A[:32]}</md5><pdq>{A}</pdq></fingerprints>
      <feedback><affirmativeFeedback type="Md5"><members><member>Somebody else</member></members>
      </affirmativeFeedback></feedback>
    </image>
    <image><id>image2</id><fingerprints><md5>{A[:32]}</md5></fingerprints></image>
    <deletedImage><id>image3</id></deletedImage>
  </images>
  <videos><video><id>video1</id><fingerprints><md5>{A[:32]}</md5></fingerprints></video></videos>
</queryResult>
"""


def test_a_foreign_xml_is_read(tmp_path: Path) -> None:
    """Pictures with a hash that can be compared; the rest is named, entry by entry."""
    first, *others = taken(tmp_path, SHARED)
    assert first == HashRow(
        note_id="image1",
        author_id="",
        published_at=datetime(2026, 2, 1, tzinfo=UTC),
        image_number=0,
        recipe="pdq256_v1",
        code=bytes.fromhex(A),
        quality=None,
        source="Example & Sons",
    )
    assert [(item.line, told(item).partition(",")[0]) for item in others] == [
        (2, "entry `image2` has no fingerprint that pictures are compared by here"),
        (3, "entry `image3` is a deletion"),
        (4, "entry `video1` is a video"),
    ]


BOMB = '<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;">]><images><image><id>&d;</id></image>'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "brings a document type"),
        ("<images><image>", "no XML"),
        ("<images></image>", "no XML"),
    ],
    ids=["entities", "cut off", "crossed"],
)
def test_bad_xml_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """With a hint, and without growing."""
    with pytest.raises(BadArchive, match=says):
        taken(tmp_path, text)
