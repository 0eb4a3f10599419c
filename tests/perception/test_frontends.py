"""What networks of transformers are fed with is what their own feature extractors make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    ASTFeatureExtractor,
    Wav2Vec2FeatureExtractor,
    WhisperFeatureExtractor,
)
from transformers.audio_utils import mel_filter_bank

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.encoders.frontends import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    KaldiBanks,
    Pixels,
    Waveform,
    WhisperBanks,
)

RATE = 16_000


def sounds(seconds: float = 1.0) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(3, T): noise, a tone that fades, clicks."""
    rng = np.random.default_rng(0)
    t = np.arange(int(seconds * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * t) * np.exp(-3 * t)
    clicks = np.where(np.arange(t.size) % 3001 == 0, 0.5, 0.0)
    return np.stack([0.1 * rng.standard_normal(t.size), tone, clicks]).astype(np.float32)


def kaldi_filters(bins: int) -> torch.Tensor:
    filters = mel_filter_bank(
        257, bins, 20, RATE // 2, RATE, norm=None, mel_scale="kaldi",
        triangularize_in_mel_space=True,
    )  # fmt: skip
    return torch.as_tensor(filters)


def test_log_mel_features_of_ast_are_those_of_its_own_extractor() -> None:
    bins, frames = 64, 128  # of 128 bins some are empty
    theirs = ASTFeatureExtractor(num_mel_bins=bins, max_length=frames)
    expected = theirs(list(sounds()), sampling_rate=RATE, return_tensors="np")["input_values"]
    mine = KaldiBanks(kaldi_filters(bins), frames)(torch.from_numpy(sounds())[:, None])
    assert mine.shape == (3, frames, bins)
    np.testing.assert_allclose(mine.numpy(), expected, atol=2e-3)


def test_log_mel_features_of_whisper_are_those_of_its_own_extractor() -> None:
    theirs = WhisperFeatureExtractor(feature_size=80, chunk_length=2)
    expected = theirs(list(sounds()), sampling_rate=RATE, return_tensors="np")["input_features"]
    mine = WhisperBanks(torch.as_tensor(theirs.mel_filters), 200)(
        torch.from_numpy(sounds())[:, None]
    )
    assert mine.shape == (3, 80, 200)
    np.testing.assert_allclose(mine.numpy(), expected, atol=1e-4)


def test_waveforms_of_one_ear_are_those_of_wav2vec2s_own_extractor() -> None:
    theirs = Wav2Vec2FeatureExtractor(do_normalize=True)
    expected = theirs(list(sounds()), sampling_rate=RATE, return_tensors="np")["input_values"]
    mine = Waveform()(torch.from_numpy(sounds())[:, None])
    np.testing.assert_allclose(mine.numpy(), expected, atol=1e-4)


def test_two_ears_keep_their_difference_of_level() -> None:
    left = torch.from_numpy(sounds()[0])
    ears = torch.stack([left, left / 4])[None]
    first, second = Waveform()(ears)
    assert (first.std() / second.std()).item() == pytest.approx(4.0, rel=1e-3)
    torch.testing.assert_close(Waveform()(ears / 2), Waveform()(ears), atol=1e-3, rtol=1e-3)


def test_of_a_long_sound_the_newest_part_counts() -> None:
    long = torch.from_numpy(sounds(2.0))[:, None, : 197 * 160 + 400]  # whole frames
    kaldi = KaldiBanks(kaldi_filters(32), 50)
    torch.testing.assert_close(kaldi(long), kaldi(long[..., -(49 * 160 + 400) :]))
    whisper = WhisperBanks(torch.as_tensor(WhisperFeatureExtractor().mel_filters), 60)
    torch.testing.assert_close(whisper(long), whisper(long[..., -9600:]))


@pytest.mark.parametrize(
    "front",
    [
        Waveform(),
        KaldiBanks(kaldi_filters(32), 100),
        WhisperBanks(torch.as_tensor(WhisperFeatureExtractor().mel_filters), 100),
    ],
    ids=["waveform", "kaldi", "whisper"],
)
def test_silence_is_finite_and_has_finite_gradients(front: torch.nn.Module) -> None:
    silence = torch.zeros(2, 2, RATE, requires_grad=True)
    found = front(silence)
    assert found.isfinite().all()
    found.sum().backward()
    assert silence.grad is not None
    assert silence.grad.isfinite().all()


def test_a_sound_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="audio of 399 samples: expected at least 400"):
        KaldiBanks(kaldi_filters(32), 100)(torch.zeros(1, 1, 399))


def test_a_picture_of_imagenets_mean_colour_becomes_nothing_and_one_deviation_more_one() -> None:
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    picture = torch.stack([mean, mean + std]).reshape(2, 1, 1, 3).expand(2, 5, 6, 3)
    found = Pixels()(picture)
    assert found.shape == (2, 3, 5, 6)
    torch.testing.assert_close(found[0], torch.zeros(3, 5, 6), atol=1e-6, rtol=0)
    torch.testing.assert_close(found[1], torch.ones(3, 5, 6))


def test_depth_is_repeated_into_colours_and_brought_to_the_size_that_is_read() -> None:
    depth = torch.full((1, 8, 8, 1), 5.0)
    found = Pixels(3, (16, 12), mean=(0.5, 0.5, 0.5), std=(0.25, 0.5, 1.0), white=10.0)(depth)
    torch.testing.assert_close(found, torch.zeros(1, 3, 16, 12))
    single = Pixels(1, white=10.0, mean=(0.2, 0.4, 0.6), std=(0.1, 0.1, 0.1))(depth)
    torch.testing.assert_close(single, torch.ones(1, 1, 8, 8))
