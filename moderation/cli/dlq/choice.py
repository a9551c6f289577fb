"""Which dead letters a command is about."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.cli.options import WrongValue


def chosen(events: Sequence[int], endpoint_id: int | None, *, every: bool) -> Sequence[int | None]:
    """Numbers of events, or one None for all."""
    if bool(events) == every:
        all_of_it = "all" if endpoint_id is None else f"all of endpoint {endpoint_id}"
        raise WrongValue(
            "name events or all of them, one of the two",
            hint=f"give the numbers that `moderation dlq list` shows, or `--all` for {all_of_it}",
        )
    return events or (None,)
