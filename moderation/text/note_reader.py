"""The trained note reader: what rules saw, a network read and grams weigh, as one reading.

Three experts give scores, and their weighted mean counts: the network has one for notes like those
of the community and one for notes written for learning (what tells a customer from a seller in the
one partly misleads in the other), and the grams are the third. All of it comes from a model folder
(`moderation.artifacts`) and runs on one thread. It reads what the author wrote, whole; of text in
pictures it knows what the rules saw in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from moderation.artifacts import CONFIG, NOTE_READER, Artifact, open_artifact
from moderation.errors import ArtifactError
from moderation.network import first_line, open_network
from moderation.note import Note
from moderation.text.amounts import amounts, in_columns
from moderation.text.calibration import Calibration
from moderation.text.grams import Grams, GramWeights
from moderation.text.pulls import pulls_of
from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS, TextReading
from moderation.text.rule_reading import declares_interest, read_by_rules
from moderation.text.ways_out import CLASSES, WaysOut
from moderation.text.whole_text import WholeText
from moderation.text.windows import Frame, padded, stretches, windows

KIND = "note-reader"
PIECES, SIGNALS = "pieces", "signals"
INTENT, DISCLOSURE = "intent", "disclosure"
OF_PIECES, OF_SIGNALS = "of_pieces", "of_signals"
WAYS_OUT = "ways_out"
"""Names of the graph's inputs and outputs."""

_OUTPUTS = (INTENT, DISCLOSURE, OF_PIECES, OF_SIGNALS, WAYS_OUT)

Scores = NDArray[np.float64]
Signals = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    """What `config.json` says."""

    graph: str
    tokenizer: str
    grams: str
    """File of the weights of grams."""
    frame: Frame
    names: tuple[str, ...]
    """Columns of the signals."""
    calibration: Calibration


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Answer:
    """What all experts say about one note; scores of intents and disclosures [experts, 5]."""

    intent: Scores
    disclosure: Scores
    of_pieces: Scores
    """[n, experts, 5]: what each piece or gram added to the scores of the intents."""
    of_signals: Scores
    """[signals, experts, 5]: the same of each column."""
    places: list[tuple[int, int]]
    """Start and end of each piece or gram in the whole text."""
    ways_out: Scores
    """[pieces, 7]: of leading nowhere, and of each of V1–V6."""

    @property
    def of_network(self) -> list[tuple[int, int]]:
        """Places of the network's pieces, which stand before the grams."""
        return self.places[: len(self.ways_out)]


class NoteReader:
    """Reads notes. Safe to share between threads."""

    def __init__(self, artifact: Artifact) -> None:
        """Open the reader of a checked folder.

        Raises:
            ArtifactError: the configuration, the pieces or the network cannot be used.
        """
        self._settings = settings = _settings(artifact)
        used = [n for n in sorted(artifact.files) if n.endswith((".onnx", ".safetensors"))]
        self.recipe = artifact.recipe(settings.tokenizer, *used)
        """Name and digest of what decides the answers: `note-reader_v1/3fa9c1…`."""
        self.detector = "note_reader@" + self.recipe.removeprefix("note-reader_")
        """As findings name it."""
        self._tokenizer = _tokenizer(artifact, settings)
        self._grams = _gram_weights(artifact, settings)
        self._session = open_network(artifact, settings.graph, (PIECES, SIGNALS, *_OUTPUTS))

    @classmethod
    def open(cls, folder: Path | None = None) -> Self:
        """The reader of a model folder, or the one that comes with this package.

        Raises:
            ModelNotFound: there is no such folder.
            DigestMismatch: a file of it was changed or damaged.
            ArtifactError: it is of another kind, or its network cannot be used.
        """
        return cls(open_artifact(NOTE_READER, KIND, folder))

    def read(self, note: Note, extra_fields: Sequence[tuple[str, str]] = ()) -> TextReading:
        """Read a note.

        Args:
            note: title, text, tags, links and the author's declarations count; fame never does.
            extra_fields: (field name, text) from pictures, as `("image[0].ocr", "…")`.

        Raises:
            ArtifactError: the network gives no answer.
        """
        settings, calibration = self._settings, self._settings.calibration
        ruled = read_by_rules(note, extra_fields)
        text = WholeText.of(note)
        seen = in_columns(amounts(ruled), settings.names)
        encoded, read = self._pieces(text)
        answer = self._answer(text.text, encoded, read, seen)
        leading = WaysOut.of(text, answer.of_network, answer.ways_out, ruled.signals)
        scores = calibration.mean(answer.intent)
        found = calibration.intent(scores)
        commercial = sum(found[name] for name in COMMERCIAL)
        of_signals = {
            name: calibration.mean(answer.of_signals[i])
            for i, name in enumerate(settings.names)
            if seen[i]
        }
        return replace(
            ruled,
            intent=found,
            signals=leading.weighed(calibration.ways_out),
            disclosure=calibration.disclosure(
                calibration.mean(answer.disclosure), commercial, declared=declares_interest(note)
            ),
            pulls=pulls_of(
                text, answer.places, calibration.mean(answer.of_pieces), of_signals, scores
            ),
            unread_chars=text.left_out + _unread(encoded.offsets, read),
            detector=self.detector,
        )

    def ways_out(self, note: Note) -> WaysOut:
        """Every place that may lead readers away, before it is decided on.

        Raises:
            ArtifactError: the network gives no answer.
        """
        ruled, text = read_by_rules(note), WholeText.of(note)
        seen = in_columns(amounts(ruled), self._settings.names)
        answer = self._answer(text.text, *self._pieces(text), seen)
        return WaysOut.of(text, answer.of_network, answer.ways_out, ruled.signals)

    def _pieces(self, text: WholeText) -> tuple[Encoding, list[tuple[int, int]]]:
        """The pieces of a note, and from where to where its windows read them."""
        encoded = self._tokenizer.encode(text.text, add_special_tokens=False)
        return encoded, stretches(len(encoded.ids), self._settings.frame)

    def _answer(
        self, text: str, encoded: Encoding, read: Sequence[tuple[int, int]], seen: Signals
    ) -> _Answer:
        rows = windows(encoded.ids, self._settings.frame)
        pieces = padded(rows, self._settings.frame.pad)
        experts = (len(self._settings.calibration.shares) - 1, len(INTENTS))
        try:
            found = self._session.run([*_OUTPUTS], {PIECES: pieces, SIGNALS: seen[None]})
            shapes = (
                experts,
                experts,
                (*pieces.shape, *experts),
                (len(seen), *experts),
                (*pieces.shape, CLASSES),
            )
            intent, disclosure, of_pieces, of_signals, ways_out = (
                np.asarray(one, np.float64).reshape(shape)
                for one, shape in zip(found, shapes, strict=True)
            )
            if not all(np.isfinite(one).all() for one in (intent, disclosure, ways_out)):
                raise ValueError("got scores that are no finite numbers")
        except Exception as error:  # ONNX Runtime's own classes are private
            raise ArtifactError(
                f"the network of `{self.recipe}` fails on {pieces.shape} pieces: "
                f"{first_line(error)}",
                hint="export the network again, or install the model again",
            ) from None
        places, kept, leading = [], [], []
        for row, (ids, (start, end)) in enumerate(zip(rows, read, strict=True)):
            places += [(0, 0), *encoded.offsets[start:end], (0, 0)]
            kept.append(of_pieces[row, : len(ids)])
            leading.append(ways_out[row, : len(ids)])
        grams = Grams.of(text)
        of_grams, seen_too = self._grams.of_grams(grams), self._grams.of_signals(seen)
        summed = of_grams.sum(axis=0) + seen_too.sum(axis=0) + self._grams.offset
        places += zip(grams.starts.tolist(), grams.ends.tolist(), strict=True)
        return _Answer(
            intent=np.concatenate([intent, summed[None, : len(INTENTS)]]),
            disclosure=np.concatenate([disclosure, summed[None, len(INTENTS) :]]),
            of_pieces=_beside(np.concatenate(kept), of_grams[:, : len(INTENTS)]),
            of_signals=np.concatenate([of_signals, seen_too[:, None, : len(INTENTS)]], axis=1),
            places=places,
            ways_out=np.concatenate(leading),
        )


