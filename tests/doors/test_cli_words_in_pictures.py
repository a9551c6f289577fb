"""`moderation check` on pictures with words: who goes to a person, and what that person reads."""

from __future__ import annotations

import pytest
from kit.pictures import encoded
from kit.posters import poster

from moderation.image import lettering

from .conftest import objects, row

pytestmark = pytest.mark.skipif(not lettering.installed(), reason="the extra `ocr` is missing")

CONTACT = ("夏日新款 大家都在问", "加V: abc123")
SIGNS = {
    "street": ("老王修车铺", "补胎 换油 电话 13800138000"),
    "product": ("乌龙茶 净含量 500ml", "保质期12个月", "www.tea-example.com"),
    "clinic": ("社区卫生站", "咨询电话 0571-87654321"),
}
GROUNDS = ("china", "coffee", "hopper")
"""Different photographs, so that none of the notes copies another."""


@pytest.fixture
def archive(tmp_path):
    """A poster with a contact and three signs, each in a note whose own words say nothing."""
    drawn = {"poster": poster(*CONTACT, photo="chelsea")}
    for (name, lines), ground in zip(SIGNS.items(), GROUNDS, strict=True):
        drawn[name] = poster(*lines, photo=ground)
    for name, pixels in drawn.items():
        (tmp_path / f"{name}.jpg").write_bytes(encoded(pixels, "JPEG", quality=85))
    rows = [row(name, "u1", 1, f"{name}.jpg", text="下班路上") for name in drawn]
    (tmp_path / "notes.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path / "notes.jsonl"


def test_a_contact_in_a_picture_goes_to_a_person_and_signs_do_not(run, archive, tmp_path) -> None:
    """With the line and its place; what a sign bears is told as a finding, and no reason."""
    result = run("check", archive, "--register", tmp_path / "register", "--json")
    told, *signs = objects(result.stdout)
    assert told["decision"] == "review"
    assert [reason["code"] for reason in told["reasons"]] == ["text.diversion.contact"]
    ((span,),) = (finding["spans"] for finding in told["findings"])
    assert span["field"] == "image[0].ocr"
    assert "abc123" in span["text"]
    left, top, right, bottom = span["box"]
    assert 0 < left < right < 0.6
    assert 0.1 < top < bottom < 0.25
    assert [verdict["note_id"] for verdict in signs] == list(SIGNS)
    for verdict in signs:
        assert verdict["decision"] == "pass"
        assert verdict["reasons"] == []
        assert all(finding["spans"][0]["box"] for finding in verdict["findings"])
        assert verdict["findings"]


@pytest.mark.parametrize(
    ("lang", "decision", "kind", "where"),
    [
        ("zh", "人工复核", "站外联系方式", "第 1 张图片"),
        ("en", "a person", "contact outside", "picture 1"),
    ],
    ids=["zh", "en"],
)
def test_a_person_reads_it_in_their_language(
    lang, decision, kind, where, run, archive, tmp_path
) -> None:
    """Quoted in the table; the page says in which picture."""
    register = ("--register", tmp_path / "register", "--lang", lang)
    table = run("check", archive, *register).stdout
    assert all(word in table for word in (decision, kind, "abc123"))
    assert "13800138000" not in table
    page = tmp_path / "page.html"
    assert run("check", archive, *register, "--out", page).exit_code == 0
    shown = page.read_text(encoding="utf-8")
    assert where in shown
    assert "abc123" in shown
