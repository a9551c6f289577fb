"""Other tools as engines: register pictures, answer a file with names and scores."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import cv2
import faiss
import imagehash
import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image

from moderation.training.attacks import Pixels
from moderation.training.evaluation.asking import Found
from moderation.training.evaluation.collection import Item

LISTED = 50
"""Most answers of an engine that ranks by distance alone."""
SHORTLIST = 20
"""Pictures that are verified by geometry."""
RATIO = 0.75
REPROJECTION_PX = 5.0
SIDE_PX = 640
"""Long side at which local features are found."""
INLIERS = 12
"""From which a match of local features is one: chance gives unrelated photographs up to 7."""


class Hashes:
    """Codes in a flat index; the score is 1 minus the share of bits that differ."""

    def __init__(self, items: Sequence[Item], bits: int, limit_bits: int) -> None:
        self._names = [item.name for item in items]
        self._bits, self._limit = bits, limit_bits
        self._index = faiss.IndexBinaryFlat(bits)
        self._index.add(np.stack([self.codes(item.pixels())[0] for item in items]))

    def codes(self, pixels: Pixels) -> NDArray[np.uint8]:
        """uint8 [needles, bits / 8]; the first is the picture's own."""
        raise NotImplementedError

    def ask(self, file: bytes) -> Found:
        """The nearest first."""
        distances, numbers = self._index.search(self.codes(decoded(file)), LISTED)
        best: dict[str, float] = {}
        for distance, number in zip(distances.ravel(), numbers.ravel(), strict=True):
            if number >= 0 and distance <= self._limit:
                name, score = self._names[number], 1 - float(distance) / self._bits
                best[name] = max(score, best.get(name, 0.0))
        return tuple(best.items())


class Phash(Hashes):
    """`imagehash.phash`, 64 bits."""

    levels: ClassVar[dict[str, float]] = {"match": 1 - 10 / 64, "sure": 1 - 4 / 64}

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(items, 64, 24)

    def codes(self, pixels: Pixels) -> NDArray[np.uint8]:
        return np.packbits(imagehash.phash(Image.fromarray(pixels)).hash.ravel())[None]


class Pdq(Hashes):
    """`pdqhash` with the eight turned hashes of the query."""

    levels: ClassVar[dict[str, float]] = {"match": 1 - 31 / 256, "sure": 1 - 16 / 256}

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(items, 256, 96)

    def codes(self, pixels: Pixels) -> NDArray[np.uint8]:
        vectors, _quality = pdqhash.compute_dihedral(pixels)
        return np.stack([np.packbits(vector) for vector in vectors])


class LocalFeatures:
    """Features of all pictures in one index, then ratio test and RANSAC on a shortlist.

    The score is the number of inliers, up to a thousand, over a thousand.
    """

    levels: ClassVar[dict[str, float]] = {"match": INLIERS / 1000, "sure": 2 * INLIERS / 1000}
    norm = cv2.NORM_L2

    def __init__(self, items: Sequence[Item], features: int) -> None:
        self._names = [item.name for item in items]
        self._detector = self.detector(features)
        self._query_detector = self.detector(2 * features)
        self._matcher = cv2.BFMatcher(self.norm)
        self._known = [self._found(self._detector, item.pixels()) for item in items]
        described = [descriptors for _, descriptors in self._known]
        self._owner = np.repeat(np.arange(len(items)), [len(d) for d in described])
        self._index = self.index(np.concatenate(described))

    def detector(self, features: int):
        """Of OpenCV."""
        raise NotImplementedError

    def index(self, descriptors: NDArray):
        """Of FAISS."""
        raise NotImplementedError

    def ask(self, file: bytes) -> Found:
        """Most inliers first."""
        points, descriptors = self._found(self._query_detector, decoded(file))
        if len(descriptors) < 2:
            return ()
        _, nearest = self._index.search(descriptors, 3)
        votes = Counter(self._owner[nearest[nearest >= 0]].tolist())
        found = []
        for number, _ in votes.most_common(SHORTLIST):
            inliers = self._inliers(points, descriptors, *self._known[number])
            if inliers >= 4:
                found.append((self._names[number], min(inliers, 1000) / 1000))
        return tuple(sorted(found, key=lambda pair: -pair[1]))

    def _inliers(self, points, descriptors, known_points, known_descriptors) -> int:
        if len(known_descriptors) < 2:
            return 0
        pairs = self._matcher.knnMatch(descriptors, known_descriptors, k=2)
        good = [a for a, *rest in pairs if rest and a.distance < RATIO * rest[0].distance]
        if len(good) < 4:
            return 0
        cv2.setRNGSeed(0)
        source = points[[m.queryIdx for m in good]]
        target = known_points[[m.trainIdx for m in good]]
        _, mask = cv2.findHomography(source, target, cv2.RANSAC, REPROJECTION_PX)
        return 0 if mask is None else int(mask.sum())

    def _found(self, detector, pixels: Pixels):
        ratio = SIDE_PX / max(pixels.shape[:2])
        if ratio < 1:
            pixels = cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        keypoints, descriptors = detector.detectAndCompute(grey, None)
        if descriptors is None:
            return np.zeros((0, 2), np.float32), np.zeros((0, self.width), self.kind)
        return np.float32([k.pt for k in keypoints]), descriptors


class Orb(LocalFeatures):
    """Binary features, searched exactly."""

    norm, width, kind = cv2.NORM_HAMMING, 32, np.uint8

    def detector(self, features: int):
        return cv2.ORB_create(features)

    def index(self, descriptors: NDArray):
        index = faiss.IndexBinaryFlat(8 * self.width)
        index.add(descriptors)
        return index


class Sift(LocalFeatures):
    """Float features in inverted lists."""

    width, kind = 128, np.float32

    def detector(self, features: int):
        return cv2.SIFT_create(features)

    def index(self, descriptors: NDArray):
        lists = max(1, min(1024, len(descriptors) // 40))
        index = faiss.IndexIVFFlat(faiss.IndexFlatL2(self.width), self.width, lists)
        index.cp.niter = 10
        index.train(descriptors)
        index.add(descriptors)
        index.nprobe = 16
        return index


def decoded(file: bytes) -> Pixels:
    """With Pillow, as users of these tools do."""
    with Image.open(io.BytesIO(file)) as image:
        return np.array(image.convert("RGB"))
