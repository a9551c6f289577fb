"""Phrases: for every kind of finding, why it matters and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.explain.names import Phrase
from moderation.finding import Difference, FindingKind
from moderation.match import Basis, Direction

SHOW_RIGHTS = Phrase(
    "Use a picture of your own; or attach the licence or the original file and appeal.",
    "请改用自己拍摄的图片；若已获授权或为本人作品，请附上授权书或原始文件并申诉。",
)
KEEP_INSIDE = Phrase(
    "Take it out; readers can ask in the comments or use the platform's own shop.",
    "请删除相关内容；读者可在评论区提问，或使用平台内的店铺功能。",
)
MARK_ON_TOP = Phrase(
    "Mark the cooperation at the top of the note, in words everybody understands.",
    "请在笔记开头用通俗易懂的文字申明合作关系（如“广告”“合作”）。",
)
NOTHING_TO_DO = Phrase("Nothing to do.", "无需处理。")

WHY: Mapping[FindingKind, Phrase] = {
    FindingKind.IMAGE_COPY: Phrase(
        "The note shows a picture that was in the register before.",
        "笔记中的图片此前已在库中登记。",
    ),
    FindingKind.IMAGE_COPY_PARTIAL: Phrase(
        "Part of a picture was in the register before.",
        "图片的一部分此前已在库中登记。",
    ),
    FindingKind.IMAGE_WATERMARK_OF_OTHER: Phrase(
        "The picture bears the watermark of an account.",
        "图片带有账号水印。",
    ),
    FindingKind.IMAGE_TEMPLATE: Phrase(
        "The picture is a known template, meme or brand asset that many use.",
        "该图片是多人使用的常见模板、表情包或品牌素材。",
    ),
    FindingKind.IMAGE_UNDECODABLE: Phrase(
        "The picture could not be read, so nobody could check it.",
        "图片无法读取，因此未能检查。",
    ),
    FindingKind.IMAGE_AI_GENERATED_UNDECLARED: Phrase(
        "A mark in the picture's file says that it was made with AI.",
        "图片文件中的标识显示该图由 AI 生成或合成。",
    ),
    FindingKind.IMAGE_QR: Phrase(
        "The picture holds a code that leads readers elsewhere.",
        "图片中含有可将读者引向别处的码。",
    ),
    FindingKind.TEXT_HARD_SELL: Phrase(
        "The note reads as a sale: prices, stock, booking or pressure to buy.",
        "笔记内容以促成交易为主：价格、库存、预订或催促下单。",
    ),
    FindingKind.TEXT_SOFT_AD_UNDISCLOSED: Phrase(
        "The note promotes a product, and no commercial interest is disclosed.",
        "笔记带有推广性质，但未申明利益相关。",
    ),
    FindingKind.TEXT_DISCLOSURE_BURIED: Phrase(
        "A commercial interest is disclosed where readers hardly see it.",
        "利益相关的申明位置不显著，读者难以看到。",
    ),
    FindingKind.TEXT_DIVERSION_CONTACT: Phrase(
        "The note gives a contact outside the platform.",
        "笔记含有站外联系方式。",
    ),
    FindingKind.TEXT_DIVERSION_PLATFORM: Phrase(
        "The note leads readers to another platform or shop.",
        "笔记引导读者前往其他平台或店铺。",
    ),
    FindingKind.TEXT_DIVERSION_PROFILE: Phrase(
        "The note sends readers to a profile for what it does not say itself.",
        "笔记引导读者到主页查看未在正文说明的信息。",
    ),
    FindingKind.TEXT_DIVERSION_SOLICIT: Phrase(
        "The note asks readers to write in private or to leave a sign.",
        "笔记引导读者私信或留言暗号。",
    ),
    FindingKind.TEXT_DIVERSION_GROUP: Phrase(
        "The note invites readers to a group.",
        "笔记引导读者加入群组。",
    ),
    FindingKind.TEXT_CLAIM_SUPERLATIVE: Phrase(
        "The note uses words that advertising law forbids, such as “the best”.",
        "笔记使用了广告法禁止的绝对化用语。",
    ),
    FindingKind.TEXT_CLAIM_MEDICAL: Phrase(
        "The note promises a medical effect or refers readers to a treatment.",
        "笔记宣称医疗功效，或推荐诊疗机构。",
    ),
    FindingKind.TEXT_TEMPLATE_TWIN: Phrase(
        "Another account published nearly the same text.",
        "另一账号发布过几乎相同的文案。",
    ),
}

DISCLOSED_PROMOTION = Phrase(
    "The note promotes a product and says so.", "笔记带有推广性质，并已申明。"
)
"""In place of the sentence above where the finding itself says that nothing is missing."""

MEND: Mapping[FindingKind, Phrase] = {
    FindingKind.IMAGE_COPY: SHOW_RIGHTS,
    FindingKind.IMAGE_COPY_PARTIAL: SHOW_RIGHTS,
    FindingKind.IMAGE_WATERMARK_OF_OTHER: SHOW_RIGHTS,
    FindingKind.IMAGE_TEMPLATE: NOTHING_TO_DO,
    FindingKind.IMAGE_UNDECODABLE: Phrase(
        "Save the picture as JPEG or PNG and upload it again.",
        "请将图片另存为 JPEG 或 PNG 后重新上传。",
    ),
    FindingKind.IMAGE_AI_GENERATED_UNDECLARED: Phrase(
        "Declare the help of AI when publishing; if the mark is wrong, attach the original file "
        "and appeal.",
        "请在发布时勾选 AI 创作声明；若标识有误，请附上原始文件并申诉。",
    ),
    FindingKind.IMAGE_QR: KEEP_INSIDE,
    FindingKind.TEXT_HARD_SELL: Phrase(
        "Tell of your own experience, or publish as a product note from a business account.",
        "请分享真实体验，或使用专业号以商品笔记形式发布。",
    ),
    FindingKind.TEXT_SOFT_AD_UNDISCLOSED: MARK_ON_TOP,
    FindingKind.TEXT_DISCLOSURE_BURIED: MARK_ON_TOP,
    FindingKind.TEXT_DIVERSION_CONTACT: KEEP_INSIDE,
    FindingKind.TEXT_DIVERSION_PLATFORM: KEEP_INSIDE,
    FindingKind.TEXT_DIVERSION_PROFILE: KEEP_INSIDE,
    FindingKind.TEXT_DIVERSION_SOLICIT: KEEP_INSIDE,
    FindingKind.TEXT_DIVERSION_GROUP: KEEP_INSIDE,
    FindingKind.TEXT_CLAIM_SUPERLATIVE: Phrase(
        "Replace the words by what you measured or felt yourself.",
        "请改为您亲自感受或可以验证的描述。",
    ),
    FindingKind.TEXT_CLAIM_MEDICAL: Phrase(
        "Take the promise out; medical advice belongs to verified professionals.",
        "请删除功效宣称；医疗建议应由认证的专业人士提供。",
    ),
    FindingKind.TEXT_TEMPLATE_TWIN: Phrase(
        "Write in your own words, or say whom you quote; if both accounts are yours, link them.",
        "请用自己的话撰写，或注明引自何处；若两个账号均属于您，请完成账号关联。",
    ),
}

ALLOWED: Mapping[Difference, Phrase] = {
    Difference.SAME_AUTHOR: Phrase(
        "Allowed: both are by the same author.", "属于允许情形：双方为同一作者。"
    ),
    Difference.LINKED_ACCOUNT: Phrase(
        "Allowed: the accounts are linked.", "属于允许情形：双方为关联账号。"
    ),
    Difference.LICENSED: Phrase(
        "Allowed: the author holds a licence for this picture.",
        "属于允许情形：作者持有该图片的授权。",
    ),
    Difference.PUBLISHED_EARLIER: Phrase(
        "Allowed: this note is the earlier one.", "属于允许情形：本笔记发布更早。"
    ),
    Difference.EXEMPT_TEMPLATE: Phrase(
        "Allowed: the picture is a template that everybody may use.",
        "属于允许情形：该图片为公用模板。",
    ),
    Difference.SHARED_TEXT: Phrase(
        "Allowed: several unrelated authors published these words before.",
        "属于允许情形：此前已有多位互不关联的作者发布过该文案。",
    ),
    Difference.DISCLOSED: Phrase(
        "Allowed: the commercial interest is clearly disclosed.",
        "属于允许情形：已清楚申明利益相关。",
    ),
    Difference.DECLARED: Phrase(
        "Allowed: the note says so itself.", "属于允许情形：笔记已作出声明。"
    ),
    Difference.OWN_HANDLE: Phrase(
        "Allowed: it is the author's own account.", "属于允许情形：该账号即作者本人账号。"
    ),
    Difference.OVERTURNED: Phrase(
        "Withdrawn: a person looked at it, and it is not so.",
        "已撤销：经人工复核，该项不成立。",
    ),
    Difference.HANDLE_NOT_COMPARABLE: Phrase(
        "Told only: the author's own accounts are not known here, so it cannot be compared.",
        "仅供参考：未提供作者本人账号信息，无法比对。",
    ),
}
"""Why a finding is no reproach. `unverified` is none of these: it is a doubt, not a permission."""

TWIN_ALLOWED: Mapping[Difference, Phrase] = {
    Difference.SAME_AUTHOR: Phrase(
        "Allowed: an earlier note of the same author has these words.",
        "属于允许情形：同一作者更早的笔记已有该文案。",
    ),
    Difference.LINKED_ACCOUNT: Phrase(
        "Allowed: an earlier note of a linked account has these words.",
        "属于允许情形：关联账号更早的笔记已有该文案。",
    ),
    Difference.LICENSED: Phrase(
        "Allowed: the author holds a licence for pictures of that other author.",
        "属于允许情形：作者持有对方图片的授权。",
    ),
}
"""In place of the sentence above, for `text.template_twin`."""
TWIN = Phrase(
    "{share} of it stands in note {note} of {date} too, and is {of_twin} of the text there.",
    "其中 {share} 也出现在 {date} 发布的笔记 {note} 中，占该文案的 {of_twin}。",
)
TWIN_LATER = Phrase(
    "{share} of it stands in note {note} too, which is of a later date, {date}.",
    "其中 {share} 也出现在更晚（{date}）发布的笔记 {note} 中。",
)

WIDELY_SHOWN_WHY = Phrase(
    "Many authors have shown this picture; nobody has decided yet whether all may.",
    "已有多位作者发布过该图片；尚未认定是否为公用模板。",
)
"""In place of the sentence on `image.template` while a proposal waits."""
WIDELY_SHOWN = Phrase(
    "Nobody is accused: {number} unrelated authors showed it before.",
    "不构成指责：此前已有 {number} 位互不关联的作者发布过该图片。",
)
CONFLICT = Phrase(
    "The list “{bank}” says that everybody may show it, and outside proof says whose it is: a "
    "person has to settle the two.",
    "名单“{bank}”允许所有人使用该图片，而站外证明已说明其归属：须由人工裁定。",
)
WIDELY_SHOWN_MEND = Phrase(
    "Nothing to do: a person decides whether the picture is free to show.",
    "无需处理：将由人工认定该图片是否可自由使用。",
)

UNVERIFIED = Phrase("Nothing is proven; a person must look.", "目前没有证据证实，须由人工查看。")

PAGES: Mapping[str, Phrase] = {
    "shop": Phrase(
        "Picture {number} reads like an app's page that sells something.",
        "第 {number} 张图片中的文字像是其他应用的商品页面。",
    ),
    "chat": Phrase(
        "Picture {number} reads like a sale in a chat.",
        "第 {number} 张图片中的文字像是聊天中的买卖。",
    ),
}

READ_IN_PICTURE = Phrase(
    "Only a picture says so; it may be misread, or show other people's words: a person must look.",
    "仅见于图片，可能识别有误，也可能是他人的文字，须由人工查看。",
)

ANOTHER_ACCOUNT = Phrase(
    "None of the author's own accounts is called so.", "作者本人账号均与之不符。"
)
READ_HANDLE = Phrase(
    "In a corner it reads “{text}” (account {handle}; reading sure to {confidence:.0%}).",
    "图片边角处可读到“{text}”（账号 {handle}，识别置信度 {confidence:.0%}）。",
)
SAID_AI = Phrase("Its {place} reads `{said}`{signed}.", "{place}中写有 `{said}`{signed}。")
UNDECLARED = Phrase("The note does not say so.", "笔记未作说明。")
PLACES: Mapping[str, Phrase] = {
    "c2pa": Phrase("content credential (C2PA)", "内容凭证（C2PA）"),
    "xmp": Phrase("XMP metadata", "XMP 元数据"),
    "exif": Phrase("EXIF metadata", "EXIF 元数据"),
    "png_text": Phrase("PNG text", "PNG 文本块"),
}
SIGNED: Mapping[str, Phrase] = {
    "verified": Phrase(", signed by a trusted signer", "（签名者可信）"),
    "untrusted": Phrase(
        ", signed, by a signer that nobody vouches for", "（有签名，签名者未列入信任名单）"
    ),
    "invalid": Phrase(", but the credential's seal is broken", "（但凭证校验未通过）"),
    "absent": Phrase(", as plain metadata without a signature", "（普通元数据，无签名）"),
}

MATCHED = Phrase(
    "{picture} matches a picture first seen in note {note} by {author}{date}",
    "{picture}与一张图片吻合：该图片最早见于{author}{date}发布的笔记 {note}",
)
MATCHED_LATER = Phrase(
    "{picture} matches a picture in note {note} by {author}{date}",
    "{picture}与{author}{date}发布的笔记 {note} 中的图片吻合",
)
MATCHED_BANK = Phrase(
    "{picture} matches a picture of the list “{bank}”",
    "{picture}与名单“{bank}”中的图片吻合",
)
BY_SAME_AUTHOR = Phrase("the same author", "同一作者")
BY_LINKED_ACCOUNT = Phrase("a linked account", "关联账号")
BY_ANOTHER_AUTHOR = Phrase("another author", "另一作者")

EXTENT: Mapping[Direction, Phrase] = {
    Direction.SAME: Phrase("{query} of this picture is that picture", "本图 {query} 即为该图"),
    Direction.QUERY_IN_ORIGINAL: Phrase(
        "this picture is a part of that one and shows {original} of it",
        "本图是该图的局部，呈现了其中 {original}",
    ),
    Direction.ORIGINAL_IN_QUERY: Phrase(
        "that picture fills {query} of this one", "该图占本图画面的 {query}"
    ),
    Direction.OVERLAP: Phrase(
        "they overlap: {query} of this picture, {original} of that one",
        "两图部分重叠：占本图 {query}，占该图 {original}",
    ),
}
MIRRORED = Phrase("mirrored", "已左右翻转")
LISTED = Phrase(
    "The hash came on a list of {source}; licence: {licence}.",
    "该哈希来自{source}提供的列表；许可：{licence}。",
)
NOT_SAID = Phrase("somebody who is not named", "未具名者")
NO_LICENCE = Phrase("not stated", "未注明")
PROOF: Mapping[Basis, Phrase] = {
    Basis.GEOMETRY: Phrase("{inliers} details agree", "{inliers} 处细节一致"),
    Basis.NEAR_EXACT_HASH: Phrase(
        "there is little detail to compare, but the hashes agree ({bits} of 256 bits differ)",
        "可比细节较少，但哈希吻合（256 位中相差 {bits} 位）",
    ),
    Basis.HASH_ONLY: Phrase(
        "only a hash was there to compare ({bits} of 256 bits differ)",
        "仅有哈希可供比对（256 位中相差 {bits} 位）",
    ),
}
