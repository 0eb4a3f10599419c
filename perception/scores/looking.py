"""The score of co-separation: what is seen where it looks like what is heard says what to take out.

Gao and Grauman 2019, "Co-separating sounds of visual objects": the mixture's U-Net is told by the
features of an object what to take out. Where the object is says the attention of Senocak et al.
2018: places that look like what is heard. Telling a U-Net at its coarsest level alone teaches it
slowly; here what is seen also becomes filters, one for each frequency, that the mixture is held
against: from where an object is follows the phase between the ears at each frequency, from what it
is the spectrum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ..encoders.layers import block, channels_last
from .tiled import TiledUNet
from .vectors import pick

_LAST = 8  # channels at full size


class Templates(nn.Module):
    """Maps of how well a spectrogram fits what is seen, each bin with its frequency's filter.

    a_k(f, t) = relu(norm(sum over planes p of W_kp(f) x_p(f, t) + b_k(f))), W and b linear in what
    is seen. For planes cos and sin of the phase between the ears that is what matches a direction.

    Args:
        dim: D, size of what is seen.
        planes: P of the spectrogram.
        frequencies: F of it.
        maps: K.
        norm: "batch" or "none".
    """

    def __init__(
        self, dim: int, planes: int, frequencies: int, maps: int, norm: str = "batch"
    ) -> None:
        super().__init__()
        self.shape = maps, planes + 1, frequencies
        self.filters = nn.Linear(dim, maps * (planes + 1) * frequencies)
        self.norm = nn.BatchNorm2d(maps) if norm == "batch" else nn.Identity()

    def forward(self, planes: Tensor, seen: Tensor) -> Tensor:
        """(B, P, F, T) and (B, D) to (B, K, F, T)."""
        filters = self.filters(seen).view(-1, *self.shape)  # (B, K, P + 1, F)
        match = torch.einsum("bpft,bkpf->bkft", planes, filters[:, :, :-1])
        fitting: Tensor = self.norm(match + filters[:, :, -1, :, None]).relu()
        return fitting


class TiledMask(nn.Module):
    """Image, sound and a pyramid over its spectrogram to logits of a mask.

    The mean of v(x), weighted by softmax(v(x) . a / τ) over the places of the image, is tiled into
    the U-Net of the mixture, and makes `Templates` that join each of its levels.

    Args:
        widths: channels of the pyramid's levels, finest first, as `SpectrogramPyramid.widths`.
        dim: D, size of the features that are seen.
        planes: of the spectrogram, as `SpectrogramPyramid.planes`.
        frequencies: of the spectrogram, likewise.
        templates: K.
        image: name of the visual features (B, D, h, w).
        sound: name of the sound's vector a (B, D).
        audio: name of the pyramid.
        temperature: τ.
        norm: "batch" or "none".
    """

    def __init__(
        self,
        widths: Sequence[int] = (12, 24, 48, 96, 96),
        dim: int = 128,
        planes: int = 5,
        frequencies: int = 257,
        templates: int = 4,
        image: str = "image",
        sound: str = "audio",
        audio: str = "mixture",
        temperature: float = 0.07,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        self.image, self.sound, self.audio = image, sound, audio
        self.temperature = temperature
        self.told = nn.Sequential(nn.Linear(dim, dim), nn.ReLU())
        self.templates = Templates(dim, planes, frequencies, templates, norm)
        entering = [width + templates for width in widths]
        self.unet = TiledUNet(widths, dim, _LAST, audio, "seen", norm, entering)
        self.last = nn.Sequential(
            block(_LAST + templates, _LAST, 3, 1, norm), nn.Conv2d(_LAST, 1, 1)
        )
        channels_last(self.last)

    def forward(self, features: Mapping[str, Any]) -> Tensor:
        """Logits (B, F, T).

        Raises:
            SoundwalkError: a modality is absent.
        """
        image = pick(features, self.image, "tiled_mask")
        where = self.maps(image, pick(features, self.sound, "tiled_mask"))  # (B, h, w)
        share = (where / self.temperature).flatten(1).softmax(1).view_as(where)
        seen = self.told(torch.einsum("bdhw,bhw->bd", image, share))  # (B, dim)
        planes, *pyramid = pick(features, self.audio, "tiled_mask")
        fitting = whole = self.templates(planes, seen)  # (B, K, F, T)
        levels = []
        for level in pyramid:
            fitting = avg_pool2d(fitting, 2, ceil_mode=True)
            levels.append(torch.cat([level, fitting], 1))
        found = self.unet({self.audio: levels, "seen": seen})  # one more at most
        found = found[..., : planes.shape[2], : planes.shape[3]]
        logits: Tensor = self.last(torch.cat([found, whole], 1))[:, 0]
        return logits

    def maps(self, image: Tensor, sound: Tensor) -> Tensor:
        """Similarity of each place with the sound, (B, D, h, w) and (B, D) to (B, h, w)."""
        return torch.einsum("bdhw,bd->bhw", image, sound)
