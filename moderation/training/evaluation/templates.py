"""Other contents on a registered template: what must not match.

Text cards, shop posters and two kinds of screen are registered around some strangers; the same
templates with other words and other pictures are asked. Templates have odd numbers: the copy
score was fitted on even ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from moderation.note import NoteImage
from moderation.training.attacks import Pixels, screenshot
from moderation.training.community_attacks import note_page
from moderation.training.evaluation.collection import Collection, Item
from moderation.training.evaluation.questions import TEMPLATE, Question, jpeg
from moderation.training.lookalikes import poster, text_card

ASKED_PER_TEMPLATE = 2
_MOST_INSIDE = 20

Draw = Callable[[int, int, Pixels], Pixels]
"""(number of the template, number of the content, picture inside) → pixels."""


def _screen(template: int, _content: int, pixels: Pixels) -> Pixels:
    return screenshot(pixels, np.random.default_rng([7, template]), dark=template % 4 == 1)


def _page(template: int, _content: int, pixels: Pixels) -> Pixels:
    return note_page(pixels, np.random.default_rng([8, template]), dark=template % 4 == 1)


KINDS: dict[str, Draw] = {
    "same card template": lambda template, content, _: text_card(template, content),
    "same poster layout": poster,
    "same screen": _screen,
    "same note page": _page,
}


def with_templates(collection: Collection, count: int) -> tuple[Collection, list[Question]]:
    """Register `count` templates of each kind; ask each with other contents.

    Args:
        collection: gives up a third of its strangers, which stand inside registered templates
            and are never asked. With fewer than three strangers nothing is added.
        count: templates of each kind.
    """
    strangers = collection.strangers
    if count < 1 or len(strangers) < 3:
        return collection, []
    places = max(1, min(_MOST_INSIDE, len(strangers) // 3))
    inside, left = strangers[:places], strangers[places:]
    registered: list[Item] = []
    questions: list[Question] = []
    for kind, draw in KINDS.items():
        for number in range(count):
            template, name = 2 * number + 1, f"{kind} {number}"
            shown = draw(template, 100, inside[number % len(inside)].pixels())
            image = NoteImage(data=jpeg(shown, 90))
            registered.append(Item(name=name, source=image))
            for content in range(ASKED_PER_TEMPLATE):
                other = left[(number * ASKED_PER_TEMPLATE + content) % len(left)]
                questions.append(
                    Question(
                        key=f"{TEMPLATE}|{kind}|{number}|{content}",
                        kind=TEMPLATE,
                        attack=kind,
                        family=kind,
                        source=name,
                        siblings=frozenset({name}),
                        draw=partial(_drawn, draw, template, content, other),
                    )
                )
    more = replace(collection, registered=(*collection.registered, *registered), strangers=left)
    return more, questions


def _drawn(draw: Draw, template: int, content: int, other: Item) -> Pixels:
    return draw(template, content, other.pixels())
