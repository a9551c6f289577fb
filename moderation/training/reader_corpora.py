"""Unlabelled texts that the note reader reads before it is told anything, and how often each.

The nearer a set is to notes, the oftener it is read. Chat and spam are here for their disguises
and slang, reviews for what customers say; none of them is a label, since what is spam in a chat
does not carry over to notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from moderation.archive.json_lines import open_source, read_json_lines
from moderation.errors import BadSetting, InputError
from moderation.note import MAX_TEXT_CHARS, Note
from moderation.text.whole_text import text_of
from moderation.training.reader_data import WRITTEN
from moderation.training.reader_tokens import END_ID, numbers


@dataclass(frozen=True, slots=True)
class Share:
    """How much of what is read comes from a file, and at most how many of its texts are used."""

    weight: float
    most: int = 40_000


SHARES = {
    "notes": Share(0.42),
    "written": Share(0.22),
    "shopping_reviews_zh": Share(0.10),
    "ad_copy_zh": Share(0.04),
    "game_chat_ads": Share(0.06),
    "telegram_spam_zh": Share(0.04),
    "sms_spam_zh": Share(0.03),
    "qq_group_ads": Share(0.02),
    "sms_spam_en": Share(0.03),
    "youtube_spam_en": Share(0.03),
    "taobao_review_spam_varied": Share(0.01, 10_000),
}
"""Set → share; sets that are not there leave theirs to the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Texts of one kind."""

    name: str
    weight: float
    texts: list[str]


def corpora(data: Path | None, datasets: Path | None, seed: int) -> list[Corpus]:
    """All sets that are there.

    Args:
        data: folder with `<set>.jsonl.gz`.
        datasets: folder with `written_notes/`.
        seed: of the choice where a set has more texts than are used.

    Raises:
        BadSetting: there is not one text, or a file is damaged.
    """
    found = []
    for name, share in SHARES.items():
        if name == "written":
            files = sorted((datasets / WRITTEN).glob("*.jsonl")) if datasets else []
        else:
            files = [data / f"{name}.jsonl.gz"] if data else []
        texts = [text for file in files if file.is_file() for text in _texts(file)]
        if len(texts) > share.most:
            rng = np.random.default_rng(seed)
            texts = [texts[i] for i in sorted(rng.permutation(len(texts))[: share.most])]
        if texts:
            found.append(Corpus(name=name, weight=share.weight, texts=texts))
    if not found:
        raise BadSetting(
            f"0 texts in `{data}` and `{datasets}`, some thousands are needed",
            hint=f"name a folder with one of {', '.join(f'`{n}.jsonl.gz`' for n in SHARES)}",
        )
    return found


class Stream:
    """Endless stretches of one length out of the texts of a set, in ever new order.

    Short texts follow each other, with an end piece between them, so nothing is padded.
    """

    def __init__(self, corpus: Corpus, tokenizer: Tokenizer, rng: np.random.Generator) -> None:
        ids = numbers(tokenizer, corpus.texts)
        self.weight = corpus.weight
        self._texts = [np.array([*one, END_ID], np.int32) for one in ids if one]
        self._rng = rng
        self._rest: NDArray[np.int32] = np.zeros(0, np.int32)
        self._order: Iterator[int] = iter(())

    def take(self, length: int, letters: Letters, share: float) -> NDArray[np.int32]:
        """The next pieces [length]; this share of texts has its words spelt out."""
        parts, count = [self._rest], len(self._rest)
        while count < length:
            text = self._texts[self._next()]
            if self._rng.random() < share:
                text = letters.spelt(text)
            parts.append(text)
            count += len(text)
        both = np.concatenate(parts)
        self._rest = both[length:]
        return both[:length]

    def _next(self) -> int:
        for i in self._order:
            return i
        self._order = iter(self._rng.permutation(len(self._texts)).tolist())
        return next(self._order)


class Letters:
    """Words taken apart into their characters, as a disguise forces a reader to see them."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        vocabulary = tokenizer.get_vocab()
        self._parts: dict[int, list[int]] = {}
        for piece, number in vocabulary.items():
            parts = [vocabulary.get(character, -1) for character in piece]
            if len(parts) > 1 and min(parts) >= 0 and not piece.startswith("<"):
                self._parts[number] = parts

    def spelt(self, ids: Sequence[int] | NDArray[np.int32]) -> NDArray[np.int32]:
        """Pieces of single characters where there are such."""
        apart = [part for i in ids for part in self._parts.get(int(i), (int(i),))]
        return np.array(apart, np.int32)

    def lengths(self, ids: Sequence[int] | NDArray[np.int32]) -> list[int]:
        """How many pieces each becomes when it is spelt."""
        return [len(self._parts.get(int(i), (0,))) for i in ids]


def _texts(file: Path) -> Iterator[str]:
    try:
        with open_source(file) as stream:
            for _, row in read_json_lines(stream):
                if isinstance(row, InputError):
                    raise row
                title, tags = row.get("title") or "", row.get("tags") or ()
                text = str(row.get("text") or "").removeprefix("\ufeff")[:MAX_TEXT_CHARS]
                yield text_of(Note(id="n", title=title, text=text, tags=tuple(tags)))
    except InputError as error:
        raise BadSetting(f"`{file}` holds no texts: {error}", hint=error.hint) from None
