"""How well the rules read notes: AUC, recall, disclosure, disguises, false alarms.

    python benchmarks/text_reading.py --data DIR

DIR (or $MODERATION_DATA) holds `text/` with the sets named in `SETS`; they are not part of this
repository, and the result holds counts and metrics only. The labelled notes fall into two halves:
rules may be corrected after reading errors of the `development` half; `held` is only counted.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from disguises import DIVERSION_CODES, measure_disguises
from harness import data_folder, parser, share, table, write

from moderation import Note
from moderation.finding import FindingKind
from moderation.policy import Policy
from moderation.text.reading import (
    DISCLOSURES,
    INTENTS,
    TextReading,
    findings_from,
)
from moderation.text.rule_reading import read_by_rules
from moderation.text.signals import RULES
from moderation.training.reading_metrics import (
    auc,
    confusion,
    recall_at_fpr,
    reliability,
    rounded,
    threshold_at_fpr,
    with_interval,
)

SETS = {
    "notes": "notes.jsonl.gz",
    "reviews": "shopping_reviews_zh.jsonl.gz",
    "game_chat": "game_chat_ads.jsonl.gz",
}
HELD_SOURCES = {"vivian_2023", "uooobarry"}
HALVED_SOURCE = "kaitohh_2018"
"""Two of three notes come from it: halved by the digest of the note's id."""
DIVERSIONS = tuple(kind for kind in FindingKind if kind.value.startswith("text.diversion."))
REVIEWS = 10_000
CHATS = 5_000


def half_of(row: dict[str, Any]) -> str:
    if row["source"] == HALVED_SOURCE:
        digest = hashlib.sha256(row["id"].encode()).digest()
        return "held" if digest[0] % 2 else "development"
    return "held" if row["source"] in HELD_SOURCES else "development"


# ── notes ─────────────────────────────────────────────────────────────────────────────────────


def rows_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read(row: dict[str, Any]) -> TextReading:
    note = Note(
        id="n", title=row.get("title") or "", text=row["text"], tags=tuple(row.get("tags") or ())
    )
    return read_by_rules(note)


def scores_of(reading: TextReading) -> dict[FindingKind, float]:
    return {finding.kind: finding.score for finding in findings_from(reading)}


def diversion_score(scores: dict[FindingKind, float]) -> float:
    return max((scores.get(kind, 0.0) for kind in DIVERSIONS), default=0.0)


def likeliest(axis: Mapping[str, float]) -> str:
    return max(axis, key=lambda name: axis[name])


def measure_notes(
    rows: Sequence[dict[str, Any]], rng: np.random.Generator, times: int
) -> dict[str, Any]:
    """Everything that the labels allow to say about these notes."""
    readings = [read(row) for row in rows]
    scores = [scores_of(reading) for reading in readings]
    labels = [row["label"] for row in rows]
    sources = np.array([row["source"] for row in rows])
    intents = np.array([label["intent"] for label in labels])
    is_commercial = np.isin(intents, ("C1", "C2", "C3"))
    commercial = np.array([reading.commercial for reading in readings])
    hard_sell = np.array([reading.hard_sell for reading in readings])
    diverts = np.array(
        [bool(DIVERSION_CODES & {v["code"] for v in label["violations"]}) for label in labels]
    )
    diversion = np.array([diversion_score(one) for one in scores])

    def interval(metric: Callable[..., float], *columns: np.ndarray) -> dict[str, Any]:
        return with_interval(metric, *columns, rng=rng, times=times)

    per_source = {}
    for source in sorted(set(sources)):
        here = sources == source
        per_source[source] = interval(auc, is_commercial[here], commercial[here]) | {
            "commercial": int(is_commercial[here].sum())
        }
    guesses = [likeliest(reading.intent) for reading in readings]
    stated = [likeliest(reading.disclosure) for reading in readings]
    right = np.array([a == label["disclosure"] for a, label in zip(stated, labels, strict=True)])
    return {
        "notes": len(rows),
        "by_source": dict(Counter(sources.tolist())),
        "by_intent": dict(Counter(intents.tolist())),
        "commercial_auc": interval(auc, is_commercial, commercial)
        | {"commercial": int(is_commercial.sum())},
        "commercial_auc_by_source": per_source,
        "hard_sell_auc": interval(auc, intents == "C2", hard_sell)
        | {"hard_sell": int((intents == "C2").sum())},
        "diversion": {
            "notes": int(diverts.sum()),
            "recall_at_1pct_fpr": interval(recall_at_fpr, diverts, diversion),
            "threshold_at_1pct_fpr": rounded(threshold_at_fpr(diverts, diversion)),
            "recall_at_review": share(int((diversion[diverts] >= 0.5).sum()), int(diverts.sum())),
            "false_at_review": share(
                int((diversion[~diverts] >= 0.5).sum()), int((~diverts).sum())
            ),
        },
        "disclosure": {
            "accuracy": interval(np.mean, right.astype(float)),
            "accuracy_among_commercial": interval(np.mean, right[is_commercial].astype(float)),
            "confusion": confusion([label["disclosure"] for label in labels], stated, DISCLOSURES),
        },
        "intent": {
            "accuracy": interval(np.mean, (intents == np.array(guesses)).astype(float)),
            "confusion": confusion(intents.tolist(), guesses, INTENTS),
        },
        "calibration": {
            "commercial": reliability(is_commercial, commercial),
            "C1": reliability(intents == "C1", np.array([r.intent["C1"] for r in readings])),
            "C2": reliability(intents == "C2", hard_sell),
        },
        "steps_of_default_policy": steps(labels, scores),
    }


