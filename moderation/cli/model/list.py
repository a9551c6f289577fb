"""`moderation model list`: detectors, recipes and model folders with their versions."""

from __future__ import annotations

import click

from moderation.cli.options import speaking
from moderation.cli.screen import Screen


@click.command()
@speaking
def command(screen: Screen) -> None:
    """List detectors, hash recipes and trained models.

    With --json: `{"detectors": {name: version}, "recipes": {name: bits}, "models": {name:
    path}}`.
    """
    from moderation.artifacts import artifact_folders
    from moderation.cli import words
    from moderation.gate import DETECTORS
    from moderation.image.hashing import RECIPES

    models = artifact_folders()
    recipes = {recipe.name: recipe.bits for recipe in RECIPES.values()}
    screen.json(
        {
            "detectors": dict(DETECTORS),
            "recipes": recipes,
            "models": {name: str(path) for name, path in models.items()},
        }
    )
    lang = screen.lang
    rows = [(name, version, words.PART_DETECTOR.say(lang)) for name, version in DETECTORS.items()]
    rows += [
        (name.rpartition("_v")[0], name, words.PART_RECIPE.say(lang, bits=bits))
        for name, bits in recipes.items()
    ]
    rows += [
        (name.rpartition("_v")[0], name, words.PART_MODEL.say(lang, path=path))
        for name, path in models.items()
    ]
    heads = (words.HEAD_PART, words.HEAD_VERSION, words.HEAD_WHAT)
    screen.table([head.say(lang) for head in heads], rows)
    if not models:
        screen.say("")
        screen.say(words.NO_MODELS.say(lang))
