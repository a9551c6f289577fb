"""Shared by all tests: golden files and a header that says which libraries decide the answers."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kit import browser as chromium
from kit import postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser

GOLDEN = Path(__file__).parent / "golden"

DECIDING = ("numpy", "pillow", "opencv-python-headless", "faiss-cpu")
"""Distributions whose version can change a golden file or a hash."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-golden",
        action="store_true",
        help="rewrite the golden files; look at the difference before you commit",
    )


def pytest_collection_finish() -> None:
    """Leave what pytest has collected out of every later search for garbage.

    These are a million objects, which hold up all threads for half a second at a time: longer than
    some tests allow for an answer.
    """
    gc.collect()
    gc.freeze()


def pytest_report_header() -> str:
    return "decided by: " + ", ".join(f"{name} {_version(name)}" for name in DECIDING)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server of this session; skips the test where it cannot run."""
    with postgres.running() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of this file; skips the test where there is none."""
    with chromium.running() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | Path]:
    """Where a register may be opened, in each of the databases."""
    if request.param == "sqlite":
        yield tmp_path
        return
    with request.getfixturevalue("server").database() as url:
        yield url


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)` compares text with `tests/golden/<test>/<name>.txt`.

    `<test>` is the test file without `test_`. With a suffix in `name` (`help.json`)
    that suffix is used in place of `.txt`.
    """
    folder = GOLDEN / request.path.stem.removeprefix("test_")

    def compare(name: str, text: str) -> None:
        assert re.fullmatch(r"[\w.-]+", name), f"{name!r} is not usable as a file name"
        path = folder / (name if "." in name else f"{name}.txt")
        text = text if text.endswith("\n") else text + "\n"
        if request.config.getoption("--write-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        assert path.exists(), f"{path.name} is missing: run pytest with --write-golden"
        wanted = path.read_text(encoding="utf-8")
        assert text == wanted, f"{path.name} differs: if it should, run pytest with --write-golden"

    return compare
