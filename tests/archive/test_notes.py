"""Notes from JSONL and folders: what is good comes out whole, what is bad as a failure row."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.archive import count_notes, read_notes
from moderation.archive.json_lines import read_json_lines, read_lines
from moderation.errors import BadArchive, InputError
from moderation.finding import ItemFailure
from moderation.note import Note, NoteImage


def row(note_id="n1", **changes):
    values = {"id": note_id, "author": {"id": "u1"}, "published_at": "2026-11-21T08:00:00Z"}
    return json.dumps(values | changes, ensure_ascii=False)


def write(path, *lines):
    path.write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines))
    return path


def split(source, **options):
    items = list(read_notes(source, **options))
    notes = [item for item in items if isinstance(item, Note)]
    return notes, [item for item in items if isinstance(item, ItemFailure)]


def test_jsonl_gives_every_note_in_order(tmp_path):
    """Notes come out as written, blank lines aside."""
    source = write(tmp_path / "a.jsonl", row("n1", text="你好"), "", row("n2", revision=3), "")
    notes, failures = split(source)
    assert [(n.id, n.text, n.revision) for n in notes] == [("n1", "你好", 1), ("n2", "", 3)]
    assert not failures


def test_image_paths_start_from_the_file(tmp_path, monkeypatch):
    """The working folder does not matter."""
    source = write(tmp_path / "a.jsonl", row(images=[{"path": "81/1.jpg"}]))
    monkeypatch.chdir("/")
    notes, _ = split(source)
    assert notes[0].images[0].path == tmp_path / "81" / "1.jpg"


def test_byte_order_mark_and_gzip_are_understood(tmp_path):
    """A BOM and compression change nothing, whatever the file is called."""
    source = tmp_path / "a.jsonl"
    source.write_bytes(gzip.compress(b"\xef\xbb\xbf" + row().encode()))
    notes, failures = split(source)
    assert [n.id for n in notes] == ["n1"]
    assert not failures


def test_dash_reads_standard_input(monkeypatch):
    """`-` is standard input, plain or gzip."""
    for data in (row().encode(), gzip.compress(row().encode())):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert [n.id for n in split("-")[0]] == ["n1"]


DEEP = b'{"id": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        pytest.param(b'{"id": "n', "not JSON", id="cut_off"),
        pytest.param(b"[1, 2]", "JSON object", id="array"),
        pytest.param(b"7", "JSON object", id="number"),
        pytest.param(b'{"id": "x", "revision": NaN}', "NaN", id="nan"),
        pytest.param(b'{"id": ' + b"9" * 6_000 + b"}", "cannot be read", id="endless_number"),
        pytest.param(DEEP, "deeply", id="deep_nesting"),
        pytest.param(b'{"id": "\xff"}', "UTF-8", id="not_utf8"),
        pytest.param(row().encode("utf-16"), "UTF-8", id="utf16"),
        pytest.param(b'{"id": "x"}', "missing", id="missing_fields"),
        pytest.param(row(7).encode(), "`id`", id="id_is_a_number"),
        pytest.param(row(published_at="yesterday").encode(), "date", id="bad_date"),
        pytest.param(row(published_at="2026-11-21T08:00:00").encode(), "zone", id="naive_date"),
        pytest.param(row(author="u1").encode(), "author", id="author_is_a_string"),
        pytest.param(row(images={"path": "x"}).encode(), "images", id="images_is_an_object"),
        pytest.param(row(images=[{"data": "AAAA"}]).encode(), "bytes", id="data_in_json"),
        pytest.param(row(images=[{"path": "http://x/y.jpg"}]).encode(), "URL", id="url"),
        pytest.param(row(images=[{"path": "a\0b"}]).encode(), "path", id="nul_in_path"),
        pytest.param(row(text="x" * 5_000_000).encode(), "5,000,000", id="five_megabytes"),
        pytest.param(row(text="x" * 9_000_000).encode(), "limit 8,388,608", id="endless_line"),
        pytest.param(row(text="%").encode().replace(b"%", rb"\ud800"), "`text`", id="surrogate"),
        pytest.param(row(kind=["note"] * 9).encode(), "kind", id="unhashable_kind"),
    ],
)
def test_a_bad_line_is_a_failure_row_and_the_rest_goes_on(tmp_path, bad, word):
    """Line number, code, message and hint of the bad line; the lines around it are read."""
    source = write(tmp_path / "a.jsonl", row("before"), bad.replace(b"\n", b""), row("after"))
    notes, failures = split(source)
    assert [n.id for n in notes] == ["before", "after"]
    assert len(failures) == 1
    assert (failures[0].line, failures[0].code) == (2, "bad_note")
    assert word in failures[0].message
    assert failures[0].hint
    json.dumps(failures[0].to_json(), ensure_ascii=False).encode()


def test_the_failure_names_the_note_where_it_can(tmp_path):
    """An id that was readable is in the failure row."""
    _, failures = split(write(tmp_path / "a.jsonl", row("n9", tags="no list")))
    assert failures[0].note_id == "n9"


def test_of_two_equal_revisions_the_first_wins(tmp_path):
    """Same id and revision twice is a failure; another revision is not."""
    source = write(
        tmp_path / "a.jsonl", row(text="first"), row(text="second"), row(text="third", revision=2)
    )
    notes, failures = split(source)
    assert [n.text for n in notes] == ["first", "third"]
    assert [f.line for f in failures] == [2]


def test_a_bad_first_does_not_shadow_a_good_second(tmp_path):
    """Only a note that came out counts as seen."""
    notes, failures = split(write(tmp_path / "a.jsonl", row(text=5), row(text="good")))
    assert [n.text for n in notes] == ["good"]
    assert len(failures) == 1


@pytest.mark.parametrize("path", ["../secret.jpg", "/etc/passwd", "a/../../secret.jpg", "link.jpg"])
def test_no_image_path_leaves_the_folder(tmp_path, path):
    """A hostile archive cannot make us read other files, not even through a link."""
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    source = write(folder / "a.jsonl", row(images=[{"path": path}]))
    notes, failures = split(source)
    assert not notes
    assert "leaves" in failures[0].message
    assert split(source, allow_outside=True)[0]


def test_truncated_gzip_keeps_what_was_read_and_says_so(tmp_path):
    """The lines before the break come out, then one failure."""
    lines = "\n".join(row(f"n{i}", text=os.urandom(200).hex()) for i in range(2_000)).encode()
    source = tmp_path / "a.jsonl.gz"
    source.write_bytes(gzip.compress(lines)[:-100_000])
    notes, failures = split(source)
    assert len(notes) > 500
    assert [f.code for f in failures] == ["bad_archive"]
    assert "breaks off" in failures[0].message


@pytest.mark.parametrize("name", ["missing.jsonl", "a\0b"])
def test_a_missing_file_is_a_bad_archive(tmp_path, name):
    """At once, before the first note is asked for."""
    with pytest.raises(BadArchive):
        read_notes(tmp_path / name)


def test_a_file_as_folder_is_a_bad_archive(tmp_path):
    """The wrong `format` is said plainly."""
    with pytest.raises(BadArchive):
        read_notes(write(tmp_path / "a.jsonl", row()), format="folder")


def test_a_folder_of_pictures_gives_a_note_each(tmp_path):
    """Id from the path, author from the folder, time from the file; others are ignored."""
    for name in ("alice/1.jpg", "alice/2.PNG", "bob/x.webp", "top.jpg", "read.me", ".hid/3.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    os.utime(tmp_path / "top.jpg", (1e9, 1e9))
    notes, failures = split(tmp_path)
    assert {n.id: n.author.id for n in notes} == {
        "alice/1.jpg": "alice",
        "alice/2.PNG": "alice",
        "bob/x.webp": "bob",
        "top.jpg": "",
    }
    top = next(n for n in notes if n.id == "top.jpg")
    assert top.published_at == datetime.fromtimestamp(1e9, UTC)
    assert top.images[0].path == tmp_path / "top.jpg"
    assert not failures
    assert count_notes(tmp_path) == 4


def test_a_folder_with_notes_jsonl_uses_it(tmp_path):
    """The notes file says more than file names do."""
    write(tmp_path / "notes.jsonl", row("real", images=[{"path": "1.jpg"}]))
    (tmp_path / "1.jpg").write_bytes(b"")
    notes, _ = split(tmp_path)
    assert [n.id for n in notes] == ["real"]
    assert count_notes(tmp_path) == 1


def test_a_file_name_that_is_no_unicode_is_a_failure_row(tmp_path):
    """It could not be written into any register."""
    (tmp_path / os.fsdecode(b"\xff.jpg")).write_bytes(b"")
    notes, failures = split(tmp_path)
    assert not notes
    assert failures[0].line == 1
    failures[0].note_id.encode()


@given(st.lists(st.text(max_size=20), max_size=8))
def test_what_to_json_writes_is_read_back(texts):
    """Every note that JSON and UTF-8 can carry survives the way out and in."""
    written = [Note.from_json(json.loads(row(f"n{i}", text=t))) for i, t in enumerate(texts)]
    stream = io.BytesIO("".join(json.dumps(n.to_json()) + "\n" for n in written).encode())
    again = [Note.from_json(r) for _, r in read_json_lines(stream) if not isinstance(r, InputError)]
    assert [n.to_json() for n in again] == [n.to_json() for n in written]


@given(st.binary(max_size=400), st.integers(1, 40))
def test_no_bytes_break_the_line_reader(data, limit):
    """Whatever the bytes, only bounded lines come out, with rising numbers."""
    items = list(read_lines(io.BytesIO(data), limit=limit))
    assert all(isinstance(x, InputError) or 0 < len(x) <= limit + 1 for _, x in items)
    assert [n for n, _ in items] == sorted({n for n, _ in items})
    for _, parsed in read_json_lines(io.BytesIO(data), limit=limit):
        assert isinstance(parsed, dict | InputError)


def test_counting_is_exact_when_small_and_near_when_large(tmp_path):
    """Good enough for a progress bar, without reading everything."""
    assert count_notes(write(tmp_path / "s.jsonl", row(), row())) == 2
    assert count_notes(write(tmp_path / "e.jsonl")) == 0
    large = write(tmp_path / "l.jsonl", *[row(text="x" * (i % 100)) for i in range(20_000)])
    assert count_notes(large) == pytest.approx(20_000, rel=0.02)
    (tmp_path / "z.gz").write_bytes(gzip.compress(row().encode()))
    assert count_notes(tmp_path / "z.gz") is None
    assert count_notes("-") is None
    assert count_notes(tmp_path / "none") is None


def test_images_stay_unread(tmp_path):
    """Reading an archive opens no picture: that is the decoder's affair."""
    notes, failures = split(write(tmp_path / "a.jsonl", row(images=[{"path": "none.jpg"}])))
    assert isinstance(notes[0].images[0], NoteImage)
    assert not failures
