"""The demo's folders: nothing is deleted but what a demo made."""

from __future__ import annotations

import pytest

from moderation.demo.places import MARK_NAME, prepare
from moderation.errors import BadSetting, StoreUnwritable


def contents(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("made_before", [False, True], ids=["missing", "empty"])
def test_new_folders_are_marked(tmp_path, made_before):
    """The mark is what lets the next run empty them."""
    register, report = tmp_path / "a" / "register", tmp_path / "report"
    if made_before:
        register.mkdir(parents=True)
    prepare(register, report)
    assert contents(register) == contents(report) == [MARK_NAME]


def test_marked_folders_are_emptied(tmp_path):
    """Files, folders and links go; what a link points to stays."""
    register, report, other = tmp_path / "register", tmp_path / "report", tmp_path / "other"
    prepare(register, report)
    other.mkdir()
    (other / "mine.txt").touch()
    (register / "link").symlink_to(other)
    (register / "index").mkdir()
    (register / "index" / "snapshot").touch()
    (report / "index.html").touch()
    prepare(register, report)
    assert contents(register) == contents(report) == [MARK_NAME]
    assert contents(other) == ["mine.txt"]


@pytest.mark.parametrize("option", ["register", "report"])
def test_a_foreign_folder_is_refused_and_left_alone(tmp_path, option):
    """So is the other folder, though a demo made it."""
    folders = {"register": tmp_path / "register", "report": tmp_path / "report"}
    prepare(**folders)
    for folder in folders.values():
        (folder / "precious.txt").touch()
    (folders[option] / MARK_NAME).unlink()
    with pytest.raises(BadSetting) as caught:
        prepare(**folders)
    assert f"`{folders[option]}`" in caught.value.message
    assert f"`--{option}`" in caught.value.hint
    assert all((folder / "precious.txt").exists() for folder in folders.values())


def test_a_file_is_no_folder(tmp_path):
    """It is refused, and stays."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(BadSetting, match="is not a folder"):
        prepare(tmp_path / "file", tmp_path / "report")
    assert contents(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("register", "report"),
    [("demo", "demo"), ("demo", "demo/report"), ("demo/register", "demo")],
    ids=["the same", "report within", "register within"],
)
def test_folders_within_each_other_are_refused(tmp_path, register, report):
    """To empty one would take the other along."""
    with pytest.raises(BadSetting, match="within each other"):
        prepare(tmp_path / register, tmp_path / report)
    assert contents(tmp_path) == []


def test_a_place_that_cannot_be_made_is_store_unwritable(tmp_path):
    """A file stands where a folder should be made."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnwritable):
        prepare(tmp_path / "file" / "register", tmp_path / "report")
