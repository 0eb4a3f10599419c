"""Networks of Hugging Face's transformers as encoders: image models, and audio models per ear."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from ...envs.interface import SAMPLE_RATE, SoundwalkError
from .frontends import (
    AUDIOSET_MEAN,
    AUDIOSET_STD,
    IMAGENET_MEAN,
    IMAGENET_STD,
    KaldiBanks,
    Pixels,
    Waveform,
    WhisperBanks,
    need_extra,
    white_of,
)
from .protocol import HEARD


class TransformersEncoder(nn.Module):
    """A model of transformers that reads images, waveforms, or log-mel features.

    Ears are encoded one by one with the same weights, and their features joined: (B, C D).

    Args:
        model: with `main_input_name` pixel_values, input_values (wav2vec 2.0 and its kin, AST) or
            input_features (Whisper, of which the encoder is used).
        key: the observation.
        processor: what came with the weights: image_mean and image_std, or mean and std of AST.

    Raises:
        SoundwalkError: the model reads something else.
    """

    keys: tuple[str, ...]
    rate = SAMPLE_RATE

    def __init__(
        self, model: nn.Module, key: str, processor: Mapping[str, Any] | None = None
    ) -> None:
        """See the class."""
        super().__init__()
        if getattr(model.config, "is_encoder_decoder", False):
            model = model.get_encoder()  # type: ignore[operator]
        self.model = model
        self._input = str(model.main_input_name)
        self.keys = ("rgb", "depth", "map") if self._input == "pixel_values" else HEARD
        self.preprocess = _front(model.config, self._input, key, processor or {})

    @classmethod
    def load(cls, name: str, key: str, *, scratch: bool = False, config: Any = None) -> Self:
        """A model of the hub, of the cache, or of a folder.

        Args:
            name: of the model, or the folder; used for messages only where there is a `config`.
            key: the observation.
            scratch: draw its weights anew.
            config: of transformers: make the model from it, with drawn weights.

        Raises:
            SoundwalkError: there is no such model, or no connection and it is not in the cache.
        """
        hub = need_extra("transformers")
        if config is not None:
            return cls(hub.AutoModel.from_config(config), key)
        try:
            if scratch:
                model = hub.AutoModel.from_config(hub.AutoConfig.from_pretrained(name))
            else:
                model = hub.AutoModel.from_pretrained(name)
        except (OSError, ValueError, ImportError) as error:
            raise SoundwalkError(
                f"transformers cannot load {name!r} ({' '.join(str(error).split())}): expected a "
                "model of the hub and a connection, one in the cache, or a folder"
            ) from error
        return cls(model, key, _processor(hub, name))

    def forward(self, observation: Tensor) -> Tensor:
        """(B, H, W, C) or (B, C, T) to (B, D) or (B, C D)."""
        batch = observation.shape[0]
        found = self.model(**{self._input: self.preprocess(observation)})
        pooled: Tensor | None = getattr(found, "pooler_output", None)
        if pooled is None:
            states: Tensor = found.last_hidden_state  # (B C, T', D) or (B, D, h, w)
            pooled = states.mean(1) if states.ndim == 3 else states.mean((2, 3))
        return pooled.reshape(batch, -1)


def _front(config: Any, reads: str, key: str, words: Mapping[str, Any]) -> nn.Module:
    """What turns an observation into the input of a model."""
    bins: Any = getattr(config, "num_mel_bins", None)
    if reads == "pixel_values":
        size = getattr(config, "image_size", None)
        pair = (size, size) if isinstance(size, int) else tuple(size) if size else None
        mean = words.get("image_mean", IMAGENET_MEAN)
        std = words.get("image_std", IMAGENET_STD)
        return Pixels(getattr(config, "num_channels", 3), pair, mean, std, white_of(key))
    if reads == "input_values" and bins is None:
        return Waveform()
    if reads == "input_values":
        filters = _filters(257, bins, low=20.0, scale="kaldi")
        mean, std = words.get("mean", AUDIOSET_MEAN), words.get("std", AUDIOSET_STD)
        return KaldiBanks(filters, config.max_length, mean, std)
    if reads == "input_features" and bins and hasattr(config, "max_source_positions"):
        return WhisperBanks(_filters(201, bins), 2 * config.max_source_positions)
    raise SoundwalkError(
        f"{type(config).__name__} describes a model that reads {reads}: expected one that reads "
        "pixel_values, input_values, or Whisper's input_features, such as ViT, wav2vec 2.0, AST"
    )


def _filters(bins: int, count: int, low: float = 0.0, scale: str = "slaney") -> Tensor:
    """(bins, count) mel filters up to 8 kHz."""
    kaldi = scale == "kaldi"
    from transformers.audio_utils import mel_filter_bank

    with warnings.catch_warnings():
        # AST's 128 filters are finer than 257 frequencies at the low end: some are empty.
        warnings.filterwarnings("ignore", "At least one mel filter")
        filters = mel_filter_bank(
            num_frequency_bins=bins,
            num_mel_filters=count,
            min_frequency=low,
            max_frequency=SAMPLE_RATE / 2,
            sampling_rate=SAMPLE_RATE,
            norm=None if kaldi else "slaney",
            mel_scale=scale,
            triangularize_in_mel_space=kaldi,
        )
    return torch.as_tensor(filters)


def _processor(hub: Any, name: str) -> dict[str, Any]:
    """What preprocessor_config.json says; nothing where there is none."""
    try:
        path = hub.utils.cached_file(
            name, "preprocessor_config.json", _raise_exceptions_for_missing_entries=False
        )
        words = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return {}
    return words if isinstance(words, dict) else {}
