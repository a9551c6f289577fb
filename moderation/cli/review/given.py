"""Verdicts, appeals and files of proof, as people give them."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from moderation.cli.options import WrongValue


def appeal_number(appeal: str) -> int:
    """The number of `a_7`, or of `7`.

    Raises:
        WrongValue: it is neither.
    """
    return _number(appeal, "a", "appeal")


def verdict_number(verdict: str) -> int:
    """The number of `v_42`, or of `42`.

    Raises:
        WrongValue: it is neither.
    """
    return _number(verdict, "v", "verdict")


def _number(given: str, letter: str, what: str) -> int:
    number = re.fullmatch(rf"(?:{letter}_)?([1-9][0-9]{{0,17}})", given)
    if number is None:
        raise WrongValue(f"`{given:.40}` is no {what}", hint=f"write it as {letter}_7")
    return int(number[1])


def proof_bytes(path: Path) -> bytes:
    """The whole file, no more than is taken.

    Raises:
        ImageTooLarge: it has more.
        WrongValue: it is no file that can be read.
    """
    from moderation.gate.rights.proof_files import MOST_FILE_BYTES
    from moderation.gate.rights.proofs import refuse_large

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe or device might never end
            raise WrongValue(f"`{path.name:.80}` is not a regular file", hint="give a file")
        refuse_large(status.st_size)
        with path.open("rb") as file:
            data = file.read(MOST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WrongValue(
            f"cannot read `{path.name:.80}`: {reason.lower()}", hint="check the path"
        ) from error
    refuse_large(len(data))
    return data
