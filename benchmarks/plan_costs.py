"""Write `moderation/scan/costs.json`, the costs that `moderation scan plan` reckons with.

    python benchmarks/plan_costs.py

Everything comes from `results/*.json`; nothing is measured here. A test fails while the file
differs from what this would write.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
TABLE = HERE.parent / "moderation" / "scan" / "costs.json"
FROM = ("scan_observe", "scan_pairs", "hash_join", "descriptor_index", "scan_items", "replay")

Result = dict[str, Any]


def main() -> None:
    """Write the table."""
    TABLE.write_text(rendered(RESULTS), encoding="utf-8")
    print(f"written to {TABLE.relative_to(HERE.parent)}")


def rendered(results: Path) -> str:
    """The table as text."""
    read = {name: json.loads((results / f"{name}.json").read_text("utf-8")) for name in FROM}
    measured = {name: one["results"] for name, one in read.items()}
    costs: dict[str, tuple[float, str]] = {}
    for part in (observing, pairing, joining, searching, judging):
        costs |= part(measured)
    machines = sorted(
        {f"{one['machine']['cpu']}, {one['machine']['cores']} cores" for one in read.values()}
    )
    table = {
        "machine": "; ".join(machines),
        "costs": {
            name: {"value": float(f"{value:.6g}"), "source": source}
            for name, (value, source) in costs.items()
        },
    }
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def observing(r: dict[str, Result]) -> dict[str, tuple[float, str]]:
    """One core, one picture, with the words of its note."""
    rates, steps = r["scan_observe"]["rates"], r["scan_observe"]["steps_ms"]
    two = 2 / rates["pictures_per_s"]["2"]
    lettered = rates["with_lettering"]
    codes, marks = steps["codes"]["mean"] / 1000, steps["watermark"]["mean"] / 1000
    return {
        "observe_s": (two - codes - marks, "scan_observe: two processes, less codes and marks"),
        "observe_codes_s": (codes, "scan_observe: step `codes`"),
        "observe_watermark_s": (marks, "scan_observe: step `watermark`"),
        "observe_lettering_s": (
            lettered["workers"] / lettered["pictures_per_s"] - two,
            "scan_observe: two processes with it, less without it",
        ),
        "observe_worker_bytes": (
            lettered["memory_mb"] * 1e6 / lettered["workers"],
            "scan_observe: a process, with lettering",
        ),
        "observed_bytes": (lettered["bytes_a_picture"], "scan_observe: Parquet of a picture"),
        "picture_bytes": (
            r["scan_items"]["kept"]["jpeg_bytes"],
            "scan_items: JPEG of 1080 × 1440, quality 90; not of your archive",
        ),
    }


def pairing(r: dict[str, Result]) -> dict[str, tuple[float, str]]:
    """Pictures that have a candidate are decoded again and compared."""
    rate = r["scan_pairs"]["rate"]["pair"]
    share = rate["decoded"] / rate["pictures"]
    return {
        "candidate_share": (
            share,
            "scan_pairs: a collection made of copies and look-alikes; a real archive has fewer",
        ),
        "decoded_s": (
            rate["workers"] / rate["pictures_per_s"] / share,
            "scan_pairs: two processes, searches among few included",
        ),
        "pair_worker_bytes": (rate["memory_mb"] * 1e6 / rate["workers"], "scan_pairs: a process"),
        "pair_bytes": (1_000, "assumed: a match as JSON in Parquet"),
    }


def joining(r: dict[str, Result]) -> dict[str, tuple[float, str]]:
    """Seconds are a·n + b·n², fitted through a million and ten million codes."""
    join = r["hash_join"]
    _, middle, large = join["growth"]
    n, m = middle["codes"], large["codes"]
    b = (large["seconds"] - middle["seconds"] * m / n) / (m * m - n * m)
    a = middle["seconds"] / n - b * n
    return {
        "codes": (r["scan_items"]["kept"]["codes"], "scan_items: that a picture is searched with"),
        "join_code_s": (a, "hash_join: a of a·n + b·n²"),
        "join_comparison_s": (b, "hash_join: b of a·n + b·n²"),
        "join_code_bytes": (
            (large["memory_mb"] - middle["memory_mb"]) * 2**20 / (m - n),
            "hash_join: memory from a million to ten million codes",
        ),
        "join_pair_share": (large["pairs"] / m, "hash_join: pairs a code that was planted there"),
    }


def searching(r: dict[str, Result]) -> dict[str, tuple[float, str]]:
    """Indexes, and what a search in them costs."""
    index, items = r["descriptor_index"], r["scan_items"]
    largest, (few, _, many) = items["searches"][-1], items["crowded"]
    more = (many["features_ms"] - few["features_ms"]) / 1000
    wrote = index["descriptors"]["add_s"] + index["descriptors"]["pack_and_save_s"]
    calm = statistics.median(one["features_ms"] for one in items["searches"])
    return {
        "descriptor_index_bytes": (
            index["descriptors"]["bytes_a_picture_on_disk"],
            "descriptor_index: on disk",
        ),
        "feature_index_bytes": (
            index["features"]["bytes_a_picture_on_disk"],
            "descriptor_index: on disk",
        ),
        "feature_keys": (largest["keys_a_picture"], "scan_items: of a picture, in the index"),
        "lay_out_s": (
            (wrote + index["features"]["write_s"]) / index["pictures"],
            "descriptor_index: writing both indexes; reading the observations is not in it",
        ),
        "search_descriptors_s": (
            largest["descriptors_ms"] / 1000,
            f"scan_items: among {largest['pictures']:,}",
        ),
        "search_features_s": (calm / 1000, "scan_items: median of all sizes up to a million"),
        "search_features_key_s": (
            more / (many["pictures_a_key"] - few["pictures_a_key"]),
            "scan_items: crowded keys, for each picture more that holds a key",
        ),
    }


def judging(r: dict[str, Result]) -> dict[str, tuple[float, str]]:
    """One process, one note after another."""
    return {
        "judge_s": (1 / r["scan_pairs"]["rate"]["judge"]["notes_per_s"], "scan_pairs: one process"),
        "verdict_bytes": (r["replay"]["bytes_a_verdict"], "replay: a verdict in the audit"),
    }


if __name__ == "__main__":
    main()
