"""Names: what the wire words are called for people; labels of report, console and CLI."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

from moderation.finding import Cause, Difference, FindingKind
from moderation.match import Basis, Direction
from moderation.verdict import BRAKE, FLOOD, PERSON, Decision

Lang = Literal["zh", "en"]


class Phrase(NamedTuple):
    """One thing said in both languages; `{braces}` take values."""

    en: str
    zh: str

    def say(self, lang: Lang, **values: object) -> str:
        """The phrase in one language, with its values."""
        text = self.zh if lang == "zh" else self.en
        return text.format(**values)


_DECISIONS: Mapping[Decision, Phrase] = {
    Decision.PASS: Phrase("pass", "通过"),
    Decision.LABEL: Phrase("label", "加标签"),
    Decision.REVIEW: Phrase("review by a person", "人工复核"),
    Decision.BLOCK: Phrase("block", "拦截"),
}

_KINDS: Mapping[FindingKind, Phrase] = {
    FindingKind.IMAGE_COPY: Phrase("picture already registered", "图片已有登记"),
    FindingKind.IMAGE_COPY_PARTIAL: Phrase("part of a registered picture", "图片局部已有登记"),
    FindingKind.IMAGE_WATERMARK_OF_OTHER: Phrase("another account's watermark", "他人账号水印"),
    FindingKind.IMAGE_TEMPLATE: Phrase("known template", "常见模板"),
    FindingKind.IMAGE_UNDECODABLE: Phrase("unreadable picture", "图片无法读取"),
    FindingKind.IMAGE_AI_GENERATED_UNDECLARED: Phrase(
        "undeclared AI picture", "未声明的 AI 生成图片"
    ),
    FindingKind.IMAGE_QR: Phrase("code in a picture", "图片含二维码"),
    FindingKind.TEXT_HARD_SELL: Phrase("hard sell", "硬广推销"),
    FindingKind.TEXT_SOFT_AD_UNDISCLOSED: Phrase("undisclosed promotion", "疑似推广未申明利益相关"),
    FindingKind.TEXT_DISCLOSURE_BURIED: Phrase("disclosure hard to find", "利益申明不显著"),
    FindingKind.TEXT_DIVERSION_CONTACT: Phrase("contact outside the platform", "站外联系方式"),
    FindingKind.TEXT_DIVERSION_PLATFORM: Phrase("other platform or shop", "引导至其他平台或店铺"),
    FindingKind.TEXT_DIVERSION_PROFILE: Phrase("pointer to the profile", "引导查看主页"),
    FindingKind.TEXT_DIVERSION_SOLICIT: Phrase("request for private messages", "引导私信或留言"),
    FindingKind.TEXT_DIVERSION_GROUP: Phrase("invitation to a group", "引导进群"),
    FindingKind.TEXT_CLAIM_SUPERLATIVE: Phrase("absolute claim", "绝对化用语"),
    FindingKind.TEXT_CLAIM_MEDICAL: Phrase("medical claim", "医疗功效宣称"),
    FindingKind.TEXT_TEMPLATE_TWIN: Phrase("near-identical text", "文案高度雷同"),
}

_DIFFERENCES: Mapping[Difference, Phrase] = {
    Difference.SAME_AUTHOR: Phrase("same author", "同一作者"),
    Difference.LINKED_ACCOUNT: Phrase("linked account", "关联账号"),
    Difference.LICENSED: Phrase("licensed", "已获授权"),
    Difference.PUBLISHED_EARLIER: Phrase("published earlier", "发布更早"),
    Difference.EXEMPT_TEMPLATE: Phrase("exempt template", "模板豁免"),
    Difference.WIDELY_SHOWN: Phrase("widely shown", "多人发布"),
    Difference.SHARED_TEXT: Phrase("shared text", "多人使用的文案"),
    Difference.UNVERIFIED: Phrase("unverified", "未经验证"),
    Difference.DISCLOSED: Phrase("disclosed", "已申明"),
    Difference.DECLARED: Phrase("declared", "已声明"),
    Difference.OWN_HANDLE: Phrase("author's own account", "作者本人账号"),
    Difference.HANDLE_NOT_COMPARABLE: Phrase("account not comparable", "账号无法比对"),
    Difference.OVERTURNED: Phrase("overturned by a person", "人工复核不成立"),
    Difference.READ_IN_PICTURE: Phrase("read in a picture", "图中文字识别"),
}

_DIRECTIONS: Mapping[Direction, Phrase] = {
    Direction.SAME: Phrase("same extent", "画面范围相同"),
    Direction.QUERY_IN_ORIGINAL: Phrase("part of the earlier picture", "截取自较早图片"),
    Direction.ORIGINAL_IN_QUERY: Phrase("contains the earlier picture", "包含较早图片"),
    Direction.OVERLAP: Phrase("overlap", "部分重叠"),
}

_BASES: Mapping[Basis, Phrase] = {
    Basis.GEOMETRY: Phrase("details compared", "细节比对"),
    Basis.NEAR_EXACT_HASH: Phrase("almost identical hashes", "哈希几乎一致"),
    Basis.HASH_ONLY: Phrase("hash only, unverified", "仅比对哈希（未验证）"),
}

_CAUSES: Mapping[Cause, Phrase] = {
    Cause.ERROR: Phrase("had an error", "出错"),
    Cause.TIMEOUT: Phrase("ran out of time", "超时"),
    Cause.OVERLOAD: Phrase("was overloaded", "过载"),
}

_CHOICES: dict[str, Phrase] = {
    "mistaken": Phrase("it is not so: the machine was mistaken", "机器判断有误，不成立"),
    "permitted": Phrase("it is so, and allowed", "情况属实，但属允许"),
    "trifle": Phrase("it is so, and too little to act on", "情况属实，但轻微，无需处理"),
    "mark": Phrase("readers should be told", "应向读者标明"),
    "copied": Phrase("another's picture, without a right to it", "使用他人图片且无授权"),
    "disguised": Phrase("a sale or a contact in disguise", "变相营销或引流"),
    "other": Phrase("for another reason", "其他原因"),
}
"""What moderators may choose, see `moderation.desk.choices`."""
_TO_READERS: Mapping[str, Phrase] = _CHOICES | {
    "mistaken": Phrase("it is not so: the readers are wrong", "举报不成立"),
}
_REPORTS: Mapping[str, Phrase] = {
    "copy": Phrase("reported: somebody else's work", "举报：搬运他人作品"),
    "hidden_ad": Phrase("reported: a hidden advertisement", "举报：隐性广告"),
    "contact": Phrase("reported: leads off the platform", "举报：引流至站外"),
    "other": Phrase("reported: another reason", "举报：其他原因"),
}
"""What readers may say, see `moderation.store.ReportReason`."""


_BESIDE_RULES: Mapping[str, Phrase] = {
    PERSON: Phrase("a person's decision", "人工决定"),
    BRAKE: Phrase("too many blocks within an hour", "一小时内拦截过多"),
    FLOOD: Phrase("one picture from very many accounts", "大量账号发布同一图片"),
}


def choice_name(code: str, lang: Lang, *, to_readers: bool = False) -> str:
    """What a person's choice about a case is called; empty for one that is none.

    Args:
        code: of the choice.
        lang: of the name.
        to_readers: readers have asked, not the machine.
    """
    choices = _TO_READERS if to_readers else _CHOICES
    return choices[code].say(lang) if code in choices else ""


def report_name(reason: str, lang: Lang) -> str:
    """What a reader's reason is called; the code itself for one that nobody knows here."""
    return _REPORTS[reason].say(lang) if reason in _REPORTS else reason


