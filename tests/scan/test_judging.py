"""An archive judged: as the gate would have, by any day's rules, however often it is killed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit.notes import MORNING, photo
from kit.pictures import bordered, cropped, encoded, recompressed, scene
from kit.policies import GENTLE, STRICT_SINCE_APRIL
from kit.postgres import PASSWORD, Server
from kit.told_archive import QUICK, row, story, written

from moderation import Gate
from moderation.archive import read_notes, read_results
from moderation.errors import BadArchive, StoreBusy
from moderation.finding import Difference, ItemFailure
from moderation.gate.index.locking import only_one
from moderation.note import ClaimBasis, Note
from moderation.policy import Policy
from moderation.replay import replay
from moderation.scan import Judged, judge, observe, pair, paired_shard, pairing
from moderation.scan.inputs import Inputs
from moderation.store import Register
from moderation.verdict import Verdict

POLICY = Policy.default()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("archive"), story(), bad=1)


@pytest.fixture(scope="module")
def scanned(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Observed and paired."""
    out = tmp_path_factory.mktemp("scanned") / "out"
    looked_at(source, out)
    return out


@pytest.fixture
def out(scanned: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(scanned, tmp_path / "out")
    return tmp_path / "out"


def looked_at(source: Path, out: Path, register: str | None = None) -> None:
    observe(source, out, workers=1, without=QUICK, shard_rows=4)
    pair(source, out, workers=1, without=QUICK, register=register)


def judged(out: Path, policy: Policy = POLICY, **options: Any) -> Judged:
    return judge(out, policy, **({"as_of": "then", "without": QUICK} | options))


def scanned_anew(folder: Path, rows: list[dict[str, Any]], **options: Any) -> dict[str, Verdict]:
    """Note → verdict of an archive of its own."""
    source = written(folder / "archive", rows)
    looked_at(source, folder / "out", options.get("register"))
    return verdicts(judged(folder / "out", **options))


def verdicts(found: Judged) -> dict[str, Verdict]:
    """By note; of several revisions the last."""
    results = read_results(found.verdicts)
    return {one.note_id: one for one in results if isinstance(one, Verdict)}


def copies(verdict: Verdict) -> list[tuple[str, str, Difference | None]]:
    """Kind, holder and difference of what is found of pictures."""
    return [
        (finding.kind.value, str(finding.detail.get("holder")), finding.difference)
        for finding in verdict.findings
        if finding.match is not None
    ]


def by_the_gate(source: Path, register: Path) -> dict[tuple[str, int], Verdict]:
    """The obvious way: ask the gate in order of time, then let the note join the archive."""
    notes = [note for note in read_notes(source) if isinstance(note, Note)]
    found = {}
    for note in sorted(notes, key=lambda note: note.published_at or MORNING):
        with Gate.open(register, policy=POLICY, as_of=note.published_at) as gate:
            found[note.id, note.revision] = gate.check(note, register=False)
            gate.register_many([note])
    return found


def test_verdicts_are_the_gates(source: Path, out: Path, tmp_path: Path) -> None:
    """Decision, reasons and evidence of every note; what reads marks was off in both."""
    wanted = by_the_gate(source, tmp_path / "register")
    results = list(read_results(judged(out).verdicts))
    given = {(one.note_id, one.revision): one for one in results if isinstance(one, Verdict)}
    assert given.keys() == wanted.keys()
    for key, verdict in given.items():
        assert verdict.decision is wanted[key].decision, key
        assert copies(verdict) == copies(wanted[key]), key
        texts = [f.to_json() for f in verdict.findings if f.kind.value.startswith("text")]
        assert texts == [
            f.to_json() for f in wanted[key].findings if f.kind.value.startswith("text")
        ], key
    assert [one.code for one in results if isinstance(one, ItemFailure)] == ["bad_note"]


def test_verdicts_tell_the_story(out: Path) -> None:
    """Who was first passes, copies are told, linked accounts are not accused, twins are found."""
    found = verdicts(judged(out))
    assert len(found) == len(story()) - 1  # one note has two revisions
    assert copies(found["coffee"]) == []
    assert copies(found["crop"]) == [("image.copy_partial", "ann", None)]
    assert copies(found["mirrored"]) == [("image.copy", "ben", None)]
    assert copies(found["again"])[0][2] is Difference.SAME_AUTHOR
    assert copies(found["linked"])[0][2] is Difference.LINKED_ACCOUNT
    assert {holder for _, holder, _ in copies(found["cells"])} == {"ann", "ben"}
    assert copies(found["two"]) == [("image.copy", "eve", None)]
    assert found["late-copy"].decision == "block"
    assert found["alone"].decision == found["coffee"].decision == "pass"
    assert "text.template_twin" in {f.kind.value for f in found["same-words"].findings}
    assert "text.template_twin" not in {f.kind.value for f in found["words"].findings}
    assert "text.diversion.contact" in {f.kind.value for f in found["selling"].findings}


def test_second_run_finds_all_of_it_done(out: Path) -> None:
    first = judged(out)
    assert (first.known, first.notes, first.failed) == (0, len(story()), 1)
    before = first.verdicts.stat().st_mtime_ns
    again = judged(out)
    assert (again.known, again.notes) == (len(story()), len(story()))
    assert again.decisions == first.decisions
    assert again.verdicts.stat().st_mtime_ns == before


@pytest.mark.parametrize("stops", [1, 2, 3])
def test_stopped_in_the_middle(out: Path, tmp_path: Path, stops: int) -> None:
    """As by a kill: what is committed stays, the rest is judged later, to the same verdicts."""
    wanted = judged(out).verdicts.read_bytes()
    shutil.rmtree(out / "judged")
    seen: list[int] = []

    def stop(now: Judged) -> None:
        seen.append(now.notes)
        if len(seen) == stops + 1:
            raise KeyboardInterrupt

    import moderation.scan.judging as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_NOTES_AT_ONCE", 4)
        with pytest.raises(KeyboardInterrupt):
            judged(out, progress=stop)
    after = judged(out)
    assert after.known == 4 * stops
    assert after.verdicts.read_bytes() == wanted


def test_power_that_fails_while_the_register_is_copied(out: Path) -> None:
    """A copy without the word that it is whole is made anew."""
    wanted = judged(out).verdicts.read_bytes()
    (place,) = (out / "judged").iterdir()
    (place / "begun.json").unlink()
    again = judged(out)
    assert again.known == 0
    assert again.verdicts.read_bytes() == wanted


def test_another_policy_needs_no_pictures(out: Path, tmp_path: Path) -> None:
    """And each has a folder of its own."""
    (tmp_path / "gentle.toml").write_text(GENTLE)
    first, other = judged(out), judged(out, Policy.load(tmp_path / "gentle.toml"))
    assert other.folder != first.folder
    assert (other.known, other.notes) == (0, first.notes)
    assert verdicts(first)["late-copy"].decision == "block"
    assert verdicts(other)["late-copy"].decision == "review"


def test_rules_of_then_and_of_another_day(out: Path, tmp_path: Path) -> None:
    """A rule that begins after the archive: not of then, not of today, of that day."""
    (tmp_path / "strict.toml").write_text(STRICT_SINCE_APRIL)
    strict = Policy.load(tmp_path / "strict.toml")
    later = datetime(2027, 4, 2, tzinfo=UTC)
    for as_of in ("then", "now", later):
        decision = verdicts(judged(out, strict, as_of=as_of))["same-words"].decision
        assert (decision == "block") is (as_of == later), as_of
    assert len(list((out / "judged").iterdir())) == 3


def test_rules_of_today_that_changed_meanwhile(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was judged by the rules of an earlier day is judged again; by the same, it is not."""
    (tmp_path / "strict.toml").write_text(STRICT_SINCE_APRIL)
    strict = Policy.load(tmp_path / "strict.toml")
    assert verdicts(judged(out, strict, as_of="now"))["same-words"].decision != "block"

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2027, month, 2, tzinfo=tz)

    monkeypatch.setattr("moderation.scan.judging.datetime", Later)
    month = 3
    again = judged(out, strict, as_of="now")
    assert again.known == again.notes
    month = 4
    again = judged(out, strict, as_of="now")
    assert again.known == 0
    assert verdicts(again)["same-words"].decision == "block"


def test_what_a_register_holds_counts(tmp_path: Path) -> None:
    """A licence, proof from outside however late, and what everybody may show."""
    register = str(tmp_path / "register")
    held = [
        row("coffee", "ann", 0, photo("coffee")),
        row("rocket", "ben", 1, photo("rocket")),
        row("logo", "cat", 2, photo("chelsea")),
    ]
    with Gate.open(register) as gate:
        gate.register_many(read_notes(written(tmp_path / "held", held)))
        gate.claim("coffee", author_id="licensee", basis=ClaimBasis.LICENSED)
        gate.claim("rocket", author_id="owner", basis=ClaimBasis.EXTERNAL_PROOF)
        gate.exempt("logo", reason="brand asset")
        before = gate.stats()
    rows = [
        *held[:2],
        row("licensed", "licensee", 10, recompressed(photo("coffee"), 60)),
        row("stranger", "eve", 11, recompressed(photo("coffee"), 60)),
        row("follower", "eve", 12, bordered(photo("rocket"))),
        row("brand", "eve", 13, recompressed(photo("chelsea"), 60)),
    ]
    found = scanned_anew(tmp_path, rows, register=register)
    assert copies(found["coffee"]) == []
    assert copies(found["licensed"]) == [("image.copy", "ann", Difference.LICENSED)]
    assert copies(found["stranger"]) == [("image.copy", "ann", None)]
    assert {holder for _, holder, _ in copies(found["follower"])} == {"owner"}
    assert copies(found["brand"])[0][2] is Difference.EXEMPT_TEMPLATE
    with Gate.open(register) as gate:
        assert gate.stats() == before  # it was only read


def test_who_published_first_is_accused_where_another_has_proof(tmp_path: Path) -> None:
    """Late owners: the register's proof beats every date of the archive."""
    register = str(tmp_path / "register")
    proof = [row("studio", "owner", 99, photo("coffee"))]
    with Gate.open(register) as gate:
        gate.register_many(read_notes(written(tmp_path / "held", proof)))
        gate.claim("studio", author_id="owner", basis=ClaimBasis.EXTERNAL_PROOF)
    rows = [
        row("early", "ann", 0, recompressed(photo("coffee"), 80)),
        row("later", "ben", 1, recompressed(photo("coffee"), 60)),
    ]
    found = scanned_anew(tmp_path, rows, register=register)
    for note_id in ("early", "later"):
        assert copies(found[note_id]) == [("image.copy", "owner", None)]


def test_claims_that_come_after_a_scan_count_in_the_next(tmp_path: Path) -> None:
    """A late owner brings proof: judged again without pictures; the second time all is known."""
    register = str(tmp_path / "register")
    held = [row("coffee", "ann", 0, photo("coffee"))]
    with Gate.open(register) as gate:
        gate.register_many(read_notes(written(tmp_path / "held", held)))
    rows = [*held, row("later", "ben", 10, recompressed(photo("coffee"), 60))]
    found = scanned_anew(tmp_path, rows, register=register)
    assert copies(found["later"]) == [("image.copy", "ann", None)]
    with Gate.open(register) as gate:
        gate.claim("coffee", author_id="owner", basis=ClaimBasis.EXTERNAL_PROOF)
    again = judged(tmp_path / "out", register=register)
    assert again.known == 0
    assert copies(verdicts(again)["later"]) == [("image.copy", "owner", None)]
    third = judged(tmp_path / "out", register=register)
    assert third.known == third.notes == 2


def test_register_that_goes_on_meanwhile(source: Path, tmp_path: Path) -> None:
    """A live register gets notes between the stages; it is neither held up nor refused."""
    register, out = str(tmp_path / "register"), tmp_path / "out"

    def live(note_id: str) -> None:
        said = [row(note_id, "live", 50, scene(40 + len(note_id), 300, 400))]
        with Gate.open(register) as gate:
            gate.register_many(read_notes(written(tmp_path / note_id, said)))

    live("a")
    observe(source, out, workers=1, without=QUICK, shard_rows=4)
    options: dict[str, Any] = {"workers": 1, "without": QUICK, "register": register}
    begun = pair(source, out, max_duration_s=0, **options)
    assert not begun.complete
    live("bb")
    paired = pair(source, out, laying_out=lambda: pytest.fail("it has a layout"), **options)
    assert paired.complete
    live("ccc")
    found = judged(out, register=register)
    assert found.notes == len(story())
    again = pair(source, out, **options)  # the next scan has all of it
    assert again.known == 0


def test_a_register_on_a_server_counts_likewise(server: Server, tmp_path: Path) -> None:
    """Paired with and copied from where it is; only read."""
    with server.database() as url:
        with Gate.open(url, index=tmp_path / "index") as gate:
            held = [row("coffee", "ann", 0, photo("coffee"))]
            gate.register_many(read_notes(written(tmp_path / "held", held)))
            gate.claim("coffee", author_id="licensee", basis=ClaimBasis.LICENSED)
            before = gate.stats()
        rows = [
            row("licensed", "licensee", 10, recompressed(photo("coffee"), 60)),
            row("stranger", "eve", 11, recompressed(photo("coffee"), 60)),
        ]
        found = scanned_anew(tmp_path, rows, register=url)
        assert copies(found["licensed"]) == [("image.copy", "ann", Difference.LICENSED)]
        assert copies(found["stranger"]) == [("image.copy", "ann", None)]
        with Register.open(url) as register:
            assert register.stats() == before
    said = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.json"))
    assert PASSWORD not in said


def test_works_are_stars_not_chains(tmp_path: Path) -> None:
    """Who shows only what a member of a work shows is not of that work: here, a strip between."""
    wide = np.concatenate([scene(i, 300, 400) for i in (11, 12, 13)], axis=1)
    rows = [
        row("left", "ann", 0, np.ascontiguousarray(wide[:, :600])),
        row("whole", "ben", 1, wide),
        row("right", "cat", 2, np.ascontiguousarray(wide[:, 300:])),
    ]
    found = scanned_anew(tmp_path, rows)
    assert {holder for _, holder, _ in copies(found["whole"])} == {"ann"}
    holders = {holder for _, holder, _ in copies(found["right"])}
    assert "ben" in holders  # what the whole one added is its own
    (place,) = (tmp_path / "out" / "judged").iterdir()
    with Register.open(place / "register", create=False) as register:
        works = {
            note_id: register.pictures_of_note(note_id)[0].work_id
            for note_id in ("left", "whole", "right")
        }
    assert len(set(works.values())) == 3


def test_notes_without_author_or_time(tmp_path: Path) -> None:
    """A folder of pictures has neither; they come last, and nobody unknown is another."""
    (tmp_path / "pictures").mkdir()
    for name, pixels in (("a", photo("coffee")), ("b", cropped(photo("coffee"), 0.8))):
        (tmp_path / "pictures" / f"{name}.png").write_bytes(encoded(pixels))
    looked_at(tmp_path / "pictures", tmp_path / "out")
    found = verdicts(judged(tmp_path / "out"))
    assert len(found) == 2
    (second,) = [verdict for verdict in found.values() if copies(verdict)]
    assert copies(second)[0][:2] == ("image.copy_partial", "")


def test_picture_that_could_not_be_compared_is_nobodys_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours: its note goes to a person, and it claims nothing over the true first."""
    rows = [
        row("first", "ann", 0, photo("coffee")),
        row("copied", "ben", 1, recompressed(photo("coffee"), 60)),
        row("again", "cat", 2, recompressed(photo("coffee"), 40)),
    ]
    source, out = written(tmp_path / "archive", rows), tmp_path / "out"
    observe(source, out, workers=1, without=QUICK)
    inputs = Inputs.of(out, QUICK, None)
    pairing._lay_out(inputs, None)
    (shard,) = pairing._as_observed(source, inputs, False)
    task = pairing._Task(
        shard=shard,
        observed=inputs.observed,
        layout=inputs.layout,
        place=inputs.place,
        register=None,
        inputs=inputs.digest,
    )

    def fails(note: Note, *given: Any) -> Any:
        if note.id == "copied":
            raise RuntimeError("a fault of ours")
        return proven(note, *given)

    proven = paired_shard._proven
    monkeypatch.setattr(paired_shard, "_proven", fails)
    assert pairing._pair_shard(task).receipt.counts["unanswered"] == 1
    found = judged(out)
    assert verdicts(found)["copied"].decision == "review"
    assert [f.detector for f in verdicts(found)["copied"].failures] == ["copies"]
    assert {holder for _, holder, _ in copies(verdicts(found)["again"])} == {"ann"}
    with Register.open(found.register, create=False) as register:
        assert register.pictures_of_note("copied") == []


def test_archive_that_was_not_paired(source: Path, tmp_path: Path) -> None:
    observe(source, tmp_path / "out", workers=1, without=QUICK, shard_rows=4)
    with pytest.raises(BadArchive, match="not paired"):
        judged(tmp_path / "out")
    pair(source, tmp_path / "out", workers=1, without=QUICK, max_duration_s=0)
    with pytest.raises(BadArchive, match="not paired"):
        judged(tmp_path / "out")


def test_two_scans_do_not_mix(out: Path) -> None:
    folder = judged(out).folder
    with only_one(folder, wait=False), pytest.raises(StoreBusy, match="another scan"):
        judged(out)


def test_audit_of_a_scan_can_be_replayed(out: Path, tmp_path: Path) -> None:
    """It is a register like any other, with every verdict in its audit."""
    found = judged(out)
    same = replay(str(found.register), None, as_of="then")
    assert (same.all.judged, same.flipped) == (len(story()) - 1, 0)
    (tmp_path / "gentle.toml").write_text(GENTLE)
    gentle = replay(str(found.register), Policy.load(tmp_path / "gentle.toml"), as_of="then")
    assert gentle.flipped > 0
