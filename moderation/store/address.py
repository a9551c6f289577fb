"""Where a register lies: in a folder, or in a PostgreSQL database.

The URL may hold a password, so it is taken apart here, once, and nothing else of this package
ever prints it: people read `ServerAddress.name`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from moderation.errors import BadSetting

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
"""What a URL may start with; all mean the same."""
_EXAMPLE = "postgresql://USER@HOST/DATABASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """A database on a PostgreSQL server."""

    url: URL = field(repr=False)
    """With all that is needed to connect; what it lacks, libpq takes from its environment."""

    @property
    def name(self) -> str:
        """What people may read: server and database, without user, password and options."""
        query = {
            key: str(value) for key, value in self.url.query.items() if key in ("host", "port")
        }
        host = self.url.host or query.get("host", "")
        port = str(self.url.port or query.get("port", ""))
        place = host + (f":{port}" if port else "")
        return f"postgresql://{place}/{self.url.database or ''}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may hold, whoever wrote it."""
        query = (str(v) for key, v in self.url.query.items() if "password" in key)
        return tuple(text for text in (str(self.url.password or ""), *query) if text)


def parse_address(register: str | Path) -> Path | ServerAddress:
    """Folder or database, as a setting names it.

    Args:
        register: a path, or a URL such as `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, with
            any libpq parameter behind a `?`.

    Raises:
        BadSetting: a URL of another kind, or one that cannot be read. The message has no more of
            it than its scheme.
    """
    if isinstance(register, Path) or "://" not in register:
        return Path(register)
    scheme = register.partition("://")[0]
    if scheme not in SCHEMES:
        raise BadSetting(
            f"`{scheme:.20}` is no kind of register known here",
            hint=f"give a folder or a URL such as `{_EXAMPLE}`",
        )
    try:
        url = make_url(register)
    except (ArgumentError, ValueError):
        url = None
    if url is None or "@" in (url.host or ""):  # then a part of the password was taken for the host
        raise BadSetting(
            f"the register's `{scheme}` URL cannot be read",
            hint=f"write it as `{_EXAMPLE}`, with `%40` for an @ within a name or password",
        )
    return ServerAddress(url=url.set(drivername="postgresql+psycopg"))


def shown_name(register: str | Path) -> str:
    """What people may read of where a register lies: a URL may hold a password, in many places.

    Raises:
        BadSetting: as `parse_address`.
    """
    place = parse_address(register)
    return str(place) if isinstance(place, Path) else place.name
