"""`moderation register stats`: how much the register holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.store import HashTerms


@click.command()
@register_option
@speaking
def command(screen: Screen, register: str) -> None:
    """Count what the register holds.

    With --json: `{"notes", "pictures", "works", "claims", "authors", "verdicts", "last_seq",
    "unverified", "captions", "undescribed", "reviews", "recipes": {name: pictures},
    "hash_lists": [{"source", "licence", "hashes"}]}`.
    """
    from moderation.cli import words
    from moderation.store import Register

    with Register.open(register, create=False) as opened:  # no need to load the index
        stats, recipes = asdict(opened.stats()), opened.recipes()
        lists = opened.hash_lists()
    screen.json(stats | {"recipes": recipes, "hash_lists": lists_to_json(lists)})
    named = {words.STATS[name].say(screen.lang): number for name, number in stats.items()}
    screen.facts(named | recipes)
    for terms, hashes in lists.items():
        told = {"source": terms.source or "–", "licence": terms.licence or "–", "hashes": hashes}
        screen.say(words.TERMS_OF_HASHES.say(screen.lang, **told))


def lists_to_json(lists: Mapping[HashTerms, int]) -> list[dict[str, str | int]]:
    """Lists of hashes, with how many hashes of each are meant."""
    return [
        {"source": terms.source, "licence": terms.licence, "hashes": hashes}
        for terms, hashes in lists.items()
    ]
