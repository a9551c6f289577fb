"""Text on the page is exactly the author's text, with its spans marked and nothing hidden."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.finding import Span
from moderation.report.marked_text import fits, marked, visible, visible_plain

ODD = st.sampled_from(
    "a<>&\"'好 \n\t\r\0\u200b\u202e\u2066\u00ad\ud800\ue000👨\u200d👩é\u0301\u3164"
)
TEXTS = st.text(st.one_of(ODD, st.characters(exclude_categories=())), max_size=40)


class Reader(HTMLParser):
    """Gives back the text and, for each character, whether it is marked."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.marked, self.depth, self.label = "", [], 0, False

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "mark":
            self.depth += 1
        if tag == "span" and values["class"] == "unseen":
            self.label = True
            self.take(chr(int(values["data-char"], 16)) * int(values["data-count"]))

    def handle_endtag(self, tag):
        self.depth -= tag == "mark"
        if tag == "span":
            self.label = False

    def handle_data(self, data):
        if not self.label:
            self.take(data)

    def take(self, text):
        self.text += text
        self.marked += [self.depth > 0] * len(text)


def read(html):
    reader = Reader()
    reader.feed(str(html))
    reader.close()
    assert reader.depth == 0
    return reader


def span_of(text, start, end, code="V1"):
    return Span(code=code, field="text", start=start, end=end, text=text[start:end])


@st.composite
def texts_with_spans(draw):
    text = draw(TEXTS)
    places = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(places, places), max_size=6))
    return text, [span_of(text, min(p), max(p), f"V{i}") for i, p in enumerate(pairs)]


@given(texts_with_spans())
@example(("<b>\0\u202e", [span_of("<b>\0\u202e", 1, 5)]))
def test_without_its_tags_the_html_is_the_text(case):
    """No character is lost, added or swallowed by a tag; marks cover exactly the spans."""
    text, spans = case
    reader = read(marked(text, spans, title_of=lambda span: span.code))
    assert reader.text == text
    covered = {i for span in spans for i in range(span.start, span.end)}
    assert [i for i, on in enumerate(reader.marked) if on] == sorted(covered)


@given(TEXTS)
def test_what_reaches_the_page_is_harmless(text):
    """No control, no direction change, no half surrogate is left as itself."""
    for out in (str(visible(text)), visible_plain(text)):
        out.encode()
        assert not set(out) & set("\0\r\u202e\u2066\u200b\u00ad\u3164")


def test_overlaps_become_pieces_that_name_every_span():
    """The middle piece belongs to both."""
    text = "abcdef"
    spans = [span_of(text, 0, 4, "V1"), span_of(text, 2, 6, "V2")]
    assert str(marked(text, spans, title_of=lambda span: span.code)) == (
        '<mark title="V1" data-codes="">ab</mark>'
        '<mark title="V1 | V2" data-codes="V1">cd</mark>'
        '<mark title="V2" data-codes="V2">ef</mark>'
    )


def test_a_span_beyond_a_cut_text_is_cut_too():
    """The page shows the beginning of endless texts."""
    html = marked("abc", [span_of("abcdef", 2, 5), span_of("abcdef", 4, 5)], title_of=str)
    assert read(html).marked == [False, False, True]


def test_a_title_cannot_break_out_of_its_attribute():
    """The normalised reading is the author's text too."""
    html = marked("x", [span_of("x", 0, 1)], title_of=lambda _: '"><script>\u202e')
    assert "<script>" not in html
    assert "⟨RLO⟩" in html


def test_a_flood_of_hidden_characters_is_one_label():
    """A hundred thousand zero-width spaces do not fill the page."""
    assert len(visible("a" + "\u200b" * 100_000 + "b")) < 200


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("👨\u200d👩\u200d👧 ❤\ufe0f", True, id="emoji_sequence"),
        pytest.param("a\u200db", False, id="joiner_between_letters"),
        pytest.param("تجربة e\u0301", True, id="arabic_and_accents"),
        pytest.param("\u3164", False, id="hangul_filler"),
        pytest.param("a b\n\tc ", True, id="blanks_between_letters"),
        pytest.param(" \n\t\u3000", False, id="blanks_alone"),
    ],
)
def test_only_what_deceives_is_labelled(text, shown):
    """Emoji families and foreign scripts stay as they are."""
    assert (visible(text) == text) is shown


@pytest.mark.parametrize(
    ("start", "end", "expected"), [(0, 1, True), (1, 2, False), (1, 1, False), (5, 6, False)]
)
def test_spans_of_another_text_are_noticed(start, end, expected):
    """An archive may have changed since the verdict."""
    assert fits("abc", Span(code="V1", field="text", start=start, end=end, text="a")) is expected
