"""Files to deploy the service, as far as they can be tried without a container engine."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from kit.pages import ROOT
from packaging.requirements import Requirement

from moderation.cli import program
from moderation.gate.index.place import CACHE_VARIABLE
from moderation.service.settings import Settings, variable
from moderation.store import Register

DEPLOY = ROOT / "docs" / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
UNITS = sorted(DEPLOY.glob("*.service"))
OURS = ("migrate", "api", "deliver")
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
DEFAULTS = {variable(name): field.default for name, field in Settings.model_fields.items()}


def instructions() -> list[list[str]]:
    """Of the Dockerfile, in words, with continued lines joined."""
    bare = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    return [line.split() for line in bare.splitlines() if line.strip()]


def settings_of(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("file", sorted(DEPLOY.iterdir()), ids=lambda file: file.name)
def test_every_variable_is_a_setting(file: Path) -> None:
    """A variable that nobody reads is a setting that somebody believes in."""
    named = set(re.findall(r"\bMODERATION_[A-Z_]+\b", file.read_text(encoding="utf-8")))
    assert named <= {*DEFAULTS, CACHE_VARIABLE}


def test_every_value_is_one_that_the_service_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of image and compose file together is read as settings."""
    image = re.findall(r"\b(MODERATION_\w+)=(\S+)", DOCKERFILE)
    for name, value in [*image, *COMPOSE["services"]["api"]["environment"].items()]:
        monkeypatch.setenv(name, value)
    settings = Settings.read()
    assert settings.auth
    assert settings.host == "0.0.0.0"
    assert f"EXPOSE {settings.port}" in DOCKERFILE
    assert f"127.0.0.1', {settings.port}" in DOCKERFILE


def test_every_command_exists() -> None:
    """In the image, the compose file and the units."""
    calls = [COMPOSE["services"][name]["command"] for name in OURS]
    for unit in UNITS:
        (start,) = settings_of(unit)["ExecStart"]
        path, *words = shlex.split(start)
        assert path == "/opt/notegate/bin/moderation"
        calls.append(words)
    assert ["ENTRYPOINT", '["moderation"]'] in instructions()
    assert ["CMD", '["serve"]'] in instructions()
    for words in calls:
        at: click.Command | None = program
        for word in words:
            assert isinstance(at, click.Group)
            at = at.get_command(click.Context(at), word)
        assert at is not None, words


