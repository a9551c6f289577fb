"""Work on a stream of notes ahead of its reader, on all cores, in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future

from moderation.finding import ItemFailure
from moderation.gate.looking.examination import Examination
from moderation.note import Note


def examined_ahead(
    notes: Iterable[Note | ItemFailure], examine: Callable[[Note], Examination], pool: Executor
) -> Iterator[Examination | ItemFailure]:
    """Examinations in the order of the notes, a few notes ahead; failures stay in their place."""
    waiting: deque[Future[Examination] | ItemFailure] = deque()
    room = 2 * (os.cpu_count() or 1)
    try:
        for note in notes:
            waiting.append(note if isinstance(note, ItemFailure) else pool.submit(examine, note))
            while len(waiting) >= room:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
    finally:
        for left in waiting:
            if isinstance(left, Future):
                left.cancel()


def _result(waiting: Future[Examination] | ItemFailure) -> Examination | ItemFailure:
    return waiting if isinstance(waiting, ItemFailure) else waiting.result()
