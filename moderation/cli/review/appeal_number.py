"""An appeal as people write it."""

from __future__ import annotations

import re

from moderation.cli.options import WrongValue


def appeal_number(appeal: str) -> int:
    """The number of `a_7`, or of `7`.

    Raises:
        WrongValue: it is neither.
    """
    number = re.fullmatch(r"(?:a_)?([1-9][0-9]{0,17})", appeal)
    if number is None:
        raise WrongValue(f"`{appeal:.40}` is no appeal", hint="write it as a_7")
    return int(number[1])
