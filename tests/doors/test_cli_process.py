"""The installed command in a process of its own: start, exit codes, pipes, keys."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODERATION = (sys.executable, "-m", "moderation")
HEAVY = ("torch", "transformers", "faiss", "cv2", "sqlalchemy", "numpy", "pyarrow", "rich", "PIL")


def call(*args, **options):
    return subprocess.run(
        [*MODERATION, *map(str, args)], capture_output=True, text=True, timeout=120, **options
    )


@pytest.mark.parametrize(
    "args",
    [["--help"], ["check", "--help"], ["register", "--help"], ["policy", "diff", "--help"]],
    ids=lambda args: "-".join(args).replace("--", ""),
)
def test_help_loads_nothing_heavy(args):
    """Help is for people who wait for it."""
    code = (
        "import sys; from moderation.cli import program\n"
        f"try: program.main({args!r})\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "Usage: moderation" in done.stdout
    assert done.stderr.strip() == "[]"


def test_help_starts_at_once():
    """In less than 0.3 s; the best of five, since the machine has other work."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        assert call("--help").returncode == 0
        times.append(time.perf_counter() - started)
    assert min(times) < 0.3, times


def test_checkout_has_the_same_program():
    """`python cli.py` and `python -m moderation` are one."""
    shown = subprocess.run(
        [sys.executable, ROOT / "cli.py", "--version"], capture_output=True, text=True, timeout=60
    )
    assert shown.stdout == call("--version").stdout


def test_reached_level_and_partial_batch_have_their_exit_codes(folder, tmp_path):
    """0 done, 1 reached, 8 partial; partial wins, since the level may be missed there."""
    register = ("--register", tmp_path / "r")
    good, bad = folder / "good.jsonl", folder / "notes.jsonl"
    assert call("check", good, *register).returncode == 0
    assert call("check", good, *register, "--fail-on", "block").returncode == 1
    assert call("check", folder / "first.jsonl", *register, "--fail-on", "label").returncode == 0
    assert call("check", bad, *register, "--fail-on", "block").returncode == 8


def test_closed_pipe_ends_in_silence(folder, tmp_path):
    """As with `head`: no traceback, and not the exit code of a verdict."""
    process = subprocess.Popen(
        [*MODERATION, "policy", "show", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 141
    assert stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_full_disk_below_standard_output_is_told():
    """An error of the machine, with its exit code."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*MODERATION, "policy", "show"], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 6
    assert b"error: cannot write standard output: No space left on device" in done.stderr


def test_interrupt_ends_with_two_lines(tmp_path):
    """Ctrl-C while the input is slow: no traceback, no half file, 130."""
    out = tmp_path / "out.jsonl"
    with subprocess.Popen(
        [*MODERATION, "check", "-", "--register", tmp_path / "r", "--out", out],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A run in the background ignores Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "r" / "register.sqlite3").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)  # now it waits for a line
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        stderr = process.stderr.read()
    assert process.returncode == 130
    assert stderr.splitlines()[0] == "error: interrupted"
    assert "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "r"]


def test_results_come_as_they_are_made(folder, tmp_path):
    """A reader of the pipe gets the first verdicts while the input is still open."""
    ahead = 2 * (os.cpu_count() or 1)  # the gate looks at some notes before it answers
    line = '{"id": "n%d", "author": {"id": "a"}, "published_at": "2026-03-01T08:00:00Z"}\n'
    with subprocess.Popen(
        [*MODERATION, "check", "-", "--register", tmp_path / "r", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(ahead + 2):
            process.stdin.write(line % number)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["note_id"] == "n0"
        assert process.poll() is None
        process.stdin.close()
        assert len(process.stdout.read().splitlines()) == ahead + 1
    assert process.returncode == 0


def test_crash_is_no_verdict(tmp_path):
    """Python's own exit code 1 would say that a level was reached."""
    code = (
        "import moderation.policy.named as named\n"
        "named.shipped_names = lambda: 1 / 0\n"
        "from moderation.cli import program\n"
        "program.main(['policy', 'list'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 70
    assert "ZeroDivisionError" in done.stderr
    assert "error: this is a bug in moderation" in done.stderr


@pytest.mark.parametrize(
    ("answer", "code", "left"),
    [("n\n", 130, 1), ("y\n", 0, 0)],
    ids=["no", "yes"],
)
def test_forgetting_asks_on_a_terminal(folder, tmp_path, answer, code, left):
    """Only a yes forgets."""
    register = ("--register", tmp_path / "r")
    call("register", "add", folder / "first.jsonl", *register)
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [*MODERATION, "register", "forget", "--note", "n1", *map(str, register)],
        stdin=its_end,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(its_end)
    os.write(terminal, answer.encode())
    _, stderr = process.communicate(timeout=60)
    os.close(terminal)
    assert process.returncode == code, stderr
    assert "cannot be undone" in stderr
    stats = json.loads(call("register", "stats", *register, "--json").stdout)
    assert stats["notes"] == left


def on_a_terminal(*args):
    """Everything that the command shows on a terminal of 100 columns."""
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [*MODERATION, *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=its_end,
        stderr=its_end,
        env=os.environ | {"TERM": "xterm-256color", "LC_ALL": "en_US.UTF-8", "COLUMNS": "100"},
    )
    os.close(its_end)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while some := os.read(terminal, 65536):
            shown += some
    os.close(terminal)
    assert process.wait(timeout=60) == 0
    return shown.decode()


def test_bar_and_table_share_a_terminal(folder, tmp_path):
    """The rows come out above a bar that leaves no trace."""
    text = on_a_terminal("check", folder / "good.jsonl", "--register", tmp_path / "r")
    for piece in ("Decision", "n1", "n2", "n3", "notes checked: 3", "0/3", "\x1b["):
        assert piece in text


@pytest.mark.parametrize(
    ("args", "has_bar"),
    [
        (["register", "add", "{good}"], True),
        (["check", "{good}", "--out", "{tmp}/out.jsonl"], True),
        (["check", "{good}", "--json"], False),
        (["check", "{good}", "--format", "csv"], False),
    ],
    ids=["add", "check-to-file", "check-json", "check-csv"],
)
def test_bar_stays_away_from_raw_rows(args, has_bar, folder, tmp_path):
    """A bar for work whose result comes at the end; none through lines of JSON or CSV."""
    given = [arg.format(good=folder / "good.jsonl", tmp=tmp_path) for arg in args]
    text = on_a_terminal(*given, "--register", tmp_path / "r")
    assert ("0/3" in text) == has_bar
