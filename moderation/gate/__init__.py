"""The gate: a note in, a proven verdict out.

Seeing, without the register's lock:

- `examination`: what is seen of a picture and of words; `inside`, `marks`: what is read in them
- `underway`, `detector_pool`: the same in steps, so that what was seen can be asked at any time
- `followed_index`: the search indexes, following the register's log; `verification`, `trust`:
  whether they hold exactly what the register does
- `search`: candidates → matches → sightings
- `ahead`: a stream of notes, examined on all cores

Deciding and writing, under the lock:

- `conclusion`: examination → verdict → register
- `captions`: who published nearly the same words before
- `limits`, `brake`, `flood`: what is too much within an hour waits for a person
- `shadow`, `shadow_report`: another policy beside the live one
- `registration`, `imports`, `declarations`: what is put into the register

Answering:

- `submission`, `publishing`: what a publish pipeline asks, and its answer when it is due; `keys`:
  once for each key
- `completing`, `settling`, `referring`: final verdicts that are owed, and how each note gets one
- `rights`, `banks`, `templates`: what people tell the gate
- `gate`: `Gate`, the sentence that joins them; `compare`: two pictures without a register
"""

from moderation.gate.compare import compare
from moderation.gate.examination import DETECTORS
from moderation.gate.gate import Gate
from moderation.gate.imports import Registered
from moderation.gate.shadow import Shadow
from moderation.gate.verification import Verification

__all__ = ["DETECTORS", "Gate", "Registered", "Shadow", "Verification", "compare"]
