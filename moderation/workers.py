"""Processes that work side by side, and outlive the one that a picture kills.

A worker may die of what it is given: a decoder's fault, memory, an operator. What was under way is
then done again, each task alone; a task that kills its worker twice is handed back as deadly.
"""

from __future__ import annotations

import ctypes
import faulthandler
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from types import TracebackType
from typing import Generic, Self, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of <malloc.h>
_HEAPS = 2
_LARGE_BYTES = 1 << 20  # mapped by themselves; once set, glibc raises it no more
_HUGE_BYTES = 32 << 20  # above all that a picture of a note needs at once, and the most glibc takes
_KEPT_BYTES = 256 << 20

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
"""Environment of a worker, read when the libraries are loaded: linear algebra and pictures on one
thread. Workers are as many as there are cores; and on several threads the last digits of a
transform depend on how many there are, so two machines would not write the same bytes."""
_AHEAD = 2  # tasks in hand for each worker: one at work, one ready


@dataclass(frozen=True, slots=True)
class Deadly:
    """Whoever takes this task dies."""


DEADLY = Deadly()


class Workers(Generic[Task, Result]):
    """A pool of processes for one kind of task. For one thread.

    As a context manager it ends them: when they have done what they are at, or at once where an
    error ends it.
    """

    def __init__(self, work: Callable[[Task], Result], count: int) -> None:
        """For tasks that `work`, a function of a module, does; both ways are pickled.

        Args:
            work: what is done; its errors are raised where results are read.
            count: processes at once.
        """
        self._work = work
        self._count = count
        self._pool: ProcessPoolExecutor | None = None
        self._size = 0

    def done(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | Deadly]]:
        """Each task with its result, as they are done; few tasks are asked for ahead."""
        stream = iter(tasks)
        waiting: dict[Future[Result], Task] = {}
        while True:
            while len(waiting) < _AHEAD * self._count and (some := next(stream, None)) is not None:
                try:
                    waiting[self._submitted(some, self._count)] = some
                except BrokenProcessPool:  # a worker died while nobody looked
                    yield from self._one_by_one(waiting)
                    waiting = {}
                    yield some, self.alone(some)
            if not waiting:
                return
            ended, _ = wait(waiting, return_when=FIRST_COMPLETED)
            if any(isinstance(one.exception(), BrokenProcessPool) for one in ended):
                yield from self._one_by_one(waiting)
                waiting = {}
                continue
            for one in ended:
                yield waiting.pop(one), one.result()

    def alone(self, task: Task) -> Result | Deadly:
        """One task with no other beside it."""
        for _ in range(2):
            try:
                return self._submitted(task, 1).result()
            except BrokenProcessPool:
                self.close()
        return DEADLY

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(at_once=kind is not None)

    def close(self, *, at_once: bool = False) -> None:
        """End the processes, when they have done what they are at, or at once."""
        if self._pool is None:
            return
        self._pool.shutdown(wait=not at_once, cancel_futures=True)
        self._pool = None
        if at_once:
            for process in multiprocessing.active_children():
                process.terminate()

    def _one_by_one(
        self, waiting: dict[Future[Result], Task]
    ) -> Iterator[tuple[Task, Result | Deadly]]:
        self.close()
        for future, task in waiting.items():
            if future.done() and future.exception() is None:
                yield task, future.result()
            else:
                yield task, self.alone(task)

    def _submitted(self, task: Task, count: int) -> Future[Result]:
        if self._size != count:
            self.close()
        if self._pool is None:
            self._size = count
            self._pool = ProcessPoolExecutor(
                count,
                mp_context=multiprocessing.get_context("spawn"),  # models and threads do not fork
                initializer=_begin,
            )
        with _one_thread_for_children():
            return self._pool.submit(self._work, task)


@contextmanager
def _one_thread_for_children() -> Iterator[None]:
    """Processes that begin meanwhile have `ONE_THREAD`."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, said in before.items():
            if said is None:
                del os.environ[name]
            else:
                os.environ[name] = said


def _begin() -> None:
    """In a worker: leave Ctrl-C to the parent, go when it is gone, keep its memory."""
    keep_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_go_with_parent, daemon=True).start()


def _go_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """In a worker: what does not come to an end kills it, and says on stderr where it was.

    The clock is no thread of Python's, so it also ends a library that holds the interpreter's lock.

    Args:
        seconds: that what is done may take, above zero.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=2)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def give_memory_back() -> None:
    """Let memory that was freed go back to the system, where the C library is glibc.

    Pictures are large and come on many threads. Left to itself, glibc gives each thread a heap of
    its own and keeps large pieces for later: workers of the service grew by half in minutes.
    `benchmarks/service_soak.py` measures it.
    """
    _tell_glibc({_M_ARENA_MAX: _HEAPS, _M_MMAP_THRESHOLD: _LARGE_BYTES})


def keep_memory() -> None:
    """Let memory that was freed stay for the next picture, where the C library is glibc.

    For processes that look at one picture after another, on one thread: what one picture freed fits
    the next. Given back, it must be cleared by the system page by page before it is used again; a
    test counts these pages. Pieces above 32 MB go back all the same.
    """
    _tell_glibc(
        {
            _M_ARENA_MAX: _HEAPS,
            _M_MMAP_THRESHOLD: _HUGE_BYTES,
            _M_TRIM_THRESHOLD: _KEPT_BYTES,
        }
    )


def _tell_glibc(options: Mapping[int, int]) -> None:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    for option, value in options.items():
        mallopt(option, value)


def most_memory() -> tuple[int, int]:
    """This process and the most memory it has held so far, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return os.getpid(), most if sys.platform == "darwin" else most * 1024
