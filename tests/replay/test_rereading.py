"""Another reader asked about what was judged: the same one changes nothing, others as in a shadow.

The slow obvious version is the gate itself: a shadow with the other reader has judged every note
beside the live one, with its pictures at hand.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.notes import photo
from kit.other_readers import CREDULOUS, SHIPPED, reader_with
from kit.posters import poster

from moderation import Author, Gate, Note, NoteImage, Policy
from moderation.archive import read_notes
from moderation.gate import Shadow
from moderation.gate.publishing.submission import Submission
from moderation.note import NoteKind
from moderation.replay import replay, replaying, rereading
from moderation.replay.answers import Answer, Given, How, answers_in, comes_from_words, keep
from moderation.replay.rereading import AnotherReader
from moderation.scan import observe, observed_words
from moderation.text.note_reader import NoteReader
from moderation.text.signals import RULES
from moderation.text.written import Written

AT = datetime(2026, 11, 1, tzinfo=UTC)
SELLING = "现货包邮，要的加V：cup_2046"
QUIET = "今天在江边走了走，风有点大"
PRAISING = (
    "这支口红真的太好用了，显白不拔干，姐妹们闭眼入，品牌新出的三个色号我都推荐，双十一还有优惠。"
)
POSTER = poster("现货包邮", "加微信 cup_2046", "姐妹们私信我")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reader_with(tmp_path_factory.mktemp("models") / "note-reader_v9", CREDULOUS)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight notes: quiet, selling and praising ones, with a photograph, a poster, a brand."""
    folder = tmp_path_factory.mktemp("archive")
    for name, pixels in (("photo", photo("coffee")), ("poster", POSTER)):
        cv2.imwrite(str(folder / f"{name}.png"), np.ascontiguousarray(pixels[:, :, ::-1]))

    def note(name: str, text: str, picture: str = "", **more) -> Note:
        images = [NoteImage(path=folder / f"{picture}.png")] if picture else []
        author = Author(id=f"author of {name}", **more)
        return Note(id=name, author=author, published_at=AT, text=text, lang="zh", images=images)

    notes = [
        note("quiet", QUIET),
        note("sale", SELLING),
        note("praise", PRAISING),
        note("photo", PRAISING, "photo"),
        note("copy", QUIET, "photo"),
        note("poster", QUIET, "poster"),
        note("praised poster", PRAISING, "poster"),
        replace(note("brand", PRAISING, brand_partner="acme"), kind=NoteKind.PRODUCT_NOTE),
    ]
    write(folder / "notes.jsonl", notes)
    return folder


def write(path: Path, notes: list[Note]) -> Path:
    rows = [note.to_json() for note in notes]
    for row in rows:
        for image in row["images"]:
            image["path"] = Path(image["path"]).name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def judged(archive, other, tmp_path_factory) -> tuple[str, dict[str, tuple[str, str]]]:
    """A register, and note → decision of the live reader and of the other one in the shadow."""
    place = tmp_path_factory.mktemp("register")
    said = {}
    shadow = Shadow(policy=Policy.default(), reader=NoteReader.open(other))
    with Gate.open(place, shadows=[shadow], as_of=AT) as gate:
        for note in read_notes(archive):
            answer = gate.submit(Submission(note=note))
            (beside,) = answer.shadows
            said[note.id] = (answer.verdict.judged.value, beside["decision"])
    return str(place), said


def words(archive: Path) -> list[Written]:
    return [Written.of(note) for note in read_notes(archive)]


def again(judged, model: Path, written, **more):
    reader = AnotherReader(model=model, written=iter(written))
    return replay(judged[0], None, as_of="then", reader=reader, examples=100, **more)


def changed(found) -> dict[str, tuple[str, str]]:
    return {
        flip.note_id: (flip.before.value, flip.after.value)
        for flips in found.flips.values()
        for flip in flips
    }


def wanted(judged, *names: str) -> dict[str, tuple[str, str]]:
    said = judged[1]
    return {name: said[name] for name in names or said if said[name][0] != said[name][1]}


def test_the_same_reader_changes_nothing(judged, archive) -> None:
    """The proof: words read anew give what was found in them."""
    found = again(judged, SHIPPED, words(archive))
    assert (found.all.judged, found.flipped) == (8, 0)
    assert not found.rules
    assert all(before == after for before, after in found.reasons.values())
    assert found.words == {How.READ: 4, How.WORDS_ALONE: 2, How.FROM_PICTURES: 2}
    assert found.readers == {NoteReader.open(SHIPPED).detector: 6}


