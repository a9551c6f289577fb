"""Calls to one shard: a deadline for each, and every way to fail told apart."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pyarrow import flight

from moderation.errors import BadSetting, IndexUnreachable
from moderation.finding import Cause
from moderation.gate.index.frames import Arrays, Frame, packed, unpacked
from moderation.gate.index.nominated import Absent
from moderation.store import Share

_OPTIONS = [
    # A shard that comes back is found within a second, not after minutes of patience.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", 256 << 20),
]
_LEAST_S = 0.001


class Shard:
    """The client of one shard. Safe to use from many threads."""

    def __init__(
        self, share: Share, address: str, *, token: str, authority: bytes | None, tls: bool
    ) -> None:
        """Nothing is connected before the first call.

        Args:
            share: what it should hold.
            address: host and port.
            token: that it wants.
            authority: certificates to trust, in PEM; None for those of the system.
            tls: whether to speak TLS.
        """
        self.share = share
        self.name = f"shard {share} at {address}"
        self._headers = [(b"authorization", f"Bearer {token}".encode())]
        trusted = {"tls_root_certs": authority} if authority is not None else {}
        kind = "grpc+tls" if tls else "grpc"
        self._client = flight.FlightClient(
            f"{kind}://{address}", generic_options=_OPTIONS, **trusted
        )

    def ask(
        self, what: str, head: Mapping[str, Any], arrays: Arrays, *, until: float
    ) -> Frame | Absent:
        """Ask, and wait until then by `time.monotonic`.

        Raises:
            BadSetting: it refuses the token, or is another shard or of another register.
        """
        within = max(_LEAST_S, until - time.monotonic())
        told = {**head, "share": str(self.share), "within_s": within}
        action = flight.Action(what, pa.py_buffer(packed(told, arrays)))
        options = flight.FlightCallOptions(timeout=within, headers=self._headers)
        try:
            answers = list(self._client.do_action(action, options))
            frame = unpacked(answers[0].body if answers else b"")
        except flight.FlightTimedOutError:
            return self._absent(Cause.TIMEOUT, "had not answered when it was due")
        except flight.FlightUnavailableError:
            return self._absent(Cause.ERROR, "cannot be reached")
        except flight.FlightUnauthenticatedError:
            raise BadSetting(
                f"{self.name} does not know the token",
                hint="give shards and gates the same `MODERATION_INDEX_TOKEN`",
            ) from None
        except IndexUnreachable as error:
            return self._absent(Cause.ERROR, f"answers otherwise: {error.message}")
        except (pa.ArrowException, OSError) as error:
            return self._absent(Cause.ERROR, f"fails: {type(error).__name__}")
        return self._told(*frame)

    def _told(self, head: dict[str, Any], arrays: dict[str, Any]) -> Frame | Absent:
        code = head.get("error")
        if code == BadSetting.code:
            raise BadSetting(f"{self.name}: {head['message']:.200}", hint=f"{head['hint']:.200}")
        if code is not None:
            return self._absent(Cause.ERROR, f"fails: {head['message']:.200}")
        return head, arrays

    def close(self) -> None:
        """Give back the connection."""
        self._client.close()

    def _absent(self, cause: Cause, told: str) -> Absent:
        return Absent(name=self.name, cause=cause, told=told)
