"""All parts of the desk's store in one, for `Reading` and `Transaction`."""

from __future__ import annotations

from moderation.store.desk.cases import CaseWriting
from moderation.store.desk.checks import CheckReading, CheckWriting
from moderation.store.desk.insight import InsightReading
from moderation.store.desk.people import PeopleReading, PeopleWriting
from moderation.store.desk.queue import CaseReading
from moderation.store.desk.reports import ReportReading, ReportWriting
from moderation.store.desk.two_people import TwoPeopleReading


class DeskReading(
    CheckReading, CaseReading, TwoPeopleReading, InsightReading, PeopleReading, ReportReading
):
    """All questions about the desk."""


class DeskWriting(CaseWriting, CheckWriting, PeopleWriting, ReportWriting):
    """All that is written there."""
