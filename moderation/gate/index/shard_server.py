"""One shard: a process that holds a share of the pictures, and answers for them.

It follows the log of the register by itself, as every gate does. A question names the entry up to
which the answer must be complete, and a shard that is not there yet reads on before it answers. So
what a gate has just registered or removed holds for its next question, wherever the shards are.

Spoken is Arrow Flight, gRPC with a deadline for each call, and frames of arrays in it.
"""

from __future__ import annotations

import hmac
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from pyarrow import flight

from moderation.errors import BadSetting, IndexUnreachable, ModerationError, StoreError
from moderation.gate.index.followed import FollowedIndex
from moderation.gate.index.frames import Frame, packed, unpacked
from moderation.gate.index.shard_hits import shard_finds, shard_votes
from moderation.store import Register

FOLLOW_EVERY_S = 1.0
"""How often the log is followed where nobody asks."""
AUTHORIZATION = "authorization"
log = logging.getLogger(__name__)

_BEHIND_S = 0.005


class _Door(flight.ServerMiddlewareFactory):  # type: ignore[misc]
    def __init__(self, token: str) -> None:
        self._wanted = f"Bearer {token}".encode()

    def start_call(self, info: object, headers: dict[str, list[str]]) -> None:
        given = [
            value for name in headers if name.lower() == AUTHORIZATION for value in headers[name]
        ]
        # Compared as bytes, and all of them, so that time tells nothing of how much agrees.
        if not any(hmac.compare_digest(value.encode(), self._wanted) for value in given):
            raise flight.FlightUnauthenticatedError("this shard does not know the token")


class _Flight(flight.FlightServerBase):  # type: ignore[misc]
    def __init__(self, answer: Callable[[str, Frame], bytes], url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._answer = answer

    def do_action(self, context: object, action: flight.Action) -> Iterator[pa.Buffer]:
        try:
            answer = self._answer(action.type, unpacked(action.body))
        except ModerationError as error:
            log.warning("`%s` could not be answered: %s", action.type, error.message)
            answer = packed({"error": error.code, "message": error.message, "hint": error.hint})
        except Exception:
            log.exception("`%s` failed", action.type)
            answer = packed({"error": "bug", "message": "failed, see its log", "hint": ""})
        yield pa.py_buffer(answer)


class ShardServer:
    """Serves one share of an index, from its making until `close`."""

    def __init__(
        self,
        index: FollowedIndex,
        register: Register,
        *,
        host: str,
        port: int,
        token: str,
        certificate: tuple[bytes, bytes] | None = None,
    ) -> None:
        """Read the log to its end, then listen.

        Args:
            index: of one share.
            register: whose log it follows.
            host: address to listen on.
            port: 0 takes a free one.
            token: that who asks must bring.
            certificate: chain and key in PEM, for TLS.

        Raises:
            BadSetting: one cannot listen there.
            StoreError: the register cannot be read.
        """
        self._index, self._register = index, register
        self._identity = register.identity()
        self._ended = threading.Event()
        self._answers: dict[str, Callable[[Frame], bytes]] = {
            "hello": lambda _: packed(self._head()),
            "look_up": self._look_up,
            "vote": self._vote,
            "compact": self._compact,
            "verify": self._verify,
            "size": lambda _: packed(self._head() | {"bytes": index.size_bytes()}),
        }
        index.catch_up(register)
        kind = "grpc" if certificate is None else "grpc+tls"
        options: dict[str, Any] = {"middleware": {"door": _Door(token)}}
        if certificate is not None:
            options["tls_certificates"] = [certificate]
        try:
            self._server = _Flight(self._answer, f"{kind}://{host}:{port}", **options)
        except (pa.ArrowException, OSError) as error:
            raise BadSetting(
                f"cannot listen on {host}:{port}: {str(error).splitlines()[0]:.120}",
                hint="name a free port of an address of this machine",
            ) from None
        self.port = self._server.port
        """Where it listens."""
        self._following = threading.Thread(target=self._follow, name="follow", daemon=True)
        self._following.start()

    def close(self) -> None:
        """Answer what was asked, save what is worth it, and end."""
        self._ended.set()
        self._following.join()
        self._server.shutdown()
        self._save()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _answer(self, what: str, frame: Frame) -> bytes:
        if what not in self._answers:
            raise IndexUnreachable(
                f"this shard knows no question `{what:.40}`",
                hint="use the same version of this package on both sides",
            )
        head = frame[0]
        wanted = {"register": self._identity, "share": str(self._index.share)}
        for name, mine in wanted.items():
            if head.get(name) != mine:
                asked = json.dumps(head.get(name))
                raise BadSetting(
                    f"this shard is of {name} {mine}, not {asked:.60}",
                    hint="name the shards of one register, all of them, in their order",
                )
        return self._answers[what](frame)

    def _head(self) -> dict[str, Any]:
        return {
            "seq": self._index.seq,
            "recipes": [hashes.recipe.name for hashes in self._index.hashes()],
            "rebuilt": self._index.rebuilt,
        }

    def _look_up(self, frame: Frame) -> bytes:
        head, asked = frame
        self._read_up_to(head)
        found = shard_finds(self._index, asked)
        return packed(self._head(), found)

    def _vote(self, frame: Frame) -> bytes:
        head, asked = frame
        self._read_up_to(head)
        return packed(self._head(), shard_votes(self._index, asked))

    def _compact(self, frame: Frame) -> bytes:
        self._read_up_to(frame[0])
        self._index.compact(self._register)
        return packed(self._head())

    def _verify(self, frame: Frame) -> bytes:
        found = self._index.verify(self._register)
        return packed(self._head() | {"verified": found.to_json()})

    def _read_up_to(self, head: dict[str, Any]) -> None:
        until = time.monotonic() + float(head["within_s"])
        while self._index.seq < int(head["seq"]):
            self._index.catch_up(self._register)
            behind = self._index.seq < int(head["seq"])
            # A standby of the database, perhaps, that has yet to hear of it.
            if behind and (time.monotonic() > until or self._ended.wait(_BEHIND_S)):
                raise IndexUnreachable(
                    f"knows the log up to entry {self._index.seq}, asked was {head['seq']}",
                    hint="let the shard read the database that the gates write",
                )

    def _follow(self) -> None:
        """Read what others register, and notice a register that was restored."""
        while not self._ended.wait(FOLLOW_EVERY_S):
            try:
                self._index.catch_up(self._register)
                self._save()
            except StoreError as error:
                log.warning("the log cannot be followed now: %s", error.message)
            except Exception:
                log.exception("following the log failed")

    def _save(self) -> None:
        if self._index.is_worth_saving():
            try:
                self._index.save(self._register)
            except StoreError as error:  # the register is safe
                log.warning("the snapshot could not be saved: %s", error.message)
