"""What the note reader learns: siblings apart, the subject hidden, the same answers every time."""

from __future__ import annotations

import importlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.pages import ROOT
from kit.readers import small_start
from tokenizers import Tokenizer
from transformers import BertModel

from moderation import Note
from moderation.text.grams import BUCKETS
from moderation.text.reading import INTENTS
from moderation.training.reader_data import LabelledNote
from moderation.training.reader_learner import (
    LearningPlan,
    balanced,
    learn,
    shared_pieces,
    shortened,
    sibling_loss,
)
from moderation.training.reader_linear import LinearReader
from moderation.training.reader_network import commercial_logit, read_notes
from moderation.training.reader_signals import SignalTable, readings_of
from moderation.training.reader_tokens import END_ID, START_ID

PLAN = LearningPlan(passes=6, batch_pieces=600, encoder_rate=2e-3, head_rate=1e-2)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> tuple[BertModel, Tokenizer, list]:
    """A tiny encoder, its pieces, and notes."""
    return small_start(tmp_path_factory.mktemp("reader"))


def test_a_reader_learns_what_siblings_differ_in(start):
    """And finds it again in a place that it has never seen, the same way each time."""
    encoder, tokenizer, rows = start
    learnt = [row for row in rows if row.group != "2"]
    measured = [row for row in rows if row.group == "2"]
    reader = learn(encoder, tokenizer, learnt, PLAN, lambda _: None)
    answers = reader.read(measured).answers((0, 1))
    sells = np.array([row.commercial for row in measured])
    assert answers.commercial[sells].min() > answers.commercial[~sells].max()
    assert [INTENTS[i] for i in answers.intent.argmax(axis=1)] == [row.intent for row in measured]
    np.testing.assert_allclose(answers.intent.sum(axis=1), 1, atol=1e-6)
    again = learn(encoder, tokenizer, learnt, PLAN, lambda _: None).read(measured).answers((0, 1))
    np.testing.assert_array_equal(again.intent, answers.intent)


def test_a_note_is_read_the_same_in_any_company(start):
    """Whatever lies beside it in a batch; and a long one is read to its end."""
    encoder, tokenizer, rows = start
    reader = learn(encoder, tokenizer, rows, LearningPlan(passes=1), lambda _: None)
    notes = reader.encoded(rows[:6])
    whole = read_notes(reader.network, notes)
    for i, note in enumerate(notes):
        alone = read_notes(reader.network, [note])
        np.testing.assert_allclose(alone.intent[0], whole.intent[i], atol=0.02)
    long = type(notes[0])(ids=np.tile(notes[0].ids, 60), signals=notes[0].signals)
    changed = type(notes[0])(ids=long.ids.copy(), signals=long.signals)
    changed.ids[-3:] = 6
    both = read_notes(reader.network, [long, changed])
    assert not np.array_equal(both.intent[0], both.intent[1])


def test_an_empty_note_has_answers(start):
    """Pictures without a word come, too."""
    encoder, tokenizer, rows = start
    reader = learn(encoder, tokenizer, rows[:12], LearningPlan(passes=1), lambda _: None)
    empty = replace(rows[0], note=Note(id="e"))
    assert np.isfinite(reader.read([empty]).intent).all()


# Parts of the lesson


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.booleans(), st.integers(0, 2)), min_size=1, max_size=12)
)
@settings(max_examples=60)
def test_loss_of_siblings_against_the_slow_way(notes):
    """The mean over pairs of one family, one that sells and one that does not."""
    odds, sells, families = (list(column) for column in zip(*notes, strict=True))
    pairs = [
        np.log1p(np.exp(1 - (odds[a] - odds[b])))
        for a in range(len(notes))
        for b in range(len(notes))
        if families[a] == families[b] and sells[a] and not sells[b]
    ]
    found = sibling_loss(torch.tensor(odds), torch.tensor(sells), torch.tensor(families))
    assert float(found) == pytest.approx(np.mean(pairs) if pairs else 0.0, rel=1e-4, abs=1e-6)


def test_words_of_the_subject_are_those_that_siblings_share(start):
    """Three of a family at least; real notes have none."""
    _, _, rows = start
    family = [row for row in rows if row.family == "family-3" and row.group == "0"]
    three = [family[0], family[1], family[1]]
    ids = [np.array(one, np.int32) for one in ([5, 6, 7], [5, 6, 8], [5, 9, 9])]
    assert shared_pieces(three, ids) == [frozenset({5})] * 3
    assert shared_pieces(three[:2], ids[:2]) == [frozenset()] * 2


def test_start_and_end_of_a_long_note_are_learnt_from():
    """A purchase path stands at the end."""
    ids = np.arange(10, 1010, dtype=np.int32)
    found = shortened(ids).tolist()
    assert found[:3] == [START_ID, 10, 11]
    assert found[-3:] == [1008, 1009, END_ID]
    assert len(found) < 200
    assert shortened(ids[:5]).tolist() == [START_ID, 10, 11, 12, 13, 14, END_ID]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.floats(0, 1))
