"""Tables of `scan_observe.py` and `replay.py`."""

from __future__ import annotations

from cells import Result, table


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
