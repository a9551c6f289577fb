"""What the page of a case shows, ready to print: proof, note, rules, history and what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.console.shelf import Shelf
from moderation.explain import Lang, choice_name, decision_word, message_to_author
from moderation.finding import Finding
from moderation.match import Match
from moderation.note import Claim
from moderation.report.exhibits import Exhibit, Shown
from moderation.report.look import reason_name
from moderation.report.views import NoteView, Viewer
from moderation.store import (
    Act,
    AuditRow,
    Case,
    CaseKind,
    CaseState,
    Golden,
    LogLine,
    ReadersSay,
    Register,
    Review,
    Said,
)
from moderation.verdict import Decision, Verdict

MOST_HISTORY = 8


class AtAddresses:
    """Pictures of a case at addresses that name nobody: its number, and places in its verdict."""

    def __init__(self, case: Case, verdict: Verdict, shelf: Shelf) -> None:
        self._case = case
        self._findings = verdict.findings
        self._shelf = shelf

    def picture(self, note_id: str, number: int) -> Shown | None:
        """A picture of the case's note; None where the note is not at hand."""
        note = self._shelf.note(note_id)
        if note is None or number >= len(note.images):
            return None
        return Shown(source=self._address(f"pictures/{number}"))

    def match(self, note_id: str, finding: Finding, match: Match) -> Exhibit:
        """Both pictures of a match, and one laid on the other where both are at hand."""
        place = next(i for i, one in enumerate(self._findings) if one is finding)
        query = self.picture(note_id, finding.image_number or 0)
        other = self._shelf.note(match.note_id)
        if other is None or match.image_number >= len(other.images):
            return Exhibit(query=_sized(query, match.query_size), original=None)
        at = f"findings/{place}/"
        original = _sized(Shown(source=self._address(f"{at}original")), match.original_size)
        if query is None:
            return Exhibit(query=None, original=original)
        return Exhibit(
            query=_sized(query, match.query_size),
            original=original,
            laid=_sized(Shown(source=self._address(f"{at}laid")), match.original_size),
            apart=_sized(Shown(source=self._address(f"{at}difference")), match.original_size),
            changed_at=f"/cases/{self._case.case_id}/{at}changed.json?v={self._case.verdict_id}",
        )

    def _address(self, what: str) -> str:
        # With the verdict, so that a browser never shows what an earlier one compared.
        return f"/cases/{self._case.case_id}/{what}.jpg?v={self._case.verdict_id}"


