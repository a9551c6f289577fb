"""What the wheel carries, and what it must not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import moderation

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Files in a wheel made from this checkout, without the network."""
    folder = tmp_path_factory.mktemp("dist")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder))
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        return set(archive.namelist())


def test_the_wheel_is_the_package(names: set[str]) -> None:
    """One top-level package: no `cli` module for everyone, no tests, no data sets."""
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"moderation", f"notegate-{moderation.__version__}.dist-info"}


def test_the_wheel_carries_what_the_code_reads(names: set[str]) -> None:
    """Everything beside the code that lies in the package, and the mark of typing."""
    beside = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "moderation").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert beside <= names
    assert "moderation/py.typed" in names
    for suffix, folder in ((".toml", "policies"), (".j2", "report"), (".mako", "store/migrations")):
        assert [n for n in names if n.startswith(f"moderation/{folder}/") and n.endswith(suffix)]


def test_the_wheel_carries_the_models(names: set[str]) -> None:
    """Every file of every folder under `models/`, below the package, and no Python among them."""
    wanted = {
        f"moderation/_models/{path.relative_to(ROOT / 'models')}"
        for path in (ROOT / "models").rglob("*")
        if path.is_file()
    }
    assert "moderation/_models/copy-descriptor_v1/model.safetensors" in wanted
    assert wanted <= names
    assert not [n for n in names if n.startswith("moderation/_models/") and n.endswith(".py")]


def test_the_wheel_names_its_command_and_licence(names: set[str]) -> None:
    """`moderation` starts `moderation.cli:main`, and nobody has to ask what is allowed."""
    info = f"notegate-{moderation.__version__}.dist-info"
    assert {f"{info}/entry_points.txt", f"{info}/licenses/LICENSE"} <= names
