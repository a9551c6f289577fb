"""Who is registered, what is asked, how answers are counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.pictures import scene

from moderation.errors import BadArchive
from moderation.note import NoteImage
from moderation.training.attacks import ATTACKS, Attack
from moderation.training.copy_metrics import average_precision
from moderation.training.evaluation.asking import Answer, Kept, answers, plan_of
from moderation.training.evaluation.collection import (
    Collection,
    Item,
    Labels,
    folder_items,
    read_labels,
    sorted_out,
)
from moderation.training.evaluation.counting import Pairs, evaluation, scored
from moderation.training.evaluation.curves import strength_curves
from moderation.training.evaluation.questions import COPY, STRANGER, TEMPLATE, Bank, Question
from moderation.training.evaluation.running import planned
from moderation.training.evaluation.templates import KINDS, with_templates
from moderation.training.strengths import Dial

LEVELS = {"match": 0.5, "sure": 0.9}
MIRROR = next(attack for attack in ATTACKS if attack.name == "mirror")
COLLAGE = next(attack for attack in ATTACKS if attack.name == "collage 3x3")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def item(number: int, **labels) -> Item:
    pixels = scene(number, 120, 160)
    return Item(name=f"p{number}", source=NoteImage(array=pixels), **labels)


def items(count: int = 14) -> list[Item]:
    return [item(n) for n in range(count)]


def collection(count: int = 14) -> Collection:
    return sorted_out(items(count), rng())[0]


# Collections


def test_everybody_has_one_part() -> None:
    """No picture is both registered and a stranger, none is lost."""
    made = collection()
    registered = [i.name for i in made.in_register]
    strangers = [i.name for i in made.strangers]
    assert len(strangers) == 3
    assert sorted(registered + strangers) == sorted(i.name for i in items())


def test_the_seed_decides_who_is_a_stranger() -> None:
    """Same seed, same parts; another seed, others."""
    names = [
        {i.name for i in sorted_out(items(), rng(seed))[0].strangers} for seed in (1, 1, 2, 3, 4)
    ]
    assert names[0] == names[1]
    assert len({frozenset(n) for n in names}) > 2


def test_no_more_are_registered_than_asked_for() -> None:
    """`--register 5` of a large folder reads little more than five pictures."""
    read: list[int] = []
    made, _ = sorted_out(items(40), rng(), register=5, tick=read.append)
    assert len(made.in_register) == 5
    assert len(made.strangers) >= 3
    assert read == list(range(1, 9))
    assert len(sorted_out(items(40), rng(), register=1)[0].in_register) == 1


def test_a_picture_registered_twice_is_right_twice() -> None:
    """Mirrored and at another size it is the same picture, whoever measures."""
    pixels = items()[0].pixels()
    twin = Item(name="twin", source=NoteImage(array=np.ascontiguousarray(pixels[:, ::-1])))
    made, _ = sorted_out([*items(), twin], rng(2))
    names = {i.name for i in made.in_register}
    assert {"p0", "twin"} <= names, "choose another seed"
    assert made.same["p0"] == {"twin"}
    assert made.same["twin"] == {"p0"}
    assert set(made.same) == {"p0", "twin"}
    asked = [q for q in Bank(made, 0).copies([MIRROR], 99) if q.source == "p0"]
    assert asked[0].right == {"p0", "twin"}


def test_a_stranger_whose_copy_is_registered_is_none() -> None:
    """It would be accused rightly."""
    copies = [Item(name=f"c{n}", source=item(n).source) for n in range(14)]
    made, _ = sorted_out([*items(), *copies], rng())
    registered = {i.name[1:] for i in made.in_register}
    assert not registered & {i.name[1:] for i in made.strangers}


def test_of_each_group_one_is_asked_and_the_rest_are_siblings() -> None:
    """Look-alikes are other works: matching them is wrong."""
    grouped = [item(n, group=f"g{n // 3}") for n in range(20, 26)]
    made, _ = sorted_out([*items(), *grouped], rng())
    (asked,) = made.look_alikes.values()
    assert {i.group for i in asked} == {"g6", "g7", "g8"} & {i.group for i in asked}
    registered = {i.name for i in made.in_register}
    for question in Bank(made, 0).look_alikes(99):
        assert question.kind == "look-alike"
        assert not question.right
        assert question.siblings
        assert question.siblings <= registered
        assert question.source not in registered


def test_of_one_scene_nothing_is_right_or_wrong() -> None:
    """Burst neighbours are doubtful, for copies of either."""
    burst = [item(n, scene="beach") for n in range(30, 34)]
    made, _ = sorted_out([*items(), *burst], rng(1))
    registered = {i.name for i in made.in_register if i.scene}
    assert len(registered) > 1, "choose another seed"
    for question in Bank(made, 0).copies([MIRROR], 99):
        if question.source in registered:
            assert question.doubtful == registered - {question.source}
        else:
            assert not question.doubtful


def test_unreadable_pictures_are_told_and_left_out() -> None:
    """One bad file stops nothing; nearly only bad files do."""
    bad = Item(name="bad", source=NoteImage(data=b"no picture"))
    made, failures = sorted_out([*items(), bad], rng())
    assert [failure.note_id for failure in failures] == ["bad"]
    assert "bad" not in {i.name for i in (*made.in_register, *made.strangers)}
    with pytest.raises(BadArchive, match="5 pictures can be read, at least 6"):
        sorted_out([*items(5), bad], rng())


def test_all_in_groups_is_refused() -> None:
    """Somebody must be a stranger."""
    with pytest.raises(BadArchive, match="0 of 8 pictures are in no group"):
        sorted_out([item(n, group="all") for n in range(8)], rng())


def test_labels_come_from_a_table(tmp_path) -> None:
    """File name within the folder → group and scene; a byte order mark does no harm."""
    table = tmp_path / "t.csv"
    table.write_text("\ufefffile,scene\na/1.png,beach\n", encoding="utf-8")
    labels = read_labels(table)
    assert labels == {"a/1.png": Labels(group="", scene="beach")}
    (tmp_path / "a").mkdir()
    for name in ("1.png", "2.png"):
        (tmp_path / "a" / name).write_bytes(b"x")
    found, failures = folder_items(tmp_path, labels)
    assert [(i.name, i.scene) for i in found] == [("a/1.png", "beach"), ("a/2.png", "")]
    assert failures == []


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"a,b\n1,2\n", b"file\n1\n"])
def test_hostile_tables_are_refused(tmp_path, data) -> None:
    """With a hint, never a traceback."""
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(BadArchive):
        read_labels(tmp_path / "t.csv")


# Questions


def test_a_question_is_the_same_alone_and_among_others() -> None:
    """Its generator is its own, so order and resuming change nothing."""
    made = collection()
    forward = {q.key: q.file() for q in Bank(made, 5).copies([MIRROR, COLLAGE], 2)}
    backward = {q.key: q for q in Bank(made, 5).copies([COLLAGE, MIRROR], 2)}
    assert forward.keys() == backward.keys()
    assert all(backward[key].file() == file for key, file in reversed(forward.items()))
    other = {q.key: q.file() for q in Bank(made, 6).copies([MIRROR, COLLAGE], 2)}
    assert other != forward


def test_collages_hold_strangers_only() -> None:
    """A registered picture in another cell would be found rightly, and counted as wrong."""
    made = collection()
    seen = []

    def remember(pixels, _rng, others):
        seen.extend(others)
        return pixels

    spy = Attack(name="spy", family="spy", apply=remember)
    for question in (*Bank(made, 0).copies([spy], 3), *Bank(made, 0).strangers([spy], 3)):
        question.draw()
    strangers = [i.pixels().tobytes() for i in made.strangers]
    assert seen
    assert all(other.tobytes() in strangers for other in seen)


def test_keys_are_unique_and_registered_names_too() -> None:
    """In a whole plan with everything."""
    dial = Dial(name="d", unit="", values=(1.0, 2.0), apply=lambda p, _r, _o, _v: p)
    plan = planned(
        collection(),
        seed=0,
        attacks=ATTACKS,
        dials=[dial],
        per_attack=2,
        per_strength=2,
        templates=2,
    )
    keys = [q.key for q in (*plan.questions, *plan.curves)]
    assert len(set(keys)) == len(keys)
    assert len({i.name for i in plan.registered}) == len(plan.registered)
    assert len(plan.curves) == 4
    assert sum(q.kind == COPY for q in plan.questions) == 2 * len(ATTACKS)
    assert plan.steps == len(plan.registered) + len(keys)


def test_templates_are_registered_around_strangers_that_are_never_asked() -> None:
    """What is asked shares the template with what is registered, and nothing else."""
    made = collection(18)
    more, questions = with_templates(made, 3)
    assert len(questions) == 3 * 2 * len(KINDS)
    assert len(more.in_register) == len(made.in_register) + 3 * len(KINDS)
    left = {i.name for i in more.strangers}
    assert left < {i.name for i in made.strangers}
    registered = {i.name for i in more.in_register}
    for question in questions:
        assert question.kind == TEMPLATE
        assert not question.right
        assert question.siblings <= registered
    files = {q.file() for q in questions}
    assert len(files) == len(questions)


def test_the_digest_of_a_plan_changes_with_all_that_matters() -> None:
    """Pictures, questions, settings."""
    made = collection()
    asked = list(Bank(made, 0).copies([MIRROR], 3))
    digests = {
        plan_of(made.in_register, asked, [0]),
        plan_of(made.in_register[1:], asked, [0]),
        plan_of(made.in_register, asked[1:], [0]),
        plan_of(made.in_register, asked, [1]),
    }
    assert len(digests) == 4
    assert plan_of(made.in_register, asked, [0]) in digests


# Answers


class Fake:
    """An engine that says what it is told to, in turn."""

    def __init__(self, *found) -> None:
        self.found = list(found)
        self.asked = 0

    def ask(self, _file):
        self.asked += 1
        return self.found[self.asked - 1]


def question(key: str, kind: str = COPY, **known) -> Question:
    known.setdefault("right", frozenset({"a"}) if kind == COPY else frozenset())
    return Question(
        key=key,
        kind=kind,
        attack=known.pop("attack", "mirror"),
        family=known.pop("family", "mirror"),
        source=known.pop("source", key),
        draw=lambda: np.zeros((8, 8, 3), np.uint8),
        **{name: frozenset(value) for name, value in known.items()},
    )


def answered(asked: Question, *found) -> Answer:
    return Answer(question=asked, found=found, took_ms=1.0)


@pytest.mark.parametrize("workers", [1, 3])
def test_answers_come_in_order(workers) -> None:
    """However many are under way."""
    questions = [question(f"q{n}") for n in range(10)]
    engine = Fake(*[((f"a{n}", 0.5),) for n in range(10)])
    given = list(answers(questions, engine, workers=workers))
    assert [a.question.key for a in given] == [f"q{n}" for n in range(10)]
    assert engine.asked == 10


def test_what_was_answered_is_not_asked_again(tmp_path) -> None:
    """Also after a line was torn by a kill."""
    questions = [question(f"q{n}") for n in range(3)]
    file = tmp_path / "a.jsonl"
    with Kept(file) as kept:
        list(answers(questions, Fake((("a", 0.75), ("b", 0.5)), (), (("a", 1.0),)), kept))
    file.write_text(file.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    engine = Fake((("c", 0.25),))
    with Kept(file) as kept:
        assert len(kept) == 2
        again = list(answers(questions, engine, kept))
    assert engine.asked == 1
    assert [a.found for a in again] == [(("a", 0.75), ("b", 0.5)), (), (("c", 0.25),)]
    with Kept(file) as kept:
        assert len(kept) == 3


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[]\n{}\nnull\n", b'{"key":1,"found":2}\n'])
def test_a_foreign_file_of_answers_is_no_obstacle(tmp_path, data) -> None:
    """It is written anew."""
    (tmp_path / "a.jsonl").write_bytes(data)
    with Kept(tmp_path / "a.jsonl") as kept:
        assert len(kept) == 0


# Counting


def example() -> list[Answer]:
    """Four copies (found surely, found, outranked, missed), two strangers, one doubtful match."""
    return [
        answered(question("1"), ("a", 0.95)),
        answered(question("2", doubtful={"d"}), ("d", 0.99), ("a", 0.6)),
        answered(question("3", family="crop", siblings={"s"}), ("s", 0.8), ("a", 0.7)),
        answered(question("4", family="crop")),
        answered(question("5", STRANGER, attack="not registered"), ("x", 0.55)),
        answered(question("6", STRANGER, attack="blur")),
    ]


def test_an_example_counted_by_hand() -> None:
    """Ranking: right .95, wrong .8, right .7, right .6, wrong .55; four right ones in all."""
    results = evaluation(example(), registered=100, levels=LEVELS, seed=0)
    by_hand = (1 + 2 / 3 + 3 / 4) / 4
    assert results["average_precision"]["value"] == pytest.approx(by_hand, abs=1e-4)
    at = results["at_precision"]["0.999"]
    assert (at["threshold"], at["right"], at["wrong"]) == (0.95, 1, 0)
    assert at["recall"]["value"] == 0.25
    families = {row["name"]: row for row in results["families"]}
    assert families["mirror"]["found"]["match"]["hits"] == 2
    assert families["mirror"]["found"]["sure"]["hits"] == 1
    assert families["crop"]["found"]["match"]["hits"] == 1
    assert families["mirror"]["right_one_first"]["hits"] == 2
    assert families["crop"]["right_one_first"]["hits"] == 0
    false = results["false_matches"]
    assert false["pairs"] == 99 * 4 - 1 + 2 * 100
    assert false["at"]["match"]["wrong"] == 2
    assert false["at"]["sure"]["wrong"] == 0
    assert false["at"]["match"]["questions_with_a_wrong_match"] == 2
    assert results["siblings"]["outranks_the_right_one"] == {
        "hits": 1,
        "n": 1,
        "value": 1.0,
        "ci95": [0.025, 1.0],
    }
    assert results["doubtful"] == {
        "questions": 1,
        "matched": {"match": 1, "sure": 1, "precision 0.999": 1, "precision 0.9999": 1},
    }
    strangers = {row["name"]: row for row in results["not_copies"]}
    assert strangers["not registered"]["false"]["match"]["hits"] == 1
    assert strangers["not registered"]["highest"] == 0.55
    assert strangers["not registered, attacked"]["false"]["match"]["hits"] == 0


def test_nothing_at_all_can_be_counted() -> None:
    """No answers, no copies: numbers that say so."""
    for few in ([], example()[4:]):
        results = evaluation(few, registered=3, levels=LEVELS, seed=0)
        assert results["average_precision"]["value"] == 0
        assert results["at_precision"]["0.9999"]["threshold"] is None


FOUND = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([0.5, 0.6, 0.9])),
    max_size=4,
    unique_by=lambda pair: pair[0],
)


@given(st.lists(st.tuples(FOUND, st.booleans()), max_size=8))
def test_pairs_are_those_of_the_answers(rows) -> None:
    """`a` and `b` are one picture, `c` is doubtful, `d` is wrong; against counting one by one."""
    given_answers = [
        answered(
            question(str(n), COPY if copy else STRANGER, doubtful={"c"})
            if not copy
            else question(str(n), right={"a", "b"}, doubtful={"c"}),
            *found,
        )
        for n, (found, copy) in enumerate(rows)
    ]
    pairs = Pairs(scored(given_answers))
    slow = []
    for found, copy in rows:
        right = [score for name, score in found if copy and name in "ab"]
        slow += [(max(right), True)] if right else []
        slow += [(score, False) for name, score in found if name == "d"]
        slow += [(score, False) for name, score in found if not copy and name in "ab"]
    assert sorted(zip(pairs.scores.tolist(), pairs.right.tolist(), strict=True)) == sorted(slow)
    assert pairs.positives == sum(copy for _, copy in rows)
    value = average_precision(pairs.scores, pairs.right, pairs.positives)
    scores = np.array([score for score, _ in slow])
    right = np.array([is_right for _, is_right in slow], dtype=bool)
    assert value == pytest.approx(average_precision(scores, right, pairs.positives))


def test_curves_have_a_share_for_each_value() -> None:
    """In the order of the dial; a threshold that does not exist finds nothing."""
    dial = Dial(name="blur", unit="σ", values=(1.0, 2.0), apply=lambda p, _r, _o, _v: p)
    blurred = [
        answered(question("1", attack="blur at 1"), ("a", 0.95)),
        answered(question("2", attack="blur at 1"), ("a", 0.6)),
        answered(question("3", attack="blur at 2"), ("b", 0.9)),
    ]
    (row,) = strength_curves(blurred, [dial], {**LEVELS, "none": None})
    assert [one["hits"] for one in row["found"]["match"]] == [2, 0]
    assert [one["hits"] for one in row["found"]["sure"]] == [1, 0]
    assert [one["hits"] for one in row["found"]["none"]] == [0, 0]
    assert [one["n"] for one in row["found"]["match"]] == [2, 1]
