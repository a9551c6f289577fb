"""Pictures of an archive and those published before them: what is found, what is done again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from kit.notes import MORNING, photo
from kit.pictures import bordered, recompressed, scene
from kit.scan_children import dies_of_crops, files_of
from kit.small_disk import small_disk
from kit.told_archive import QUICK, row, story, written

from moderation import Gate
from moderation.archive import read_notes
from moderation.errors import BadArchive, RecipeMismatch, StoreBusy, StoreUnwritable
from moderation.match import Match
from moderation.note import Note
from moderation.scan import Paired, layout, observe, pair
from moderation.scan import pairing as module
from moderation.scan.inputs import Inputs
from moderation.scan.layout import CONTENTS, Layout
from moderation.scan.tables import PAIRS
from moderation.workers import Deadly, Workers

SHARD_ROWS = 3


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("archive"), story(), bad=1)


@pytest.fixture(scope="module")
def observed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("observed")
    looked_at(source, out)
    return out


@pytest.fixture(scope="module")
def whole(source: Path, observed: Path, tmp_path_factory: pytest.TempPathFactory) -> Paired:
    out = tmp_path_factory.mktemp("paired") / "out"
    shutil.copytree(observed, out)
    return paired(source, out)


@pytest.fixture
def out(whole: Paired, tmp_path: Path) -> Path:
    """A copy of a scan that is paired."""
    shutil.copytree(whole.place.folder.parents[1], tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def fresh(observed: Path, tmp_path: Path) -> Path:
    """A copy of one that is observed only."""
    shutil.copytree(observed, tmp_path / "fresh")
    return tmp_path / "fresh"


def looked_at(source: Path, out: Path) -> None:
    observe(source, out, workers=1, without=QUICK, shard_rows=SHARD_ROWS)


def paired(source: Path, out: Path, **options: Any) -> Paired:
    return pair(source, out, **({"workers": 1, "without": QUICK} | options))


def rows_of(place: Paired) -> list[dict[str, Any]]:
    files = sorted((place.place.folder / "pairs").glob("part-*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def shown(place: Paired) -> dict[tuple[str, int], set[str]]:
    """Picture → notes that it shows pictures of."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one in rows_of(place):
        found[one["note_id"], one["image_number"]] |= {
            match["note_id"] for match in json.loads(one["matches"])
        }
    return dict(found)


def pairs_in(out: Path) -> dict[str, bytes]:
    """Everything but what is only searched among."""
    found = files_of(out / "paired")
    return {name: data for name, data in found.items() if "/layout/" not in name}


def test_copies_are_found_and_originals_show_nothing(whole: Paired) -> None:
    """Only what was published before; of two published at once, the first in the archive."""
    found = shown(whole)
    assert found["crop", 0] >= {"coffee"}
    assert found["mirrored", 0] == {"chelsea"}
    assert found["cells", 0] >= {"coffee", "chelsea"}
    assert found["again", 0] >= {"coffee"}
    assert found["late-copy", 0] >= {"coffee"}
    assert found["at-once", 0] == {"coffee"}
    assert found["two", 0] == {"rocket"}
    for note_id in ("coffee", "chelsea", "rocket", "selling", "alone"):
        assert found[note_id, 0] == set(), note_id
    assert found["chelsea", 1] == found["two", 1] == set()
    counts = whole.counts
    assert (counts.pictures, counts.unanswered) == (len(rows_of(whole)), 0)
    assert counts.matches == sum(len(json.loads(one["matches"])) for one in rows_of(whole))
    assert counts.showing == sum(one["matches"] != "[]" for one in rows_of(whole))
    assert whole.complete
    assert counts.decoded < counts.pictures  # who is like nobody is not decoded again


def test_a_note_is_no_copy_of_its_own_earlier_revision(whole: Paired) -> None:
    """Nor of its other pictures; the second revision shows what the first one showed."""
    rows = [one for one in rows_of(whole) if one["note_id"] == "two"]
    assert len(rows) == 4
    for one in rows:
        assert "two" not in {match["note_id"] for match in json.loads(one["matches"])}


def test_tables_are_as_they_say(whole: Paired) -> None:
    """A row for each readable picture, with what makes a match a proof."""
    (first, *_) = (whole.place.folder / "pairs").glob("part-*.parquet")
    assert pq.read_table(first).schema.equals(PAIRS)
    (one,) = [one for one in rows_of(whole) if one["note_id"] == "crop"]
    (best, *_) = json.loads(one["matches"])
    assert best["basis"] == "geometry"
    assert best["direction"] == "query_in_original"
    assert len(best["sha256"]) == 64
    assert one["tried"] >= one["works"] >= 1


