"""`moderation compare`: do two pictures show the same work?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import WrongValue, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.image.difference import Difference
    from moderation.image.overlay import Pixels
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
@click.option(
    "--difference",
    "map_out",
    type=PICTURE,
    metavar="FILE",
    help="Write what was changed as a picture (.jpg or .png): A with the places outlined, B, and "
    "a map of the difference.",
)
@speaking
def command(screen: Screen, a: Path, b: Path, out: Path | None, map_out: Path | None) -> None:
    """Say whether two pictures show the same work.

    Asks whether A shows B or a part of it, and tells the proof. Needs no register. The evidence
    shows both pictures with the matched regions outlined, and where they differ once A is laid
    on B. What was changed is told apart from noise, tone and blur; it has no part in the score.

    With --json: `{"outcome": "match"|"nothing"|"little_detail", "match": {...}|null,
    "difference": {"share": 0–1, "regions": [{"box": [left, top, right, bottom],
    "share": 0–1}]}|null, "little_detail": [paths], "evidence": path|null,
    "difference_picture": path|null}`; boxes are fractions of A.
    """
    from moderation.gate import compare

    for option, path in (("--out", out), ("--difference", map_out)):
        if path is not None and path.suffix.lower() not in _SUFFIXES:
            raise WrongValue(
                f"`{path}` is neither .jpg nor .png", hint=f"give `{option}` such a name"
            )
    match = compare(a, b)
    poor = [] if match is not None else [str(path) for path in (a, b) if _has_little_detail(path)]
    for line in _sentences(match, poor, screen):
        screen.say(line)
    changed = None if match is None else _tell_difference(a, b, match, out, map_out, screen)
    screen.json(
        {
            "outcome": "match" if match else "little_detail" if poor else "nothing",
            "match": match.to_json() if match else None,
            "difference": changed.to_json() if changed else None,
            "little_detail": poor,
            "evidence": str(out) if match and out else None,
            "difference_picture": str(map_out) if changed and map_out else None,
        }
    )


def _tell_difference(
    a: Path, b: Path, match: Match, out: Path | None, map_out: Path | None, screen: Screen
) -> Difference | None:
    """Say what was changed, and write the pictures that are asked for."""
    from moderation.image.decode import decode
    from moderation.image.difference import difference
    from moderation.report import draw_difference, draw_evidence

    query, original = decode(a).pixels, decode(b).pixels
    changed = difference(query, original, match)
    if changed is not None:
        screen.say(_sentence_of(changed, screen))
    if out is not None:
        _write(draw_evidence(query, original, match), out)
        _tell_written(screen, out)
    if changed is not None and map_out is not None:
        _write(draw_difference(query, original, changed), map_out)
        _tell_written(screen, map_out)
    return changed


def _sentence_of(changed: Difference, screen: Screen) -> str:
    from moderation.cli import change_words
    from moderation.image.difference import place_of

    if not changed.regions:
        return change_words.UNCHANGED.say(screen.lang)
    place = change_words.CHANGED_AT[place_of(changed.regions)].say(screen.lang)
    return change_words.CHANGED.say(screen.lang, share=changed.share_said(), place=place)


def _sentences(match: Match | None, poor: list[str], screen: Screen) -> list[str]:
    from moderation.cli import words
    from moderation.explain import shown_score
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
    score = words.MATCH_SCORE.say(lang, score=shown_score(match.score))
    told = [head.say(lang), extent.say(lang, query=query, original=original)]
    if match.mirrored:
        told.append(words.COMPARED_MIRRORED.say(lang))
    return [*told, words.COMPARED_PROOF.say(lang, proof=proof, score=score)]


def _tell_written(screen: Screen, path: Path) -> None:
    from moderation.cli import words

    screen.say(words.WRITTEN.say(screen.lang, path=path))


def _has_little_detail(path: Path) -> bool:
    from moderation.image.decode import decode
    from moderation.image.local_features import stored_features
    from moderation.image.verify import MIN_FEATURES

    picture = decode(path)
    return len(stored_features(picture.pixels, picture.source_size)) < MIN_FEATURES


def _write(pixels: Pixels, out: Path) -> None:
    import io

    from PIL import Image

    from moderation.archive import whole_file

    encoded = io.BytesIO()
    if out.suffix.lower() == ".png":
        Image.fromarray(pixels).save(encoded, "PNG")
    else:
        Image.fromarray(pixels).save(encoded, "JPEG", quality=90)
    with whole_file(out) as sink:
        sink.write(encoded.getvalue())
