"""The synthesised bank: distinct, deterministic, loopable, audible all the time, level."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from soundwalk.envs.acoustics.sounds import SoundBank, synthesise
from soundwalk.envs.interface import CATEGORIES, F32, F64, UNHEARD_CATEGORIES, SoundwalkError

RATE = 16_000
FRAME = 320  # 20 ms


@cache
def variants(category: str) -> tuple[F32, ...]:
    return tuple(synthesise(category, variant) for variant in range(8))


def frame_power(clip: F32) -> F64:
    whole = clip[: clip.size // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(np.mean(np.square(whole, dtype=np.float64), axis=1))


def log_spectrum(clip: F32) -> F64:
    """Mean and spread over time of the level in 24 bands."""
    window = np.hanning(512)
    frames = np.lib.stride_tricks.sliding_window_view(clip, 512)[::256] * window
    power = np.abs(np.fft.rfft(frames)) ** 2
    edges = np.maximum.accumulate(np.geomspace(2, 256, 25).astype(int))
    bands = np.stack([power[:, a : max(b, a + 1)].mean(1) for a, b in pairwise(edges)], 1)
    levels = np.log(bands + 1e-7)
    return np.concatenate([np.log(bands.mean(0) + 1e-7), levels.std(0)])


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_clip_is_level_audible_all_the_time_and_spread_over_frequencies(category: str) -> None:
    for clip in variants(category):
        assert clip.dtype == np.float32
        assert 2 * RATE <= clip.size <= 4 * RATE
        power = frame_power(clip)
        active = power > power.max() * 1e-4
        assert np.sqrt(power[active].mean()) == pytest.approx(0.1, rel=0.03)
        assert np.abs(clip).max() <= 1.0
        sounding = np.flatnonzero(np.concatenate([active, active]))  # played in a loop
        assert np.diff(sounding).max() * FRAME / RATE <= 0.7
        spectrum = np.abs(np.fft.rfft(clip)) ** 2
        frequency = np.fft.rfftfreq(clip.size, 1 / RATE)
        for low, high in ((100, 700), (700, 2000), (2000, 7000)):
            share = spectrum[(frequency >= low) & (frequency < high)].sum() / spectrum.sum()
            assert share > 10**-3.5, (low, high)


def test_the_seam_of_a_loop_is_no_rougher_than_the_rest_of_the_clip() -> None:
    for category in CATEGORIES:
        for clip in variants(category):
            # A second difference shows clicks; around the seam it is as anywhere else.
            bend = np.abs(np.diff(np.concatenate([clip[-3:], clip[:3]]), n=2))
            assert bend.max() <= np.abs(np.diff(clip, n=2)).max() * 1.05, category


def test_nearest_centroid_tells_categories_apart_on_variants_it_never_saw() -> None:
    features = np.array([[log_spectrum(c) for c in variants(name)] for name in CATEGORIES])
    centroids = features[:, :6].mean(1)
    spread = np.sqrt(features[:, :6].var(1).mean(0)) + 1e-3
    distance = np.square((features[:, 6:, None] - centroids) / spread).sum(-1)
    truth = np.arange(len(CATEGORIES))[:, None]
    assert np.mean(distance.argmin(-1) == truth) >= 0.9


def test_the_same_call_gives_the_same_sound_and_another_variant_another() -> None:
    for category in CATEGORIES[::5]:
        np.testing.assert_array_equal(synthesise(category, 3), synthesise(category, 3))
        other = synthesise(category, 4)
        assert other.shape != synthesise(category, 3).shape or np.any(
            other != synthesise(category, 3)
        )


def test_another_sample_rate_gives_the_same_length_in_seconds_and_level() -> None:
    for category in ("telephone", "vacuum_cleaner", "speech"):
        low, high = synthesise(category, 1), synthesise(category, 1, 44_100)
        assert high.size / 44_100 == pytest.approx(low.size / RATE)
        assert np.sqrt(np.mean(high**2)) == pytest.approx(np.sqrt(np.mean(low**2)), rel=0.15)


@pytest.mark.parametrize(
    ("category", "variant", "rate", "message"),
    [
        ("dgo", 0, RATE, "unknown sound category 'dgo': did you mean 'dog'"),
        ("numpy", 0, RATE, "unknown sound category 'numpy'"),
        ("dog", -1, RATE, "variant -1 of dog: expected 0 or more"),
        ("dog", 0, 100, "sample rate 100 Hz: expected 8000 or more"),
    ],
)
def test_a_sound_that_cannot_be_made_is_refused(
    category: str, variant: int, rate: int, message: str
) -> None:
    with pytest.raises(SoundwalkError, match=message):
        synthesise(category, variant, rate)


def test_splits_share_no_clip_that_training_must_not_hear() -> None:
    bank = SoundBank.synthetic()
    assert len(bank.all_clips) == 28 * 8
    train = set(bank.clips("train"))
    assert len(train) == 20 * 6
    assert set(bank.clips("val", heard=True)) == train
    clips = {s: set(bank.clips(s, mode="unheard_clips")) for s in ("val", "test")}
    kinds = {s: set(bank.clips(s, heard=False)) for s in ("val", "test")}
    sets = [train, *clips.values(), *kinds.values()]
    assert sum(map(len, sets)) == len(set().union(*sets))
    assert {c.category for c in clips["val"]} == {c.category for c in train}
    assert {c.category for s in kinds.values() for c in s} == set(UNHEARD_CATEGORIES)
    assert {c.category for c in train}.isdisjoint(UNHEARD_CATEGORIES)


def test_unknown_splits_and_unheard_training_sounds_are_refused() -> None:
    bank = SoundBank.synthetic()
    with pytest.raises(SoundwalkError, match="unknown split 'vla': did you mean 'val'"):
        bank.clips("vla")  # type: ignore[arg-type]
    with pytest.raises(SoundwalkError, match="unknown sounds mode 'herd': did you mean 'heard'"):
        bank.clips("val", mode="herd")  # type: ignore[arg-type]
    with pytest.raises(SoundwalkError, match="'unheard' in split 'train': expected 'heard'"):
        bank.clips("train", heard=False)


def test_loading_twice_gives_the_same_read_only_samples() -> None:
    bank = SoundBank.synthetic()
    clip = bank.clips("train")[0]
    samples = bank.load(clip)
    assert samples is bank.load(clip)
    np.testing.assert_array_equal(samples, synthesise(clip.category, clip.index))
    with pytest.raises(ValueError, match="read-only"):
        samples[0] = 0