def test_pairs_are_what_the_gate_finds(source: Path, whole: Paired, tmp_path: Path) -> None:
    """The same works, note by note in order of time, all that was published before in a register.

    Of a work that several show, which of them are compared is a matter of chance.
    """
    rows = {(one["note_id"], one["image_number"]): one["matches"] for one in rows_of(whole)}
    notes = [note for note in read_notes(source) if isinstance(note, Note)]
    compared = 0
    with Gate.open(tmp_path / "register") as gate:

        def work(match: Any) -> int:
            pictures = gate.register.pictures_of_note(match.note_id)
            return next(p.work_id for p in pictures if p.image_number == match.image_number)

        for note in sorted(notes, key=lambda note: note.published_at or MORNING):
            for number, image in enumerate(note.images):
                by_gate = gate.find_copies(image, limit=99)
                by_scan = [Match.from_json(one) for one in json.loads(rows[note.id, number])]
                others = {work(match) for match in by_gate if match.note_id != note.id}
                assert others == {work(match) for match in by_scan}, (note.id, number)
                compared += len(others)
            gate.register_many([note])
    assert compared >= 9


@pytest.mark.slow
def test_any_number_of_workers_writes_the_same(source: Path, fresh: Path, out: Path) -> None:
    paired(source, fresh, workers=3)
    assert pairs_in(fresh) == pairs_in(out)


def test_second_run_does_nothing(source: Path, out: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    again = paired(source, out, laying_out=lambda: pytest.fail("nothing has changed"))
    assert again.known == again.counts.pictures > 0
    assert again.complete
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}


@pytest.mark.parametrize("harm", ["cut short", "removed", "receipt"])
def test_what_is_damaged_is_done_again(source: Path, out: Path, harm: str) -> None:
    """And only that."""
    wanted = pairs_in(out)
    (place,) = (out / "paired").iterdir()
    table = place / "pairs" / "part-000001.parquet"
    if harm == "cut short":
        table.write_bytes(table.read_bytes()[:50])
    elif harm == "removed":
        table.unlink()
    else:
        (place / "done" / "part-000001.json").write_text("nonsense")
    again = paired(source, out)
    assert 0 < again.counts.pictures - again.known <= 2 * SHARD_ROWS
    assert pairs_in(out) == wanted


def test_layout_that_was_begun_is_made_anew(source: Path, out: Path) -> None:
    """Its list of contents is written last; without it, nothing there counts."""
    wanted = pairs_in(out)
    (place,) = (out / "paired").iterdir()
    (place / "layout" / CONTENTS).unlink()
    told: list[str] = []
    assert paired(source, out, laying_out=lambda: told.append("made")).complete
    assert told == ["made"]
    assert pairs_in(out) == wanted


def test_time_that_is_up_leaves_the_rest_for_later(source: Path, fresh: Path, out: Path) -> None:
    first = paired(source, fresh, max_duration_s=0)
    assert (first.complete, first.counts.pictures) == (False, 0)
    assert paired(source, fresh).complete
    assert pairs_in(fresh) == pairs_in(out)


