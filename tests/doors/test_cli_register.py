"""`moderation register`: each command does what its Python twin does, and says so twice."""

from __future__ import annotations

import json
import sqlite3

import pytest

from moderation.finding import ItemFailure
from moderation.store import Receipt

from .conftest import objects, told


@pytest.fixture
def register(run, tmp_path):
    """`register("add", …)` on a register of this test; an object with `--json`."""

    def command(name, *args, **more):
        return run("register", name, *args, "--register", tmp_path / "register", **more)

    return command


@pytest.fixture
def answer(register):
    """The JSON that a command answers, after checking that it ended well."""

    def command(name, *args, **more):
        result = register(name, *args, "--json", **more)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return command


@pytest.fixture
def decisions(run, tmp_path, folder):
    """Decisions on the copy by bob and the contact by carol, without registering them."""

    def judge():
        args = ("--register", tmp_path / "register", "--dry-run", "--json")
        result = run("check", folder / "second.jsonl", *args)
        return [row["decision"] for row in objects(result.stdout)]

    return judge


def test_added_pictures_are_found(answer, decisions, folder):
    """After `add`, a copy is blocked."""
    assert answer("add", folder / "first.jsonl") == {"notes": 1, "pictures": 2, "failures": []}
    assert decisions() == ["block", "block"]


def test_adding_twice_changes_nothing(answer, folder):
    """The register holds each picture of a note once."""
    answer("add", folder / "first.jsonl")
    before = answer("stats")
    answer("add", folder / "first.jsonl")
    assert answer("stats") == before
    assert {name: before[name] for name in ("notes", "pictures", "recipes")} == {
        "notes": 1,
        "pictures": 2,
        "recipes": {"pdq256_v1": 2},
    }


def test_rows_that_cannot_be_added_are_told(register, folder):
    """Bad rows and unreadable pictures are named; the rest is registered; exit code 8."""
    result = register("add", folder / "notes.jsonl", "--lang", "en")
    assert result.exit_code == 8
    assert result.stdout == "notes registered: 4, pictures: 3\n"
    places = [line.partition(": ")[0] for line in result.stderr.splitlines()]
    assert places == ["line 5", "line 6 n6", "n4 #0", "error", "hint"]


def test_failures_round_trip(register, folder):
    """`failures` are the rows of `ItemFailure`."""
    result = register("add", folder / "notes.jsonl", "--json")
    rows = json.loads(result.stdout)["failures"]
    assert [ItemFailure.from_json(row).to_json() for row in rows] == rows
    assert len(rows) == 3


def test_imported_hash_is_suspected_never_blocked(answer, run, folder, tmp_path):
    """A hash without features leads to review at most."""
    answer("add", folder / "first.jsonl")
    with sqlite3.connect(tmp_path / "register" / "register.sqlite3") as connection:
        code = connection.execute("SELECT hex(code) FROM pictures").fetchone()[0]
    connection.close()
    hashes = tmp_path / "list.csv"
    hashes.write_text(f"hash,quality,published_at\n{code},100,2019-01-01T00:00:00Z\n")
    other = ("--register", tmp_path / "other")
    assert run("register", "import-hashes", hashes, *other).exit_code == 0
    result = run("check", folder / "first.jsonl", *other, "--json")
    assert [row["decision"] for row in objects(result.stdout)] == ["review"]


def test_malformed_hash_stops_nothing(register, tmp_path):
    """The others are imported; exit code 8."""
    hashes = tmp_path / "list.txt"
    hashes.write_text("ab" * 32 + "\nxyz\n" + "cd" * 32 + "\n")
    result = register("import-hashes", hashes, "--json")
    got = json.loads(result.stdout)
    assert result.exit_code == 8
    assert (got["pictures"], [f["line"] for f in got["failures"]]) == (2, [2])


def test_unknown_recipe_is_refused(register, tmp_path):
    """With the recipes that there are."""
    hashes = tmp_path / "list.txt"
    hashes.write_text("ab" * 32)
    told(register("import-hashes", hashes, "--recipe", "md5"), 4, "`md5`", "pdq256_v1")


def test_licence_lets_its_holder_pass(answer, decisions, folder):
    """A claim on basis `licensed` allows the copy."""
    answer("add", folder / "first.jsonl")
    claim = answer("claim", "n1", "--author", "bob", "--basis", "licensed", "--proof", "mail 7")
    assert (claim["author_id"], claim["basis"], claim["proof"]) == ("bob", "licensed", "mail 7")
    assert decisions() == ["pass", "block"]


