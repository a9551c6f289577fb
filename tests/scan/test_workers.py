"""Workers outlive deadly tasks, and leave little behind in memory."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kit.deadly_work import square_or_die, threads_of_opencv

from moderation.workers import DEADLY, Workers

CHILD = """
import sys, threading
import numpy as np
from moderation.workers import give_memory_back

if sys.argv[1] == "back":
    give_memory_back()

def held():
    pages = open("/proc/self/statm").read().split()
    return (int(pages[1]) - int(pages[2])) * 4096

def work():
    # As pictures do: large pieces of many sizes, and small ones that stay a while between them.
    rng, kept = np.random.default_rng(0), []
    for _ in range(30):
        large = [np.ones(int(rng.integers(1_500_000, 6_000_000)), np.uint8) for _ in range(6)]
        kept.append(np.ones(20_000, np.uint8))
        del large

before = held()
for _ in range(2):
    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
print(held() - before)
"""


def left(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_memory_that_was_freed_is_given_back() -> None:
    """Hundreds of megabytes were held for a moment; little of it stays."""
    assert left("back") < 30e6


FAULTS = """
import resource, sys
import numpy as np
from moderation import workers

getattr(workers, sys.argv[1])()

def look():  # at a picture: pieces of its own size, of its half, of its scale space
    for size in (4_700_000, 1_600_000, 2_400_000, 2_400_000, 12_000_000):
        np.ones(size, np.uint8)

look()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    look()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 20)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
@pytest.mark.parametrize(
    ("how", "least", "most"), [("give_memory_back", 2_000, 9_000), ("keep_memory", 0, 50)]
)
def test_one_picture_uses_the_memory_of_the_one_before(how: str, least: int, most: int) -> None:
    """No page is asked of the system for it; where memory is given back, all are."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True
    )
    assert least <= float(done.stdout) <= most


def test_pool_names_the_deadly_task_alone() -> None:
    """Those beside it have their results; each task comes back once."""
    pool = Workers(square_or_die, 2)
    results = dict(pool.done(range(20)))
    pool.close()
    assert results.pop(13) is DEADLY
    assert results == {number: number * number for number in range(20) if number != 13}


@pytest.mark.parametrize("count", [1, 2])
def test_worker_that_dies_while_nobody_looks_is_replaced(count: int) -> None:
    """Killed between two results, when the next task is handed over."""
    pool = Workers(square_or_die, count)
    results = {}
    for number, result in pool.done(range(8)):
        results[number] = result
        if number == 2:
            for process in multiprocessing.active_children():
                process.kill()
                process.join()
            time.sleep(0.5)  # the pool has seen it by now
    pool.close()
    assert results == {number: number * number for number in range(8)}


def test_workers_look_at_pictures_on_one_thread() -> None:
    """They are as many as there are cores, and load OpenCV when they need it."""
    with Workers(threads_of_opencv, 1) as pool:
        assert dict(pool.done([1])) == {1: 1}
