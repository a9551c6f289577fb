"""The client for asyncio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from moderation.client.answers import (
    AddedProof,
    Appealed,
    Explained,
    Forgotten,
    Reported,
    SettledHold,
    settled_holds,
)
from moderation.client.breaker import Breaker, breaker_of
from moderation.client.calls import (
    DEADLINE_MS,
    FORGET_MS,
    OTHER_CALLS_MS,
    PROOF_MS,
    Calls,
    Record,
    time_limit,
)
from moderation.client.checked import Checked, checked_from
from moderation.client.exchange import Exchange
from moderation.client.fallback import FailPolicy
from moderation.client.requests import (
    Passed,
    appeal_request,
    checked_base_url,
    checked_token,
    explanation_request,
    forget_request,
    proof_body,
    proof_request,
    report_request,
    settle_request,
    verdict_request,
)
from moderation.note import Note

if TYPE_CHECKING:
    import ssl

    import httpx


class AsyncClient:
    """The publish service, asked from one event loop. Also an async context manager.

    Args:
        base_url: where the service listens, as `https://moderation.example:8443`.
        token: bearer token.
        fail_policy: decision for each trouble; everything goes to `review` where not given.
        on_fallback: called with every answer of the fail policy, to queue the note for later or
            to raise an alarm. What it raises is logged.
        breaker: shared by all clients of one address in this process where not given.
        connections: most at a time.
        verify: certificates to trust, as httpx takes them.
        transport: of httpx, for tests.
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
        address = checked_base_url(base_url)
        self.breaker = breaker or breaker_of(address)
        exchange = Exchange(
            address,
            token=checked_token(token),
            breaker=self.breaker,
            connections=connections,
            verify=verify,
            transport=transport,
        )
        self.calls = Calls(exchange, fail_policy or FailPolicy())
        """For `Client`, which keeps its own record."""
        self._record = Record(on_fallback)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop the connections."""
        await self.calls.close()

    @property
    def counts(self) -> Mapping[str, int]:
        """`service` and `fallback.CAUSE` → checks since the client was made."""
        return self._record.counts

    async def check(
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
        checked = await self.calls.check(
            note, start=start, due=due, register=register, key=key, passed=passed
        )
        return self._record.add(checked)

    async def commit(
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
        request = settle_request(note_id, revision, "commit", passed)
        return await self.calls.other(request, settled_holds, timeout_ms)

    async def abort(
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
        request = settle_request(note_id, revision, "abort", passed)
        return await self.calls.other(request, settled_holds, timeout_ms)

    async def verdict(
        self, verdict_id: str, *, timeout_ms: float = OTHER_CALLS_MS, **passed: Unpack[Passed]
    ) -> Checked:
        """A verdict of the audit, as it stands now.

        Raises:
            UnknownSubject: there is none of that name.
            ServiceUnavailable: no answer in time, or none that can be read.
        """
        request = verdict_request(verdict_id, passed)
        request_id = request.headers["X-Request-Id"]
        return await self.calls.other(
            request, lambda row: checked_from(row, request_id=request_id), timeout_ms
        )

    async def forget_note(
        self, note_id: str, *, timeout_ms: float = FORGET_MS, **passed: Unpack[Passed]
    ) -> Forgotten:
        """Erase a note; returns the receipt.

        Raises:
            ServiceUnavailable: no answer in time.
        """
        request = forget_request("notes", note_id, passed)
        return await self.calls.other(request, Forgotten.from_json, timeout_ms)

    async def forget_author(
        self, author_id: str, *, timeout_ms: float = FORGET_MS, **passed: Unpack[Passed]
    ) -> Forgotten:
        """Erase all of an author; returns the receipt.

        Raises:
            ServiceUnavailable: no answer in time.
        """
        request = forget_request("authors", author_id, passed)
        return await self.calls.other(request, Forgotten.from_json, timeout_ms)

    async def appeal(
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
        row = {"verdict_id": verdict_id, "author_id": author_id, "statement": statement}
        return await self.calls.other(appeal_request(row, passed), Appealed.from_json, timeout_ms)

    async def add_proof(
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
        return await self.calls.other(
            proof_request(appeal_id, passed),
            AddedProof.from_json,
            timeout_ms,
            body=partial(proof_body, author_id, file, name, link),
        )

    async def explanation(
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
        request = explanation_request(verdict_id, lang, passed)
        return await self.calls.other(request, Explained.from_json, timeout_ms)

    async def report(
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
        row = {"reader_id": reader_id, "reason": reason, "words": words}
        request = report_request(note_id, row, passed)
        return await self.calls.other(request, Reported.from_json, timeout_ms)