def test_the_image_runs_as_nobody_in_particular() -> None:
    """Not as root, and by number, so that an orchestrator can see it."""
    users = [words[1] for words in instructions() if words[0] == "USER"]
    assert users == ["10001:10001"]
    last_from = max(i for i, words in enumerate(instructions()) if words[0] == "FROM")
    assert [words[0] for words in instructions()[last_from:]].index("USER")
    for name in OURS:
        service = COMPOSE["services"][name]
        assert service["user"] == users[0]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    """`.dockerignore` lets in by name; no file that could hold a secret is among them."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        part.removeprefix("./").rstrip("/")
        for words in instructions()
        if words[0] == "COPY" and not words[1].startswith("--from")
        for part in words[1:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in allowed)
    named = re.findall(r"(?i)\b\w*(?:password|secret|token)\w*\b", " ".join(DOCKERFILE.split()))
    assert set(named) <= {"secret"}  # "no secret is needed"


def test_the_image_installs_what_is_pinned() -> None:
    """Every pip call is held to constraints.txt, and all that the extras name is in there."""
    pinned = {
        re.split("==", line)[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    installs = [" ".join(words) for words in instructions() if "install" in words]
    calls = [call for line in installs for call in line.split("&&") if "pip install" in call]
    assert len(calls) == 3
    assert all(
        "-c /constraints.txt" in c or "-c constraints.txt" in c or "torch" in c for c in calls
    )
    wanted = re.search(r"\[([a-z,]+)\]", calls[-1])
    assert wanted is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for named in [*project["dependencies"], *(d for e in wanted[1].split(",") for d in extras[e])]:
        assert Requirement(named).name.lower().replace("_", "-") in pinned


def test_services_wait_for_what_they_need() -> None:
    """Tables before gates, and a database that answers before the tables."""
    services = COMPOSE["services"]
    for name in ("api", "deliver"):
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in services["database"]
    drain = float(DEFAULTS["MODERATION_DRAIN_S"])
    for name in ("api", "deliver"):
        assert float(services[name]["stop_grace_period"].removesuffix("s")) > drain + 15


def test_secrets_are_files_and_each_reader_has_its_own() -> None:
    """No password stands in the environment; who needs none has none."""
    services, secrets = COMPOSE["services"], COMPOSE["secrets"]
    used = {name for service in services.values() for name in service.get("secrets", [])}
    assert used == set(secrets)
    assert services["api"]["secrets"] == services["deliver"]["secrets"] == ["pgpass_gate"]
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            assert "PASS" not in name or value.startswith("/run/secrets/"), name
            assert not re.search(r"://[^/@]*:[^/@]*@", value), name
    made = (DEPLOY / "make-secrets.sh").read_text(encoding="utf-8")
    assert all(name in made for name in secrets)


def test_networks_are_apart() -> None:
    """The database is reached from within alone, and only the worker reaches out."""
    services, networks = COMPOSE["services"], COMPOSE["networks"]
    assert networks["inside"] == {"internal": True}
    assert services["database"]["networks"] == services["redis"]["networks"] == ["inside"]
    assert [n for n, s in services.items() if "outward" in s["networks"]] == ["deliver"]
    assert {n: s["ports"] for n, s in services.items() if "ports" in s} == {
        "api": ["127.0.0.1:8080:8080"]
    }
    for service in services.values():
        assert set(service["networks"]) <= set(networks)
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
        named = {v.split(":")[0] for v in service.get("volumes", []) if not v.startswith(".")}
        assert named <= set(COMPOSE["volumes"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_hardened_and_ends_quietly(unit: Path, tmp_path: Path) -> None:
    """By systemd's own measure where it is there; more time to end than what is owed takes."""
    told = settings_of(unit)
    assert float(told["TimeoutStopSec"][0]) > float(DEFAULTS["MODERATION_DRAIN_S"]) + 15
    assert told["DynamicUser"] == ["yes"]
    assert told["NoNewPrivileges"] == ["yes"]
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("`systemd-analyze` is not here")
    here = tmp_path / unit.name
    moderation = Path(sys.executable).with_name("moderation")
    here.write_text(
        unit.read_text("utf-8").replace("/opt/notegate/bin/moderation", str(moderation))
    )
    said = subprocess.run([analyze, "verify", here], capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (0, "")
    judged = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", "--threshold=20", here],
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stdout.splitlines()[-1]


def test_both_units_keep_one_register() -> None:
    """They share user, folder and hardening, and differ in what they run."""
    one, other = map(settings_of, UNITS)
    apart = {key for key in one if one[key] != other.get(key)}
    assert apart == {"Description", "ExecStart", "MemoryMax"}


def test_the_proxy_has_the_limits_of_the_service() -> None:
    """A body that the service would take is not refused before, and answers are waited for."""
    size = re.search(r"client_max_body_size (\d+)m;", NGINX)
    assert size is not None
    assert int(size[1]) << 20 == DEFAULTS["MODERATION_MOST_BODY_BYTES"]
    waits = [int(seconds) for seconds in re.findall(r"proxy_read_timeout (\d+)s;", NGINX)]
    assert min(waits) * 1000 > DEFAULTS["MODERATION_CEILING_MS"] + DEFAULTS["MODERATION_GRACE_MS"]
    assert f"server 127.0.0.1:{DEFAULTS['MODERATION_PORT']}" in NGINX
    passed = re.findall(r"location (?:~ \^)?(/\S*) \{\n[^}]*proxy_pass", NGINX)
    assert len(passed) == 2
    assert all(path.startswith("/v1/") for path in passed)
    assert "location / { return 404; }" in NGINX
    assert NGINX.count("{") == NGINX.count("}")
    assert "proxy_next_upstream off;" in NGINX


@pytest.mark.skipif(os.getuid() != 0, reason="gives files away")
def test_secrets_are_drawn_once_for_one_reader_each(tmp_path: Path) -> None:
    """Long, all different, unreadable for others; a second run changes nothing."""
    folder = tmp_path / "secrets"
    script = DEPLOY / "make-secrets.sh"
    subprocess.run([script, folder], check=True)
    files = {path.name: path for path in folder.iterdir()}
    assert set(files) == set(COMPOSE["secrets"])
    for name, path in files.items():
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
        assert path.stat().st_uid == (10001 if name.startswith("pgpass") else 999)
    owner, gate = (files[f"{name}_password"].read_text() for name in ("owner", "gate"))
    assert len(owner) == len(gate) == 64
    assert len({owner, gate, files["postgres_password"].read_text()}) == 3
    assert files["pgpass_gate"].read_text() == f"database:5432:notegate:notegate_gate:{gate}\n"
    again = subprocess.run([script, folder], capture_output=True)
    assert again.returncode
    assert files["gate_password"].read_text() == gate


def test_roles_of_the_compose_file_on_a_real_server(
    server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner makes the tables, the gate uses them and makes none, others see nothing."""
    (tmp_path / "owner_password").write_text("o'w$ner")
    (tmp_path / "gate_password").write_text('g"ate\\')
    programs = server.programs
    environment = (
        os.environ
        | server.as_admin()
        | {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "SECRETS": str(tmp_path),
            "POSTGRES_USER": "admin",
        }
    )
    try:
        subprocess.run([DEPLOY / "database.sh"], check=True, env=environment)
        owner = server.url("notegate", role="notegate_owner", password="o%27w$ner")
        gate = server.url("notegate", role="notegate_gate", password="g%22ate%5C")
        Register.open(owner).close()
        with Register.open(gate, create=False) as register, register.transaction() as tx:
            tx.add_work()
        import psycopg

        with psycopg.connect(gate) as connection, pytest.raises(psycopg.Error, match="permission"):
            connection.execute("CREATE TABLE t (a int)")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(server.url("notegate"))
    finally:
        server.admin(
            "DROP DATABASE IF EXISTS notegate WITH (FORCE)",
            "DROP ROLE IF EXISTS notegate_gate",
            "DROP ROLE IF EXISTS notegate_owner",
        )
