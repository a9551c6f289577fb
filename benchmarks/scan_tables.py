"""Tables of what scans, replays and late truths were measured at."""

from __future__ import annotations

from cells import Result, table
from harness import wilson


def scan_observe(r: Result) -> list[str]:
    """Rates, steps, kills."""
    rate, kills = r["rates"], r["kills"]
    lettered = rate["with_lettering"]
    rows = [
        ("floor: decode and PDQ, one thread", r["floor"]["pictures_per_s"], "–"),
        ("one process, without lettering", rate["pictures_per_s"]["1"], "–"),
        (
            "two processes, without lettering",
            rate["pictures_per_s"]["2"],
            rate["without_lettering"]["2"][-1]["memory_mb"],
        ),
        ("two processes, with lettering", lettered["pictures_per_s"], lettered["memory_mb"]),
    ]
    broken = ", ".join(f"{kind} {count}" for kind, count in kills["broken"].items())
    return [
        *table(("observed", "pictures a second", "MB"), rows),
        "",
        f"Two processes are {rate['two_over_one']} times as fast as one; {lettered['pictures']} "
        f"pictures of 1080 × 1440, {lettered['bytes_a_picture']:,} bytes kept of each.",
        "",
        *table(
            ("step of a picture, ms of one core", "mean", "median"),
            ((name, ms["mean"], ms["p50"]) for name, ms in r["steps_ms"].items()),
        ),
        "",
        f"{kills['kills']} kills at random moments, at most {kills['rows_at_risk_each']} of "
        f"{r['notes']} rows at risk at each. Broken: {broken}.",
    ]


def scan_resume(r: Result) -> list[str]:
    """What kills have cost."""
    kills = ", ".join(f"{count} in {stage}" for stage, count in r["kills"].items())
    broken = ", ".join(f"{kind} {count}" for kind, count in r["broken"].items())
    return [
        f"The whole of `moderation scan run` on {r['notes']:,} notes was killed "
        f"{sum(r['kills'].values())} times at random moments: {kills}. Of "
        f"{r['rows_of_both_stages']:,} rows of observing and pairing at most "
        f"{r['rows_begun_twice_at_most']} were begun twice, {r['share_redone_at_most']:.1%}. "
        f"Broken: {broken}.",
    ]


def scan_ray(r: Result) -> list[str]:
    """Both engines, and lost machines."""
    lost = r["lost"]
    rows = [
        ("local, two processes", *_spread(r["seconds"]["local"])),
        ("Ray, two machines of one processor", *_spread(r["seconds"]["ray"])),
        ("Ray, one of them lost in the middle", *_spread(lost["seconds"])),
    ]
    broken = ", ".join(f"{kind} {count}" for kind, count in r["broken"].items())
    at_lost = ", ".join(f"{kind} {count}" for kind, count in lost["broken"].items())
    return [
        *table((f"a scan of {r['notes']:,} notes", "s, median", "runs"), rows),
        "",
        f"Ray took {r['ray_over_local']} times as long as this machine's processes. Broken: "
        f"{broken}. With a machine lost after {lost['after_receipts']} of {lost['of_receipts']} "
        f"shards: {at_lost}.",
    ]


