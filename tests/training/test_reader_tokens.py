"""Pieces of notes: what is read as what, and that no part of a note is left out."""

from __future__ import annotations

from moderation.training.reader_tokens import (
    END_ID,
    LINE_END,
    SPECIAL,
    START_ID,
    UNKNOWN_ID,
    chosen_pieces,
    numbers,
    tokenizer_of,
)

LARGE = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
LARGE += [("陶艺", -3.0), ("陶", -5.0), ("艺", -5.0), ("bowl", -4.0), ("▁bowl", -4.0), ("b", -6.0)]
LARGE += [("ż", -7.0), ("龘", -9.0), ("<mask>", 0.0)]


def small(texts: list[str], size: int = 100) -> list[tuple[str, float, int | None]]:
    return chosen_pieces(LARGE, texts, size)


def test_special_pieces_stand_first_and_keep_their_place_in_the_large_vocabulary():
    """Their embeddings are wanted, too."""
    assert [(piece, place) for piece, _, place in small(["陶艺"])][:5] == [
        ("<s>", 0),
        ("<pad>", 1),
        ("</s>", 2),
        ("<unk>", 3),
        ("<mask>", 12),
    ]
    assert (START_ID, END_ID, UNKNOWN_ID) == (0, 2, 3)


def test_what_the_texts_have_is_kept_and_what_they_lack_goes():
    """Common Chinese characters stay in any case; new characters come where they are frequent."""
    chosen = {piece: place for piece, _, place in small(["陶艺 陶艺 bowl bowl 🫖🫖🫖🫖 🧨"])}
    assert {"陶艺": 4, "陶": 5, "艺": 6, "▁bowl": 8, "龘": 11, "🫖": None}.items() <= chosen.items()
    assert "ż" not in chosen
    assert "🧨" not in chosen
    assert chosen[LINE_END] is None


def test_a_vocabulary_keeps_to_its_size():
    """Words give way, characters do not."""
    chosen = [piece for piece, *_ in small(["陶艺陶艺 bowl bowl"], size=len(SPECIAL) + 4)]
    assert len(chosen) == len(SPECIAL) + 4
    assert {"陶", "艺", "龘", LINE_END} < set(chosen)


def test_plain_forms_are_read():
    """Wide letters, invisible signs, many blanks; a line end is a piece."""
    tokenizer = tokenizer_of([(piece, score) for piece, score, _ in small(["陶艺陶艺 bowl bowl"])])
    plain, hidden = numbers(tokenizer, ["陶艺 bowl\n陶", "陶\u200b艺   ｂｏｗｌ\n \n陶"])
    assert plain == hidden
    assert UNKNOWN_ID not in plain
    vocabulary = tokenizer.get_vocab()
    assert plain == [vocabulary[piece] for piece in ("陶艺", "▁bowl", LINE_END, "陶")]
