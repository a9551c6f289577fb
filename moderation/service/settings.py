"""Settings of the service, from the environment: one field each, with its range and meaning."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from moderation.errors import BadSetting
from moderation.gate.rights.appealing import DAYS, MOST_DAYS
from moderation.listening import is_loopback
from moderation.note import MAX_IMAGES
from moderation.store.service.tokens import MAIN_TENANT as MAIN_TENANT
from moderation.store.service.tokens import is_tenant_name

PREFIX = "MODERATION_"

Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseSettings):
    """Read once, at the start. Each field is also an environment variable, `MODERATION_…`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    register_at: str = Field(min_length=1, validation_alias=f"{PREFIX}REGISTER", repr=False)
    """Folder of the register, or its database (`postgresql://…`)."""
    index: str | None = Field(default=None, min_length=1)
    """Folder for snapshots of the search index; else inside the register's folder, or, for a
    database, in the user's cache. Or an index elsewhere (`shards://…`, `milvus://…`)."""
    policy: str = "default"
    """A shipped policy, or a TOML file."""
    shadows: dict[str, Share] = {}
    """Policies that judge beside the live one and never act, as JSON: name or file → share of the
    notes, 0–1."""
    canary: dict[str, Share] = Field(default={}, max_length=1)
    """A policy that acts for its share of the notes, likewise."""
    tenants: dict[str, str] = Field(default={}, repr=False)
    """Further tenants, as JSON: name → register of its own. They never see each other."""

    host: str = "127.0.0.1"
    """Address to listen on. Put a proxy that speaks TLS before any other than the loopback."""
    port: int = Field(default=8080, ge=0, le=65_535)
    """Port to listen on; 0 takes a free one, which the log tells."""
    workers: int = Field(default=1, ge=1, le=64)
    """Processes that share the port and the register."""
    auth: bool = True
    """Ask for a token. `false` is for the loopback alone."""
    token_per_minute: int = Field(default=6_000, ge=1, le=10**9)
    """Notes a minute under one token; each worker gives out its share."""
    tenant_per_minute: int = Field(default=30_000, ge=1, le=10**9)
    """Notes a minute of one tenant; likewise."""
    failures_per_minute: int = Field(default=30, ge=1, le=10**9)
    """Bad tokens a minute from one address, or one /64 of IPv6; likewise."""

    deadline_ms: int = Field(default=800, ge=50, le=60_000)
    """Time for an answer where the request does not say."""
    ceiling_ms: int = Field(default=3_000, ge=50, le=60_000)
    """Most that a request may ask for; more is taken for this."""
    grace_ms: int = Field(default=250, ge=0, le=10_000)
    """How long after the deadline an answer is waited for when the database stalls; then 503."""
    threads: int = Field(default=32, ge=1, le=512)
    """Verdicts a process works on at a time for each tenant; most of each is waiting."""
    detector_threads: int | None = Field(default=None, ge=1, le=256)
    """Threads for detectors in each process; else the cores are shared out among them."""
    most_inside: int = Field(default=128, ge=1, le=10_000)
    """Requests a process takes in at a time for each tenant; one more is answered 503 at once."""
    busy_timeout_s: float = Field(default=10.0, gt=0, le=300)
    """How long a write waits for the register's lock."""
    drain_s: float = Field(default=20.0, ge=0, le=600)
    """How long a process that is told to end waits for what it still owes, of all tenants."""

    most_body_bytes: int = Field(default=64 << 20, ge=1 << 10, le=1 << 30)
    """Largest body of a request. Base64 adds a third to pictures."""
    most_bodies_bytes: int = Field(default=512 << 20, ge=1 << 10, le=1 << 40)
    """Bodies that a process holds at a time, together; beyond, requests are answered 503."""
    body_timeout_s: float = Field(default=30.0, gt=0, le=600)
    """How long a body may take to come in."""
    most_pictures: int = Field(default=MAX_IMAGES, ge=1, le=MAX_IMAGES)
    """Most pictures of a note."""
    media_root: Path | None = None
    """Folder that `path` and `object` of pictures start from, and never leave. Without it,
    pictures come inside the request only."""

    hold_hours: float = Field(default=24.0, gt=0, le=24 * 90)
    """How long a hold waits for `:commit` or `:abort`."""
    appeal_days: int = Field(default=DAYS, ge=1, le=MOST_DAYS)
    """How long after a verdict its author may appeal. The console, `review letter` and
    `review appeal` read the same variable."""
    most_lag: int = Field(default=20_000, ge=1)
    """Entries that the search index may be behind the register's log before `/readyz` says no."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe line of the log."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.deadline_ms > self.ceiling_ms:
            raise ValueError(
                f"`deadline_ms` {self.deadline_ms} is above `ceiling_ms` {self.ceiling_ms}"
            )
        if self.most_body_bytes > self.most_bodies_bytes:
            raise ValueError(
                f"`most_body_bytes` {self.most_body_bytes} is above `most_bodies_bytes` "
                f"{self.most_bodies_bytes}"
            )
        if not self.auth and not is_loopback(self.host):
            raise ValueError(f"without tokens only the loopback may be served, not {self.host}")
        if MAIN_TENANT in self.tenants:
            raise ValueError(f"the tenant `{MAIN_TENANT}` is the one of `MODERATION_REGISTER`")
        names = [name for name in self.tenants if not is_tenant_name(name)]
        if names:
            raise ValueError(f"`{names[0]:.70}` is no name of a tenant")
        places = [at if "://" in at else os.path.realpath(at) for at in self.registers().values()]
        if len(set(places)) < len(places):
            raise ValueError("two tenants have the same register, and would see each other")
        return self

    @classmethod
    def read(cls, **given: Any) -> Settings:
        """Settings from the environment; what is given here and not None wins.

        Raises:
            BadSetting: one is missing or out of range.
        """
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            raise _told(error) from None
        except SettingsError:  # what it is made from holds the text, and that may hold a password
            raise _no_json() from None

    def registers(self) -> dict[str, str]:
        """Tenant → register, the main one first."""
        return {MAIN_TENANT: self.register_at} | self.tenants


def variable(field: str) -> str:
    """The environment variable of a field."""
    return field if field.startswith(PREFIX) else PREFIX + field.removesuffix("_at").upper()


def _no_json() -> BadSetting:
    for name in ("shadows", "canary", "tenants"):
        try:
            json.loads(os.environ.get(variable(name), "{}"))
        except ValueError:
            return BadSetting(
                f"`{variable(name)}` is not JSON",
                hint='write it as {"NAME": …}, with double quotes, in single ones for the shell',
            )
    return BadSetting("a setting is not JSON", hint="see docs/reference/settings.md for its form")


def _told(error: ValidationError) -> BadSetting:
    first = error.errors(include_url=False, include_input=False)[0]
    told = first["msg"].removeprefix("Value error, ")
    told = told[:1].lower() + told[1:]
    if not first["loc"]:
        return BadSetting(told, hint="change one of the two")
    name = variable(str(first["loc"][0]))
    if first["type"] == "missing":
        return BadSetting(f"`{name}` is missing", hint=f"set `{name}`")
    return BadSetting(f"`{name}`: {told}", hint="see docs/reference/settings.md for its range")
