"""`moderation console`: a real process on a real port, and what it refuses."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

import httpx
import pytest
from kit.desk_rows import opened

from moderation.store import CaseState, Register

from .conftest import told

MODERATION = (sys.executable, "-m", "moderation")
PATIENCE_S = 60


@pytest.fixture
def register(tmp_path):
    """A register with one case."""
    place = tmp_path / "register"
    with Register.open(place) as made:
        opened(made)
    return place


def started(*args, **options):
    """The process and what it announced."""
    process = subprocess.Popen(
        [*MODERATION, "console", *map(str, args), "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return process, json.loads(line)


def ended(process, how=signal.SIGTERM):
    """Its exit code; what is left of its output is read to the end."""
    process.send_signal(how)
    process.communicate(timeout=PATIENCE_S)
    return process.returncode


def test_it_says_where_it_is_and_ends_in_peace(register):
    """One line for machines; a decision is made; SIGTERM ends it with 0, and it holds."""
    process, said = started("--register", register, "--as", "mia", "--undo-seconds", "0")
    try:
        assert list(said) == ["url", "register"]
        assert said["register"] == str(register)
        with httpx.Client(base_url=said["url"], timeout=PATIENCE_S) as client:
            page = client.get("/queue")
            assert page.status_code == 200
            assert "server" not in page.headers
            word = re.search(r'data-csrf="([^"]+)"', page.text)[1]
            sent = client.post("/cases/1/decide", data={"csrf": word, "choice": "permitted"})
            assert sent.status_code == 303
    finally:
        code = ended(process)
    assert code == 0
    with Register.open(register) as left:
        case = left.case(1)
    assert (case.state, case.decided_by) == (CaseState.CLOSED, "mia")


def test_without_a_name_people_log_in(register, run):
    """With a token that the command line has made."""
    token = run("token", "create", "--name", "mia", "--scope", "review", "--register", register)
    process, said = started("--register", register)
    try:
        assert httpx.get(f"{said['url']}/queue").headers["location"] == "/login"
        sent = httpx.post(f"{said['url']}/login", data={"token": token.stdout.strip()})
        assert (sent.status_code, sent.headers["location"]) == (303, "/queue")
    finally:
        code = ended(process, signal.SIGINT)
    assert code == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "no register is named"),
        (["--register", "r", "--as", "mia", "--host", "0.0.0.0"], "not the loopback"),
        (["--register", "r", "--as", "mia", "--host", "desk.example"], "not the loopback"),
        (["--register", "r", "--proxy", "10.0.0.1"], "nobody behind the proxy has a role"),
        (["--register", "r", "--proxy", "10.0.0.1", "--group", "staff"], "names no group and role"),
        (
            ["--register", "r", "--proxy", "10.0.0.1", "--group", "staff=king"],
            "names no group and role",
        ),
        (["--demo", "--register", "r"], "the demo has a register"),
    ],
    ids=["no-register", "everybody", "a-name", "no-group", "no-role", "no-such-role", "demo"],
)
def test_what_makes_no_sense_is_refused(run, args, said):
    """Before anything is opened or listened to."""
    told(run("console", *args), 2, said)


def test_a_register_that_is_not_there_is_not_made(run, tmp_path):
    """Nobody decides at a desk that was only misspelt."""
    result = run("console", "--register", tmp_path / "nowhere", "--port", "0")
    assert result.exit_code not in (0, 1, 70), result.output
    assert result.stderr.startswith("error: ")
    assert not (tmp_path / "nowhere").exists()


def test_without_the_extra_it_is_told_what_to_install():
    """As it is where only the core was installed."""
    code = (
        "import sys; sys.modules['fastapi'] = None\n"
        "from moderation.cli import program\n"
        "program.main(['console', '--register', 'r'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 7, done.stderr
    assert "`console` needs `fastapi`" in done.stderr
    assert "pip install 'notegate[console]'" in done.stderr


@pytest.mark.slow
def test_the_demo_s_desk_is_ready_in_one_command(tmp_path):
    """At least ten cases, a group, two that readers reported; it is made once."""
    made = set()
    for _ in range(2):
        process, said = started("--demo", cwd=tmp_path)
        try:
            with httpx.Client(base_url=said["url"], timeout=PATIENCE_S) as client:
                page = client.get("/queue").text
                assert page.count('<th scope="row">') >= 10
                group = re.search(r'href="(/cases/\d+/alike)">(\d+)<', page)
                assert int(group[2]) > 1
                shown = client.get(group[1]).text
                assert shown.count('<input type="hidden" name="case"') == int(group[2])
                word = re.search(r'data-csrf="([^"]+)"', page)
                client.post("/queue/kind", data={"csrf": word[1], "kind": "report"})
                reported = re.findall(
                    r'<th scope="row"><a href="(/cases/\d+)"', client.get("/queue").text
                )
                assert len(reported) == 2
                assert all('class="said"' in client.get(path).text for path in reported)
                client.post("/queue/kind", data={"csrf": word[1], "kind": "machine"})
        finally:
            code = ended(process)
        assert code == 0
        made.add((tmp_path / "demo-desk" / "notes" / "ready").stat().st_mtime_ns)
    assert len(made) == 1
