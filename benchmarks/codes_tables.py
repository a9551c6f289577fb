"""The tables of `codes.py`: codes read by whom, what is read without any, time."""

from __future__ import annotations

from cells import Result, table


def codes(r: Result) -> list[str]:
    """Codes read by whom, what is read without any, milliseconds."""
    readers = ("OpenCV", "zxing-cpp", "ours", "told")
    drawn = [
        (
            state,
            of["ours"]["n"],
            *(of[reader]["hits"] for reader in readers),
            interval_of(of["ours"]),
        )
        for state, of in r["drawn"].items()
    ]
    wrong = r["drawn"]["all"]["wrong"]
    head = ("drawn codes", "n", *readers[:3], "ours, read or told", "ours, 95 %")
    plain = [
        (
            kind,
            f["read"]["n"],
            f["read"]["hits"],
            f["told_unread"]["hits"],
            *(f["cpu_ms"][quantile] for quantile in ("p50", "p90", "p99")),
        )
        for kind, f in r["without"].items()
    ]
    costly = [(name, f["read"], f["kept"], f["cpu_ms"]) for name, f in r["made_to_cost"].items()]
    lines = [
        *table(head, drawn),
        "",
        "Texts that were not drawn: " + ", ".join(f"{k} {n}" for k, n in wrong.items()) + ".",
        "",
        *table(("no code", "n", "read", "told unread", "p50 CPU ms", "p90", "p99"), plain),
        "",
        *table(("made to cost much", "read", "kept", "CPU ms"), costly),
    ]
    if "photographed" in r:
        people = [
            ("ours, read or told" if k == "told" else k, s["n"], s["hits"], interval_of(s))
            for k, s in r["photographed"].items()
        ]
        lines += ["", *table(("photographed by people", "n", "any read", "95 %"), people)]
    return lines


def interval_of(share: Result) -> str:
    """The 95 % interval of a share."""
    low, high = share["ci95"]
    return f"{low:.0%}–{high:.0%}"
