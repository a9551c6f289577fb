"""Reading before judging: which texts, what is hidden, and going on after a stop."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.readers import packed, written_notes
from safetensors.torch import load_file
from tokenizers import Tokenizer

from moderation.errors import BadSetting
from moderation.training.reader_corpora import Corpus, Letters, Stream, corpora
from moderation.training.reader_pretraining import (
    CHECKPOINT,
    TOKENIZER,
    PretrainingPlan,
    masked,
    open_encoder,
    pretrain,
)
from moderation.training.reader_start import open_packed
from moderation.training.reader_tokens import END_ID, MASK_ID, tokenizer_of

PIECES = [(piece, -1.0) for piece in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")]
PIECES += [("陶艺", -2.0), ("陶", -5.0), ("艺", -5.0), ("碗", -5.0), ("▁", -5.0)]
TOKENS = tokenizer_of(PIECES)


def texts(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(lines.encode()))


def test_sets_that_are_there_are_read(tmp_path):
    """With titles and tags where they have some, and no more of a set than is used."""
    texts(tmp_path / "notes.jsonl.gz", [{"title": "碗", "text": "做好了", "tags": ["陶艺"]}])
    texts(tmp_path / "ad_copy_zh.jsonl.gz", [{"text": "\ufeff一只好碗"}])
    texts(tmp_path / "something_else.jsonl.gz", [{"text": "不读"}])
    found = corpora(tmp_path, written_notes(tmp_path / "datasets"), seed=1)
    assert [(one.name, len(one.texts)) for one in found] == [
        ("notes", 1),
        ("written", 60),
        ("ad_copy_zh", 1),
    ]
    assert found[0].texts == ["碗\n做好了\n#陶艺"]
    assert found[2].texts == ["一只好碗"]
    with pytest.raises(BadSetting, match="0 texts"):
        corpora(tmp_path / "nowhere", None, seed=1)


def test_a_stream_goes_through_all_texts_before_it_repeats_one():
    """Each with its end, without a gap between stretches."""
    corpus = Corpus(name="x", weight=1, texts=["陶艺", "碗碗碗", "", "陶碗"])
    stream = Stream(corpus, TOKENS, np.random.default_rng(1))
    taken = np.concatenate([stream.take(3, Letters(TOKENS), 0.0) for _ in range(6)])
    ends = [tuple(part) for part in _parts(taken.tolist())[:6]]
    assert len(ends) == 6
    assert sorted(ends[:3]) == sorted(ends[3:]) == sorted([(5,), (8, 8, 8), (6, 8)])


def _parts(ids: list[int]) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for i in ids:
        if i == END_ID:
            parts.append([])
        else:
            parts[-1].append(i)
    return parts[:-1]


def test_words_are_taken_apart_into_their_characters():
    """What has no parts stays."""
    assert Letters(TOKENS).spelt([0, 5, 8, 2]).tolist() == [0, 6, 7, 8, 2]


@given(st.integers(1, 8), st.integers(4, 64), st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_only_hidden_pieces_are_wanted(count, length, seed):
    """All others are read as they are; signs of order are never hidden."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 40, (count, length))
    rows[0, 1] = 30
    read, wanted = masked(rows, 40, 0.2, rng)
    guessed = wanted >= 0
    assert guessed.any()
    np.testing.assert_array_equal(wanted[guessed], rows[guessed])
    np.testing.assert_array_equal(read[~guessed], rows[~guessed])
    assert (rows[guessed] > MASK_ID).all()


def test_a_fifth_is_hidden_and_most_of_it_by_the_mask():
    """As planned, within a few hundredths."""
    rng = np.random.default_rng(0)
    rows = rng.integers(5, 400, (64, 192))
    read, wanted = masked(rows, 400, 0.2, rng)
    assert 0.15 < (wanted >= 0).mean() < 0.22
    assert 0.77 < (read[wanted >= 0] == MASK_ID).mean() < 0.83


def test_pretraining_goes_on_where_it_stopped(tmp_path):
    """Same pieces, more steps; and the texts have become less surprising."""
    packed(tmp_path / "small.bin")
    datasets = written_notes(tmp_path / "datasets")
    told: list[str] = []

    def plan(steps: int) -> PretrainingPlan:
        return PretrainingPlan(
            start=tmp_path / "small.bin",
            data=None,
            datasets=datasets,
            work=tmp_path / "work",
            vocabulary=120,
            layers=2,
            steps=steps,
            batch=8,
            length=32,
            rate=3e-3,
        )

    checkpoint = pretrain(plan(2), told.append)
    assert checkpoint == tmp_path / "work" / CHECKPOINT
    pieces = Tokenizer.from_file(str(tmp_path / "work" / TOKENIZER)).get_vocab()
    assert {"陶艺", "私信", "↵"} <= pieces.keys()
    first = load_file(checkpoint)
    pretrain(plan(100), told.append)
    second = load_file(checkpoint)
    assert (int(first["step"]), int(second["step"])) == (2, 100)
    words = "network.bert.embeddings.word_embeddings.weight"
    assert first[words].shape == second[words].shape == (len(pieces), 32)
    assert not torch.equal(first[words], second[words])
    losses = [float(line.rsplit(" ", 1)[1]) for line in told if line.startswith("step")]
    assert losses[-1] < losses[0] - 0.3


def test_an_encoder_opens_as_it_started_and_as_it_has_learnt(tmp_path):
    """With the pieces that were chosen; before there are any, the folder is refused."""
    packed(tmp_path / "small.bin")
    work = tmp_path / "work"
    with pytest.raises(BadSetting, match=r"tokenizer\.json"):
        open_encoder(tmp_path / "small.bin", work, 2, pretrained=False)
    plan = PretrainingPlan(
        start=tmp_path / "small.bin",
        data=None,
        datasets=written_notes(tmp_path / "datasets"),
        work=work,
        vocabulary=120,
        layers=2,
        steps=3,
        batch=4,
        length=16,
    )
    pretrain(plan, lambda _: None)
    started, tokenizer = open_encoder(plan.start, work, 2, pretrained=False)
    learnt, _ = open_encoder(plan.start, work, 2, pretrained=True)
    before, after = (e.embeddings.word_embeddings.weight for e in (started, learnt))
    assert before.shape == after.shape == (tokenizer.get_vocab_size(), 32)
    large = open_packed(plan.start)
    known = [piece for piece, _ in large.pieces].index("陶艺")
    words = large.tensor("emb.word", [known])
    np.testing.assert_array_equal(before[tokenizer.token_to_id("陶艺")].detach().numpy(), words)
    assert not torch.equal(before, after)
