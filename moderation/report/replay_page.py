"""What another policy would have decided, as one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moderation.archive.whole_file import whole_file
from moderation.explain import Lang, decision_word
from moderation.report.look import asset, csp_digest, environment, reason_name
from moderation.report.replay_words import replay_words_of
from moderation.verdict import Decision

_NOBODY_SAYS = "–"


def write_replay_page(row: Mapping[str, Any], target: Path, *, lang: Lang = "zh") -> None:
    """Write the page.

    Args:
        row: as `moderation replay --json` writes it.
        target: file that ends in `.html`.
        lang: language of the page.

    Raises:
        StoreUnwritable: the place cannot be written; no half page is left there.
    """
    words = replay_words_of(lang)
    style = asset("report.css")

    def word(decision: str | None) -> str:
        return _NOBODY_SAYS if decision is None else decision_word(Decision(decision), lang)

    page = environment().get_template("replay.html.j2")
    pieces = page.generate(
        w=words,
        lang={"zh": "zh-Hans", "en": "en"}[lang],
        style=style,
        style_digest=csp_digest(style),
        row=row,
        word=word,
        reason=lambda code: reason_name(code, lang),
        groups=(
            (words.months, row["months"]),
            (words.languages, row["languages"]),
            (words.author_sizes, row["author_sizes"]),
        ),
    )
    with whole_file(target) as sink:
        for piece in pieces:
            sink.write(piece.encode("utf-8", "replace"))
