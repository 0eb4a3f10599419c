"""The spectrogram observation against SciPy's STFT, and its streaming form against it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.signal import get_window, stft

from soundwalk.envs.interface import F32, F64, SoundwalkError
from soundwalk.perception.features import StreamingSpectrogram, spectrogram


def noise(*shape: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32) * 0.1


def reference(channel: F32) -> F64:
    """SoundSpaces' definition for one channel (T,), with SciPy's STFT and explicit blocks."""
    window: Any = np.zeros(512)  # an array is welcome to stft, though not to its stubs
    window[56:456] = get_window("hann", 400, fftbins=True)
    mirrored = np.pad(channel.astype(np.float64), 256, mode="reflect")
    _, _, z = stft(mirrored, 1.0, window, 512, 352, boundary=None, padded=False)
    magnitude = np.abs(z) * window.sum()  # SciPy divides by the sum of the window
    rows, columns = -(-magnitude.shape[0] // 4), -(-magnitude.shape[1] // 4)
    filled = np.zeros((4 * rows, 4 * columns))
    filled[: magnitude.shape[0], : magnitude.shape[1]] = magnitude
    return np.asarray(np.log1p(filled.reshape(rows, 4, columns, 4).mean((1, 3))))


def test_the_spectrogram_of_a_second_is_that_of_soundspaces() -> None:
    audio = noise(3, 2, 16_000)
    result = spectrogram(audio)
    assert result.shape == (3, 65, 26, 2)
    assert result.dtype == np.float32
    for item in range(3):
        for ear in range(2):
            expected = reference(audio[item, ear])
            np.testing.assert_allclose(result[item, :, :, ear], expected, atol=1e-5)


def test_a_tone_lies_in_its_band_and_its_time() -> None:
    audio = np.zeros((2, 16_000), np.float32)
    audio[0, 8000:] = np.sin(2 * np.pi * 2062.5 * np.arange(8000) / 16_000)
    result = spectrogram(audio)
    assert np.all(result[..., 1] == 0)
    assert np.all(result[:, 15:, 0].argmax(0) == 2062 // 125)
    assert result[:, :11, 0].max() < 1e-3


def test_audio_too_short_to_reflect_is_refused() -> None:
    with pytest.raises(SoundwalkError, match=r"shape \(2, 256\): expected .* T > 256"):
        spectrogram(np.zeros((2, 256), np.float32))


@pytest.mark.parametrize("block", [160, 1600, 4000, 8000, 16_000])
def test_streaming_equals_the_spectrogram_of_the_last_second(block: int) -> None:
    stream = StreamingSpectrogram(3, block)
    past = np.zeros((3, 2, 16_000), np.float32)
    for step in range(2 * 16_000 // block + 3):
        audio = noise(3, 2, block, seed=step)
        past = np.concatenate([past, audio], -1)[..., -16_000:]
        np.testing.assert_allclose(stream.push(audio), spectrogram(past), atol=1e-5)


def test_a_reset_stream_forgets_and_its_neighbours_do_not() -> None:
    stream, twin = StreamingSpectrogram(4), StreamingSpectrogram(4)
    for step in range(5):
        stream.push(noise(4, 2, 4000, seed=step))
        twin.push(noise(4, 2, 4000, seed=step))
    stream.reset([False, True, False, True])
    audio = noise(4, 2, 4000, seed=9)
    result, unbroken = stream.push(audio), twin.push(audio)
    past = np.concatenate([np.zeros((4, 2, 12_000), np.float32), audio], -1)
    np.testing.assert_allclose(result[[1, 3]], spectrogram(past)[[1, 3]], atol=1e-5)
    np.testing.assert_array_equal(result[[0, 2]], unbroken[[0, 2]])


def test_a_restarted_stream_goes_on_as_one_that_began_with_that_block() -> None:
    stream, fresh = StreamingSpectrogram(3), StreamingSpectrogram(1)
    for step in range(6):
        stream.push(noise(3, 2, 4000, seed=step))
    first, then = noise(1, 2, 4000, seed=20), noise(3, 2, 4000, seed=21)
    mask = np.array([False, True, False])
    np.testing.assert_array_equal(stream.restart(mask, first), fresh.push(first))
    for _ in range(5):
        np.testing.assert_array_equal(stream.push(then)[1:2], fresh.push(then[1:2]))


def test_a_stream_does_not_depend_on_how_many_run_beside_it() -> None:
    audio = noise(19, 2, 4000)
    many, one = StreamingSpectrogram(19), StreamingSpectrogram(1)
    for _ in range(5):
        np.testing.assert_array_equal(many.push(audio)[17:18], one.push(audio[17:18]))


def test_results_of_earlier_steps_are_not_overwritten() -> None:
    stream = StreamingSpectrogram(1)
    first = stream.push(noise(1, 2, 4000))
    kept = first.copy()
    stream.push(noise(1, 2, 4000, seed=1))
    np.testing.assert_array_equal(first, kept)


def test_streams_that_cannot_be_are_refused() -> None:
    with pytest.raises(SoundwalkError, match="num=0: expected 1 or more"):
        StreamingSpectrogram(0)
    for block in (0, 100, 4160):
        with pytest.raises(SoundwalkError, match=f"block={block} samples: expected a multiple"):
            StreamingSpectrogram(1, block)
    with pytest.raises(SoundwalkError, match=r"shape \(2, 2, 4000\): expected \(3, 2, 4000\)"):
        StreamingSpectrogram(3).push(noise(2, 2, 4000))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_number_of_channels_streams_to_the_spectrogram_of_the_last_second(
    channels: int,
) -> None:
    audio = np.random.default_rng(1).standard_normal((2, channels, 28_000)).astype(np.float32)
    stream = StreamingSpectrogram(2, 4000, channels)
    for start in range(0, 28_000, 4000):
        heard = stream.push(audio[:, :, start : start + 4000])
    assert heard.shape == (2, 65, 26, channels)
    np.testing.assert_allclose(heard, spectrogram(audio[:, :, -16_000:]), atol=2e-5)


def test_a_stream_without_channels_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="channels=0: expected 1 or more"):
        StreamingSpectrogram(1, 4000, 0)
