"""Archives in stores: the same notes as from a local folder, and failures that are told as there.

A real FTP server answers, and fsspec's store in memory for what FTP cannot be made to do.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kit import ftp_server, pictures

from moderation.archive import count_notes, read_hashes, read_notes
from moderation.archive.object_store import ObjectPath, located
from moderation.archive.store_connections import hidden
from moderation.errors import BadArchive, BadNote, MissingExtra, UnreadableImage
from moderation.finding import ItemFailure
from moderation.image.decode import decode
from moderation.note import Note, NoteImage

AT = "2026-03-01T08:00:00+00:00"


def row(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "author": {"id": "ann"}, "published_at": AT, "images": [], **fields}


def lines(*rows: Any) -> bytes:
    return "\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Archives of every form, each in a folder of its own."""
    root = tmp_path_factory.mktemp("stored")
    shown = pictures.encoded(pictures.scene(1))
    (root / "lines" / "img").mkdir(parents=True)
    (root / "lines" / "img" / "1.png").write_bytes(shown)
    rows = [
        row("n1", images=[{"path": "img/1.png"}]),
        "not json",
        row("n2", images=[{"path": "img/gone.png"}]),
        row("n3", images=[{"path": "../secret.png"}]),
        row("n4", images=[{"path": "ftp://127.0.0.1/secret.png"}]),
        row("n5", images=[{"path": "/etc/passwd"}]),
        row("n1"),
    ]
    (root / "lines" / "notes.jsonl").write_bytes(lines(*rows))
    (root / "secret.png").write_bytes(shown)
    (root / "gzip.jsonl.gz").write_bytes(gzip.compress(lines(row("z1"), row("z2"))))
    table = pa.table(
        {
            "id": ["p1", "p2"],
            "author_id": ["ann", "ben"],
            "published_at": [AT, AT],
            "images": [[{"data": shown, "path": None}], [{"data": None, "path": "../img/1.png"}]],
        }
    )
    for lang in ("zh", "en"):
        (root / "parts" / f"lang={lang}").mkdir(parents=True)
    pq.write_table(table.slice(0, 1), root / "parts" / "lang=zh" / "part-0.parquet")
    pq.write_table(table.slice(1), root / "parts" / "lang=en" / "part-1.parquet")
    (root / "parts" / "_temporary").mkdir()
    (root / "parts" / "_temporary" / "half.parquet").write_bytes(b"PAR1")
    (root / "parts" / "img").mkdir()
    (root / "parts" / "img" / "1.png").write_bytes(shown)
    (root / "tar").mkdir()
    with tarfile.open(root / "tar" / "shard.tar", "w") as shard:
        for name, data in (("a.json", lines(row("t1", images=None))), ("a.0.png", shown)):
            about = tarfile.TarInfo(name)
            about.size = len(data)
            shard.addfile(about, io.BytesIO(data))
    for author in ("ann", "ben"):
        (root / "pictures" / author).mkdir(parents=True)
        file = root / "pictures" / author / "1.png"
        file.write_bytes(shown)
        os.utime(file, (1_770_000_000, 1_770_000_000))
    (root / "hashes.txt").write_text("f0" * 32)
    return root


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """Of the same, over FTP."""
    with ftp_server.serving(folder) as url:
        yield url


ARCHIVES = ("lines", "lines/notes.jsonl", "gzip.jsonl.gz", "parts", "tar", "tar/shard.tar")
SINGLE = ("parts/lang=zh/part-0.parquet", "pictures")


def told(items: Iterator[Note | ItemFailure], root: Path | None) -> list[Any]:
    """What notes say and show; local paths from the archive on, as those of a store are."""
    out: list[Any] = []
    for item in items:
        if isinstance(item, ItemFailure):
            out.append((item.code, item.note_id, item.line))
            continue
        said = item.to_json()
        for image in said["images"]:
            if root is not None and "path" in image:
                image["path"] = Path(os.path.relpath(image["path"], root)).as_posix()
        pixels = []
        for image in item.images:
            try:
                pixels.append(decode(image).sha256)
            except UnreadableImage as error:
                pixels.append(error.message)
        out.append((said, pixels))
    return out


