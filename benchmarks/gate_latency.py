"""How long does the gate hold a note up? `Gate.check` against a register of 10,000 pictures.

The register is synthetic: mixtures of photographs, so that hashes and details are like those of
photographs. It is built once and kept in `work/`; each run works on a copy of it. Notes have
nine JPEGs of 1080 × 1440 and a text; a tenth of the notes hold one copy of a registered picture
(cropped, framed, or as a collage cell). Checked are whole notes, registering as in production.

Times are of one note at a time on a warm gate, which uses all cores for a note's pictures.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from harness import WORK, data_folder, parser, quantiles_ms, table, write
from photographs import Pixels, folder_photographs, jpeg, mixed, package_photographs

import moderation
from moderation.gate import Gate
from moderation.image.descriptor import Describer
from moderation.note import Author, Note, NoteImage
from moderation.training.attacks import ATTACKS

REGISTERED_SIZE = (720, 960)
PACKAGE = Path(moderation.__file__).parent
MADE_BY = (
    "image/decode.py",
    "image/descriptor.py",
    "image/hashing.py",
    "image/local_features.py",
    "store/schema.py",
)
WARM_UP = 3
EVERY_COPY = 10
COPYING = ("crop 70 %", "white frame", "collage 2x2", "mirror", "caption")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TEXT = (
    "周末去了一趟江边的小镇，走了很久才找到这家藏在巷子里的咖啡馆。老板娘很热情，手冲豆子每天只开三款，"
    "我点了水洗的耶加，酸度明亮，配一块现烤的司康刚刚好。窗边的位置下午光线最好，拍照不用调色。"
    "从车站走路十五分钟，沿河那条路更好走；周一休息，别白跑。人均三十左右，可以带电脑坐一下午。"
)


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    sources = photographs(args)
    master = registered(args, sources)
    results: dict[str, Any] = {"register_pictures": args.register, "text_chars": len(TEXT)}
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        shutil.copytree(master, folder, dirs_exist_ok=True)
        started = time.perf_counter()
        with Gate.open(folder) as gate:
            results["open_s"] = round(time.perf_counter() - started, 2)
            check = gate.check
            results["check_9_pictures"] = timed(check, some_notes(args, sources, 9, "nine"))
            results["check_1_picture"] = timed(check, some_notes(args, sources, 1, "one"))
            files = (n.images[0].data for n in some_notes(args, sources, 1, "lookup"))
            results["find_copies"] = timed(gate.find_copies, files)
            results["register_after"] = gate.stats().pictures
    report(results)
    write("gate_latency", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--register", type=int, default=10_000, help="pictures in the register")
    command.add_argument("--notes", type=int, default=60, help="of each kind")
    command.add_argument("--photos", type=int, default=100, help="of the data folder, to mix from")
    return command


def photographs(args: argparse.Namespace) -> list[Pixels]:
    """To mix from."""
    rng = np.random.default_rng(args.seed)
    folder = folder_photographs(data_folder(args, "images/photos"), args.photos, rng)
    return [*package_photographs().values(), *folder.values()]


def registered(args: argparse.Namespace, sources: list[Pixels]) -> Path:
    """Folder of the synthetic register; built unless `work/` has it."""
    name = f"register-{args.register}-{len(sources)}-{args.seed}-{fingerprint_code()}"
    folder = WORK / "gate_latency" / name
    done = folder.with_suffix(".done")
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"building a register of {args.register:,} pictures, once: several minutes")
        started = time.perf_counter()

        def progress(count: int) -> None:
            if count % 1000 == 0:
                print(f"{count:,} after {time.perf_counter() - started:.0f} s", flush=True)

        with Gate.open(folder) as gate:
            gate.register_many(old_notes(args, sources), progress=progress)
        done.touch()
    return folder


def fingerprint_code() -> str:
    """Digest of the code and the model that a kept register depends on."""
    code = b"".join((PACKAGE / name).read_bytes() for name in MADE_BY)
    return hashlib.sha256(code + Describer.open().recipe.encode()).hexdigest()[:8]


def old_notes(args: argparse.Namespace, sources: list[Pixels]) -> Iterator[Note]:
    """One picture each."""
    for number in range(args.register):
        image = NoteImage(array=old_picture(args, sources, number))
        author = Author(id=f"old author {number % 4000}")
        yield Note(id=f"old {number}", author=author, published_at=LONG_AGO, images=[image])


def old_picture(args: argparse.Namespace, sources: list[Pixels], number: int) -> Pixels:
    """The same for the same number, so that copies can be made of it."""
    return mixed(np.random.default_rng([args.seed, 1, number]), sources, REGISTERED_SIZE)


def some_notes(
    args: argparse.Namespace, sources: list[Pixels], pictures: int, kind: str
) -> Iterator[Note]:
    """Notes to check, a tenth of them with a copy."""
    rng = np.random.default_rng([args.seed, 2, pictures, len(kind)])
    attacks = {a.name: a for a in ATTACKS}
    for number in range(args.notes + WARM_UP):
        shown = [mixed(rng, sources) for _ in range(pictures)]
        if number % EVERY_COPY == EVERY_COPY // 2:
            original = old_picture(args, sources, int(rng.integers(args.register)))
            attack = attacks[COPYING[number // EVERY_COPY % len(COPYING)]]
            shown[-1] = attack.apply(original, rng, [mixed(rng, sources) for _ in range(4)])
        yield Note(
            id=f"{kind} {number}",
            author=Author(id=f"{kind} author {number}"),
            title="江边咖啡馆",
            text=TEXT,
            images=[NoteImage(data=jpeg(p)) for p in shown],
        )


def timed(act: Callable[[Any], Any], items: Iterable[Any]) -> dict[str, Any]:
    """Milliseconds of each call; making the items is not counted."""
    times, flagged = [], 0
    for number, item in enumerate(items):
        started = time.perf_counter()
        answer = act(item)
        took = 1000 * (time.perf_counter() - started)
        if number >= WARM_UP:
            times.append(took)
            flagged += has_copy(answer)
    return quantiles_ms(times) | {"with_a_copy": flagged}


def has_copy(answer: Any) -> bool:
    """Of a verdict, or of a list of matches."""
    findings = getattr(answer, "findings", None)
    if findings is None:
        return bool(answer)
    return any(f.kind.value.startswith("image.copy") and f.score >= 0.5 for f in findings)


def report(results: dict[str, Any]) -> None:
    """Print."""
    rows = {
        "check, 9 pictures": results["check_9_pictures"],
        "check, 1 picture": results["check_1_picture"],
        "find_copies": results["find_copies"],
    }
    table(
        (
            f"{results['register_pictures']:,} registered",
            "n",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "copies",
        ),
        ((k, r["n"], r["p50"], r["p90"], r["p99"], r["with_a_copy"]) for k, r in rows.items()),
    )
    print(f"opening takes {results['open_s']} s")


if __name__ == "__main__":
    main()