@pytest.mark.slow
def test_killed_at_any_moment(source: Path, fresh: Path, out: Path) -> None:
    """What a killed scan had done is not done again, and the end is the same."""
    options = [word for name in QUICK for word in ("--without", name)]
    for seconds in (3, 4.5, 6):
        child = subprocess.Popen(
            [
                *(sys.executable, "-m", "moderation", "scan", "pair", str(source)),
                *("--out", str(fresh), "--workers", "2", *options),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=seconds)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    assert paired(source, fresh).complete
    assert pairs_in(fresh) == pairs_in(out)


def test_archive_that_was_not_observed(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BadArchive, match="nothing is observed"):
        paired(source, tmp_path / "none")


def test_archive_that_changed_since(source: Path, fresh: Path, tmp_path: Path) -> None:
    """Another note, one more, one less: the scan says so, and what to do."""
    lines = source.read_text(encoding="utf-8").splitlines()
    changed = shutil.copytree(source.parent, tmp_path / "changed") / "notes.jsonl"
    for said in (lines[:-3], [*lines, *lines[:3]], [lines[0].replace("公园", "江边"), *lines[1:]]):
        changed.write_text("\n".join(said) + "\n", encoding="utf-8")
        with pytest.raises(BadArchive) as caught:
            paired(changed, fresh)
        assert "scan observe" in caught.value.hint


def test_archive_observed_by_other_detectors(source: Path, fresh: Path) -> None:
    """What was left out belongs to the observation."""
    with pytest.raises(BadArchive, match="nothing is observed"):
        paired(source, fresh, without=("lettering",))


def test_pictures_of_a_register_count_whenever_they_were_published(
    source: Path, fresh: Path, tmp_path: Path
) -> None:
    """A register that got the astronaut later than the archive has it, and one note of this."""
    register = tmp_path / "register"
    notes = {note.id: note for note in read_notes(source) if isinstance(note, Note)}
    later = read_notes(
        written(tmp_path / "later", [row("proof", "owner", 99, bordered(photo("astronaut")))])
    )
    with Gate.open(register) as gate:
        gate.register_many([notes["coffee"], *later])
        held = {p.picture_id for p in gate.register.pictures_of_note("coffee")}
    found = paired(source, fresh, register=str(register))
    assert shown(found)["alone", 0] == {"proof"}
    assert shown(found)["coffee", 0] == set()  # the register's own is no other
    rows = {(one["note_id"], one["image_number"]): one for one in rows_of(found)}
    assert {rows["coffee", 0]["number"]} == held
    matches = json.loads(rows["crop", 0]["matches"])
    assert {m["picture_id"] for m in matches if m["note_id"] == "coffee"} == held
    alone = paired(source, fresh)  # without the register: another folder, both are kept
    assert alone.place.folder != found.place.folder
    assert shown(alone)["alone", 0] == set()


def test_register_that_grew_is_asked_again(source: Path, fresh: Path, tmp_path: Path) -> None:
    register = str(tmp_path / "register")
    with Gate.open(register):
        pass
    assert shown(paired(source, fresh, register=register))["alone", 0] == set()
    with Gate.open(register) as gate:
        one = row("proof", "owner", 99, bordered(photo("astronaut")))
        gate.register_many(read_notes(written(tmp_path / "later", [one])))
    again = paired(source, fresh, register=register)
    assert again.known == 0
    assert shown(again)["alone", 0] == {"proof"}


def test_register_that_grows_while_it_is_laid_out(
    source: Path, fresh: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The numbers it gives meanwhile mean other pictures in the scan: they are left out."""
    register = str(tmp_path / "register")
    first = written(tmp_path / "first", [row("held", "live", 0, scene(50, 300, 400))])
    (more,) = read_notes(written(tmp_path / "more", [row("more", "live", 0, photo("coffee"))]))
    with Gate.open(register) as gate:
        gate.register_many(read_notes(first))

        def written_late(*given: Any, **named: Any) -> None:
            gate.register_many([more])
            write(*given, **named)

        write = layout.write_features
        monkeypatch.setattr(layout, "write_features", written_late)
        found = paired(source, fresh, register=register)
    assert found.counts.unanswered == 0
    assert shown(found) == shown(paired(source, out))


def test_register_described_by_another_model(
    source: Path, fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pictures cannot be compared with these."""
    register = str(tmp_path / "register")
    with Gate.open(register) as gate:
        gate.register_many(read_notes(source))
    monkeypatch.setattr(
        "moderation.store.reading.Reading.descriptor_recipe", lambda _: "another_v9"
    )
    with pytest.raises(RecipeMismatch, match="another_v9"):
        paired(source, fresh, register=register)


def test_two_scans_do_not_mix(source: Path, out: Path) -> None:
    place = Inputs.of(out, QUICK, None).place
    with place.held(), pytest.raises(StoreBusy, match="another scan"):
        paired(source, out)


def test_full_disk_is_told(source: Path, fresh: Path, out: Path) -> None:
    """Whatever the disk ends in; then it goes on, to the same."""
    with small_disk("16m") as disk:
        shutil.copytree(fresh, disk.folder / "out")
        for left in (0, 16_384):
            filler = disk.folder / "filler"
            filler.write_bytes(b"x" * (shutil.disk_usage(disk.folder).free - left))
            with pytest.raises(StoreUnwritable):
                paired(source, disk.folder / "out")
            filler.unlink()
        assert paired(source, disk.folder / "out").complete
        assert pairs_in(disk.folder / "out") == pairs_in(out)


def test_note_that_kills_whoever_compares_it(
    source: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Costs itself, not its neighbours: a failure that says so."""
    inputs = Inputs.of(fresh, QUICK, None)
    module._lay_out(inputs, None)
    shards = list(module._as_observed(source, inputs, False))
    (shard,) = [s for s in shards if any(getattr(i, "id", "") == "crop" for i in s.items)]
    task = module._Task(
        shard=shard,
        observed=inputs.observed,
        layout=inputs.layout,
        place=inputs.place,
        register=None,
        inputs=inputs.digest,
    )
    pool = Workers(dies_of_crops, 1)
    assert isinstance(pool.alone(task), Deadly)
    done = module._without_the_deadly(pool, task)
    pool.close()
    assert done.receipt.counts["unanswered"] == 1
    (one,) = [
        one
        for one in inputs.place.read("pairs", shard.number).to_pylist()
        if one["failure"] is not None
    ]
    assert one["note_id"] == "crop"
    assert json.loads(one["failure"])["code"] == "worker_died"


def test_layout_is_a_star(tmp_path: Path) -> None:
    """A family's members are near its first picture."""
    coffee = photo("coffee")
    archive = written(
        tmp_path / "archive",
        [
            row("first", "ann", 0, coffee),
            row("other", "ann", 1, scene(3, 300, 400)),
            *(row(f"c{i}", "ann", 2 + i, recompressed(coffee, 90 - 20 * i)) for i in range(3)),
        ],
    )
    observe(archive, tmp_path / "out", workers=1, without=QUICK)
    done = paired(archive, tmp_path / "out")
    laid_out = Layout.load(done.place.folder / "layout")
    family = (laid_out.arrays.family - laid_out.first).tolist()
    assert family == [0, 1, 0, 0, 0]
    assert laid_out.arrays.twin.tolist() == [0] * 5
