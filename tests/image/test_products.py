"""Products of rows: those of NumPy, whatever the shapes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from moderation.image.products import products


@given(st.data(), st.integers(1, 20))
def test_products_are_those_of_numpy(data: st.DataObject, length: int) -> None:
    """Whole numbers exactly; also where one side has no rows."""
    a, b = (
        data.draw(
            hnp.arrays(np.uint8, st.tuples(st.integers(0, 30), st.just(length))), label=name
        ).astype(np.float32)
        for name in "ab"
    )
    answer = products(a, b)
    assert answer.dtype == np.float32
    assert np.array_equal(answer, a @ b.T)
