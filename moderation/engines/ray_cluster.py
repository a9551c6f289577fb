"""Tasks on a Ray cluster: bounded in number, done again elsewhere where a machine is lost.

Ray's tasks are used, and neither its retries nor the checkpoints of Ray Data: the receipts of the
stages say what is done, for each shard and on whichever engine. A task whose worker dies is done
again with no other beside it. It is *deadly* where that kills a worker twice on a machine that
answers afterwards; a machine that is gone is nobody's fault, and the task goes to another one.

Every machine has this package, and sees the archive and the folder of the scan under the same
paths: each task looks for a file that the driver has left there, so a machine that does not see it
says so and writes nothing.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from moderation.engines import Pool
from moderation.errors import BadSetting, MissingExtra, StoreUnwritable
from moderation.image.durable import said_if_unwritable
from moderation.workers import DEADLY, ONE_THREAD, Deadly, keep_memory

Task = TypeVar("Task")
Result = TypeVar("Result")

ADDRESS = "RAY_ADDRESS"
"""Variable that names a cluster, as Ray reads it."""

_MARK = ".seen-by-all"
_STRIKES = 2
_MACHINES_LOST = 8  # by one task: by then it is likelier the task than the machines
_CONNECT_S = 10.0
_ANSWER_S = 60.0  # a machine that is gone is known to be after some 30

_CRASHED = object()

log = logging.getLogger(__name__)


class RayCluster:
    """A running cluster, or one of this machine that begins and ends with this object."""

    def __init__(self, address: str | None = None) -> None:
        """Connect.

        Args:
            address: of a running cluster, `HOST:PORT` or `auto`; None for what `RAY_ADDRESS`
                names, or else for one of this machine alone.

        Raises:
            MissingExtra: Ray is not installed.
            BadSetting: no cluster answers there.
        """
        self._ray = ray = _ray()
        address = address or os.environ.get(ADDRESS) or None
        self._ours = not ray.is_initialized()
        if not self._ours:
            return
        if address is not None:
            _require_someone(address)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        # What it says of lost machines goes to standard output, where machines read JSON; there is
        # no public way to turn that off. We say it ourselves.
        ray._private.worker._worker_logs_enabled = False
        try:
            ray.init(
                address or "local",
                include_dashboard=False if address is None else None,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
            raise _nobody(address or "this machine", str(error)) from error

    def cores(self) -> int:
        """Processors that the cluster gives away, at least 1."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def pool(
        self, work: Callable[[Task], Result], count: int, *, reads: str, writes: Path
    ) -> Pool[Task, Result]:
        """Tasks of the cluster, one processor each.

        Raises:
            BadSetting: a path starts from the working folder of this process.
        """
        for path in (writes, *([Path(reads)] if Path(reads).exists() else [])):
            if not path.is_absolute():
                raise BadSetting(
                    f"`{path}` is a relative path, which other machines cannot follow",
                    hint="give the whole path, the same on every machine of the cluster",
                )
        return _RayPool(self._ray, work, count, Shared.of(reads, writes))

    def close(self) -> None:
        """Leave the cluster; one that began with this object ends."""
        if self._ours and self._ray.is_initialized():
            self._ray.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Shared:
    """What every machine must see."""

    def __init__(self, archive: tuple[str, int] | None, mark: Path, said: str) -> None:
        self.archive = archive
        self.mark = mark
        self.said = said

    @classmethod
    def of(cls, reads: str, writes: Path) -> Self:
        """The archive's path with its size, and a file that is yet to be written.

        It has one name for all, so that what a killed driver left is replaced and taken away.
        """
        source = Path(reads)
        size = source.stat().st_size if source.is_file() else 0
        return cls(
            (reads, size) if source.exists() else None,
            writes / _MARK,
            secrets.token_hex(16),
        )

    def write(self) -> None:
        """Leave the file that others look for."""
        self.mark.write_text(self.said, encoding="ascii")

    def require(self) -> None:
        """See it.

        Raises:
            BadSetting: this machine does not.
        """
        archive = None if self.archive is None else Path(self.archive[0])
        for path, there in (
            (self.mark.parent, self._sees_mark()),
            (archive, archive is None or archive.exists()),
        ):
            if not there:
                raise BadSetting(
                    f"the machine `{os.uname().nodename}` does not see `{path}` of the driver",
                    hint="put archive and `--out` on a disk that all machines of the cluster share",
                )
        if archive is not None and archive.is_file() and self.archive is not None:
            found, wanted = archive.stat().st_size, self.archive[1]
            if found != wanted:
                raise BadSetting(
                    f"`{archive}` has {found:,} bytes on the machine `{os.uname().nodename}`, "
                    f"{wanted:,} at the driver",
                    hint="put the archive on a disk that all machines of the cluster share",
                )

    def _sees_mark(self) -> bool:
        try:
            return self.mark.read_text(encoding="ascii") == self.said
        except (OSError, UnicodeDecodeError):
            return False


