"""The client for threads: the asynchronous one in an event loop of its own.

Only so can a call be left at its deadline whatever it is at, name lookup included; and there is
one way over the network to test, not two.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from moderation.client.answers import (
    AddedProof,
    Appealed,
    Explained,
    Forgotten,
    Reported,
    SettledHold,
)
from moderation.client.asynchronous import AsyncClient
from moderation.client.breaker import Breaker
from moderation.client.calls import (
    DEADLINE_MS,
    FORGET_MS,
    OTHER_CALLS_MS,
    PROOF_MS,
    Record,
    left_behind,
    time_limit,
)
from moderation.client.checked import Checked
from moderation.client.fallback import FailPolicy
from moderation.client.loop_thread import Late, LoopThread
from moderation.client.requests import Passed
from moderation.errors import ServiceUnavailable
from moderation.note import Note

if TYPE_CHECKING:
    import ssl

    import httpx

T = TypeVar("T")


class Client:
    """The publish service, asked from threads; one client serves many. Also a context manager.

    Open it after a fork, or before: a child makes connections of its own.

    Args:
        base_url: where the service listens, as `https://moderation.example:8443`.
        token: bearer token.
        fail_policy: decision for each trouble; everything goes to `review` where not given.
        on_fallback: called, in the asking thread, with every answer of the fail policy, to queue
            the note for later or to raise an alarm. What it raises is logged.
        breaker: shared by all clients of one address in this process where not given.
        connections: most at a time.
        verify: certificates to trust, as httpx takes them.
        transport: of httpx (an asynchronous one), for tests.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str = "",
        fail_policy: FailPolicy | None = None,
        on_fallback: Callable[[Checked], object] | None = None,
        breaker: Breaker | None = None,
        connections: int = 100,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        def inner() -> AsyncClient:
            return AsyncClient(
                base_url,
                token=token,
                fail_policy=fail_policy,
                breaker=breaker,
                connections=connections,
                verify=verify,
                transport=transport,
            )

        self._inner = inner
        self._fail_policy = fail_policy or FailPolicy()
        self._record = Record(on_fallback)
        self._lock = threading.Lock()
        self._loop = LoopThread(inner())
        self._drop = weakref.finalize(self, LoopThread.stop, self._loop)
        self.breaker = self._loop.client.breaker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connections and end the thread."""
        self._drop()

    @property
    def counts(self) -> Mapping[str, int]:
        """`service` and `fallback.CAUSE` → checks since the client was made."""
        return self._record.counts

    def check(
        self,
        note: Note,
        *,
        deadline_ms: float = DEADLINE_MS,
        register: str = "on_pass",
        key: str | None = None,
        **passed: Unpack[Passed],
    ) -> Checked:
        """A decision for the note, within the deadline, whatever the service does.

        Args:
            note: its pictures are sent along; give paths or bytes.
            deadline_ms: milliseconds until there is an answer, the service's or the fail policy's.
            register: `on_pass`, `hold` (then `commit` or `abort`) or `never`.
            key: idempotency key; `NOTE_ID:REVISION` where not given.
            passed: `traceparent` and `request_id` for the service's log.

        Raises:
            ModerationError: the caller is at fault (a bad note, a wrong token, a key used for
                another body, too many bytes). Never turned into a decision.
        """
        start, due = time_limit(deadline_ms)
        loop = self._running()
        work = loop.client.calls.check(
            note, start=start, due=due, register=register, key=key, passed=passed
        )
        try:
            checked = loop.run(work, due)
        except Late:
            checked = left_behind(note, self._fail_policy, passed)
        return self._record.add(checked)

    def commit(
        self,
        note_id: str,
        revision: int,
        *,
        timeout_ms: float = OTHER_CALLS_MS,
        **passed: Unpack[Passed],
    ) -> tuple[SettledHold, ...]:
        """The held revision was published: register its pictures. May be repeated.

        Raises:
            UnknownSubject: nothing is held under that name.
            HoldSettled: it was aborted, or has lapsed.
            ServiceUnavailable: no answer in time.
        """
        client = self._running().client
        return self._ask(
            client.commit(note_id, revision, timeout_ms=timeout_ms, **passed), timeout_ms
        )

    def abort(
        self,
        note_id: str,
        revision: int,
        *,
        timeout_ms: float = OTHER_CALLS_MS,
        **passed: Unpack[Passed],
    ) -> tuple[SettledHold, ...]:
        """The held revision was not published: let its pictures go. May be repeated.

        Raises:
            UnknownSubject: nothing is held under that name.
            HoldSettled: it was committed.
            ServiceUnavailable: no answer in time.
        """
        client = self._running().client
        return self._ask(
            client.abort(note_id, revision, timeout_ms=timeout_ms, **passed), timeout_ms
        )

    def verdict(
        self, verdict_id: str, *, timeout_ms: float = OTHER_CALLS_MS, **passed: Unpack[Passed]
    ) -> Checked:
        """A verdict of the audit, as it stands now.

        Raises:
            UnknownSubject: there is none of that name.
            ServiceUnavailable: no answer in time, or none that can be read.
        """
        client = self._running().client
        return self._ask(client.verdict(verdict_id, timeout_ms=timeout_ms, **passed), timeout_ms)

    def forget_note(
        self, note_id: str, *, timeout_ms: float = FORGET_MS, **passed: Unpack[Passed]
    ) -> Forgotten:
        """Erase a note; returns the receipt.

        Raises:
            ServiceUnavailable: no answer in time.
        """
        client = self._running().client
        return self._ask(client.forget_note(note_id, timeout_ms=timeout_ms, **passed), timeout_ms)

    def forget_author(
        self, author_id: str, *, timeout_ms: float = FORGET_MS, **passed: Unpack[Passed]
    ) -> Forgotten:
        """Erase all of an author; returns the receipt.

        Raises:
            ServiceUnavailable: no answer in time.
        """
        client = self._running().client
        work = client.forget_author(author_id, timeout_ms=timeout_ms, **passed)
        return self._ask(work, timeout_ms)

    def appeal(
        self,
        verdict_id: str,
        *,
        author_id: str,
        statement: str,
        timeout_ms: float = OTHER_CALLS_MS,
        **passed: Unpack[Passed],
    ) -> Appealed:
        """What the author says against a verdict; a person decides.

        Raises:
            UnknownSubject: there is no such verdict of that author.
            ServiceUnavailable: no answer in time; the appeal may have been taken all the same.
        """
        client = self._running().client
        work = client.appeal(
            verdict_id, author_id=author_id, statement=statement, timeout_ms=timeout_ms, **passed
        )
        return self._ask(work, timeout_ms)

    def add_proof(
        self,
        appeal_id: str,
        *,
        author_id: str,
        file: bytes | str | Path | None = None,
        name: str = "",
        link: str = "",
        timeout_ms: float = PROOF_MS,
        **passed: Unpack[Passed],
    ) -> AddedProof:
        """What the author sends with an appeal that waits: a file, or a link. May be repeated.

        Args:
            appeal_id: as `appeal` gave it.
            author_id: who appeals.
            file: a path, or bytes with a `name`; up to 50 MB. The service keeps no file.
            name: as the author calls the file; of a path its last part where not given.
            link: an earlier publication, as `https://…`; nothing opens it.
            timeout_ms: milliseconds until there is an answer.
            passed: `traceparent` and `request_id` for the service's log.

        Raises:
            UnknownSubject: there is no such appeal of that author.
            AppealSettled: it is decided.
            InputError: not just one of both; or too large, unreadable, or one more than is kept.
            ServiceUnavailable: no answer in time.
        """
        client = self._running().client
        work = client.add_proof(
            appeal_id,
            author_id=author_id,
            file=file,
            name=name,
            link=link,
            timeout_ms=timeout_ms,
            **passed,
        )
        return self._ask(work, timeout_ms)

    def explanation(
        self,
        verdict_id: str,
        *,
        lang: str = "zh",
        timeout_ms: float = OTHER_CALLS_MS,
        **passed: Unpack[Passed],
    ) -> Explained:
        """What the author is told of a verdict, in `zh` or `en`.

        Raises:
            UnknownSubject: there is no such verdict.
            ServiceUnavailable: no answer in time.
        """
        client = self._running().client
        work = client.explanation(verdict_id, lang=lang, timeout_ms=timeout_ms, **passed)
        return self._ask(work, timeout_ms)

    def report(
        self,
        note_id: str,
        *,
        reader_id: str,
        reason: str,
        words: str = "",
        timeout_ms: float = OTHER_CALLS_MS,
        **passed: Unpack[Passed],
    ) -> Reported:
        """What a reader says against a note; a person looks. May be repeated.

        Raises:
            UnknownSubject: the note was never judged.
            InputError: the reason is unknown, or the note is the reader's own.
            ServiceUnavailable: no answer in time.
        """
        client = self._running().client
        work = client.report(
            note_id,
            reader_id=reader_id,
            reason=reason,
            words=words,
            timeout_ms=timeout_ms,
            **passed,
        )
        return self._ask(work, timeout_ms)

    def _ask(self, work: Coroutine[Any, Any, T], timeout_ms: float) -> T:
        try:
            _, due = time_limit(timeout_ms)
        except BaseException:
            work.close()
            raise
        try:
            return self._running().run(work, due)
        except Late:
            raise ServiceUnavailable(
                f"no answer within {timeout_ms:g} ms, this process being busy",
                hint="give the process more time, or fewer calls at once",
            ) from None

    def _running(self) -> LoopThread:
        with self._lock:
            if self._loop.pid != os.getpid():  # a fork took the thread away
                self._loop = LoopThread(self._inner())
                self._drop = weakref.finalize(self, LoopThread.stop, self._loop)
            return self._loop
