"""Model folders: found in order, held to their digests, refused with both digests named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from moderation import artifacts
from moderation.artifacts import (
    COPY_DESCRIPTOR,
    DIGESTS,
    SHELVES,
    artifact_folders,
    open_artifact,
    seal,
)
from moderation.errors import ArtifactError, DigestMismatch, ModelNotFound


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small model folder, sealed."""
    folder = tmp_path / "toy_v1"
    folder.mkdir()
    (folder / "config.json").write_text('{"format": 1, "kind": "toy", "answer": 42}')
    (folder / "weights.bin").write_bytes(bytes(range(256)))
    (folder / "README.md").write_text("A toy.\n")
    seal(folder)
    return folder


def test_a_sealed_folder_opens(folder):
    """Contents are handed over as they were checked."""
    artifact = open_artifact("toy_v1", "toy", folder)
    assert artifact.config["answer"] == 42
    assert artifact.file("weights.bin") == bytes(range(256))
    (folder / "weights.bin").write_bytes(b"changed afterwards")
    assert artifact.file("weights.bin") == bytes(range(256))


@pytest.mark.parametrize("name", ["config.json", "weights.bin", "README.md"])
def test_one_changed_byte_is_refused(folder, name):
    """Both digests are named, and the exit code is that of models."""
    path = folder / name
    good = path.read_bytes()
    bad = good[:-1] + bytes([good[-1] ^ 1])
    path.write_bytes(bad)
    with pytest.raises(DigestMismatch) as caught:
        open_artifact("toy_v1", "toy", folder)
    assert caught.value.exit_code == 5
    assert hashlib.sha256(good).hexdigest() in caught.value.message
    assert hashlib.sha256(bad).hexdigest() in caught.value.message


def test_a_cut_off_file_is_refused(folder):
    """As an interrupted copy leaves it."""
    (folder / "weights.bin").write_bytes(bytes(range(100)))
    with pytest.raises(DigestMismatch):
        open_artifact("toy_v1", "toy", folder)


def test_a_lost_file_is_refused(folder):
    """It was promised."""
    (folder / "weights.bin").unlink()
    with pytest.raises(ArtifactError, match=r"weights\.bin"):
        open_artifact("toy_v1", "toy", folder)


def test_a_file_without_digest_is_never_used(folder):
    """Whoever drops a file into a folder changes nothing."""
    (folder / "extra.onnx").write_bytes(b"foreign")
    artifact = open_artifact("toy_v1", "toy", folder)
    assert "extra.onnx" not in artifact.files
    with pytest.raises(ArtifactError, match=r"lists no file `extra\.onnx`"):
        artifact.file("extra.onnx")


def test_another_kind_is_refused(folder):
    """A folder of something else, whole as it may be."""
    with pytest.raises(ArtifactError, match=r"kind `toy`.*wanted kind `copy-descriptor`"):
        open_artifact("toy_v1", "copy-descriptor", folder)


def test_a_newer_format_is_refused(folder):
    """It is not guessed what it means."""
    (folder / "config.json").write_text('{"format": 2, "kind": "toy"}')
    seal(folder)
    with pytest.raises(ArtifactError, match="format `2`"):
        open_artifact("toy_v1", "toy", folder)


@pytest.mark.parametrize("name", ["../outside.bin", "/etc/hostname", "a/b", "", DIGESTS])
def test_a_digest_of_something_outside_is_refused(folder, name):
    """Names are files of the folder, nothing else is read."""
    (folder.parent / "outside.bin").write_bytes(b"x")
    digests = json.loads((folder / DIGESTS).read_text())
    digests[name] = hashlib.sha256(b"x").hexdigest()
    (folder / DIGESTS).write_text(json.dumps(digests))
    with pytest.raises(ArtifactError, match="which is no file of the folder"):
        open_artifact("toy_v1", "toy", folder)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "\x00", "[" * 30_000, '{"a": 1}', " " * 70_000],
    ids=["empty", "list", "cut", "zero", "deep", "no-config", "long"],
)
def test_damaged_digests_are_refused(folder, text):
    """Never an error of another kind."""
    (folder / DIGESTS).write_text(text)
    with pytest.raises(ArtifactError):
        open_artifact("toy_v1", "toy", folder)