def test_another_reader_decides_as_in_a_shadow(judged, archive, other) -> None:
    """Where the author's words are all there is; of the rest nothing is guessed."""
    found = again(judged, other, words(archive))
    plain = ("quiet", "sale", "praise", "photo", "copy", "brand")
    assert changed(found) == wanted(judged, *plain)
    assert {"praise", "photo"} <= changed(found).keys()
    assert found.words[How.FROM_PICTURES] == 2


@pytest.fixture(scope="module")
def observed(archive, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("scan")
    observe(archive, out, workers=1)
    return out


@pytest.mark.parametrize("workers", [1, 2])
def test_a_scan_knows_what_pictures_say(judged, observed, other, monkeypatch, workers) -> None:
    """So every note is read anew, in however many processes."""
    monkeypatch.setattr(rereading, "NOTES_AT_ONCE", 3)
    monkeypatch.setattr(replaying, "VERDICTS_AT_ONCE", 3)
    same = again(judged, SHIPPED, observed_words(observed), workers=workers)
    assert (same.flipped, same.words) == (0, {How.READ: 8})
    assert all(before == after for before, after in same.reasons.values())
    found = again(judged, other, observed_words(observed), workers=workers)
    assert found.words == {How.READ: 8}
    assert changed(found) == wanted(judged)


def test_other_detectors_of_pictures_are_not_believed(judged, observed, other) -> None:
    """What they read may not be what was weighed."""
    older = (replace(one, read_by={"lettering": "0"}) for one in observed_words(observed))
    found = again(judged, other, older)
    assert found.words == {How.READ: 4, How.WORDS_ALONE: 2, How.FROM_PICTURES: 2}


def test_edited_and_absent_notes_keep_what_was_found(judged, archive, other) -> None:
    """And are counted; of two rows the one whose words were judged counts."""
    given = {one.note.id: one for one in words(archive)}
    edited = replace(given["praise"], note=replace(given["praise"].note, text=QUIET, revision=2))
    left = [given["quiet"], edited, given["sale"]]
    found = again(judged, other, left)
    assert found.words == {How.READ: 2, How.EDITED: 1, How.ABSENT: 5}
    assert changed(found) == wanted(judged, "quiet", "sale")
    both = again(judged, other, [edited, given["praise"]])
    assert changed(both) == wanted(judged, "praise")
    brand = given["brand"].note
    without = replace(brand, author=replace(brand.author, brand_partner=None))
    sold = again(judged, other, [replace(given["brand"], note=without)])
    assert sold.words == {How.EDITED: 1, How.ABSENT: 7}


def test_only_verdicts_in_the_stretch_are_read(judged, archive, other) -> None:
    """The rest is none of it."""
    found = again(judged, other, words(archive), since=datetime(2100, 1, 1, tzinfo=UTC))
    assert (found.all.judged, found.words) == (0, Counter())


def test_without_another_reader_nothing_is_said_of_words(judged) -> None:
    """As replays of policies always were."""
    found = replay(judged[0], None, as_of="then")
    row = found.to_json(seconds_a_review=60)
    assert (row["words"], row["readers"]) == (None, None)


def test_readers_are_known_by_name() -> None:
    """Those whose findings are replaced."""
    for detector in (RULES, NoteReader.open(SHIPPED).detector):
        assert comes_from_words({"detector": detector, "image_number": None})
    assert not comes_from_words({"detector": "twins@1", "image_number": None})


some_answers = st.lists(
    st.builds(
        Given,
        verdict_id=st.integers(1, 4),
        number=st.integers(0, 99),
        answer=st.builds(
            Answer,
            how=st.sampled_from([how for how in How if how is not How.ABSENT]),
            instead_of=st.sampled_from(["", "note_reader@v1/abc"]),
            in_words=st.none() | st.just([{"kind": "text.hard_sell", "score": 0.5}]),
        ),
    ),
    unique_by=lambda one: (one.verdict_id, one.number),
)


@given(some=some_answers, cut=st.integers(0, 10))
def test_best_answer_counts_in_whatever_order(tmp_path_factory, some, cut) -> None:
    """Processes answer when they can."""
    folder = tmp_path_factory.mktemp("answers")
    keep(folder, 0, some[:cut])
    keep(folder, 0, some[cut:])
    ranks = list(How)
    best = {}
    for one in sorted(some, key=lambda one: (ranks.index(one.answer.how), one.number)):
        best.setdefault(one.verdict_id, one.answer)
    assert answers_in(folder, 0) == best
    assert answers_in(folder, 20) == {}
