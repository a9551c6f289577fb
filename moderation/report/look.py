"""One look of all pages: templates, style and script, and what lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from moderation.explain import Lang, beside_rules_name, kind_name, report_name
from moderation.finding import FindingKind
from moderation.report.marked_text import visible, visible_plain
from moderation.report.words import words_of

_OWN = "moderation.report"
_OF_READERS = "report."


def environment(
    filters: Mapping[str, Callable[..., Any]] = MappingProxyType({}),
    *,
    package: str = _OWN,
) -> Environment:
    """Templates of the pages, every text escaped.

    Args:
        filters: of one page alone, beside `visible` and `visible_plain`.
        package: whose templates come before those of the reports.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, _OWN))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"visible": visible, "visible_plain": visible_plain, **filters}
    return made


def asset(name: str) -> Markup:
    """Style or script, as it stands in the page."""
    text = files("moderation.report").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - our own file, not the author's text


def csp_digest(text: str) -> str:
    """Only this very script and style may run on the page, whatever a note smuggles in."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def reason_name(code: str, lang: Lang) -> str:
    """What a reason is called: a finding, what readers say, or the silence of a detector."""
    if code.startswith(_OF_READERS):
        return report_name(code.removeprefix(_OF_READERS), lang)
    if name := beside_rules_name(code, lang):
        return name
    try:
        return kind_name(FindingKind(code), lang)
    except ValueError:  # `failure.<detector>`
        return f"{words_of(lang).failures} · {code.removeprefix('failure.')}"
