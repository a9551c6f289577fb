"""Opening a register: migrations, strangers, damage, permissions."""

from __future__ import annotations

import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from kit.desk_rows import judged
from kit.register_children import in_processes, open_together
from kit.register_rows import MORNING, a_picture, register_picture
from kit.service_rows import WITHOUT_DESK, WITHOUT_LATE_TRUTHS, WITHOUT_SERVICE
from kit.verdicts import a_copy, a_verdict
from sqlalchemy import create_engine

from moderation.errors import StoreBusy, StoreError, StoreUnwritable, WrongStoreVersion
from moderation.image.descriptor import from_bytes
from moderation.note import Note
from moderation.store import Answer, LateCause, NewReview, NewTruth, Register, Wanted
from moderation.store.registry import FILE_NAME
from moderation.store.schema import METADATA
from moderation.verdict import Decision


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def by_hand(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / FILE_NAME)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_the_steps_make_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    """The migrated schema and `schema.METADATA` do not differ, defaults included."""
    Register.open(tmp_path).close()
    engine = create_engine(f"sqlite:///{tmp_path / FILE_NAME}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        difference = compare_metadata(context, METADATA)
    engine.dispose()
    assert difference == []


def test_a_register_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its pictures stay, without descriptors; new ones may have them."""
    with Register.open(tmp_path) as register:
        register_picture(register, a_picture("old", descriptor=None, descriptor_recipe=None))
    by_hand(
        tmp_path,
        *WITHOUT_SERVICE,
        "DROP TABLE reviews",
        "ALTER TABLE verdicts DROP COLUMN text_digest",
        "DROP TABLE rulings",
        "DROP TABLE bank_works",
        "DROP TABLE bank_entries",
        "DROP TABLE attempts",
        "DROP TABLE template_proposals",
        "DROP INDEX ix_pictures_bare_code",
        "DROP TABLE caption_keys",
        "DROP TABLE captions",
        "DROP INDEX ix_pictures_descriptor_recipe",
        "ALTER TABLE pictures DROP COLUMN descriptor",
        "ALTER TABLE pictures DROP COLUMN descriptor_recipe",
        "UPDATE alembic_version SET version_num = '0001'",
    )
    with Register.open(tmp_path) as register:
        register_picture(register, a_picture("new"))
        entries = register.log_after(0)
        stats = register.stats()
    assert [entry.descriptor for entry in entries] == [None, b"descriptor of new/0"]
    assert (stats.pictures, stats.undescribed) == (2, 1)


def test_descriptors_of_one_byte_a_number_become_finer(tmp_path: Path) -> None:
    """They point where they did, however many there are; what has none stays without."""
    before = np.random.default_rng(0).integers(-127, 128, (1_100, 16), dtype=np.int8)
    before[3] = 0
    with Register.open(tmp_path) as register, register.transaction() as now:
        work = now.add_work()
        for number, row in enumerate(before):
            now.add_picture(a_picture(f"n{number}", descriptor=row.tobytes()), work)
        now.add_picture(a_picture("bare", descriptor=None, descriptor_recipe=None), work)
    by_hand(
        tmp_path,
        *WITHOUT_SERVICE,
        "DROP TABLE reviews",
        "ALTER TABLE verdicts DROP COLUMN text_digest",
        "UPDATE alembic_version SET version_num = '0004'",
    )
    for _ in range(2):
        with Register.open(tmp_path) as register:
            finer = np.array([from_bytes(data) for _, data in register.live_descriptors()])
            assert register.stats().undescribed == 1
        rows = before.astype(float)
        wanted = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1)
        assert np.abs(finer - wanted).max() < 2**-11


def test_verdicts_from_before_are_found_by_their_works(tmp_path: Path) -> None:
    """The step reads the works out of their evidence; receipts from before are finished."""
    with Register.open(tmp_path) as register, register.transaction() as now:
        for number in range(3):
            found = [a_copy(detail={"work_id": 7 + number}), a_copy(detail={})][: number + 1]
            verdict = a_verdict(*found, note_id=f"n{number}")
            now.record_verdict(verdict, note=Note(id=f"n{number}"), decided_at=MORNING)
        now.forget_note("gone")
    by_hand(tmp_path, *WITHOUT_LATE_TRUTHS, "UPDATE alembic_version SET version_num = '0009'")
    with Register.open(tmp_path) as register, register.transaction() as now:
        truth = now.tell_late(NewTruth(cause=LateCause.CLAIM, at=MORNING, works=(7, 9)))
        assert now.may_follow(truth, limit=9) == [1, 3]
        assert now.all_receipts(unfinished=True) == []
        assert len(now.all_receipts()) == 1


def test_what_waited_before_there_was_a_desk_waits_at_it(tmp_path: Path) -> None:
    """Last verdicts on last revisions that nobody has answered; as the gate would open them."""
    ways = {
        "waits": [(1, "review", 0.9)],
        "renewed": [(1, "pass", 0.9), (2, "review", 0.8)],
        "passed": [(1, "review", 0.9), (2, "pass", 0.9)],
        "late": [(2, "pass", 0.9), (1, "review", 0.9)],
        "answered": [(1, "review", 0.9)],
        "edited-since": [(1, "review", 0.9), (2, "review", 0.7)],
    }
    with Register.open(tmp_path) as register:
        for name, given in ways.items():
            for revision, word, score in given:
                judged(
                    register,
                    name,
                    name,
                    a_copy(score=score, detail={"work_id": 7}),
                    decision=Decision(word),
                    revision=revision,
                    lang="zh",
                )
                if name == "answered" or (name == "edited-since" and revision == 1):
                    answer = NewReview(note_id=name, by="mia", answer=Answer.CONFIRMED)
                    with register.transaction() as now:
                        now.record_review(answer)
        wanted = {
            case.note_id: replace(case, case_id=0)
            for case in register.cases(Wanted())
            if case.note_id != "answered"
        }
    by_hand(tmp_path, *WITHOUT_DESK, "UPDATE alembic_version SET version_num = '0011'")
    with Register.open(tmp_path) as register:
        found = register.cases(Wanted())
        assert {case.note_id: replace(case, case_id=0) for case in found} == wanted
    assert set(wanted) == {"waits", "renewed", "edited-since"}


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    """A register that is up to date is not written to."""
    with Register.open(tmp_path) as register:
        register_picture(register, a_picture())
    before = files(tmp_path)
    for _ in range(2):
        with Register.open(tmp_path) as register:
            assert register.stats().pictures == 1
    assert files(tmp_path) == before


def test_eight_processes_open_a_new_register_at_once(tmp_path: Path) -> None:
    """All succeed, and the steps are taken once."""
    assert in_processes(8, open_together, tmp_path / "new") == [0] * 8
    connection = sqlite3.connect(tmp_path / "new" / FILE_NAME)
    assert connection.execute("SELECT count(*) FROM alembic_version").fetchall() == [(1,)]
    assert connection.execute("SELECT count(*) FROM meta").fetchall() == [(1,)]
    connection.close()


def test_a_newer_register_is_refused_untouched(tmp_path: Path) -> None:
    """An older program never writes into a newer register."""
    Register.open(tmp_path).close()
    by_hand(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    before = files(tmp_path)
    with pytest.raises(WrongStoreVersion, match="9999"):
        Register.open(tmp_path)
    assert files(tmp_path) == before


def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path) -> None:
    """A text file of the same name survives."""
    (tmp_path / FILE_NAME).write_text("my diary\n" * 1000)
    before = files(tmp_path)
    with pytest.raises(WrongStoreVersion, match="not a database"):
        Register.open(tmp_path)
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(["CREATE TABLE bookmarks (url TEXT)"], id="tables"),
        pytest.param(["PRAGMA application_id = 77"], id="application-id"),
        pytest.param(["CREATE TABLE works (x)", "PRAGMA journal_mode = WAL"], id="our-table-name"),
    ],
)
def test_another_programs_database_is_refused_untouched(
    tmp_path: Path, statements: list[str]
) -> None:
    """We add no tables to somebody else's SQLite file."""
    by_hand(tmp_path, *statements)
    before = files(tmp_path)
    with pytest.raises(WrongStoreVersion, match="another program"):
        Register.open(tmp_path)
    assert files(tmp_path) == before


def test_an_empty_file_becomes_a_register(tmp_path: Path) -> None:
    """What a process leaves that is killed right after making the file does not block others."""
    (tmp_path / FILE_NAME).touch()
    with Register.open(tmp_path) as register:
        assert register.last_seq() == 0


def test_a_missing_register_is_not_made_when_not_wanted(tmp_path: Path) -> None:
    """`create=False` refuses, and makes no folder."""
    with pytest.raises(StoreError, match="no register"):
        Register.open(tmp_path / "typo", create=False)
    assert not (tmp_path / "typo").exists()


def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    """Fingerprints are personal data: folder 0700, every file 0600."""
    folder = tmp_path / "deep" / "register"
    with Register.open(folder) as register:
        register_picture(register, a_picture())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == dict.fromkeys([FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"], 0o600)


def test_a_folder_that_is_a_file_is_reported(tmp_path: Path) -> None:
    """The folder's name may be taken."""
    (tmp_path / "taken").touch()
    with pytest.raises(StoreUnwritable, match="taken"):
        Register.open(tmp_path / "taken")


def test_a_held_lock_is_busy_for_writers_and_nothing_for_readers(tmp_path: Path) -> None:
    """The second writer waits for its time and says so; opening and reading go on."""
    with Register.open(tmp_path) as holder, holder.transaction() as tx:
        tx.add_work()
        with Register.open(tmp_path, busy_timeout_s=0.1) as other:
            assert other.stats().works == 0
            with pytest.raises(StoreBusy, match=r"0\.1 s"), other.transaction():
                pass
    with Register.open(tmp_path) as register:
        assert register.stats().works == 1


def test_damage_is_found(tmp_path: Path) -> None:
    """A page full of noise in the middle of the file is reported, not used."""
    with Register.open(tmp_path) as register:
        for i in range(200):
            register_picture(register, a_picture(f"n{i}"))
        register.integrity_check()
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"), Register.open(tmp_path) as register:
        register.integrity_check()


def test_a_row_that_refers_to_nothing_is_found(tmp_path: Path) -> None:
    """References are checked too, as a tool without foreign keys may have been at work."""
    with Register.open(tmp_path) as register:
        register_picture(register, a_picture())
    by_hand(tmp_path, "DELETE FROM works")
    with Register.open(tmp_path) as register, pytest.raises(StoreError, match="refer to nothing"):
        register.integrity_check()


def test_a_closed_register_says_so(tmp_path: Path) -> None:
    """Use after closing is an error, not a silent reopening."""
    register = Register.open(tmp_path)
    register.close()
    with pytest.raises(StoreError, match="closed"):
        register.last_seq()
