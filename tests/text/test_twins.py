"""Twins: how alike, who was first, who may, and what the author is shown."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kit.captions import CAPTION, ENGLISH, MORNING, OTHER, SENTENCES, caption_of, known
from numpy.typing import NDArray

from moderation.finding import Difference, Finding
from moderation.note import Author
from moderation.text.twins import (
    FEW_PIECES,
    MAX_PASSAGES,
    MIN_RAW_SCORE,
    SHARED_BY,
    KnownCaption,
    likeness,
    twin_finding,
)

HOUR = timedelta(hours=1)
BOB = Author(id="bob")

sets = st.frozensets(st.integers(0, 60), max_size=40)


def pieces(values: frozenset[int]) -> NDArray[np.uint32]:
    return np.array(sorted(values), np.uint32)


def found(
    *others: KnownCaption, text: str = CAPTION, author: Author = BOB, hours: float = 1, **more: Any
) -> Finding | None:
    return twin_finding(
        caption_of(text),
        others,
        author=author,
        at=MORNING + hours * HOUR,
        clocks_agree=timedelta(minutes=10),
        **more,
    )


@given(sets, sets)
def test_likeness_is_that_of_plain_sets(one: frozenset[int], other: frozenset[int]) -> None:
    """Against the obvious; symmetric; within 0–1."""
    like = likeness(pieces(one), pieces(other))
    shared = len(one & other)
    assert like.shared == shared
    assert like.jaccard == (shared / len(one | other) if one and other else 0)
    assert like.containment == (shared / min(len(one), len(other)) if one and other else 0)
    assert like == likeness(pieces(other), pieces(one))
    assert 0 <= like.score < 1
    assert (like.score == 0) == (shared == 0)


@given(sets, sets, st.integers(61, 70))
def test_more_in_common_is_more_alike(
    one: frozenset[int], other: frozenset[int], piece: int
) -> None:
    """A piece that both get raises the score, one that a single one gets does not."""
    assume(one and other)
    before = likeness(pieces(one), pieces(other)).score
    both = likeness(pieces(one | {piece}), pieces(other | {piece})).score
    alone = likeness(pieces(one | {piece}), pieces(other)).score
    assert both > before
    assert alone <= before


def test_few_pieces_prove_little() -> None:
    """Two equal captions of twenty characters are less sure than two long ones."""
    short, long = (
        likeness(x, x).score for x in (np.arange(18, dtype=np.uint32), np.arange(900, dtype="<u4"))
    )
    assert short == pytest.approx(18 / (18 + FEW_PIECES))
    assert long > 0.99


EDITS = {
    "the same": CAPTION,
    "a sentence dropped": "".join(SENTENCES[1:5]),
    "sentences in another order": "".join(reversed(SENTENCES[:5])),
    "a sentence in front": SENTENCES[6] + CAPTION,
    "words replaced": CAPTION.replace("和气", "友善")
    .replace("汤底", "味道")
    .replace("周末", "昨天"),
}


@pytest.mark.parametrize("text", EDITS.values(), ids=EDITS.keys())
def test_an_edited_caption_is_a_twin(text: str) -> None:
    """With the other note, its time, and how much is the same."""
    finding = found(known(), text=text)
    assert finding is not None
    assert finding.score == finding.raw_score > 0.6
    assert finding.difference is None
    assert finding.detail["twin_note"] == "first"
    assert finding.detail["holder"] == "alice"
    assert finding.detail["claimed_at"] == MORNING.isoformat()
    assert finding.detail["unrelated_authors"] == 1


STRANGERS = {
    "other words": OTHER,
    "another language": ENGLISH,
    "one sentence": SENTENCES[0] + OTHER,
}


@pytest.mark.parametrize("text", STRANGERS.values(), ids=STRANGERS.keys())
def test_other_words_are_no_twin(text: str) -> None:
    """One sentence in common is a quotation."""
    assert found(known(), text=text) is None


def test_the_passages_are_shown_in_the_original() -> None:
    """Spans in the author's own fields, with disguise and all; what is new is left out."""
    title = "🌸城北旧書 市场"
    hidden = SENTENCES[3].replace("牛", "牛\u200b")
    text = f"{SENTENCES[2]}我自己写的一句话在这里。✨{hidden}"
    finding = twin_finding(
        caption_of(text, title=title),
        [known(SENTENCES[2] + SENTENCES[3])],
        author=BOB,
        at=MORNING + HOUR,
        clocks_agree=timedelta(0),
    )
    assert finding is not None
    fields = {"title": title, "text": text}
    for span in finding.spans:
        assert fields[span.field][span.start : span.end] == span.text
        assert span.code == "twin"
    shown = "|".join(span.text for span in finding.spans)
    assert "我挑了一本五十年代的植物图鉴" in shown
    assert "番茄牛\u200b腩面" in shown
    assert "我自己写的" not in shown


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from([*SENTENCES, OTHER, ENGLISH]), min_size=3, max_size=9))
def test_spans_always_lie_in_the_text(parts: list[str]) -> None:
    """In reading order, without overlap, not more than a person reads."""
    text = "～".join(parts)
    finding = found(known(), text=text)
    spans = () if finding is None else finding.spans
    assert len(spans) <= MAX_PASSAGES
    assert all(text[s.start : s.end] == s.text for s in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


# Who was first, and who may


def test_the_earliest_of_the_most_similar_is_named() -> None:
    """Whatever the order of arrival; a loosely similar earlier one is not in the way."""
    loose = known(
        "".join(SENTENCES[3:7]), caption_id=1, note_id="loose", published_at=MORNING - HOUR
    )
    late = known(caption_id=2, note_id="late", author_id="carol", published_at=MORNING + HOUR / 2)
    first = known(caption_id=3)
    for order in ((loose, late, first), (first, late, loose)):
        finding = found(*order)
        assert finding is not None
        assert finding.detail["twin_note"] == "first"


ALLOWED = {
    "published earlier": ({"hours": -1}, Difference.PUBLISHED_EARLIER),
    "licensed": ({"licensed_from": frozenset({"alice"})}, Difference.LICENSED),
    "clocks agree": ({"hours": -0.1}, None),
    "licensed by another": ({"licensed_from": frozenset({"carol"})}, None),
}


@pytest.mark.parametrize(("how", "difference"), ALLOWED.values(), ids=ALLOWED.keys())
def test_who_may(how: dict[str, Any], difference: Difference | None) -> None:
    """What is allowed stays visible, with score 0."""
    finding = found(known(), **how)
    assert finding is not None
    assert finding.difference is difference
    assert finding.raw_score > 0.9
    assert finding.score == (finding.raw_score if difference is None else 0)


OWN = {
    "the same account": known(author_id="bob"),
    "an account linked by the note": known(author_id="bob2"),
    "an account linked by the register": known(author_id="b3", linked_ids=("bob",)),
}


@pytest.mark.parametrize("own", OWN.values(), ids=OWN.keys())
def test_own_captions_are_no_twins(own: KnownCaption) -> None:
    """Everybody may repeat themselves."""
    assert found(own, author=Author(id="bob", linked_ids=("bob2",))) is None


def test_nobody_unknown_is_the_same_as_another() -> None:
    """Two notes without an author are not of one author."""
    finding = found(known(author_id=""), author=Author(id=""))
    assert finding is not None
    assert finding.difference is None


def test_who_was_copied_may_repeat_themselves() -> None:
    """Bob's own earlier note had the words that Carol has published since."""
    own = known(caption_id=1, note_id="own", author_id="bob", published_at=MORNING)
    copy = known(caption_id=2, note_id="copy", author_id="carol", published_at=MORNING + HOUR)
    again = found(own, copy, hours=2)
    assert again is not None
    assert again.difference is Difference.SAME_AUTHOR
    partly = known("".join(SENTENCES[:2]) + SENTENCES[5], note_id="own", author_id="bob")
    finding = found(partly, copy, hours=2)
    assert finding is not None
    assert finding.difference is None  # most of what Carol wrote was not in Bob's own


def test_words_of_many_are_nobodys() -> None:
    """From the fourth unrelated author on; linked accounts and unknown ones count once."""
    many = [
        known(
            caption_id=i, note_id=f"n{i}", author_id=f"a{i}", published_at=MORNING + i * HOUR / 99
        )
        for i in range(SHARED_BY)
    ]
    finding = found(*many)
    assert finding is not None
    assert (finding.difference, finding.score) == (Difference.SHARED_TEXT, 0)
    assert finding.detail["unrelated_authors"] == SHARED_BY
    fewer = found(*many[1:])
    assert fewer is not None
    assert fewer.difference is None
    ring = [known(caption_id=i, author_id=f"a{i}", linked_ids=("boss",)) for i in range(9)]
    unknown = [known(caption_id=20 + i, author_id="") for i in range(9)]
    finding = found(*ring, *unknown)
    assert finding is not None
    assert (finding.difference, finding.detail["unrelated_authors"]) == (None, 2)


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(6)), st.integers(0, 5))
def test_an_author_more_never_raises_a_score(order: list[int], count: int) -> None:
    """And the order in which the register answers does not matter."""
    all_known = [
        known(
            caption_id=i, note_id=f"n{i}", author_id=f"a{i}", published_at=MORNING + i * HOUR / 99
        )
        for i in range(6)
    ]
    some = [all_known[i] for i in order if i < count]
    one, other = found(*some), found(*sorted(some, key=lambda k: k.caption_id))
    assert one == other
    more = found(*all_known[: count + 1])
    assert more is not None
    assert one is None or more.score <= one.score


def test_what_is_hardly_alike_is_no_finding() -> None:
    """Below the lowest score nobody is bothered."""
    finding = found(known("".join(SENTENCES[3:8])))
    assert finding is None or finding.raw_score >= MIN_RAW_SCORE
