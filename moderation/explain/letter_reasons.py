"""Phrases of the letter to an author: what was seen, how sure it is, and how to mend it.

They speak to whoever made the note. "Looks the same as" says what was compared; who took a picture,
and what somebody meant, no phrase claims to know.
"""

from __future__ import annotations

from collections.abc import Mapping

from moderation.explain.names import Phrase
from moderation.finding import FindingKind
from moderation.match import Direction

TITLE: Mapping[FindingKind, Phrase] = {
    FindingKind.IMAGE_COPY: Phrase(
        "A picture looks the same as one that was here before", "图片与此前发布的图片相同"
    ),
    FindingKind.IMAGE_COPY_PARTIAL: Phrase(
        "Part of a picture looks the same as one that was here before",
        "图片的一部分与此前发布的图片相同",
    ),
    FindingKind.IMAGE_WATERMARK_OF_OTHER: Phrase(
        "A picture bears the mark of an account", "图片带有账号水印"
    ),
    FindingKind.IMAGE_TEMPLATE: Phrase("A picture that many use", "多人使用的图片"),
    FindingKind.IMAGE_UNDECODABLE: Phrase("A picture could not be opened", "有图片无法打开"),
    FindingKind.IMAGE_AI_GENERATED_UNDECLARED: Phrase(
        "A picture's file says that AI made it, and the note does not",
        "图片文件显示由 AI 生成，笔记未作声明",
    ),
    FindingKind.IMAGE_QR: Phrase("A picture holds a code", "图片中有码"),
    FindingKind.TEXT_HARD_SELL: Phrase("The note reads like a sale", "笔记读来像是推销"),
    FindingKind.TEXT_SOFT_AD_UNDISCLOSED: Phrase(
        "The note reads like advertising, and does not say so", "笔记读来像是推广，但未作申明"
    ),
    FindingKind.TEXT_DISCLOSURE_BURIED: Phrase(
        "Readers hardly see that it is advertising", "推广申明不易被读者看到"
    ),
    FindingKind.TEXT_DIVERSION_CONTACT: Phrase(
        "The note gives a contact outside the platform", "笔记含有站外联系方式"
    ),
    FindingKind.TEXT_DIVERSION_PLATFORM: Phrase(
        "The note leads to another platform or shop", "笔记引导读者前往其他平台或店铺"
    ),
    FindingKind.TEXT_DIVERSION_PROFILE: Phrase(
        "The note sends readers to a profile", "笔记引导读者查看主页"
    ),
    FindingKind.TEXT_DIVERSION_SOLICIT: Phrase(
        "The note asks readers to write in private", "笔记引导读者私信或留暗号"
    ),
    FindingKind.TEXT_DIVERSION_GROUP: Phrase(
        "The note invites readers to a group", "笔记引导读者进群"
    ),
    FindingKind.TEXT_CLAIM_SUPERLATIVE: Phrase(
        "The note uses words that advertising law forbids", "笔记含有绝对化用语"
    ),
    FindingKind.TEXT_CLAIM_MEDICAL: Phrase(
        "The note reads like a medical promise", "笔记读来像是医疗功效宣称"
    ),
    FindingKind.TEXT_TEMPLATE_TWIN: Phrase(
        "The text is nearly the same as in another note", "文字与另一篇笔记几乎相同"
    ),
}
WIDELY_SHOWN = Phrase("A picture that many have shown", "多人发布过的图片")
FLOOD = Phrase("A picture that very many show at the moment", "短时间内大量账号发布的图片")
FLOOD_WORDS = Phrase(
    "So many accounts show it within an hour that a person looks at each. Nobody is blamed for it.",
    "一小时内有大量账号发布该图片，因此逐一由人工查看。这不构成对任何人的指责。",
)
UNCHECKED = Phrase("Not everything could be checked", "部分内容未能检查")
UNCHECKED_WORDS = Phrase(
    "One of the checks could not be completed. This is no fault of yours.",
    "有一项检查未能完成，这不是您的问题。",
)

