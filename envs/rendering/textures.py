"""Procedural textures: a 64 x 64 tile for every name of scenes.TEXTURES, and smaller versions.

Tiles repeat without seams, are nearly grey (a surface's colour tints them) and mostly mean 0.85 to
0.9, so that a textured wall keeps the brightness of its colour. Each smaller version is the 2 x 2
box average of the one before: far walls show their mean colour instead of sparkling.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from ..interface import F32, U8
from ..scenes.scene import TEXTURES

TEXELS = 64
LEVELS = 7  # 64, 32, ... 1
# Width of a tile in metres, in the order of TEXTURES.
TILE_METRES = (1.0, 0.8, 0.8, 0.5, 2.0, 0.4, 0.6, 1.6, 0.5, 1.0, 0.5, 0.16)


@cache
def atlas() -> U8:
    """All textures and their smaller versions.

    Returns:
        (len(TEXTURES), 5461, 4) uint8: red, green, blue, unused; the 64 x 64 texels row by row,
        then the 32 x 32, and so on.
    """
    tiles = []
    for number, name in enumerate(TEXTURES):
        image = np.clip(_PAINTERS[name](np.random.Generator(np.random.PCG64(number))), 0.0, 1.0)
        levels = []
        for _ in range(LEVELS):
            levels.append(image.reshape(-1, 3))
            half = len(image) // 2
            if half:
                image = image.reshape(half, 2, half, 2, 3).mean((1, 3))
        tiles.append(np.concatenate(levels))
    stacked = np.stack(tiles)
    padded = np.concatenate([stacked, np.ones_like(stacked[..., :1])], -1)
    result: U8 = np.rint(padded * 255).astype(np.uint8)
    return result


def _grid() -> tuple[F32, F32]:
    """Texel coordinates (row, column), each (64, 64)."""
    row, column = np.mgrid[:TEXELS, :TEXELS].astype(np.float32)
    return row, column


def _noise(rng: np.random.Generator, cells_y: int, cells_x: int) -> F32:
    """Smooth periodic noise (64, 64) from -1 to 1: random on a grid, cosine between."""
    values = rng.uniform(-1, 1, (cells_y, cells_x))

    def spread(a: F32, cells: int) -> F32:
        at = (np.arange(TEXELS) + 0.5) * cells / TEXELS
        low = at.astype(int)
        weight = (0.5 - 0.5 * np.cos(np.pi * (at - low)))[:, None]
        mixed: F32 = a[low % cells] * (1 - weight) + a[(low + 1) % cells] * weight
        return mixed

    both: F32 = spread(spread(values.astype(np.float32), cells_y).T, cells_x).T.astype(np.float32)
    return both


def _tint(grey: F32, red: float = 1.0, green: float = 1.0, blue: float = 1.0) -> F32:
    """A grey image (64, 64) as colour (64, 64, 3)."""
    coloured: F32 = (grey[..., None] * np.array([red, green, blue])).astype(np.float32)
    return coloured


def _plain(rng: np.random.Generator) -> F32:
    return _tint(np.full((TEXELS, TEXELS), 0.92, np.float32))


def _planks(rng: np.random.Generator) -> F32:
    """Four boards per tile, each of its own brown, with grain along x and its own joint."""
    row, column = _grid()
    board = (row // 16).astype(int)
    tone = np.array([0.0, -0.13, 0.05, -0.07], np.float32)[board]
    joint = np.array([6, 40, 22, 54])[board]
    gaps = (row % 16 == 0) | (column == joint)
    grain = 0.06 * _noise(rng, 32, 4) + 0.05 * _noise(rng, 64, 2)
    return _tint((0.9 + tone + grain) * np.where(gaps, 0.62, 1.0), 1.0, 0.96, 0.9)


def _tiles(rng: np.random.Generator) -> F32:
    """Four by four glazed tiles with light joints of two texels."""
    row, column = _grid()
    joint = (row % 16 < 1) | (column % 16 < 1)
    tone = np.kron(rng.uniform(-0.05, 0.05, (4, 4)), np.ones((16, 16))).astype(np.float32)
    tone += 0.07 * ((row // 16 + column // 16) % 2)
    return _tint(np.where(joint, 0.62, 0.88 + tone))


def _carpet(rng: np.random.Generator) -> F32:
    speckle = rng.uniform(-0.16, 0.16, (TEXELS, TEXELS)).astype(np.float32)
    return _tint(0.82 + speckle + 0.05 * _noise(rng, 8, 8))


def _plaster(rng: np.random.Generator) -> F32:
    return _tint(0.94 + 0.018 * _noise(rng, 6, 6) + 0.024 * _noise(rng, 24, 24))


def _fabric(rng: np.random.Generator) -> F32:
    """Woven threads, over and under."""
    row, column = _grid()
    over = ((row // 4 + column // 4) % 2) > 0
    thread = np.where(
        over, np.sin((row % 4 + 0.5) * np.pi / 4), np.sin((column % 4 + 0.5) * np.pi / 4)
    )
    return _tint(0.66 + 0.24 * thread + 0.05 * _noise(rng, 16, 16))


def _brick(rng: np.random.Generator) -> F32:
    """Courses of 8 texels, bricks of 16, every other course shifted by half a brick."""
    row, column = _grid()
    course = (row // 8).astype(int)
    shifted = (column + 8 * (course % 2)) % TEXELS
    mortar = (row % 8 < 1) | (shifted % 16 < 1)
    tone = rng.uniform(-0.14, 0.08, (8, 4)).astype(np.float32)[course, (shifted // 16).astype(int)]
    brick = _tint(0.84 + tone + 0.05 * _noise(rng, 32, 32), 1.0, 0.86, 0.8)
    return np.where(mortar[..., None], _tint(np.full_like(row, 0.95)), brick)


def _marble(rng: np.random.Generator) -> F32:
    """Veins: a periodic sine bent by noise."""
    row, column = _grid()
    bend = 4.0 * _noise(rng, 4, 4) + 2.0 * _noise(rng, 9, 9)
    vein = np.abs(np.sin((row + 2 * column) * np.pi / TEXELS + bend))
    return _tint((0.95 - 0.28 * (1 - vein) ** 3 + 0.02 * _noise(rng, 32, 32)).astype(np.float32))


def _metal(rng: np.random.Generator) -> F32:
    """Brushed along x."""
    return _tint(0.86 + 0.06 * _noise(rng, 64, 2) + 0.04 * _noise(rng, 16, 1), 0.97, 0.99, 1.0)


def _screen(rng: np.random.Generator) -> F32:
    """A dark pane with a slanted reflection and fine rows."""
    row, column = _grid()
    gleam = np.clip(1 - np.abs((row + column) % TEXELS - 32) / 12, 0, 1)
    return _tint((0.42 + 0.3 * gleam - 0.08 * (row % 4 < 2)).astype(np.float32), 0.85, 0.95, 1.0)


def _leaves(rng: np.random.Generator) -> F32:
    """Overlapping discs of different light, shaded towards one side."""
    row, column = _grid()
    image = np.full((TEXELS, TEXELS), 0.35, np.float32)
    for y, x, radius, tone in rng.uniform((0, 0, 4, 0.55), (64, 64, 9, 1.0), (60, 4)):
        dy = (row - y + 32) % TEXELS - 32
        dx = (column - x + 32) % TEXELS - 32
        inside = dy * dy + 2 * dx * dx < radius * radius
        image = np.where(inside, tone - 0.02 * dy, image)
    return _tint(image.astype(np.float32), 0.95, 1.0, 0.9)


def _grille(rng: np.random.Generator) -> F32:
    """Round holes on a square grid."""
    row, column = _grid()
    hole = (row % 16 - 7.5) ** 2 + (column % 16 - 7.5) ** 2 < 26
    return _tint(np.where(hole, np.float32(0.3), np.float32(0.95)))


_PAINTERS: dict[str, Callable[[np.random.Generator], F32]] = {
    "plain": _plain,
    "planks": _planks,
    "tiles": _tiles,
    "carpet": _carpet,
    "plaster": _plaster,
    "fabric": _fabric,
    "brick": _brick,
    "marble": _marble,
    "metal": _metal,
    "screen": _screen,
    "leaves": _leaves,
    "grille": _grille,
}
