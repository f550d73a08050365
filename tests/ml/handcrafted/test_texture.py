"""The homogeneous texture, on waves and noise whose spectrum is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.handcrafted import texture

SIZE = 64


def wave(frequency, degrees, amplitude=50.0):
    """(1, 64, 64): so many of the highest cycles, in 0..1, along that direction."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    turn = np.radians(degrees)
    place = columns * np.cos(turn) + rows * np.sin(turn)
    return (128 + amplitude * np.cos(np.pi * frequency * place)).astype(np.float32)[None]


def energies(grey):
    return texture.features(grey)[0, 2:32].reshape(5, 6)


@pytest.mark.parametrize("octave", range(4))
@pytest.mark.parametrize("direction", range(6))
def test_a_wave_has_its_energy_in_its_own_channel(octave, direction):
    found = energies(wave(0.75 / 2**octave, 30 * direction))
    assert np.unravel_index(found.argmax(), found.shape) == (octave, direction)


def test_a_wave_along_the_rows_by_arithmetic():
    # 24 cycles in 64 pixels: one coefficient of power (50 * 64 / 2)^2 and its mirror image, where
    # the filter is 1 and the frequency .75.
    channels, _, gain = texture._channels(SIZE)
    weight = channels.reshape(SIZE, SIZE // 2 + 1, 30)[0, 24, 0]
    expected = np.log10(1 + weight * (50 * 64 / 2) ** 2 / gain[0])
    np.testing.assert_allclose(energies(wave(0.75, 0))[0, 0], expected, rtol=1e-4)


def test_white_noise_has_its_variance_in_every_fine_channel():
    noise = np.random.default_rng(0).normal(128, 10, (1, 256, 256)).astype(np.float32)
    found = energies(noise)[:2]
    np.testing.assert_allclose(found, np.log10(1 + 100), atol=0.08)


def test_ten_times_the_contrast_is_two_more():
    # Squared: 100 times the energy.
    weak, strong = (energies(wave(0.375, 60, amplitude)) for amplitude in (5, 50))
    np.testing.assert_allclose((strong - weak)[1, 2], 2, atol=0.01)


@given(level=st.integers(0, 255))
def test_a_flat_picture_has_no_energy(level):
    found = texture.features(np.full((1, 32, 32), level, np.float32))[0]
    np.testing.assert_allclose(found, [level] + [0] * 61, atol=1e-3)


@settings(max_examples=20)
@given(seed=st.integers(0, 1000))
def test_a_transposed_picture_has_the_directions_swapped(seed):
    grey = np.random.default_rng(seed).uniform(0, 255, (1, 32, 32)).astype(np.float32)
    # x degrees become 90 - x: 0, 30, 60 are 90, 60, 30; 120 and 150 swap.
    swapped = energies(grey)[:, [3, 2, 1, 0, 5, 4]]
    np.testing.assert_allclose(energies(grey.transpose(0, 2, 1)), swapped, atol=1e-3)


def test_the_vector_of_black():
    vector = texture.describe(np.zeros((1, 3, 64, 64), np.float32))[0].reshape(62, 4)
    # A mean 111 below that of a mean painting is 2.6 deviations of 43: .4 of the lowest 1.5.
    np.testing.assert_allclose(vector[0], [2 * (3 - 111 / 43) / 1.5 - 1, -1, -1, -1], rtol=1e-5)
    # What has no contrast lies beyond 3 deviations, the finest octave (the first six) aside.
    np.testing.assert_array_equal(vector[[1, *range(8, 32), *range(38, 62)]], -1)
