"""Who comes in: somebody with a token, somebody a proxy vouches for, or one person on this machine.

    token    shown once, in a form; a cookie with 256 random bits takes its place for 12 hours
    proxy    names the person in a header (OpenID Connect is its business); only its address is
             believed
    alone    everybody on the loopback is one person: for a trial

Every form bears a word that only pages of this session hold, and comes from a page of ours: another
site can make a browser send a form, and read nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from moderation.console.envelope import MOST_BODY_BYTES
from moderation.desk import Person, Role
from moderation.errors import BadNote, NotAllowed
from moderation.listening import are_of_this_machine
from moderation.store import DeskSession, Register

COOKIE = "notegate_desk"
LASTS = timedelta(hours=12)
CSRF = "csrf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy that knows who people are."""

    address: str
    """From where alone its headers are believed."""
    name_header: str = "x-forwarded-user"
    groups_header: str = "x-forwarded-groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Group → role; of several the highest counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Whom a request is from."""

    person: Person
    csrf: str
    """The word that forms of this session bear."""
    settings: Mapping[str, Any]
    """How the person wants the desk."""


class LoggedOut(Exception):
    """Nobody is logged in."""


class Entrance:
    """Finds out whom a request is from."""

    def __init__(
        self, register: Register, *, proxy: Proxy | None = None, alone: Person | None = None
    ) -> None:
        """Of the desk of one register.

        Args:
            register: where tokens and sessions lie.
            proxy: vouches for people; None asks for tokens.
            alone: whoever asks from this machine is this person; nobody else is let in.
        """
        self._register = register
        self._proxy = proxy
        self._alone = alone

    @property
    def takes_tokens(self) -> bool:
        """Whether there is anything to log in with."""
        return self._proxy is None and self._alone is None

    def visitor(self, request: Request) -> Visitor:
        """Whom a request is from.

        Raises:
            LoggedOut: nobody is logged in.
            NotAllowed: the request is from a page of another site, or its person has no role.
        """
        person, secret = self._person(request)
        return Visitor(
            person=person,
            csrf=hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest(),
            settings=self._register.desk_settings(person.name),
        )

    def log_in(self, presented: str, *, at: datetime) -> str:
        """Let somebody in who shows a token; returns the text for the cookie.

        Raises:
            NotAllowed: it is unknown, at its end, or allows nothing at the desk.
        """
        token = self._register.find_token(presented.strip())
        role = Role.of(token) if token is not None and token.is_live(at) else None
        if token is None or role is None:
            raise NotAllowed(
                "the token is unknown, at its end, or not for the desk",
                hint="ask an admin for one: `moderation token create --scope review`",
            )
        session = DeskSession(
            name=token.name,
            role=role.value,
            token_id=token.token_id,
            created_at=at,
            expires_at=at + LASTS,
        )
        with self._register.transaction() as now:
            return now.begin_desk_session(session)

    def log_out(self, request: Request) -> None:
        """End the session of a request."""
        with self._register.transaction() as now:
            now.end_desk_session(request.cookies.get(COOKIE, ""))

    def _person(self, request: Request) -> tuple[Person, str]:
        """Who it is, and what the word of the forms is made from."""
        if self._alone is not None:
            self._refuse_strangers(request)
            return self._alone, self._register.form_key()
        if self._proxy is not None:
            return self._vouched_for(request, self._proxy)
        presented = request.cookies.get(COOKIE, "")
        session = self._register.desk_session(presented) if presented else None
        at = datetime.now(UTC)
        if session is None or at >= session.expires_at or not self._is_live(session, at):
            raise LoggedOut
        return Person(name=session.name, role=Role(session.role)), presented

    def _is_live(self, session: DeskSession, at: datetime) -> bool:
        """Whether the token behind a session still is."""
        token = self._register.token(session.token_id)
        return token is not None and token.is_live(at)

    def _refuse_strangers(self, request: Request) -> None:
        host = request.client.host if request.client else ""
        said = [f"//{request.headers.get('host', '')}", *request.headers.getlist("origin")]
        if not are_of_this_machine([*said, f"//[{host}]" if ":" in host else f"//{host}"]):
            raise NotAllowed(
                "without a login this console answers to the loopback alone",
                hint="ask `localhost`, or start it with tokens",
            )

    def _vouched_for(self, request: Request, proxy: Proxy) -> tuple[Person, str]:
        host = request.client.host if request.client else ""
        name = _as_sent(request.headers.get(proxy.name_header, "")).strip()
        if host != proxy.address or not name:
            raise NotAllowed(
                f"the request does not come from the proxy at `{proxy.address}`, or names nobody",
                hint="log in at the proxy",
            )
        groups = _as_sent(request.headers.get(proxy.groups_header, "")).replace(";", ",").split(",")
        roles = [proxy.roles[g.strip()] for g in groups if g.strip() in proxy.roles]
        if not roles:
            raise NotAllowed(
                f"`{name:.60}` is in none of the groups that have a role here",
                hint="ask an admin for a role",
            )
        role = max(roles, key=lambda one: one.level)
        return Person(name=name, role=role), f"{self._register.form_key()} {name}"


def _as_sent(header: str) -> str:
    """A header's text: proxies send names in UTF-8, and the framework reads Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


async def form_of(request: Request) -> dict[str, list[str]]:
    """The fields of a form.

    Raises:
        BadNote: it is too long, or no form.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BODY_BYTES:
            raise BadNote(f"the form has more than {MOST_BODY_BYTES:,} bytes", hint="write less")
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=2_000)
    except ValueError:
        raise BadNote("the form cannot be read", hint="send it from the page") from None
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def refuse_forged(request: Request, visitor_csrf: str, fields: Mapping[str, list[str]]) -> None:
    """Make sure that a form comes from a page of this session.

    Raises:
        NotAllowed: it does not.
    """
    shown = fields.get(CSRF, [""])[0] or request.headers.get("x-csrf", "")
    if is_from_elsewhere(request) or not hmac.compare_digest(shown.encode(), visitor_csrf.encode()):
        raise NotAllowed(
            "the form does not come from a page of this session",
            hint="load the page again, and send it from there",
        )


def is_from_elsewhere(request: Request) -> bool:
    """Whether the browser says that a page of another site sends this.

    The scheme is left out: behind a proxy that speaks TLS we hear of `http` alone.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != request.headers.get("host")
    except ValueError:
        return True
