"""An evaluation in words, Chinese and English: tables, and what follows from the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.explain.names import Lang, Phrase

Row = Mapping[str, Any]
Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Heads and rows."""

PRECISE = "precision 0.999"
_ENOUGH = 0.999  # a lower bound below this proves no 99.9 %

HEAD_FAMILY = Phrase("Family", "改动类型")
HEAD_N = Phrase("n", "数量")
HEAD_MATCH = Phrase("Score ≥ 0.5", "得分 ≥ 0.5")
HEAD_SURE = Phrase("≥ 0.9", "≥ 0.9")
HEAD_PRECISE = Phrase("99.9 % right", "99.9 % 准确")
HEAD_INTERVAL = Phrase("95 % interval", "95 % 区间")
HEAD_FIRST = Phrase("Right one first", "正确项居首")
HEAD_NO_COPY = Phrase("No copy is registered", "无登记原图")
HEAD_FALSE = Phrase("False ≥ 0.5", "误报 ≥ 0.5")
HEAD_HIGHEST = Phrase("Highest score", "最高得分")
ALL = Phrase("all", "全部")
HEAD_MEASURE = Phrase("Measure", "指标")
HEAD_VALUE = Phrase("Value", "数值")
AVERAGE_PRECISION = Phrase("average precision (µAP)", "平均精度 (µAP)")
RECALL_AT = Phrase("found where {precision} are right", "准确率 {precision} 时的召回率")
THRESHOLD = Phrase("  at a score of", "  对应得分")
PRECISION_AT_LEAST = Phrase("  proven precision, at least", "  可证明的准确率下限")
FALSE_RATE = Phrase("false matches in a million pairs", "每百万对误匹配")
AT_MOST = Phrase("{rate} (at most {high})", "{rate}（上限 {high}）")
SIBLINGS = Phrase("a look-alike of the original outranks it", "相似作品排在原图之前")
DOUBTFUL = Phrase("matches within one scene, not counted", "同一场景内的匹配（不计入）")
QUERY_MS = Phrase("a query takes (p50, p90)", "单次查询耗时（p50、p90）")
NO_THRESHOLD = Phrase("none is precise enough", "无满足要求的阈值")

FOUND = Phrase(
    "{hits} of {n} copies were found ({share}; 95 % interval {low} to {high}), among "
    "{registered:,} registered pictures.",
    "在 {registered:,} 张登记图片中，{n} 份改图找到了 {hits} 份"
    "（{share}；95 % 区间 {low} 至 {high}）。",
)
FOUND_PRECISELY = Phrase(
    "At a score of {threshold} and more, 99.9 % of the matches are right, and {share} of the "
    "copies are found.",
    "得分不低于 {threshold} 时，99.9 % 的匹配正确，可找到 {share} 的改图。",
)
FOUND_IMPRECISELY = Phrase(
    "At no score are 99.9 % of the matches right: a person must look at all of them.",
    "任何得分下匹配的准确率都达不到 99.9 %：所有匹配均需人工查看。",
)
NOT_PROVEN = Phrase(
    "So few matches prove a precision of {low} only; 99.9 % would take about 3,000 matches without "
    "a wrong one.",
    "样本太少，只能证明准确率不低于 {low}；要证明 99.9 %，约需 3,000 个无误的匹配。",
)
WEAKEST = Phrase("Weakest: {families}.", "最弱的类型：{families}。")
WEAK_FAMILY = Phrase("{name} ({share})", "{name}（{share}）")
NOBODY_ACCUSED = Phrase(
    "Not one of {n} pictures without a registered copy was matched (at most {high} can be "
    "expected).",
    "{n} 张没有登记原图的图片无一被匹配（预期误报率上限 {high}）。",
)
ACCUSED = Phrase(
    "{hits} of {n} pictures without a registered copy were matched wrongly ({share}).",
    "{n} 张没有登记原图的图片中有 {hits} 张被误匹配（{share}）。",
)
CHOSEN = Phrase(
    "The attacks are a chosen mix, not what your community posts: compare versions with these "
    "numbers, do not promise them.",
    "改动类型为人工选定，并非社区的真实分布：这些数字适合比较版本，不宜作为承诺。",
)

_WEAKEST = 3
_WEAK = 0.9


def families(results: Row, lang: Lang) -> Table:
    """A row for each family and one for all."""
    heads = (HEAD_FAMILY, HEAD_N, HEAD_MATCH, HEAD_INTERVAL, HEAD_SURE, HEAD_PRECISE, HEAD_FIRST)
    rows = [
        _family(row["name"], row)
        for row in sorted(results["families"], key=lambda row: row["found"]["match"]["value"])
    ]
    rows.append(_family(ALL.say(lang), results["all"]))
    return tuple(head.say(lang) for head in heads), rows


