"""A register of any size to measure on, and photographs to send; both kept in `work/`.

The register is filled cheaply. Some real photographs of the data folder (else mixtures of those
of Python packages) are registered as an archive is. The rest are fingerprints drawn like theirs
and registered through the store: hash bits of three real hashes, a mixture of two real descriptors
with noise, and details whose descriptors come from all real pictures, a fifth of the values
changed by one, at places drawn likewise. So hashes lie as far apart as those of photographs do,
descriptors have near neighbours that are none of theirs, and details meet details.

What is sent are other photographs, filled to 1080 × 1440 and saved as JPEG, each file once; a
twentieth are attacked copies of registered ones. Where there are not enough, the rest is mixed.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from gate_latency import fingerprint_code
from harness import WORK, data_folder
from numpy.typing import NDArray
from photographs import Pixels, filled, jpeg, mixed, package_photographs, read

from moderation.gate import Gate
from moderation.image.descriptor import from_bytes, to_bytes
from moderation.image.local_features import LocalFeatures
from moderation.note import Author, Claim, ClaimBasis, Note, NoteImage
from moderation.store import NewPicture, Register, StoredPicture
from moderation.training.attacks import ATTACKS
from moderation.verdict import Registration

KINDS = ("photos", "train", "lookalikes", "posters", "screenshots", "xhs")
"""Folders of the data whose pictures are used."""
EVERY_COPY = 20
COPYING = ("crop 70 %", "white frame", "mirror", "caption", "jpeg 30")
AT_ONCE = 500
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
_KEPT = WORK / "service_load"


def load_options(command: argparse.ArgumentParser) -> None:
    """Sizes of the register and of what is sent."""
    command.add_argument("--pictures", type=int, default=10_000, help="in the register")
    command.add_argument("--real", type=int, default=1_500, help="of these, real photographs")
    command.add_argument("--photographs", type=int, default=4_500, help="to send")


class Material:
    """Pictures of the data folder in an order of their own, or mixtures."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._seed = args.seed
        folder = data_folder(args, "images")
        self.paths: list[Path] = []
        if folder is not None:
            found = (p for kind in KINDS for p in sorted((folder / kind).rglob("*")))
            paths = [p for p in found if p.suffix.lower() in _SUFFIXES]
            order = np.random.default_rng(args.seed).permutation(len(paths))
            self.paths = [paths[i] for i in order.tolist()]
        self._sources = list(package_photographs().values())

    def __getitem__(self, number: int) -> Pixels:
        """The same for the same number."""
        if number < len(self.paths):
            return read(self.paths[number])
        return mixed(np.random.default_rng([self._seed, 3, number]), self._sources, (540, 720))


# What is registered


def registered(args: argparse.Namespace, material: Material) -> Path:
    """Folder of the register; built unless `work/` has it. Measure on a copy."""
    real = min(args.real, args.pictures)
    sources = len(material.paths)
    name = f"register-{args.pictures}-{real}-{sources}-{args.seed}-{fingerprint_code()}"
    folder = _KEPT / name
    done = folder.with_suffix(".done")
    if done.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    print(f"filling a register with {args.pictures:,} pictures, once", flush=True)
    started = time.perf_counter()
    with Gate.open(folder) as gate:
        gate.register_many(_old_notes(material, real), progress=_told(started))
        rng = np.random.default_rng([args.seed, 4])
        drawn = drawn_like(gate.register.latest_pictures(real), args.pictures - real, rng)
        fill(gate.register, drawn, progress=_told(started))
    with Gate.open(folder) as gate:  # reads the log and keeps the snapshot
        verification = gate.verify()
        held = gate.stats().pictures  # some photographs are no pictures that we read
        if not verification.ok or held < 0.99 * args.pictures:
            raise SystemExit(f"the register holds {held} pictures, or is broken")
    print(f"filled in {time.perf_counter() - started:.0f} s", flush=True)
    done.touch()
    return folder


