"""Words of the insight page, with what each number cannot say, in Chinese and English."""

from __future__ import annotations

INSIGHT_WORDS: dict[str, tuple[str, str]] = {
    "insight": ("数据洞察", "Insight"),
    "insight_days": ("最近 {} 天", "{} days"),
    "insight_stretch": ("{since} 至 {until}", "{since} to {until}"),
    "insight_cut": (
        "数据过多，部分表格只统计了最近的记录：{}",
        "There is more than a page counts; of these only the last are counted: {}",
    ),
    "insight_closed": ("人工决定", "decisions"),
    "insight_answers": ("人工答复", "answers"),
    "insight_shadows": ("影子结论", "shadow verdicts"),
    "volume": ("每日结论数", "Verdicts per day"),
    "volume_says": (
        "系统自己看过的笔记，按最终结论计；每条结论只计最主要的原因。同一笔记审核两次计两次。",
        "Final verdicts on what the gate looked at itself; of each the strongest reason counts. "
        "A note that was checked twice counts twice.",
    ),
    "volume_sample": (
        "每 {} 条结论读取一条，数字为推算值。",
        "One verdict in {} was read; the numbers are extrapolated.",
    ),
    "volume_table": ("每日结论数（表）", "Verdicts per day, as a table"),
    "by_reason": ("按原因", "By reason"),
    "no_reason": ("无原因", "no reason"),
    "day": ("日期 (UTC)", "Day (UTC)"),
    "total": ("合计", "Total"),
    "precision": ("判断成立的比例", "How often it is so"),
    "precision_says": (
        "只看有人答复过的结论：未经人工而放行或拦截的、漏掉的，都不在其中。区间为 95 % 置信区间。",
        "Of verdicts that people answered, and of nothing else: not of what passed or was blocked "
        "without a person, nor of what was missed. Intervals are of 95 %.",
    ),
    "finding": ("判断", "Finding"),
    "confirmed": ("成立", "It is so"),
    "answered": ("有答复", "Answered"),
    "share": ("比例", "Share"),
    "interval": ("95 % 区间", "95 % interval"),
    "disputed": ("意见不一", "Disputed"),
    "agreement": ("两人意见一致的比例", "How often two people agree"),
    "agreement_says": (
        "同一结论、同一判断由两人分别答复；终结分歧的答复不计。两人都瞎猜，也会有一半一致。",
        "Pairs of people on one finding of one verdict, without answers that settle a dispute. Two "
        "people who guess agree on half of all.",
    ),
    "checks": ("质检", "Checks"),
    "checks_says": (
        "盲审：同一案件由另一人在不知情的情况下再作决定；标准案例：答案已知。难案更易出现分歧，数字不能用来给人排名。",
        "Second looks are decided cases that somebody else decided without knowing; of golden "
        "cases the right answer is known. Hard cases differ more often: no number ranks people.",
    ),
    "second_looks": ("盲审", "Second looks"),
    "second_look_same": ("与首次一致", "As decided first"),
    "golden_cases": ("标准案例", "Golden cases"),
    "golden_case": ("标准案例", "golden case"),
    "golden_right": ("与答案一致", "As is right"),
    "checks_differ": (
        "结果不同的案件，值得再看一眼：",
        "These came to something else, and are worth another look:",
    ),
    "same": ("一致", "The same"),
    "pairs": ("成对答复", "Pairs"),
    "overturn": ("申诉推翻率", "Appeals overturned"),
    "overturn_says": (
        "只含提出申诉的作者；没有申诉不等于判得对。",
        "Only authors who appealed are in it: who did not may have been right, too.",
    ),
    "overturned_word": ("已推翻", "Overturned"),
    "appeals": ("已决申诉", "Decided appeals"),
    "time_to_decide": ("决定用时", "Time to decision"),
    "time_says": (
        "从进入队列到作出决定，只含已生效的决定；仍在等待的见下表。",
        "From opening to the decision, of decisions in force; what still waits is not in it, see "
        "the queue below.",
    ),
    "decisions": ("结论", "Decisions"),
    "cases": ("案件", "Cases"),
    "median": ("中位数", "Median"),
    "p90": ("九成不超过", "Nine of ten within"),
    "longest": ("最长", "Longest"),
    "choices": ("所选理由", "What was chosen"),
    "queue_age": ("队列等待时间", "Age of the queue"),
    "queue_says": (
        "此刻仍在等待的案件，含已上报的；与所选时段无关。",
        "Cases that wait now, escalated ones included, whatever stretch is chosen.",
    ),
    "queue_sample": ("按每 {} 条取一条估算中位数。", "Medians are of one case in {}."),
    "appeal_kind": ("申诉", "appeal"),
    "people": ("每人决定数", "Decisions per person"),
    "people_says": (
        "以代号显示。难案用时更长、被推翻更多：这些数字不能用来给人排名。",
        "By pseudonyms. Whoever takes the hard cases is slower and overturned more often: no "
        "number here ranks people.",
    ),
    "person": ("人员", "Person"),
    "passed": ("放行", "Passed"),
    "drift": ("与上一时段相比", "Against the stretch before"),
    "drift_says": (
        "各原因占全部结论的比例与平均得分。区间不含 0 才算变化；二十次比较中会有一次误报。",
        "Share of each reason among all verdicts, and its mean score. It counts as a change where "
        "the interval leaves out 0; of twenty comparisons without any, one says so.",
    ),
    "now": ("本时段", "This stretch"),
    "before": ("上一时段", "Before"),
    "difference_share": ("比例变化", "Change of share"),
    "mean_score": ("平均得分", "Mean score"),
    "difference_score": ("得分变化", "Change of score"),
    "change_more": ("上升", "more"),
    "change_less": ("下降", "less"),
    "change_unclear": ("无法判断", "unclear"),
    "change_too_few": ("数量太少", "too few to say"),
    "shadow": ("影子策略的差异", "Shadow policies"),
    "shadow_says": (
        "另一策略若生效会作出的不同结论；逐条规则见 moderation shadow report。",
        "What another policy would have decided; rule by rule: moderation shadow report.",
    ),
    "acted": ("实际生效", "Acted"),
    "in_shadow": ("影子", "In the shadow"),
    "judged": ("已比较", "Judged"),
    "differs": ("不同", "Differs"),
    "from_to": ("{a} → {b}：{n}", "{a} → {b}: {n}"),
    "nothing_counted": ("此时段没有数据。", "Nothing was counted in this stretch."),
    "take_away": ("下载决定记录（代号）", "Take away the decisions (pseudonyms)"),
}
