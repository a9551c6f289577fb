"""Pictures of a request: inside it, or below one folder; no way leads elsewhere."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from kit import pictures
from kit.asking import Asking, a_note, inline, problem
from kit.notes import photo

from moderation.service import media
from moderation.service.media import decoded, read_inside
from moderation.service.problems import Refused

CAT = photo("chelsea")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a picture, beside a secret."""
    folder = tmp_path / "media"
    (folder / "81").mkdir(parents=True)
    (folder / "81" / "1.png").write_bytes(pictures.encoded(CAT))
    (tmp_path / "secret").write_text("hush")
    (folder / "inside").symlink_to("81/1.png")
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to("..")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    return folder


NOWHERE = {
    "absent": "81/2.png",
    "up": "../secret",
    "up-and-down": "81/../../secret",
    "absolute": "{outside}/secret",
    "link-out": "out",
    "link-up": "up/secret",
    "loop": "loop",
    "folder": "81",
    "pipe": "pipe",
    "device": "/dev/zero",
    "nul": "81/1.png\0",
    "long": "x/" * 1_500,
    "tilde": "~root/.profile",
}


@pytest.mark.parametrize("name", NOWHERE.values(), ids=NOWHERE.keys())
def test_no_way_leads_out_of_the_folder(root: Path, name: str) -> None:
    """All get the same words: nobody learns what lies outside."""
    with pytest.raises(Refused) as refused:
        read_inside(root, name.format(outside=root.parent), "/images/0/path")
    assert (refused.value.status, refused.value.code) == (422, "media_missing")
    assert str(root) not in refused.value.message


@pytest.mark.parametrize("name", ["81/1.png", "inside", "./81//1.png"])
def test_what_lies_below_is_read(root: Path, name: str) -> None:
    """Also by a link that stays inside."""
    assert read_inside(root, name, "") == pictures.encoded(CAT)


def test_a_picture_beyond_the_limit_is_refused_however_it_comes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """413 with both numbers, before the rest is read."""
    data = pictures.encoded(CAT)
    size = len(data)
    monkeypatch.setattr(media, "MOST_BYTES", size - 1)
    inside = base64.b64encode(data).decode()
    for read in (lambda: read_inside(root, "81/1.png", "/x"), lambda: decoded(inside, "/x")):
        with pytest.raises(Refused) as refused:
            read()
        assert refused.value.status == 413
        assert (
            refused.value.message == f"the picture of `/x` has {size:,} bytes, limit {size - 1:,}"
        )
    monkeypatch.setattr(media, "MOST_BYTES", size)
    assert read_inside(root, "81/1.png", "") == decoded(inside, "") == data


def test_three_ways_to_send_a_picture_are_one(make: Any, root: Path) -> None:
    """The key of a revision stands for its bytes, wherever these come from."""
    ask = Asking(make(media_root=root))
    data = pictures.encoded(CAT)
    ways: list[dict[str, Any]] = [
        {"data": base64.b64encode(data).decode()},
        {"path": "81/1.png", "id": "m1", "mime": "image/png"},
        {"object": "81/1.png", "sha256": hashlib.sha256(data).hexdigest()},
    ]
    first, *others = [ask.submit(a_note() | {"images": [way]}) for way in ways]
    assert first.json()["summary"]["pictures"] == 1
    assert [r.headers.get("idempotent-replayed") for r in others] == ["true", "true"]


def test_a_promised_digest_is_no_proof_of_what_was_sent(ask: Asking) -> None:
    """Other bytes under it are another body: nobody gets the answer of the first."""
    first, other = inline(CAT), inline(photo("coffee"))
    digest = hashlib.sha256(base64.b64decode(first)).hexdigest()
    ask.submit(a_note() | {"images": [{"data": first}]})
    lying = {"data": other, "sha256": digest}
    problem(ask.submit(a_note() | {"images": [lying]}), 422, "key_reused")
    fresh = ask.submit(a_note(id="n2") | {"images": [lying]}).json()
    assert fresh["findings"][0]["kind"] == "image.undecodable"


REFUSED = {
    "url": ({"url": "http://10.0.0.1/"}, "url_refused"),
    "path-is-url": ({"path": "https://example.org/1.jpg"}, "url_refused"),
    "object-is-url": ({"object": "s3://notes/81/1.jpg"}, "url_refused"),
    "no-root": ({"path": "81/1.png"}, "no_media_root"),
    "no-base64": ({"data": "data:image/png;base64,AAAA"}, "bad_base64"),
    "urlsafe": ({"data": "_-8="}, "bad_base64"),
    "no-padding": ({"data": "AAA"}, "bad_base64"),
    "chinese": ({"data": "图片"}, "bad_base64"),
    "twice": ({"data": "AAAA", "path": "1.png"}, "bad_request"),
    "nothing": ({}, "bad_request"),
    "digest": ({"data": "AAAA", "sha256": "abc"}, "bad_request"),
}


@pytest.mark.parametrize(("image", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_picture_here_is_refused(ask: Asking, image: Any, code: str) -> None:
    """422 with the place of the picture."""
    told = problem(ask.submit(a_note() | {"images": [image]}), 422, code)
    assert told["pointer"].startswith("/images/0")


def test_an_unreadable_picture_is_no_error(ask: Asking) -> None:
    """It is a finding, and a person looks."""
    row = ask.submit(a_note() | {"images": [{"data": base64.b64encode(b"GIF89a").decode()}]}).json()
    assert row["decision"] == "review"
    assert row["findings"][0]["kind"] == "image.undecodable"


def test_too_many_pictures_are_refused(make: Any) -> None:
    """By the limit of this service."""
    ask = Asking(make(most_pictures=1))
    told = problem(ask.submit(a_note(CAT, CAT)), 422, "too_many_pictures")
    assert told["pointer"] == "/images"
