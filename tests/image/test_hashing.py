"""Perceptual hashes: conformance with the published ones, the algebra, known answers."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from kit import pictures
from kit.slow_pdq import slow_pdq

from moderation.errors import BadHash, RecipeMismatch
from moderation.image.decode import decode
from moderation.image.hashing import (
    DIHEDRAL,
    PDQ256,
    RECIPES,
    Dihedral,
    HashRecipe,
    hamming,
    hamming_matrix,
    hash_with,
    parse_hex,
    pdq,
    pdq_dihedral,
    recipe_named,
    to_hex,
)

REFERENCE = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "pdq-reference"
KNOWN_ANSWERS = Path(__file__).resolve().parents[1] / "golden" / "hashing" / "known_answers.json"

codes = hnp.arrays(np.uint8, 32)
small_pixels = hnp.arrays(np.uint8, st.tuples(st.integers(5, 90), st.integers(5, 90), st.just(3)))


def drawn() -> dict[str, np.ndarray]:
    return {f"scene_{i}": pictures.scene(i) for i in range(3)} | {
        "wide_scene": pictures.scene(7, 400, 300),
        "card": pictures.text_card(["three quiet cafes", "near the river"]),
    }


def photographs() -> dict[str, np.ndarray]:
    data = pytest.importorskip("skimage.data")
    return {name: getattr(data, name)() for name in ("astronaut", "chelsea", "coffee", "rocket")}


def code(text: str, recipe: HashRecipe = PDQ256) -> np.ndarray:
    return np.frombuffer(parse_hex(recipe, text), np.uint8)


# The published hashes


def published() -> list[tuple[str, str, str]]:
    if not (REFERENCE / "hashes.csv").exists():
        return []
    with (REFERENCE / "hashes.csv").open(newline="") as file:
        return [(r["file"], r["implementation"], r["pdq_hex"]) for r in csv.DictReader(file)]


@pytest.mark.skipif(not published(), reason="the reference pictures are not here")
@pytest.mark.parametrize(
    ("file", "hex_"),
    [pytest.param(f, h, id=f"{f.removesuffix('.jpg')}-{i}") for f, i, h in published()],
)
def test_published_hash_is_met_within_ten_bits(file: str, hex_: str) -> None:
    """Both the C++ and the Python implementation's value, from the file as anybody has it."""
    assert hamming(pdq(decode(REFERENCE / file).pixels).bits, code(hex_)) <= 10


@pytest.mark.parametrize(
    "size", [(64, 64), (5, 5), (33, 50), (130, 127), (300, 400), (512, 512), (511, 200)], ids=str
)
def test_bits_are_those_of_the_reference_up_to_512_px(size: tuple[int, int]) -> None:
    """From one pixel buffer, hash and quality equal the C++ code's."""
    pdqhash = pytest.importorskip("pdqhash")
    pixels = pictures.scene(3, *size)
    vector, quality = pdqhash.compute(pixels)
    ours = pdq(pixels)
    assert hamming(ours.bits, np.packbits(vector)) == 0
    assert ours.quality == quality


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_hash_of_a_large_picture_is_near_the_full_size_hash(name: str) -> None:
    """The step to 512 px costs few bits against an implementation that skips it."""
    pdqhash = pytest.importorskip("pdqhash")
    pixels = pictures.scaled(photographs()[name], 2.5)
    vector, _ = pdqhash.compute(pixels)
    assert hamming(pdq(pixels).bits, np.packbits(vector)) <= 10


@pytest.mark.parametrize(
    "size", [(64, 64), (40, 90), (130, 127), (512, 300), (513, 300), (700, 900)], ids=str
)
def test_fast_pdq_agrees_with_the_slow_one(size: tuple[int, int]) -> None:
    """Two bits are left to rounding: a coefficient next to the median on either side."""
    pixels = pictures.scene(11, *size)
    bits, quality = slow_pdq(pixels)
    ours = pdq(pixels)
    assert hamming(ours.bits, bits) <= 2
    assert abs(ours.quality - quality) <= 1


# What a hash is good for


@pytest.mark.parametrize(
    ("edit", "most"),
    [
        pytest.param(lambda p: pictures.recompressed(p, 30), 6, id="jpeg_30"),
        pytest.param(lambda p: pictures.scaled(p, 0.5), 14, id="half_size"),
        pytest.param(lambda p: pictures.scaled(p, 2.0), 6, id="double_size"),
        pytest.param(pictures.filtered, 20, id="colour_filter"),
        pytest.param(pictures.watermarked, 28, id="watermark"),
    ],
)
def test_edited_copy_stays_near(edit, most: int) -> None:
    """A copy that only looks different lies well within the radius of 31 bits."""
    for seed in range(4):
        pixels = pictures.scene(seed)
        assert hamming(pdq(pixels).bits, pdq(edit(pixels)).bits) <= most


