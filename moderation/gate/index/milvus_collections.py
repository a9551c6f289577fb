"""Hashes and descriptors in collections of Milvus, searched exactly.

A verdict must not depend on what a graph happens to miss, so collections have flat indexes only:
`BIN_FLAT` under Hamming distance, asked for all within a radius, and `FLAT` under inner product.
Milvus multiplies in float32; the likeliest are fetched and multiplied once more in float64, as in
our own index (`descriptor_search`), so answers are the same to the last bit.

Every question is asked with strong consistency: what was written before it is seen.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.errors import IndexUnreachable, MissingExtra
from moderation.image.descriptor_search import (
    Found,
    Ids,
    Queries,
    Rounding,
    exact_products,
    likely,
    nearest_of,
)
from moderation.image.hashing import HashRecipe
from moderation.image.index import Codes, Near
from moderation.image.index import nearest_of as nearest_hashes

STRONG = "Strong"
_MOST_HITS = 16_384  # that Milvus gives for one query
_AT_ONCE = 1_000
_ID, _VALUE = "id", "value"
_WITHIN_S = 60.0


@contextmanager
def told_if_unreachable(place: str) -> Iterator[None]:
    """Milvus's own errors become ours.

    Raises:
        IndexUnreachable: the server does not answer, or refuses.
    """
    import grpc
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except (MilvusException, grpc.RpcError) as error:
        told = str(getattr(error, "message", "") or type(error).__name__).splitlines()[0]
        raise IndexUnreachable(
            f"the Milvus server at {place} does not do it: {told:.200}",
            hint="see that it runs, that its version is 2.5 or later, and that it lets us in",
        ) from error


def connected(uri: str, token: str, place: str) -> Any:
    """A client of Milvus.

    Args:
        uri: of the server, or a file for the embedded one.
        token: `USER:PASSWORD`, or empty.
        place: what people are told of it.

    Raises:
        MissingExtra: the client is not installed.
        IndexUnreachable: the server does not answer.
    """
    try:
        with warnings.catch_warnings():
            # The embedded server asks an old part of setuptools for its own version.
            warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
            from pymilvus import MilvusClient

            with told_if_unreachable(place):
                return MilvusClient(uri, token=token, timeout=_WITHIN_S)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"an index in Milvus needs `{error.name}`, which is not installed",
            hint="pip install 'notegate[milvus]'",
        ) from None


class Collection:
    """Numbers of pictures and one vector of each. Safe to use from many threads."""

    def __init__(self, client: Any, name: str, *, bits: int = 0, width: int = 0) -> None:
        """Open it, or make it.

        Args:
            client: of Milvus.
            name: of the collection.
            bits: of a binary vector; or
            width: numbers of a float vector.
        """
        self._client, self.name = client, name
        if not client.has_collection(name):
            self._make(bits, width)

    def put(self, ids: Sequence[int], values: Sequence[Any]) -> None:
        """Add or replace."""
        rows = [{_ID: i, _VALUE: v} for i, v in zip(ids, values, strict=True)]
        for at in range(0, len(rows), _AT_ONCE):
            self._client.upsert(self.name, rows[at : at + _AT_ONCE])

    def remove(self, ids: Sequence[int]) -> None:
        """Remove; numbers that are not there are passed over."""
        for at in range(0, len(ids), _AT_ONCE):
            self._client.delete(self.name, ids=list(ids[at : at + _AT_ONCE]))

    def __len__(self) -> int:
        told = self._client.query(
            self.name, filter="", output_fields=["count(*)"], consistency_level=STRONG
        )
        return int(told[0]["count(*)"])

    def rows(self) -> Iterator[tuple[int, Any]]:
        """Everything, in order of the numbers."""
        last = -1
        while True:
            some = self._client.query(
                self.name,
                filter=f"{_ID} > {last} and {_ID} <= {last + _AT_ONCE}",
                output_fields=[_ID, _VALUE],
                consistency_level=STRONG,
            )
            yield from sorted((int(row[_ID]), row[_VALUE]) for row in some)
            last += _AT_ONCE
            if not some and not self._above(last):
                return

    def search(
        self, values: Sequence[Any], limit: int, params: Mapping[str, Any], *, fetch: bool = False
    ) -> list[list[Mapping[str, Any]]]:
        """Milvus's own answer to each query."""
        return list(
            self._client.search(
                self.name,
                data=list(values),
                anns_field=_VALUE,
                limit=limit,
                search_params=dict(params),
                output_fields=[_VALUE] if fetch else [],
                consistency_level=STRONG,
            )
        )

    def _above(self, last: int) -> bool:
        return bool(
            self._client.query(
                self.name,
                filter=f"{_ID} > {last}",
                limit=1,
                output_fields=[_ID],
                consistency_level=STRONG,
            )
        )

    def _make(self, bits: int, width: int) -> None:
        from pymilvus import DataType

        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field(_ID, DataType.INT64, is_primary=True)
        index = self._client.prepare_index_params()
        if bits:
            schema.add_field(_VALUE, DataType.BINARY_VECTOR, dim=bits)
            index.add_index(_VALUE, index_type="BIN_FLAT", metric_type="HAMMING")
        else:
            schema.add_field(_VALUE, DataType.FLOAT_VECTOR, dim=width)
            index.add_index(_VALUE, index_type="FLAT", metric_type="IP")
        self._client.create_collection(
            self.name, schema=schema, index_params=index, consistency_level=STRONG
        )