def _sized(shown: Shown | None, size: Sequence[int] | None) -> Shown | None:
    if shown is None or not size or min(size) < 1:
        return shown
    return Shown(source=shown.source, width=int(size[0]), height=int(size[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule that spoke."""

    name: str
    steps: tuple[tuple[float, str], ...]
    """(score, decision in words)."""
    asks: tuple[str, ...]
    """What else must hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """A case that was decided."""

    case: Case
    decision: str
    choice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """Everything to print for one case."""

    case: Case
    row: AuditRow
    note: NoteView
    rules: tuple[RuleView, ...]
    policy_kept: bool
    kinds: tuple[tuple[str, str], ...]
    """(kind, name) of what the verdict rests on."""
    alike: int
    """Other cases that wait and show the same picture; counted up to a bound."""
    history: tuple[tuple[AuditRow, str, tuple[str, ...]], ...]
    """(verdict, decision in words, names of the reasons) on other notes of the author."""
    earlier: tuple[PastCase, ...]
    claims: tuple[Claim, ...]
    reviews: tuple[Review, ...]
    log: tuple[LogLine, ...]
    readers: tuple[ReadersSay, ...]
    """What readers say of the note."""
    reported_revision: int | None
    """What readers had reported; None where the note was not edited since."""
    said: str
    """What was decided, in words; empty where nothing is."""
    differs: bool
    """Two people have decided differently."""
    golden: Golden | None
    """The right answer, where it is known."""
    told: Mapping[Lang, str]
    """What the author is told if the verdict stands as it is."""

    @property
    def is_reported(self) -> bool:
        """True where readers have asked, or have something to say as well."""
        return bool(self.readers) or self.case.kind is CaseKind.REPORT


def view_of(case: Case, register: Register, shelf: Shelf, lang: Lang, *, shown_to: str) -> CaseView:
    """Put together what the page of a case shows.

    Whoever is still to decide is not shown what others have said of the very same.

    Args:
        case: as it stands.
        register: asked for verdict, policy, claims and history.
        shelf: has the notes.
        lang: of the page.
        shown_to: name of the person whose page it is.
    """
    row = register.verdicts_numbered([case.verdict_id])[case.verdict_id]
    verdict = row.verdict
    at_hand = {}
    if (note := shelf.note(case.note_id)) is not None:
        at_hand[case.note_id] = note
    viewer = Viewer(at_hand, AtAddresses(case, verdict, shelf), lang, every_picture=True)
    policy = register.policy_said(verdict.policy_digest)
    works = register.works([case.work_id] if case.work_id is not None else [])
    return CaseView(
        case=case,
        row=row,
        note=viewer.note(verdict, 1),
        rules=_rules(policy or {}, verdict, lang),
        policy_kept=policy is not None,
        kinds=tuple((kind.value, reason_name(kind.value, lang)) for kind in verdict.reason_kinds()),
        alike=max(0, register.count_alike([case]).get(case.case_id, 0) - case.state.waits),
        history=_history(case, register, lang),
        earlier=_earlier(case, register, lang),
        claims=tuple(claim for work in works.values() for claim in work.claims),
        reviews=tuple(register.reviews(note_id=case.note_id, limit=MOST_HISTORY)),
        readers=tuple(register.readers_say(case.check_of or case.case_id)),
        reported_revision=register.reported_revision(case.check_of or case.case_id),
        log=tuple(
            line
            for line in register.case_log(case.case_id, limit=40)
            if not _is_kept_from(case, line, shown_to)
        ),
        said="" if case.waits_for_second and case.decided_by != shown_to else _said(case, lang),
        differs=case.state is CaseState.ESCALATED and register.two_differ(case),
        golden=register.golden(case.case_id),
        told={
            "zh": message_to_author(verdict, lang="zh"),
            "en": message_to_author(verdict, lang="en"),
        },
    )


def _rules(policy: Mapping[str, Any], verdict: Verdict, lang: Lang) -> tuple[RuleView, ...]:
    spoke = dict.fromkeys(reason.rule for reason in verdict.reasons)
    known = {rule["name"]: rule for rule in policy.get("rule", ())}
    return tuple(
        RuleView(
            name=name,
            steps=tuple(
                (step["at"], decision_word(Decision(step["decision"]), lang))
                for step in known[name]["steps"]
            ),
            asks=tuple(
                f"{asked}: {value}" for asked, value in known[name].get("when", {}).items() if value
            ),
        )
        for name in spoke
        if name in known
    )


def _history(
    case: Case, register: Register, lang: Lang
) -> tuple[tuple[AuditRow, str, tuple[str, ...]], ...]:
    if not case.author_id:
        return ()
    last: dict[str, AuditRow] = {}
    for row in register.verdicts_of_author(case.author_id, limit=2 * MOST_HISTORY):
        if row.verdict.note_id != case.note_id:
            last.setdefault(row.verdict.note_id, row)
    return tuple(
        (
            row,
            decision_word(row.verdict.decision, lang),
            tuple(dict.fromkeys(reason_name(r.code, lang) for r in row.verdict.reasons)),
        )
        for row in list(last.values())[:MOST_HISTORY]
    )


def _is_kept_from(case: Case, line: LogLine, name: str) -> bool:
    says_what = line.act in (Act.FIRST, Act.DECIDED, Act.UNDID)
    return case.waits_for_second and says_what and line.by != name


def _earlier(case: Case, register: Register, lang: Lang) -> tuple[PastCase, ...]:
    if case.work_id is None:
        return ()
    # A check shows what could be known when it was decided first.
    before = None if case.check_of is None else register.case(case.check_of).opened_at
    return tuple(
        PastCase(
            case=one,
            decision=decision_word(one.said.decision, lang),
            choice=_choice(one, one.said, lang),
        )
        for one in register.decided_on(case.work_id)
        if one.said is not None
        and one.decided_at is not None
        and one.case_id != case.case_id
        and (before is None or one.decided_at < before)
    )[:MOST_HISTORY]


def _said(case: Case, lang: Lang) -> str:
    if case.said is None:
        return ""
    return f"{decision_word(case.said.decision, lang)} · {_choice(case, case.said, lang)}"


def _choice(case: Case, said: Said, lang: Lang) -> str:
    return choice_name(said.choice, lang, to_readers=case.kind is CaseKind.REPORT)
