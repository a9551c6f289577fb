"""A console with cases, served on a real port, and people who come to it through its pages."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
from kit import pictures
from kit.browser import visit
from kit.notes import photo

from moderation import Gate, Policy
from moderation.console.entrance import Entrance
from moderation.console.running import server_of
from moderation.console.shelf import Shelf
from moderation.console.state import Console
from moderation.demo.desk import careful
from moderation.demo.drafts import Draft, PictureFile, draft, write_notes
from moderation.desk import Desk
from moderation.desk.desk import HELD_FOR, UNDO_FOR
from moderation.desk.oversight import AT_RANDOM, Chance
from moderation.gate.rights.appealing import DAYS
from moderation.listening import listen_at, url_of
from moderation.store import NewToken, Register, Scope, Wanted

REGISTER, ARCHIVE, INCOMING = "register", "archive", "incoming"
PATIENCE_S = 20.0
SCOPE_OF = {
    "viewer": Scope.VIEW,
    "moderator": Scope.REVIEW,
    "senior": Scope.SENIOR,
    "admin": Scope.ADMIN,
}
CUPS = 4
"""Cases that show one picture."""


def make_desk(folder: Path, policy: Policy | None = None) -> None:
    """A register with cases, and the archives with their notes; some seconds of work."""
    earlier = write_notes(_published(), folder / ARCHIVE)
    came_in = write_notes(_incoming(), folder / INCOMING)
    with Gate.open(folder / REGISTER, policy=policy or careful()) as gate:
        gate.register_many(earlier)
        for _ in gate.check_many(came_in):
            pass


def a_copy_of(made: Path, folder: Path) -> Path:
    """The whole of a desk that was made, for one test alone."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return folder


def jpeg(pixels: pictures.Pixels) -> PictureFile:
    """A picture of a draft."""
    return PictureFile(suffix=".jpg", data=pictures.encoded(pixels, "JPEG", quality=88))


def _published() -> list[Draft]:
    shown = {"cat": "chelsea", "cup": "coffee", "rocket": "rocket"}
    return [
        draft(f"{what}-first", "author-ava", "2026-03-01 09:00", what, "", (), (jpeg(photo(name)),))
        for what, name in shown.items()
    ]


def _incoming() -> list[Draft]:
    blotted = photo("chelsea").copy()
    cv2.rectangle(blotted, (20, 20), (110, 110), (250, 20, 200), -1)
    cup = photo("coffee")
    cups = (pictures.mirrored(cup), pictures.filtered(cup), pictures.recompressed(cup, 50), cup)
    contact = "想要链接的加微信 abc12345"
    return [
        draft("cat-again", "author-ben", "2026-03-05 09:00", "My cat", "", (), (jpeg(blotted),)),
        draft("both-again", "author-kim", "2026-03-05 10:00", "发射", contact, (), (_rocket(),)),
        *(
            draft(f"cup-{i}", f"author-cup{i}", f"2026-03-0{i} 11:00", "咖啡", "", (), (jpeg(one),))
            for i, one in enumerate(cups, start=5)
        ),
        *(
            draft(f"trade-{i}", f"author-{i}", "2026-03-06 12:00", f"笔记 {i}", contact)
            for i in range(8)
        ),
    ]


def _rocket() -> PictureFile:
    return jpeg(pictures.mirrored(photo("rocket")))


