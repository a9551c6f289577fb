"""Where service and console listen."""

from __future__ import annotations

import asyncio
import socket

import pytest

from moderation.errors import BadSetting
from moderation.listening import listen_at, url_of


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_no_answer_waits_for_an_acknowledgement(host: str) -> None:
    """Small pieces are sent at once on every connection that is taken."""

    async def taken() -> int:
        said: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def came(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own = writer.get_extra_info("socket")
            said.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listen_at(host, 0) as listening:
            server = await asyncio.start_server(came, sock=listening)
            address, port = listening.getsockname()[:2]
            _, writer = await asyncio.open_connection(address, port)
            no_delay = await said
            writer.close()
            await writer.wait_closed()
            server.close()
            await server.wait_closed()
            return no_delay

    assert asyncio.run(taken()) != 0


def test_a_port_that_is_taken_is_told() -> None:
    with listen_at("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert url_of(listening) == f"http://127.0.0.1:{port}"
        with pytest.raises(BadSetting, match=f"port {port}"):
            listen_at("127.0.0.1", port)
