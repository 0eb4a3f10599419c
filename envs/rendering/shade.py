"""From faces to images: depth, instance ids, and textured, lit colour of one camera's pixels."""

from __future__ import annotations

import numpy as np

from ..interface import F32, I32, MAX_DEPTH, U8, kernel
from .inlining import inlined
from .textures import LEVELS, TEXELS
from .view import AHEAD, EYE, STEP_DOWN, STEP_RIGHT

FALLOFF = 0.035  # share of light lost per metre from the camera
DARKEST = 0.5  # share of light that never gets lost
# Texture coordinates are moved by whole tiles to be positive wherever a home may stand.
_OFFSET = TEXELS * 512
TEXELS_PER_PIXEL = 1.4  # the most that are shown; then comes the next smaller version


@inlined
def _level(inverse_depth: np.float32, switch: np.float32) -> int:
    """Which version of a texture to show; the first switch is at inverse depth `switch`."""
    level = 0
    while inverse_depth < switch and level < LEVELS - 1:
        switch *= np.float32(0.5)
        level += 1
    return level


@kernel
def shade(
    faces: I32,
    inverse: F32,
    frame: F32,
    paint: F32,
    tags: I32,
    atlas: U8,
    width: int,
    height: int,
    rgb: U8,
) -> None:
    """Colour one image.

    Args:
        faces: (height * width,) face number or -1.
        inverse: (height * width,) inverse depth in 1/m.
        frame: (6, 3) from `view.aim`.
        paint: (Q, 4) of the RenderMesh.
        tags: (Q, 4) of the RenderMesh.
        atlas: from `textures.atlas`.
        width: pixels.
        height: pixels.
        rgb: (height, width, 3), written; black where nothing is seen.
    """
    out = rgb.reshape(height * width * 3)
    size_1m = np.sqrt(frame[STEP_RIGHT, 0] ** 2 + frame[STEP_RIGHT, 1] ** 2)
    pixel_size = size_1m / np.float32(TEXELS_PER_PIXEL)
    half = np.float32(0.5) - np.float32(0.5 * width)
    for v in range(height):
        down = np.float32(v) + np.float32(0.5) - np.float32(0.5 * height)
        u = 0
        while u < width:
            face = faces[v * width + u]
            end = u + 1
            while end < width and faces[v * width + end] == face:
                end += 1
            if face < 0:
                for k in range(3 * (v * width + u), 3 * (v * width + end)):
                    out[k] = 0
                u = end
                continue
            density = paint[face, 3]
            # A run ends where another version of the texture takes over; its depth is monotonic.
            switch = density * pixel_size
            level = _level(inverse[v * width + u], switch)
            while _level(inverse[v * width + end - 1], switch) != level:
                end = u + (end - u) // 2
            start = (4 * TEXELS * TEXELS - (4 * TEXELS * TEXELS >> 2 * level)) // 3
            size = TEXELS >> level
            axis = tags[face, 2]
            i = 1 if axis == 0 else 0
            j = 1 if axis == 2 else 2
            # texture coordinate = origin + depth * (fixed + step * column)
            scale = density / np.float32(1 << level)
            origin_i = frame[EYE, i] * scale + np.float32(_OFFSET >> level)
            origin_j = frame[EYE, j] * scale + np.float32(_OFFSET >> level)
            fixed_i = (frame[AHEAD, i] + down * frame[STEP_DOWN, i]) * scale
            fixed_j = (frame[AHEAD, j] + down * frame[STEP_DOWN, j]) * scale
            step_i = frame[STEP_RIGHT, i] * scale
            step_j = frame[STEP_RIGHT, j] * scale
            red, green, blue = paint[face, 0], paint[face, 1], paint[face, 2]
            texture = tags[face, 1]
            for w in range(u, end):
                pixel = v * width + w
                depth = np.float32(1) / inverse[np.uintp(pixel)]
                column = np.float32(w) + half
                at_i = np.int32(origin_i + depth * (fixed_i + step_i * column)) & (size - 1)
                at_j = np.int32(origin_j + depth * (fixed_j + step_j * column)) & (size - 1)
                texel = np.uintp(start + at_j * size + at_i)
                light = max(np.float32(DARKEST), np.float32(1) - np.float32(FALLOFF) * depth)
                out[np.uintp(3 * pixel)] = int(red * light * atlas[texture, texel, 0])
                out[np.uintp(3 * pixel + 1)] = int(green * light * atlas[texture, texel, 1])
                out[np.uintp(3 * pixel + 2)] = int(blue * light * atlas[texture, texel, 2])
            u = end


@kernel
def measure(inverse: F32, depth: F32) -> None:
    """Depth (height * width,) in metres along the view axis, at most MAX_DEPTH."""
    for k in range(inverse.shape[0]):
        depth[k] = min(np.float32(1) / inverse[k], np.float32(MAX_DEPTH))


@kernel
def name(faces: I32, tags: I32, instance: I32) -> None:
    """Instance ids (height * width,), -1 where nothing is seen."""
    for k in range(faces.shape[0]):
        face = faces[k]
        instance[k] = tags[face, 3] if face >= 0 else -1
