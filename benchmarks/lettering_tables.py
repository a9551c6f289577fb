"""The tables of `lettering.py`: posters, those who are accused of nothing, the gate, time."""

from __future__ import annotations

from cells import Result, table


def lettering(r: Result) -> list[str]:
    """Characters read and contacts told, pictures accused, milliseconds."""
    rows = [
        (
            f"{by} {value}".removeprefix("all "),
            s["contact_told"]["n"],
            f"{s['looked_at']['share']:.1%}",
            f"{s['contact_told']['share']:.1%}",
            f"{s['contact_told']['ci95'][0]:.1%}–{s['contact_told']['ci95'][1]:.1%}",
            f"{s['handle_exact']['share']:.1%}",
            f"{s['lines_found']['share']:.1%}",
            f"{s['characters']['right']:.1%}",
        )
        for by in ("family", "size", "angle", "jpeg", "ground", "all")
        for value, s in r["posters"][by].items()
    ]
    head = (
        "drawn posters",
        "n",
        "seen",
        "contact told",
        "95 %",
        "handle exact",
        "lines",
        "characters",
    )
    others = {
        "drawn, harmless": r["harmless"],
        "photographs of packages": r["photographs"]["accused"],
    } | {f"{kind} of the data": f["accused"] for kind, f in r.get("folder", {}).items()}
    plain = [
        (name, s["n"], s["hits"], f"{s['ci95'][0]:.1%}–{s['ci95'][1]:.1%}")
        for name, s in others.items()
    ]
    looked = {"photographs of packages": r["photographs"]["read"]} | {
        f"{kind} of the data": f["read"] for kind, f in r.get("folder", {}).items()
    }
    opened = [(name, s["n"], f"{s['share']:.1%}") for name, s in looked.items()]
    gate = [
        (name, g["review"]["n"], *(g[x]["hits"] for x in ("review", "block", "as_foretold")))
        for name, g in r["gate"].items()
    ]
    speed = [(name, t["p50"], t["p90"], t["p99"]) for name, t in r["time"].items()]
    memory = r["memory_mb"]
    return [
        *table(head, rows),
        "",
        *table(("pictures not known to lead away", "n", "sent to a person", "95 %"), plain),
        "",
        *table(("searched for lines", "n", "share"), opened),
        "",
        *table(("the whole gate", "n", "review", "block", "as the parts alone"), gate),
        "",
        *table(("1,080 × 1,440, one thread: CPU ms", "p50", "p90", "p99"), speed),
        "",
        f"Memory: {memory['peak']} MB at most, {memory['before']} MB before the first picture.",
    ]
