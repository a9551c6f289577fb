"""All parts of the desk's store in one, for `Reading` and `Transaction`."""

from __future__ import annotations

from moderation.store.desk.cases import CaseWriting
from moderation.store.desk.insight import InsightReading
from moderation.store.desk.people import PeopleReading, PeopleWriting
from moderation.store.desk.queue import CaseReading


class DeskReading(CaseReading, InsightReading, PeopleReading):
    """All questions about the desk."""


class DeskWriting(CaseWriting, PeopleWriting):
    """All that is written there."""
