"""A scan on a real Ray cluster gives what it gives on this machine, whatever dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from kit.ray_machines import Machines, environment, two_machines
from kit.scan_children import files_of
from kit.told_archive import QUICK, story, written

from moderation.cli import program
from moderation.engines.ray_cluster import Shared
from moderation.errors import BadSetting

pytest.importorskip("ray")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="power is cut by groups of processes"),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("told"), story() * 2, bad=1)


@pytest.fixture(scope="module")
def here(told: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What two processes of this machine make of it."""
    out = tmp_path_factory.mktemp("here")
    assert finished(begun(told, out, "--workers", "2")) == 8  # a line is no note
    return shards(out)


@pytest.fixture
def machines() -> Iterator[Machines]:
    with two_machines() as both:
        yield both


def begun(archive: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    left_out = [word for name in QUICK for word in ("--without", name)]
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "moderation", "scan", "run", str(archive), "--json"),
            *("--out", str(out), "--shard-rows", "2", *left_out, *options),
        ],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finished(process: subprocess.Popen[str]) -> int:
    out, err = process.communicate(timeout=240)
    if process.returncode not in (0, 8):
        pytest.fail(out + err)
    return process.returncode


def shards(out: Path) -> dict[str, bytes]:
    """Tables and receipts of both stages, and what searches go through."""
    return {
        name: data
        for name, data in files_of(out).items()
        if name.startswith(("observed/", "paired/"))
    }


def receipts(out: Path) -> int:
    return len(list(out.glob("*/*/done/*.json")))


def until(out: Path, wanted: int) -> None:
    for _ in range(1200):
        if receipts(out) >= wanted:
            return
        time.sleep(0.1)
    pytest.fail(f"{receipts(out)} shards are done, waited for {wanted}")


def test_a_lost_machine_costs_no_row(
    told: Path, here: dict[str, bytes], machines: Machines, tmp_path: Path
) -> None:
    """One of two is lost in the middle, the driver is killed later and begun again; same bytes."""
    on_cluster = ("--engine", "ray", "--ray-address", machines.address)
    first = begun(told, tmp_path, *on_cluster)
    until(tmp_path, 3)
    machines.lose_second()
    until(tmp_path, 20)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    done = receipts(tmp_path)
    second = begun(told, tmp_path, *on_cluster)
    out, err = second.communicate(timeout=240)
    assert second.returncode == 8, out + err
    assert json.loads(out)["observed"]["known"] > 0
    assert done > 3
    assert shards(tmp_path) == here


def test_a_scan_begun_on_a_cluster_is_ended_on_one_machine(
    told: Path, here: dict[str, bytes], tmp_path: Path
) -> None:
    """Receipts do not say who did it; without an address the cluster is this machine."""
    first = begun(told, tmp_path, "--engine", "ray", "--workers", "2")
    until(tmp_path, 5)
    os.killpg(first.pid, signal.SIGTERM)
    first.communicate(timeout=60)
    assert receipts(tmp_path) < len([name for name in here if "/done/" in name])
    finished(begun(told, tmp_path, "--workers", "2"))
    assert shards(tmp_path) == here


DEADLY = """
import json, os, sys, tempfile
from pathlib import Path
from kit.deadly_work import square_or_die
from moderation.engines.ray_cluster import RayCluster
from moderation.workers import Deadly

with tempfile.TemporaryDirectory() as folder, RayCluster(sys.argv[1]) as cluster:
    with cluster.pool(square_or_die, 2, reads=folder, writes=Path(folder)) as pool:
        done = dict(pool.done(iter((3, 13, 5, 7))))
    left = os.listdir(folder)
print(json.dumps([{k: "deadly" if isinstance(v, Deadly) else v for k, v in done.items()}, left]))
"""


def test_a_task_that_kills_its_worker_is_told_from_a_lost_machine(machines: Machines) -> None:
    """Both machines stay, so it is the task; those beside it have their results."""
    done = subprocess.run(
        [sys.executable, "-c", DEADLY, machines.address],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    results, left = json.loads(done.stdout)
    assert results == {"3": 9, "13": "deadly", "5": 25, "7": 49}
    assert left == []


def test_a_machine_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    """It would write where nobody looks."""
    archive = tmp_path / "notes.jsonl"
    archive.write_text("{}\n")
    seen = Shared.of(str(archive), tmp_path)
    with pytest.raises(BadSetting, match="does not see"):
        seen.require()
    Shared.of(str(archive), tmp_path).write()
    with pytest.raises(BadSetting, match="does not see"):  # what an earlier driver left
        seen.require()
    seen.write()
    seen.require()
    archive.write_text("another one, of the same name\n")
    with pytest.raises(BadSetting, match="has 30 bytes on the machine"):
        seen.require()


def test_a_register_in_a_folder_is_refused_on_a_cluster(told: Path, tmp_path: Path) -> None:
    """SQLite is for one machine; told before anything is looked at."""
    options = ("--out", str(tmp_path / "out"), "--engine", "ray", "--register", str(tmp_path))
    result = CliRunner().invoke(program, ["scan", "run", str(told), *options])
    assert result.exit_code == 2
    assert "move it to PostgreSQL" in result.output


def test_an_address_where_nobody_answers_is_a_setting(told: Path, tmp_path: Path) -> None:
    """Not a stack of frames."""
    process = begun(told, tmp_path, "--engine", "ray", "--ray-address", "127.0.0.1:1")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 4, out + err
    assert "no Ray cluster answers at `127.0.0.1:1`" in out + err
