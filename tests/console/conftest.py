"""Shared by the tests of the console: a desk with cases is made once, and copied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kit.console import Served, a_copy_of, make_desk, serving

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