@pytest.mark.parametrize("name", [*ARCHIVES, *SINGLE])
def test_a_store_gives_what_a_folder_gives(folder: Path, url: str, name: str) -> None:
    """Notes, failures, pictures and counts, in every form of an archive."""
    place = folder / name
    root = place if place.is_dir() else place.parent
    here = told(read_notes(place), root)
    assert told(read_notes(f"{url}/{name}"), None) == here
    assert told(read_notes(place.as_uri()), root) == here  # `file://` is a path
    assert count_notes(f"{url}/{name}") == count_notes(place)
    assert any(isinstance(one[0], dict) for one in here)


def test_pictures_stay_in_the_archive(url: str) -> None:
    """Neither a way up, nor a URL, nor a path of the server is followed, with whatever option."""
    for allowed in (False, True):
        items = list(read_notes(f"{url}/lines", allow_outside=allowed))
        codes = [item.code for item in items if isinstance(item, ItemFailure)]
        assert codes == ["bad_note"] * 5
        named = [image.file.path for item in items if isinstance(item, Note)
                 for image in item.images if image.file is not None]  # fmt: skip
        assert named == ["img/1.png", "img/gone.png"]


def test_a_picture_is_read_when_it_is_looked_at(folder: Path, url: str) -> None:
    """A note holds a reference, which a process of a scan takes along and reads."""
    (note, *_) = (item for item in read_notes(f"{url}/lines") if isinstance(item, Note))
    (image,) = note.images
    assert image.data is None
    assert image.file is not None
    again = pickle.loads(pickle.dumps(image))
    whole = (folder / "lines" / "img" / "1.png").read_bytes()
    assert again.file.read(1 << 30) == whole
    assert again.file.read(10) == whole[:10]
    assert again.file.stamp()[0] == len(whole)


def test_hashes_come_from_a_store_too(url: str) -> None:
    """Whatever reads files reads these."""
    (read,) = read_hashes(f"{url}/hashes.txt", recipe="pdq256_v1")
    assert not isinstance(read, ItemFailure)
    assert (read.code, read.note_id) == (b"\xf0" * 32, "hashes:1")


@pytest.mark.parametrize("name", ["none.jsonl", "lines/none"])
def test_what_is_missing_is_told_without_the_password(url: str, name: str) -> None:
    """A message may be read by many."""
    with pytest.raises(BadArchive, match="No such file") as caught:
        list(read_notes(f"{url}/{name}"))
    assert ftp_server.PASSWORD not in str(caught.value)
    assert name in caught.value.message


def test_nobody_there_is_told_without_the_password() -> None:
    """No server, no traceback."""
    with pytest.raises(BadArchive, match="cannot open") as caught:
        list(read_notes(f"ftp://u:{ftp_server.PASSWORD}@127.0.0.1:1/notes.jsonl"))
    assert ftp_server.PASSWORD not in str(caught.value)


def test_a_broken_connection_is_a_failure(tmp_path: Path) -> None:
    """What came before is read; the rest is named, never passed over in silence."""
    rows = [row(f"n{i}", text="long enough to be cut off " * 200) for i in range(2_000)]
    (tmp_path / "notes.jsonl").write_bytes(lines(*rows))
    with ftp_server.serving(tmp_path, cut_after=6_000_000) as url:
        *read, last = list(read_notes(f"{url}/notes.jsonl"))
    assert 0 < len(read) < 2_000
    assert all(isinstance(item, Note) for item in read)
    assert isinstance(last, ItemFailure)
    assert last.code == "bad_archive"
    assert "breaks off after line" in last.message


