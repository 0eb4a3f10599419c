"""Correlations show by how much two ears' sounds are shifted, in bands, whatever the sound."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.encoders import CorrelationEncoder
from soundwalk.perception.encoders.correlation import WEIGHTINGS, mel_bands

BANDS, LEVELS = 8, 20
ENCODER = CorrelationEncoder(dim=16, hidden=32, bands=BANDS, levels=LEVELS).eval()
DELAYS = ENCODER.wave.shape[1] // BANDS
MIDDLE = DELAYS // 2


def shifted(samples: int, gain: float = 1.0, seed: int = 0) -> Tensor:
    """White noise (1, 2, 16000) that reaches the right ear later by whole samples."""
    noise = np.random.default_rng(seed).standard_normal(16_040) * 0.1
    left, right = noise[20:16_020], gain * noise[20 - samples : 16_020 - samples]
    return torch.from_numpy(np.stack([left, right]).astype(np.float32))[None]


def correlations(audio: Tensor) -> Tensor:
    """(weighting, band, delay)."""
    found = ENCODER.features(audio)[0, : WEIGHTINGS * BANDS * DELAYS]
    return found.reshape(WEIGHTINGS, BANDS, DELAYS)


@pytest.mark.parametrize("samples", [-9, -3, 0, 5, 12])
def test_every_band_and_weighting_peaks_at_the_true_delay(samples: int) -> None:
    found = correlations(shifted(samples))[:, 3:]  # low bands are wider than the head's delays
    peak = found.argmax(-1) - MIDDLE
    # The left ear leads: L R* turns by +2 pi f d, which exp(2 pi i f d') takes back at d' = -d.
    assert torch.equal(peak, torch.full_like(peak, -2 * samples))
    assert float(found.amax(-1).min()) > 0.8


def test_swapped_ears_turn_correlations_round_and_the_difference_of_levels_over() -> None:
    audio = shifted(4, gain=0.5)
    straight, swapped = ENCODER.features(audio)[0], ENCODER.features(audio.flip(1))[0]
    end = WEIGHTINGS * BANDS * DELAYS
    turned = straight[:end].reshape(-1, DELAYS).flip(-1).flatten()
    torch.testing.assert_close(swapped[:end], turned, atol=1e-4, rtol=0)
    torch.testing.assert_close(swapped[end : end + LEVELS], -straight[end : end + LEVELS])
    torch.testing.assert_close(swapped[end + LEVELS :], straight[end + LEVELS :])
    assert float(straight[end : end + LEVELS].mean()) == pytest.approx(np.log(2) / 2, abs=0.02)


def test_loudness_does_not_change_correlations() -> None:
    loud, soft = correlations(shifted(6)), correlations(shifted(6) * 0.1)
    torch.testing.assert_close(loud, soft, atol=1e-3, rtol=0)


def test_what_comes_first_counts_more_where_rises_are_weighted() -> None:
    audio = torch.zeros(1, 2, 16_000)
    direct, late = shifted(8, seed=1), shifted(-8, seed=2)
    audio[..., 4000:4400] = direct[..., 4000:4400]  # an onset from one side
    fading = torch.linspace(0.8, 0.0, 8000)
    audio[..., 4400:12_400] += fading * late[..., 4400:12_400]  # a long tail from the other
    alike, _, rise = correlations(audio)[:, 3:].mean(1)
    assert alike[MIDDLE + 16] > alike[MIDDLE - 16]
    share = [float(c[MIDDLE - 16] / c[MIDDLE + 16]) for c in (alike, rise)]
    assert share[1] > 3 * share[0]


def test_silence_has_no_direction_and_is_finite() -> None:
    assert float(correlations(torch.zeros(1, 2, 16_000)).abs().max()) == 0
    assert bool(torch.isfinite(ENCODER(torch.zeros(2, 2, 16_000))).all())


def test_bands_are_triangles_of_sum_one_that_cover_what_is_heard() -> None:
    bank = mel_bands(20, 512, 16_000)
    torch.testing.assert_close(bank.sum(1), torch.ones(20))
    assert bool((bank[:, 3:-1].sum(0) > 0).all())
    centres = bank.argmax(1)
    assert bool((centres[1:] > centres[:-1]).all())


def test_gradients_reach_every_weight() -> None:
    encoder = CorrelationEncoder(dim=4, hidden=8)
    encoder(torch.cat([shifted(s, seed=s) for s in range(4)])).square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in encoder.parameters())


def test_what_cannot_be_correlated_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="channels=4: a correlation compares 2 ears"):
        CorrelationEncoder(channels=4)
    with pytest.raises(SoundwalkError, match=r"bands=400: .* hold no bin"):
        CorrelationEncoder(bands=400)
    with pytest.raises(SoundwalkError, match=r"shape \(1, 1, 16000\): expected \(B, 2, T\)"):
        ENCODER(torch.zeros(1, 1, 16_000))
    with pytest.raises(SoundwalkError, match="100 samples"):
        ENCODER(torch.zeros(1, 2, 100))
