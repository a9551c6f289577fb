"""A register moved to another database is the same register, or nothing was moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from kit.postgres import Server
from kit.register_rows import (
    MORNING,
    a_bank_entry,
    a_caption,
    a_claim,
    a_picture,
    a_proposal,
    register_picture,
)
from kit.service_rows import put_service_rows
from kit.verdicts import a_copy, a_match, a_verdict
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from moderation.errors import BadSetting, StoreBusy, StoreError
from moderation.note import Author, ClaimBasis, Note
from moderation.store import (
    Answer,
    HashTerms,
    JudgedAs,
    LateCause,
    MovedTable,
    NewReview,
    NewTruth,
    Register,
    Ruling,
    SubjectKind,
    Transaction,
)
from moderation.store.elsewhere import Elsewhere
from moderation.store.schema import METADATA

SPENT = 3
"""Pictures whose numbers were given and are gone."""

Opening = Callable[[str], Register]


@pytest.fixture
def opened(server: Server, tmp_path: Path) -> Iterator[Opening]:
    """Opens a new register in a `sqlite` folder or a `postgresql` database."""
    with ExitStack() as stack:

        def open_new(kind: str) -> Register:
            number = len(list(tmp_path.iterdir()))
            place: str | Path = tmp_path / f"register{number}"
            if kind == "postgresql":
                (tmp_path / f"taken{number}").mkdir()
                database: AbstractContextManager[str] = server.database(empty=True)
                place = stack.enter_context(database)
            return stack.enter_context(Register.open(place))

        yield open_new


def fill(register: Register) -> None:
    """Rows in every table, texts that sort differently elsewhere, numbers that are spent."""
    for number, author in enumerate(("alice", "Zoë", "étienne", "爱丽丝", "_bob", "Bob", "🌸")):
        picture = a_picture(f"n{number}", author_id=author, published_at=MORNING)
        _, work = register_picture(register, picture)
        note = Note(id=picture.note_id, author=Author(id=author))
        evidence = a_copy(
            match=a_match(author_id="o'Neil \\ 陈"), detail={"broken": "\ud83c", "work_id": work}
        )
        with register.transaction() as now:
            now.link_authors(author, ["Éric", "eric", "z"])
            now.keep_caption(a_caption(picture.note_id, author_id=author), [number, -number, 2**62])
            now.add_claim(
                a_claim(work, author_id=author, basis=ClaimBasis.LICENSED, proof='"quoted"\n')
            )
            verdict = a_verdict(evidence, note_id=note.id)
            number = now.record_verdict(verdict, note=note, decided_at=MORNING)
            put_service_rows(now, number, note.id, author)
            now.record_attempts(note.id, author, [work], MORNING)
            now.put_proposal(a_proposal(work, reason="why"))
            now.record_ruling(Ruling(action="a", subject="w", by="mia", reason="", detail={"n": 1}))
            truth = now.tell_late(NewTruth(cause=LateCause.LINK, at=MORNING, authors=(author,)))
            row = now.verdicts_numbered([number])[number]
            now.change_verdict(
                row,
                row.verdict,
                before_id=number,
                decided_at=MORNING,
                judged_as=JudgedAs.of(note, as_of=MORNING),
                cause=LateCause.LINK,
                by="system",
                truth_id=truth.truth_id,
            )
            now.know_elsewhere(Elsewhere(kind="scan", place=f"/{author}", at=MORNING))
            now.keep_policy("sha256:1", lambda: {"rules": [], "number": 0.85}, at=MORNING)
            now.record_review(NewReview(note_id=note.id, by="mia", answer=Answer.CONFIRMED))
    with register.transaction() as now:
        entry = now.add_picture(a_picture("bank:memes", author_id="", descriptor=None), work)
        now.add_bank_entry(a_bank_entry(entry), [work])
        now.list_hashes([(entry, HashTerms(source="爱丽丝 & Co", licence="MIT"))], at=MORNING)
        gone = [now.add_picture(a_picture("gone", i), now.add_work()) for i in range(SPENT)]
        now.remove_pictures(gone)
        now.forget_author("alice")


@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
@pytest.mark.parametrize("here", ["sqlite", "postgresql"])
def test_a_moved_register_is_the_same(opened: Opening, here: str, there: str) -> None:
    """Every table, the secret of its receipts, and no number is ever given again."""
    old, new = opened(here), opened(there)
    fill(old)
    done: list[int] = []
    told = old.move_to(new, progress=done.append)
    assert {table.name for table in told} == set(METADATA.tables)
    assert [table.name for table in told if not table.rows] == []
    assert done[-1] == sum(table.rows for table in told) == new.count_rows()
    assert new.stats() == old.stats()
    assert new.log_after(0) == old.log_after(0)
    assert new.verdicts() == old.verdicts()
    assert new.receipts(SubjectKind.AUTHOR, "alice") == old.receipts(SubjectKind.AUTHOR, "alice")
    assert new.captions_near([2**62]) == old.captions_near([2**62])
    new.integrity_check()
    next_old, next_new = (register_picture(r, a_picture("next")) for r in (old, new))
    assert next_new == next_old
    assert next_new[0] == 8 + SPENT + 1


@pytest.mark.parametrize("here", ["sqlite", "postgresql"])
def test_a_copy_is_of_a_moment_and_holds_nobody_up(opened: Opening, here: str) -> None:
    """Whoever writes goes on; what is not committed is not in it; the copy may be written to."""
    old, new = opened(here), opened("sqlite")
    fill(old)
    with old.transaction() as now:
        now.add_picture(a_picture("uncommitted"), now.add_work())
        old.copy_to(new)
    assert new.stats().pictures == old.stats().pictures - 1
    assert new.log_after(0) == old.log_after(0)[: len(new.log_after(0))]
    assert new.verdicts() == old.verdicts()
    assert new.key() != old.key()
    with new._connected() as connection:
        rows = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
        }
    service = ("tokens", "endpoints", "events", "deliveries", "submissions", "holds", "appeals")
    service += ("cases", "case_log", "case_skips", "desk_sessions", "desk_settings")
    service += ("appeal_proofs", "golden_cases", "reports")
    assert [rows[name] for name in service] == [0] * len(service)
    assert all(rows[name] for name in ("claims", "reviews", "captions", "bank_works"))
    assert new.digest_of_rights() != old.digest_of_rights()  # the log has an entry more
    new.integrity_check()
    register_picture(new, a_picture("only there"))
    assert old.pictures_of_note("only there") == []
    with pytest.raises(StoreError, match="not empty"):
        old.copy_to(new)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_digest_of_rights_changes_with_who_may_show_what(opened: Opening, kind: str) -> None:
    """A claim, an exemption, a link of accounts; not a verdict."""
    register = opened(kind)
    picture, work = register_picture(register, a_picture("n1"))
    seen = [register.digest_of_rights()]
    acts: list[Callable[[Transaction], object]] = [
        lambda now: now.add_claim(a_claim(work, author_id="owner")),
        lambda now: now.exempt_work(work, "free", None),
        lambda now: now.link_authors("ann", ["ben"]),
        lambda now: now.add_bank_entry(a_bank_entry(picture), [work]),
    ]
    for act in acts:
        with register.transaction() as now:
            act(now)
        seen.append(register.digest_of_rights())
    assert len(set(seen)) == len(acts) + 1
    with register.transaction() as now:
        note = Note(id="n1", author=Author(id="ann"))
        now.record_verdict(a_verdict(a_copy()), note=note, decided_at=MORNING)
    assert register.digest_of_rights() == seen[-1]


def test_there_and_back_gives_the_same_digests(opened: Opening) -> None:
    """Equal digests mean equal tables, whatever lies between; one other value shows."""
    first, second, third = opened("sqlite"), opened("postgresql"), opened("sqlite")
    fill(first)
    there = first.move_to(second)
    assert second.move_to(third) == there
    with second.transaction() as now:
        now.exempt_work(2, "free", None)
    fourth = opened("sqlite")
    assert changed(there, second.move_to(fourth)) == ["works"]


def changed(before: list[MovedTable], after: list[MovedTable]) -> list[str]:
    return [one.name for one, other in zip(before, after, strict=True) if one != other]


@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
def test_what_holds_something_is_refused(opened: Opening, there: str) -> None:
    """And stays as it was."""
    old, new = opened("sqlite"), opened(there)
    register_picture(old, a_picture())
    register_picture(new, a_picture("other"))
    with pytest.raises(StoreError, match="not empty"):
        old.move_to(new)
    assert [p.note_id for p in new.latest_pictures(5)] == ["other"]


def test_a_register_is_not_moved_into_itself_or_its_copy(opened: Opening) -> None:
    """Told at once, without waiting for a lock that it holds itself."""
    old, new = opened("sqlite"), opened("postgresql")
    with pytest.raises(BadSetting, match="one register"):
        old.move_to(old)
    old.move_to(new)
    with pytest.raises(BadSetting, match="one register"):
        old.move_to(new)


@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
def test_an_interrupted_move_has_changed_nothing(opened: Opening, there: str) -> None:
    """It can be started again, and then succeeds."""
    old, new = opened("sqlite"), opened(there)
    fill(old)
    before = new.key()

    def give_up(done: int) -> None:
        if done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        old.move_to(new, progress=give_up)
    assert (new.count_rows(), new.key()) == (1, before)
    assert old.move_to(new)[0].rows
    new.integrity_check()


def test_a_copy_that_is_not_equal_is_not_kept(server: Server, opened: Opening) -> None:
    """A database that changes what it is given is found out by what it gives back."""
    old = opened("sqlite")
    fill(old)
    with server.database(empty=True) as url, Register.open(url) as new:
        server.admin(
            "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.quality = NEW.quality - 1; RETURN NEW; END $$",
            "CREATE TRIGGER meddle BEFORE INSERT ON pictures"
            " FOR EACH ROW EXECUTE FUNCTION meddle()",
            database=str(make_url(url).database),
        )
        with pytest.raises(StoreError, match="`pictures`"):
            old.move_to(new)
        assert new.count_rows() == 1


def test_nobody_registers_during_a_move(opened: Opening) -> None:
    """A note that came in behind the copy would be lost; its writer is told to wait."""
    old, new = opened("sqlite"), opened("postgresql")
    fill(old)
    refused: list[str] = []

    def write(done: int) -> None:
        if not refused and done > 20:
            with Register.open(old.name, busy_timeout_s=0.1) as other:
                with pytest.raises(StoreBusy) as error, other.transaction():
                    pass
                refused.append(error.value.code)

    old.move_to(new, progress=write)
    assert refused == ["store_busy"]
