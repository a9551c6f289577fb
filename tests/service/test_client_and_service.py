"""The client and the service understand each other, in every operation that the client has."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from kit import pictures
from kit.asking import Asking
from kit.notes import photo, showing

from moderation import Decision
from moderation.client import AsyncClient, Source
from moderation.errors import HoldSettled, KeyReused, UnknownSubject

CAT, CUP = pictures.encoded(photo("chelsea")), pictures.encoded(photo("coffee"))


def test_the_client_is_answered(ask: Asking) -> None:
    """Notes, holds, verdicts, appeals, deletions; and refusals are its own errors."""

    async def talk() -> None:
        transport = httpx.ASGITransport(app=ask.app)
        async with AsyncClient("http://localhost", transport=transport) as client:
            first = await client.check(showing(CAT, id="n1", author="ann"), deadline_ms=20_000)
            assert (first.decision, first.source, first.final) == ("pass", Source.SERVICE, True)
            again = await client.check(showing(CAT, id="n1", author="ann"), deadline_ms=20_000)
            assert (again.replayed, again.verdict) == (True, first.verdict)
            copy = await client.check(showing(CAT, id="n2", author="ben"), deadline_ms=20_000)
            assert copy.decision is Decision.BLOCK
            assert copy.verdict_id is not None
            assert (await client.verdict(copy.verdict_id)).verdict == copy.verdict
            appealed = await client.appeal(copy.verdict_id, author_id="ben", statement="我拍的")
            assert appealed.state == "open"
            with pytest.raises(KeyReused):
                await client.check(showing(CUP, id="n1", author="ann"), deadline_ms=20_000)
            note = showing(CUP, id="n/3", author="cho")
            held = await client.check(note, register="hold", deadline_ms=20_000)
            assert held.hold_until is not None
            (hold,) = await client.commit("n/3", 1)
            assert (hold.note_id, hold.state) == ("n/3", "committed")
            with pytest.raises(HoldSettled):
                await client.abort("n/3", 1)
            with pytest.raises(UnknownSubject):
                await client.commit("n4", 1)
            assert (await client.forget_note("n/3")).counts["pictures"] == 1
            assert (await client.forget_author("ben")).counts["verdicts"] == 1

    asyncio.run(talk())
