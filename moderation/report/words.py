"""Words of the page itself in Chinese and English; `moderation.explain` speaks of findings."""

from __future__ import annotations

from types import SimpleNamespace

from moderation.explain import Lang

_WORDS = {
    "title": ("审核报告", "Moderation report"),
    "skip": ("跳到笔记列表", "Skip to the notes"),
    "summary": ("概况", "Summary"),
    "decisions": ("结论", "Decisions"),
    "reasons": ("原因", "Reasons"),
    "no_reasons": ("没有任何原因。", "No reasons."),
    "notes": ("笔记", "Notes"),
    "failed": ("未能审核", "Not judged"),
    "failed_row": ("输入有误的行", "Bad rows of the input"),
    "line": ("第 {} 行", "Line {}"),
    "policy": ("策略", "Policy"),
    "detectors": ("检测器", "Detectors"),
    "register_seq": ("登记序号", "Register sequence"),
    "filter": ("筛选", "Filter"),
    "search": ("笔记、作者或文字", "Note, author or words"),
    "all_decisions": ("全部结论", "All decisions"),
    "all_reasons": ("全部原因", "All reasons"),
    "reset": ("清除", "Clear"),
    "shown": ("显示 {} / {}", "{} of {} shown"),
    "nothing": ("没有符合条件的笔记。", "No note fits the filter."),
    "keys": ("快捷键", "Keys"),
    "key_next": ("下一条笔记", "next note"),
    "key_previous": ("上一条笔记", "previous note"),
    "key_search": ("跳到筛选框", "go to the filter"),
    "key_cycle": ("切换结论筛选", "step through the decisions"),
    "key_clear": ("清除筛选", "clear the filter"),
    "key_help": ("显示本说明", "show this help"),
    "close": ("关闭", "Close"),
    "author": ("作者", "Author"),
    "unknown_author": ("作者未知", "author unknown"),
    "declared_ad": ("已声明广告", "declared as advertisement"),
    "partner": ("合作品牌", "brand partner"),
    "unknown_time": ("时间未知", "time unknown"),
    "revision": ("第 {} 版", "revision {}"),
    "partial": ("部分检测未完成", "not every detector answered"),
    "mend": ("如何改正", "How to mend"),
    "rule": ("规则", "Rule"),
    "score": ("得分", "Score"),
    "raw_score": ("原始得分", "Raw score"),
    "threshold": ("阈值", "threshold"),
    "no_findings": ("未发现问题。", "Nothing was found."),
    "seen": ("其他发现（未影响结论）", "Also seen, without consequence"),
    "skipped": ("为控制耗时而未比对的内容", "Left out to stay within the time"),
    "failures": ("未能完成的检测", "What could not be checked"),
    "suspect": ("待审图片", "Submitted picture"),
    "original": ("在先图片", "Registered picture"),
    "difference": ("对齐差异", "Aligned difference"),
    "difference_note": (
        "黑色表示一致",
        "black where both agree",
    ),
    "picture_number": ("第 {} 张", "picture {}"),
    "outlined": ("框线为匹配区域", "the outline is the matched region"),
    "changed": ("共有画面中被改动的比例", "Changed, of what both show"),
    "changed_outlined": ("虚线框内为改动之处", "dashed: what was changed"),
    "no_picture": ("图片不在手边", "picture not at hand"),
    "share_of_original": ("被搬运的比例", "Share of the registered picture copied"),
    "share_of_query": ("占待审图片的比例", "Share of the submitted picture"),
    "inliers": ("吻合特征点", "Agreeing features"),
    "distance": ("哈希距离", "Hash distance"),
    "bits": ("{} / 256 位", "{} of 256 bits"),
    "direction": ("方向", "Direction"),
    "mirrored": ("镜像", "mirrored"),
    "basis": ("匹配方式", "Proof"),
    "time_query": ("待审笔记发布", "Submitted note published"),
    "time_original": ("在先笔记发布", "Registered note published"),
    "field_title": ("标题", "Title"),
    "field_text": ("正文", "Text"),
    "field_tags": ("标签", "Tags"),
    "the_words": ("笔记文字", "The note's words"),
    "no_words": ("笔记没有文字。", "The note has no words."),
    "no_note": ("笔记原文不在手边。", "The note itself is not at hand."),
    "read_as": ("读作", "read as"),
    "more": ("另有 {} 字未显示", "{} more characters not shown"),
    "in_picture": ("图片文字", "words in the picture"),
    "in_qr": ("二维码内容", "content of the QR code"),
    "footer": (
        "本页自成一体，不访问网络。在本登记库中最早并不等于作者身份。",
        "This page is complete in itself and uses no network. "
        "First in the register is not proof of authorship.",
    ),
}


def words_of(lang: Lang) -> SimpleNamespace:
    """Every word of the page by its name."""
    column = 0 if lang == "zh" else 1
    return SimpleNamespace(**{name: pair[column] for name, pair in _WORDS.items()})