def drawn_like(
    real: Sequence[StoredPicture], count: int, rng: np.random.Generator
) -> Iterator[NewPicture]:
    """Fingerprints that belong to no picture, one note each."""
    bits = np.unpackbits(np.array([np.frombuffer(p.code, np.uint8) for p in real]), axis=1)
    vectors = np.stack([from_bytes(p.descriptor or b"") for p in real])
    details = [LocalFeatures.from_bytes(p.features) for p in real]
    all_details = np.concatenate([d.descriptors for d in details])
    places = [(d.points / d.size, d.scales / max(d.size), d.angles) for d in details]
    all_places, all_scales, all_angles = (
        np.concatenate(parts) for parts in zip(*places, strict=True)
    )
    for number in range(count):
        a, b, c = rng.integers(len(real), size=3)
        which = rng.integers(3, size=bits.shape[1])
        code = np.packbits(np.choose(which, bits[[a, b, c]]))
        share = rng.uniform(0.5, 1)
        noise = rng.standard_normal(vectors.shape[1]) / np.sqrt(vectors.shape[1])
        vector = share * vectors[a] + (1 - share) * vectors[b] + rng.uniform(0.2, 0.6) * noise
        n, like = len(details[a]), real[a]
        size = (like.width, like.height)
        picked, placed = rng.integers(len(all_details), size=(2, n))
        features = LocalFeatures(
            points=(all_places[placed] * size).astype(np.float32),
            scales=(all_scales[placed] * max(size)).astype(np.float32),
            angles=all_angles[placed],
            descriptors=_shaken(all_details[picked], rng),
            size=size,
            flat=details[a].flat,
        )
        yield NewPicture(
            note_id=f"drawn {number}",
            revision=1,
            image_number=0,
            author_id=f"old author {number % 4000}",
            published_at=LONG_AGO,
            recipe=like.recipe,
            code=code.tobytes(),
            quality=like.quality,
            width=like.width,
            height=like.height,
            features=features.to_bytes(),
            sha256=secrets.token_hex(32),
            state=Registration.REGISTERED.value,
            descriptor=to_bytes(vector.astype(np.float32)),
            descriptor_recipe=like.descriptor_recipe,
        )


def fill(register: Register, pictures: Iterator[NewPicture], *, progress: Any) -> None:
    """Register fingerprints, each as a work of its own with its claim."""
    done = 0
    while portion := [p for p, _ in zip(pictures, range(AT_ONCE), strict=False)]:
        with register.transaction() as now:
            works = now.add_works(len(portion))
            now.add_pictures(zip(portion, works, strict=True))
            now.add_claims(
                Claim(
                    work_id=work_id,
                    author_id=picture.author_id,
                    at=picture.published_at,
                    basis=ClaimBasis.REGISTERED,
                    note_id=picture.note_id,
                    image_number=0,
                )
                for picture, work_id in zip(portion, works, strict=True)
            )
        done += len(portion)
        progress(done)


def _shaken(values: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    moved = rng.choice(np.array([-1, 0, 0, 0, 0, 0, 0, 0, 0, 1]), size=values.shape)
    return np.clip(values.astype(np.int16) + moved, 0, 15).astype(np.uint8)


def _old_notes(material: Material, count: int) -> Iterator[Note]:
    for number in range(count):
        author = Author(id=f"old author {number % 4000}")
        images = [NoteImage(array=material[number])]
        yield Note(id=f"old {number}", author=author, published_at=LONG_AGO, images=images)


def _told(started: float) -> Any:
    def progress(count: int) -> None:
        if count % 1_000 == 0:
            print(f"{count:,} after {time.perf_counter() - started:.0f} s", flush=True)

    return progress


# What is sent


def photographs(args: argparse.Namespace, material: Material) -> Path:
    """Folder of JPEGs; made unless `work/` has it."""
    real = min(args.real, args.pictures)
    folder = _KEPT / f"photographs-{args.photographs}-{real}-{len(material.paths)}-{args.seed}"
    done = folder.with_suffix(".done")
    if done.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"making {args.photographs:,} photographs to send, once", flush=True)
    attacks = {a.name: a for a in ATTACKS}
    sources = [material[real + i] for i in range(8)]
    short = real + args.photographs - len(material.paths)
    for number in range(args.photographs):
        rng = np.random.default_rng([args.seed, 8, number])
        if number % EVERY_COPY == EVERY_COPY // 2:
            attack = attacks[COPYING[number // EVERY_COPY % len(COPYING)]]
            shown = attack.apply(material[int(rng.integers(real))], rng, sources)
        elif number >= args.photographs - short:
            shown = mixed(rng, sources)
        else:
            shown = material[real + number]
        (folder / f"{number:06}.jpg").write_bytes(jpeg(filled(shown)))
    done.touch()
    return folder
