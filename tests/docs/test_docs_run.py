"""Every code block of the documentation does what its page says.

How a page is read:

- `bash` and `python` blocks run in the order of the page, in a folder of its own; `python` blocks
  share their names. A `bash` block may end with another exit code where it says so in a remark:
  `# exit code 8`.
- A `text` block right below is what they print. Numbers may drift (a score, a duration), words
  may not; `...` stands for anything.
- `json`, `jsonl` and `toml` must parse.
- `diff` is applied; such a page works on a copy of the checkout.
- `sql` is for the administrator of a server: tests/store/test_postgres.py tries the grants.
- `sh` is the set-up of a checkout: it needs a network and is only compared with the Makefile.

A page that says "starts where the tutorial ends" gets the tutorial's folder, and one that names
`postgresql:///notes` an empty database of that name.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit.pages import ROOT, Block, blocks, name_of, pages

TUTORIAL = ROOT / "docs" / "tutorial.md"
STARTS_AT_TUTORIAL = ("tutorial.md) ends", "tutorial.md)结束")
COPIED = (
    "moderation",
    "models",
    "tests",
    "docs",
    "pyproject.toml",
    "cli.py",
    "README.md",
    "LICENSE",
)
BLOCK_TIMEOUT_S = 200

DATA = {"json": json.loads, "toml": tomllib.loads}
RUN = ("bash", "python", "diff")
KNOWN = {*RUN, *DATA, "jsonl", "sh", "sql", "text"}
NEEDS_SERVER = "postgresql:///notes"


class PageError(Exception):
    """A block that does not do what its page says."""


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MODERATION_", "LC_"))}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",  # else remarks overtake answers
        "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "LANG": "en_US.UTF-8",
        "COLUMNS": "100",
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
    }


def run_bash(block: Block, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-e", "-c", block.text],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=BLOCK_TIMEOUT_S,
    )
    promised = re.search(r"# exit code (\d+)", block.text)
    wanted = int(promised[1]) if promised else 0
    if done.returncode != wanted:
        raise AssertionError(f"exit code {done.returncode}, not {wanted}:\n{done.stdout}")
    return done.stdout


def run_python(block: Block, names: dict[str, Any], page: str) -> str:
    # Padded, so that a traceback names the line of the page.
    code = compile("\n" * (block.line - 1) + block.text, page, "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    return printed.getvalue()


def apply_diff(block: Block, folder: Path) -> str:
    done = subprocess.run(
        ["git", "apply", "--recount", "--unsafe-paths", "-"],
        cwd=folder,
        env=environment(folder),
        input=block.text,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise AssertionError(f"the diff does not apply:\n{done.stderr}")
    return ""


def shape(text: str) -> str:
    """Words of an output; numbers, digests, widths of columns and paths of time left open."""
    text = re.sub(r"sha256:[0-9a-f]+…?", "sha256:#", text)
    text = re.sub(r"\d+(?:[.,:]\d+)*", "#", text)
    return " ".join(re.sub(r"[─━-]{3,}", "", text).split())


def agrees(shown: str, printed: str) -> bool:
    printed = re.sub(r"^[\d,]+(?: of about [\d,]+)? done, .*\n", "", printed, flags=re.MULTILINE)
    pieces = [re.escape(shape(piece)) for piece in shown.split("...")]
    return re.fullmatch(r".*?".join(pieces).replace(r"\ ", " "), shape(printed)) is not None


def play(page: Path, folder: Path, chdir: Callable[[Path], None]) -> None:
    """Run a page from its first block to its last, in `folder`."""
    chdir(folder)
    names: dict[str, Any] = {"__name__": "__main__"}
    printed: str | None = None
    for block in blocks(page):
        place = f"{name_of(page)}:{block.line}"
        try:
            if block.lang == "bash":
                printed = run_bash(block, folder)
            elif block.lang == "python":
                printed = run_python(block, names, name_of(page))
            elif block.lang == "diff":
                printed = apply_diff(block, folder)
            elif block.lang == "text" and block.answers and printed is not None:
                if not agrees(block.text, printed):
                    raise AssertionError(f"it printed\n{printed}")
            elif block.lang in DATA:
                DATA[block.lang](block.text)
            elif block.lang == "jsonl":
                [json.loads(line) for line in block.text.splitlines()]
        except Exception as error:
            raise PageError(f"{place}: {type(error).__name__}: {error}") from None


def needs_run(page: Path) -> bool:
    return any(block.lang in {*RUN, *DATA, "jsonl"} for block in blocks(page))


def copy_of_checkout(folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".*", "golden")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored, dirs_exist_ok=True)
        else:
            shutil.copy2(source, folder / name)


@pytest.fixture(scope="session")
def after_tutorial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tutorial")
    with pytest.MonkeyPatch.context() as patch:
        play(TUTORIAL, folder, patch.chdir)
    return folder


def test_the_tutorial_runs(after_tutorial: Path) -> None:
    """From nothing to a report, and the report is there."""
    assert (after_tutorial / "report" / "index.html").stat().st_size > 10_000


OTHERS = [page for page in pages() if page != TUTORIAL and needs_run(page)]


@pytest.mark.parametrize("page", OTHERS, ids=name_of)
def test_a_page_runs(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block runs, and prints what is shown below it."""
    text = page.read_text(encoding="utf-8")
    if any(words in text for words in STARTS_AT_TUTORIAL):
        done = request.getfixturevalue("after_tutorial")
        shutil.copytree(done, tmp_path, dirs_exist_ok=True)
    if any(block.lang == "diff" for block in blocks(page)):
        copy_of_checkout(tmp_path)
    if NEEDS_SERVER not in text or not any(block.lang in RUN for block in blocks(page)):
        play(page, tmp_path, monkeypatch.chdir)
        return
    server = request.getfixturevalue("server")
    for name, value in server.as_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # `pg_dump` of the server's own version, whatever else is installed.
    monkeypatch.setenv("PATH", f"{server.programs}{os.pathsep}{os.environ['PATH']}")
    with server.database("notes", empty=True):
        play(page, tmp_path, monkeypatch.chdir)


