"""An index in shards: a question goes to all of them, and what has come by its deadline counts.

Where all answer, the candidates are those of one index that holds everything (see `shard_hits`). A
shard that is late or dead is named with every answer that lacks it: the verdict is partial, and the
policy says what follows.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from moderation.gate.index.frames import Arrays, Frame
from moderation.gate.index.nominated import Absent, Nominated, Sought, unreachable
from moderation.gate.index.shard_calls import Shard
from moderation.gate.index.shard_hits import (
    FIRST_ASKED,
    alike_by_all,
    detail_question,
    hash_question,
    keys_asked,
    near_by_all,
    sharing_by_all,
    vote_question,
)
from moderation.gate.index.verification import Verification
from moderation.image.query import Query
from moderation.store import Register, Share
from moderation.store.reading import Reading

DEADLINE_S = 0.25
"""For the answers to one picture; they take some milliseconds."""
log = logging.getLogger(__name__)

_CALLS_AT_ONCE = 8  # to each shard
_PATIENCE_S = 3_600.0  # for what reads or writes everything
_NOTHING: Arrays = {}


class ShardedIndex:
    """The `SearchIndex` whose parts are other processes."""

    def __init__(
        self,
        addresses: Sequence[str],
        register: Register,
        *,
        token: str,
        authority: bytes | None = None,
        tls: bool = False,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Shards that do not answer yet may come later.

        Args:
            addresses: host and port of each shard, in their order.
            register: whose pictures they hold.
            token: that they want.
            authority: certificates to trust, in PEM; None for those of the system.
            tls: whether to speak TLS.
            deadline_s: how long a picture waits for its candidates.

        Raises:
            BadSetting: one refuses the token, or is another shard or of another register.
            StoreError: the register cannot be read.
        """
        self.place = f"shards://{','.join(addresses)}"
        self._deadline_s = deadline_s
        self._shards = [
            Shard(
                Share(number=number, of=len(addresses)),
                address,
                token=token,
                authority=authority,
                tls=tls,
            )
            for number, address in enumerate(addresses, 1)
        ]
        self._identity = register.identity()
        self._recipes = FIRST_ASKED
        self._seq = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_CALLS_AT_ONCE * len(addresses), "shards")
        _, absent = self._all("hello", until=time.monotonic() + deadline_s)
        for part in absent:
            log.warning("%s %s; verdicts will say so", part.name, part.told)

    @property
    def seq(self) -> int:
        """Last entry of the log that searches take into account."""
        return self._seq

    def catch_up(self, register: Reading) -> int:
        """From now on questions want the log up to its present end."""
        self._seq = register.last_seq()
        return self._seq

    def look_up(self, query: Query, sought: Sought = Sought.ALL) -> Nominated:
        """What the shards nominate; those that have not answered in time are named."""
        asked: dict[str, Any] = {}
        if sought is not Sought.HASHES:
            asked |= detail_question(query)
        until = time.monotonic() + self._deadline_s  # the query's features are its own matter
        recipes = frozenset() if sought is Sought.DETAILS else self._recipes
        answers, absent = self._all("look_up", asked | hash_question(query, recipes), until=until)
        told = {name for head, _ in answers for name in head["recipes"]}
        if sought is not Sought.DETAILS and told - recipes:  # nobody knew that there are such
            with self._lock:
                self._recipes |= told
            answers, absent = self._all(
                "look_up", asked | hash_question(query, self._recipes), until=until
            )
        found = [arrays for _, arrays in answers]
        near = [] if sought is Sought.DETAILS else near_by_all(query, found)
        if sought is Sought.HASHES:
            return Nominated(near=near, absent=absent)
        sharing = []
        question = vote_question(asked, found)
        if len(keys_asked(question)):
            votes, silent = self._all(
                "vote", question, until=until, but={part.name for part in absent}
            )
            sharing = sharing_by_all([arrays for _, arrays in votes])
            absent += silent
        return Nominated(near=near, others=[*sharing, *alike_by_all(found)], absent=absent)

    def is_worth_saving(self) -> bool:
        """Shards save by themselves."""
        return False

    def save(self, register: Reading, *, wait: bool = False) -> None:
        """Shards save by themselves."""

    def compact(self, register: Reading) -> None:
        """Let every shard drop the bytes of what was deleted.

        Raises:
            IndexUnreachable: some could not be told; the others have done it.
        """
        self.catch_up(register)
        self._every("compact")

    def verify(self, register: Register) -> Verification:
        """Let every shard compare what it holds with the register.

        Raises:
            IndexUnreachable: some do not answer.
        """
        found = [head["verified"] for head in self._every("verify")]
        return Verification(
            last_seq=register.last_seq(),
            pictures=register.recipes(),
            undescribed=register.stats().undescribed,
            missing=sum(one["missing"] for one in found),
            surplus=sum(one["surplus"] for one in found),
            different=sum(one["different"] for one in found),
            rebuilt=any(one["rebuilt"] for one in found),
        )

    def size_bytes(self) -> int:
        """Space on the disks of all shards.

        Raises:
            IndexUnreachable: some do not answer.
        """
        return sum(int(head["bytes"]) for head in self._every("size"))

    def close(self) -> None:
        """Give back connections and threads."""
        self._pool.shutdown()
        for shard in self._shards:
            shard.close()

    def _every(self, what: str) -> list[dict[str, Any]]:
        answers, absent = self._all(what, until=time.monotonic() + _PATIENCE_S)
        if absent:
            raise unreachable(absent)
        return [head for head, _ in answers]

    def _all(
        self,
        what: str,
        arrays: Arrays = _NOTHING,
        *,
        until: float,
        but: Iterable[str] = (),
    ) -> tuple[list[Frame], tuple[Absent, ...]]:
        head: Mapping[str, Any] = {"register": self._identity, "seq": self._seq}
        ask = partial(_asked, what=what, head=head, arrays=arrays, until=until)
        shards = [shard for shard in self._shards if shard.name not in set(but)]
        told = list(self._pool.map(ask, shards))
        answers = [one for one in told if not isinstance(one, Absent)]
        return answers, tuple(one for one in told if isinstance(one, Absent))


def _asked(
    shard: Shard, *, what: str, head: Mapping[str, Any], arrays: Arrays, until: float
) -> Frame | Absent:
    return shard.ask(what, head, arrays, until=until)
