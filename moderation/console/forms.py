"""A form that somebody sent: who, and what stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from moderation.console.entrance import form_of, refuse_forged
from moderation.console.personal import Personal
from moderation.console.state import Console, Seen, console_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form from a page of its person's session."""

    console: Console
    seen: Seen
    fields: dict[str, list[str]]

    def one(self, name: str) -> str:
        """The value of a field; empty where it is absent."""
        return self.fields.get(name, [""])[0]

    def keep(self, personal: Personal) -> None:
        """Keep how the person wants the desk."""
        with self.console.desk.register.transaction() as now:
            now.set_at_desk(self.seen.visitor.person.name, personal.to_json())

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return self.fields.get(name, [])


async def _sent(request: Request) -> Form:
    console = console_of(request)
    seen = await run_in_threadpool(console.seen, request)
    fields = await form_of(request)
    refuse_forged(request, seen.visitor.csrf, fields)
    return Form(console=console, seen=seen, fields=fields)


Sent = Annotated[Form, Depends(_sent)]
"""A dependency of a route that changes something."""
