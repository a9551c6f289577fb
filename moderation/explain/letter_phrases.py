"""Phrases of the letter to an author: what was decided, what is not held, and how to appeal."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.explain.names import Phrase
from moderation.finding import Difference
from moderation.verdict import Decision

HEADING: Mapping[Decision, Phrase] = {
    Decision.PASS: Phrase("Nothing is wrong with your note", "您的笔记没有问题"),
    Decision.LABEL: Phrase(
        "Your note is shown, with a word to readers", "您的笔记已展示，并附有提示"
    ),
    Decision.REVIEW: Phrase("A person will look at your note", "您的笔记正在等待人工审核"),
    Decision.BLOCK: Phrase("Your note is not shown to readers", "您的笔记未予展示"),
}
DECIDED: Mapping[Decision, Phrase] = {
    Decision.PASS: Phrase(
        "It was checked on {at}, and nothing was held against it. You need not do anything.",
        "审核时间：{at}。没有任何不利于该笔记的结论，您无需处理。",
    ),
    Decision.LABEL: Phrase(
        "This was decided on {at}. Readers are told what stands below.",
        "决定时间：{at}。读者会看到与下述内容有关的提示。",
    ),
    Decision.REVIEW: Phrase(
        "It was checked on {at}, and what stands below is for a person to judge. Nothing is "
        "decided yet, and you need not do anything.",
        "审核时间：{at}。下述内容须由人工判断，目前尚无决定，您无需处理。",
    ),
    Decision.BLOCK: Phrase(
        "This was decided on {at}, because of what stands below.",
        "决定时间：{at}。原因如下。",
    ),
}
NOT_WHOLE = Phrase(
    "Not everything could be checked in time; that is no fault of yours.",
    "部分内容未能及时检查完毕，这不是您的问题。",
)
BY_MACHINE = Phrase("A machine decided this, by fixed rules.", "该决定由机器按固定规则作出。")
BY_PERSON = Phrase("A person looked at it and decided.", "该决定由人工审核后作出。")

HEADING_LATER = Phrase(
    "An earlier decision, which no longer counts: {heading}", "较早的决定（已不再有效）：{heading}"
)
LATER = Phrase(
    "This decision no longer counts: another one took its place on {at}. Now {what}.",
    "本决定已不再有效，已于 {at} 由新的决定取代。目前{what}。",
)
LATER_EDITED = Phrase(
    "This is about your note as it was before you edited it. The edited note was checked on {at}, "
    "and that is what counts: {what}.",
    "本说明针对您修改之前的笔记。修改后的笔记已于 {at} 审核，以该结果为准：{what}。",
)
LATER_SAYS: Mapping[Decision, Phrase] = {
    Decision.PASS: Phrase("nothing is held against your note", "您的笔记没有问题"),
    Decision.LABEL: Phrase(
        "your note is shown, with a word to readers", "您的笔记已展示，并附有提示"
    ),
    Decision.REVIEW: Phrase(
        "your note waits for a person, and nothing is decided yet",
        "您的笔记正在等待人工审核，尚无决定",
    ),
    Decision.BLOCK: Phrase("your note is not shown to readers", "您的笔记未予展示"),
}
PERSON_FOUND: Mapping[str, Phrase] = {
    "mark": Phrase("They found that readers should be told.", "审核人员认为应向读者作出提示。"),
    "copied": Phrase(
        "They found that a picture looks the same as one that was here before, and saw no "
        "permission for it.",
        "审核人员认为有图片与此前发布的图片相同，且未见到使用许可。",
    ),
    "disguised": Phrase(
        "They found that the note sells, or leads readers elsewhere, without saying so.",
        "审核人员认为笔记在未作申明的情况下推销或引导读者前往别处。",
    ),
    "other": Phrase(
        "They had a reason of their own; ask for it in an appeal.",
        "审核人员另有理由；您可以在申诉中询问。",
    ),
    "mistaken": Phrase(
        "They found that the machine had been mistaken.", "审核人员认为机器的判断有误。"
    ),
    "permitted": Phrase(
        "They found that what was seen is allowed.", "审核人员认为所见情况属于允许范围。"
    ),
    "trifle": Phrase(
        "They found that what was seen is too little to act on.",
        "审核人员认为情况轻微，无需处理。",
    ),
}
"""By what the person chose, see `moderation.desk.choices`."""

NOT_HELD = (
    Phrase(
        "How many readers you have, and how well known you are: no check knows it.",
        "您有多少粉丝、是否知名：所有检查都不掌握这些信息。",
    ),
    Phrase(
        "That a note is commercial, as long as it clearly says so.",
        "笔记带有商业性质：只要清楚申明即可。",
    ),
    Phrase("That you appeal.", "您提出申诉。"),
)
ALLOWED: Mapping[Difference, Phrase] = {
    Difference.SAME_AUTHOR: Phrase(
        "What you have shown before yourself.", "您本人此前发布过的内容。"
    ),
    Difference.LINKED_ACCOUNT: Phrase(
        "What an account linked with yours has shown before.", "与您关联的账号此前发布过的内容。"
    ),
    Difference.LICENSED: Phrase("A picture for which you hold a licence.", "您持有授权的图片。"),
    Difference.PUBLISHED_EARLIER: Phrase(
        "That a later note shows the same: yours is the earlier one.",
        "更晚的笔记有相同内容：您的发布更早。",
    ),
    Difference.EXEMPT_TEMPLATE: Phrase(
        "A picture that everybody may use.", "所有人都可以使用的图片。"
    ),
    Difference.SHARED_TEXT: Phrase(
        "Words that several people had published before.", "此前已有多人发布过的文字。"
    ),
    Difference.DISCLOSED: Phrase(
        "That the note is commercial: you said so clearly.", "笔记的商业性质：您已清楚申明。"
    ),
    Difference.DECLARED: Phrase("That AI helped: the note says so.", "使用了 AI：笔记已作声明。"),
    Difference.OWN_HANDLE: Phrase(
        "The mark of an account in a picture: it is your own.", "图片上的账号水印：属于您本人。"
    ),
    Difference.HANDLE_NOT_COMPARABLE: Phrase(
        "The mark of an account in a picture: whose it is is not known here.",
        "图片上的账号水印：此处无法判断属于谁。",
    ),
    Difference.OVERTURNED: Phrase(
        "What a person has looked at and found not to be so.", "经人工查看、认定不成立的内容。"
    ),
}
"""What was seen in the note and weighs nothing."""

APPEAL = Phrase(
    "Appeal beside the message that brought you here, and write in your own words what is not so.",
    "请在通知您的消息旁提出申诉，并用自己的话说明哪里不对。",
)
APPEAL_UNTIL = Phrase("You can do so until {until}.", "申诉截止时间：{until}。")
APPEAL_OVER = Phrase("The time for it ended on {until}.", "申诉期已于 {until} 结束。")
APPEAL_LATER = Phrase(
    "If you do not agree with the decision that counts now, appeal against that one.",
    "若不同意现行决定，请针对该决定提出申诉。",
)
APPEAL_WAITING = Phrase(
    "You need not appeal: a person looks anyway. What helps can be said in an appeal at once.",
    "无需申诉：本来就会由人工查看。若有可供参考的材料，也可以现在就通过申诉提交。",
)
HELP_FILE = Phrase(
    "the original file, as the camera or the drawing program made it",
    "相机或绘图软件生成的原始文件",
)
HELP_PROJECT = Phrase("a project file with its layers or raw data", "含图层的工程文件或 RAW 文件")
HELP_LINK = Phrase(
    "a link to where you published it earlier, with a date", "您更早发布该作品的链接（带日期）"
)
HELP_LICENCE = Phrase(
    "the licence, or a message of whoever made it", "授权书，或图片作者的书面许可"
)
HELP_WORDS = Phrase(
    "what the marked words mean, and to whom they are said", "标出的文字是什么意思、是对谁说的"
)
HELP_INTEREST = Phrase(
    "whether anybody paid, gave you something or asked you for it", "是否有人付费、赠送或委托"
)
HELP_LEADS = Phrase("where the code leads", "该码指向哪里")
NO_HELP = Phrase(
    "A screenshot proves nothing: anybody can make one.", "截图不能作为证明：任何人都能制作。"
)
WHO_DECIDES = Phrase(
    "A person decides, and another one than whoever has decided about the note before.",
    "申诉由人工处理，且不会由此前审核过该笔记的人处理。",
)
THEN = Phrase(
    "If you are right, a new decision takes the place of this one, and what else rested on the "
    "mistake is put right as well. If not, this one stands. You are told either way.",
    "若申诉成立，将作出新的决定取代现有决定，并一并更正由同一误判引起的其他结论；若不成立，则维持原决定。"
    "无论结果如何都会通知您。",
)