def test_balance_keeps_the_mean_weight_of_a_label(labels, strength):
    """Rare ones count more, and none count alike at full strength by chance."""
    weights = balanced(np.array(labels), 5, strength).numpy()
    assert weights[labels].mean() == pytest.approx(1, rel=1e-4)
    counts = np.bincount(labels, minlength=5)
    for a in labels:
        for b in labels:
            if counts[a] < counts[b]:
                assert weights[a] >= weights[b]


def test_odds_of_selling_are_those_of_the_answers():
    """Sums of probabilities, as everybody else counts them."""
    logits = torch.tensor([[0.3, -1.0, 2.0, 0.1, -0.4]])
    p = logits.softmax(dim=1)[0]
    wanted = torch.log((p[2] + p[3] + p[4]) / (p[0] + p[1]))
    assert float(commercial_logit(logits)[0]) == pytest.approx(float(wanted), abs=1e-5)


# What the rules see, and the plain reader


def test_signals_are_amounts_by_name_and_family():
    """Between 0 and 1; a name that few notes have is left to its family."""
    notes = [Note(id="n", text=f"现货包邮，要的加V：abc_204{i}") for i in range(6)]
    readings = readings_of([*notes, Note(id="n", text="今天下雨了，在家看书")])
    table = SignalTable.of(readings)
    assert "contact.*" in table.names
    assert list(table.names) == sorted(table.names)
    rows = table.rows(readings)
    assert rows.shape == (7, len(table.names))
    assert ((rows >= 0) & (rows <= 1)).all()
    column = rows[:, table.names.index("contact.*")]
    assert (column[:6] > 0.5).all()
    assert column[6] == 0


@pytest.mark.parametrize("pieces", [True, False])
def test_the_plain_reader_learns_it_as_well(start, pieces):
    """From pieces of text, or from what the rules see alone."""
    pytest.importorskip("sklearn")
    _, _, rows = start
    learnt = [row for row in rows if row.group != "2"]
    measured = [row for row in rows if row.group == "2"]
    reader = LinearReader(signals=True, grams=pieces).learn(learnt)
    answers = reader.read([row.note for row in measured])
    sells = np.array([row.commercial for row in measured])
    assert answers.commercial[sells].min() > answers.commercial[~sells].max()
    assert answers.intent[:, INTENTS.index("C3")].max() < 1e-3  # never seen
    assert answers.disclosure.shape == (len(measured), 5)


def test_an_expert_without_notes_leaves_it_to_the_other(start, monkeypatch):
    """With written notes alone both ways of reading are one; real ones beside change that."""
    pytest.importorskip("sklearn")
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    two_experts = importlib.import_module("two_experts").TwoExperts
    _, _, rows = start
    notes = [row.note for row in rows]
    alone = LinearReader(signals=False).learn(rows).read(notes)
    both = two_experts(signals=False).learn(rows).read(notes)
    np.testing.assert_allclose(both.intent, alone.intent, atol=2e-3)
    turned = {"N1": "C1", "C2": "N0"}
    real = [replace(row, origin="first reading", intent=turned[row.intent]) for row in rows]
    mixed = two_experts(signals=False).learn([*rows, *real]).read(notes)
    np.testing.assert_allclose(mixed.intent.sum(axis=1), 1, atol=1e-9)
    assert np.abs(mixed.commercial - 0.5).max() < np.abs(alone.commercial - 0.5).min()


def test_levels_keep_the_kind_of_a_note_out_of_its_words():
    """Real notes sell rarely and say a word of their own, which is no reason for either answer."""
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    rows = [
        LabelledNote(
            note=Note(id="n", text=f"{place}{said}{''.join(rng.choice(list('山水木火土石'), 6))}"),
            intent=intent,
            disclosure="none_needed" if intent == "N1" else "absent",
            confidence=1.0,
            origin=origin,
            group=origin,
            family="",
            trade="",
            lang="zh",
        )
        for origin, place, counts in (
            ("first reading", "宿舍", {"N1": 90, "C2": 10}),
            ("written", "街角", {"N1": 20, "C2": 80}),
        )
        for intent, said in (("N1", "我买的"), ("C2", "来找我"))
        for _ in range(counts[intent])
    ]

    def commercial(reader: LinearReader) -> np.ndarray:
        texts = ("宿舍", "街角", "我买的", "来找我")
        return reader.read([Note(id="n", text=text) for text in texts]).commercial

    alike = commercial(LinearReader(signals=False).learn(rows))
    apart = commercial(LinearReader(signals=False, levels=True).learn(rows))
    assert alike[1] - alike[0] > 0.2
    assert abs(apart[1] - apart[0]) < 0.5 * (alike[1] - alike[0])
    assert apart[3] - apart[2] > 0.5


@pytest.mark.parametrize("origin", ["written", "first reading"])
def test_levels_of_one_kind_alone_change_nothing(start, origin):
    """An operator may have notes of one kind; weights of the file are as wide as ever."""
    pytest.importorskip("sklearn")
    _, _, rows = start
    rows = [replace(row, origin=origin) for row in rows]
    notes = [row.note for row in rows]
    plain = LinearReader(signals=True).learn(rows)
    levels = LinearReader(signals=True, levels=True).learn(rows)
    np.testing.assert_array_equal(levels.scores(notes), plain.scores(notes))
    assert levels.weights().grams.shape == (BUCKETS, 10)
