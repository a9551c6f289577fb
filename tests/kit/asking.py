"""Asks the application of a service, as a client would over a socket."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from kit import pictures
from kit.pictures import Pixels

from moderation.service.app import create_app
from moderation.service.state import Service

JSON = {"Content-Type": "application/json"}


class Asking:
    """One question at a time; `client` for several at once."""

    def __init__(self, service: Service) -> None:
        self.app = create_app(service)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client for one event loop; what the application raises is an error of the test."""
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client

    def __call__(self, method: str, path: str, **how: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with self.client() as client:
                return await client.request(method, path, **how)

        return asyncio.run(ask())

    def submit(self, row: dict[str, Any], **headers: str) -> httpx.Response:
        """`POST /v1/verdicts`; `Idempotency_Key` is the header `Idempotency-Key`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps(row)  # in ASCII: half a surrogate arrives as its escape
        return self("POST", "/v1/verdicts", content=body, headers=JSON | named)


def a_note(*shown: Pixels, id: str = "n1", author: str = "ann", **fields: Any) -> dict[str, Any]:  # noqa: A002
    """A note as a pipeline sends it, with pictures inside."""
    images = [{"data": inline(pixels)} for pixels in shown]
    return {"id": id, "author": {"id": author}, "images": images} | fields


def inline(pixels: Pixels) -> str:
    """A picture as base64 of a PNG."""
    return base64.b64encode(pictures.encoded(pixels)).decode()


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of a response that must be this one."""
    assert (response.status_code, response.json().get("code")) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert told["type"] == f"urn:notegate:problem:{code}"
    assert told["status"] == status
    assert told["request_id"] == response.headers["x-request-id"]
    assert told["retryable"] == ("retry-after" in response.headers)
    assert told["detail"][0] == "`" or not told["detail"][0].isupper()
    return told
