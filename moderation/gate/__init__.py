"""The gate: a note in, a proven verdict out.

- `examination`: what can be seen of a note without the register's lock
- `followed_index`: the search indexes, following the register's log
- `verification`: whether they hold exactly what the register does
- `search`: candidates → matches → sightings
- `captions`: who published nearly the same words before
- `conclusion`: examination → verdict → register, while the lock is held
- `limits`, `brake`, `flood`: what is too much within an hour waits for a person
- `shadow`, `shadow_report`: another policy beside the live one
- `registration`, `imports`, `declarations`: what is put into the register
- `ahead`: a stream of notes, examined on all cores
- `gate`: `Gate`, the sentence that joins them
- `compare`: two pictures without a register
"""

from moderation.gate.compare import compare
from moderation.gate.examination import DETECTORS
from moderation.gate.gate import Gate
from moderation.gate.imports import Registered
from moderation.gate.shadow import Shadow
from moderation.gate.verification import Verification

__all__ = ["DETECTORS", "Gate", "Registered", "Shadow", "Verification", "compare"]
