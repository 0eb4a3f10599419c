"""A `Skin` as the renderer reads it: channels of faces, and pictures with smaller versions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..interface import F32, F64, I32, I64, U8
from ..scenes.skin import Skin

MOST_TEXELS = 1 << 24  # of all pictures of a mesh together; larger ones are halved
LARGEST = 12  # binary logarithm of a picture's longest side, 4096
_COLUMNS = 16  # of a picture's entry: log2 width, log2 height, last level, start of each level
_ALIKE = 1e-3  # channels that differ by less (per metre, and at the origin) are the same


@dataclass(frozen=True)
class Wardrobe:
    """What `dress` needs besides a RenderMesh's faces; empty for homes without a skin.

    Attributes:
        maps: (Q, 3, 4) float32, for each channel its gradient per metre and its value at the face's
            first corner. Channels are red, green and blue (0 to 255, lit) of faces without a
            picture, else texels to the right and down.
        pictures: (P, 16) int32, binary logarithms of width and height, the last level, and where
            each level begins in `texels`.
        texels: (T, 4) uint8, red, green, blue, unused.
    """

    maps: F32
    pictures: I32
    texels: U8

    @classmethod
    def empty(cls) -> Wardrobe:
        """Nothing to wear."""
        return cls(
            np.zeros((0, 3, 4), np.float32), np.zeros((0, _COLUMNS), np.int32),
            np.zeros((0, 4), np.uint8),
        )  # fmt: skip


@dataclass(frozen=True)
class Channels:
    """Channels of every triangle of a skin, before any are joined.

    Attributes:
        gradient: (F, 3, 3) float64, change of each channel per metre along x, y, z.
        value: (F, 3) float64, of each channel at the first corner.
        picture: (F,) int32, or -1.
        density: (F,) float32, texels per metre; 1 without a picture.
        tint: (F, 3) float32, 0 to 1, mean colour of the corners.
    """

    gradient: F64
    value: F64
    picture: I32
    density: F32
    tint: F32

    @classmethod
    def of(cls, skin: Skin, triangles: F32, sizes: I32) -> Channels:
        """From a skin and its faces; `sizes` (P, 2) are widths and heights of pictures."""
        corners = triangles.astype(np.float64)
        picture = skin.image
        values = skin.colours.astype(np.float64)  # (F, corner, channel)
        worn = picture >= 0
        places = np.zeros_like(values)
        if worn.any():
            places[worn, :, :2] = skin.uv[worn] * sizes[picture[worn]][:, None]
        tint = (values.mean(1) / 255).astype(np.float32)
        values = np.where(worn[:, None, None], places, values)
        one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        normal = np.cross(one, two)
        square = (normal**2).sum(1, keepdims=True)
        dual = np.stack([np.cross(two, normal), np.cross(normal, one)], 1) / square[..., None]
        change = values[:, 1:] - values[:, :1]  # (F, 2, channel)
        gradient = np.einsum("fkc,fkd->fcd", change, dual)
        in_texels = np.abs(change[:, 0, 0] * change[:, 1, 1] - change[:, 0, 1] * change[:, 1, 0])
        density = np.where(worn, np.sqrt(in_texels / np.sqrt(square[:, 0])), 1.0)
        density = np.maximum(density, 1e-3).astype(np.float32)
        return cls(gradient, values[:, 0], picture, density, tint)

    def labels(self, triangles: F32) -> I64:
        """(F,) numbers: triangles of equal number are dressed by the same channels."""
        origin = self.value - np.einsum("fcd,fd->fc", self.gradient, triangles[:, 0])
        rows = np.concatenate(
            [self.gradient.reshape(-1, 9), origin, self.tint, self.picture[:, None]], 1
        )
        whole = np.rint(rows / _ALIKE).astype(np.int64)
        mixed = np.zeros(len(whole), np.uint64)
        for column in whole.T.astype(np.uint64):
            mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        numbers: I64 = np.unique(mixed, return_inverse=True)[1].astype(np.int64)
        return numbers

    def maps(self, source: I64, triangles: F32, corners: F32, lit: F32, sizes: I32) -> F32:
        """Maps (Q, 3, 4) of faces `corners` (Q, 4, 3), each from the triangle `source`."""
        gradient, worn = self.gradient[source], self.picture[source] >= 0
        away = corners - triangles[source, None, 0]  # (Q, 4, 3)
        at = self.value[source][:, None] + np.einsum("qcd,qkd->qkc", gradient, away)
        size = np.ones((len(source), 3))
        size[worn, :2] = sizes[self.picture[source][worn]]
        whole = np.floor(at.min(1) / size + 1e-6) * size  # so that places are not negative
        value = np.where(worn[:, None], at[:, 0] - whole, at[:, 0])
        maps = np.concatenate([gradient, value[..., None]], 2)
        maps[~worn] *= lit[~worn, None, None]
        return maps.astype(np.float32)


def hang(images: tuple[U8, ...]) -> tuple[I32, I32, U8]:
    """Pictures (H, W, 3) in sizes that are powers of two, with all smaller versions.

    Returns:
        sizes (P, 2) int32 as shown, entries (P, 16) and texels (T, 4) as in `Wardrobe`.
    """
    logs = _sizes(images)
    entries = np.zeros((len(images), _COLUMNS), np.int32)
    shelves = []
    used = 0
    for index, (image, (wide, high)) in enumerate(zip(images, logs, strict=True)):
        level = _resized(image, 1 << wide, 1 << high)
        entries[index, :3] = wide, high, max(wide, high)
        for k in range(max(wide, high) + 1):
            entries[index, 3 + k] = used
            shelves.append(np.rint(level).astype(np.uint8).reshape(-1, 3))
            used += len(shelves[-1])
            level = _halved(level)
    colours = np.concatenate(shelves) if shelves else np.zeros((0, 3), np.uint8)
    texels = np.concatenate([colours, np.full_like(colours[:, :1], 255)], 1)
    return (1 << np.array(logs, np.int32).reshape(-1, 2)).astype(np.int32), entries, texels


def _sizes(images: tuple[U8, ...]) -> list[tuple[int, int]]:
    """Binary logarithms of width and height: the nearest ones, within the budgets."""
    logs = [
        (min(round(np.log2(image.shape[1])), LARGEST), min(round(np.log2(image.shape[0])), LARGEST))
        for image in images
    ]
    while sum(1 << wide + high for wide, high in logs) > MOST_TEXELS:
        largest = max(range(len(logs)), key=lambda k: sum(logs[k]))
        wide, high = logs[largest]
        logs[largest] = (max(wide - 1, 0), max(high - 1, 0))
    return logs


def _resized(image: U8, width: int, height: int) -> F32:
    """A picture (height, width, 3) of another size."""
    from PIL import Image

    if image.shape[:2] != (height, width):
        image = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BOX))
    return image.astype(np.float32)


def _halved(image: F32) -> F32:
    """Means of two by two; of two where a side is one already."""
    height, width = image.shape[:2]
    down, across = min(2, height), min(2, width)
    means: F32 = image.reshape(height // down, down, width // across, across, 3).mean((1, 3))
    return means
