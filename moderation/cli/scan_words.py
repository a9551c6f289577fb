"""What `moderation scan` says to people, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase

OBSERVED = Phrase(
    "observed: {rows:,} rows ({new:,} of them now), {pictures:,} pictures",
    "已观测 {rows:,} 行（本次 {new:,} 行），图片 {pictures:,} 张",
)
UNDECODABLE = Phrase("pictures that cannot be read: {count:,}", "无法读取的图片：{count:,} 张")
UNANSWERED = Phrase(
    "answers that detectors owe: {count:,}; the column `failures` names them",
    "检测器未给出的结果：{count:,} 项，见 `failures` 列",
)
TIME_IS_UP = Phrase(
    "time was up before the archive was; run it again to go on",
    "时间已到，归档尚未全部处理；再次运行即可继续",
)
KEPT_IN = Phrase("kept in {folder}", "已保存到 {folder}")