@pytest.mark.parametrize(("page", "lang"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_demo_prints_what_the_readme_shows(page: str, lang: str, tmp_path: Path) -> None:
    """The excerpt below `make demo` is what the demo says."""
    shown = next(block for block in blocks(ROOT / page) if block.lang == "text")
    demo = Block(lang="bash", text=f"moderation demo --lang {lang}", line=1, answers=False)
    printed = run_bash(demo, tmp_path)
    assert agrees("...\n" + shown.text, printed), printed


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_block_says_what_it_is(page: Path) -> None:
    """No block escapes the tests above for want of a known language."""
    for block in blocks(page):
        assert block.lang in KNOWN, f"{name_of(page)}:{block.line}: `{block.lang}`"


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_set_up_uses_the_makefile(page: Path) -> None:
    """What cannot run here is at least spelled right: make targets exist, nothing else is new."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    allowed = ("git clone ", "cd ", ". .venv/bin/activate", "pip install ", "#")
    for block in blocks(page):
        if block.lang == "sh":
            for line in filter(None, block.text.splitlines()):
                made = line.startswith("make ") and line.split()[1] in targets
                assert made or line.startswith(allowed), f"{name_of(page)}:{block.line}: {line}"


def test_an_output_that_lies_is_noticed() -> None:
    """Numbers may drift; words, order and missing lines may not."""
    printed = "block  n1  score 0.98\npass   n2\n"
    assert agrees("block n1 score 0.91\npass n2", printed)
    assert agrees("block n1 ...\n", printed)
    assert not agrees("review n1 score 0.98\npass n2", printed)
    assert not agrees("block n1 score 0.98", printed)


def test_a_slow_machine_is_forgiven() -> None:
    """Lines of progress come only where the work takes long."""
    printed = "block n1\n3 of about 4 done, 1/s, 0:00:02 left\npass n2\n"
    assert agrees("block n1\npass n2\n", printed)