COPY = Phrase(
    "{mine} looks the same as {theirs} in an earlier note{date}{by}; {extent}.",
    "{mine}与{by}{date}笔记中的{theirs}相同；{extent}。",
)
COPY_OF_LIST = Phrase(
    "{mine} looks the same as {theirs} on a list that the platform keeps; {extent}.",
    "{mine}与平台名单中的{theirs}相同；{extent}。",
)
MINE = Phrase("Picture {number} of your note", "您笔记中的第 {number} 张图片")
PART_OF_MINE = Phrase(
    "A part of picture {number} of your note", "您笔记中第 {number} 张图片的一部分"
)
THEIRS = Phrase("a picture", "一张图片")
PART_OF_THEIRS = Phrase("a part of a picture", "一张图片的一部分")
BY_ANOTHER = Phrase(" by somebody else", "他人")
ON_DATE = Phrase(" of {date}", "于 {date} 发布的")
NO_DATE = Phrase("", "更早发布的")
EXTENT: Mapping[Direction, Phrase] = {
    Direction.SAME: Phrase("both show the same from edge to edge", "两图画面范围相同"),
    Direction.QUERY_IN_ORIGINAL: Phrase(
        "yours shows {original} of that picture", "您的图片呈现了该图的{original}"
    ),
    Direction.ORIGINAL_IN_QUERY: Phrase(
        "that picture fills {query} of yours", "该图占您图片画面的{query}"
    ),
    Direction.OVERLAP: Phrase("they have {query} of yours in common", "两图共有您图片的{query}"),
}
MIRRORED = Phrase("Yours is turned over, left to right.", "您的图片经过左右翻转。")
NEARLY_ALL = Phrase("nearly all", "几乎全部")
ABOUT = Phrase("about {percent} %", "约 {percent}%")
LITTLE = Phrase("a small part", "一小部分")

WATERMARK = Phrase(
    "Near its edge, picture {number} reads “{text}”. None of the accounts that are known as yours "
    "is called so.",
    "第 {number} 张图片边缘可读到“{text}”，与已知属于您的账号均不相符。",
)
UNDECODABLE = Phrase(
    "Picture {number} could not be opened, so nobody could check it. It may have been damaged on "
    "its way here.",
    "第 {number} 张图片无法打开，因此未能检查；可能是上传途中损坏。",
)
TWIN = Phrase(
    "{share} of your text stands in an earlier note of {date} by somebody else, too. Both may "
    "quote a third; that cannot be told from here.",
    "您的文字有{share}的内容也见于他人 {date} 发布的笔记。双方可能都引自第三处，此处无从判断。",
)
SEEN_IN = Phrase("In picture {number}:", "第 {number} 张图片：")

SURE: Mapping[str, Phrase] = {
    "copy_sure": Phrase(
        "The two agree so closely that two pictures taken apart hardly could. A mistake is still "
        "possible.",
        "两图高度一致，分别拍摄的图片几乎不可能如此；但仍有误判的可能。",
    ),
    "copy_likely": Phrase(
        "They agree in many details and not in all, so a mistake is well possible.",
        "两图在许多细节上一致，但并非全部，因此确有误判的可能。",
    ),
    "copy_little": Phrase(
        "There is little in the picture that could be compared; that little agrees.",
        "图片中可供比对的细节很少，但这些细节一致。",
    ),
    "unverified": Phrase(
        "Only a short fingerprint of the other picture was there to compare. That proves nothing "
        "by itself.",
        "可供比对的只有另一图片的简短指纹，仅凭这一点不能证明什么。",
    ),
    "words_plain": Phrase("The words say so plainly.", "文字表述较为明确。"),
    "words_likely": Phrase(
        "It more likely reads so than not; it may be meant otherwise.",
        "读来更像如此，但也可能另有本意。",
    ),
    "words_doubtful": Phrase(
        "This is in doubt; it may well be meant otherwise.", "这一点存疑，很可能另有本意。"
    ),
    "read_in_picture": Phrase(
        "It was read in a picture, where letters are misread now and then.",
        "内容由图片识别得出，识别有时会出错。",
    ),
}

_OWN_PICTURE = Phrase("Show a picture of your own in its place.", "改用您自己拍摄或制作的图片。")
_PERMISSION = Phrase(
    "Or ask whoever made it for permission or a licence, and keep the answer.",
    "或向图片作者取得许可或授权，并保留凭据。",
)
_CREDIT = Phrase(
    "To name the source is polite, but it is no permission.", "注明出处值得肯定，但不等于获得许可。"
)
_YOURS = Phrase(
    "If it is your own work, or you may use it: appeal, and say so.",
    "若为您本人作品，或您有权使用：请申诉说明。",
)
_COPIES = (_OWN_PICTURE, _PERMISSION, _CREDIT, _YOURS)
_PLATFORM_MARK = Phrase(
    "Use the platform's own mark for cooperations when you publish.",
    "发布时请使用平台提供的合作标识。",
)
_ON_TOP = Phrase(
    "Or say it first thing in the note, in words that everybody understands: “advertisement”, “in "
    "cooperation with …”.",
    "或在笔记开头用通俗易懂的文字写明，例如“广告”“与××合作”。",
)
_NO_INTEREST = Phrase(
    "If nobody paid you, gave you anything or asked you for it: appeal, and say so.",
    "若没有人付费、赠送或委托：请申诉说明。",
)
_TAKE_OUT = Phrase("Take it out, of the text and of the pictures.", "请将其从文字和图片中删除。")
_INSIDE = Phrase(
    "Readers can ask in the comments, or use the platform's own shop.",
    "读者可在评论区提问，或使用平台内的店铺功能。",
)
_MISREAD = Phrase(
    "If the words mean something else: appeal, and say what.", "若文字另有含义：请申诉说明。"
)
_OUT = (_TAKE_OUT, _INSIDE, _MISREAD)
_NOTHING = Phrase("Nothing to do.", "无需处理。")

