"""A trained reader as a folder: small, sealed, and with the answers of the network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from kit.readers import small_start
from safetensors.numpy import load_file
from tokenizers import Tokenizer

import moderation
from moderation.artifacts import open_artifact
from moderation.network import open_network
from moderation.text.whole_text import text_of
from moderation.text.windows import padded, windows
from moderation.training.reader_learner import LearningPlan, NoteReader, learn
from moderation.training.reader_linear import LinearReader
from moderation.training.reader_network import read_notes
from moderation.training.reader_tokens import FRAME, PAD_ID

pytest.importorskip("onnx")

from moderation.training.reader_export import KIND, save_reader


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> tuple[NoteReader, list, Path]:
    """A tiny reader, its notes, and the folder that it was saved in."""
    folder: Path = tmp_path_factory.mktemp("reader")
    encoder, tokenizer, rows = small_start(folder)
    plan = LearningPlan(passes=3, batch_pieces=600, encoder_rate=2e-3, head_rate=1e-2)
    found = learn(encoder, tokenizer, rows, plan, lambda _: None)
    grams = LinearReader(signals=True, levels=True).learn(rows, found.table)
    save_reader(found, grams, folder / "note-reader_v0")
    return found, rows, folder / "note-reader_v0"


def test_the_folder_is_a_model_folder(reader):
    """Of its kind, with a digest of every file; its pieces are those that were learnt with."""
    found, rows, folder = reader
    artifact = open_artifact("note-reader_v0", KIND, folder)
    assert {*artifact.files} == {
        "config.json",
        "embeddings.safetensors",
        "grams.safetensors",
        "model.onnx",
        "model.safetensors",
        "tokenizer.json",
    }
    assert artifact.config["input"]["names"] == list(found.table.names)
    tokenizer = Tokenizer.from_str(artifact.file("tokenizer.json").decode())
    text = text_of(rows[0].note)
    assert tokenizer.encode(text).ids == found.tokenizer.encode(text).ids
    network = json.loads(artifact.file("config.json"))["network"]
    assert (network["num_hidden_layers"], network["hidden_size"]) == (2, 32)


@pytest.mark.parametrize("repeated", [1, 40])
def test_the_graph_answers_as_the_network_does(reader, repeated):
    """Within what 8 bits cost, on any processor; also where a note has several windows."""
    found, rows, folder = reader
    artifact = open_artifact("note-reader_v0", KIND, folder)
    session = open_network(artifact, "model.onnx", ("intent", "disclosure"))
    notes = found.encoded(rows[:8])
    for note in notes:
        note = type(note)(ids=np.tile(note.ids, repeated), signals=note.signals)
        wanted = read_notes(found.network, [note])
        pieces = padded(windows(note.ids.tolist(), FRAME), PAD_ID)
        assert len(pieces) == (1 if repeated == 1 else len(windows(note.ids.tolist(), FRAME)))
        fed = {"pieces": pieces, "signals": note.signals[None]}
        intent, disclosure = session.run(["intent", "disclosure"], fed)
        scale = np.abs(wanted.intent).max()
        np.testing.assert_allclose(intent, wanted.intent[0], atol=0.05 * scale + 0.05)
        np.testing.assert_allclose(disclosure, wanted.disclosure[0], atol=0.05 * scale + 0.05)


SHIPPED = Path(moderation.__file__).parents[1] / "models" / "note-reader_v1"


@pytest.mark.parametrize("shipped", [False, True], ids=["just exported", "shipped"])
def test_sums_overflow_on_no_processor(reader, shipped):
    """Two neighbours of a column, times the largest activation of 8 bits, fit into 16 bits."""
    folder = SHIPPED if shipped else reader[2]
    matrices = {
        name: weight.astype(int)
        for name, weight in load_file(folder / "model.safetensors").items()
        if weight.dtype == np.int8
    }
    assert len(matrices) >= 8
    for name, weight in matrices.items():
        sizes = np.abs(weight)
        assert 255 * (sizes[:-1] + sizes[1:]).max() < 2**15, name
        assert sizes.max() > 60, f"{name} wastes its bits"


def test_a_window_is_read_alike_whatever_stands_beside_it(reader):
    """Each is scaled by itself, so that what leads away does so in any company."""
    found, rows, folder = reader
    session = open_network(open_artifact("note-reader_v0", KIND, folder), "model.onnx", ())
    notes = found.encoded(rows[:2])
    ids = [np.tile(note.ids, 20)[:100].tolist() for note in notes]
    signals = notes[0].signals[None]
    both = session.run(["ways_out"], {"pieces": padded(ids, PAD_ID), "signals": signals})[0]
    for k, row in enumerate(ids):
        alone = session.run(["ways_out"], {"pieces": padded([row], PAD_ID), "signals": signals})[0]
        np.testing.assert_array_equal(alone, both[100 * k : 100 * (k + 1)])


def test_weights_take_a_byte_each(reader):
    """And stand in one file only: embeddings in one, all else in the other."""
    found, _, folder = reader
    weights = sum(parameter.numel() for parameter in found.network.encoder.parameters())
    files = (folder / "embeddings.safetensors", folder / "model.safetensors")
    assert sum(file.stat().st_size for file in files) < 2 * weights  # four in float32
    embeddings, others = (load_file(file) for file in files)
    assert not embeddings.keys() & others.keys()
    assert (folder / "model.onnx").stat().st_size < 40_000