def test_outside_proof_has_its_date(answer, folder):
    """`--at` is the date of the claim."""
    answer("add", folder / "first.jsonl")
    args = ("--author", "zoe", "--basis", "external_proof", "--at", "2019-05-01")
    assert answer("claim", "n1", "--image", "1", *args)["at"] == "2019-05-01T00:00:00+00:00"
    claims = answer("history", "n1")["claims"]
    assert [c["author_id"] for c in claims if c["image_number"] == 1] == ["zoe", "alice"]


def test_linked_accounts_may_share(answer, decisions, folder):
    """Both are one person or company."""
    answer("add", folder / "first.jsonl")
    told = answer("link", "alice", "bob", "eve")
    assert (told["author_id"], told["linked_ids"]) == ("alice", ["bob", "eve"])
    assert told["followed"]["freed"] == 0
    assert decisions() == ["pass", "block"]


@pytest.mark.parametrize(
    ("until", "decision"), [((), "pass"), (("--until", "2020-01-01"), "block")], ids=["on", "over"]
)
def test_exempt_work_is_everybodys(until, decision, answer, decisions, folder):
    """As long as the exemption holds."""
    answer("add", folder / "first.jsonl")
    exempt = answer("exempt", "n1", "--reason", "a meme", *until)
    assert exempt["reason"] == "a meme"
    assert decisions() == [decision, "block"]


def test_removed_pictures_are_not_found(answer, decisions, folder):
    """Out of the search at once."""
    answer("add", folder / "first.jsonl")
    assert answer("remove", "n1") == {"note_id": "n1", "pictures": 2}
    assert decisions() == ["pass", "block"]
    assert answer("remove", "n1") == {"note_id": "n1", "pictures": 0}


@pytest.mark.parametrize(
    "subject", [("--note", "n1"), ("--author", "alice")], ids=["note", "author"]
)
def test_forgotten_is_gone_and_receipted(subject, answer, decisions, folder):
    """The receipt has counts and no name."""
    answer("add", folder / "first.jsonl")
    receipt = answer("forget", *subject, "--yes")
    assert Receipt.from_json(receipt).to_json() == receipt
    assert receipt["counts"]["pictures"] == 2
    assert subject[1] not in json.dumps(receipt["digest"])
    assert answer("stats")["pictures"] == 0
    assert decisions() == ["pass", "block"]


@pytest.mark.parametrize(
    ("args", "piece"),
    [
        (["--note", "n1"], "`--yes`"),
        (["--yes"], "one note or one author"),
        (["--yes", "--note", "a", "--author", "b"], "one note or one author"),
    ],
    ids=["nobody-to-ask", "nothing-named", "both-named"],
)
def test_forgetting_wants_to_be_sure(args, piece, register, answer, folder):
    """Nothing is forgotten by accident."""
    answer("add", folder / "first.jsonl")
    told(register("forget", *args), 2, piece)
    assert answer("stats")["pictures"] == 2


def test_verify_agrees_with_a_sound_register(answer, folder):
    """Every search sees what the register holds."""
    answer("add", folder / "first.jsonl")
    found = answer("verify")
    assert (found["ok"], found["pictures"]) == (True, {"pdq256_v1": 2})


def test_verify_ends_with_6_where_the_file_is_damaged(register, answer, folder, tmp_path):
    """A damaged register is told, not used."""
    answer("add", folder / "first.jsonl")
    path = tmp_path / "register" / "register.sqlite3"
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xff" * len(content[8192:-4096])
    path.write_bytes(content)
    told(register("verify"), 6)


def test_compact_says_what_it_gained(answer, folder):
    """Bytes before and after."""
    answer("add", folder / "first.jsonl")
    answer("remove", "n1")
    sizes = answer("compact")
    assert sizes.keys() == {"bytes_before", "bytes_after"}
    assert sizes["bytes_after"] > 0