def steps(
    labels: Sequence[dict[str, Any]], scores: Sequence[dict[FindingKind, float]]
) -> dict[str, Any]:
    """Per rule and step of the default policy: how many notes reach it, how many rightly."""
    rightly: dict[str, Callable[[dict[str, Any]], bool]] = {
        "text.hard_sell": lambda label: label["intent"] == "C2",
        "text.soft_ad_undisclosed": lambda label: (
            label["intent"] in {"C1", "C2", "C3"} and label["disclosure"] != "clear"
        ),
        "text.diversion.contact": _has("V1", "V3"),
        "text.diversion.platform": _has("V2"),
        "text.diversion.profile": _has("V4"),
        "text.diversion.solicit": _has("V5"),
        "text.diversion.group": _has("V6"),
        "text.claim_superlative": _has("V7"),
        "text.claim_medical": _has("V8"),
    }
    table = {}
    for rule in Policy.default().terms.rules:
        kind = FindingKind(rule.kind)
        if kind.value not in rightly:
            continue
        right = [rightly[kind.value](label) for label in labels]
        for step in rule.steps:
            reached = [one.get(kind, 0.0) >= step.at for one in scores]
            hits = sum(a and b for a, b in zip(reached, right, strict=True))
            table[f"{kind.value} >= {step.at:g} ({step.decision.name.lower()})"] = {
                "reached": sum(reached),
                "rightly": hits,
                "labelled": sum(right),
            }
    return table


def _has(*codes: str) -> Callable[[dict[str, Any]], bool]:
    return lambda label: any(v["code"] in codes for v in label["violations"])


# ── other sets ────────────────────────────────────────────────────────────────────────────────


