"""The order of rows by instant and key, against a plain sort."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.analysis._listed import in_order_of_time
from hardal_frames.schema import TEXT

BOUNDS = np.iinfo(np.int64)
INSTANTS = st.one_of(
    st.integers(0, 5),
    st.integers(BOUNDS.min, BOUNDS.max),
    st.sampled_from([BOUNDS.min, BOUNDS.min + 1, 0, 1, BOUNDS.max - 1, BOUNDS.max]),
)


@given(rows=st.lists(st.tuples(INSTANTS, st.text("ab", max_size=2)), max_size=40))
def test_rows_come_by_instant_then_key_then_as_they_are(rows):
    """Also where instants are so far apart that only their first bits fit beside the row."""
    instants = np.array([instant for instant, _ in rows], dtype=np.int64)
    keys = pd.Series([key for _, key in rows], dtype=TEXT)
    found = in_order_of_time(instants, keys.array.take)
    assert found.tolist() == sorted(range(len(rows)), key=lambda row: (*rows[row], row))