def test_different_pictures_lie_far_apart() -> None:
    """Unrelated scenes differ in about half of the bits."""
    bits = np.stack([pdq(pictures.scene(seed)).bits for seed in range(8)])
    distances = hamming_matrix(bits, bits)[np.triu_indices(8, 1)]
    assert distances.min() > 90


def test_scaled_decoding_keeps_the_hash() -> None:
    """A large JPEG decoded at half its scale hashes as the whole one does."""
    data = pictures.encoded(pictures.scene(5, 2400, 3200), "JPEG", quality=88)
    reduced, whole = decode(data), decode(data, max_side=None)
    assert reduced.pixels.shape == (1536, 1152, 3)
    assert hamming(pdq(reduced.pixels).bits, pdq(whole.pixels).bits) <= 4


# Quality


@given(
    colour=st.tuples(*[st.integers(0, 255)] * 3),
    size=st.tuples(st.integers(5, 700), st.integers(5, 700)),
)
@settings(max_examples=25, deadline=None)
def test_flat_picture_has_quality_zero_and_the_zero_hash(colour, size) -> None:
    """Not rounding noise: a bank must not fill with chance matches of empty pictures."""
    answer = pdq(pictures.flat(colour, *size))
    assert answer.quality == 0
    assert not answer.bits.any()


def test_gentle_gradient_has_low_quality() -> None:
    """Gradients below one percent a step are cut off before they are summed."""
    ramp = np.linspace(0, 120, 512).astype(np.uint8)
    pixels = np.repeat(np.repeat(ramp[None, :, None], 512, axis=0), 3, axis=2)
    assert pdq(pixels).quality < 50
    assert pdq(pictures.scene(1)).quality == 100


@pytest.mark.parametrize("size", [(1, 1), (4, 900), (900, 4)], ids=str)
def test_picture_too_small_to_hash_has_quality_zero(size: tuple[int, int]) -> None:
    """Below five pixels a side the reference answers with zeros, and so do we."""
    answer = pdq(pictures.flat((9, 200, 30), *size))
    assert (answer.quality, answer.bits.any()) == (0, False)


# The eight ways to turn a picture


@pytest.mark.parametrize("turn", DIHEDRAL, ids=str)
@pytest.mark.parametrize("share", [2.5, 0.99, 0.52], ids=["large", "up_to_512_px", "half"])
def test_dihedral_hash_is_the_hash_of_the_turned_photograph(turn: Dihedral, share: float) -> None:
    """One filtered picture stands for eight; two bits are left to rounding."""
    for photograph in photographs().values():
        pixels = pictures.scaled(photograph, share)
        bits, _ = pdq_dihedral(pixels)
        turned = pdq(np.ascontiguousarray(turn.apply(pixels))).bits
        assert hamming(bits[DIHEDRAL.index(turn)], turned) <= 2


@pytest.mark.parametrize("side", [200, 300, 400])
def test_small_part_has_the_hash_of_its_large_original(side: int) -> None:
    """A cell of a collage shows a picture that was registered at full size."""
    for photograph in photographs().values():
        large = pictures.scaled(photograph, 1100 / max(photograph.shape))
        cell = pictures.scaled(large, side / max(large.shape))
        assert hamming(pdq_dihedral(cell, part=True)[0][0], pdq(large).bits) <= 10


@given(small_pixels)
@settings(max_examples=25, deadline=None)
def test_first_dihedral_hash_is_the_hash(pixels) -> None:
    """Row 0 is the picture as it is."""
    bits, quality = pdq_dihedral(pixels)
    plain = pdq(pixels)
    assert (to_hex(bits[0]), quality) == (to_hex(plain.bits), plain.quality)


def test_dihedral_hashes_of_a_mirrored_picture_are_the_same_set() -> None:
    """So a stored picture is found whichever way the copy is turned."""
    pixels = pictures.scene(2)
    ours, _ = pdq_dihedral(pixels)
    theirs, _ = pdq_dihedral(pictures.mirrored(pixels))
    assert hamming_matrix(ours, theirs).min(axis=1).max() <= 2


