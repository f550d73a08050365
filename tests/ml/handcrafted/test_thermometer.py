"""L1 as angles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ml.handcrafted.thermometer import columns


def test_columns_by_hand():
    values = np.array([[0.0, 0.25], [0.5, 0.75], [1.0, 7.0]])
    expected = [[-1, -1, 0, -1], [1, -1, 1, 0], [1, 1, 1, 1]]
    np.testing.assert_allclose(columns(values, top=1, pieces=2), expected)


@given(
    first=st.lists(st.integers(0, 4), min_size=6, max_size=6),
    second=st.lists(st.integers(0, 4), min_size=6, max_size=6),
)
def test_between_ends_of_pieces_the_cosine_is_l1_turned_round(first, second):
    """24 pieces, all -1 or 1: each one in which two columns differ takes 2/24 from the cosine."""
    one, other = columns(np.array([first, second], float), top=4, pieces=4)
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    distance = np.abs(np.subtract(first, second)).sum()
    np.testing.assert_allclose(cosine, 1 - distance / 12)