def test_a_server_that_went_away_is_a_failure(tmp_path: Path) -> None:
    """Pictures of a note that was read before cannot be read any more."""
    (tmp_path / "1.png").write_bytes(pictures.encoded(pictures.scene(1)))
    (tmp_path / "notes.jsonl").write_bytes(lines(row("n1", images=[{"path": "1.png"}])))
    with ftp_server.serving(tmp_path) as url:
        (note,) = read_notes(f"{url}/notes.jsonl")
    assert isinstance(note, Note)
    with pytest.raises(UnreadableImage, match=r"cannot read `1\.png`"):
        decode(note.images[0])


@pytest.fixture
def memory() -> Iterator[Any]:
    """A store in memory, empty."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    yield store
    store.store.clear()


def test_parquet_is_not_fetched_whole(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns that no note has stay where they are."""
    junk = [os.urandom(1 << 20) for _ in range(16)]
    names = [f"n{i}" for i in range(16)]
    table = {"id": names, "author_id": names, "published_at": [AT] * 16, "junk": junk}
    with memory.open("memory://big/notes.parquet", "wb") as file:
        pq.write_table(pa.table(table), file, row_group_size=4)
    size = memory.info("/big/notes.parquet")["size"]
    fetched = 0
    opened = type(memory)._open

    class Counted(io.BytesIO):
        """Knows how much was asked of it."""

        def read(self, count: int | None = -1, /) -> bytes:
            nonlocal fetched
            data = super().read(count)
            fetched += len(data)
            return data

    monkeypatch.setattr(
        type(memory), "_open", lambda self, path, *a, **o: Counted(opened(self, path).getvalue())
    )
    assert [item.id for item in read_notes("memory://big") if isinstance(item, Note)] == names
    assert 0 < fetched < size / 2


def test_a_file_shorter_than_its_size_breaks_off(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that ends early without a word is not believed."""
    memory.pipe("/cut/notes.jsonl", lines(row("n1"), row("n2")))
    told = type(memory).info
    monkeypatch.setattr(
        type(memory), "info", lambda self, path, **o: told(self, path) | {"size": 10_000}
    )
    *_, last = list(read_notes("memory://cut/notes.jsonl"))
    assert isinstance(last, ItemFailure)
    assert "of 10,000 bytes" in last.message


def test_a_stamp_changes_with_the_content(memory: Any) -> None:
    """By time, where there is no digest; a scan looks again at what changed."""
    memory.pipe("/s/1.png", b"one")
    before = located("memory://s/1.png")
    assert isinstance(before, ObjectPath)
    first = before.stamp()
    memory.pipe("/s/1.png", b"two")
    assert before.stamp() != first
    assert before.stamp()[0] == 3


def test_a_missing_package_is_named() -> None:
    """Which one, and how to get it; nothing else is tried."""
    with pytest.raises(MissingExtra, match="`s3://` wants a package") as caught:
        list(read_notes("s3://bucket/notes.jsonl"))
    assert "s3fs" in str(caught.value)


@pytest.mark.parametrize(
    "source", ["nothing://a/b", "simplecache::ftp://a/b"], ids=["unknown", "chained"]
)
def test_other_urls_are_refused(source: str) -> None:
    """With a hint."""
    with pytest.raises(BadArchive) as caught:
        list(read_notes(source))
    assert caught.value.hint


def test_a_url_is_shown_without_its_password() -> None:
    """Users are told apart by nobody who reads logs."""
    assert hidden("ftp://u:p@host/a@b") == "ftp://host/a@b"
    assert hidden("folder/a@b") == "folder/a@b"


def test_a_note_cannot_bring_a_file_along() -> None:
    """Only an archive's reader says where a picture lies."""
    with pytest.raises(BadNote, match="exactly one of"):
        Note.from_json(row("n1", images=[{"file": "ftp://127.0.0.1/1.png"}]))
    with pytest.raises(BadNote, match="a file of an archive"):
        NoteImage(file="ftp://127.0.0.1/1.png")  # type: ignore[arg-type]