def _beside(of_pieces: Scores, of_grams: Scores) -> Scores:
    """[p, experts, 5] and [g, 5] → [p + g, experts + 1, 5]: neither adds to the other's experts."""
    pieces, experts, answers = of_pieces.shape
    both = np.zeros((pieces + len(of_grams), experts + 1, answers))
    both[:pieces, :experts] = of_pieces
    both[pieces:, experts] = of_grams
    return both


def _unread(offsets: Sequence[tuple[int, int]], read: Sequence[tuple[int, int]]) -> int:
    """Code points between the windows that are read."""
    return sum(
        offsets[following][0] - offsets[end][0]
        for (_, end), (following, _) in pairwise(read)
        if following > end
    )


def _settings(artifact: Artifact) -> _Settings:
    config = artifact.config
    try:
        given: Mapping[str, Any] = config["input"]
        result: Mapping[str, Any] = config["output"]
        if tuple(result[INTENT]) != INTENTS or tuple(result[DISCLOSURE]) != DISCLOSURES:
            raise ValueError(f"answers are {result[INTENT]} and {result[DISCLOSURE]}")
        frame = Frame(
            start=int(given["start"]),
            end=int(given["end"]),
            pad=int(given["pad"]),
            window=int(given["window"]),
            overlap=int(given["overlap"]),
            most=int(given["windows"]),
        )
        if not 0 <= frame.overlap <= frame.window - 10 <= 4096 or not 2 <= frame.most <= 256:
            raise ValueError(f"windows of {frame.window} pieces that share {frame.overlap}")
        return _Settings(
            graph=str(config["graph"]),
            tokenizer=str(config["tokenizer"]),
            grams=str(config["grams"]),
            frame=frame,
            names=tuple(str(name) for name in given["names"]),
            calibration=Calibration.from_json(config["calibration"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"`{CONFIG}` of `{artifact.name}` cannot be used: {error}",
            hint="compare it with the page on own models",
        ) from None


def _gram_weights(artifact: Artifact, settings: _Settings) -> GramWeights:
    try:
        return GramWeights.from_bytes(
            artifact.file(settings.grams), len(settings.names), len(INTENTS) + len(DISCLOSURES)
        )
    except ValueError as error:
        raise ArtifactError(
            f"`{settings.grams}` of `{artifact.name}` cannot be used: {error}",
            hint="install the model again; the file is damaged",
        ) from None


def _tokenizer(artifact: Artifact, settings: _Settings) -> Tokenizer:
    try:
        return Tokenizer.from_str(artifact.file(settings.tokenizer).decode("utf-8"))
    except ArtifactError:
        raise
    except Exception as error:  # tokenizers raises plain exceptions
        raise ArtifactError(
            f"`{settings.tokenizer}` of `{artifact.name}` holds no pieces: {first_line(error)}",
            hint="install the model again; the file is damaged",
        ) from None
