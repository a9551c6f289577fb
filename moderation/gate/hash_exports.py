"""Hashes that leave a register, each under the terms that it came with.

The register's own go under the terms that its keeper states. What came on a list goes under that
list's source and licence, and only where these let it: the licence is one of those that are known
to allow it (`PASSED_ON`), or the keeper names it. Nobody reads licences here, so one that is
unknown, unsaid or in plain words keeps its hashes where they are; how many these are is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from moderation.archive import HashRow
from moderation.gate.imports import HASHES_AT_ONCE, portioned
from moderation.store import HashTerms, Register
from moderation.store.banks import BANK_NOTE_PREFIX

PASSED_ON = (
    *("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "PDDL-1.0"),
    *("ODC-By-1.0", "ODbL-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0"),
    *("CDLA-Sharing-1.0", "MIT", "TLP:WHITE", "TLP:CLEAR"),
)
"""Licences that are known to let everybody pass the data on: SPDX ids, and the traffic light
protocol's word for the same. Upper or lower case is the same."""
_KNOWN = frozenset(licence.casefold() for licence in PASSED_ON)


@dataclass(slots=True, kw_only=True)
class Leaving:
    """Which hashes may leave, and on what terms; counts those that may not as it goes."""

    own: HashTerms = field(default_factory=HashTerms)
    """For hashes that came on no list."""
    only: Collection[str] = ()
    """Sources of the lists that are wanted; empty for all, and the register's own."""
    allowed: Collection[str] = ()
    """Licences, in the words of the lists, that let hashes leave beside `PASSED_ON`; the empty
    one stands for lists that name none."""
    withheld: Counter[HashTerms] = field(default_factory=Counter)
    """List → hashes that stay because of it."""

    def rows(self, register: Register, recipe: str) -> Iterator[HashRow]:
        """Hashes of a register's pictures, by number; banks have an export of their own.

        One that came on several lists leaves once for each that lets it.

        Args:
            register: only read.
            recipe: of the hashes.
        """
        for portion in portioned(register.live_codes(recipe), HASHES_AT_ONCE):
            numbers = [number for number, _ in portion]
            held, listed = register.pictures(numbers), register.listed_hashes(numbers)
            for number, code in portion:
                picture = held.get(number)
                if picture is None or picture.note_id.startswith(BANK_NOTE_PREFIX):
                    continue
                for terms in self._terms([one.terms for one in listed.get(number, ())]):
                    yield HashRow(
                        note_id=picture.note_id,
                        author_id=picture.author_id,
                        published_at=picture.published_at,
                        image_number=picture.image_number,
                        recipe=recipe,
                        code=code,
                        quality=picture.quality,
                        licence=terms.licence,
                        source=terms.source,
                    )

    def _terms(self, lists: Collection[HashTerms]) -> Collection[HashTerms]:
        """Terms on which a hash leaves; those of `lists` that it came on, or the own."""
        if not lists:
            return () if self.only else (self.own,)
        wanted = [terms for terms in lists if not self.only or terms.source in self.only]
        leaving = [terms for terms in wanted if self._lets(terms.licence)]
        if not leaving:
            self.withheld.update(wanted)
        return leaving

    def _lets(self, licence: str) -> bool:
        return licence in self.allowed or licence.casefold() in _KNOWN
