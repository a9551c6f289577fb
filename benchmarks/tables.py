"""Write the tables of `benchmarks/README.md` from `results/*.json`: `python benchmarks/tables.py`.

The bands of scores in `docs/why/copy-score.md` are written with them.

A test fails while the page is stale. A new table is one function and one line in `TABLES`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from cells import Result, at_most, counted, interval, table, with_ci
from codes_tables import codes
from console_tables import console_speed
from lettering_tables import lettering
from scan_tables import (
    hash_join,
    late_truths,
    replay,
    scan_items,
    scan_observe,
    scan_pairs,
    scan_ray,
    scan_resume,
)
from service_tables import (
    service_events,
    service_faults,
    service_hostile,
    service_load,
    service_soak,
)

HERE = Path(__file__).resolve().parent
PAGE = HERE / "README.md"
CARD = HERE.parent / "docs" / "why" / "copy-score.md"
START, END = "<!-- tables: written by benchmarks/tables.py -->", "<!-- end of tables -->"


def pdq_conformance(r: Result) -> list[str]:
    """Distances."""
    rows = [
        ("our hash against `pdqhash`", r["pdqhash"]),
        (
            "our eight turned hashes against our hash of the turned",
            r["dihedral"]["own_hash_of_turned"],
        ),
        (
            "our eight turned hashes against `pdqhash` of the turned",
            r["dihedral"]["pdqhash_of_turned"],
        ),
    ]
    if "published" in r:
        sure = [p["bits"] for p in r["published"] if p["quality"] >= r["min_quality"]]
        middle = sorted(sure)[len(sure) // 2]
        over = sum(b > r["target_bits"] for b in sure)
        published = {"n": len(sure), "median": middle, "max": max(sure), "above_target": over}
        rows.insert(0, ("our hash against the published ones", published))
    head = ("bits", "n", "median", "max", f"above {r['target_bits']}")
    cells = ((k, d["n"], f"{d['median']:g}", d["max"], d["above_target"]) for k, d in rows)
    return table(head, cells)


def hashing_speed(r: Result) -> list[str]:
    """Milliseconds a picture."""
    one, default = r["threads_1"], r["threads_default"]
    lines: list[str] = []
    for stage, title in (("from_bytes", "from a JPEG's bytes"), ("from_pixels", "from pixels")):
        theirs = list(next(iter(one[stage]["times_faster"].values())))
        head = (title, "ms, 1 thread", "ms, default", *(f"× faster than {t}" for t in theirs))
        rows = []
        for name, ms in one[stage]["median_ms"].items():
            faster = one[stage]["times_faster"].get(name)
            ratios = [interval(faster[t]) if faster else "" for t in theirs]
            rows.append((name, ms, default[stage]["median_ms"][name], *ratios))
        lines += [*table(head, rows), ""]
    scale = r["hash_scale_bits"]
    return [
        *lines,
        f"{r['files']} files of 1080 × 1440, ratios on one thread. The hash at hash scale is "
        f"{scale['median']:g} bits from that of the whole picture in the median, {scale['max']} "
        "at most.",
    ]


def index_speed(r: Result) -> list[str]:
    """Ours over FAISS."""
    names = {
        "no_tombstones": f"{r['radius_bits']} bits",
        "tombstones": f"{r['radius_bits']} bits, a tenth removed",
        "gate_radius": f"{r.get('gate_radius_bits')} bits, as the gate asks",
    }
    rows = [
        (name, size, row["ours_ms"], row["faiss_ms"], interval(row["ours_over_faiss"]))
        for state, name in names.items()
        for size, row in r.get(state, {}).items()
    ]
    head = (f"{r['codes']:,} codes", "needles a search", "ours ms", "FAISS ms", "ours / FAISS")
    return table(head, rows)


def descriptor_index(r: Result) -> list[str]:
    """Recall, time and memory at a million."""
    found, memory = r["descriptors"], r["memory"]
    times = table(
        (f"{r['pictures']:,} descriptors", "ms, 1 view", "ms, 6 views"),
        ((name, row["1 views"], row["6 views"]) for name, row in found["ms"].items()),
    )
    sizes = table(
        ("bytes a picture, all three indexes", "own memory", "mapped from files"),
        ((stage, row["own"], row["mapped"]) for stage, row in memory["bytes_a_picture"].items()),
    )
    among, few = found["original_among_10"], r["descriptors_in_memory"]
    return [
        *times,
        "",
        "Of the ten nearest by FAISS's exact search of unrounded vectors ours gives "
        f"{found['recall_at_10']:.2%}, {found['recall_at_10_flat_codes']:.2%} where all codes are "
        f"compared instead of the nearest lists, and {few['recall_at_10']:.2%} at "
        f"{few['pictures']:,}, where there are no lists ({few['ms']['1 views']} ms a view, "
        f"{few['ms']['6 views']} ms six). Of "
        f"{among['attacked']} attacked copies the original is among ten {among['ours']} times, by "
        f"exact search {among['FAISS flat']} times. A descriptor has "
        f"{found['bytes_a_picture_on_disk']} bytes on disk. Packing takes "
        f"{found['pack_and_save_s']} s, opening all three {memory['open_s']} s.",
        "",
        *sizes,
    ]


def index_scale(r: Result) -> list[str]:
    """Ten millions in one process."""
    times = table(
        (f"{r['pictures']:,} pictures, ms a query", "asked", "median", "95th percentile"),
        (
            (f"{state}: {name}", asked, row["p50"], row["p95"])
            for state, kinds in r["ms"].items()
            for asked, rows in kinds.items()
            for name, row in rows.items()
        ),
    )
    sizes = table(
        ("MB in memory", "own", "mapped from files"),
        ((stage, row["own"], row["mapped"]) for stage, row in r["memory_mb"].items()),
    )
    saved = sum(step["save_s"] for step in r["growth"])
    return [
        *times,
        "",
        *sizes,
        "",
        f"Of the ten nearest by exact search of unrounded vectors ours gives "
        f"{r['recall_at_10']:.2%} ({r['queries']} queries). Opened in {r['open_s']} s, "
        f"{r['bytes_a_picture_on_disk']} bytes a picture on disk; the savings on the way, which "
        f"pack the lists, took {saved:.0f} s, the longest {max(s['save_s'] for s in r['growth'])} "
        f"s. With late ones: {r['late']:,} that are compared one by one until the next packing.",
    ]


def index_kinds(r: Result) -> list[str]:
    """The same questions to all."""
    return table(
        (
            f"{r['pictures']:,} pictures",
            "recall@8",
            "needles at 31 bits",
            "ms, 1 view: median / 95th percentile",
            "6 views",
        ),
        (
            (
                name,
                f"{row['recall_at_8']:.2%}" if "recall_at_8" in row else "100 %",
                f"{row['needles_found']} of {row['needles']}" if "needles" in row else "",
                *(f"{ms['p50']} / {ms['p95']}" for ms in row["ms"].values()),
            )
            for name, row in r["kinds"].items()
        ),
    )


def startup(r: Result) -> list[str]:
    """Seconds of a process."""
    rows = ((f"`{k}`", s["median"], s["p90"], s["max"]) for k, s in r["seconds"].items())
    return table((f"{r['runs']} processes each", "median s", "p90 s", "max s"), rows)


def copy_recall(r: Result) -> list[str]:
    """Found and falsely matched."""
    levels = ("match", "sure", "precision 0.999")
    everybody = {"name": "**all**"} | r["all"]
    rows = (
        (
            row["name"],
            row["right_one_first"]["n"],
            *(counted(row["found"][level]) for level in levels),
            counted(row["right_one_first"]),
        )
        for row in (*r["families"], everybody)
    )
    heads = ("family", "n", "score ≥ 0.5", "score ≥ 0.9", "99.9 % right", "right one first")
    false = table(
        ("no copy is registered", "n", "score ≥ 0.5", "score ≥ 0.9", "highest score"),
        (
            (
                k["name"],
                k["false"]["match"]["n"],
                *(k["false"][level]["hits"] for level in levels[:2]),
                k["highest"],
            )
            for k in r["not_copies"]
        ),
    )
    return [*table(heads, rows), "", *false, "", *copy_measures(r)]


def copy_measures(r: Result) -> list[str]:
    """Single numbers, as sentences."""
    precise = "; ".join(
        f"recall where {100 * float(p):g} % are right {with_ci(at['recall'])}, "
        + ("at no score" if at["threshold"] is None else f"at a score of {at['threshold']:.3f}")
        + f" (proven: {100 * at['precision_at_least']:.2f} %)"
        for p, at in r["at_precision"].items()
    )
    false, query = r["false_matches"], r["query_ms"]
    rate = false["at"]["match"]
    lookalike, doubtful = r["siblings"], r["doubtful"]
    return [
        f"µAP {with_ci(r['average_precision'])}; {precise}.",
        "",
        f"{rate['wrong']} false matches among {false['pairs']:,} pairs: {rate['per_million']:g} in "
        f"a million, at most {rate['per_million_at_most']:g} (95 %). A registered look-alike was "
        f"matched in {counted(lookalike['matched']['match'])} of the "
        f"{lookalike['questions']} questions that had one; not counted are "
        f"{doubtful['matched']['match']} matches whose truth is a matter of opinion.",
        "",
        f"{r['registered']:,} pictures registered; a query takes {query['p50']} ms (p50), "
        f"{query['p90']} ms (p90).",
    ]


def copy_peers(r: Result) -> list[str]:
    """One row for each engine."""
    head = (
        f"{r['questions']:,} queries, {r['registered']:,} registered",
        "µAP",
        "recall where 99.9 % are right",
        "right one first",
        "ms a query (p50)",
        "ms to register",
    )
    rows = (
        (
            name,
            with_ci(e["average_precision"]),
            with_ci(e["at_precision"]["0.999"]["recall"]),
            counted(e["all"]["right_one_first"]),
            e["query_ms"]["p50"],
            e["register_ms_a_picture"],
        )
        for name, e in r["engines"].items()
    )
    return table(head, rows)


def copy_strength(r: Result) -> list[str]:
    """Found at each strength, mildest first."""
    rows = []
    for curve in r["curves"]:
        found = curve["found"]["match"]
        steps = (f"{v:g}: {f['hits']}" for v, f in zip(curve["values"], found, strict=True))
        rows.append((curve["name"], curve["unit"], found[0]["n"], " · ".join(steps)))
    plot = "![Share found by strength](../docs/plots/strengths.svg)"
    return [*table(("attack", "dial", "n", "value: found"), rows), "", plot]


def labelled_sources(r: Result) -> list[str]:
    """One source of labelled notes left out at a time."""
    kinds = ("real", "written", "red team")
    head = ("left out", "learnt from", *(f"AUC, {kind}" for kind in kinds), "sale F1, red team")
    rows = (
        (
            name,
            one["learnt_from"],
            *(with_ci(one[kind]["commercial_auc"]) for kind in kinds),
            with_ci(one["red team"]["hard_sell_f1"]),
        )
        for name, one in r.items()
    )
    return table(head, rows)


def linear_readers(r: Result) -> list[str]:
    """Three ways to learn from two kinds of notes."""
    ways = [way for way, one in next(iter(r.values())).items() if isinstance(one, dict)]
    head = (
        "notes never learnt from",
        "n",
        *(f"AUC, {way}" for way in ways),
        f"gain over {ways[0]}",
        *(f"sale F1, {way}" for way in ways),
    )
    rows = (
        (
            name,
            one["notes"],
            *(with_ci(one[way]["auc"]) for way in ways),
            with_ci(one[ways[-1]]["gain"]),
            *(with_ci(one[way]["sale_f1"]) for way in ways),
        )
        for name, one in r.items()
    )
    return table(head, rows)


def caption_twins(r: Result) -> list[str]:
    """Found by edit, and what pairs of notes look alike."""
    held, step = r["held"], f"{r['threshold']:g}"
    head = (f"score ≥ {step}", "n", "all", "of 60 pieces and more", "if keys missed nothing")
    groups = ("all", "long", "all, without keys")
    edits = (
        (name, f["all"][step]["n"], *(f"{f[group][step]['share']:.0%}" for group in groups))
        for name, f in held["found"].items()
    )
    pairs = held["pairs"]
    reached, strangers = pairs["at"][step], pairs["strangers"][step]
    kinds = "; ".join(f"{what} {n}" for what, n in pairs["what_they_are"][step].items())
    return [
        *table(head, edits),
        "",
        f"Of {pairs['all']:,} pairs among {held['captions']:,} notes {reached['hits']} score "
        f"{step} or more: {kinds}. Of strangers with words of their own: {strangers['hits']}, "
        f"at most {1e6 * at_most(strangers):.1f} in a million (95 %).",
        "",
        f"To read a caption takes {r['read_ms']['p50']} ms (p50), to look it up among "
        f"{held['captions_in_register']:,} {held['look_up_ms']['p50']} ms; "
        f"{held['bytes_a_caption']:,} bytes each on disk.",
    ]


def gate_latency(r: Result) -> list[str]:
    """Milliseconds a call."""
    names = {
        "check_9_pictures": "`check`, note of 9 pictures",
        "check_1_picture": "`check`, note of 1 picture",
        "find_copies": "`find_copies`",
    }
    head = (f"{r['register_pictures']:,} pictures registered", "n", "p50 ms", "p90 ms", "p99 ms")
    rows = ((names[k], r[k]["n"], r[k]["p50"], r[k]["p90"], r[k]["p99"]) for k in names)
    return table(head, rows)


def race(r: Result) -> list[str]:
    """Promises kept and broken."""
    rounds, kills = r["rounds"], r["kills"]
    rows = [
        (f"{rounds['processes']} processes at once: rounds", rounds["rounds"]),
        ("rounds without exactly one first", rounds["broken"]),
        ("`kill -9` at a random moment", kills["kills"]),
        *((k.replace("_", " "), n) for k, n in kills["broken"].items()),
    ]
    return table(("", "count"), rows)


def watermark(r: Result) -> list[str]:
    """Accounts read, pictures accused, milliseconds."""
    rows = [
        (
            f"{by} {value}".removeprefix("all "),
            s["n"],
            s["hits"],
            f"{s['share']:.0%}",
            f"{s['ci95'][0]:.0%}–{s['ci95'][1]:.0%}",
        )
        for by in ("family", "size", "opacity", "place", "all")
        for value, s in r["drawn"][by].items()
    ]
    lines = table(("drawn watermarks", "n", "account read", "share", "95 %"), rows)
    if "without" not in r:
        return lines
    plain = [
        (
            kind,
            f["fires"]["n"],
            f["fires"]["hits"],
            f["asked_to_read"]["hits"],
            f["cheap_ms"]["p50"],
            f["total_ms"]["mean"],
        )
        for kind, f in r["without"].items()
    ]
    head = ("no watermark", "n", "handle read", "strip read", "cheap p50 CPU ms", "mean CPU ms")
    return [*lines, "", *table(head, plain)]


def descriptor(r: Result) -> list[str]:
    """What one vector and what every view finds, learnt and not."""
    measures = ("average_precision", "recall_at_p999", "first", "among_ten")
    rows = [
        (f"{network}, {way}", *(measured(numbers[measure]) for measure in measures))
        for network, ways in r["quality"].items()
        for way, numbers in ways.items()
    ]
    speed = r["speed"]
    head = ("asked with", "µAP", "R@P99.9", "the original is first", "among the first ten")
    return [
        *table(head, rows),
        "",
        f"{r['copies_asked']:,} copies and {r['others_asked']} other pictures asked, "
        f"{r['registered']:,} registered. A view of {speed['input_px']} px on one thread: "
        f"{speed['ONNX Runtime']['p50']} ms in ONNX Runtime, {speed['PyTorch']['p50']} ms in "
        "PyTorch (medians, scaling included).",
    ]


def measured(number: Result) -> str:
    """A number with its 95 % interval."""
    low, high = number["ci95"]
    return f"{number['value']:.3f} ({low:.3f}–{high:.3f})"


TABLES: dict[str, Callable[[Result], list[str]]] = {
    "pdq_conformance": pdq_conformance,
    "hashing_speed": hashing_speed,
    "index_speed": index_speed,
    "descriptor_index": descriptor_index,
    "index_scale": index_scale,
    "index_kinds": index_kinds,
    "startup": startup,
    "copy_recall": copy_recall,
    "copy_peers": copy_peers,
    "copy_strength": copy_strength,
    "descriptor": descriptor,
    "linear_readers": linear_readers,
    "labelled_sources": labelled_sources,
    "caption_twins": caption_twins,
    "gate_latency": gate_latency,
    "race": race,
    "race_postgresql": race,
    "watermark": watermark,
    "codes": codes,
    "lettering": lettering,
    "service_load": service_load,
    "service_faults": service_faults,
    "service_faults_postgresql": service_faults,
    "service_events": service_events,
    "service_hostile": service_hostile,
    "service_soak": service_soak,
    "scan_observe": scan_observe,
    "hash_join": hash_join,
    "scan_items": scan_items,
    "scan_pairs": scan_pairs,
    "scan_resume": scan_resume,
    "scan_ray": scan_ray,
    "replay": replay,
    "late_truths": late_truths,
    "console_speed": console_speed,
}
"""In the order of the page. `text_reading` and `copy_verification` have pages of their own,
`docs/why/text-rules.md` and `docs/why/copy-score.md`."""


def render(page: str, results: Path) -> str:
    """The page with its tables as the results say."""
    before, _, rest = page.partition(START)
    after = rest.partition(END)[2]
    sections = [START]
    for name, lines in TABLES.items():
        path = results / f"{name}.json"
        if not path.exists():
            continue
        report = json.loads(path.read_text(encoding="utf-8"))
        machine = report["machine"]
        load = "" if machine["load_at_end"] is None else f", load {machine['load_at_end']}"
        where = f"{machine['cpu']}, {machine['cores']} cores{load}, commit {report['commit']}"
        note = f"`{report['rerun']}` ({where}, took {report['took_s']:.0f} s)"
        sections.append("\n".join([f"### {name}", "", *lines(report["results"]), "", note]))
    return before + "\n\n".join([*sections, END]) + after


def main() -> None:
    """Both pages."""
    import score_bands

    PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), HERE / "results"), encoding="utf-8")
    report = json.loads((HERE / "results" / "copy_verification.json").read_text(encoding="utf-8"))
    found = report["results"].get("calibration")
    card = score_bands.render(CARD.read_text(encoding="utf-8"), found)
    CARD.write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
