"""What a person may be shown of a text that somebody else wrote. Pure."""

from __future__ import annotations

CUT = "…"


def printable(text: str, most: int | None = None) -> str:
    r"""One line of what can be printed; what could steer a terminal or hide words is left out.

    Args:
        text: hostile.
        most: characters; a longer text is cut, and ends in `…`.

    >>> printable("table\n12 \x1b[2J"), printable("a b c d", most=4)
    ('table 12 [2J', 'a b…')
    """
    line = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return line if most is None or len(line) <= most else line[: most - 1] + CUT