def flagged_share(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Share of texts with a diversion finding that the default policy sends to a person."""
    total, flagged, kinds, highest = 0, 0, Counter[str](), 0
    for row in rows:
        scores = scores_of(read(row))
        over = [kind.value for kind in DIVERSIONS if scores.get(kind, 0.0) >= 0.5]
        kinds.update(over)
        total += 1
        flagged += bool(over)
        highest += scores.get(FindingKind.TEXT_DIVERSION_CONTACT, 0.0) >= 0.9
    return share(flagged, total) | {"by_kind": dict(kinds), "contact_at_block": highest}


def measure_languages(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Flagged share per language, of all notes but those whose label says that they divert."""
    by_language: dict[str, list[dict[str, Any]]] = {"zh": [], "zh-en": [], "en": []}
    for row in rows:
        codes = {v["code"] for v in row["label"]["violations"]} if row.get("label") else set()
        if row["lang"] in by_language and not DIVERSION_CODES & codes:
            by_language[row["lang"]].append(row)
    return {
        language: flagged_share(some) | {"labelled": sum(bool(row.get("label")) for row in some)}
        for language, some in by_language.items()
    }


_LONG_RUN = re.compile(r"[0-9a-z]{6,}")


def measure_game_chat(rows: Sequence[dict[str, Any]], rng: random.Random) -> dict[str, Any]:
    """Real disguises: advertisements in game chat that hold a run as long as a handle."""
    ads = [
        row["text"]
        for row in rows
        if _is_ad(row) and _LONG_RUN.search(unicodedata.normalize("NFKC", row["text"]).lower())
    ]
    chosen = rng.sample(ads, min(CHATS, len(ads)))
    found = sum(any(s.code == "V1" for s in read({"text": text}).violations) for text in chosen)
    return {"ads_with_a_long_run": len(ads), "contact_found": share(found, len(chosen))}


def _is_ad(row: dict[str, Any]) -> bool:
    return row.get("label") == "ad"


# ── the run ───────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__)
    options.add_argument("--draws", type=int, default=1000, help="resamples per interval")
    args = options.parse_args()
    folder = data_folder(args, "text")
    if folder is None or not (folder / SETS["notes"]).exists():
        where = folder or "`text/` under --data DIR or $MODERATION_DATA"
        options.exit(2, f"nothing to measure: no {SETS['notes']} in {where}\n")
    missing = [name for name, file in SETS.items() if not (folder / file).exists()]
    for name in missing:
        print(f"missing: {folder / SETS[name]}; its part is left out")

    rows = rows_of(folder / SETS["notes"])
    labelled = [row for row in rows if row.get("label")]
    begin = time.perf_counter()
    for row in labelled:
        read(row)
    took = time.perf_counter() - begin
    rng = np.random.default_rng(args.seed)
    halves = {
        half: measure_notes([r for r in labelled if half_of(r) == half], rng, args.draws)
        for half in ("development", "held")
    }
    results: dict[str, Any] = {
        "detector": RULES,
        "tables": {
            "unicode": unicodedata.unidata_version,
            **{name: version(name) for name in ("pypinyin", "confusable-homoglyphs")},
        },
        "missing": missing,
        "notes_per_second": round(len(labelled) / took),
        **halves,
        "both_halves": measure_notes(labelled, rng, args.draws),
        "disguises": measure_disguises(random.Random(args.seed)),
        "notes_by_language": measure_languages(rows),
    }
    if "reviews" not in missing:
        reviews = rows_of(folder / SETS["reviews"])
        sample = random.Random(args.seed).sample(reviews, min(REVIEWS, len(reviews)))
        results["shopping_reviews_zh"] = flagged_share(sample)
    if "game_chat" not in missing:
        chat = rows_of(folder / SETS["game_chat"])
        results["game_chat"] = measure_game_chat(chat, random.Random(args.seed))
    show(results)
    write("text_reading", args, results)


def show(results: dict[str, Any]) -> None:
    parts = ("development", "held", "both_halves")
    lines: list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = [
        ("commercial, AUC", lambda part: part["commercial_auc"]),
        ("hard sell, AUC", lambda part: part["hard_sell_auc"]),
        ("diversion, recall at 1 % FPR", lambda part: part["diversion"]["recall_at_1pct_fpr"]),
        ("diversion, recall at review", lambda part: part["diversion"]["recall_at_review"]),
        ("diversion, false at review", lambda part: part["diversion"]["false_at_review"]),
        ("disclosure, accuracy", lambda part: part["disclosure"]["accuracy"]),
        ("intent, accuracy", lambda part: part["intent"]["accuracy"]),
    ]
    table(
        ("notes", *parts),
        [(name, *(_words(get(results[p])) for p in parts)) for name, get in lines],
    )
    print()
    columns = ("rows_found", "variants_found", "twins_flagged")
    tricks = results["disguises"].items()
    rows = [(trick, *(_words(one.get(c)) for c in columns)) for trick, one in tricks]
    table(("disguise", *columns), rows)
    print()
    for name in ("shopping_reviews_zh", "game_chat", "notes_by_language"):
        print(name, json.dumps(results.get(name)))


def _words(one: dict[str, Any] | None) -> str:
    if one is None:
        return ""
    low, high = one["ci95"]
    value = one["value"] if "value" in one else one["share"]
    return f"{value} [{low}–{high}] n={one['n']}"


if __name__ == "__main__":
    main()
