"""Pictures, works, claims and the log that indexes follow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.register_rows import MORNING, RECIPE, a_claim, a_picture, code_of, register_picture

from moderation.errors import BadNote, RecipeMismatch, StoreError, UnknownSubject
from moderation.note import ClaimBasis
from moderation.store import LogEntry, LogOp, NewPicture, Register, StoredPicture

HOUR = timedelta(hours=1)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def without_numbers(picture: StoredPicture) -> NewPicture:
    return NewPicture(**{name: getattr(picture, name) for name in NewPicture.__dataclass_fields__})


def test_a_picture_comes_back_as_it_went_in(register: Register) -> None:
    """Every field survives, blobs and times exactly."""
    picture = a_picture(published_at=MORNING + timedelta(microseconds=123_457))
    picture_id, work_id = register_picture(register, picture)
    stored = register.pictures([picture_id, 999])
    assert list(stored) == [picture_id]
    assert without_numbers(stored[picture_id]) == picture
    assert stored[picture_id].work_id == work_id
    assert register.pictures_of_note("n1") == [stored[picture_id]]
    assert register.pictures_of_note("n2") == []


def test_descriptors_of_two_models_never_mix(register: Register) -> None:
    """The second model is refused, both are named, and nothing is written."""
    register_picture(register, a_picture("n1", descriptor=None, descriptor_recipe=None))
    assert register.descriptor_recipe() is None
    register_picture(register, a_picture("n2"))
    with pytest.raises(RecipeMismatch, match=r"`model_v1`.*`model_v2`") as refused:
        register_picture(register, a_picture("n3", descriptor_recipe="model_v2"))
    assert "model_v1" in refused.value.hint
    assert register.descriptor_recipe() == "model_v1"
    assert list(register.live_descriptors()) == [(2, b"descriptor of n2/0")]
    assert (register.stats().pictures, register.stats().undescribed) == (2, 1)


def test_a_register_without_descriptors_takes_any_model(register: Register) -> None:
    """Also where its last described picture was removed."""
    first, _ = register_picture(register, a_picture("n1"))
    with register.transaction() as tx:
        tx.remove_pictures([first])
    register_picture(register, a_picture("n2", descriptor_recipe="model_v2"))
    assert register.descriptor_recipe() == "model_v2"


def test_one_batch_of_two_models_is_refused(register: Register) -> None:
    """However the rows are ordered."""
    pair = a_picture("n1", descriptor_recipe="b"), a_picture("n2", descriptor_recipe="a")
    with register.transaction() as tx:
        work = tx.add_work()
        with pytest.raises(RecipeMismatch):
            tx.add_pictures((picture, work) for picture in pair)
    assert register.stats().pictures == 0


def test_times_are_kept_in_utc(register: Register) -> None:
    """Another offset is the same instant."""
    beijing = MORNING.astimezone(timezone(8 * HOUR))
    picture_id, _ = register_picture(register, a_picture(published_at=beijing))
    assert register.pictures([picture_id])[picture_id].published_at.isoformat() == (
        "2026-11-21T08:00:00+00:00"
    )


def test_a_time_without_zone_is_refused(register: Register) -> None:
    """Nobody has to guess what it meant."""
    with pytest.raises(BadNote, match="no time zone"):
        register_picture(register, a_picture(published_at=MORNING.replace(tzinfo=None)))


def test_the_same_picture_again_keeps_its_number_and_takes_the_new_state(
    register: Register,
) -> None:
    """Registering is idempotent, and tells the log once."""
    first, work_id = register_picture(register, a_picture(state="held"))
    again, _ = register_picture(register, a_picture(revision=2, state="registered"))
    assert again == first
    stored = register.pictures([first])[first]
    assert (stored.revision, stored.state, stored.work_id) == (2, "registered", work_id)
    assert register.last_seq() == 1


def test_a_batch_answers_like_one_by_one(register: Register) -> None:
    """Doubles within a batch and against the register share one number; order is kept."""
    known, work_id = register_picture(register, a_picture("known"))
    batch = [a_picture("x"), a_picture("known"), a_picture("y"), a_picture("x", revision=3)]
    with register.transaction() as tx:
        ids = tx.add_pictures([(picture, work_id) for picture in batch])
    assert ids == [known + 1, known, known + 2, known + 1]
    assert register.pictures([known + 1])[known + 1].revision == 3
    assert [entry.picture_id for entry in register.log_after(0)] == [known, known + 1, known + 2]


def test_imported_hashes_of_one_picture_number_are_told_apart(register: Register) -> None:
    """Without a file's digest the hash itself is the identity."""
    _, work_id = register_picture(register, a_picture(sha256="", code=code_of("a"), features=b""))
    register_picture(
        register, a_picture(sha256="", code=code_of("b"), features=b""), work_id=work_id
    )
    assert register.stats().pictures == register.stats().unverified == 2


