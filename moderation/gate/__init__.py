"""The gate: a note in, a proven verdict out.

- `gate`: `Gate`, the one place where all of it meets
- `index`: what is searched, following the register's log
- `looking`: what is seen of a note, without the register's lock
- `deciding`: what was seen → verdict → register, under the lock
- `publishing`: an answer for the publish pipeline when it is due, and the final verdict after it
- `rights`: who may show what, as people say it
- `ahead`: a stream of notes on all cores; `imports`: archives that are not judged
- `compare`: two pictures without a register; `upkeep`: is it sound, how large is it
"""

from moderation.gate.compare import compare
from moderation.gate.deciding.shadow import Shadow
from moderation.gate.gate import Gate
from moderation.gate.imports import Registered
from moderation.gate.index.verification import Verification
from moderation.gate.looking.examination import DETECTORS

__all__ = ["DETECTORS", "Gate", "Registered", "Shadow", "Verification", "compare"]
