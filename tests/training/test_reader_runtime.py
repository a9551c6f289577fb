"""The runtime reads as the network that was trained, and says what moved it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from kit.readers import small_start

from moderation import Author, Note
from moderation.artifacts import CONFIG, seal
from moderation.errors import ArtifactError
from moderation.text.calibration import Calibration, Line, commercial_odds
from moderation.text.note_reader import NoteReader as Reader
from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS
from moderation.text.rule_reading import read_by_rules
from moderation.text.ways_out import NAME
from moderation.training.reader_learner import LearningPlan, NoteReader, learn
from moderation.training.reader_linear import LinearReader

pytest.importorskip("onnx")

from moderation.training.reader_export import save_reader

CALIBRATION = Calibration(
    shares=(0.2, 0.3, 0.5),
    commercial=Line(slope=0.8, offset=-0.3),
    hard_sell=Line(slope=1.2, offset=0.1),
)


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[NoteReader, LinearReader, list, Path]:
    """A tiny reader, its notes, and the folder that it was saved in."""
    folder: Path = tmp_path_factory.mktemp("reader")
    encoder, tokenizer, rows = small_start(folder)
    plan = LearningPlan(passes=3, batch_pieces=600, encoder_rate=2e-3, head_rate=1e-2)
    found = learn(encoder, tokenizer, rows, plan, lambda _: None)
    grams = LinearReader(signals=True, levels=True).learn(rows, found.table)
    save_reader(found, grams, folder / "note-reader_v1", CALIBRATION)
    return found, grams, rows, folder / "note-reader_v1"


def test_it_reads_as_the_network_does(trained):
    """Within what 8 bits cost."""
    network, grams, rows, folder = trained
    reader = Reader.open(folder)
    assert reader.detector.startswith("note_reader@v1/")
    wanted = network.read(rows)
    linear = grams.scores([row.note for row in rows])
    for i, row in enumerate(rows[:12]):
        reading = reader.read(row.note)
        intents = np.concatenate([wanted.intent[i], linear[i : i + 1, :5]])
        disclosures = np.concatenate([wanted.disclosure[i], linear[i : i + 1, 5:]])
        scores = CALIBRATION.mean(intents)
        intent = CALIBRATION.intent(scores)
        assert [*reading.intent] == [*INTENTS]
        assert reading.intent == pytest.approx(intent, abs=0.08)
        said = CALIBRATION.disclosure(
            CALIBRATION.mean(disclosures),
            sum(intent[name] for name in COMMERCIAL),
            declared=False,
        )
        assert [*reading.disclosure] == [*DISCLOSURES]
        assert reading.disclosure == pytest.approx(said, abs=0.08)
        ruled = read_by_rules(row.note)
        places = [(signal.name, signal.span) for signal in reading.signals]
        assert places[: len(ruled.signals)] == [(s.name, s.span) for s in ruled.signals]
        assert {name for name, _ in places[len(ruled.signals) :]} <= {NAME}


def test_the_same_note_is_read_the_same(trained):
    """To the last digit, whatever was read in between."""
    _, _, rows, folder = trained
    reader = Reader.open(folder)
    first = reader.read(rows[0].note)
    reader.read(rows[1].note)
    assert reader.read(rows[0].note) == first == Reader.open(folder).read(rows[0].note)


def test_pulls_are_the_scores_taken_apart(trained):
    """All pieces, all signals and an offset that no note changes make the scores."""
    _, _, rows, folder = trained
    reader = Reader.open(folder)
    offsets = []
    for row in rows[:8]:
        long = Note(id="n", text=(row.note.text + "\n") * 30)
        for note in (row.note, long):
            answer = reader._answer(*_encoded(reader, note))
            summed = answer.of_pieces.sum(axis=0) + answer.of_signals.sum(axis=0)
            offsets.append(answer.intent - summed)
    np.testing.assert_allclose(offsets, np.broadcast_to(offsets[0], np.shape(offsets)), atol=1e-3)


def test_pulls_name_sentences_of_the_note(trained):
    """Where they stand, the strongest first."""
    _, _, rows, folder = trained
    reading = Reader.open(folder).read(rows[0].note)
    fields = dict(rows[0].note.text_fields())
    strengths = [max(abs(p.commercial), abs(p.hard_sell)) for p in reading.pulls]
    assert reading.pulls
    assert strengths == sorted(strengths, reverse=True)
    for pull in reading.pulls:
        if pull.span:
            assert fields[pull.span.field][pull.span.start : pull.span.end] == pull.span.text


def test_a_declared_interest_is_disclosed(trained):
    """The platform shows it to readers."""
    folder = trained[3]
    reader = Reader.open(folder)
    for author in (Author(id="a", declared_ad=True), Author(id="a", brand_partner="b")):
        assert reader.read(Note(id="n", text="陶艺碗", author=author)).disclosure["clear"] > 0.97
    assert reader.read(Note(id="n", text="陶艺碗")).disclosure["clear"] < 0.9


@pytest.mark.parametrize("text", ["", " \n", "🫖" * 300, "\u200b" * 300, "陶\ud83d艺", "#"])
def test_odd_notes_are_read(trained, text):
    """Nothing to read is an answer too."""
    reading = Reader.open(trained[3]).read(Note(id="n", text=text))
    assert sum(reading.intent.values()) == pytest.approx(1)
    assert reading.unread_chars == 0


def test_what_an_endless_note_leaves_out_is_said(trained):
    """Its middle; start and end are read."""
    reading = Reader.open(trained[3]).read(Note(id="n", text="陶艺碗" * 20_000))
    assert 40_000 < reading.unread_chars < 60_000


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("calibration", {"shares": [2.0, -1.0]}, "shares"),
        ("input", {}, "start"),
        ("output", {"intent": ["N0"], "disclosure": []}, "answers"),
        ("graph", "missing.onnx", "lists no file"),
        ("tokenizer", "model.onnx", "holds no pieces"),
    ],
)
def test_a_folder_that_does_not_fit_is_refused(trained, tmp_path, key, value, said):
    """With what is wrong."""
    folder = tmp_path / "note-reader_v1"
    folder.mkdir()
    for file in trained[3].iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | {key: value}))
    seal(folder)
    with pytest.raises(ArtifactError, match=said):
        Reader.open(folder)


def _encoded(reader: Reader, note: Note) -> tuple:
    from moderation.text.amounts import amounts, in_columns
    from moderation.text.whole_text import text_of
    from moderation.text.windows import stretches

    encoded = reader._tokenizer.encode(text_of(note), add_special_tokens=False)
    seen = in_columns(amounts(read_by_rules(note)), reader._settings.names)
    return text_of(note), encoded, stretches(len(encoded.ids), reader._settings.frame), seen


def test_odds_are_finite(trained):
    """Also of the strangest scores."""
    assert np.isfinite(commercial_odds(np.array([1e3, -1e3, 0, 0, 0])))