def test_an_exception_rolls_everything_back(register: Register) -> None:
    """Half a note is never registered."""
    register_picture(register, a_picture())
    before = (register.stats(), register.log_after(0))

    def write_and_fail() -> None:
        with register.transaction() as tx:
            work_id = tx.add_work()
            tx.add_picture(a_picture("n2"), work_id)
            tx.add_claim(a_claim(work_id))
            tx.link_authors("alice", ["bob"])
            tx.remove_pictures([1])
            assert tx.last_seq() == 3
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert (register.stats(), register.log_after(0)) == before


def test_a_transaction_sees_what_it_wrote_and_others_do_not(register: Register) -> None:
    """Readers outside see the last commit."""
    with register.transaction() as tx:
        picture_id = tx.add_picture(a_picture(), tx.add_work())
        assert list(tx.pictures([picture_id])) == [picture_id]
        assert tx.pictures_of_note("n1")
        assert tx.log_after(0)
        assert register.pictures([picture_id]) == {}
        assert register.last_seq() == 0
    assert register.last_seq() == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"state": "skipped"}, id="state"),
        pytest.param({"width": "wide"}, id="type"),
    ],
)
def test_a_row_that_breaks_the_schema_is_refused(
    register: Register, change: dict[str, object]
) -> None:
    """STRICT tables and checks are the last line."""
    with pytest.raises(StoreError, match="refused"):
        register_picture(register, a_picture(**change))
    assert register.stats().pictures == 0


def test_an_unknown_work_is_reported(register: Register) -> None:
    """A picture or claim without its work cannot exist."""
    with pytest.raises(UnknownSubject, match="work"), register.transaction() as tx:
        tx.add_picture(a_picture(), 7)
    with pytest.raises(UnknownSubject, match="work"), register.transaction() as tx:
        tx.add_claim(a_claim(7))


def entry(seq: int, op: LogOp, picture_id: int, of: str | None = None) -> LogEntry:
    """With hash, features and descriptor of the picture named `of`, or with none of them."""
    return LogEntry(
        seq=seq,
        op=op,
        picture_id=picture_id,
        recipe=RECIPE,
        code=code_of(of) if of else None,
        features=f"features of {of}".encode() if of else None,
        descriptor=f"descriptor of {of}".encode() if of else None,
        descriptor_recipe="model_v1" if of else None,
    )


def test_the_log_tells_additions_and_removals_in_order(register: Register) -> None:
    """An addition whose picture is gone has no hash any more; numbers are never used again."""
    first, _ = register_picture(register, a_picture("n1"))
    second, _ = register_picture(register, a_picture("n2"))
    with register.transaction() as tx:
        assert tx.remove_pictures([second, 999]) == 1
    third, _ = register_picture(register, a_picture("n3"))
    assert third > second
    ops = [
        entry(1, LogOp.ADD, first, of="n1/0"),
        entry(2, LogOp.ADD, second),
        entry(3, LogOp.REMOVE, second),
        entry(4, LogOp.ADD, third, of="n3/0"),
    ]
    assert register.log_after(0) == ops
    assert register.log_after(1, limit=2) == ops[1:3]
    assert register.log_after(4) == []


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=12))
def test_following_the_log_gives_the_live_codes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, int]]
) -> None:
    """Whatever was added and removed, an index that follows the log ends where the register is."""
    with Register.open(tmp_path_factory.mktemp("register")) as register:
        for add, number in steps:
            note_id = f"n{number}"
            if add:
                register_picture(register, a_picture(note_id))
            else:
                with register.transaction() as tx:
                    tx.remove_pictures(p.picture_id for p in tx.pictures_of_note(note_id))
        index: dict[int, bytes] = {}
        for entry in register.log_after(0):
            if entry.op is LogOp.REMOVE:
                index.pop(entry.picture_id, None)
            elif entry.code is not None:
                index[entry.picture_id] = entry.code
        assert list(register.live_codes(RECIPE)) == sorted(index.items())
        register.integrity_check()


