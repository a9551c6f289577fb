"""What the demo says besides its notes, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase

TITLE = Phrase("Demo: notes that came in", "演示：新到的笔记")
PREPARING = Phrase(
    "Preparing photographs of installed packages; nothing is fetched from the network.",
    "正在准备已安装软件包自带的照片，不访问网络。",
)
REGISTERED = Phrase(
    "{pictures} pictures by {authors} authors are registered, published {first} to {last}.",
    "已登记 {authors} 位作者的 {pictures} 张图片，发布于 {first} 至 {last}。",
)
RIGHTS = Phrase(
    "{licensee} holds a licence for the picture of {licensed}; {one} and {other} belong to one "
    "person; everybody may use {sheet}.",
    "{licensee} 持有 {licensed} 图片的授权；{one} 与 {other} 为同一人；{sheet} 为公用模板。",
)
CHECKING = Phrase("Now {notes} notes come in.", "现在有 {notes} 篇新笔记等待发布。")
AS_EXPECTED = Phrase("All {notes} verdicts are the expected ones.", "{notes} 条结论全部符合预期。")
NOT_AS_EXPECTED = Phrase(
    "{wrong} of {notes} verdicts are not the expected ones: {ids}.",
    "{notes} 条结论中有 {wrong} 条不符合预期：{ids}。",
)
PAGE = Phrase("The page with pictures and proofs: {path}", "含图片与比对证据的页面：{path}")
FILES = Phrase(
    "The notes and their pictures: {archive} (registered), {incoming} (came in).",
    "笔记与图片：{archive}（已登记）、{incoming}（新到）。",
)
TRY_NEXT = Phrase("Try next:", "接下来可以试试：")

COMPARE = Phrase("compare a copy with its original", "比对搬运图与原图")
HISTORY = Phrase("see what was decided on a note, and why", "查看某篇笔记的审核记录")
STATS = Phrase("see what the register holds", "查看登记库的内容")
CLAIM = Phrase(
    "an appeal: {author} shows a licence, and it is recorded", "申诉：{author} 出示授权书，予以登记"
)
CHECK_AGAIN = Phrase(
    "judge the same notes again: {note} passes now", "再次审核这些笔记：{note} 此时会通过"
)

DESK = Phrase(
    "And the moderators' desk, in a browser: {command}",
    "还有浏览器中的审核工作台：{command}",
)

HEAD_EXPECTED = Phrase("Expected", "符合预期")
YES = Phrase("yes", "是")
NO = Phrase("no: {expected}", "否，应为{expected}")
