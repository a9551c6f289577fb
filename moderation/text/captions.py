"""Caption: the words of a note as pieces that edits leave in place, and keys to look them up by.

What is compared is what a reader would hear: the normalised text as toneless Mandarin syllables,
without tags, mentions, links, emoji, punctuation and the phrases that stand under every second
note. So simplified and traditional characters, and homophones, are the same words.
A piece ("shingle") is three syllables or nine Latin letters, starting at every place. The register
keeps the pieces as 32-bit hashes, and 32 keys made from them by MinHash (A. Broder, "On the
resemblance and containment of documents", 1997): of captions that share half of their pieces
98 in 100 share a key, of those that share a tenth 3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pypinyin.constants import PINYIN_DICT

from moderation.errors import IndexCorrupt
from moderation.note import Note
from moderation.text.fields import Joined, join_named

if TYPE_CHECKING:
    from datasketch import MinHash

RECIPE = "caption_minhash_v1"
"""Everything below, down to the hash functions. Another rule is another recipe."""
BANDS = 32
ROWS = 3
"""MinHash values under one key. Captions meet if all of some key's values agree."""
SHINGLE_WEIGHT = 9
HAN_WEIGHT = 3
"""A Han character, kana or Hangul syllable says as much as three Latin letters."""
MIN_WEIGHT = 60
"""Twenty Han characters, or some twelve English words. Shorter captions never count."""
MAX_CHARS = 4_000
"""Read of each field; the platform allows 1,000."""

