"""Shared by the tests of the console: a desk with cases is made once, and copied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kit.console import People, Served, a_copy_of, make_desk, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with its cases. Read only."""
    folder = tmp_path_factory.mktemp("desk")
    make_desk(folder)
    return folder


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Path:
    """A desk of this test alone."""
    return a_copy_of(made, tmp_path / "desk")


@pytest.fixture
def serve(desk: Path) -> Iterator[Serve]:
    """`serve(**options)`: the console of this test's desk."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(serving(desk, **options))


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve()


@pytest.fixture
def open_desk(browser: Browser, desk: Path) -> Iterator[Callable[..., People]]:
    """`open_desk(**options)`: this test's desk in real browsers, which stay quiet to the end."""
    with ExitStack() as stack:
        opened: list[People] = []

        def made(**options: Any) -> People:
            served = stack.enter_context(serving(desk, **options))
            opened.append(People(browser, served, stack))
            return opened[-1]

        yield made
        assert not [one for people in opened for one in people.sightings()]


@pytest.fixture
def people(open_desk: Callable[..., People]) -> People:
    return open_desk()
