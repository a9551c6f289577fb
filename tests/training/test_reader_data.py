"""Labelled notes as rows, and which of them measure each other."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import Note
from moderation.errors import BadSetting
from moderation.training.reader_data import (
    SECOND_READING,
    LabelledNote,
    digest_of,
    fold_of_seen,
    fold_without,
    folds,
    labelled_notes,
    shingles,
    trade_words,
    without_repetitions,
)

POTS = "周末去学了拉坯，师傅说我手稳，做了一只歪歪的碗，烧好要等两周才能拿回家。"
SHOP = "我家工作室周末开拉坯体验课，两小时一百六，材料全包，想来的提前一天留言排位。"
RIVER = "沿着河走到黄昏，桥下有人拉二胡，听了三首才想起来晚饭还没吃。"


def labelled(text: str, *, title: str = "", intent: str = "N1", **more: str) -> LabelledNote:
    row = LabelledNote(
        note=Note(id="n", title=title, text=text),
        intent=intent,
        disclosure="none_needed" if intent[0] == "N" else "absent",
        confidence=0.9,
        origin="written",
        group="pottery",
        family="",
        trade="pottery",
        lang="zh",
    )
    return replace(row, **more)  # type: ignore[arg-type]


def written(text: str, intent: str, **more: object) -> dict[str, object]:
    disclosure = "none_needed" if intent[0] == "N" else "absent"
    row = {"family": text[:4], "role": "native", "lang": "zh", "trade": "pottery", "title": ""}
    return row | {"text": text, "tags": [], "intent": intent, "disclosure": disclosure} | more


def put(path: Path, rows: list[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    data = lines.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A data folder with three real notes, one of them without a label, and a datasets folder."""
    data, datasets = tmp_path / "data", tmp_path / "datasets"
    label = {"intent": "N0", "disclosure": "none_needed", "violations": [], "confidence": 0.8}
    real = {"id": "1", "source": "walks", "lang": "zh", "title": "河边", "text": RIVER, "tags": []}
    later = real | {"id": "2", "title": "课", "text": SHOP, "label": None}
    nobody = real | {"id": "3", "text": "没有人读过的一条", "label": None}
    put(data / "notes.jsonl.gz", [real | {"label": label}, later, nobody])
    digest = {"note": digest_of("课", SHOP), "intent": "C2", "disclosure": "clear"}
    put(datasets / SECOND_READING, [digest | {"violations": [], "confidence": 0.7}])
    put(datasets / "written_notes" / "pottery.jsonl", [written(POTS, "N1")])
    return data, datasets


def test_rows_come_from_three_places(places):
    """Labels of a second reading find their notes by digest; a note without a label is none."""
    rows = labelled_notes(*places)
    assert [(row.origin, row.group, row.intent, row.disclosure) for row in rows] == [
        ("first reading", "walks", "N0", "none_needed"),
        ("second reading", "walks", "C2", "clear"),
        ("written", "pottery", "N1", "none_needed"),
    ]
    assert [row.weight for row in rows] == pytest.approx([0.6, 0.4, 0.9])
    assert rows[1].note.text == SHOP


def test_each_place_may_be_missing(places):
    """And with none of them there is nothing to learn from."""
    data, datasets = places
    assert [row.origin for row in labelled_notes(data, None)] == ["first reading"]
    assert [row.origin for row in labelled_notes(None, datasets)] == ["written"]
    with pytest.raises(BadSetting, match="0 labelled notes"):
        labelled_notes(None, None)


@pytest.mark.parametrize(
    "broken",
    [
        {"intent": "N9"},
        {"disclosure": "maybe"},
        {"text": None},
        {"tags": [5]},
        {"title": 3},
    ],
)
def test_a_damaged_line_is_named(tmp_path, broken):
    """With file and line."""
    rows = [written(POTS, "N1"), written(SHOP, "C2") | broken]
    put(tmp_path / "written_notes" / "pottery.jsonl", rows)
    with pytest.raises(BadSetting, match=r"pottery\.jsonl:2"):
        labelled_notes(None, tmp_path)


def test_a_line_that_is_no_json_is_refused(tmp_path):
    """Rather than left out."""
    path = put(tmp_path / "written_notes" / "pottery.jsonl", [written(POTS, "N1")])
    path.write_bytes(path.read_bytes() + b'{"text": "half')
    with pytest.raises(BadSetting, match="pottery"):
        labelled_notes(None, tmp_path)


