"""What rows of sounds send, sample by sample."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.simulators.emitters import Emitters, Sound


@pytest.mark.parametrize("length", [1, 7, 100, 4800, 5000, 30_000])
@pytest.mark.parametrize("first", [0, 3, 4799, 29_999, 1_000_003])
def test_a_clip_repeats_for_ever_whatever_its_length(length: int, first: int) -> None:
    dry = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    emitters = Emitters(1, 16_000)
    emitters.put(0, Sound(dry, np.zeros(3), offset=length // 3, gain=0.5))
    expected = 0.5 * dry[(first + length // 3 + np.arange(4800)) % length]
    np.testing.assert_array_equal(emitters.read(0, first, 4800), expected)
