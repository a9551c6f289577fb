"""Who does the tasks of a scan: processes of this machine, or those of a cluster.

A stage cuts its work into tasks that write what they find and then a receipt, see `scan.place`. The
receipts are the checkpoint, so an engine keeps no state: whoever is killed is begun again by the
same command, with the same engine or the other one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from moderation.workers import Deadly, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Pool(Protocol[Task, Result_co]):
    """Does tasks of one kind, as a context manager that ends whoever does them."""

    def done(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result_co | Deadly]]:
        """Each task with its result, as they are done; few tasks are asked for ahead."""

    def alone(self, task: Task) -> Result_co | Deadly:
        """One task with no other beside it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Engine(Protocol):
    """Opens pools."""

    def cores(self) -> int:
        """Tasks that can be done at once."""

    def pool(
        self, work: Callable[[Task], Result], count: int, *, reads: str, writes: Path
    ) -> Pool[Task, Result]:
        """Begin to work.

        Args:
            work: what is done; a function of a module, whose errors are raised where results are
                read.
            count: tasks at once.
            reads: the archive.
            writes: folder into which the tasks write.
        """


class ThisMachine:
    """Processes beside this one."""

    def cores(self) -> int:
        """Those of the machine."""
        return os.cpu_count() or 1

    def pool(
        self,
        work: Callable[[Task], Result],
        count: int,
        *,
        reads: str,
        writes: Path,
    ) -> Pool[Task, Result]:
        """Processes that outlive the one that a picture kills."""
        return Workers[Task, Result](work, count)
