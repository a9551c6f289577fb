"""An author's proof in plain words: what the file is, what it shows, and what nobody can say of it.

The facts were read out of a hostile file: what it says of itself is told as that, and whoever
prints the sentences makes them printable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moderation.explain.names import Lang, Phrase

_TYPES: Mapping[str, Phrase] = {
    "jpeg": Phrase("JPEG picture", "JPEG 图片"),
    "png": Phrase("PNG picture", "PNG 图片"),
    "webp": Phrase("WebP picture", "WebP 图片"),
    "gif": Phrase("GIF picture", "GIF 图片"),
    "bmp": Phrase("BMP picture", "BMP 图片"),
    "avif": Phrase("AVIF picture", "AVIF 图片"),
    "heic": Phrase("HEIC picture", "HEIC 图片"),
    "tiff": Phrase("TIFF or camera raw file", "TIFF 或相机 RAW 文件"),
    "raw": Phrase("camera raw file", "相机 RAW 文件"),
    "photoshop": Phrase("Photoshop file", "Photoshop 文件"),
    "krita": Phrase("Krita file", "Krita 文件"),
    "procreate": Phrase("Procreate file", "Procreate 文件"),
    "gimp": Phrase("GIMP file", "GIMP 文件"),
    "clip_studio": Phrase("Clip Studio file", "Clip Studio 文件"),
    "zip": Phrase("ZIP archive", "ZIP 压缩包"),
    "pdf": Phrase("PDF document", "PDF 文档"),
    "video": Phrase("video", "视频"),
    "empty": Phrase("empty file", "空文件"),
}
_UNKNOWN_TYPE = Phrase("file of an unknown type", "未知类型的文件")
_UNOPENED: Mapping[str, Phrase] = {
    "project": Phrase("cannot be opened here: {what}", "无法在此打开：{what}"),
    "broken": Phrase("not readable as a picture: {what}", "无法作为图片读取：{what}"),
    "too_large": Phrase(
        "has more pixels than are opened here: {what}", "像素数超出上限，未打开：{what}"
    ),
    "no_decoder": Phrase("no decoder is installed for it: {what}", "未安装相应的解码组件：{what}"),
}
_PICTURE = Phrase("{what}, {width} × {height} px", "{what}，{width} × {height} 像素")
_LENGTH = Phrase("{what}, {size}, sha256 {digest}", "{what}，{size}，sha256 {digest}")
_TAKEN = Phrase(
    "the file says: taken {said} (anybody can write that)", "文件自述：{said}（任何人都可以写入）"
)
_WITH = Phrase("{at} with {camera}", "拍摄于 {at}，{camera}")
_PLAIN_AT = Phrase("{at}", "拍摄于 {at}")
_PLAIN_CAMERA = Phrase("with {camera}", "使用 {camera} 拍摄")
_SIDES: Mapping[str, Phrase] = {
    "note": Phrase("the note's picture {number}", "笔记第 {number} 张图片"),
    "register": Phrase(
        "the registered picture behind the note's picture {number}",
        "笔记第 {number} 张图片对应的在先图片",
    ),
}
_SHOWS: Mapping[str, Phrase] = {
    "file": Phrase("is the very file of {which}", "与{which}为同一文件"),
    "same": Phrase("shows the same picture as {which}", "与{which}画面相同"),
    "more": Phrase("shows all of {which}, and more around it", "包含{which}的全部画面，且范围更大"),
    "part": Phrase("shows a part of {which}", "只含{which}的一部分画面"),
    "overlap": Phrase("shows something of {which} and something else", "与{which}部分重叠"),
    "other": Phrase(
        "shows another picture than {which}, as far as can be told",
        "就目前所见，与{which}不是同一画面",
    ),
    "unclear": Phrase(
        "cannot be told from {which}: too plain, or too little is kept of it",
        "无法判断是否与{which}相同：画面过于简单，或留存信息不足",
    ),
    "not_kept": Phrase(
        "cannot be compared with {which}: the register keeps no fingerprint of it",
        "无法与{which}比较：登记库中没有其指纹",
    ),
}
_SIZE_ALONE = Phrase(
    "has {times} × as many pixels as {which}; the register keeps no fingerprint of that one",
    "像素数为{which}的 {times} 倍；登记库中没有后者的指纹",
)
_MIRRORED = Phrase("{said}, mirrored", "{said}（左右翻转）")
_PIXELS = Phrase("{said}, {times} × as many pixels", "{said}，像素数为其 {times} 倍")
_AS_MANY = Phrase("{said}, as many pixels", "{said}，像素数相同")
_NOTHING = Phrase(
    "nothing to compare it with: the register keeps none of the disputed pictures",
    "无可比较：登记库中没有涉争图片",
)
_COUNTED = ("same", "more", "part", "overlap")
_MB = 1_000_000


def explain_proof(facts: Mapping[str, Any], lang: Lang, *, sha256: str, size: int) -> list[str]:
    """Sentences about a file of proof, what it is first.

    Args:
        facts: as `moderation.gate.rights.proof_files` writes them.
        lang: of the sentences.
        sha256: hex digest of the file.
        size: its length in bytes.
    """
    said = [_what_it_is(facts, lang, sha256, size)]
    said += _taken(facts, lang)
    compared: Sequence[Mapping[str, Any]] = facts.get("compared", ())
    said += [_comparison(one, lang) for one in compared]
    if "width" in facts and not compared:
        said.append(_NOTHING.say(lang))
    return said


def _what_it_is(facts: Mapping[str, Any], lang: Lang, sha256: str, size: int) -> str:
    what = _TYPES.get(str(facts.get("type")), _UNKNOWN_TYPE).say(lang)
    if "width" in facts:
        what = _PICTURE.say(lang, what=what, width=facts["width"], height=facts["height"])
    what = _LENGTH.say(lang, what=what, size=_size(size), digest=sha256[:16] + "…")
    why = _UNOPENED.get(str(facts.get("unopened")))
    return what if why is None else why.say(lang, what=what)


def _size(size: int) -> str:
    if size < 1_000:
        return f"{size} B"
    return f"{size / 1_000:.1f} kB" if size < _MB else f"{size / _MB:.1f} MB"


def _taken(facts: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    at, camera = facts.get("taken_at"), facts.get("camera")
    if at and camera:
        said = _WITH.say(lang, at=at, camera=camera)
    elif at:
        said = _PLAIN_AT.say(lang, at=at)
    elif camera:
        said = _PLAIN_CAMERA.say(lang, camera=camera)
    else:
        return
    yield _TAKEN.say(lang, said=said)


def _comparison(one: Mapping[str, Any], lang: Lang) -> str:
    which = _SIDES[one["of"]].say(lang, number=one["picture"] + 1)
    times = one["pixels"]
    if one["shows"] == "not_kept" and times is not None:
        return _SIZE_ALONE.say(lang, which=which, times=_times(times))
    said = _SHOWS[one["shows"]].say(lang, which=which)
    if one["mirrored"]:
        said = _MIRRORED.say(lang, said=said)
    if times is None or one["shows"] not in _COUNTED:
        return said
    if round(times, 1) == 1:
        return _AS_MANY.say(lang, said=said)
    return _PIXELS.say(lang, said=said, times=_times(times))


def _times(times: float) -> str:
    return f"{times:.1f}" if times >= 0.1 else f"{times:.2f}"