class MilvusHashes:
    """Codes of one recipe; asked as `HashIndex` is."""

    def __init__(self, client: Any, name: str, recipe: HashRecipe) -> None:
        self.recipe = recipe
        self.collection = Collection(client, name, bits=recipe.bits)

    def add(self, ids: Ids, codes: Codes) -> None:
        """Codes uint8 [n, bytes] under ids int64 [n]; the next search finds them."""
        self.collection.put(ids.tolist(), [code.tobytes() for code in codes])

    def near(self, codes: Codes, radius_bits: int, limit: int) -> Near:
        """As `HashIndex.near`.

        Of a query with more hits than Milvus gives at a time, those that are as far as the
        farthest given may be others.
        """
        if not len(codes):
            return nearest_hashes([], limit)
        params = {"metric_type": "HAMMING", "params": {"radius": radius_bits + 1}}
        told = self.collection.search([code.tobytes() for code in codes], _MOST_HITS, params)
        hits = [(row, h[_ID], h["distance"]) for row, each in enumerate(told) for h in each]
        columns = np.array(hits, np.float64).reshape(-1, 3).astype(np.int64).T
        return nearest_hashes([(columns[0], columns[1], columns[2])], limit)

    def contents(self) -> dict[int, bytes]:
        """Id → code."""
        return {number: bytes(value[0]) for number, value in self.collection.rows()}


class MilvusDescriptors:
    """Descriptors of one model; asked as `DescriptorIndex` is."""

    def __init__(self, client: Any, name: str, dimensions: int) -> None:
        self.dimensions = dimensions
        self._rounding = Rounding(dimensions)
        self.collection = Collection(client, name, width=self._rounding.width)

    def add(self, ids: Ids, vectors: NDArray[np.float32]) -> None:
        """Descriptors float32 [n, d] under ids int64 [n]; the next search finds them."""
        self.collection.put(ids.tolist(), list(self._rounding.codes(vectors).astype(np.float32)))

    def nearest(self, vectors: NDArray[np.float32], limit: int, floor: float) -> Found:
        """As `DescriptorIndex.nearest`."""
        queries = self._rounding.queries(vectors)
        known: dict[int, NDArray[np.float32]] = {}
        rows, ids = likely(self._asked(known), queries, limit, len(self.collection))
        products = exact_products(
            queries, rows, ids, lambda some: np.stack([known[int(i)] for i in some])
        )
        return nearest_of([(rows, ids, products)], limit, floor)

    def rounded(self, vector: NDArray[np.float32]) -> bytes:
        """A descriptor float32 [d] as `contents` tells it."""
        return self._rounding.codes(vector[np.newaxis]).tobytes()

    def contents(self) -> dict[int, bytes]:
        """Id → rounded descriptor."""
        return {
            number: np.asarray(value, np.float32).astype("<f2").tobytes()
            for number, value in self.collection.rows()
        }

    def _asked(
        self, known: dict[int, NDArray[np.float32]]
    ) -> Callable[[Queries, int], tuple[NDArray[np.float32], Ids]]:
        def nearest(queries: Queries, k: int) -> tuple[NDArray[np.float32], Ids]:
            k = min(k, _MOST_HITS)
            told = self.collection.search(list(queries), k, {"metric_type": "IP"}, fetch=True)
            products = np.full((len(queries), k), -np.inf, np.float32)
            ids = np.full((len(queries), k), -1, np.int64)
            for row, hits in enumerate(told):
                for place, hit in enumerate(hits):
                    products[row, place], ids[row, place] = hit["distance"], hit[_ID]
                    known[hit[_ID]] = np.asarray(hit["entity"][_VALUE], np.float32)
            return products, ids

        return nearest
