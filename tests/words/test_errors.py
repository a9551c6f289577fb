"""Errors: one tree, codes of their own, and messages in one style wherever they are raised."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation import errors
from moderation.errors import ModerationError

PACKAGE = Path(errors.__file__).parent

TREE = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, ModerationError)
]
NAMES = {error.__name__ for error in TREE}


def raised() -> Iterator[tuple[str, ast.Call]]:
    """Every place in the package where an error of the tree is made."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                if name in NAMES:
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


SITES = list(raised())


def texts(node: ast.expr | None) -> Iterator[list[str | None]]:
    """The constant pieces of each text that an expression can be; None stands for a value."""
    match node:
        case ast.Constant(value=str(text)):
            yield [text]
        case ast.JoinedStr(values=values):
            yield [v.value if isinstance(v, ast.Constant) else None for v in values]
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts(body)
            yield from texts(orelse)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            for start in texts(left):
                for end in texts(right):
                    yield start + end
        case _:
            yield [None]


@pytest.mark.parametrize("node", [n for _, n in SITES], ids=[place for place, _ in SITES])
def test_a_message_keeps_the_style(node: ast.Call) -> None:
    """No capital first (but acronyms), no full stop last, and a hint that says something."""
    message = node.args[0] if node.args else None
    for pieces in texts(message):
        first, last = pieces[0] or "", pieces[-1] or ""
        assert not re.match(r"[A-Z](?![A-Z0-9])", first), f"capital in {first!r}"
        assert not last.rstrip().endswith((".", "!")), f"full stop in {last!r}"
    hints = [keyword.value for keyword in node.keywords if keyword.arg == "hint"]
    assert hints, "no hint"
    for pieces in texts(hints[0]):
        assert "".join(piece or "…" for piece in pieces).strip(), "empty hint"


def test_the_scan_sees_the_raise_sites() -> None:
    """The rule above would hold of nothing, too."""
    assert len(SITES) > 40


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_an_error_has_a_code_of_its_own(error: type[ModerationError]) -> None:
    """A slug in its own class body, unique in the tree, and a sentence of documentation."""
    assert "code" in vars(error)
    assert re.fullmatch("[a-z][a-z_]+", error.code)
    assert [e for e in TREE if e.code == error.code] == [error]
    assert error.__doc__
    assert error.__name__ in (errors.__doc__ or "") or error is ModerationError


@pytest.mark.parametrize(
    ("error", "exit_code", "http_status"),
    [
        (errors.InputError, 3, 422),
        (errors.UnknownSubject, 3, 404),
        (errors.ImageTooLarge, 3, 413),
        (errors.UnsupportedFormat, 3, 415),
        (errors.BadPolicy, 4, 500),
        (errors.ModelNotFound, 5, 500),
        (errors.StoreBusy, 6, 503),
        (errors.MissingExtra, 7, 500),
        (errors.PartialBatch, 8, 207),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_exit_codes_and_statuses_are_a_contract(
    error: type[ModerationError], exit_code: int, http_status: int
) -> None:
    """Scripts and callers rely on them."""
    assert (error.exit_code, error.http_status) == (exit_code, http_status)


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_an_error_survives_the_way_between_processes(error: type[ModerationError]) -> None:
    """Worker processes hand errors back with message and hint."""
    again = pickle.loads(pickle.dumps(error("it broke", hint="mend it")))
    assert type(again) is error
    assert (str(again), again.message, again.hint) == ("it broke", "it broke", "mend it")


def test_a_missing_extra_is_an_import_error() -> None:
    """Callers who guard an import catch it."""
    assert issubclass(errors.MissingExtra, ImportError)
