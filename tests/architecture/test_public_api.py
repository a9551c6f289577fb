"""Names and shapes that users and measurements call; they do not change by accident."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

import moderation
from moderation import Author, Gate, Match, Note, NoteImage, Policy, Span, TextReading, Verdict

HEAVY = ("torch", "transformers", "faiss", "cv2", "sqlalchemy", "PIL", "numpy", "click", "pyarrow")


def parameters(function: Callable[..., Any], wanted: list[str]) -> list[str]:
    """Names of parameters, the keyword-only ones after a star, without `self`.

    Keyword-only ones beyond those wanted are left out if they have a default: nobody needs them.
    """
    shown: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        keyword_only = parameter.kind is parameter.KEYWORD_ONLY
        optional = keyword_only and parameter.default is not parameter.empty
        if parameter.name == "self" or (optional and parameter.name not in wanted):
            continue
        if keyword_only and "*" not in shown:
            shown.append("*")
        shown.append(parameter.name)
    return shown


CALLS: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "Gate.open": (Gate.open, ["register", "*", "index", "policy", "as_of", "create", "limits"]),
    "Gate.check": (Gate.check, ["note", "*", "register"]),
    "Gate.check_many": (Gate.check_many, ["notes", "*", "register"]),
    "Gate.register_many": (Gate.register_many, ["notes", "*", "progress"]),
    "Gate.register_hashes": (Gate.register_hashes, ["rows", "*", "progress"]),
    "Gate.find_copies": (Gate.find_copies, ["image", "limit"]),
    "Gate.claim": (
        Gate.claim,
        ["note_id", "image_number", "*", "author_id", "basis", "at", "proof"],
    ),
    "Gate.link_authors": (Gate.link_authors, ["author_id", "linked_ids"]),
    "Gate.exempt": (Gate.exempt, ["note_id", "image_number", "*", "reason", "until"]),
    "Gate.remove": (Gate.remove, ["note_id"]),
    "Gate.forget": (Gate.forget, ["*", "note_id", "author_id"]),
    "Gate.stats": (Gate.stats, []),
    "Gate.verify": (Gate.verify, []),
    "Gate.compact": (Gate.compact, []),
    "Gate.close": (Gate.close, []),
    "Note.from_json": (Note.from_json, ["row", "*", "base"]),
    "Policy.load": (Policy.load, ["path_or_name"]),
    "assess_text": (moderation.assess_text, ["note"]),
    "compare": (moderation.compare, ["image_a", "image_b"]),
}

FIELDS: dict[type, list[str]] = {
    Note: [
        *("id", "author", "published_at", "kind", "title", "text", "tags", "links", "lang"),
        *("images", "revision"),
    ],
    NoteImage: ["path", "data", "array", "sha256"],
    Author: ["id", "linked_ids", "declared_ad", "brand_partner"],
    Match: [
        *("note_id", "image_number", "author_id", "published_at", "score", "share_of_query"),
        *("share_of_original", "transform", "region_query", "region_original", "inliers"),
        *("distance_bits", "cosine", "direction"),
    ],
    Span: ["code", "field", "start", "end", "text", "normalised"],
    TextReading: ["intent", "disclosure"],
    Verdict: ["decision", "reasons", "findings", "failures", "policy_digest", "register_seq"],
}


@pytest.mark.parametrize(("call", "wanted"), CALLS.values(), ids=CALLS.keys())
def test_a_call_keeps_its_shape(call: Callable[..., Any], wanted: list[str]) -> None:
    """Calls written for one release run with the next."""
    assert parameters(call, wanted) == wanted


@pytest.mark.parametrize(
    ("word", "wanted"), FIELDS.items(), ids=lambda x: getattr(x, "__name__", "")
)
def test_a_word_keeps_its_fields(word: type, wanted: list[str]) -> None:
    """In this order, keyword only; more may follow."""
    names = [field.name for field in fields(word)]  # type: ignore[arg-type]
    assert [name for name in names if name in wanted] == wanted
    assert all(field.kw_only for field in fields(word))  # type: ignore[arg-type]


def test_a_reading_adds_up_its_intents() -> None:
    """`commercial` is what is not native, `hard_sell` is one of its parts."""
    reading = moderation.assess_text(Note(id="n1", text="加微信下单，仅剩三件，199元包邮"))
    assert set(reading.intent) == {"N0", "N1", "C1", "C2", "C3"}
    commercial = sum(reading.intent[name] for name in ("C1", "C2", "C3"))
    assert reading.commercial == pytest.approx(commercial)
    assert reading.hard_sell == reading.intent["C2"]
    assert [span.code for span in reading.violations]
    assert sum(reading.intent.values()) == pytest.approx(1)


def test_every_public_name_is_there_and_documented() -> None:
    """Names are loaded on first use, and an unknown one is an `AttributeError`."""
    assert moderation.__all__ == sorted(moderation.__all__)
    assert dir(moderation) == moderation.__all__
    for name in moderation.__all__:
        value = getattr(moderation, name)
        if name != "__version__":
            assert value.__doc__, name
            assert value.__module__.startswith("moderation."), name
    with pytest.raises(AttributeError, match="no_such_name"):
        moderation.no_such_name  # noqa: B018
    for name, member in inspect.getmembers(Gate, callable):
        if not name.startswith("_"):
            assert member.__doc__, name


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        pytest.param("import moderation", (), id="package"),
        pytest.param("import moderation.note", (), id="note"),
        pytest.param("from moderation import Note, Verdict, Policy", (), id="words-and-policy"),
        pytest.param("import moderation.policy, moderation.explain", (), id="judgement"),
        pytest.param("from moderation import assess_text", ("numpy",), id="text"),
        pytest.param("import moderation.client", (), id="client"),
        pytest.param("import moderation.store", ("sqlalchemy", "numpy"), id="store"),
        pytest.param(
            "from moderation import Gate",
            ("faiss", "cv2", "sqlalchemy", "PIL", "numpy", "pyarrow"),
            id="gate",
        ),
    ],
)
def test_an_import_loads_no_more_than_it_needs(statement: str, allowed: tuple[str, ...]) -> None:
    """In a fresh process: who only parses notes does not wait for a network library."""
    code = f"import sys\n{statement}\nprint(*(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert set(done.stdout.split()) <= set(allowed)
