"""A note as one text: nothing is lost, every sentence points home, long notes are read whole."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from moderation import Note
from moderation.text.whole_text import LONGEST_SENTENCE, LONGEST_TEXT, WholeText, text_of
from moderation.text.windows import Frame, padded, stretches, windows

TEXT = st.text(st.sampled_from("陶艺碗 ab1。！\n.🫖\u200b"), max_size=300)
NOTES = st.builds(
    lambda title, text, tags: Note(id="n", title=title, text=text, tags=tuple(tags)),
    st.text(st.sampled_from("陶艺碗 a！\n"), max_size=20),
    TEXT,
    st.lists(st.text(st.sampled_from("陶艺a"), min_size=1, max_size=8), max_size=4),
)
FRAME = Frame(start=0, end=2, pad=1)


def test_a_title_that_the_text_repeats_is_read_once():
    """Some sources cut their titles from the text."""
    note = Note(id="n", title="周末做陶艺！", text="周末做陶艺 手都酸了", tags=("陶艺",))
    assert text_of(note) == "周末做陶艺 手都酸了\n#陶艺"
    other = Note(id="n", title="手酸", text="周末做陶艺")
    assert text_of(other) == "手酸\n周末做陶艺"
    assert text_of(Note(id="n", title="☕", text="☕")) == "☕\n☕"


def test_tags_stand_behind_their_signs():
    """As the platform shows them."""
    note = Note(id="n", text="碗", tags=("陶艺", "周末"))
    assert text_of(note) == "碗\n#陶艺 #周末"
    assert text_of(Note(id="n", tags=("陶艺",))) == "#陶艺"
    assert text_of(Note(id="n")) == ""


@given(NOTES)
def test_parts_and_sentences_point_home(note):
    """What the whole text holds at a place is what the field holds at the span."""
    whole = WholeText.of(note)
    fields = dict(note.text_fields())
    for part in whole.parts:
        assert whole.text[part.start : part.start + len(part.text)] == part.text
        assert fields[part.field][part.skipped :].startswith(part.text)
    for start, end, span in whole.sentences():
        assert whole.text[start:end] == span.text == fields[span.field][span.start : span.end]
        assert 0 < end - start <= LONGEST_SENTENCE


@given(NOTES)
def test_sentences_hold_every_word_once(note):
    """In order, and without overlaps."""
    whole = WholeText.of(note)
    last = 0
    read = []
    for start, end, _ in whole.sentences():
        assert start >= last
        read.append(whole.text[start:end])
        last = end
    written = "".join("".join(part.text for part in whole.parts).split())
    assert "".join("".join(read).split()) == written


def test_of_an_endless_text_the_ends_are_taken():
    """And where they stand, and how much is missing between them, is known."""
    note = Note(id="n", title="碗", text=" a" + "陶" * 30_000 + "艺z ", tags=("x",))
    whole = WholeText.of(note)
    assert whole.left_out == 30_003 - LONGEST_TEXT
    assert len(whole.text) == LONGEST_TEXT + len("碗\n\n\n#x")
    ends = [part for part in whole.parts if part.field == "text"]
    for part in ends:
        assert note.text[part.skipped : part.skipped + len(part.text)] == part.text
    assert (ends[0].text[0], ends[1].text[-1]) == ("a", "z")


def test_lone_surrogates_keep_their_places():
    """A tokenizer refuses them; `Note` does not."""
    note = Note(id="n", text="陶\ud83d艺")
    assert text_of(note) == "陶\ufffd艺"


@given(st.integers(0, 900), st.integers(12, 60), st.sampled_from([2, 6, 40]), st.data())
def test_windows_hold_the_whole_note(length, window, most, data):
    """Each piece is read, in its order, until a note is too long; then its start and its end."""
    overlap = data.draw(st.integers(0, window - 10))
    frame = Frame(start=0, end=2, pad=1, window=window, overlap=overlap, most=most)
    ids = list(range(10, 10 + length))
    found = windows(ids, frame)
    assert all(w[0] == 0 and w[-1] == 2 and len(w) <= window for w in found)
    inner = [w[1:-1] for w in found]
    places = stretches(length, frame)
    assert inner == [ids[start:end] for start, end in places]
    assert len({len(w) for w in inner}) == 1
    read = {piece for w in inner for piece in w}
    for (_, end), (start, _) in pairwise(places):
        assert end - start >= overlap or len(found) == most
    assert len(found) <= most
    if len(found) < most:
        assert read == set(ids)
    assert not ids or {ids[0], ids[-1]} <= read
    if len(read) < length:
        assert set(ids[: window - 2]) | set(ids[-(window - 2) :]) <= read


def test_windows_are_as_few_as_can_be_and_alike():
    """A note of one piece too many is not read twice."""
    frame = Frame(start=0, end=2, pad=1)
    assert stretches(222, frame) == [(0, 222)]
    assert stretches(223, frame) == [(0, 124), (99, 223)]
    assert stretches(420, frame) == [(0, 222), (198, 420)]
    assert [end - start for start, end in stretches(421, frame)] == [157] * 3


def test_rows_are_filled_up():
    """To the longest."""
    assert padded([[0, 5, 2], [0, 2]], FRAME.pad).tolist() == [[0, 5, 2], [0, 2, 1]]