class _RayPool(Generic[Task, Result]):
    """Tasks of one kind. For one thread."""

    def __init__(
        self, ray: Any, work: Callable[[Task], Result], count: int, shared: Shared
    ) -> None:
        self._ray = ray
        self._work = work
        self._count = count
        self._shared = shared
        self._remote = ray.remote(
            num_cpus=1, max_retries=0, max_calls=0, runtime_env={"env_vars": ONE_THREAD}
        )(_do)
        self._answer = ray.remote(num_cpus=0, max_retries=0)(_answer)

    def __enter__(self) -> Self:
        with said_if_unwritable(self._shared.mark.parent):
            self._shared.write()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._shared.mark.unlink(missing_ok=True)
        except OSError as failed:
            if kind is None:
                raise StoreUnwritable(
                    f"`{self._shared.mark}` cannot be removed: {failed.strerror}",
                    hint="remove it; it is empty",
                ) from failed

    def done(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | Deadly]]:
        """Each task with its result, as they are done; no more are sent than are worked on."""
        stream = iter(tasks)
        waiting: dict[Any, Task] = {}
        crashed: list[Task] = []
        try:
            while True:
                while (
                    not crashed
                    and len(waiting) < self._count
                    and (some := next(stream, None)) is not None
                ):
                    waiting[self._sent(some)] = some
                if not waiting:
                    if not crashed:
                        return
                    for task in crashed:
                        yield task, self.alone(task)
                    crashed = []
                    continue
                ended, _ = self._ray.wait(list(waiting), num_returns=1)
                for one in ended:
                    task, result = waiting.pop(one), self._result(one)
                    if result is _CRASHED:
                        crashed.append(task)
                    else:
                        yield task, result
        finally:
            for one in waiting:
                self._ray.cancel(one, force=True)

    def alone(self, task: Task) -> Result | Deadly:
        """One task with no other beside it, on machines that answer."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        strikes = 0
        for _ in range(_MACHINES_LOST):
            node = self._machine()
            there = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
            result = self._result(self._sent(task, scheduling_strategy=there))
            if result is not _CRASHED:
                return result
            if self._answers(there):
                strikes += 1
                if strikes == _STRIKES:
                    break
            else:
                log.warning("machine %s of the cluster is lost; its task is done again", node)
        return DEADLY

    def _sent(self, task: Task, **chosen: Any) -> Any:
        return self._remote.options(**chosen).remote(self._work, task, self._shared)

    def _result(self, reference: Any) -> Any:
        """What a task gave; raises what it raised."""
        from ray import exceptions

        try:
            return self._ray.get(reference)
        except exceptions.RayTaskError as error:
            raise error.cause from error
        except (
            exceptions.WorkerCrashedError,
            exceptions.NodeDiedError,
            exceptions.OutOfMemoryError,
            exceptions.ObjectLostError,
            exceptions.TaskUnschedulableError,
            exceptions.LocalRayletDiedError,
        ):
            return _CRASHED

    def _machine(self) -> str:
        """A machine that is thought to be there and has a processor to give."""
        alive = [node for node in self._ray.nodes() if node["Alive"]]
        able = [node for node in alive if node["Resources"].get("CPU", 0) >= 1]
        return str(secrets.choice(able or alive)["NodeID"])

    def _answers(self, there: Any) -> bool:
        """Whether a machine is still there."""
        from ray import exceptions

        asked = self._answer.options(scheduling_strategy=there).remote()
        try:
            return bool(self._ray.get(asked, timeout=_ANSWER_S))
        except exceptions.RayError:
            return False


def _do(work: Callable[[Task], Result], task: Task, shared: Shared) -> Result:
    """In a worker."""
    shared.require()
    _keep_memory()
    return work(task)


def _answer() -> bool:
    return True


_keep_memory = cache(keep_memory)
"""Once in each worker."""


def _require_someone(address: str) -> None:
    """Ask whether anybody listens at `HOST:PORT`; Ray itself tries for minutes.

    Raises:
        BadSetting: nobody does.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():  # `auto` and the like, which Ray looks up
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise _nobody(address, str(error)) from error


def _nobody(address: str, told: str) -> BadSetting:
    return BadSetting(
        f"no Ray cluster answers at `{address:.100}`: {(told.splitlines() or ['?'])[0]:.200}",
        hint="give the address that `ray start --head` printed, with `--ray-address`",
    )


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise MissingExtra(
            "scans on a cluster need Ray, which is not installed",
            hint="install `notegate[ray]` on every machine",
        ) from None
    return ray