def test_history_tells_pictures_claims_and_verdicts(answer, run, folder, tmp_path):
    """Everything that is known of a note."""
    run("check", folder / "good.jsonl", "--register", tmp_path / "register")
    history = answer("history", "n1")
    assert [p["image_number"] for p in history["pictures"]] == [0, 1]
    assert {c["author_id"] for c in history["claims"]} == {"alice"}
    assert [v["verdict"]["decision"] for v in history["verdicts"]] == ["pass"]
    blocked = answer("history", "n2")
    assert (blocked["pictures"], blocked["claims"]) == ([], [])
    assert [v["verdict"]["decision"] for v in blocked["verdicts"]] == ["block"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_people_read(lang, register, folder, golden, tmp_path):
    """One golden page of all answers whose words do not change with the clock."""
    said = []
    for args in (
        ["add", folder / "good.jsonl"],
        ["stats"],
        ["claim", "n1", "--author", "bob", "--basis", "licensed", "--at", "2026-03-02"],
        ["link", "alice", "eve"],
        ["exempt", "n1", "--image", "1", "--reason", "a meme", "--until", "2030-01-01"],
        ["history", "n1"],
        ["remove", "n1"],
        ["verify"],
        ["history", "nobody"],
    ):
        result = register(*args, "--lang", lang)
        assert result.exit_code == 0, result.output
        shown = " ".join(str(arg) for arg in args).replace(str(folder), "…")
        said.append(f"$ register {shown}\n{result.stdout}")
    golden(f"people-{lang}", "\n".join(said))


@pytest.mark.parametrize(
    "args",
    [
        ("stats",),
        ("verify",),
        ("compact",),
        ("history", "n1"),
        ("remove", "n1"),
        ("forget", "--note", "n1", "--yes"),
        ("claim", "n1", "--author", "a", "--basis", "licensed"),
        ("exempt", "n1", "--reason", "r"),
    ],
    ids=lambda args: args[0],
)
def test_questions_make_no_register(args, register, tmp_path):
    """A mistyped path is told instead of filled."""
    told(register(*args), 6, "no register in")
    assert not (tmp_path / "register").exists()


def test_register_comes_from_the_environment_too(run, folder, tmp_path):
    """`MODERATION_REGISTER` stands for `--register`."""
    result = run(
        "register", "add", folder / "first.jsonl", MODERATION_REGISTER=str(tmp_path / "register")
    )
    assert result.exit_code == 0
    assert (tmp_path / "register" / "register.sqlite3").exists()


@pytest.mark.parametrize("form", ["csv", "threatexchange", "ncmec"])
def test_hashes_go_from_register_to_register(answer, run, folder, tmp_path, form):
    """The other one suspects the very pictures, and a second export says the same."""
    answer("add", folder / "good.jsonl")
    terms = ("--licence", "CC-BY-4.0", "--source", "us & them")
    first, second = tmp_path / "first", tmp_path / "second"
    said = answer("export-hashes", first, "--format", form, *terms)
    assert (said["hashes"], said["recipe"], said["format"]) == (3, "pdq256_v1", form)
    other = ("--register", tmp_path / "other")
    taken = run("register", "import-hashes", first, *other)
    assert taken.exit_code == 0, taken.output
    assert "3 hashes come from us & them under the licence CC-BY-4.0" in taken.stderr
    assert "does not say" not in taken.stderr
    run("register", "export-hashes", second, *other, "--format", form, *terms)
    assert second.read_bytes() == first.read_bytes()
    judged = run("check", folder / "second.jsonl", *other, "--json")
    assert objects(judged.stdout)[0]["decision"] == "review"  # a mirrored copy, by another author


def test_an_unnamed_recipe_is_not_taken_in_silence(register, tmp_path):
    """What is assumed is said, in both languages."""
    hashes = tmp_path / "list.txt"
    hashes.write_text("ab" * 32)
    assert "taken for `pdq256_v1`" in register("import-hashes", hashes).stderr
    assert "按 `pdq256_v1` 处理" in register("import-hashes", hashes, "--lang", "zh").stderr


def test_hashes_keep_their_terms(answer, register, run, tmp_path):
    """`stats` tells them; what may not be passed on stays, and is told; whoever names it may."""
    hashes, out = tmp_path / "list.txt", tmp_path / "out.csv"
    hashes.write_text("ab" * 32)
    taken = register("import-hashes", hashes, "--source", "the partner", "--licence", "ask them")
    assert "1 hashes come from the partner under the licence ask them" in taken.stderr
    hashes.write_text("cd" * 32)
    assert "under no licence" in register("import-hashes", hashes).stderr
    lists = [
        {"source": "the partner", "licence": "ask them", "hashes": 1},
        {"source": "", "licence": "", "hashes": 1},
    ]
    assert answer("stats")["hash_lists"] == lists
    assert "the partner" in register("stats").stdout
    said = answer("export-hashes", out, "--licence", "MIT")
    assert (said["hashes"], said["withheld"]) == (0, lists)
    assert "1 hashes stay" in register("export-hashes", "-").stderr
    said = answer("export-hashes", out, "--from", "the partner", "--allow-licence", "ask them")
    assert (said["hashes"], said["withheld"]) == (1, [])
    assert out.read_text().splitlines()[1].endswith("ask them,the partner")


@pytest.mark.parametrize("name", ["--licence", "--source"])
@pytest.mark.parametrize("command", ["import-hashes", "export-hashes"])
def test_terms_are_a_few_words(register, tmp_path, command, name):
    """Told before anything is read or written."""
    told(register(command, tmp_path / "x", name, "x" * 257), 2, "limit 256")
    assert not (tmp_path / "register").exists()