class Served:
    """A console that answers in a thread of its own."""

    def __init__(self, console: Console, url: str) -> None:
        self.console = console
        self.url = url
        self._clients: list[Client] = []

    @property
    def register(self) -> Register:
        return self.console.desk.register

    def client(self, **options: Any) -> Client:
        """Somebody without a session yet; more options as of `httpx.Client`."""
        self._clients.append(Client(self.url, **options))
        return self._clients[-1]

    def come(self, name: str = "mia", role: str = "moderator", **options: Any) -> Client:
        """Somebody who has logged in through the page."""
        client = self.client(**options)
        answer = client.log_in(self.token(name, role)[1])
        assert (answer.status_code, answer.headers["location"]) == (303, "/queue"), answer.text
        client.get("/queue")
        return client

    def close(self) -> None:
        """All clients go."""
        for client in self._clients:
            client.http.close()

    def token(self, name: str, role: str = "moderator", **fields: Any) -> tuple[str, str]:
        """Somebody's token for the desk: (its id, the text to show)."""
        new = NewToken(
            **{"name": name, "scopes": [SCOPE_OF[role]], "created_at": datetime.now(UTC)} | fields
        )
        with self.register.transaction() as now:
            token, presented = now.create_token(new)
        return token.token_id, presented

    def cases(self, **wanted: Any) -> list[int]:
        """Numbers of cases, as the queue has them."""
        return [case.case_id for case in self.register.cases(Wanted(**wanted), limit=1_000)]

    def case_of(self, note_id: str) -> int:
        """Number of the case that waits for a note."""
        (found,) = (
            case.case_id
            for case in self.register.cases(Wanted(), limit=1_000)
            if case.note_id == note_id
        )
        return found


class Client:
    """Somebody's browser without a script: pages are asked for, forms sent with their word."""

    def __init__(self, url: str, **options: Any) -> None:
        self.http = httpx.Client(base_url=url, timeout=PATIENCE_S, **options)
        self.csrf = ""

    def get(self, path: str, **how: Any) -> httpx.Response:
        """A page; its word is kept for the next form."""
        answer = self.http.get(path, **how)
        word = re.search(r'data-csrf="([^"]*)"', answer.text)
        self.csrf = word[1] if word else self.csrf
        return answer

    def send(self, path: str, fields: Any = None, **how: Any) -> httpx.Response:
        """A form, with the word of this session; redirects are not followed."""
        if not self.csrf:
            self.get("/queue")
        return self.http.post(path, data={"csrf": self.csrf} | (fields or {}), **how)

    def log_in(self, presented: str) -> httpx.Response:
        """Show a token at the door."""
        return self.http.post("/login", data={"token": presented})

    @property
    def cookies(self) -> httpx.Cookies:
        return self.http.cookies


@contextmanager
def serving(
    folder: Path,
    *,
    sources: Sequence[str | Path] | None = None,
    held_for: timedelta = HELD_FOR,
    undo_for: timedelta = UNDO_FOR,
    chance: Chance = AT_RANDOM,
    host: str = "127.0.0.1",
    lang: Any = "en",
    appeal_days: int = DAYS,
    **door: Any,
) -> Iterator[Served]:
    """The console of a desk's folder; `door` is as of `Entrance`."""
    if sources is None:
        sources = (folder / ARCHIVE, folder / INCOMING)
    with Register.open(folder / REGISTER) as register, listen_at(host, 0) as listening:
        console = Console(
            Desk(register, held_for=held_for, undo_for=undo_for, chance=chance),
            Shelf(map(str, sources)),
            Entrance(register, **door),
            lang=lang,
            appeal_days=appeal_days,
        )
        server = server_of(console)
        server.config.timeout_graceful_shutdown = 0  # whoever still listens is a page of a test
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        served = Served(console, url_of(listening))
        try:
            yield served
        finally:
            served.close()
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the console does not end"


class People:
    """People who work at one console, each in a browser of their own; what they see is noted."""

    def __init__(self, browser: Any, served: Served, stack: ExitStack) -> None:
        self.served = served
        self._browser = browser
        self._stack = stack
        self._sightings: list[Any] = []

    def come(self, name: str = "mia", role: str = "moderator", **options: Any) -> Any:
        """The page of somebody who has logged in; more options as of `visit`."""
        page, sightings = self._stack.enter_context(
            visit(self._browser, self.served.url, **options)
        )
        self._sightings.append(sightings)
        page.set_default_timeout(PATIENCE_S * 1000)
        page.fill("#token", self.served.token(name, role)[1])
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return page

    def sightings(self) -> list[str]:
        """What no page may do; that the server refuses something is an answer."""
        seen = [one for sightings in self._sightings for one in sightings.all()]
        refused = [one for one in seen if "status of 4" in one]
        return [one for one in seen if one not in refused]
