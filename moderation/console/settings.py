"""Settings: language, keys and look of one person."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from moderation.console.forms import Sent
from moderation.console.personal import KEYS
from moderation.console.state import console_of

router = APIRouter()


@router.get("/settings")
def show(request: Request, saved: str = "") -> Response:
    """The form."""
    console = console_of(request)
    return console.page(
        "settings.html.j2", request, console.seen(request), saved=bool(saved), defaults=KEYS
    )


@router.post("/settings")
def keep(form: Sent) -> Response:
    """Keep what was set."""
    personal = form.seen.personal
    if form.one("reset"):
        personal = replace(personal, keys=KEYS)
    else:
        keys = {act: form.one(f"key-{act}") for act in KEYS if f"key-{act}" in form.fields}
        lang, theme = form.one("lang"), form.one("theme")
        personal = replace(
            personal.with_keys(keys),
            lang="zh" if lang == "zh" else "en" if lang == "en" else None,
            theme=theme if theme in ("light", "dark") else "",
            blur=bool(form.one("blur")),
            grey=bool(form.one("grey")),
            keys_off=bool(form.one("keys_off")),
        )
    form.keep(personal)
    return RedirectResponse("/settings?saved=1", 303)


@router.post("/settings/toggle")
def toggle(form: Sent) -> Response:
    """Blur or grey pictures, or no longer, by a key."""
    personal, on = form.seen.personal, form.one("on") == "1"
    if form.one("name") == "blur":
        form.keep(replace(personal, blur=on))
    elif form.one("name") == "grey":
        form.keep(replace(personal, grey=on))
    return Response(status_code=204)
