"""`moderation model train note-reader` and `evaluate note-reader`, from small files to answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from kit.readers import packed

pytest.importorskip("onnx")
pytest.importorskip("sklearn")

WRITTEN = Path(__file__).parents[2] / "datasets" / "written_notes" / "plain_sellers.jsonl"


def small_encoder(folder: Path) -> Path:
    """A BERT of two layers with a tokenizer of characters, as `transformers` saves them."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    characters = sorted({c for c in WRITTEN.read_text(encoding="utf-8") if not c.isspace()})[:900]
    vocabulary = folder / "vocab.txt"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary.write_text("\n".join([*special, *characters]), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(vocabulary)).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(special) + len(characters),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=256,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    """One file of written notes."""
    (tmp_path / "datasets" / "written_notes").mkdir(parents=True)
    shutil.copy(WRITTEN, tmp_path / "datasets" / "written_notes")
    return tmp_path / "datasets"


@pytest.mark.parametrize("base", ["packed", "transformers"])
def test_a_reader_is_trained_from_a_base(run, tmp_path, datasets, base):
    """It can be opened, measured, and a second run goes on from what is kept."""
    if base == "packed":
        start = tmp_path / "base.bin"
        packed(start)
    else:
        start = tmp_path / "base"
        start.mkdir()
        small_encoder(start)
    call = (
        *("model", "train", "note-reader", "--base", start, "--datasets", datasets),
        *("--out", tmp_path / "note-reader_v9", "--work", tmp_path / "work", "--passes", "1"),
    )
    done = run(*call, "--json")
    assert done.exit_code == 0, done.stderr
    recipe = json.loads(done.stdout)["recipe"]
    assert recipe.startswith("note-reader_v9/")
    metrics = json.loads((tmp_path / "note-reader_v9" / "metrics.json").read_text())
    assert 0 <= metrics["written"]["commercial"]["auc"]["value"] <= 1
    weights = (tmp_path / "note-reader_v9" / "model.safetensors").read_bytes()
    again = run(*call)
    assert "out of" in again.stderr
    assert (tmp_path / "note-reader_v9" / "model.safetensors").read_bytes() == weights
    # Stopped between the two networks: the second starts from the base, not from the first.
    max((tmp_path / "work").glob("network-*"), key=lambda kept: kept.stat().st_mtime_ns).unlink()
    assert run(*call).exit_code == 0
    assert (tmp_path / "note-reader_v9" / "model.safetensors").read_bytes() == weights
    measured = run(
        *("model", "evaluate", "note-reader", WRITTEN, "--model", tmp_path / "note-reader_v9"),
        "--json",
    )
    assert json.loads(measured.stdout)["reader"] == recipe


def test_files_of_chasm_are_read_as_published(run, tmp_path):
    """`label` 1 is a covert advertisement; lines without a label are counted."""
    rows = [
        {"title": "钩针小包", "desc": "现货两个，定制排到月底，要的先付定金", "label": 1},
        {"title": "丝瓜", "desc": "我爸种的丝瓜爬满了阳台，隔壁奶奶天天来讨", "label": 0},
        {"title": "无标签", "desc": "没有标签"},
    ]
    file = tmp_path / "test.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    done = run("model", "evaluate", "note-reader", file, "--json")
    assert done.exit_code == 0, done.stderr
    results = json.loads(done.stdout)
    assert (results["notes"], results["commercial_notes"], results["left_out"]) == (2, 1, 1)
    assert results["commercial"]["auc"]["value"] == 1
    shown = run("model", "evaluate", "note-reader", file, "--lang", "zh")
    assert "是否商业，AUC" in shown.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [("{}\n", "0 labelled notes"), ("[1]\n", "cannot be read"), ("{oops\n", "cannot be read")],
)
def test_files_without_labels_are_refused(run, tmp_path, text, said):
    """Exit code 4, and what is wanted."""
    file = tmp_path / "notes.jsonl"
    file.write_text(text, "utf-8")
    done = run("model", "evaluate", "note-reader", file)
    assert done.exit_code == 4
    assert said in done.stderr


def test_too_few_notes_are_refused(run, tmp_path, datasets):
    """Nothing could be said of such a reader."""
    file = next((datasets / "written_notes").iterdir())
    file.write_text("\n".join(file.read_text("utf-8").splitlines()[:20]) + "\n", "utf-8")
    start = tmp_path / "base.bin"
    packed(start)
    done = run(
        *("model", "train", "note-reader", "--base", start, "--datasets", datasets),
        *("--out", tmp_path / "note-reader_v9", "--work", tmp_path / "work"),
    )
    assert done.exit_code == 4
    assert "needed" in done.stderr
    assert not (tmp_path / "note-reader_v9").exists()


def test_what_is_no_encoder_is_refused(run, tmp_path, datasets):
    """A folder without a model."""
    (tmp_path / "empty").mkdir()
    done = run(
        *("model", "train", "note-reader", "--base", tmp_path / "empty", "--datasets", datasets),
        *("--out", tmp_path / "note-reader_v9", "--work", tmp_path / "work"),
    )
    assert done.exit_code == 4
    assert "no encoder" in done.stderr
