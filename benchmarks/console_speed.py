"""How soon is a case on the screen, and does a page of the queue cost more the longer it is?

One console before two registers, with 1,000 and with 100,000 waiting cases, asked in turns over
HTTP; then a real Chromium opens cases of the long one, with photographs, and says when it first
painted something that means something. Last it decides ten cases one after the other by single
keys: what a moderator waits for in all, of the two minutes that ten cases may take.
Targets: a case within 300 ms, pages no slower.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import httpx
import numpy as np
import skimage.data
import uvicorn
from harness import parser, table, write
from playwright.sync_api import Page, sync_playwright

from moderation import Author, Gate, Note, NoteImage
from moderation.console.app import create_app
from moderation.console.entrance import Entrance
from moderation.console.personal import Filter, Personal
from moderation.console.shelf import Shelf
from moderation.console.state import Console
from moderation.demo.desk import careful
from moderation.desk import Desk, Person, Role
from moderation.listening import listen_at, url_of
from moderation.store import Register

SIZES = (1_000, 100_000)
TARGET_MS = 300
ALLOWED_S = 120
"""For ten cases, by a moderator who has read no manual."""
DECIDING = "1234561234"
"""Keys of choices that need no words."""
MEI = Person(name="mei", role=Role.MODERATOR)
SAM = Person(name="sam", role=Role.SENIOR)
INSIGHT_RUNS = 5
FILTERS = {
    "first page": Filter(),
    "oldest first": Filter(order="oldest"),
    "one reason": Filter(reason="text.hard_sell"),
    "one author": Filter(author="author-7"),
    "one language": Filter(lang="en"),
}
PAINTED = """() => new Promise(done => {
  const said = performance.getEntriesByName('first-contentful-paint')[0];
  if (said) return done(said.startTime);
  new PerformanceObserver(list => {
    const found = list.getEntriesByName('first-contentful-paint')[0];
    if (found) done(found.startTime);
  }).observe({type: 'paint', buffered: true});
})"""


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        places = {size: fill(Path(folder) / str(size), size, args.seed) for size in SIZES}
        archive = Path(folder) / str(SIZES[-1]) / "notes"
        pages = queue_pages(places, archive, args)
        painted = paint(places[SIZES[-1]], archive, args)
        waited = decide_ten(places[SIZES[-1]], archive)
        insight = insight_page(places, archive)
    results = {"target_ms": TARGET_MS, "pages_ms": pages, "first_paint_ms": painted} | {
        "ten_by_keys": waited,
        "insight_ms": insight,
    }
    table(
        ("page of the queue", *(f"{size:,} cases: median ms" for size in SIZES), "times"),
        (
            (
                name,
                *(row[str(size)]["median"] for size in SIZES),
                round(row[str(SIZES[-1])]["median"] / row[str(SIZES[0])]["median"], 2),
            )
            for name, row in pages.items()
        ),
    )
    told = (painted["median"], painted["p90"], painted["max"])
    print(
        f"first paint of {painted['cases']} cases: median {told[0]}, p90 {told[1]}, max {told[2]}"
    )
    print(
        f"ten cases by single keys: waited {waited['waited_s']} s, of {ALLOWED_S} s in all; "
        f"{waited['left_s_each']} s are left to look at each"
    )
    for size, row in insight.items():
        print(f"insight over 7 days, {size} verdicts: median {row['median']} ms")
    write("console_speed", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--runs", type=int, default=40, help="of each page")
    command.add_argument("--cases", type=int, default=40, help="opened in the browser")
    return command


def fill(folder: Path, size: int, seed: int) -> Path:
    """A register with so many waiting cases; the copies among them have their photographs.

    Twenty notes are really judged; the others have their verdicts under other names, as nobody
    looks at pictures to list a queue.
    """
    random = np.random.default_rng(seed)
    notes = folder / "notes"
    (notes / "pictures").mkdir(parents=True)
    photos = [skimage.data.coffee(), skimage.data.chelsea(), skimage.data.astronaut()]
    rows, judged = [], []
    with Gate.open(folder / "register", policy=careful()) as gate:
        for number, pixels in enumerate(photos):
            gate.check(_note(f"first-{number}", "ann", [pixels], notes, rows))
        for number in range(20):
            pixels = photos[number % 3]
            changed = np.ascontiguousarray(pixels[:, ::-1] if number % 2 else pixels[number:])
            note = _note(f"n{number}", f"author-{number}", [changed, pixels], notes, rows)
            judged.append((note, gate.check(note)))
        left = size - len(judged)
        at = datetime.now(UTC) - timedelta(days=3)
        for start in range(0, left, 1_000):
            with gate.register.transaction(unhurried=True, durable=False) as now:
                for number in range(start, min(start + 1_000, left)):
                    note, verdict = judged[number % len(judged)]
                    reasons = verdict.reasons
                    if number % 3 == 0:
                        reasons = tuple(replace(one, code="text.hard_sell") for one in reasons)
                    score = round(float(random.uniform(0.5, 1)), 3)
                    reasons = tuple(replace(one, score=score) for one in reasons)
                    name = f"more-{number}"
                    now.record_verdict(
                        replace(verdict, note_id=name, reasons=reasons),
                        note=Note(
                            id=name,
                            author=Author(id=f"author-{number % 500}"),
                            lang="en" if number % 4 == 0 else "zh",
                        ),
                        decided_at=at + timedelta(seconds=number),
                    )
    (notes / "notes.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return folder / "register"


def _note(
    note_id: str, author: str, pictures: list[np.ndarray], notes: Path, rows: list[dict]
) -> Note:
    """A note in memory, and the same in the archive."""
    images = []
    for number, pixels in enumerate(pictures):
        path = notes / "pictures" / f"{note_id}-{number}.jpg"
        cv2.imwrite(str(path), pixels[:, :, ::-1])
        images.append({"path": f"pictures/{path.name}"})
    row = {
        "id": note_id,
        "author": {"id": author},
        "published_at": "2026-03-01T08:00:00Z",
        "text": "Three days by the lake, and a cup of coffee every morning.",
        "images": images,
    }
    rows.append(row)
    loaded = [NoteImage(path=notes / image["path"]) for image in images]
    made = Note.from_json({**row, "images": []})
    return replace(made, images=loaded)


@contextmanager
def serving(place: Path, archive: Path, person: Person = MEI) -> Iterator[str]:
    """A console around a register, over HTTP; its URL."""
    with Register.open(place, create=False) as register:
        shelf = Shelf([str(archive)])
        shelf.read()
        entrance = Entrance(register, alone=person)
        console = Console(Desk(register, undo_for=timedelta(0)), shelf, entrance, lang="en")
        listening = listen_at("127.0.0.1", 0)
        config = uvicorn.Config(create_app(console), log_config=None, access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield url_of(listening)
        finally:
            server.should_exit = True
            thread.join()
            listening.close()


def queue_pages(
    places: dict[int, Path], archive: Path, args: argparse.Namespace
) -> dict[str, dict[str, dict[str, float]]]:
    """Page → size → ms; both registers in turns, so that a noisy minute hits both."""
    times: dict[str, dict[int, list[float]]] = {}
    small, large = SIZES
    with serving(places[small], archive) as one, serving(places[large], archive) as other:
        urls = {small: one, large: other}
        with httpx.Client(timeout=60) as client:
            for name, filter_ in FILTERS.items():
                times[name] = {size: [] for size in SIZES}
                for place in places.values():
                    _choose(place, filter_)
                for turn in range(args.runs + 3):
                    for size, url in urls.items():
                        _timed(client, f"{url}/queue", times[name][size] if turn > 2 else [])
            for place in places.values():
                _choose(place, Filter())
            times["a page in the middle"] = {size: [] for size in SIZES}
            for turn in range(args.runs + 3):
                for size, url in urls.items():
                    kept = times["a page in the middle"][size] if turn > 2 else []
                    _timed(client, f"{url}/queue?after=750-{size // 2}", kept)
    return {
        name: {str(size): _summary(rows) for size, rows in by_size.items()}
        for name, by_size in times.items()
    }


def _choose(place: Path, filter_: Filter) -> None:
    with Register.open(place, create=False) as register, register.transaction() as now:
        now.set_at_desk(MEI.name, Personal(filter=filter_).to_json())


def _timed(client: httpx.Client, url: str, kept: list[float]) -> None:
    started = time.perf_counter()
    client.get(url).raise_for_status()
    kept.append((time.perf_counter() - started) * 1000)


def paint(place: Path, archive: Path, args: argparse.Namespace) -> dict[str, float]:
    """ms from the click to the first paint with content, cases with photographs and without."""
    with serving(place, archive) as url, _browser() as page:
        page.goto(f"{url}/queue")
        numbers = [*range(1, 21), *range(1_001, 1_001 + max(0, args.cases - 20))]
        seen = []
        for number in numbers[: args.cases]:
            page.goto(f"{url}/cases/{number}")
            seen.append(page.evaluate(PAINTED))
    return {"cases": len(seen)} | _summary(seen)


def decide_ten(place: Path, archive: Path) -> dict[str, float]:
    """Seconds from each key until the next case has its pictures; ten of them by keys alone."""
    waits = []
    with serving(place, archive) as url, _browser() as page:
        page.goto(f"{url}/queue")
        for key in ("n", *DECIDING):
            started = time.perf_counter()
            with page.expect_navigation(wait_until="load"):
                page.keyboard.press(key)
            waits.append(time.perf_counter() - started)
    total = sum(waits)
    return {
        "cases": len(DECIDING),
        "waited_s": round(total, 2),
        "longest_s": round(max(waits), 2),
        "left_s_each": round((ALLOWED_S - total) / len(DECIDING), 1),
    }


def insight_page(places: dict[int, Path], archive: Path) -> dict[str, dict[str, float]]:
    """Size of the register → ms of the insight page, which counts up to a bound."""
    found = {}
    for size, place in places.items():
        times: list[float] = []
        with serving(place, archive, SAM) as url, httpx.Client(timeout=60) as client:
            for turn in range(INSIGHT_RUNS + 1):
                _timed(client, f"{url}/insight?days=7", times if turn else [])
        found[f"{size:,}"] = _summary(times)
    return found


@contextmanager
def _browser() -> Iterator[Page]:
    """A page of a real Chromium."""
    program = os.environ.get("MODERATION_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--disable-gpu"], chromium_sandbox=False
        )
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


def _summary(times: list[float]) -> dict[str, float]:
    values = {"median": np.median(times), "p90": np.quantile(times, 0.9), "max": max(times)}
    return {name: round(float(value), 1) for name, value in values.items()}


if __name__ == "__main__":
    main()
