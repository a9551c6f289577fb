"""What the command on readers' reports says to people, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase
from moderation.store import ReportOutcome

OUTCOMES = {
    ReportOutcome.OPENED: Phrase("{note}: a person is asked now", "{note}：已转人工处理"),
    ReportOutcome.ADDED: Phrase(
        "{note}: a person is asked already, and sees this, too",
        "{note}：已在等待人工处理，此条举报一并附上",
    ),
    ReportOutcome.KNOWN: Phrase(
        "{note}: known; of one reader the later words count",
        "{note}：此前已举报；同一读者以最后一次为准",
    ),
    ReportOutcome.ANSWERED: Phrase(
        "{note}: a person has looked at it for this reason, or it is blocked",
        "{note}：已就该原因人工处理过，或已被拦截",
    ),
}
COUNTED = {
    ReportOutcome.OPENED: Phrase("opened: {number:,}", "新立案：{number:,}"),
    ReportOutcome.ADDED: Phrase("added: {number:,}", "并入待审：{number:,}"),
    ReportOutcome.KNOWN: Phrase("known: {number:,}", "重复：{number:,}"),
    ReportOutcome.ANSWERED: Phrase("answered: {number:,}", "已处理过：{number:,}"),
}
REPORTED_MANY = Phrase("reports taken: {number:,}", "已接收举报：{number:,}")
