"""The tables of the publish service: load, faults, events, hostile requests, an hour."""

from __future__ import annotations

from cells import Result, table


def service_load(r: Result) -> list[str]:
    """Levels of load, the hook, across workers, the floor."""
    burst = r["burst"]
    levels = [
        *((f"closed, {n}", level) for n, level in r["closed"].items()),
        *((f"open, {n} × capacity", level) for n, level in r["open"].items()),
        (f"open, {burst['factor']:g} × in a burst", burst["during"]),
        ("open, 0.5 × after it", burst["afterwards"]),
    ]
    rows = [
        (
            name,
            level.get("finished_notes_per_s", "–"),
            level.get("finished_pictures_per_s", "–"),
            *timed(level["ms"]),
            *(percent(level[kind]) for kind in ("final", "partial", "shed")),
            cell(level.get("late_verdicts", burst["late_verdicts"])["s"]["max"]),
        )
        for name, level in levels
    ]
    head = ("load", "notes/s finished", "pictures/s", "answers", "p50 ms", "p99", "p99.9")
    head += ("final", "partial", "refused", "final verdict after, s at most")
    ways = ("judged", "submitted", "over HTTP")
    added = ("HTTP over Gate.submit", "HTTP and store over judging")
    hook = [
        (kind, *(of[way]["p50"] for way in ways), *(with_interval(of[name]) for name in added))
        for kind, of in r["hook"].items()
    ]
    floor, across = r["floor"], r["across_workers"]
    lines = [
        *table(head, rows),
        "",
        f"{r['register_pictures']:,} pictures registered, of these {r['of_real_photographs']:,} "
        f"photographs; {r['workers']} workers, {r['deadline_ms']} ms. The capacity is "
        f"{r['capacity_notes_per_s']} notes a second, {r['in_time_notes_per_s']} where p99 stayed "
        "in time. After the burst the first note was answered in time "
        f"{after(burst['answered_again_after_s'])}; the share refused or late was as usual again "
        f"{after(burst['recovered_after_s'])}. Decoding, PDQ and FAISS' exhaustive search take "
        f"{floor['ms']['p50']} ms, {floor['pictures_per_s']} pictures a second on "
        f"{floor['threads']} threads.",
        "",
        *table(("p50 ms", "judged only", "`Gate.submit`", "HTTP", *added), hook),
    ]
    if across["trials"]:
        lines += [
            "",
            f"What one worker registered, another one found when it was first asked in "
            f"{across['found_by_the_first_question']} of {across['trials']} trials; its answer was "
            f"there after {across['found_after_ms']['p50']} ms in the median, "
            f"{across['found_after_ms']['max']} at most; what was deleted was gone from an answer "
            f"after {across['gone_after_ms']['p50']} and {across['gone_after_ms']['max']} ms.",
        ]
    return lines


def after(seconds: float | None) -> str:
    """When, if at all."""
    return "not before the end" if seconds is None else f"after {seconds} s"


def service_faults(r: Result) -> list[str]:
    """Promises by fault."""
    kinds = list(next(iter(r.values()))["broken"])
    rows: list[tuple[object, ...]] = [
        ("times", *(f.get("kills", f.get("times")) for f in r.values())),
        ("revisions submitted", *(f["revisions"] for f in r.values())),
        ("acknowledged", *(f["kinds"].get("acknowledged", 0) for f in r.values())),
        ("whose final verdict came later", *(later(f) for f in r.values())),
        ("answers again after, s at most", *(back(f) for f in r.values())),
        ("slowest answer under a key, s", *(f["slowest_answer_s"] for f in r.values())),
        ("slowest final verdict, s", *(f.get("slowest_final_s", "–") for f in r.values())),
        *(
            (f"**broken:** {kind}", *(f["broken"].get(kind, "–") for f in r.values()))
            for kind in kinds
        ),
    ]
    return table(("", *r), rows)


