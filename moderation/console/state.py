"""What a process of the console holds: the desk, notes at hand, the door, and what is seen live."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse

from moderation.console.entrance import Entrance, Visitor
from moderation.console.personal import Personal
from moderation.console.shelf import Developed, Shelf
from moderation.console.words import words_of
from moderation.desk import Desk, Role
from moderation.explain import Lang, choice_name, decision_word
from moderation.gate.rights.appealing import DAYS
from moderation.report.look import environment, reason_name

EVERY_S = 1.0
"""How often decisions take effect, and what others did is looked for."""
PICTURES_AT_ONCE = 2
"""Drawn and compared; each takes tens of milliseconds of a core, and a page has up to forty."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as a page needs it."""

    visitor: Visitor
    personal: Personal
    lang: Lang


class Console:
    """One process; made before it listens, closed after it has stopped."""

    def __init__(
        self,
        desk: Desk,
        shelf: Shelf,
        entrance: Entrance,
        *,
        lang: Lang,
        appeal_days: int = DAYS,
    ) -> None:
        self.desk = desk
        self.appeal_days = appeal_days
        """How long authors may appeal, as letters to them say."""
        self.shelf = shelf
        self.entrance = entrance
        self.developed = Developed()
        self.darkroom = asyncio.Semaphore(PICTURES_AT_ONCE)
        self.mark: tuple[int, int] = (0, 0)
        """Changes whenever anything at the desk does."""
        self.changed = asyncio.Condition()
        self.listeners = 0
        """Pages that are told of it."""
        self._lang: Lang = lang
        self._keeper: asyncio.Task[None] | None = None
        self._pages = environment({"time": _time}, package="moderation.console")
        for name in self._pages.list_templates(extensions=["j2"]):
            self._pages.get_template(name)  # now, and not while the first person waits

    async def start(self) -> None:
        """Begin to read archives, to settle what is due, and to look for what others do."""
        threading.Thread(target=self.shelf.read, daemon=True).start()
        self._keeper = asyncio.create_task(self._keep())

    async def end(self) -> None:
        """Stop; what is due is settled first."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await run_in_threadpool(self.desk.settle)

    async def _keep(self) -> None:
        while True:
            try:
                await run_in_threadpool(self.desk.settle)
                mark = await run_in_threadpool(self.desk.register.desk_mark)
            except Exception:
                log.warning("looking after the desk failed", exc_info=True)
            else:
                if mark != self.mark:
                    async with self.changed:
                        self.mark = mark
                        self.changed.notify_all()
            await asyncio.sleep(EVERY_S)

    def seen(self, request: Request) -> Seen:
        """Whom a request is from, and how they want their pages.

        Raises:
            LoggedOut, NotAllowed: as `Entrance.visitor`.
        """
        visitor = self.entrance.visitor(request)
        personal = Personal.from_json(visitor.settings)
        return Seen(visitor=visitor, personal=personal, lang=personal.lang or self.lang_of(request))

    def lang_of(self, request: Request) -> Lang:
        """The language that a browser asks for first, of those there are."""
        for asked in request.headers.get("accept-language", "").split(","):
            word = asked.strip()[:2].lower()
            if word in ("zh", "en"):
                return "zh" if word == "zh" else "en"
        return self._lang

    def page(
        self, name: str, request: Request, seen: Seen | None, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page from its template."""
        lang = seen.lang if seen is not None else self.lang_of(request)
        personal = seen.personal if seen else Personal()
        person = seen.visitor.person if seen else None
        undoable = None if person is None else self.desk.last_decided(person)
        together = [] if undoable is None else self.desk.register.decided_with(undoable)
        text = self._pages.get_template(name).render(
            w=words_of(lang),
            lang=lang,
            html_lang={"zh": "zh-Hans", "en": "en"}[lang],
            seen=seen,
            personal=personal,
            keys=json.dumps(dict(personal.keys)),
            person=person,
            is_senior=person is not None and person.may(Role.SENIOR),
            csrf=seen.visitor.csrf if seen else "",
            undoable=undoable,
            undone_together=len(together),
            takes_tokens=self.entrance.takes_tokens,
            decision_word=lambda decision: decision_word(decision, lang),
            choice_name=lambda code, to_readers=False: choice_name(
                code, lang, to_readers=to_readers
            ),
            reason_name=lambda code: reason_name(code, lang) if code else "–",
            mark="-".join(map(str, self.mark)),
            **values,
        )
        return HTMLResponse(text, status_code=status)

    def standalone(self, name: str, **values: Any) -> HTMLResponse:
        """A page that is not of the desk: without its frame, for whoever is logged in."""
        return HTMLResponse(self._pages.get_template(name).render(**values))


def console_of(request: Request) -> Console:
    """The console that a request is for."""
    found: Console = request.app.state.console
    return found


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "–"
