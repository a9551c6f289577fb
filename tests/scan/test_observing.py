"""A scan can be stopped, killed and disturbed at any time; what it wrote is whole and the same."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kit import scan_children
from kit.scan_children import a_row, archive, children_of, dies_of_deadly, files_of, hangs_on_deadly
from kit.small_disk import small_disk

from moderation.archive import read_notes
from moderation.errors import BadArchive, StoreBusy, StoreUnwritable
from moderation.scan import Observed, observe
from moderation.scan.observing import _Done, _Task, _without_the_deadly
from moderation.scan.place import Place
from moderation.scan.shards import cut
from moderation.scan.tables import NOTES, PICTURES, TABLES
from moderation.workers import Workers

QUICK = ("lettering", "codes", "watermark")
NOTE_COUNT = 10


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive(tmp_path_factory.mktemp("archive"), NOTE_COUNT)


@pytest.fixture(scope="module")
def whole(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """A scan that nobody disturbed."""
    return scan(source, tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def undisturbed(whole: Observed) -> dict[str, bytes]:
    """What it wrote."""
    return files_of(whole.place.folder.parents[1])


@pytest.fixture
def out(whole: Observed, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(whole.place.folder.parents[1], tmp_path / "out")
    return tmp_path / "out"


def folder_in(out: Path) -> Path:
    (folder,) = (out / "observed").iterdir()
    return folder


def scan(source: Path, out: Path, **options: object) -> Observed:
    chosen: dict[str, object] = {"workers": 1, "shard_rows": 2, "without": QUICK}
    return observe(source, out, **(chosen | options))  # type: ignore[arg-type]


def table(observed: Observed, name: str) -> pa.Table:
    files = sorted((observed.place.folder / name).glob("part-*.parquet"))
    return pa.concat_tables([pq.read_table(file) for file in files])


def child(source: Path, out: Path, pause_s: float = 0) -> subprocess.Popen[str]:
    tests = str(Path(scan_children.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "kit.scan_children", str(source), str(out), str(pause_s)],
        env=os.environ | {"PYTHONPATH": tests},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_every_row_is_there_once_in_order(whole: Observed) -> None:
    """Notes, the line that is none, the picture that is none."""
    notes, pictures = table(whole, "notes"), table(whole, "pictures")
    assert notes.schema.equals(NOTES)
    assert pictures.schema.equals(PICTURES)
    ids = [f"n{number}" for number in range(NOTE_COUNT)]
    assert notes["note_id"].to_pylist() == [*ids, None]
    assert notes["error_code"].to_pylist() == [*[None] * NOTE_COUNT, "bad_note"]
    assert notes["line"].to_pylist()[-1] == NOTE_COUNT + 1
    assert pictures["note_id"].to_pylist() == [i for i in ids if i != "n3"]
    assert "image.undecodable" in notes["findings"].to_pylist()[3]
    wanted = (NOTE_COUNT + 1, 0, 1, NOTE_COUNT - 1, 1, 0, True)
    assert wanted == (
        whole.rows,
        whole.known,
        whole.failed,
        whole.pictures,
        whole.undecodable,
        whole.unanswered,
        whole.complete,
    )
    assert 50e6 < whole.memory < 8e9


def test_any_number_of_workers_writes_the_same(
    source: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """Three processes, other order of work, the same bytes."""
    scan(source, tmp_path, workers=3)
    assert files_of(tmp_path) == undisturbed


def test_second_run_does_nothing(source: Path, out: Path) -> None:
    """No file is written again."""
    before = {p: p.stat().st_mtime_ns for p in out.rglob("part-*")}
    again = scan(source, out)
    assert again.known == again.rows == NOTE_COUNT + 1
    assert again.complete
    assert before == {p: p.stat().st_mtime_ns for p in out.rglob("part-*")}


def test_time_that_is_up_leaves_the_rest_for_later(
    source: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """Not complete, then complete, with nothing done twice."""
    first = scan(source, tmp_path, max_duration_s=0)
    assert (first.rows, first.complete) == (0, False)
    begun = time.monotonic()

    def slow(now: Observed) -> None:
        time.sleep(max(0.0, begun + 3 - time.monotonic()))  # the first shard takes all the time

    second = scan(source, tmp_path, max_duration_s=1, progress=slow)
    assert not second.complete
    assert 0 < second.rows < NOTE_COUNT
    third = scan(source, tmp_path)
    assert (third.known, third.complete) == (second.rows, True)
    assert files_of(tmp_path) == undisturbed


def test_kill_9_loses_what_was_under_way(
    source: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """The whole scan killed at random moments, again and again, ends as if nothing had been."""
    rng = random.Random(7)
    done = 0
    for _ in range(3):
        process = child(source, tmp_path)
        assert process.stdout is not None
        for _ in zip(process.stdout, range(done + rng.randint(0, 2)), strict=False):
            pass
        time.sleep(rng.uniform(0, 0.5))
        process.kill()
        process.communicate()
        receipts = len(list(tmp_path.glob("observed/*/done/part-*.json")))
        assert receipts >= done
        done = receipts
    assert done
    waiting_until(lambda: not is_held(tmp_path))
    scan(source, tmp_path)
    assert files_of(tmp_path) == undisturbed


def is_held(out: Path) -> bool:
    try:
        with Place(folder_in(out), TABLES).held():
            return False
    except StoreBusy:
        return True


def waiting_until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_worker_that_is_killed_is_replaced(
    source: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """By an operator, or by want of memory: nothing is lost, no note is blamed."""
    process = child(source, tmp_path, pause_s=0.5)
    assert process.stdout is not None
    process.stdout.readline()
    workers = [pid for pid in children_of(process.pid) if "spawn_main" in command_of(pid)]
    assert workers
    os.kill(workers[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert files_of(tmp_path) == undisturbed


def test_what_a_killed_worker_left_half_written_goes_with_the_run(tmp_path: Path) -> None:
    """And what one that was killed with its scan left goes before the next begins."""
    place = Place.within(tmp_path, "observed", "detectors", {"decode": "1"}, TABLES)
    draft = place.file("notes", 3).with_name(".part-000003.parquet.99.draft")
    draft.write_bytes(b"half")
    with place.held():
        assert not draft.exists()
        draft.write_bytes(b"half")
    assert not draft.exists()


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def test_ctrl_c_ends_at_once_and_leaves_nobody(source: Path, tmp_path: Path) -> None:
    """No worker stays, and the folder is free."""
    process = child(source, tmp_path, pause_s=2)  # however busy the machine, it is not done yet
    assert process.stdout is not None
    process.stdout.readline()
    workers = list(children_of(process.pid))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode != 0
    waiting_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    assert not is_held(tmp_path)


@pytest.mark.parametrize("work", [dies_of_deadly, hangs_on_deadly])
def test_note_that_kills_its_worker_is_a_failure(
    work: Callable[[_Task], _Done], tmp_path: Path
) -> None:
    """The others of its shard are observed all the same."""
    path = archive(tmp_path / "archive", 3)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([lines[0], a_row("deadly", "1.jpg"), lines[2]]), "utf-8")
    (shard,) = cut(read_notes(path), 8, path.parent)
    place = Place.within(tmp_path / "out", "observed", "detectors", {"decode": "1"}, TABLES)
    pool = Workers(work, 1)
    done = _without_the_deadly(pool, _Task(shard=shard, place=place, without=QUICK))
    pool.close()
    assert [done.receipt.counts[name] for name in ("rows", "failed", "pictures")] == [3, 1, 2]
    rows = pq.read_table(place.folder / "notes" / "part-000000.parquet").to_pylist()
    assert [row["error_code"] for row in rows] == [None, "worker_died", None]
    assert rows[1]["note_id"] == "deadly"
    assert place.receipt(0, shard.digest) == done.receipt  # and is not tried again


def test_changed_archive_is_looked_at_where_it_changed(tmp_path: Path) -> None:
    """Notes that were added, a picture that was replaced; what was cut off is gone."""
    path, out = archive(tmp_path / "archive", 8), tmp_path / "out"
    scan(path, out)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, a_row("new", "0.jpg")]), "utf-8")
    (path.parent / "5.jpg").write_bytes((path.parent / "6.jpg").read_bytes())
    longer = scan(path, out)
    assert (longer.rows, longer.known) == (10, 6)
    assert table(longer, "notes")["note_id"].to_pylist()[-1] == "new"
    digests = table(longer, "pictures")["sha256"].to_pylist()
    assert digests[4] == digests[5]
    path.write_text("\n".join(lines[:3]), "utf-8")
    shorter = scan(path, out)
    assert table(shorter, "notes")["note_id"].to_pylist() == ["n0", "n1", "n2"]
    fresh = scan(path, tmp_path / "fresh")
    assert files_of(shorter.place.folder) == files_of(fresh.place.folder)


def test_archive_that_breaks_off_costs_nothing_that_was_done(tmp_path: Path) -> None:
    """A file half fetched, or a disk that fails: once it is whole, little is done again."""
    path, out = archive(tmp_path / "archive", 8), tmp_path / "out"
    packed = path.with_suffix(".jsonl.gz")
    whole = gzip.compress(path.read_bytes(), mtime=0)
    packed.write_bytes(whole)
    before = files_of(scan(packed, out).place.folder)
    packed.write_bytes(whole[: len(whole) // 3])
    broken = scan(packed, out)
    assert broken.failed
    assert before.keys() == files_of(broken.place.folder).keys()
    packed.write_bytes(whole)
    assert files_of(scan(packed, out).place.folder) == before


def test_damaged_file_is_written_again(
    source: Path, undisturbed: dict[str, bytes], out: Path
) -> None:
    """A file cut short by a power failure, a receipt of nonsense, a file somebody removed."""
    place = folder_in(out)
    short = place / "notes" / "part-000001.parquet"
    short.write_bytes(short.read_bytes()[:100])
    (place / "done" / "part-000002.json").write_text("[1]")
    (place / "pictures" / "part-000003.parquet").unlink()
    again = scan(source, out)
    assert again.rows - again.known == 6
    assert files_of(out) == undisturbed


def test_other_detectors_have_a_folder_of_their_own(source: Path, out: Path) -> None:
    """What was observed before stays, and is not mistaken."""
    before = folder_in(out)
    other = scan(source, out, without=("lettering", "codes"))
    assert other.place.folder != before
    assert other.known == 0
    assert before.is_dir()
    said = json.loads((other.place.folder / "detectors.json").read_bytes())
    assert said["lettering"].startswith("off")
    assert not said["watermark"].startswith("off: left out")


def test_two_scans_do_not_write_to_one_folder(source: Path, out: Path) -> None:
    """The second is told so."""
    with Place(folder_in(out), TABLES).held(), pytest.raises(StoreBusy, match="another scan"):
        scan(source, out)


def test_full_disk_is_an_error_and_what_was_done_stays(
    source: Path, undisturbed: dict[str, bytes]
) -> None:
    """With room again, the next run does the rest."""
    with small_disk("150k") as disk:
        with pytest.raises(StoreUnwritable, match="cannot write"):
            scan(source, disk.folder / "out")
        disk.mount("remount,size=8m")
        rest = scan(source, disk.folder / "out")
        assert 0 < rest.known < rest.rows
        assert files_of(disk.folder / "out") == undisturbed


def test_files_are_for_their_owner_alone(whole: Observed) -> None:
    """Fingerprints are personal data."""
    place = whole.place.folder
    for path in place.rglob("part-*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert place.stat().st_mode & 0o077 == 0


def test_tar_shards_and_tables_are_observed_alike(tmp_path: Path) -> None:
    """Pictures that come along in the archive, not beside it."""
    path = archive(tmp_path / "loose", 3)
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()[:3]]
    data = [(path.parent / f"{i}.jpg").read_bytes() for i in range(3)]
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for i, row in enumerate(rows):
            (path.parent / "note.json").write_text(json.dumps(row | {"images": []}))
            tar.add(path.parent / "note.json", f"{i}.json")
            tar.add(path.parent / f"{i}.jpg", f"{i}.jpg")
    flat = [
        {**row, "published_at": row["published_at"], "images": [{"data": some}]}
        for row, some in zip(rows, data, strict=True)
    ]
    pq.write_table(pa.Table.from_pylist(flat), tmp_path / "a.parquet")
    seen = [
        table(scan(tmp_path / name, tmp_path / f"out of {name}"), "pictures").to_pylist()
        for name in ("loose/notes.jsonl", "a.tar", "a.parquet")
    ]
    assert len(seen[0]) == 3
    assert seen[0] == seen[1] == seen[2]


def test_standard_input_is_refused(tmp_path: Path) -> None:
    """A second run could not read it again."""
    with pytest.raises(BadArchive, match="standard input"):
        observe("-", tmp_path, workers=1)


def test_missing_archive_leaves_no_folder(tmp_path: Path) -> None:
    """A slip of the pen makes nothing."""
    with pytest.raises(BadArchive):
        scan(tmp_path / "nothing.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()
