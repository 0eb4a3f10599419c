"""From faces to images: depth, instance ids, and textured, lit colour of one camera's pixels."""

from __future__ import annotations

import numpy as np

from ..interface import F32, I32, MAX_DEPTH, U8, kernel
from .raster import AHEAD, EYE, STEP_DOWN, STEP_RIGHT
from .textures import LEVELS, TEXELS

FALLOFF = 0.035  # share of light lost per metre from the camera
DARKEST = 0.5  # share of light that never gets lost
# Texture coordinates are moved by whole tiles to be positive wherever a home may stand.
_OFFSET = TEXELS * 512


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
        frame: (6, 3) from `raster.aim`.
        paint: (Q, 4) of the RenderMesh.
        tags: (Q, 4) of the RenderMesh.
        atlas: from `textures.atlas`.
        width: pixels.
        height: pixels.
        rgb: (height, width, 3), written; black where nothing is seen.
    """
    out = rgb.reshape(height * width * 3)
    pixel_size = frame[STEP_RIGHT, 0] ** 2 + frame[STEP_RIGHT, 1] ** 2  # squared, at 1 m
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
            axis = tags[face, 2]
            i = 1 if axis == 0 else 0
            j = 1 if axis == 2 else 2
            # texture coordinate = origin + depth * (fixed + step * column)
            origin_i = frame[EYE, i] * density + np.float32(_OFFSET)
            origin_j = frame[EYE, j] * density + np.float32(_OFFSET)
            fixed_i = (frame[AHEAD, i] + down * frame[STEP_DOWN, i]) * density
            fixed_j = (frame[AHEAD, j] + down * frame[STEP_DOWN, j]) * density
            step_i = frame[STEP_RIGHT, i] * density
            step_j = frame[STEP_RIGHT, j] * density
            spread = pixel_size * density * density  # squared texels per pixel at 1 m
            red, green, blue = paint[face, 0], paint[face, 1], paint[face, 2]
            texture = tags[face, 1]
            for w in range(u, end):
                pixel = v * width + w
                depth = np.float32(1) / inverse[np.uintp(pixel)]
                column = np.float32(w) + np.float32(0.5) - np.float32(0.5 * width)
                at_i = int(origin_i + depth * (fixed_i + step_i * column)) & (TEXELS - 1)
                at_j = int(origin_j + depth * (fixed_j + step_j * column)) & (TEXELS - 1)
                footprint = spread * depth * depth
                level = 0
                start = 0
                size = TEXELS
                while footprint > np.float32(2) and level < LEVELS - 1:
                    start += size * size
                    size >>= 1
                    level += 1
                    footprint *= np.float32(0.25)
                texel = start + (at_j >> level) * size + (at_i >> level)
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
