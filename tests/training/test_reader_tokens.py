"""Pieces of notes: what is read as what, and that no part of a note is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation import Note
from moderation.training.reader_tokens import (
    END_ID,
    LINE_END,
    MAX_WINDOWS,
    SPECIAL,
    START_ID,
    UNKNOWN_ID,
    chosen_pieces,
    numbers,
    text_of,
    tokenizer_of,
    windows,
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


def test_a_title_that_the_text_repeats_is_read_once():
    """Some sources cut their titles from the text."""
    note = Note(id="n", title="周末做陶艺！", text="周末做陶艺 手都酸了", tags=("陶艺",))
    assert text_of(note) == "周末做陶艺 手都酸了\n#陶艺"
    other = Note(id="n", title="手酸", text="周末做陶艺")
    assert text_of(other) == "手酸\n周末做陶艺"
    assert text_of(Note(id="n", title="☕", text="☕")) == "☕\n☕"


@given(st.integers(0, 3000), st.integers(12, 60), st.data())
def test_windows_hold_the_whole_note(length, window, data):
    """Each piece is read, in its order, until a note is too long; then its start and its end."""
    step = data.draw(st.integers(1, window - 2))
    ids = list(range(10, 10 + length))
    found = windows(ids, window, step)
    assert all(w[0] == START_ID and w[-1] == END_ID and len(w) <= window for w in found)
    inner = [w[1:-1] for w in found]
    assert all(w == ids[w[0] - 10 : w[0] - 10 + len(w)] for w in inner if w)
    read = {piece for w in inner for piece in w}
    assert len(found) <= MAX_WINDOWS
    if len(found) < MAX_WINDOWS:
        assert read == set(ids)
    assert set(ids[: window - 2]) | set(ids[-(window - 2) :]) <= read or not ids
