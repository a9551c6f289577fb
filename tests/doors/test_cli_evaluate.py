"""`moderation model evaluate copies` on a handful of package photographs."""

from __future__ import annotations

import json

import cv2
import pytest
from kit.photographs import PHOTOGRAPHS, photograph

from .conftest import told

FEW = ("--per-attack", 2, "--per-strength", 0, "--templates", 1, "--family", "mirror")


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """Nine photographs and one broken file."""
    folder = tmp_path_factory.mktemp("album")
    for name in PHOTOGRAPHS:
        cv2.imwrite(str(folder / f"{name}.jpg"), photograph(name, 360)[:, :, ::-1])
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


def test_copies_are_found_and_the_numbers_go_three_ways(run, album, tmp_path) -> None:
    """JSON on standard output and in a file, a page without a second file, plots; nothing left."""
    out = tmp_path / "out"
    done = run("model", "evaluate", "copies", "--images", album, "--out", out, "--json", *FEW)
    assert done.exit_code == 0, done.output
    results = json.loads(done.stdout)
    assert results["copies"] == 4  # `mirror` and `upside down`, on two pictures each
    assert [row["name"] for row in results["families"]] == ["mirror"]
    assert results["all"]["found"]["match"]["hits"] == 4
    assert results["false_matches"]["at"]["match"]["wrong"] == 0
    assert results["average_precision"]["value"] == 1
    assert [failure["note_id"] for failure in results["failures"]] == ["broken.jpg"]
    assert sorted(path.name for path in out.iterdir()) == [
        "evaluation.html",
        "evaluation.json",
        "families.svg",
        "precision.svg",
    ]
    assert json.loads((out / "evaluation.json").read_text(encoding="utf-8")) == results
    page = (out / "evaluation.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "http" not in page.replace("http://www.w3.org", "")


def test_a_stopped_run_goes_on(run, album, tmp_path, monkeypatch) -> None:
    """Interrupted half-way, answers stay; the second run asks only the rest."""
    from moderation.gate import Gate

    asked = []
    whole = Gate.find_copies

    def counted(self, *args, **kwargs):
        asked.append(1)
        if stop_at and len(asked) > stop_at:
            raise KeyboardInterrupt
        return whole(self, *args, **kwargs)

    monkeypatch.setattr(Gate, "find_copies", counted)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    command = ("model", "evaluate", "copies", "--images", album, "--out", tmp_path, *FEW)
    stop_at = 5
    assert run(*command).exit_code == 130
    assert [path.name[:11] for path in tmp_path.iterdir()] == ["unfinished-"]
    stop_at, stopped = 0, len(asked)
    done = run(*command, "--json")
    assert done.exit_code == 0, done.output
    assert len(asked) - stopped == json.loads(done.stdout)["questions"] - 5


def test_people_read_a_table_and_a_conclusion(run, album) -> None:
    """The family, the kinds of strangers, and a sentence about what so few pictures can prove."""
    done = run("model", "evaluate", "copies", "--images", album, *FEW)
    assert done.exit_code == 0, done.output
    for piece in (
        "mirror",
        "same card template",
        "4 of 4 copies were found",
        "So few matches prove",
        "pictures that could not be read and were left out: 1",
        "do not promise them",
    ):
        assert piece in done.stdout


@pytest.mark.parametrize(
    ("options", "code", "pieces"),
    [
        (("--family", "mirrors"), 2, ("no family `mirrors`", "did you mean `mirror`?")),
        (("--family", "zzz"), 2, ("no family `zzz`", "one of: re-encode")),
        (("--groups", "missing.csv"), 3, ("`missing.csv` cannot be read",)),
    ],
    ids=["near", "far", "groups"],
)
def test_wrong_options_are_told(run, album, options, code, pieces) -> None:
    """Before any work is done."""
    told(run("model", "evaluate", "copies", "--images", album, *options), code, *pieces)


def test_too_few_pictures_are_refused(run, tmp_path) -> None:
    """Two pictures are no collection."""
    for name in ("coffee", "china"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), photograph(name, 200))
    done = run("model", "evaluate", "copies", "--images", tmp_path)
    told(done, 3, "2 pictures can be read, at least 6 are needed", "more photographs")


def test_a_table_without_its_columns_is_refused(run, album, tmp_path) -> None:
    """The hint says how the file begins."""
    (tmp_path / "t.csv").write_text("name,group\na,b\n", encoding="utf-8")
    done = run("model", "evaluate", "copies", "--images", album, "--groups", tmp_path / "t.csv")
    told(done, 3, "needs the column `file`", "file,group,scene")
