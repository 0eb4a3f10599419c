"""Streaming equals one offline convolution; change makes no clicks; rows do not mix."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import fftconvolve

from soundwalk.envs.acoustics import GeometricEngine, StreamingConvolver
from soundwalk.envs.interface import F32, F64, SoundwalkError
from soundwalk.envs.scenes import shoebox

BLOCK, FADE, LENGTH = 4000, 160, 8000


def noise(*shape: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def responses(count: int, seed: int = 1, length: int = LENGTH) -> F32:
    decay = np.exp(-np.arange(length) / 1200).astype(np.float32)
    return noise(count, 2, length, seed=seed) * decay


def stream(convolver: StreamingConvolver, dry: F32, rirs: list[F32]) -> F32:
    blocks = [dry[:, i * BLOCK : (i + 1) * BLOCK + FADE] for i in range(len(rirs))]
    return np.concatenate(
        [convolver.step(b, r) for b, r in zip(blocks, rirs, strict=True)], axis=-1
    )


def offline(dry: F32, rirs: F32) -> F64:
    return fftconvolve(dry[:, None].astype(float), rirs.astype(float), axes=-1)


def decibels(error: F64, signal: F64) -> float:
    return float(10 * np.log10(np.sum(error**2) / np.sum(signal**2)))


@pytest.mark.parametrize("length", [1000, 4000, 8000, 13_000])
def test_standing_still_equals_one_offline_convolution(length: int) -> None:
    dry, rirs = noise(3, 6 * BLOCK + FADE), responses(3, length=length)
    heard = stream(StreamingConvolver(3, 2, BLOCK, length, FADE), dry, [rirs] * 6)
    truth = offline(dry, rirs)[:, :, : 6 * BLOCK]
    assert decibels(heard - truth, truth) < -80


def test_a_stream_that_begins_late_equals_one_that_has_always_run() -> None:
    dry, rirs = noise(2, 5 * BLOCK + FADE), responses(2)
    convolver = StreamingConvolver(3, 2, BLOCK, LENGTH, FADE)
    which = np.array([2, 0])
    heard = convolver.begin(which, dry[:, :LENGTH], dry[:, LENGTH : LENGTH + BLOCK + FADE], rirs)
    truth = offline(dry, rirs)[:, :, LENGTH : LENGTH + BLOCK]
    assert decibels(heard - truth, truth) < -80
    silent = np.zeros((3, BLOCK + FADE), np.float32)
    silent[which] = dry[:, 3 * BLOCK : 4 * BLOCK + FADE]
    later = convolver.step(silent, np.stack([rirs[1], rirs[1], rirs[0]]))
    truth = offline(dry, rirs)[:, :, 3 * BLOCK : 4 * BLOCK]
    assert decibels(later[which] - truth, truth) < -80


def test_reset_forgets_only_the_listeners_it_names() -> None:
    dry, rirs = noise(2, BLOCK + FADE), responses(2)
    convolver = StreamingConvolver(2, 2, BLOCK, LENGTH, FADE)
    convolver.step(dry, rirs)
    convolver.reset(np.array([0]))
    rest = convolver.step(np.zeros_like(dry), rirs)
    assert np.abs(rest[0]).max() < 1e-4
    assert np.abs(rest[1]).max() > 0.1


@pytest.mark.parametrize("count", [1, 2, 5, 17])
def test_what_one_listener_hears_does_not_depend_on_the_batch(count: int) -> None:
    dry, rirs = noise(count, 3 * BLOCK + FADE), responses(count)
    together = stream(StreamingConvolver(count, 2), dry, [rirs] * 3)
    alone = stream(StreamingConvolver(1, 2), dry[-1:], [rirs[-1:]] * 3)
    np.testing.assert_array_equal(together[-1:], alone)


def test_sources_of_one_listener_add_up() -> None:
    dry, rirs = noise(5, 4 * BLOCK + FADE), responses(5)
    owners = np.array([0, 0, 0, 2, 2])
    together, apart = StreamingConvolver(3, 2), StreamingConvolver(5, 2)
    for i in range(4):
        blocks = dry[:, i * BLOCK : (i + 1) * BLOCK + FADE]
        heard, each = together.step(blocks, rirs, owners), apart.step(blocks, rirs)
        np.testing.assert_allclose(heard[0], each[:3].sum(0), atol=2e-3)
        np.testing.assert_allclose(heard[2], each[3:].sum(0), atol=2e-3)
        assert (heard[1] == 0).all()


@pytest.mark.parametrize("length", [3000, 8000, 13_000])
def test_a_silent_source_may_be_left_out_and_rings_on(length: int) -> None:
    """Leaving rows out is the same as sending zeros: with whole steps of silence in between."""
    dry, rirs = noise(2, 9 * BLOCK + FADE), responses(2, length=length)
    silent = slice(BLOCK + FADE, 7 * BLOCK + FADE)
    dry[:, silent] = 0
    with_zeros, without = (StreamingConvolver(2, 2, BLOCK, length, FADE) for _ in range(2))
    nobody = np.zeros(0, np.int64)
    for i in range(8):
        blocks = dry[:, i * BLOCK : (i + 1) * BLOCK + FADE]
        expected = with_zeros.step(blocks, rirs)
        if blocks.any():
            heard = without.step(blocks, rirs)
        else:
            heard = without.step(blocks[:0], rirs[:0], nobody)
        np.testing.assert_array_equal(heard, expected)


def test_sources_that_have_been_on_before_begin_together() -> None:
    dry, rirs = noise(3, 3 * BLOCK + FADE), responses(3)
    past, blocks = dry[:, : 2 * BLOCK], dry[:, 2 * BLOCK :]
    heard = StreamingConvolver(4, 2).begin(
        np.array([3, 1]), past, blocks, rirs, np.array([0, 0, 1])
    )
    truth = offline(dry, rirs)[:, :, 2 * BLOCK : 3 * BLOCK]
    assert decibels(heard[0] - truth[:2].sum(0), truth) < -80
    assert decibels(heard[1] - truth[2], truth) < -80


@pytest.mark.parametrize("owners", [[1, 0], [0, 2], [-1, 0]])
def test_owners_must_be_listeners_in_order(owners: list[int]) -> None:
    with pytest.raises(SoundwalkError, match="listeners 0 to 1 in ascending order"):
        StreamingConvolver(2, 2).step(noise(2, 4160), responses(2), np.array(owners))


def test_walking_and_turning_makes_no_clicks() -> None:
    engine = GeometricEngine(shoebox((6, 5, 2.7), absorption=0.3))
    steps = 8
    time = np.arange(steps * BLOCK + FADE) / 16_000
    dry = np.sin(2 * np.pi * 440 * time).astype(np.float32)[None]
    walk = [
        engine.rir((1.0, 1.0, 1.5), (2.0 + 0.25 * i, 3.0, 1.5), i * np.pi / 12)[None]
        for i in range(steps)
    ]
    heard = stream(StreamingConvolver(1, 2), dry, walk)[0, :, 2 * BLOCK :]
    frames = np.lib.stride_tricks.sliding_window_view(heard, 512, axis=1)[:, ::128]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(512))) ** 2
    frequency = np.fft.rfftfreq(512, 1 / 16_000)
    far = spectra[:, :, frequency > 2000].sum(2).max()  # a click is broad; the tone is at 440 Hz
    assert 10 * np.log10(far / spectra.sum(2).mean()) < -50


def test_wrong_shapes_and_sizes_are_named() -> None:
    with pytest.raises(SoundwalkError, match="fade=5000"):
        StreamingConvolver(1, 2, 4000, 8000, 5000)
    with pytest.raises(SoundwalkError, match="num=0"):
        StreamingConvolver(0, 2)
    convolver = StreamingConvolver(2, 2)
    with pytest.raises(SoundwalkError, match=r"blocks has shape \(2, 4000\)"):
        convolver.step(noise(2, 4000), responses(2))
    with pytest.raises(SoundwalkError, match=r"rirs has shape \(1, 2, 8000\)"):
        convolver.step(noise(2, 4160), responses(1))
    with pytest.raises(SoundwalkError, match="past has shape"):
        convolver.begin(np.array([0]), noise(2, 10), noise(1, 4160), responses(1))
