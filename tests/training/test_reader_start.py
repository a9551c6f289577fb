"""The network that the reader starts from: read as it was packed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from kit.readers import LAYERS, PIECES, WIDTH, packed

from moderation.errors import BadSetting
from moderation.training.reader_start import open_packed, starting_network


def test_a_packed_file_is_read_as_it_was_written(tmp_path):
    """Vocabulary, shape and every weight."""
    written = packed(tmp_path / "small.bin")
    found = open_packed(tmp_path / "small.bin")
    assert [piece for piece, _ in found.pieces] == PIECES
    assert (found.width, found.layers, found.heads) == (WIDTH, LAYERS, 4)
    assert found.tensors.keys() == written.keys()
    for name, weights in written.items():
        np.testing.assert_array_equal(found.tensor(name), weights.reshape(-1))
    some = found.tensor("emb.word", [7, 2]).reshape(2, -1)
    np.testing.assert_array_equal(some, written["emb.word"][[7, 2]])


def test_lower_layers_start_with_the_weights_of_their_pieces(tmp_path):
    """Old pieces keep their embeddings, new ones lie near the mean; input and output share them."""
    written = packed(tmp_path / "small.bin")
    network = starting_network(open_packed(tmp_path / "small.bin"), [0, 1, 2, 3, 34, 8, None], 2, 1)
    words = network.bert.embeddings.word_embeddings.weight.detach().numpy()
    np.testing.assert_array_equal(words[:6], written["emb.word"][[0, 1, 2, 3, 34, 8]])
    assert np.abs(words[6] - words[:6].mean(axis=0)).max() < words[:6].std()
    assert network.cls.predictions.decoder.weight is network.bert.embeddings.word_embeddings.weight
    assert len(network.bert.encoder.layer) == 2
    inner = network.bert.encoder.layer[1].intermediate.dense.weight
    np.testing.assert_array_equal(inner.detach().numpy(), written["l1.fi.w"])
    with torch.no_grad():
        assert network(torch.tensor([[0, 5, 6, 2]])).logits.shape == (1, 4, 7)


@pytest.mark.parametrize("cut", [0, 3, 40, 200, 900])
def test_a_damaged_file_is_refused(tmp_path, cut):
    """Wherever it breaks off."""
    path = tmp_path / "small.bin"
    packed(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadSetting, match="no packed network"):
        open_packed(path)


def test_a_file_that_lost_its_weights_is_refused(tmp_path):
    """Also when the list of tensors is whole."""
    path = tmp_path / "small.bin"
    packed(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadSetting, match="no packed network"):
        starting_network(open_packed(path), [0, 1, 2], LAYERS, 1)


def test_another_file_is_no_network(tmp_path):
    """And a missing one neither."""
    (tmp_path / "text").write_text("nothing of the kind", encoding="utf-8")
    for name in ("text", "missing"):
        with pytest.raises(BadSetting, match="no packed network"):
            open_packed(tmp_path / name)