def later(fault: Result) -> int:
    """Partial answers."""
    return int(fault["kinds"].get("final verdict later", 0))


def back(fault: Result) -> object:
    """Longest wait for an answer after the fault."""
    return "–" if fault["answers_again_s"] is None else fault["answers_again_s"]["max"]


def service_events(r: Result) -> list[str]:
    """Attempts and receipts by webhook."""
    rows = [
        (name, w["attempts"], w["received"], w["twice"], *(cell(w["late_ms"][q]) for q in _LATE))
        for name, w in r["webhooks"].items()
    ]
    head = (f"{r['events']:,} events, webhook", "attempts", "received", "twice")
    broken = ", ".join(f"{kind} {count}" for kind, count in r["broken"].items())
    return [
        *table((*head, "late p50 ms", "p99", "max"), rows),
        "",
        f"{r['kills_of_deliverers']} deliverers were killed. Broken: {broken}.",
    ]


def service_hostile(r: Result) -> list[str]:
    """Answers by family."""
    described, hostile = r["schemathesis"], r["hostile"]
    families = hostile["by_family"]
    wire = {name: of for name, of in families.items() if name.startswith("transport")}
    rest = {name: of for name, of in families.items() if name not in wire}
    together: dict[str, int] = {}
    for of in wire.values():
        for status, count in of.items():
            together[status] = together.get(status, 0) + count
    rest["transport"] = together
    rest["schemathesis"] = _summed(described["by_operation"])
    statuses = sorted({status for of in rest.values() for status in of})
    rows = [(name, *(of.get(status, 0) for status in statuses)) for name, of in rest.items()]
    own = hostile["own_mb"]
    broken = ", ".join(f"{kind} {count}" for kind, count in r["broken"].items())
    return [
        *table(("answers", *statuses), rows),
        "",
        f"The workers held {own['start']} MB themselves at the start of the hostile requests, "
        f"{own['middle']} in the middle, {own['end']} in the end. Broken: {broken}.",
    ]


def service_soak(r: Result) -> list[str]:
    """First, middle and last minutes; slopes."""
    minutes = r["minutes"]
    last = len(minutes) - 1
    picked = sorted({0, last // 4, last // 2, 3 * last // 4, last})
    names = ("own_mb", "all_mb", "sent", "p50", "p99", "partial", "shed", "index_lag", "owed")
    rows = [(number, *(cell(minutes[number][name]) for name in names)) for number in picked]
    slopes = [
        (name, cell(s["an_hour"]), "–" if s["ci95"] is None else f"{s['ci95'][0]}–{s['ci95'][1]}")
        for name, s in r["slopes_an_hour"].items()
    ]
    broken = ", ".join(f"{kind} {count}" for kind, count in r["broken"].items())
    return [
        *table(("minute", *names), rows),
        "",
        *table(("change in an hour", "slope", "95 %"), slopes),
        "",
        f"{r['rate']} notes a second. Broken: {broken}.",
    ]


_LATE = ("p50", "p99", "max")
_LEAST_ANSWERS = {"p50": 1, "p99": 100, "p99.9": 1000}
"""How many answers a quantile needs, or it is one of the largest by another name."""


def timed(ms: Result) -> tuple[object, ...]:
    """How many answers, and those quantiles that so many can tell."""
    n = ms["n"]
    return (n, *(cell(ms[q] if n >= least else None) for q, least in _LEAST_ANSWERS.items()))


def cell(value: object) -> object:
    """A number, or a dash."""
    return "–" if value is None else value


def percent(share: float | None) -> str:
    """A share, or a dash."""
    return "–" if share is None else f"{share:.0%}"


def with_interval(added: Result) -> str:
    """A difference with its 95 % interval."""
    low, high = added["ci95"]
    return f"{added['p50_ms']} ({low}–{high})"


def _summed(of: dict[str, dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for statuses in of.values():
        for status, count in statuses.items():
            found[status] = found.get(status, 0) + count
    return found
