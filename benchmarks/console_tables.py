"""How the numbers of the moderators' console stand in `README.md`."""

from __future__ import annotations

from cells import Result, table


def console_speed(r: Result) -> list[str]:
    """Pages of the queue by its length; a case in the browser; ten by keys; the look back."""
    short, long = next(iter(r["pages_ms"].values()))
    rows = [
        (
            name,
            sizes[short]["median"],
            sizes[long]["median"],
            f"{sizes[long]['median'] / sizes[short]['median']:.2f}",
        )
        for name, sizes in r["pages_ms"].items()
    ]
    head = ("page of the queue, ms", f"{int(short):,} cases", f"{int(long):,} cases", "times")
    paint, ten = r["first_paint_ms"], r["ten_by_keys"]
    insight = "; ".join(f"{row['median']} ms at {size}" for size, row in r["insight_ms"].items())
    return [
        *table(head, rows),
        "",
        f"First paint of {paint['cases']} cases among {int(long):,}: median {paint['median']} ms, "
        f"p90 {paint['p90']}, longest {paint['max']} (target {r['target_ms']}). "
        f"{ten['cases']} cases decided by single keys: {ten['waited_s']} s of waiting in all, "
        f"{ten['longest_s']} s at most; of two minutes {ten['left_s_each']} s are left to look at "
        f"each. Looking back at 7 days: {insight} (medians).",
    ]
