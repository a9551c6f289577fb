"""The audit of a real register under another policy, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kit.notes import photo, showing
from sqlalchemy import create_engine, text

from moderation import Author, Gate, Note, Policy
from moderation.errors import BadPolicy
from moderation.note import NoteKind
from moderation.replay import replay, replaying
from moderation.store import Register
from moderation.verdict import Decision

SELLING = "现货包邮，要的加V：cup_2046"
QUIET = "今天在江边走了走，风有点大"
MILD = Policy.parse(
    """
    title = "Lets contacts pass, and asks a person about copies"
    [[rule]]
    name = "copies"
    kind = "image.copy"
    steps = [{ at = 0.1, decision = "review" }]
    """,
    name="mild",
)


@pytest.fixture
def filled(place: str | Path, tmp_path: Path) -> str | Path:
    """Seven verdicts on six notes: quiet ones, a sale, a copy, one that was edited."""
    with Gate.open(place, index=tmp_path / "index") as gate:
        for note in (
            Note(id="quiet", author=Author(id="ann"), text=QUIET, lang="zh"),
            Note(id="sale", author=Author(id="bob"), text=SELLING, lang="zh"),
            showing(photo("coffee"), id="first", author="cho"),
            showing(photo("coffee"), id="copy", author="dan", hours=1),
            Note(id="edited", author=Author(id="eve"), text=SELLING),
            Note(id="edited", author=Author(id="eve"), text=QUIET, revision=2),
            Note(
                id="product",
                author=Author(id="fay", brand_partner="acme"),
                kind=NoteKind.PRODUCT_NOTE,
                text=SELLING,
            ),
        ):
            gate.check(note)
    return place


def changes(found) -> dict[tuple[str, str], int]:
    row = found.to_json(seconds_a_review=60)
    return {(r["before"], r["after"]): r["notes"] for r in row["decisions"]}


def test_recorded_policies_give_every_verdict_again(filled) -> None:
    """Nothing differs: old verdicts can be explained."""
    found = replay(str(filled), None, as_of="then")
    assert (found.all.judged, found.flipped, found.assumed) == (6, 0, 0)
    assert not found.rules


def test_other_policy_is_counted(filled) -> None:
    """The edited note by its last verdict alone."""
    found = replay(str(filled), MILD, as_of=datetime.now(UTC))
    sales = changes(found)
    assert sum(sales.values()) == 6
    assert sales[("pass", "pass")] >= 3
    assert sales[("block", "review")] == 1  # the copy
    assert sum(n for (_, after), n in sales.items() if after == "block") == 0
    (flip,) = found.flips[(Decision.BLOCK, Decision.REVIEW)]
    assert flip.note_id == "copy"
    assert "copies" in flip.rules
    assert found.to_json(seconds_a_review=60)["languages"]["zh"]["judged"] == 2


def test_processes_do_not_change_the_answer(filled, monkeypatch) -> None:
    """Parts of two verdicts, two processes; the counts and the examples of one."""
    alone = replay(str(filled), MILD, as_of=datetime(2026, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(replaying, "VERDICTS_AT_ONCE", 2)
    told: list[int] = []
    parts = replay(
        str(filled),
        MILD,
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        workers=2,
        progress=told.append,
    )
    assert parts.to_json(seconds_a_review=60) == alone.to_json(seconds_a_review=60)
    assert told == [2, 4, 6, 7]


def test_since_and_until_choose_by_the_time_of_the_decision(filled) -> None:
    """Half open, so that two stretches side by side count nothing twice."""
    with Register.open(filled) as register:
        times = [row.decided_at for row in register.verdicts()]
    cut = times[3]
    before = replay(str(filled), MILD, as_of="then", until=cut)
    after = replay(str(filled), MILD, as_of="then", since=cut)
    assert (before.all.judged, after.all.judged) == (3, 3)
    nothing = replay(str(filled), MILD, as_of="then", since=times[-1] + timedelta(seconds=1))
    assert nothing.all.judged == 0


def test_rules_of_then_are_those_of_the_moment_that_was_judged_by(
    place: str | Path, tmp_path: Path
) -> None:
    """Also where the check was told another moment than its own."""
    dated = Policy.parse(
        """
        title = "Forbidden for a year"
        [[rule]]
        name = "contact"
        kind = "text.diversion.contact"
        steps = [{ at = 0.1, decision = "block" }]
        from = 2021-01-01
        until = 2022-01-01
        """,
        name="dated",
    )
    for note_id, year in (("in force", 2021), ("not any more", 2023)):
        at = datetime(year, 6, 1, tzinfo=UTC)
        with Gate.open(place, index=tmp_path / "index", policy=dated, as_of=at) as gate:
            gate.check(Note(id=note_id, author=Author(id="bob"), text=SELLING))
    again = replay(str(place), None, as_of="then")
    assert changes(again) == {("block", "block"): 1, ("pass", "pass"): 1}
    now = replay(str(place), None, as_of=datetime(2023, 6, 1, tzinfo=UTC))
    assert changes(now) == {("block", "pass"): 1, ("pass", "pass"): 1}


def test_kind_and_brand_are_remembered(filled) -> None:
    """A policy for product notes of one brand, given again from the audit alone."""
    picky = Policy.parse(
        """
        title = "For product notes"
        [[rule]]
        name = "product"
        kind = "text.hard_sell"
        steps = [{ at = 0.01, decision = "label" }]
        when = { note_kinds = ["product_note"], brands = ["acme"] }
        """,
        name="picky",
    )
    found = replay(str(filled), picky, as_of="then")
    named = [flip.note_id for flips in found.flips.values() for flip in flips if flip.rules]
    assert found.reasons["text.hard_sell"][1] == 1
    assert "product" in named


def test_verdicts_from_before_are_taken_for_ordinary_notes(tmp_path: Path) -> None:
    """And counted, so that nobody is misled."""
    with Gate.open(tmp_path / "register") as gate:
        gate.check(Note(id="old", author=Author(id="ann"), text=SELLING))
    engine = create_engine(f"sqlite:///{tmp_path / 'register' / 'register.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE verdicts SET judged_as = NULL"))
    engine.dispose()
    found = replay(str(tmp_path / "register"), None, as_of="then")
    assert (found.all.judged, found.assumed, found.flipped) == (1, 1, 0)


def test_policy_that_nobody_kept_is_told(tmp_path: Path) -> None:
    """Verdicts from before policies were kept name a digest only."""
    with Gate.open(tmp_path / "register", policy=MILD) as gate:
        gate.check(Note(id="old", author=Author(id="ann"), text=QUIET))
    engine = create_engine(f"sqlite:///{tmp_path / 'register' / 'register.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM policies"))
    engine.dispose()
    with pytest.raises(BadPolicy, match=MILD.digest[:20]):
        replay(str(tmp_path / "register"), None, as_of="then")
    assert replay(str(tmp_path / "register"), MILD, as_of="then").flipped == 0


def test_nothing_is_written(filled) -> None:
    """An audit stays as it was."""
    with Register.open(filled) as register:
        before = [row.to_json() for row in register.verdicts()]
    replay(str(filled), MILD, as_of="then")
    with Register.open(filled) as register:
        assert [row.to_json() for row in register.verdicts()] == before


def test_forgotten_notes_are_not_given_again(filled, tmp_path: Path) -> None:
    """Their verdicts are gone."""
    with Gate.open(filled, index=tmp_path / "index") as gate:
        gate.forget(note_id="sale")
    found = replay(str(filled), MILD, as_of="then")
    assert found.all.judged == 5


def test_completion_counts_in_place_of_what_it_completes(tmp_path: Path) -> None:
    """A partial verdict and its final one are one note."""
    with Gate.open(tmp_path / "register") as gate:
        verdict = gate.check(Note(id="late", author=Author(id="ann"), text=QUIET))
        with gate.register.transaction() as now:
            final = replace(verdict, decision=Decision.PASS)
            now.record_verdict(
                final,
                note=Note(id="late", author=Author(id="ann"), text=QUIET),
                decided_at=datetime.now(UTC),
                completes=1,
            )
    assert replay(str(tmp_path / "register"), None, as_of="then").all.judged == 1