def test_a_digest_that_is_no_text_is_refused(folder):
    """Wrong types are wrong digests."""
    digests = json.loads((folder / DIGESTS).read_text())
    (folder / DIGESTS).write_text(json.dumps(digests | {"weights.bin": None}))
    with pytest.raises(DigestMismatch, match="expected `None`"):
        open_artifact("toy_v1", "toy", folder)


def test_a_file_beyond_the_limit_is_not_read(folder, monkeypatch):
    """Both numbers are named."""
    monkeypatch.setattr(artifacts, "MAX_FILE_BYTES", 100)
    with pytest.raises(ArtifactError, match="limit 100 bytes"):
        open_artifact("toy_v1", "toy", folder)


def test_too_many_files_are_refused(folder, monkeypatch):
    """Also of a folder that is whole."""
    monkeypatch.setattr(artifacts, "MAX_FILES", 2)
    with pytest.raises(ArtifactError, match="names 3 files"):
        open_artifact("toy_v1", "toy", folder)


def test_a_missing_model_says_where_it_was_looked_for(tmp_path):
    """Every place, and exit code 5."""
    with pytest.raises(ModelNotFound) as caught:
        open_artifact("no-such-model_v9", "toy")
    assert all(str(shelf / "no-such-model_v9") in caught.value.message for shelf in SHELVES)
    assert caught.value.exit_code == 5
    with pytest.raises(ModelNotFound, match="1 places"):
        open_artifact("toy_v1", "toy", tmp_path / "nowhere_v1")


def test_the_recipe_names_what_decides_and_nothing_else(folder):
    """A corrected README is no new recipe; other weights or settings are."""

    def recipe() -> str:
        seal(folder)
        return open_artifact("toy_v1", "toy", folder).recipe("weights.bin")

    first = recipe()
    assert first.startswith("toy_v1/")
    (folder / "README.md").write_text("A toy, better described.\n")
    assert recipe() == first
    (folder / "weights.bin").write_bytes(b"other")
    second = recipe()
    (folder / "config.json").write_text('{"format": 1, "kind": "toy", "answer": 43}')
    assert len({first, second, recipe()}) == 3


def test_the_first_shelf_wins(tmp_path, monkeypatch):
    """The wheel's model before a checkout's of the same name."""
    shelves = (tmp_path / "wheel", tmp_path / "checkout")
    for shelf in shelves:
        (shelf / "toy_v1").mkdir(parents=True)
        (shelf / "toy_v1" / "config.json").write_text('{"format": 1, "kind": "toy"}')
        seal(shelf / "toy_v1")
    monkeypatch.setattr(artifacts, "SHELVES", shelves)
    assert open_artifact("toy_v1", "toy").folder == (shelves[0] / "toy_v1").resolve()
    assert artifact_folders() == {"toy_v1": shelves[0] / "toy_v1"}


def test_every_shipped_file_has_its_digest():
    """What is in git is what is sealed, and small enough for a wheel."""
    for folder in artifact_folders().values():
        files = {path.name for path in folder.iterdir()} - {DIGESTS}
        assert files == set(json.loads((folder / DIGESTS).read_text()))
        config = json.loads((folder / "config.json").read_text())
        open_artifact(folder.name, config["kind"])
    shipped = artifact_folders()[COPY_DESCRIPTOR]
    assert sum(path.stat().st_size for path in shipped.iterdir()) <= 10_000_000


@pytest.mark.parametrize("name", ["weights.bin", "config.json"])
def test_a_link_out_of_the_folder_is_refused(folder, name):
    """Even where what it leads to has the digest that was promised."""
    outside = folder.parent / "outside"
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)
    with pytest.raises(ArtifactError, match="out of the folder") as caught:
        open_artifact("toy_v1", "toy", folder)
    assert str(outside) in caught.value.message
