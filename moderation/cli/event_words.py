"""What the commands about events say, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase

HEAD_ENDPOINT = Phrase("Endpoint", "端点")
HEAD_ADDRESS = Phrase("Address", "地址")
HEAD_TYPES = Phrase("Types", "事件类型")
HEAD_STATE = Phrase("State", "状态")
HEAD_EVENT = Phrase("Event", "事件")
HEAD_TYPE = Phrase("Type", "类型")
HEAD_NOTE = Phrase("Note", "笔记")
HEAD_ATTEMPTS = Phrase("Attempts", "尝试次数")
HEAD_ERROR = Phrase("Last error", "最近错误")

ALL_TYPES = Phrase("all", "全部")
ACTIVE = Phrase("told", "推送中")
DISABLED = Phrase("disabled: {why}", "已停用：{why}")

ADDED = Phrase(
    "endpoint {number} is told of what happens from now on: {url}",
    "端点 {number} 将收到此后发生的事件：{url}",
)
SECRET = Phrase("its secret, shown this once: {secret}", "签名密钥（仅显示这一次）：{secret}")
UNKNOWN_TYPE = Phrase(
    "no event of type `{name}` is known here; the endpoint waits for it all the same",
    "尚无类型为 `{name}` 的事件；端点仍会等待该类型",
)
NO_ENDPOINTS = Phrase("nobody is subscribed", "没有任何订阅端点")
REMOVED = Phrase(
    "endpoint {number} is removed; {owed:,} events it had not received go with it",
    "端点 {number} 已移除；其未收到的 {owed:,} 个事件一并删除",
)
WAS_DISABLED = Phrase(
    "endpoint {number} is told nothing any more; {dead:,} events became dead letters",
    "端点 {number} 已停用；{dead:,} 个事件转入死信",
)
WAS_ENABLED = Phrase(
    "endpoint {number} is told of what happens from now on; see `moderation dlq replay`",
    "端点 {number} 已重新启用，将收到此后发生的事件；参见 `moderation dlq replay`",
)
TEST_RECEIVED = Phrase("endpoint {number} received the test event", "端点 {number} 已收到测试事件")
TEST_FAILED = Phrase(
    "endpoint {number} did not receive it: {error}", "端点 {number} 未收到：{error}"
)

NO_DEAD = Phrase("no dead letters", "没有死信")
REPLAYED = Phrase("{letters:,} will be tried again", "{letters:,} 个死信将重新投递")
DROPPED = Phrase("{letters:,} dropped", "已丢弃 {letters:,} 个死信")
DELIVERED = Phrase(
    "received: {received:,}; to be tried again: {failed:,}; dead letters: {dead:,}",
    "已送达：{received:,}；待重试：{failed:,}；死信：{dead:,}",
)
CONSUMED = Phrase(
    "judged: {judged:,}; sent to a person: {referred:,}; dead letters: {dead:,}",
    "已审核：{judged:,}；转人工：{referred:,}；死信：{dead:,}",
)