_FIRST_EAST_ASIAN = "\u2e80"
_NOISE = re.compile(
    r"https?://[^\s\u2e80-\uffff]{1,300}"
    r"|#[\w·]{1,24}#?"  # a tag; with `[话题]` behind it in exports
    r"|@[\w.·-]{1,30}"
    r"|\[[^\[\]\n]{1,12}\]"  # the platform's own emoji, as `[哭惹R]`
)
_PHRASES = re.compile(
    "|".join(
        sorted(
            (
                *("点赞", "点个赞", "收藏", "关注我", "点关注", "求关注", "转发", "一键三连"),
                *("图片来自网络", "图片来源网络", "图源网络", "网图", "侵删", "侵权联系删除"),
                *("仅代表个人观点", "仅供参考", "谢谢观看", "感谢观看", "未完待续", "全文完"),
                *("大家好", "哈喽", "姐妹们", "家人们", "宝子们", "小红薯们", "集美们", "朋友们"),
                *("thanksforwatching", "likeandfollow", "followme", "likeandsave"),
                *("linkinbio", "credittotheowner", "notmypicture", "helloeveryone"),
            ),
            key=len,
            reverse=True,
        )
    )
)
"""As they read without blanks and marks. A list of what is common, not of what is forbidden."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Caption:
    """Title and text of a note, ready to be compared."""

    shingles: NDArray[np.uint32]
    """[n], sorted, each once: hashes of the pieces."""
    keys: tuple[int, ...]
    """`BANDS` signed 64-bit integers; captions that are nearly the same share one."""
    hashes: NDArray[np.uint32]
    """[m] in reading order: the piece that starts at each place."""
    starts: NDArray[np.int32]
    """[m]: where it starts in `joined.text`."""
    ends: NDArray[np.int32]
    """[m]: and where it ends."""
    joined: Joined
    """The original fields, to say where something stands."""


def read_caption(note: Note) -> Caption | None:
    """The caption of a note; None where it is too short to say anything about its origin.

    Pure and deterministic; tags and links do not belong to it.
    """
    fields = (("title", note.title[:MAX_CHARS]), ("text", note.text[:MAX_CHARS]))
    joined = join_named(fields)
    places = _spoken_places(joined.text)
    syllables = [_syllable(joined.text[place]) for place in places]
    weights = [HAN_WEIGHT if joined.text[i] >= _FIRST_EAST_ASIAN else 1 for i in places]
    if sum(weights) < MIN_WEIGHT:
        return None
    pieces = _pieces(weights)
    hashes = np.array(
        [_hash(" ".join(syllables[first:end])) for first, end in pieces], dtype=np.uint32
    )
    shingles = np.unique(hashes)
    return Caption(
        shingles=shingles,
        keys=keys_of(shingles),
        hashes=hashes,
        starts=np.array([places[first] for first, _ in pieces], np.int32),
        ends=np.array([places[end - 1] + 1 for _, end in pieces], np.int32),
        joined=joined,
    )


def keys_of(shingles: NDArray[np.uint32]) -> tuple[int, ...]:
    """`BANDS` signed 64-bit keys of a set of pieces, uint32 [n], n ≥ 1."""
    sketch = _empty().copy()
    sketch.update_batch(shingles.tolist())
    values = np.asarray(sketch.hashvalues).astype("<u4").reshape(BANDS, ROWS)
    return tuple(
        int.from_bytes(
            blake2b(band.tobytes(), digest_size=8, salt=number.to_bytes(2, "little")).digest(),
            "little",
            signed=True,
        )
        for number, band in enumerate(values)
    )


def shingles_to_bytes(shingles: NDArray[np.uint32]) -> bytes:
    """As the register keeps them: little-endian."""
    return shingles.astype("<u4").tobytes()


def shingles_from_bytes(data: bytes) -> NDArray[np.uint32]:
    """Inverse of `shingles_to_bytes`: uint32 [n], sorted, each once.

    Raises:
        IndexCorrupt: the bytes are not that.
    """
    if not data or len(data) % 4:
        raise IndexCorrupt(
            f"a stored caption has {len(data)} bytes, which is no multiple of 4 above 0",
            hint="run `moderation register verify`",
        )
    shingles = np.frombuffer(data, "<u4").astype(np.uint32)
    if (shingles[1:] <= shingles[:-1]).any():
        raise IndexCorrupt(
            "the pieces of a stored caption are not sorted", hint="run `moderation register verify`"
        )
    return shingles


def _spoken_places(text: str) -> list[int]:
    """Places of the letters and digits that count, in reading order."""
    silent = _covered(_NOISE, text)
    places = [i for i, character in enumerate(text) if not silent[i] and character.isalnum()]
    silent = _covered(_PHRASES, "".join(text[i] for i in places))
    return [place for i, place in enumerate(places) if not silent[i]]


def _covered(pattern: re.Pattern[str], text: str) -> bytearray:
    """1 at each place that a match covers."""
    covered = bytearray(len(text))
    for match in pattern.finditer(text):
        covered[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    return covered


def _pieces(weights: Sequence[int]) -> list[tuple[int, int]]:
    """(first, end) of the shortest run from each place on that weighs `SHINGLE_WEIGHT`."""
    pieces = []
    end = held = 0
    for first, weight in enumerate(weights):
        while held < SHINGLE_WEIGHT and end < len(weights):
            held += weights[end]
            end += 1
        if held < SHINGLE_WEIGHT:
            break
        pieces.append((first, end))
        held -= weight
    return pieces


@lru_cache(maxsize=32_768)
def _syllable(character: str) -> str:
    """Toneless first reading of a Han character; any other character is itself."""
    readings = PINYIN_DICT.get(ord(character))
    if readings is None:
        return character
    spelled = unicodedata.normalize("NFD", readings.partition(",")[0])
    return "".join(c for c in spelled if unicodedata.category(c) != "Mn")


def _hash(piece: str) -> int:
    return int.from_bytes(blake2b(piece.encode(errors="replace"), digest_size=4).digest(), "little")


@cache
def _empty() -> MinHash:
    # Imported here: it brings half of SciPy, four tenths of a second for whoever reads no caption.
    from datasketch import MinHash

    return MinHash(num_perm=BANDS * ROWS, seed=1, hashfunc=int, scheme="affine32")
