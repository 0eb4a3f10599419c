"""Streaming equals one offline convolution; change makes no clicks; rows do not mix."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import fftconvolve

from soundwalk.envs.acoustics import GeometricEngine, StreamingConvolver
from soundwalk.envs.acoustics.streaming import _overlap
from soundwalk.envs.interface import F32, F64, SoundwalkError
from soundwalk.envs.scenes import shoebox

BLOCK, FADE, LENGTH = 4000, 800, 8000


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
        StreamingConvolver(2, 2).step(noise(2, 4800), responses(2), np.array(owners))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("silent", [0.0, 0.1])
def test_kept_spectra_are_those_of_the_responses_that_are_there(
    channels: int, silent: float
) -> None:
    """Two sources for each of six listeners; some stand still, and some fall silent."""
    rng, sources, size = np.random.default_rng(0), 12, (40, 60, 8)
    keeping = StreamingConvolver(6, channels, *size, sources)
    plain = StreamingConvolver(6, channels, *size)
    rirs = noise(sources, channels, 60)
    for step in range(8):
        changed = np.flatnonzero(rng.random(sources) < 0.6)
        rirs[changed] = noise(len(changed), channels, 60, seed=step + 10)
        keeping.let_go(changed)
        here = np.flatnonzero(rng.random(sources) >= silent)
        sent = noise(len(here), 48, seed=step)
        expected = plain.step(sent, rirs[here], here // 2)
        np.testing.assert_array_equal(keeping.step(sent, rirs[here], here // 2, here), expected)


def test_a_response_is_looked_at_again_only_when_its_spectrum_was_let_go() -> None:
    convolver, sent, ids = StreamingConvolver(4, 2, 40, 60, 8, 4), noise(4, 48), np.arange(4)
    unknown = np.full((4, 2, 60), np.nan, np.float32)
    convolver.step(sent, noise(4, 2, 60), None, ids)
    assert np.isfinite(convolver.step(sent, unknown, None, ids)).all()
    convolver.let_go(ids[2:])
    heard = np.isfinite(convolver.step(sent, unknown, None, ids)).all((1, 2))
    assert heard.tolist() == [True, True, False, False]


@pytest.mark.parametrize("sources", [[0], [1, 0], [0, 0], [-1, 0], [0, 3]])
def test_sources_are_those_that_are_kept_in_order(sources: list[int]) -> None:
    convolver = StreamingConvolver(2, 2, 40, 60, 8, 3)
    with pytest.raises(SoundwalkError, match=r"sources=\[.*0 to 2 in ascending order"):
        convolver.step(noise(2, 48), noise(2, 2, 60), None, np.array(sources))


def tone_or_noise(low: float, high: float, samples: int) -> F32:
    """A tone, or noise between two frequencies in hertz."""
    if low == high:
        return np.sin(2 * np.pi * low * np.arange(samples) / 16_000).astype(np.float32)
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(samples))
    frequency = np.fft.rfftfreq(samples, 1 / 16_000)
    spectrum[(frequency < low) | (frequency > high)] = 0
    return np.fft.irfft(spectrum, samples).astype(np.float32)


def splatter(heard: F32, low: float, high: float) -> float:
    """Energy more than 50 Hz outside a band over that of the whole signal (C, T), dB.

    Whoever walks at 1 m/s hears 3 kHz within 9 Hz of itself; 50 Hz are less than half a critical
    band. A Blackman window over all of it keeps what leaks below -100 dB.
    """
    spectra = np.abs(np.fft.rfft(heard.astype(float) * np.blackman(heard.shape[1]))) ** 2
    frequency = np.fft.rfftfreq(heard.shape[1], 1 / 16_000)
    far = (frequency < low - 50) | (frequency > high + 50)
    return float(10 * np.log10(spectra[:, far].sum() / spectra.sum()))


@pytest.mark.parametrize("walk", ["turning", "walking", "both"])
@pytest.mark.parametrize(("low", "high"), [(440, 440), (1000, 1000), (3000, 3000), (1000, 2000)])
def test_walking_and_turning_makes_no_clicks(walk: str, low: float, high: float) -> None:
    engine = GeometricEngine(shoebox((6, 5, 2.7), absorption=0.3))
    steps = 16
    ahead = 0.0 if walk == "turning" else 0.25
    turn = 0.0 if walk == "walking" else np.pi / 12
    rirs = [
        engine.rir((1.0, 1.0, 1.5), (1.2 + ahead * i, 3.0, 1.5), turn * i)[None]
        for i in range(steps)
    ]
    dry = tone_or_noise(low, high, steps * BLOCK + FADE)[None]
    heard = stream(StreamingConvolver(1, 2), dry, rirs)[0, :, 2 * BLOCK : -BLOCK]
    assert splatter(heard, low, high) < -50
    if low == high and walk == "walking":  # and the measure sees fades that are too short
        blocks = [dry[:, i * BLOCK : (i + 1) * BLOCK + 160] for i in range(steps)]
        short = StreamingConvolver(1, 2, BLOCK, LENGTH, 160)
        clicks = [short.step(b, r) for b, r in zip(blocks, rirs, strict=True)]
        assert splatter(np.concatenate(clicks, 2)[0, :, 2 * BLOCK : -BLOCK], low, high) > -40


def test_wrong_shapes_and_sizes_are_named() -> None:
    with pytest.raises(SoundwalkError, match="fade=5000"):
        StreamingConvolver(1, 2, 4000, 8000, 5000)
    with pytest.raises(SoundwalkError, match="num=0"):
        StreamingConvolver(0, 2)
    convolver = StreamingConvolver(2, 2)
    with pytest.raises(SoundwalkError, match=r"blocks has shape \(2, 4000\)"):
        convolver.step(noise(2, 4000), responses(2))
    with pytest.raises(SoundwalkError, match=r"rirs has shape \(1, 2, 8000\)"):
        convolver.step(noise(2, 4800), responses(1))
    with pytest.raises(SoundwalkError, match="past has shape"):
        convolver.begin(np.array([0]), noise(2, 10), noise(1, 4800), responses(1))


@pytest.mark.parametrize("ringing", [1, 50, 64, 65, 128, 150, 300])
def test_what_rings_on_is_kept_for_the_steps_in_which_it_is_heard(ringing: int) -> None:
    """Against one long sum, for tails of less than a block and of several."""
    block, steps = 64, 6
    rng = np.random.default_rng(ringing)
    wet = rng.standard_normal((steps, 1, 2, block + ringing)).astype(np.float32)
    expected = np.zeros((2, steps * block + ringing))
    tail, heard = np.zeros((1, 2, ringing), np.float32), np.empty((1, 2, block), np.float32)
    for step in range(steps):
        expected[:, step * block : (step + 1) * block + ringing] += wet[step, 0]
        _overlap(wet[step], tail, heard)
        now = expected[:, step * block : (step + 1) * block]
        np.testing.assert_allclose(heard[0], now, atol=1e-5)
    np.testing.assert_allclose(tail[0], expected[:, steps * block :], atol=1e-5)
