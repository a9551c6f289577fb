"""`moderation compare`: do two pictures show the same work?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import WrongValue, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.match import Match

_SUFFIXES = (".png", ".jpg", ".jpeg")
_SURE_SCORE = 0.9  # from here on the default policy blocks
PICTURE = click.Path(path_type=Path)


@click.command()
@click.argument("a", type=PICTURE)
@click.argument("b", type=PICTURE)
@click.option(
    "--out",
    type=PICTURE,
    metavar="FILE",
    help="Write the evidence as a picture (.jpg or .png), where there is a match.",
)
@speaking
def command(screen: Screen, a: Path, b: Path, out: Path | None) -> None:
    """Say whether two pictures show the same work.

    Asks whether A shows B or a part of it, and tells the proof. Needs no register. The evidence
    shows both pictures with the matched regions outlined, and where they differ once A is laid
    on B.

    With --json: `{"outcome": "match"|"nothing"|"little_detail", "match": {...}|null,
    "little_detail": [paths], "evidence": path|null}`.
    """
    from moderation.gate import compare

    if out is not None and out.suffix.lower() not in _SUFFIXES:
        raise WrongValue(f"`{out}` is neither .jpg nor .png", hint="give `--out` such a name")
    match = compare(a, b)
    poor = [] if match is not None else [str(path) for path in (a, b) if _has_little_detail(path)]
    for line in _sentences(match, poor, screen):
        screen.say(line)
    written = None
    if match is not None and out is not None:
        _write_evidence(a, b, match, out)
        written = str(out)
    _tell_written(screen, written)
    screen.json(
        {
            "outcome": "match" if match else "little_detail" if poor else "nothing",
            "match": match.to_json() if match else None,
            "little_detail": poor,
            "evidence": written,
        }
    )


def _sentences(match: Match | None, poor: list[str], screen: Screen) -> list[str]:
    from moderation.cli import words
    from moderation.explain.phrases import PROOF

    lang = screen.lang
    if match is None:
        if poor:
            return [words.COMPARED_NO_DETAIL.say(lang, picture=path) for path in poor]
        return [words.COMPARED_NOTHING.say(lang)]
    head = words.COMPARED_SURE if match.score >= _SURE_SCORE else words.COMPARED_LIKELY
    query, original = f"{match.share_of_query:.0%}", f"{match.share_of_original:.0%}"
    extent = words.COMPARED_EXTENT[match.direction]
    bits = "?" if match.distance_bits is None else match.distance_bits
    proof = PROOF[match.basis].say(lang, inliers=match.inliers, bits=bits)
    score = words.MATCH_SCORE.say(lang, score=match.score)
    told = [head.say(lang), extent.say(lang, query=query, original=original)]
    if match.mirrored:
        told.append(words.COMPARED_MIRRORED.say(lang))
    return [*told, words.COMPARED_PROOF.say(lang, proof=proof, score=score)]


def _tell_written(screen: Screen, path: str | None) -> None:
    from moderation.cli import words

    if path is not None:
        screen.say(words.WRITTEN.say(screen.lang, path=path))


def _has_little_detail(path: Path) -> bool:
    from moderation.image.decode import decode
    from moderation.image.local_features import stored_features
    from moderation.image.verify import MIN_FEATURES

    picture = decode(path)
    return len(stored_features(picture.pixels, picture.source_size)) < MIN_FEATURES


def _write_evidence(a: Path, b: Path, match: Match, out: Path) -> None:
    import io

    from PIL import Image

    from moderation.archive import whole_file
    from moderation.image.decode import decode
    from moderation.report import draw_evidence

    pixels = draw_evidence(decode(a).pixels, decode(b).pixels, match)
    encoded = io.BytesIO()
    if out.suffix.lower() == ".png":
        Image.fromarray(pixels).save(encoded, "PNG")
    else:
        Image.fromarray(pixels).save(encoded, "JPEG", quality=90)
    with whole_file(out) as sink:
        sink.write(encoded.getvalue())
