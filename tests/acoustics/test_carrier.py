"""The noise of the late field is even in time and otherwise what the receiver made."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig
from soundwalk.envs.acoustics.carrier import even_out
from soundwalk.envs.acoustics.receivers import Ambisonics, Mono, Receiver, Sphere
from soundwalk.envs.interface import F64

RATE = 16_000


def slots(noise: F64) -> F64:
    """(..., slots) power in 10 ms, dB over the mean."""
    whole = noise.shape[-1] // 160 * 160
    power = (noise[..., :whole] ** 2).reshape(*noise.shape[:-1], -1, 160).mean(-1)
    return np.asarray(10 * np.log10(power / power.mean(-1, keepdims=True)))


@pytest.mark.parametrize("receiver", [Mono(), Sphere(), Ambisonics(1)], ids=str)
def test_no_stretch_is_faint_by_chance_and_power_and_coherence_stay(receiver: Receiver) -> None:
    config = AcousticConfig(receiver=receiver)
    raw = receiver.noise(config)
    even = even_out(raw, RATE).astype(np.float64)
    before, after = raw.sum(0).astype(np.float64), even.sum(0)
    assert np.abs(slots(after)).max() < 0.6 * np.abs(slots(before)).max()
    assert slots(after).std() < 0.5
    np.testing.assert_allclose(
        (even**2).mean(-1), (raw.astype(np.float64) ** 2).mean(-1), rtol=1e-4
    )
    frequencies = np.fft.rfftfreq(after.shape[1], 1 / RATE)
    for low, high in ((100, 500), (500, 1500), (2000, 6000)):
        inside = (frequencies >= low) & (frequencies < high)
        spectra = [np.fft.rfft(signal)[:, inside] for signal in (before, after)]
        cross = [(s @ s.conj().T).real for s in spectra]
        scale = np.sqrt(np.outer(np.diag(cross[0]), np.diag(cross[0])))
        np.testing.assert_allclose(cross[1] / scale, cross[0] / scale, atol=0.08)