def not_copies(results: Row, lang: Lang) -> Table:
    """A row for each kind of picture without a registered copy."""
    heads = (HEAD_NO_COPY, HEAD_N, HEAD_FALSE, HEAD_SURE, HEAD_HIGHEST)
    rows: list[tuple[str, ...]] = [
        (
            row["name"],
            str(row["false"]["match"]["n"]),
            str(row["false"]["match"]["hits"]),
            str(row["false"]["sure"]["hits"]),
            f"{row['highest']:.2f}",
        )
        for row in results["not_copies"]
    ]
    return tuple(head.say(lang) for head in heads), rows


def measures(results: Row, lang: Lang) -> Table:
    """Single numbers."""
    rows: list[tuple[str, ...]] = [
        (AVERAGE_PRECISION.say(lang), _with_interval(results["average_precision"]))
    ]
    for precision, at in results["at_precision"].items():
        share = f"{100 * float(precision):g} %"
        rows.append((RECALL_AT.say(lang, precision=share), _with_interval(at["recall"])))
        threshold = at["threshold"]
        rows.append(
            (
                THRESHOLD.say(lang),
                NO_THRESHOLD.say(lang) if threshold is None else f"{threshold:.3f}",
            )
        )
        rows.append((PRECISION_AT_LEAST.say(lang), percent(at["precision_at_least"], 2)))
    rate = results["false_matches"]["at"]["match"]
    told = {"rate": f"{rate['per_million']:.1f}", "high": f"{rate['per_million_at_most']:.1f}"}
    rows.append((FALSE_RATE.say(lang), AT_MOST.say(lang, **told)))
    outranked = results["siblings"]["outranks_the_right_one"]
    if outranked["n"]:
        rows.append((SIBLINGS.say(lang), f"{outranked['hits']} / {outranked['n']}"))
    if results["doubtful"]["questions"]:
        rows.append((DOUBTFUL.say(lang), str(results["doubtful"]["matched"]["match"])))
    took = results["query_ms"]
    rows.append((QUERY_MS.say(lang), f"{took['p50']:.0f} ms, {took['p90']:.0f} ms"))
    return (HEAD_MEASURE.say(lang), HEAD_VALUE.say(lang)), rows


def conclusion(results: Row, lang: Lang) -> list[str]:
    """What a person should take home, a sentence a line."""
    said = _of_copies(results, lang) if results["copies"] else []
    others = _together(results)
    if others["n"]:
        words = NOBODY_ACCUSED if not others["hits"] else ACCUSED
        said.append(
            words.say(
                lang,
                hits=others["hits"],
                n=others["n"],
                share=percent(others["hits"] / others["n"]),
                high=percent(3 / others["n"]),  # the rule of three
            )
        )
    said.append(CHOSEN.say(lang))
    return said


def _of_copies(results: Row, lang: Lang) -> list[str]:
    found = results["all"]["found"]["match"]
    low, high = (percent(x) for x in found["ci95"])
    said = [
        FOUND.say(
            lang,
            hits=found["hits"],
            n=found["n"],
            share=percent(found["value"]),
            low=low,
            high=high,
            registered=results["registered"],
        )
    ]
    precise = results["at_precision"]["0.999"]
    if precise["threshold"] is None:
        said.append(FOUND_IMPRECISELY.say(lang))
    else:
        share = percent(precise["recall"]["value"])
        threshold = f"{precise['threshold']:.3f}"
        said.append(FOUND_PRECISELY.say(lang, threshold=threshold, share=share))
        if precise["precision_at_least"] < _ENOUGH:
            said.append(NOT_PROVEN.say(lang, low=percent(precise["precision_at_least"], 2)))
    weak = sorted(results["families"], key=lambda row: row["found"]["match"]["value"])
    weak = [row for row in weak[:_WEAKEST] if row["found"]["match"]["value"] < _WEAK]
    if weak:
        names = [
            WEAK_FAMILY.say(lang, name=row["name"], share=percent(row["found"]["match"]["value"]))
            for row in weak
        ]
        said.append(WEAKEST.say(lang, families=("、" if lang == "zh" else ", ").join(names)))
    return said


def percent(value: float, digits: int = 1) -> str:
    """`0.98734` → `98.7 %`; never rounded up to a whole that it is not."""
    shown = f"{100 * value:.{digits}f}"
    if value < 1 and float(shown) == 100:
        shown = f"{100 - 10**-digits:.{digits}f}"
    return f"{shown} %"


def _together(results: Row) -> dict[str, int]:
    rows = [row["false"]["match"] for row in results["not_copies"]]
    return {"hits": sum(row["hits"] for row in rows), "n": sum(row["n"] for row in rows)}


def _family(name: str, row: Row) -> tuple[str, ...]:
    found = row["found"]
    low, high = found["match"]["ci95"]
    return (
        name,
        str(found["match"]["n"]),
        percent(found["match"]["value"]),
        f"{percent(low)} – {percent(high)}",
        percent(found["sure"]["value"]),
        percent(found[PRECISE]["value"]),
        percent(row["right_one_first"]["value"]),
    )


def _with_interval(row: Row) -> str:
    low, high = row["ci95"]
    return f"{row['value']:.3f} ({low:.3f} – {high:.3f})"
