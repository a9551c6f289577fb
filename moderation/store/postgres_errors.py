"""What PostgreSQL's errors mean for a register, and how they are told.

Of the server's words only the primary message is used: its details quote rows, which are personal
data. https://www.postgresql.org/docs/current/errcodes-appendix.html lists the codes.
"""

from __future__ import annotations

from typing import Any

from moderation.errors import (
    BadNote,
    BadSetting,
    ModerationError,
    StoreBusy,
    StoreError,
    StoreUnreachable,
    StoreUnwritable,
    UnknownSubject,
)
from moderation.store.address import ServerAddress

_BUSY = ("55P03", "57014", "40P01", "40001", "53300")  # lock, cancel, deadlock, conflict, too many
_AWAY = ("08", "57P", "25P03")  # connection, shutdown or start, ended for idling in a write
_UNWRITABLE = ("53100", "53200", "25006", "42501")  # disk, memory, read-only, not allowed
_DAMAGED = ("XX001", "XX002", "58")
_MISSING = ("3D000", "42P01", "3F000")  # database, table, schema


class Faults:
    """Turns the driver's errors about one database into ours."""

    def __init__(self, address: ServerAddress, *, busy_timeout_s: float) -> None:
        self._name = address.name
        self._secrets = address.secrets
        self._busy_timeout_s = busy_timeout_s

    def told(self, error: BaseException) -> BaseException | None:
        """Our error for one of the driver's; None for what is not the driver's."""
        import psycopg  # the engine that raised it has imported it already

        if isinstance(error, ModerationError):
            return error  # a value that cannot be stored, see `schema.PlainText`
        if not isinstance(error, psycopg.Error):
            return None
        code, said = error.sqlstate or "", self._without_secrets(_primary(error))
        if not code and isinstance(error, psycopg.ProgrammingError):  # libpq refuses a parameter
            return BadSetting(
                f"the URL of `{self._name}` cannot be used: {said}",
                hint="correct the part behind the `?`",
            )
        if not code and isinstance(error, psycopg.OperationalError):
            return self._unreachable(said)
        return self._coded(code, said)

    def _coded(self, code: str, said: str) -> ModerationError:
        if code.startswith(_AWAY):
            return self._unreachable(said)
        if code in _BUSY:
            return self.busy()
        if code in _UNWRITABLE:
            return self._unwritable(code, said)
        if code.startswith(_DAMAGED):
            return self.damaged(said)
        if code == "23503":
            return UnknownSubject(
                "the work named is not in the register", hint="add the work in this transaction"
            )
        if code == "22003":
            return BadNote(f"a number is too large: {said}", hint="send whole numbers below 2^31")
        return StoreError(
            f"`{self._name}` refused a statement: {said} ({code or 'no code'})",
            hint="run `moderation store migrate`"
            if code in _MISSING
            else "run `moderation register verify`",
        )

    def busy(self) -> StoreBusy:
        """Somebody held the write lock for too long."""
        return StoreBusy(
            f"another process held the write lock of `{self._name}` for more than "
            f"{self._busy_timeout_s:g} s",
            hint="try again, or end the process that holds the register",
        )

    def damaged(self, fault: str) -> StoreError:
        """What was read cannot be right."""
        return StoreError(
            f"`{self._name}` is damaged: {fault}", hint="restore the register from a backup"
        )

    def _unreachable(self, said: str) -> StoreUnreachable:
        hint = "check that the server runs, and its host, port and firewall"
        if "authentication" in said or "password" in said or "role" in said:
            hint = "check user and password: in the URL, in `PGPASSWORD` or in `~/.pgpass`"
        elif "database" in said and "does not exist" in said:
            hint = "create the database first, as in `createdb notes`"
        return StoreUnreachable(f"cannot use `{self._name}`: {said}", hint=hint)

    def _unwritable(self, code: str, said: str) -> StoreUnwritable:
        hint = "free some space on the server"
        if code == "42501":
            hint = "give the role the rights that SECURITY.md lists, or use the tables' owner"
        elif code == "25006":
            hint = "name the primary server, not a replica"
        return StoreUnwritable(f"cannot write `{self._name}`: {said}", hint=hint)

    def _without_secrets(self, said: str) -> str:
        for secret in self._secrets:
            said = said.replace(secret, "…")
        return said


def _primary(error: Any) -> str:
    """The first line that says why, without the driver's preface; in house style."""
    said = error.diag.message_primary or ""
    if not said:
        # "connection failed: connection to server at "db", port 5432 failed: FATAL:  no such …"
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        telling = [line for line in lines if "failed:" in line] or lines or ["no reason given"]
        said = telling[-1].rpartition("failed:")[2].strip().removeprefix("FATAL:").strip()
    said = said.rstrip(".").replace('"', "`")
    return said[:1].lower() + said[1:] if said[1:2].islower() else said
