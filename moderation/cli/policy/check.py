"""`moderation policy check`: are policy files sound?"""

from __future__ import annotations

from typing import Any

import click

from moderation.cli.options import speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@speaking
def command(screen: Screen, files: tuple[str, ...]) -> None:
    """Find contradictions in policy files.

    Names the first of each file; exit code 4 where there is one.

    With --json: `[{"file", "ok", "digest", "message", "hint"}]`; message and hint are null
    where the file is sound, the digest where it is not.
    """
    from moderation.cli import words
    from moderation.errors import BadPolicy
    from moderation.policy import Policy

    rows: list[dict[str, Any]] = []
    for file in files:
        row = {"file": file, "ok": True, "digest": None, "message": None, "hint": None}
        try:
            policy = Policy.load(file)
        except BadPolicy as error:  # the other files are wanted too; raised again below
            rows.append(row | {"ok": False, "message": error.message, "hint": error.hint})
            screen.say(f"{error.message} ({error.hint})", "red")
        else:
            rows.append(row | {"digest": policy.digest})
            screen.say(
                words.GOOD_POLICY.say(
                    screen.lang, path=file, rules=len(policy.terms.rules), digest=policy.digest
                )
            )
    screen.json(rows)
    wrong = sum(not row["ok"] for row in rows)
    if wrong:
        raise BadPolicy(
            f"{wrong} of {len(rows)} policies cannot be used", hint="correct those named above"
        )