# Repetitions


def test_of_two_notes_that_say_the_same_the_first_stays():
    """Also across places; other words stay."""
    rows = [
        labelled(POTS, group="walks"),
        labelled(POTS + "好期待", group="pottery"),
        labelled(SHOP),
    ]
    assert [rows.index(row) for row in without_repetitions(rows)] == [0, 2]


def test_siblings_may_be_nearly_the_same():
    """What they differ in is what there is to learn; only exact repetition goes."""
    rows = [
        labelled(POTS, family="bowl"),
        labelled(POTS + "要的私我", intent="C2", family="bowl"),
        labelled(POTS, family="bowl"),
        labelled(POTS + "等", family="cup"),
    ]
    assert without_repetitions(rows) == rows[:2]


def test_short_notes_may_sound_alike():
    """Everybody says good morning."""
    rows = [labelled("大家早上好呀"), labelled("大家早上好呀！"), labelled("大家早上好呀")]
    assert without_repetitions(rows) == rows[:2]


@given(st.lists(st.text("碗杯壶盘烧泥", min_size=14, max_size=20), max_size=12))
def test_no_two_kept_notes_are_nearly_the_same(texts):
    """Against the slow way, which compares each with each."""
    rows = [labelled(text) for text in texts]
    rows = [row for row in rows if len(shingles(row.note)) >= 12]
    kept: list[LabelledNote] = []
    for row in rows:
        mine = shingles(row.note)
        others = [shingles(other.note) for other in kept]
        if all(2 * len(mine & theirs) <= len(mine | theirs) for theirs in others):
            kept.append(row)
    found = without_repetitions(rows)
    assert [row.note.text for row in found] == [row.note.text for row in kept]


# Folds


def group_of(name: str, trade: str, sold: int = 10, told: int = 10) -> list[LabelledNote]:
    intents = ["C2"] * sold + ["N1"] * told
    return [
        labelled(f"{name} {i}", intent=x, group=name, trade=trade) for i, x in enumerate(intents)
    ]


def test_a_fold_learns_nothing_of_its_group_nor_of_its_trade():
    """A trade that shares a word is the same trade."""
    rows = [
        *group_of("a", "ski lessons"),
        *group_of("b", "ski-passes", 5),
        *group_of("c", "tea", 40, 40),
    ]
    first, last = folds(rows)
    assert (first.held, last.held) == ("a", "c")  # b has too few that sell to measure
    assert {rows[i].group for i in first.measured} == {"a"}
    assert {rows[i].group for i in first.learnt} == {"c"}
    assert {rows[i].group for i in last.learnt} == {"a", "b"}
    assert len(first.measured) == 20


def test_a_group_about_everything_still_has_something_to_learn_from():
    """Else it could not be measured at all."""
    rows = [*group_of("a", "tea"), *group_of("b", "tea"), *group_of("c", "tea")]
    assert [len(fold.learnt) for fold in folds(rows)] == [40, 40, 40]


def test_groups_may_be_held_out_together():
    """With the trades of both."""
    rows = [
        *group_of("a", "tea"),
        *group_of("b", "ski"),
        *group_of("c", "ski pass", 4, 4),
        *group_of("d", "cars", 20, 20),
    ]
    fold = fold_without(rows, ["b", "a"])
    assert fold.held == "a + b"
    assert {rows[i].group for i in fold.measured} == {"a", "b"}
    assert {rows[i].group for i in fold.learnt} == {"d"}


def test_new_notes_of_known_sources_leave_families_whole():
    """About one in four, the same ones every time."""
    rows = [labelled(f"{i}", group="walks", family="") for i in range(200)]
    rows += [labelled(f"{i} {j}", family=f"{i}") for i in range(100) for j in range(3)]
    fold = fold_of_seen(rows)
    assert sorted([*fold.learnt, *fold.measured]) == list(range(500))
    assert 90 < len(fold.measured) < 160
    learnt, measured = ({rows[i].family for i in part} for part in (fold.learnt, fold.measured))
    assert learnt & measured == {""}
    assert fold == fold_of_seen(rows)


def test_trades_are_compared_by_their_words():
    """Order, hyphens and plural do not matter; linking words are none."""
    assert trade_words("Study-abroad lessons") == trade_words("abroad studys")
    assert not trade_words("baby goods") & trade_words("goods and cars")
