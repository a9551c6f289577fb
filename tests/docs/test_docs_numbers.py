"""Numbers in the two READMEs and in the limits are those of the benchmark results."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kit.pages import ROOT

RESULTS = ROOT / "benchmarks" / "results"
PAGES = ("README.md", "README.zh-CN.md")
QUESTIONS = (
    "copies",
    "not_copies",
    "peers",
    "diversion",
    "commercial",
    "game_chat",
    "pdq",
    "speed",
    "latency",
)


def result(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["results"]


def _to_a_person(measured: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of notes that lead away, and of natives that do not."""
    likely = measured["diversion"]["likely"]
    return likely["found"], likely["natives_flagged"]


def rows() -> dict[str, list[tuple[str, ...]]]:
    """Question → the pieces that its row must hold, in English and in Chinese."""
    red = result("shipped_reader")["red_team"]
    seen, false = _to_a_person(red)
    auc = red["commercial"]["auc"]
    low, high = auc["ci95"]
    chat = result("text_reading")["game_chat"]["contact_found"]
    pdq = result("pdq_conformance")["pdqhash"]
    near = pdq["n"] - pdq["above_target"]
    speed = result("hashing_speed")
    ms = speed["threads_1"]["from_bytes"]["median_ms"]
    ours, theirs = ms["gate: decode + 8 hashes"], ms["pdqhash.compute, Pillow"]
    recall = result("copy_recall")
    kinds, families, registered = (
        f"{len(recall['attacks'])} ",
        f"{len(recall['families'])} ",
        f"{recall['registered']:,}",
    )
    levels = ("match", "sure")
    found, sure = (recall["all"]["found"][level]["hits"] for level in levels)
    tried = recall["all"]["found"]["match"]["n"]
    others = [kind["false"] for kind in recall["not_copies"]]
    wrong, blocked = (sum(other[level]["hits"] for other in others) for level in levels)
    strange = sum(other["match"]["n"] for other in others)
    latency = result("gate_latency")
    nine = latency["check_9_pictures"]
    half, slow = round(nine["p50"]), round(nine["p99"])
    asked = result("copy_peers")
    engines = asked["engines"].values()
    shares = [int(100 * e["at_precision"]["0.999"]["recall"]["value"]) for e in engines]
    peers = (
        *(f"{share} %" for share in shares),
        f"{asked['engines']['gate']['copies']} ",
        f"{asked['registered']:,}",
    )
    return {
        "peers": [peers, peers],
        "latency": [
            (f"{half:,} ms (p50), {slow:,} ms (p99)", f"{latency['register_pictures']:,}"),
            (f"{half:,} 毫秒（p50），{slow:,} 毫秒（p99）", f"{latency['register_pictures']:,}"),
        ],
        "copies": [
            (
                f"{found} of {tried}; {sure} surely",
                f"{kinds}kinds",
                f"{families}families",
                registered,
            ),
            (
                f"{found} / {tried}；",
                f"{sure} / {tried}",
                f"{kinds}种",
                f"{families}类",
                registered,
            ),
        ],
        "not_copies": [
            (f"{wrong} of {strange} go to a person, {blocked} are blocked",),
            (f"{wrong} / {strange} 转人工，{blocked} 被拦截",),
        ],
        "diversion": [
            (f"{seen['hits']} of {seen['n']}; and {false['hits']} of {false['n']}",),
            (f"{seen['hits']} / {seen['n']}；", f"{false['hits']} / {false['n']}"),
        ],
        "commercial": [
            (f"AUC {auc['value']:.2f} ({low:.2f}–{high:.2f}) | {auc['n']} ",),
            (f"AUC {auc['value']:.2f}（{low:.2f}–{high:.2f}） | {auc['n']} ",),
        ],
        "game_chat": [
            (f"{chat['hits']:,} of {chat['n']:,}",),
            (f"{chat['hits']:,} / {chat['n']:,}",),
        ],
        "pdq": [(f"{near} of {pdq['n']}",), (f"{near} / {pdq['n']}",)],
        "speed": [
            (f"{ours:.1f} ms; one hash by `pdqhash` {theirs:.1f} ms", f"{speed['files']} files"),
            (f"{ours:.1f} 毫秒；`pdqhash` 算一个哈希要 {theirs:.1f} 毫秒", f"{speed['files']} 个"),
        ],
    }


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(("page", "lang"), [(PAGES[0], 0), (PAGES[1], 1)], ids=PAGES)
def test_a_number_is_the_measured_one(page: str, lang: int, question: str) -> None:
    """Nobody rounds in our favour, and no number outlives its measurement."""
    text = (ROOT / page).read_text(encoding="utf-8")
    pieces = rows()[question][lang]
    assert any(all(piece in line for piece in pieces) for line in text.splitlines()), pieces


def test_the_limits_tell_the_measured_numbers() -> None:
    """The page that speaks of harms may be the last to be out of date."""
    text = (ROOT / "docs" / "why" / "limits-and-harms.md").read_text(encoding="utf-8")
    seen, false = _to_a_person(result("shipped_reader")["red_team"])
    said = f"Of {seen['n']} notes of a red team that lead readers elsewhere {seen['hits']} went"
    assert said in text
    assert f"{false['hits']} of {false['n']} that do not" in text