def beside_rules_name(code: str, lang: Lang) -> str:
    """What a reason is called that no rule gives: a person, the brake, a flood; empty for others.

    Args:
        code: of the reason; of the brake with or without its rule.
        lang: of the name.
    """
    head = code.partition(".")[0]
    return _BESIDE_RULES[head].say(lang) if head in _BESIDE_RULES else ""


def decision_word(decision: Decision, lang: Lang) -> str:
    """What a decision is called: `review by a person`, `人工复核`."""
    return _DECISIONS[decision].say(lang)


def kind_name(kind: FindingKind, lang: Lang) -> str:
    """What a kind of finding is called."""
    return _KINDS[kind].say(lang)


def difference_name(difference: Difference, lang: Lang) -> str:
    """Why a score was lowered, in a word or two."""
    return _DIFFERENCES[difference].say(lang)


def direction_name(direction: Direction, lang: Lang) -> str:
    """Which picture holds which."""
    return _DIRECTIONS[direction].say(lang)


def basis_name(basis: Basis, lang: Lang) -> str:
    """On what a match rests."""
    return _BASES[basis].say(lang)


def cause_name(cause: Cause, lang: Lang) -> str:
    """Why a detector could not answer."""
    return _CAUSES[cause].say(lang)


def shown_score(score: float) -> str:
    """A score 0–1 with two decimals, rounded down: 1.00 would claim to be certain."""
    return f"{math.floor(100 * score + 1e-6) / 100:.2f}"