MEND: Mapping[FindingKind, tuple[Phrase, ...]] = {
    FindingKind.IMAGE_COPY: _COPIES,
    FindingKind.IMAGE_COPY_PARTIAL: _COPIES,
    FindingKind.IMAGE_WATERMARK_OF_OTHER: (
        *_COPIES[:3],
        Phrase(
            "If the account is yours too: link it in your settings, or appeal and say so.",
            "若该账号也属于您：请在设置中关联，或申诉说明。",
        ),
    ),
    FindingKind.IMAGE_TEMPLATE: (_NOTHING,),
    FindingKind.IMAGE_UNDECODABLE: (
        Phrase(
            "Save it again as JPEG or PNG, and upload it once more.",
            "请将图片重新存为 JPEG 或 PNG 后再次上传。",
        ),
    ),
    FindingKind.IMAGE_AI_GENERATED_UNDECLARED: (
        Phrase("Declare the help of AI when you publish.", "发布时请勾选 AI 创作声明。"),
        Phrase(
            "If the mark in the file is wrong: appeal, and attach the original file.",
            "若文件中的标识有误：请申诉并附上原始文件。",
        ),
    ),
    FindingKind.IMAGE_QR: (
        Phrase("Take the code out of the picture, or cover it.", "请去除或遮盖图片中的码。"),
        _INSIDE,
        Phrase(
            "If the code is harmless: appeal, and say where it leads.",
            "若该码无害：请申诉并说明其去向。",
        ),
    ),
    FindingKind.TEXT_HARD_SELL: (
        Phrase(
            "Tell of your own experience, good and bad.", "请分享您的真实体验，优点和缺点都可以写。"
        ),
        Phrase(
            "Or publish it as a product note of a business account.",
            "或使用专业号以商品笔记形式发布。",
        ),
        _MISREAD,
    ),
    FindingKind.TEXT_SOFT_AD_UNDISCLOSED: (_PLATFORM_MARK, _ON_TOP, _NO_INTEREST),
    FindingKind.TEXT_DISCLOSURE_BURIED: (_PLATFORM_MARK, _ON_TOP),
    FindingKind.TEXT_DIVERSION_CONTACT: _OUT,
    FindingKind.TEXT_DIVERSION_PLATFORM: _OUT,
    FindingKind.TEXT_DIVERSION_PROFILE: (
        Phrase("Say in the note what readers need to know.", "请在正文中直接写明读者需要的信息。"),
        _MISREAD,
    ),
    FindingKind.TEXT_DIVERSION_SOLICIT: _OUT,
    FindingKind.TEXT_DIVERSION_GROUP: _OUT,
    FindingKind.TEXT_CLAIM_SUPERLATIVE: (
        Phrase(
            "Write what you measured or felt yourself instead.",
            "请改为您亲自感受或可以验证的描述。",
        ),
        _MISREAD,
    ),
    FindingKind.TEXT_CLAIM_MEDICAL: (
        Phrase(
            "Take the promise out; medical advice belongs to verified professionals.",
            "请删除功效宣称；医疗建议应由认证的专业人士提供。",
        ),
        _MISREAD,
    ),
    FindingKind.TEXT_TEMPLATE_TWIN: (
        Phrase(
            "Write it in your own words, or say whom you quote.", "请用自己的话写，或注明引文出处。"
        ),
        Phrase(
            "If both accounts are yours, link them in your settings.",
            "若两个账号均属于您，请在设置中关联。",
        ),
    ),
}
NOTHING_TO_DO = (_NOTHING,)
PERSON_DECIDES = (
    Phrase(
        "Nothing to do: a person decides whether everybody may show it.",
        "无需处理：将由人工认定该图片是否可自由使用。",
    ),
)
