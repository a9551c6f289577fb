"""`moderation register verify`: do index and register agree?"""

from __future__ import annotations

import click

from moderation.cli.options import index_option, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@index_option
@speaking
def command(screen: Screen, register: str, index: str | None) -> None:
    """Prove that index and register agree.

    Reads the whole register; every search must see exactly what it holds. Exit code 6 where it
    does not.

    With --json: `{"ok", "last_seq", "pictures": {recipe: n}, "undescribed", "missing",
    "surplus", "different", "rebuilt"}`.
    """
    from moderation.cli import words
    from moderation.errors import IndexCorrupt
    from moderation.gate import Gate

    with Gate.open(register, index=index, create=False) as gate:
        found, place = gate.verify(), gate.index_place
    screen.json(found.to_json())
    screen.facts(
        {
            words.STATS["last_seq"].say(screen.lang): found.last_seq,
            **found.pictures,
            words.STATS["undescribed"].say(screen.lang): found.undescribed,
            words.MISSING.say(screen.lang): found.missing,
            words.SURPLUS.say(screen.lang): found.surplus,
            words.DIFFERENT.say(screen.lang): found.different,
        }
    )
    if found.rebuilt:
        screen.say(words.REBUILT.say(screen.lang))
    if not found.ok:
        raise IndexCorrupt(
            f"the index lacks {found.missing:,} pictures, has {found.surplus:,} too many and "
            f"{found.different:,} with other contents",
            hint=f"stop what uses it and remove `{place}`; it is made anew from the log",
        )
    screen.say(words.VERIFIED.say(screen.lang))
