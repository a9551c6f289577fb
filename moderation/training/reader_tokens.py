"""From a note to numbers of pieces, and the pieces themselves.

Pieces are characters and words of a unigram vocabulary: every common Chinese character by
itself, words where the texts have them often. What a starting network calls a piece is kept, so
its embeddings can be; emoji and characters that it lacks, but the texts have, are added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram

from moderation.text.windows import Frame

START, PAD, END, UNKNOWN, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
SPECIAL = (START, PAD, END, UNKNOWN, MASK)
START_ID, PAD_ID, END_ID, UNKNOWN_ID, MASK_ID = range(5)
LINE_END = "↵"
"""Stands for a line end, which says something about lists and prices."""
BLANK = "▁"
"""Stands for a blank in pieces, as in SentencePiece."""

FRAME = Frame(start=START_ID, end=END_ID, pad=PAD_ID)

_LEAST_SEEN = 4
_COMMON_PLACE = 40_000
"""Of a vocabulary in the order of frequency; rarer Chinese characters are kept where seen."""
_HAN = re.compile("[\u4e00-\u9fff]")
_PLAIN = re.compile("[\u0020-\u024f\u2000-\u2bff\u3000-\u30ff\uff00-\uffef\U0001f000-\U0001faff]")


def tokenizer_of(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """Read pieces (text, log probability), special ones first.

    Compatibility forms become plain ones (NFKC), what is invisible goes, blanks become one.
    """
    tokenizer = Tokenizer(Unigram(list(pieces), unk_id=UNKNOWN_ID, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"[\p{Cf}\p{Mn}]"), ""),
            normalizers.Replace(Regex(r"\s*\n\s*"), LINE_END),
            normalizers.Replace(Regex(r"\s+"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    return tokenizer


def chosen_pieces(
    pieces: Sequence[tuple[str, float]], texts: Iterable[str], size: int
) -> list[tuple[str, float, int | None]]:
    """A small vocabulary out of a large one, for these texts.

    Args:
        pieces: the large vocabulary, (text, log probability), special pieces first.
        texts: what the small one shall be good for.
        size: number of pieces, special ones included.

    Returns:
        (text, log probability, place in the large vocabulary or None where it is new). Kept are
        common Chinese characters, what the texts have often, and single plain characters; added are
        characters that the large vocabulary lacks.
    """
    place = {piece: i for i, (piece, _) in enumerate(pieces)}
    large = tokenizer_of(
        [(piece, 0.0) for piece in SPECIAL] + [piece for piece in pieces if piece[0] not in SPECIAL]
    )
    seen: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    normaliser = large.normalizer
    for batch in _batches(texts, 512):
        for encoded in large.encode_batch(batch, add_special_tokens=False):
            seen.update(encoded.tokens)
        for text in batch:
            characters.update(normaliser.normalize_str(text))
    lowest = min(score for _, score in pieces)
    new = [
        (character, lowest, None)
        for character, times in characters.most_common()
        if times >= _LEAST_SEEN and character not in place and character != " "
    ]
    if LINE_END not in place and all(piece != LINE_END for piece, *_ in new):
        new.append((LINE_END, lowest, None))
    single = [
        piece
        for piece, _ in pieces
        if len(piece.removeprefix(BLANK)) <= 1
        and piece not in SPECIAL
        and (seen[piece] or (_HAN.search(piece) and place[piece] < _COMMON_PLACE))
        and (_HAN.search(piece) or _PLAIN.search(piece))
    ]
    kept = dict.fromkeys(single)
    for piece, times in seen.most_common():
        if len(kept) + len(new) + len(SPECIAL) >= size:
            break
        if times >= 2 and piece in place and piece not in SPECIAL:
            kept.setdefault(piece)
    old = sorted(place[piece] for piece in kept)
    return [
        *((piece, 0.0, place.get(piece)) for piece in SPECIAL),
        *((*pieces[i], i) for i in old),
        *new,
    ]


def numbers(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Piece numbers of texts, without start and end."""
    return [e.ids for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]


def _batches(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(texts)
    while batch := list(islice(rest, size)):
        yield batch