def test_codes_and_counts_are_by_recipe(register: Register) -> None:
    """Hashes of different recipes never mix."""
    one, work_id = register_picture(register, a_picture())
    other, _ = register_picture(
        register, a_picture(recipe="phash64_v1", code=b"8 bytes."), work_id=work_id
    )
    assert register.recipes() == {RECIPE: 1, "phash64_v1": 1}
    assert list(register.live_codes(RECIPE)) == [(one, code_of("n1/0"))]
    assert list(register.live_codes("phash64_v1")) == [(other, b"8 bytes.")]
    assert list(register.live_codes("none_v1")) == []


def test_claims_come_in_the_order_of_their_times(register: Register) -> None:
    """Not in the order of arrival; of equal times the one recorded first leads."""
    _, work_id = register_picture(register, a_picture(author_id="late"))
    times = [("early", -HOUR), ("tied", 0 * HOUR), ("tied too", 0 * HOUR)]
    with register.transaction() as tx:
        for author_id, offset in times:
            tx.add_claim(a_claim(work_id, author_id=author_id, at=MORNING + offset))
    claims = register.works([work_id])[work_id].claims
    assert [claim.author_id for claim in claims] == ["early", "late", "tied", "tied too"]


def test_a_claim_again_changes_nothing(register: Register) -> None:
    """Also within one batch; another basis is another claim."""
    with register.transaction() as tx:
        work_id = tx.add_work()
        tx.add_claim(a_claim(work_id, proof="original file"))
        again = a_claim(work_id, at=MORNING - HOUR)
        licence = a_claim(work_id, basis=ClaimBasis.LICENSED)
        tx.add_claims([again, licence, licence])
    claims = register.works([work_id])[work_id].claims
    assert [claim.basis for claim in claims] == [ClaimBasis.FIRST_SEEN, ClaimBasis.LICENSED]
    assert (claims[0].at, claims[0].proof) == (MORNING, "original file")


def test_linked_accounts_are_known_in_both_directions(register: Register) -> None:
    """Whichever account's note brought the link."""
    _, of_alice = register_picture(register, a_picture("n1", author_id="alice"))
    _, of_bob = register_picture(register, a_picture("n2", author_id="bob"))
    with register.transaction() as tx:
        tx.link_authors("alice", ["bob", "carol", "alice", ""])
        tx.link_authors("bob", ["alice"])
        tx.link_authors("", ["alice"])
    works = register.works([of_alice, of_bob])
    assert works[of_alice].claims[0].linked_ids == ("bob", "carol")
    assert works[of_bob].claims[0].linked_ids == ("alice",)


def test_a_work_can_be_exempt_for_a_time(register: Register) -> None:
    """Reason and end come back; other works are not touched."""
    _, template = register_picture(register, a_picture("n1"))
    _, photo = register_picture(register, a_picture("n2"))
    with register.transaction() as tx:
        tx.exempt_work(template, "template of the app", MORNING + HOUR)
    works = register.works([template, photo])
    assert works[template].exempt_reason == "template of the app"
    assert works[template].exempt_until == MORNING + HOUR
    assert works[photo].exempt_reason is None


def test_exempting_an_unknown_work_is_reported(register: Register) -> None:
    """An exemption that reaches nothing must not look done."""
    with pytest.raises(UnknownSubject, match="7"), register.transaction() as tx:
        tx.exempt_work(7, "template", None)


