"""Smaller descriptors, and bytes of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import BadInput
from ml.local import compact
from ml.local.keypoints import ROOTSIFT_SCALE, detect
from ml.resources import verified
from ml.whitening import read
from tests.ml.local.drawn import features, flat, one_hot, painting


@pytest.fixture(scope="module")
def found():
    return detect(painting(0), count=300)


def same(one, other):
    for field in ("points", "sizes", "angles", "descriptors"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
    np.testing.assert_allclose([one.width, one.height], [other.width, other.height])


def test_compact(found):
    small = compact.compact(found)
    assert small.descriptors.shape == (len(found), 64)
    assert small.descriptors.dtype == np.int8
    np.testing.assert_array_equal(small.points, found.points)


def test_compact_by_hand():
    projection = read(verified(compact.PROJECTION))
    only_value = one_hot(7) / ROOTSIFT_SCALE
    expected = (only_value - projection.mean) @ projection.projection * 256
    small = compact.compact(features(one_hot(7)))
    np.testing.assert_array_equal(small.descriptors, np.clip(np.rint(expected), -127, 127))


def test_directions_are_of_length_one_and_at_right_angles():
    axes = read(verified(compact.PROJECTION)).projection
    assert axes.shape == (128, 64)
    np.testing.assert_allclose(axes.T @ axes, np.eye(64), atol=2e-3)  # half floats


def test_distances_stay_about_what_they_were(found):
    large = found.descriptors.astype(float) / ROOTSIFT_SCALE
    small = compact.compact(found).descriptors.astype(float) / compact.SCALE
    pairs = np.random.default_rng(0).integers(0, len(found), (2, 500))
    before, after = (
        np.linalg.norm(each[pairs[0]] - each[pairs[1]], axis=1) for each in (large, small)
    )
    assert (after <= before + 0.05).all()
    assert np.corrcoef(before, after)[0, 1] > 0.9


def test_nothing_is_made_of_nothing():
    small = compact.compact(detect(flat()))
    assert small.descriptors.shape == (0, 64)
    same(compact.unpack(compact.pack(small)), small)


def test_packed_and_unpacked(found):
    small = compact.compact(found)
    packed = compact.pack(small)
    assert len(packed) == 10 + 71 * len(found)
    again = compact.unpack(packed)
    np.testing.assert_array_equal(again.descriptors, small.descriptors)
    np.testing.assert_allclose(again.points, small.points, atol=1 / 65536)
    np.testing.assert_allclose(again.sizes, small.sizes, atol=1 / 65536)
    turned = np.abs((again.angles - small.angles + 180) % 360 - 180)
    assert turned.max() <= 180 / 256 + 1e-3
    assert (again.width, again.height) == (small.width, small.height)
    assert again.points.dtype == again.sizes.dtype == again.angles.dtype == np.float32


def test_packed_again_the_same_bytes(found):
    packed = compact.pack(compact.compact(found))
    assert compact.pack(compact.unpack(packed)) == packed


def test_little_endian_bytes_by_hand():
    one = features(
        np.arange(64, dtype=np.int8)[None], points=[[0.5, 1]], sizes=[0.25], angles=[90], height=0.5
    )
    assert compact.pack(one) == (
        b"\x00\x00\x80?" b"\x00\x00\x00?" b"\x01\x00"
        b"\x00\x40" b"\x00\x80" b"\x00\x20" b"\x40" + bytes(range(64))
    )  # fmt: skip


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(data):
    try:
        read_back = compact.unpack(data)
    except BadInput:
        return
    assert len(read_back) == int.from_bytes(data[8:10], "little")
    assert len(data) == 10 + 71 * len(read_back)


@given(st.data())
def test_cut_off_or_too_long(data):
    packed = compact.pack(features(np.zeros((3, 64), np.int8), points=np.zeros((3, 2))))
    length = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(BadInput, match="no local features"):
        compact.unpack(packed[:length])
    with pytest.raises(BadInput, match="no local features"):
        compact.unpack(packed + data.draw(st.binary(min_size=1, max_size=200)))


def test_rootsift_as_it_is_cannot_be_packed(found):
    with pytest.raises(AssertionError):
        compact.pack(found)


def test_the_model_card_lies_beside_the_projection():
    path = verified(compact.PROJECTION)
    assert path.stat().st_size < 50_000
    assert path.with_suffix(".md").exists()
