"""Shards that are late, dead, somebody else's, or asked by a stranger."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.indexes import TOKEN, Shards, known, query, registered, standing_still
from kit.notes import photo, showing

from moderation import Decision, Gate, Verdict
from moderation.errors import BadSetting, IndexUnreachable, MissingExtra
from moderation.gate.index.followed import FollowedIndex
from moderation.gate.index.frames import packed, unpacked
from moderation.gate.index.opening import address_of, open_index, token_from
from moderation.gate.index.serving import certificate_from, serving_shard
from moderation.store import Register, Share
from moderation.verdict import Completeness

CAT = photo("chelsea")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shards]:
    """Two, with Alice's cat in the second: its number is odd."""
    folder = tmp_path_factory.mktemp("shards")
    with Register.open(folder / "register") as register:
        found = Shards(register, folder / "register", folder / "index", 2)
        try:
            with opened(found) as gate:
                gate.check(showing(CAT, id="alice's", author="alice"))
                (picture,) = gate.register.pictures_of_note("alice's")
                assert picture.picture_id % 2
            yield found
        finally:
            found.close()


def opened(shards: Shards, deadline_ms: int = 1_500) -> Gate:
    """A gate that asks them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODERATION_INDEX_TOKEN", TOKEN)
        index = f"shards://{','.join(shards.hosts())}?deadline_ms={deadline_ms}"
        return Gate.open(shards.folder.parent / "register", index=index)


def eves_cat(gate: Gate) -> Verdict:
    return gate.check(showing(CAT, id="eve's", author="eve", hours=5), register=False)


def test_a_late_shard_makes_the_verdict_partial(shards: Shards) -> None:
    """It is named, by its deadline; when it answers again, so is what it holds."""
    name = f"shard 2/2 at {shards.hosts()[1]}"
    with opened(shards) as gate:
        assert eves_cat(gate).decision is Decision.BLOCK
        with standing_still(shards.processes[2]):
            started = time.monotonic()
            verdict = eves_cat(gate)
            assert time.monotonic() - started < 10
            assert verdict.completeness is Completeness.PARTIAL
            (failure,) = verdict.failures
            assert (failure.detector, failure.cause.value) == ("copies", "timeout")
            assert name in failure.message
            assert verdict.decision is not Decision.PASS
            with pytest.raises(IndexUnreachable, match="shard 2/2"):
                gate.find_copies(CAT)
        whole = eves_cat(gate)
        assert (whole.completeness, whole.failures) == (Completeness.COMPLETE, ())
        assert whole.decision is Decision.BLOCK


def test_a_killed_shard_is_back_after_its_restart(shards: Shards) -> None:
    """Until then every verdict says what was not searched, and what the others hold is found."""
    with opened(shards) as gate:
        shards.stop(2, how=signal.SIGKILL)
        gate.check(showing(photo("coffee"), id="bob's", author="bob"))
        verdict = eves_cat(gate)
        assert verdict.completeness is Completeness.PARTIAL
        assert [failure.cause.value for failure in verdict.failures] == ["error"]
        assert "shard 2/2" in verdict.failures[0].message
        assert "cannot be reached" in verdict.failures[0].message
        shards.start(2)
        until = time.monotonic() + 20  # the connection is tried again within a second
        while (verdict := eves_cat(gate)).failures and time.monotonic() < until:
            time.sleep(0.1)
        assert (verdict.completeness, verdict.decision) == (Completeness.COMPLETE, Decision.BLOCK)
        assert [m.note_id for m in gate.find_copies(photo("coffee"))] == ["bob's"]


def test_nothing_is_imported_or_forgotten_past_a_dead_shard(shards: Shards) -> None:
    """A work would be taken for two, for good; and bytes would stay on its disk unsaid."""
    with opened(shards) as gate:
        gate.check(showing(photo("rocket"), id="dan's", author="dan"))
        shards.stop(1, how=signal.SIGKILL)
        try:
            with pytest.raises(IndexUnreachable, match="shard 1/2"):
                gate.register_many([showing(photo("rocket"), id="ann's", author="ann")])
            assert gate.register.pictures_of_note("ann's") == []
            with pytest.raises(IndexUnreachable, match="shard 1/2"):
                gate.forget(note_id="dan's")
            assert gate.register.pictures_of_note("dan's") == []
            with pytest.raises(IndexUnreachable, match="shard 1/2"):
                gate.verify()
        finally:
            shards.start(1)
    with opened(shards) as gate:
        gate.compact()
        assert gate.verify().ok
        assert gate.find_copies(photo("rocket")) == []


@pytest.mark.parametrize(
    ("token", "hosts", "told"),
    [
        ("another token, quite as long as that", [0, 1], "does not know the token"),
        (TOKEN, [1, 0], "of share"),
        (TOKEN, [0], "of share"),
    ],
    ids=["token", "order", "one-is-missing"],
)
def test_what_is_not_meant_for_each_other_does_not_open(
    shards: Shards, token: str, hosts: list[int], told: str
) -> None:
    """At once, and not as a verdict that lacks something."""
    index = f"shards://{','.join(shards.hosts()[i] for i in hosts)}?deadline_ms=5000"
    with pytest.raises(BadSetting, match=told):
        open_index(index, shards.register, {"MODERATION_INDEX_TOKEN": token})


def test_shards_of_another_register_are_refused(shards: Shards, tmp_path: Path) -> None:
    """Numbers of pictures would mean others."""
    index = f"shards://{','.join(shards.hosts())}?deadline_ms=5000"
    with (
        Register.open(tmp_path / "other") as other,
        pytest.raises(BadSetting, match="of register"),
    ):
        open_index(index, other, {"MODERATION_INDEX_TOKEN": TOKEN})


def test_a_shard_answers_by_tls(tmp_path: Path) -> None:
    """To those who trust its certificate."""
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    made += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    cert = tmp_path / "cert.pem"
    environment = {"MODERATION_INDEX_TOKEN": TOKEN, "MODERATION_INDEX_CA": str(cert)}
    with Register.open(tmp_path / "register") as register:
        registered(register, known(2))
        with serving_shard(
            tmp_path / "register",
            Share(number=1, of=1),
            host="localhost",
            port=0,
            token=TOKEN,
            certificate=certificate_from(cert, tmp_path / "key.pem"),
        ) as server:
            address = f"localhost:{server.port}?deadline_ms=10000"
            index = open_index(f"shards+tls://{address}", register, environment)
            index.catch_up(register)
            assert {c.picture_id for c in index.look_up(query(2)).near} == {1}
            index.close()
            bare = open_index(f"shards://{address}", register, environment)
            bare.catch_up(register)
            assert bare.look_up(query(2)).absent
            bare.close()


def test_a_shard_reads_on_before_it_answers(tmp_path: Path) -> None:
    """What a gate knows of, a shard must know, however seldom it follows the log by itself."""
    with Register.open(tmp_path / "register") as register:
        index = FollowedIndex(tmp_path / "index", share=Share(number=2, of=2))
        index.catch_up(register)
        first, second = registered(register, known(2), known(4))
        assert (first % 2, second % 2) == (1, 0)
        assert index.catch_up(register) == register.last_seq()
        assert {c.picture_id for c in index.near(query(2))} == {first}
        assert index.near(query(4)) == []
        assert index.verify(register).ok


@pytest.mark.parametrize("text", ["0/2", "3/2", "1/257", "1", "a/b", "1/2/3", "-1/2", ""])
def test_what_is_no_share_is_refused(text: str) -> None:
    """With the form to write it in."""
    with pytest.raises(BadSetting):
        Share.parse(text)


@given(number=st.integers(0, 2**62), of=st.integers(1, 256))
def test_each_picture_is_in_one_shard(number: int, of: int) -> None:
    """Of any number of them."""
    holders = [n for n in range(1, of + 1) if Share(number=n, of=of).holds(number)]
    assert len(holders) == 1
    assert str(Share.parse(f"{holders[0]}/{of}")) == f"{holders[0]}/{of}"


@pytest.mark.parametrize(
    "address",
    [
        "shards://", "shards://a", "shards://a:99999", "shards://a:1,a:1", "shards://a:1/x",
        "shards://a:1?deadline_ms=0", "shards://a:1?deadline=5", "http://a:1", "milvus://",
        "milvus:///etc/passwd", "milvus://a:1/no-name",
    ],
)  # fmt: skip
def test_an_address_that_means_nothing_is_refused(address: str, tmp_path: Path) -> None:
    """Before anything is asked."""
    with Register.open(tmp_path) as register, pytest.raises((BadSetting, MissingExtra)):
        open_index(address, register, {"MODERATION_INDEX_TOKEN": TOKEN})


@pytest.mark.parametrize("token", ["", "short", "ü" * 40, "a" * 31, "a b\n" * 20])
def test_a_token_that_could_be_guessed_is_refused(token: str) -> None:
    """Or that no header can carry."""
    with pytest.raises(BadSetting, match="MODERATION_INDEX_TOKEN"):
        token_from({"MODERATION_INDEX_TOKEN": token})


def test_addresses_have_host_and_port() -> None:
    """IPv6 in brackets."""
    assert address_of("[::1]:70") == ("[::1]", 70)
    assert address_of("shard-2.internal:7070") == ("shard-2.internal", 7070)


def test_a_message_is_what_was_sent() -> None:
    """Head and arrays, empty ones too."""
    arrays = {
        "codes": np.arange(64, dtype=np.uint8).reshape(2, 32),
        "none": np.empty((0, 16), np.float32),
        "votes": np.array([0.1, -0.0, 1e300]),
    }
    head, found = unpacked(packed({"seq": 7}, arrays))
    assert head == {"seq": 7}
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].tobytes() == array.tobytes()
        assert found[name].shape == array.shape


@given(data=st.binary(max_size=200), cut=st.integers(0, 300), at=st.integers(0, 10_000))
def test_what_is_no_message_is_refused(data: bytes, cut: int, at: int) -> None:
    """Random bytes, and a message that was cut or changed: an error of ours, or a message."""
    whole = bytearray(packed({"seq": 1}, {"a": np.arange(20), "b": np.ones(3, np.float32)}))
    changed = bytes(whole[:at] + data[:1] + whole[at + 1 :])
    for message in (data, bytes(whole[: len(whole) - 1 - cut]), changed):
        with suppress(IndexUnreachable):  # and nothing else
            head, arrays = unpacked(message)
            assert isinstance(head, dict)
            assert sum(array.nbytes for array in arrays.values()) < len(message)


def test_snapshots_of_two_shards_never_meet(tmp_path: Path) -> None:
    """Each has a folder of its own, below the one that both were told."""
    place, folder = tmp_path / "register", tmp_path / "index"
    common = {"host": "127.0.0.1", "port": 0, "token": TOKEN, "snapshots": folder}
    first, second = (Share(number=number, of=2) for number in (1, 2))
    with Register.open(place) as register:
        numbers = registered(register, *(known(n) for n in (2, 4, 5)))
        with (
            serving_shard(place, first, **common) as one,
            serving_shard(place, second, **common) as two,
        ):
            address = f"127.0.0.1:{one.port},127.0.0.1:{two.port}?deadline_ms=10000"
            index = open_index(f"shards://{address}", register, {"MODERATION_INDEX_TOKEN": TOKEN})
            index.compact(register)
            assert index.size_bytes() == sum(
                path.stat().st_size for path in folder.rglob("*") if path.is_file()
            )
            index.close()
    for share in (first, second):
        kept = FollowedIndex(folder / f"shard-{share.number}-of-2", share=share)
        held = {number for hashes in kept.hashes() for number in hashes.contents()}
        assert held == {number for number in numbers if share.holds(number)}