def test_removing_pictures_drops_what_rested_on_them(register: Register) -> None:
    """The claim goes with its last recipe; a licence stays while the work has a picture."""
    pdq, work_id = register_picture(register, a_picture("n1"))
    phash, _ = register_picture(register, a_picture("n1", recipe="phash64_v1"), work_id=work_id)
    copy, _ = register_picture(register, a_picture("n2", author_id="bob"), work_id=work_id)
    with register.transaction() as tx:
        tx.add_claim(a_claim(work_id, author_id="carol", basis=ClaimBasis.LICENSED))

    def claimants() -> list[str]:
        return [claim.author_id for claim in register.works([work_id])[work_id].claims]

    assert claimants() == ["alice", "bob", "carol"]
    with register.transaction() as tx:
        tx.remove_pictures([pdq])
    assert claimants() == ["alice", "bob", "carol"]
    with register.transaction() as tx:
        tx.remove_pictures([phash])
    assert claimants() == ["bob", "carol"]
    with register.transaction() as tx:
        tx.remove_pictures([copy])
    assert register.works([work_id]) == {}
    assert register.stats().claims == 0


def test_long_lists_of_numbers_are_no_problem(register: Register) -> None:
    """More than any database takes in one statement; ten thousand register within seconds."""
    count = 10_000
    start = time.monotonic()
    with register.transaction() as tx:
        works = tx.add_works(count)
        pictures = [a_picture(f"n{i}", features=b"") for i in range(count)]
        ids = tx.add_pictures(list(zip(pictures, works, strict=True)))
        tx.add_claims(a_claim(work, note_id=f"n{i}") for i, work in enumerate(works))
    assert time.monotonic() - start < 10  # about one second on an idle machine
    assert ids == sorted(ids)
    assert len(register.pictures(ids)) == len(register.works(works)) == count
    assert len(list(register.live_codes(RECIPE))) == count
    with register.transaction() as tx:
        assert tx.remove_pictures(ids) == count
    assert register.stats().works == 0


def test_nothing_asked_is_nothing_answered(register: Register) -> None:
    """Empty lists reach no database."""
    with register.transaction() as tx:
        assert tx.add_works(0) == []
        assert tx.add_pictures([]) == []
        tx.add_claims([])
        tx.link_authors("alice", [])
        assert tx.remove_pictures([]) == 0
    assert register.pictures([]) == {}
    assert register.works([]) == {}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("'; DROP TABLE works; --", id="sql"),
        pytest.param('"quoted" `ticked` \\back', id="quotes"),
        pytest.param("100%_of[a-z]*", id="wildcards"),
        pytest.param("\u202ertl\u200b\ufeff", id="direction-and-zero-width"),
        pytest.param("笔记🏷️" * 60, id="long-and-wide"),
        pytest.param("line\r\nbreak\ttab", id="white-space"),
    ],
)
def test_hostile_ids_are_only_text(register: Register, text: str) -> None:
    """They come back as they were, and mean nothing to the database."""
    picture = a_picture(text, author_id=text, recipe=text)
    picture_id, work_id = register_picture(register, picture)
    register_picture(register, a_picture("other"))
    with register.transaction() as tx:
        tx.link_authors(text, ["other author"])
        tx.exempt_work(work_id, text, None)
    assert without_numbers(register.pictures_of_note(text)[0]) == picture
    assert register.works([work_id])[work_id].claims[0].author_id == text
    with register.transaction() as tx:
        assert tx.forget_author(text).counts["pictures"] == 1
    assert [p.note_id for p in register.pictures(range(9)).values()] == ["other"]
    assert picture_id not in register.pictures(range(9))


@pytest.mark.parametrize(
    "text", [pytest.param("a\0b", id="nul"), pytest.param("a\ud800", id="lone-surrogate")]
)
@pytest.mark.parametrize("field", ["note_id", "author_id", "recipe", "sha256"])
def test_ids_that_no_database_stores_are_refused(register: Register, field: str, text: str) -> None:
    """`BadNote`, in writing and in asking; nothing else of the transaction is kept."""
    note = [a_picture("good"), a_picture(**{field: text})]
    with pytest.raises(BadNote, match="holds a"), register.transaction() as tx:
        tx.add_pictures(zip(note, tx.add_works(2), strict=True))
    assert register.stats().pictures == 0
    with pytest.raises(BadNote):
        register.pictures_of_note(text)


def test_the_key_of_forms_is_told_to_nobody(tmp_path: Path) -> None:
    """Shards are told who the register is; a form's word must not follow from that."""
    with Register.open(tmp_path / "one") as one, Register.open(tmp_path / "two") as two:
        assert len({one.form_key(), one.identity(), one.key(), two.form_key()}) == 4
        assert one.form_key() == one.form_key()