def _spread(seconds: list[float]) -> tuple[float, int]:
    return sorted(seconds)[len(seconds) // 2], len(seconds)


def replay(r: Result) -> list[str]:
    """Verdicts a minute."""
    rows = [
        (
            run["workers"],
            f"{run['verdicts']:,}",
            run["seconds"],
            f"{run['verdicts_a_minute']:,}",
            f"{run['flips']:,}",
        )
        for run in r["runs"]
    ]
    own = r["recorded"]
    return [
        *table(("processes", "verdicts", "s", "a minute", "decided otherwise"), rows),
        "",
        f"By the policies that the verdicts name, as of then: {own['judged']:,} judged, "
        f"{own['differ']} differ. {r['bytes_a_verdict']:,} bytes a verdict.",
    ]


def late_truths(r: Result) -> list[str]:
    """Seconds, events, and what kills have cost."""
    rows = [
        (
            kind,
            how,
            one["seconds"],
            f"{one['changed']:,}",
            f"{one['events']:,}",
            one["doubled"],
        )
        for kind in ("sqlite", "postgresql")
        for how in ("undisturbed", "killed")
        for one in [r[kind][how]]
    ]
    return [
        *table(("register", "", "s", "verdicts given anew", "events", "twice"), rows),
        "",
        f"One claim, {r['copies']:,} notes that were refused before; {r['hunted']:,} where "
        f"processes were killed, {r['kills']} times at random moments, their start included.",
    ]


def hash_join(r: Result) -> list[str]:
    """Beside DuckDB, and how it grows."""
    beside = r["beside_duckdb"]
    rows = [
        (
            f"{radius} bits",
            f"{one['pairs']:,}",
            one["seconds"]["ours"],
            one["seconds"]["duckdb"],
            one["ratio"],
            one["ours"][0]["memory_mb"],
            one["duckdb"][0]["memory_mb"],
        )
        for radius in (15, 31)
        for one in [beside[f"radius_{radius}"]]
    ]
    growth = [
        (
            f"{one['codes']:,}",
            one["seconds"],
            round(1e6 * one["seconds"] / one["codes"], 1),
            one["memory_mb"],
            round(1e6 * one["memory_mb"] / one["codes"]),
        )
        for one in r["growth"]
    ]
    return [
        *table(
            (
                f"{beside['codes']:,} codes, every pair within",
                *("pairs", "ours, s", "DuckDB, s", "ratio", "ours, MB", "DuckDB, MB"),
            ),
            rows,
        ),
        "",
        f"Ours on one thread, DuckDB on {r['threads']}; medians of "
        f"{len(beside['radius_15']['ours'])} runs in turns, {r['real_codes']:,} codes of "
        f"photographs among random ones. Runs whose pairs differ: {beside['different']}.",
        "",
        *table(("codes, within 31 bits", "s", "µs a code", "MB", "bytes a code"), growth),
        "",
        "Up to a million codes time grows with their number; beyond, the lists of a band of 16 "
        "bits grow longer, and with them the comparisons.",
    ]


def scan_items(r: Result) -> list[str]:
    """What one picture brings along, and how a search for it grows."""
    kept = r["kept"]
    rows = [
        (f"{one['pictures']:,}", one["descriptors_ms"], one["features_ms"]) for one in r["searches"]
    ]
    return [
        *table(("pictures searched among", "descriptors, ms", "local features, ms"), rows),
        "",
        f"Processor time of a search of one picture, median. {kept['pictures']} observed pictures "
        f"have {kept['codes']} codes, {kept['descriptors']} descriptors and "
        f"{kept['feature_bytes']:,} bytes of local features each, JPEG files "
        f"{kept['jpeg_bytes']:,} bytes.",
        "",
        *table(
            ("pictures that hold a key", "local features, ms"),
            ((one["pictures_a_key"], one["features_ms"]) for one in r["crowded"]),
        ),
    ]


def scan_pairs(r: Result) -> list[str]:
    """What a scan finds of what the gate finds, and its rate."""
    found, rate = r["found"], r["rate"]
    copies = found["copies"]
    nominated = [
        (f"nominated by {index}", found.get(f"nominated by {index}", 0), found["by the gate"])
        for index in ("hash", "descriptor", "shared features")
    ]
    rows = [
        ("copies that the gate proves", found["by the gate"], copies),
        ("copies that the scan proves", found["by the scan"], copies),
        ("of the gate's, proven by the scan too", found["by both"], found["by the gate"]),
        *nominated,
    ]
    only = ", ".join(f"{family} {count}" for family, count in found["only_by_the_gate"].items())
    paired, judged = rate["pair"], rate["judge"]
    return [
        *table(
            ("", "found", "of", "share (95 %)"),
            ((name, hits, of, _share(hits, of)) for name, hits, of in rows),
        ),
        "",
        f"Wrong matches with originals: {found['wrong by the gate']} by the gate, "
        f"{found['wrong by the scan']} by the scan. Families of what the scan alone misses: "
        f"{only or 'none'}.",
        "",
        f"Two processes pair {paired['pictures_per_s']} pictures a second "
        f"({paired['decoded']:,} of {paired['pictures']:,} had a candidate and were decoded, "
        f"{paired['tried']:,} comparisons, {paired['memory_mb']:,} MB); one judges "
        f"{judged['notes_per_s']} notes a second.",
    ]


def _share(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits / max(of, 1):.3f} ({low:.3f}–{high:.3f})"
