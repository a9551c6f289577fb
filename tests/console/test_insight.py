"""The insight page and its downloads, asked over HTTP without a socket, and looked at by axe."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest
from kit.browser import axe_violations, running, sideways_px, visit
from kit.desk_rows import AT_ONCE, MIA, SAM, TOM, VERA, judged, two_findings

from moderation.console.app import create_app
from moderation.console.entrance import Entrance
from moderation.console.plots import HEIGHT, columns, whisker
from moderation.console.shelf import Shelf
from moderation.console.state import Console
from moderation.desk import Desk, Person
from moderation.desk.insight import DayVolume
from moderation.rates import Rate
from moderation.store import Register, Wanted
from moderation.verdict import Decision

Ask = Callable[..., httpx.Response]


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    """Thirty notes of the last two months, most of which mia and tom have decided."""
    with Register.open(tmp_path / "register") as opened:
        at = datetime.now(UTC)
        for number in range(30):
            found = two_findings()[: 1 + number % 2]
            judged(opened, f"n{number}", f"<b>{number}", *found, at=at - timedelta(days=2 * number))
        desk = Desk(opened, undo_for=AT_ONCE)
        for number, case in enumerate(opened.cases(Wanted(), limit=24)):
            choice = ("mistaken", "copied", "mark")[number % 3]
            desk.decide([case.case_id], (MIA, TOM)[number % 2], choice, words="her own garden")
        desk.settle()
        yield opened


def console_of(register: Register, person: Person) -> Console:
    return Console(Desk(register), Shelf(()), Entrance(register, alone=person), lang="en")


@pytest.fixture
def ask(register: Register) -> Ask:
    """`ask(path, person)`: what somebody who asks for a page gets."""

    def asked(path: str, person: Person = SAM, **headers: str) -> httpx.Response:
        app = create_app(console_of(register, person))

        async def get() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50_000))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost", headers=headers
            ) as client:
                return await client.get(path)

        return asyncio.run(get())

    return asked


def test_seniors_see_the_page(ask: Ask, register: Register) -> None:
    """With people by their pseudonyms, and nothing that a policy of the page would block."""
    answer = ask("/insight?days=90")
    assert answer.status_code == 200
    assert "How often it is so" in answer.text
    assert 'href="/insight"' in answer.text
    content = answer.text.partition("<main")[2]
    assert "mia" not in content
    assert "moderator-" in content
    assert not re.search(r"<[^>]+\sstyle=|<style|javascript:|\son\w+=", answer.text)


@pytest.mark.parametrize("person", [VERA, MIA], ids=["viewer", "moderator"])
@pytest.mark.parametrize("path", ["/insight", "/insight/decisions.csv"])
def test_others_are_told_what_it_needs(ask: Ask, person: Person, path: str) -> None:
    """A page that says so, and no link that leads there."""
    answer = ask(path, person)
    assert answer.status_code == 403
    assert "this needs senior" in answer.text
    assert 'href="/insight"' not in answer.text


def test_the_page_is_in_chinese_too(ask: Ask) -> None:
    """By what the browser asks for."""
    text = ask("/insight", **{"Accept-Language": "zh-CN,zh"}).text
    assert "判断成立的比例" in text
    assert "How often" not in text


@pytest.mark.parametrize("days", ["", "8", "-1", "７", "x" * 50])
def test_other_stretches_are_the_usual_one(ask: Ask, days: str) -> None:
    """Only three lengths can be compared, and only they are asked of the register."""
    text = ask("/insight", SAM).text if not days else ask(f"/insight?days={days}").text
    assert 'href="/insight?days=30" aria-current="page"' in text


def test_an_empty_register_says_that_nothing_was_counted(tmp_path: Path) -> None:
    """And draws no plot of nothing."""
    with Register.open(tmp_path / "empty") as register:
        app = create_app(console_of(register, SAM))

        async def get() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50_000))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
                return await one.get("/insight")

        answer = asyncio.run(get())
    assert answer.status_code == 200
    assert answer.text.count("Nothing was counted") == 10
    assert 'class="columns"' not in answer.text


def test_decisions_are_taken_away_by_pseudonyms(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    """The same rows in each format; who took them away stands in the log."""
    lines = ask("/insight/decisions.jsonl?days=7").text.splitlines()
    rows = [json.loads(line) for line in lines]
    sheet = ask("/insight/decisions.csv?days=7")
    table = pq.read_table(io.BytesIO(ask("/insight/decisions.parquet?days=7").content))
    cells = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert len(rows) == 24
    assert [one["moderator"] for one in rows] == [one["moderator"] for one in cells]
    assert [one["note"] for one in rows] == table.column("note").to_pylist()
    assert len({one["moderator"] for one in rows}) == 2
    everything = "".join(lines) + sheet.text
    assert not any(name in everything for name in ("mia", "tom", "<b>", "garden"))
    assert sheet.headers["content-disposition"].startswith("attachment; filename=decisions-")
    assert "`sam` took away 24 decisions of 7 days as jsonl" in caplog.text


def test_an_unknown_format_is_not_found(ask: Ask) -> None:
    """There are three."""
    assert ask("/insight/decisions.xlsx").status_code == 404


def test_columns_fill_the_height_and_no_more() -> None:
    """The boxes of a day stand on each other; the highest day reaches the top."""
    today = datetime(2026, 11, 21, tzinfo=UTC).date()
    days = [
        DayVolume(day=today, decisions={Decision.PASS: 6, Decision.BLOCK: 2}),
        DayVolume(day=today + timedelta(days=1), decisions={Decision.REVIEW: 4}),
        DayVolume(day=today + timedelta(days=2), decisions={}),
    ]
    drawn = columns(days)
    assert drawn.top == 8
    block, passed, review = drawn.boxes
    assert block.y + block.height == HEIGHT
    assert passed.y + passed.height == block.y
    assert (passed.y, review.height) == (0, HEIGHT / 2)
    assert columns([]).boxes == ()
    assert whisker(Rate(0, 0)).high == whisker(Rate(1, 1)).share


@pytest.fixture
def url(register: Register) -> Iterator[str]:
    """The console of a senior, on a free port and a thread of its own."""
    import uvicorn

    from moderation.listening import listen_at, url_of

    with listen_at("127.0.0.1", 0) as listening:
        app = create_app(console_of(register, SAM))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield url_of(listening)
        server.should_exit = True
        thread.join(10)


def test_axe_finds_nothing_in_light_and_dark_on_a_phone_and_a_wall(url: str) -> None:
    """And the page does not slide to the side; tables do, by the keyboard too."""
    with running() as browser:
        for width_px, scheme in ((375, "light"), (1280, "dark"), (3840, "light")):
            with visit(browser, f"{url}/insight?days=90", width_px=width_px, scheme=scheme) as (
                page,
                seen,
            ):
                page.locator("details").first.evaluate("one => one.open = true")
                assert axe_violations(page) == []
                assert sideways_px(page) == 0
                assert seen.all() == []
