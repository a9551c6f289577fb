"""What the tests of the register let other processes do; importable, so that these can find it."""

from __future__ import annotations

import itertools
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kit.register_rows import a_claim, a_picture, code_of

from moderation.errors import StoreError
from moderation.note import ClaimBasis
from moderation.store import LogOp, Register, back_up

PICTURES_PER_COMMIT = 20


def in_processes(count: int, work: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Run `work(barrier, i, *arguments)` in fresh processes that start together."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(count), context.Queue()
    children = [
        context.Process(target=_answer, args=(answers, work, barrier, i, *arguments))
        for i in range(count)
    ]
    for child in children:
        child.start()
    got = [answers.get(timeout=120) for _ in children]
    for child in children:
        child.join()
    answers.close()
    answers.join_thread()
    return got


def _answer(answers: Any, work: Callable[..., Any], *arguments: Any) -> None:
    try:
        answers.put(work(*arguments))
    except BaseException as error:
        answers.put(error)
        raise


def open_together(barrier: Any, i: int, place: str | Path) -> int:
    """Open a register that is not there yet, at the same moment as the others."""
    barrier.wait()
    with Register.open(place) as register:
        return register.last_seq()


def be_first(barrier: Any, i: int, place: str | Path, rounds: int) -> list[bool]:
    """Register the same picture as everybody else, each round; True where this was the first."""
    won = []
    with Register.open(place) as register:
        for number in range(rounds):
            seen = register.last_seq()
            barrier.wait()
            won.append(_check_and_register(register, seen, number, author_id=f"author{i}"))
            barrier.wait()
    return won


def _check_and_register(register: Register, seen: int, number: int, *, author_id: str) -> bool:
    wanted = code_of(f"round {number}")
    with register.transaction() as tx:
        twins = [
            entry.picture_id
            for entry in tx.log_after(seen)
            if entry.op is LogOp.ADD and entry.code == wanted
        ]
        work_id = next((p.work_id for p in tx.pictures(twins).values()), None)
        first = work_id is None
        if work_id is None:
            work_id = tx.add_work()
        note_id = f"{author_id}-{number}"
        tx.add_picture(a_picture(note_id, code=wanted, author_id=author_id), work_id)
        if first:
            tx.add_claim(a_claim(work_id, note_id=note_id, author_id=author_id))
    return first


def write_until_killed(folder: Path) -> None:
    """Commit after commit, saying `open` within each and `done` after it, until killed."""
    with Register.open(folder) as register:
        start = register.stats().pictures // PICTURES_PER_COMMIT
        for batch in itertools.count(start):
            with register.transaction() as tx:
                works = tx.add_works(PICTURES_PER_COMMIT)
                pictures = [a_picture(f"n{batch}", i) for i in range(PICTURES_PER_COMMIT)]
                tx.add_pictures(list(zip(pictures, works, strict=True)))
                print("open", batch, flush=True)
                tx.add_claims(
                    a_claim(work_id, note_id=f"n{batch}", image_number=i)
                    for i, work_id in enumerate(works)
                )
            print("done", batch, flush=True)


def fill(register: Register) -> None:
    """Commit after commit until the disk is full."""
    for batch in itertools.count(register.stats().notes):
        with register.transaction() as tx:
            work_id = tx.add_work()
            tx.add_picture(a_picture(f"n{batch}", features=b"f" * 20_000), work_id)
            tx.add_claim(a_claim(work_id, basis=ClaimBasis.REGISTERED, note_id=f"n{batch}"))


def fill_under_limit(folder: Path, limit_bytes: int) -> None:
    """Fill a register whose files may not grow beyond a limit; prints the error's code."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    try:
        with Register.open(folder) as register:
            fill(register)
    except StoreError as error:
        print(error.code, flush=True)


def back_up_slowly(folder: Path, target: Path) -> None:
    """Copy a register, so slowly that there is time to be killed."""

    def wait(pages: int) -> None:
        print("pages", pages, flush=True)
        time.sleep(30)

    back_up(folder, target, progress=wait)


if __name__ == "__main__":
    if sys.argv[1] == "backup":
        back_up_slowly(Path(sys.argv[2]), Path(sys.argv[3]))
    elif sys.argv[1] == "write":
        write_until_killed(Path(sys.argv[2]))
    else:
        fill_under_limit(Path(sys.argv[2]), int(sys.argv[3]))
