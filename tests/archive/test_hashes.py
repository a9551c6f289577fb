"""Hashes made elsewhere: every layout is read, and no bad one stops the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.archive import HASH_DIGITS, HashRow, read_hashes
from moderation.archive.hashes import _code
from moderation.errors import BadArchive, BadHash, BadSetting
from moderation.finding import ItemFailure

A, B = "0f" * 32, "a5" * 32


def read(tmp_path, text, recipe="pdq256_v1", name="list.txt"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    items = list(read_hashes(path, recipe=recipe))
    rows = [item for item in items if isinstance(item, HashRow)]
    return rows, [item for item in items if isinstance(item, ItemFailure)]


def test_a_plain_list_names_rows_by_line(tmp_path):
    """Without ids, file and line are the name."""
    rows, failures = read(tmp_path, f"# remark\n{A}\n\n0x{B.upper()}\n")
    assert [(r.note_id, r.code.hex()) for r in rows] == [("list:2", A), ("list:4", B)]
    assert not failures


def test_csv_columns_are_read_by_name(tmp_path):
    """Order is free, optional cells may be empty."""
    rows, failures = read(
        tmp_path,
        "note_id,pdq_hex,quality,published_at,author_id,image_number\r\n"
        f'"n,1",{A},88,2020-01-02T03:04:05+0000,u1,2\r\n'
        f"n2,{B},,,,\r\n",
    )
    assert not failures
    assert rows[0] == HashRow(
        note_id="n,1",
        author_id="u1",
        published_at=datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
        image_number=2,
        recipe="pdq256_v1",
        code=bytes.fromhex(A),
        quality=88,
    )
    assert (rows[1].note_id, rows[1].published_at, rows[1].quality) == ("n2", None, None)


INDICATOR = {"id": 12, "indicator": A, "type": "HASH_PDQ", "added_on": "2020-07-24T21:07:23+0000"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps([INDICATOR]), id="list"),
        pytest.param(json.dumps({"data": [INDICATOR], "paging": {}}, indent=1), id="data"),
        pytest.param(json.dumps(INDICATOR) + "\n", id="lines"),
    ],
)
def test_indicators_are_read_in_every_wrapping(tmp_path, text):
    """ThreatExchange's JSON as a list, under `data`, or one a line."""
    rows, failures = read(tmp_path, text)
    assert [(r.note_id, r.code.hex()) for r in rows] == [("12", A)]
    assert rows[0].published_at == datetime(2020, 7, 24, 21, 7, 23, tzinfo=UTC)
    assert not failures


def test_seconds_since_1970_are_a_time(tmp_path):
    """`creation_time` comes as a number too."""
    rows, _ = read(tmp_path, json.dumps([{"hash": A, "creation_time": 1595624843}]))
    assert rows[0].published_at == datetime(2020, 7, 24, 21, 7, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        pytest.param({"hash": "zz" * 32}, "hexadecimal", id="not_hex"),
        pytest.param({"hash": A[:-1]}, "63 digits", id="short"),
        pytest.param({"hash": "٣" * 64}, "hexadecimal", id="other_digits"),
        pytest.param({"hash": 5}, "no string", id="number"),
        pytest.param({}, "missing", id="missing"),
        pytest.param({"hash": A, "quality": 101}, "0–100", id="quality"),
        pytest.param({"hash": A, "quality": 1e400}, "0–100", id="infinite"),
        pytest.param({"hash": A, "added_on": "soon"}, "time", id="time"),
        pytest.param({"hash": A, "added_on": 1e300}, "time", id="far_time"),
        pytest.param({"hash": A, "id": "\u202e"}, "control", id="bidi_id"),
        pytest.param({"hash": A, "type": "HASH_MD5"}, "HASH_PDQ", id="other_type"),
        pytest.param([A], "object", id="list_in_list"),
    ],
)
def test_one_malformed_hash_never_aborts_the_load(tmp_path, bad, word):
    """The bad one is a failure row; those around it are loaded."""
    text = json.dumps([A, bad, {"hash": B}]).replace("Infinity", "1e999")
    rows, failures = read(tmp_path, text)
    assert [r.code.hex() for r in rows] == [A, B]
    assert [f.line for f in failures] == [2]
    assert word in failures[0].message


def test_bad_lines_of_lists_and_csv_are_failures(tmp_path):
    """Bytes that are no text, and rows with too few cells."""
    rows, failures = read(tmp_path, A.encode() + b"\n\xff\xfe\n" + B.encode())
    assert (len(rows), [f.line for f in failures]) == (2, [2])
    rows, failures = read(tmp_path, f"hash,note_id\n{A}\n{B},n2\n")
    assert ([r.note_id for r in rows], [f.line for f in failures]) == (["n2"], [2])


@pytest.mark.parametrize("text", ['[{"hash": ', '{"rows": []}', '{"data": 5}'])
def test_a_broken_document_is_a_bad_archive(tmp_path, text):
    """Nothing in it can be told apart."""
    with pytest.raises(BadArchive):
        read(tmp_path, text)


def test_an_empty_file_holds_no_hashes(tmp_path):
    """Which is no error."""
    assert read(tmp_path, "") == ([], [])


def test_an_unknown_recipe_is_refused(tmp_path):
    """The hint lists the known ones."""
    with pytest.raises(BadSetting) as caught:
        read(tmp_path, A, recipe="md5")
    assert "pdq256_v1" in caught.value.hint


@pytest.mark.parametrize("recipe", sorted(HASH_DIGITS))
@given(data=st.data())
def test_hex_is_read_exactly_or_refused(recipe, data):
    """Every code survives; every other length is refused with both numbers."""
    code = data.draw(st.binary(min_size=1, max_size=40))
    if len(code) * 2 == HASH_DIGITS[recipe]:
        assert _code(code.hex(), recipe) == code
    else:
        with pytest.raises(BadHash, match=f"{len(code) * 2} digits.*{HASH_DIGITS[recipe]}"):
            _code(code.hex(), recipe)
    right = data.draw(
        st.binary(min_size=HASH_DIGITS[recipe] // 2, max_size=HASH_DIGITS[recipe] // 2)
    )
    assert _code(right.hex().upper(), recipe) == right
