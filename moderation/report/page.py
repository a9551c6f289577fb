"""One self-contained HTML file: no network, no second file, every text escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from moderation.archive.whole_file import unwritable, whole_file
from moderation.explain import Lang, decision_word, explain_failure
from moderation.finding import ItemFailure
from moderation.note import Note
from moderation.report.exhibits import InPage
from moderation.report.look import asset, csp_digest, environment, reason_name
from moderation.report.pictures import PictureSource
from moderation.report.views import Viewer
from moderation.report.words import words_of
from moderation.verdict import Decision, Verdict

PAGE_NAME = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts over the whole report, and what the verdicts rest on."""

    decisions: tuple[tuple[Decision, str, int], ...]
    """(decision, its word, notes), most severe first, all four."""
    failed: int
    """Rows that got no verdict."""
    reasons: tuple[tuple[str, str, int, float], ...]
    """(code, name, notes, share of the most frequent 0–1), most frequent first."""
    policies: tuple[tuple[str, str], ...]
    """(name, digest) of every policy used."""
    detectors: tuple[str, ...]
    register_seq: tuple[int, int]
    """Lowest and highest."""

    @property
    def notes(self) -> int:
        """Notes that got a verdict."""
        return sum(count for _, _, count in self.decisions)


def write_report(
    results: Iterable[Verdict | ItemFailure],
    target: Path,
    *,
    notes: Mapping[str, Note],
    pictures: PictureSource,
    lang: Lang = "zh",
    title: str | None = None,
    every_picture: bool = False,
) -> Path:
    """Write verdicts as one HTML page for people, most severe first.

    Args:
        results: verdicts, and failures in place of them.
        target: a file that ends in `.html`, or a folder, which gets `index.html`.
        notes: the notes by id, for their words; one that is absent is shown without them.
        pictures: submitted and registered pictures; absent ones are shown as such.
        lang: language of the page.
        title: heading; None for the usual one.
        every_picture: show also the notes' pictures in which nothing was found; some 40 kB each.

    Returns:
        Path of the page.

    Raises:
        StoreUnwritable: the place cannot be written; no half page is left there.
    """
    if target.suffix.lower() not in (".html", ".htm"):
        target = target / PAGE_NAME
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(target, error) from error
    with whole_file(target) as sink:
        viewer = Viewer(notes, InPage(pictures), lang, every_picture=every_picture)
        for piece in _pieces(list(results), viewer, lang, title):
            # Half surrogates are labelled in texts; nowhere else could one be worth a crash.
            sink.write(piece.encode("utf-8", "replace"))
    return target


def _pieces(
    results: list[Verdict | ItemFailure], viewer: Viewer, lang: Lang, title: str | None
) -> Iterator[str]:
    verdicts = [result for result in results if isinstance(result, Verdict)]
    verdicts.sort(key=lambda verdict: -verdict.decision.severity)  # stable: else as submitted
    failures = [result for result in results if isinstance(result, ItemFailure)]
    words = words_of(lang)
    style, script = asset("report.css"), asset("report.js")
    # A generator: thumbnails of one note at a time are in memory.
    views = (viewer.note(verdict, number) for number, verdict in enumerate(verdicts, start=1))
    return (
        environment({"time": viewer.time})
        .get_template("report.html.j2")
        .generate(
            w=words,
            lang={"zh": "zh-Hans", "en": "en"}[lang],
            title=title or words.title,
            style=style,
            script=script,
            style_digest=csp_digest(style),
            script_digest=csp_digest(script),
            summary=_summary(verdicts, len(failures), lang),
            views=views,
            failures=[(failure, explain_failure(failure, lang=lang)) for failure in failures],
        )
    )


def _summary(verdicts: list[Verdict], failed: int, lang: Lang) -> Summary:
    decisions = Counter(verdict.decision for verdict in verdicts)
    reasons = Counter(
        code for verdict in verdicts for code in {reason.code for reason in verdict.reasons}
    )
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    sequences = [verdict.register_seq for verdict in verdicts] or [0]
    return Summary(
        decisions=tuple(
            (decision, decision_word(decision, lang), decisions[decision])
            for decision in sorted(Decision, key=lambda d: -d.severity)
        ),
        failed=failed,
        reasons=tuple(
            (code, reason_name(code, lang), count, count / ranked[0][1]) for code, count in ranked
        ),
        policies=tuple(sorted({(v.policy, v.policy_digest) for v in verdicts})),
        detectors=tuple(sorted({f"{d}@{n}" for v in verdicts for d, n in v.detectors.items()})),
        register_seq=(min(sequences), max(sequences)),
    )
