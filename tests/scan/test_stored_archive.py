"""An archive on a server is scanned as the same one in a folder is: the very bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from kit import ftp_server
from kit.scan_children import archive

from moderation.cli import program
from moderation.scan import observe, pair

QUICK = ("lettering", "codes", "watermark")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive(tmp_path_factory.mktemp("archive"), 6)


@pytest.fixture(scope="module")
def url(source: Path) -> Iterator[str]:
    with ftp_server.serving(source.parent) as url:
        yield f"{url}/{source.name}"


def tables_of(out: Path) -> dict[str, bytes]:
    """Every Parquet file of a scan."""
    files = sorted(out.rglob("*.parquet"))
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in files}


def test_a_scan_over_ftp_writes_the_same_bytes(source: Path, url: str, tmp_path: Path) -> None:
    """Observed by one process and by two; a second run looks at nothing again."""
    for place, out, workers in ((source, tmp_path / "here", 1), (url, tmp_path / "there", 2)):
        assert observe(place, out, workers=workers, without=QUICK, shard_rows=3).pictures
        assert pair(place, out, workers=1, without=QUICK).complete
    here, there = tables_of(tmp_path / "here"), tables_of(tmp_path / "there")
    assert any("observed/" in name for name in here)
    assert any("pairs/" in name for name in here)
    assert here == there
    again = observe(url, tmp_path / "there", workers=1, without=QUICK, shard_rows=3)
    assert again.known == again.rows > 0


def test_a_picture_that_changed_on_the_server_is_looked_at_again(
    source: Path, url: str, tmp_path: Path
) -> None:
    """Known by size and time, without a byte of the others being fetched."""
    observe(url, tmp_path, workers=1, without=QUICK, shard_rows=1)
    os.utime(source.parent / "0.jpg", (1_800_000_000, 1_800_000_000))
    again = observe(url, tmp_path, workers=1, without=QUICK, shard_rows=1)
    assert 0 < again.known < again.rows


def test_commands_take_a_url(url: str, tmp_path: Path) -> None:
    """`check` judges it, `scan URL` is `scan run URL`, and no password is said."""
    checked = CliRunner().invoke(program, ["check", url, "--register", str(tmp_path / "register")])
    assert "notes checked: 6" in checked.output or checked.exit_code == 8, checked.output
    skipped = [word for name in QUICK for word in ("--without", name)]
    scanned = CliRunner().invoke(
        program, ["scan", url, "--out", str(tmp_path / "out"), "--workers", "1", *skipped]
    )
    assert "observed: " in scanned.output, scanned.output
    assert ftp_server.PASSWORD not in checked.output + scanned.output