def test_four_of_eight_are_mirrored() -> None:
    """A rotation keeps handedness, a flip does not."""
    assert [turn.mirrored for turn in DIHEDRAL] == [False] * 4 + [True] * 4


# Distances


@given(codes, codes)
def test_distance_is_symmetric_and_zero_to_itself(a, b) -> None:
    """The first two axioms of a metric."""
    assert hamming(a, b) == hamming(b, a)
    assert hamming(a, a) == 0


@given(codes, codes, codes)
def test_distance_keeps_the_triangle_and_any_mask(a, b, mask) -> None:
    """No detour is shorter, and flipping the same bits of both changes nothing."""
    assert hamming(a, b) <= hamming(a, mask) + hamming(mask, b)
    assert hamming(a ^ mask, b ^ mask) == hamming(a, b)


def test_distance_matrix_holds_every_pair() -> None:
    """Row i, column j is the distance of a[i] and b[j], up to all bits."""
    rng = np.random.default_rng(1)
    a, b = (rng.integers(0, 256, (n, 32), dtype=np.uint8) for n in (5, 7))
    b[0] = ~a[0]
    matrix = hamming_matrix(a, b)
    assert matrix[0, 0] == 256
    assert matrix.tolist() == [[hamming(x, y) for y in b] for x in a]


# Recipes


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda r: r.name)
def test_code_has_the_length_of_its_recipe(recipe: HashRecipe) -> None:
    """Bits, bytes and hexadecimal digits agree."""
    answer = hash_with(recipe, pictures.scene(0))
    assert (answer.dtype, answer.shape) == (np.uint8, (recipe.bytes,))
    assert len(to_hex(answer)) == recipe.bits // 4


@pytest.mark.parametrize("kind", ["phash", "dhash", "whash"])
def test_hex_form_is_that_of_imagehash(kind: str) -> None:
    """An archive hashed with the library can be compared bit for bit."""
    import imagehash
    from PIL import Image

    pixels = pictures.scene(4)
    theirs = str(getattr(imagehash, kind)(Image.fromarray(pixels)))
    assert to_hex(hash_with(recipe_named(f"{kind}64_v1"), pixels)) == theirs


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda r: r.name)
@given(data=st.data())
def test_hex_round_trip(recipe: HashRecipe, data: st.DataObject) -> None:
    """Upper case and white space do not matter."""
    raw = data.draw(st.binary(min_size=recipe.bytes, max_size=recipe.bytes))
    assert parse_hex(recipe, to_hex(raw)) == raw
    assert parse_hex(recipe, f" {raw.hex(' ').upper()}\n") == raw


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("ab" * 31, "got 62 digits, `pdq256_v1` has 64", id="short"),
        pytest.param("ab" * 33, "got 66 digits, `pdq256_v1` has 64", id="long"),
        pytest.param("", "got 0 digits, `pdq256_v1` has 64", id="empty"),
        pytest.param("zz" * 32, "is not hexadecimal", id="letters"),
        pytest.param("０" * 64, "is not hexadecimal", id="full_width_digits"),
    ],
)
def test_bad_hash_is_refused_with_both_numbers(text: str, message: str) -> None:
    """One bad line of a list is named, and does not become a wrong hash."""
    with pytest.raises(BadHash, match=re.escape(message)):
        parse_hex(PDQ256, text)


def test_unknown_recipe_names_the_known_ones() -> None:
    """The hint lists what can be used."""
    with pytest.raises(RecipeMismatch, match="md5_v1") as caught:
        recipe_named("md5_v1")
    assert "pdq256_v1" in caught.value.hint


def test_known_answers(request: pytest.FixtureRequest) -> None:
    """A library that hashes otherwise must fail loudly: it would invalidate stored codes.

    Two bits are left to the rounding of other processors.
    """
    known = {
        name: {recipe.name: to_hex(hash_with(recipe, pixels)) for recipe in RECIPES.values()}
        for name, pixels in (drawn() | photographs()).items()
    }
    if request.config.getoption("--write-golden"):
        KNOWN_ANSWERS.parent.mkdir(parents=True, exist_ok=True)
        KNOWN_ANSWERS.write_text(json.dumps(known, indent=1) + "\n")
    wanted = json.loads(KNOWN_ANSWERS.read_text())
    assert known.keys() == wanted.keys()
    for name, answers in known.items():
        for recipe, text in answers.items():
            of = recipe_named(recipe)
            assert hamming(code(text, of), code(wanted[name][recipe], of)) <= 2, (name, recipe)
