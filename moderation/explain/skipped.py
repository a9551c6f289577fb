"""Skipped: what was left out of a picture for the sake of time, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.explain.names import Lang, Phrase
from moderation.finding import Skipped, Unseen

_WHAT: Mapping[Unseen, Phrase] = {
    Unseen.PARTS: Phrase(
        "Picture {number}: {looked_at} parts were looked up, {left_out} more were not",
        "第 {number} 张图片：查找了 {looked_at} 个局部，另有 {left_out} 个未查找",
    ),
    Unseen.SMALL_PARTS: Phrase(
        "Picture {number}: {left_out} cells are too small to be looked up one by one",
        "第 {number} 张图片：{left_out} 个小格过小，未逐一查找",
    ),
    Unseen.WORKS: Phrase(
        "Picture {number}: compared with {looked_at} registered pictures, {left_out} likely ones "
        "were left out",
        "第 {number} 张图片：已与 {looked_at} 件登记图片比对，另有 {left_out} 件可能相关的未比对",
    ),
    Unseen.LINES: Phrase(
        "Picture {number}: {looked_at} lines of writing were read, {left_out} smaller ones not",
        "第 {number} 张图片：识别了 {looked_at} 行文字，另有 {left_out} 行较小的未识别",
    ),
    Unseen.CODES: Phrase(
        "Picture {number}: {looked_at} codes were read and kept, {left_out} more were not",
        "第 {number} 张图片：列出了 {looked_at} 个码，另有 {left_out} 个未识别或未列出",
    ),
}


def explain_skipped(skipped: Skipped, *, lang: Lang) -> str:
    """One line, without a full stop: what was looked at and what was not."""
    return _WHAT[skipped.what].say(
        lang,
        number=skipped.image_number + 1,
        looked_at=skipped.looked_at,
        left_out=skipped.left_out,
    )
