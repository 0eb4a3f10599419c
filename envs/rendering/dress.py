"""From faces to colour where a mesh brought its own pictures or colours (`Skin`).

Places in a picture, and colours of corners, are affine over a face's plane. A face keeps, for each
such channel, its gradient (per metre) and its value at the face's first corner.
"""

from __future__ import annotations

import numpy as np

from ..interface import F32, I32, U8, kernel
from .inlining import inlined
from .shade import DARKEST, FALLOFF, TEXELS_PER_PIXEL
from .view import AHEAD, EYE, STEP_DOWN, STEP_RIGHT


@inlined
def _smaller(inverse_depth: np.float32, switch: np.float32, most: int) -> int:
    """Which version of a picture to show; each is half as wide as the one before."""
    level = 0
    while inverse_depth < switch and level < most:
        switch *= np.float32(0.5)
        level += 1
    return level


@inlined
def _along(maps: F32, face: int, channel: int, frame: F32, row: int) -> np.float32:
    """How fast a channel of a face changes along a row of the frame."""
    change: np.float32 = (
        maps[face, channel, 0] * frame[row, 0]
        + maps[face, channel, 1] * frame[row, 1]
        + maps[face, channel, 2] * frame[row, 2]
    )
    return change


@inlined
def _at_eye(maps: F32, corners: F32, face: int, channel: int, frame: F32) -> np.float32:
    """What a channel of a face, continued, would be at the eye."""
    value: np.float32 = (
        maps[face, channel, 3]
        + maps[face, channel, 0] * (frame[EYE, 0] - corners[face, 0, 0])
        + maps[face, channel, 1] * (frame[EYE, 1] - corners[face, 0, 1])
        + maps[face, channel, 2] * (frame[EYE, 2] - corners[face, 0, 2])
    )
    return value


@kernel
def dress(
    faces: I32,
    inverse: F32,
    frame: F32,
    corners: F32,
    paint: F32,
    tags: I32,
    maps: F32,
    pictures: I32,
    texels: U8,
    shelf: int,
    width: int,
    height: int,
    rgb: U8,
) -> None:
    """Colour one image of a mesh with a skin.

    Args:
        faces: (height * width,) face number or -1.
        inverse: (height * width,) inverse depth in 1/m.
        frame: (6, 3) from `view.aim`.
        corners: (Q, 4, 3) of the RenderMesh.
        paint: (Q, 4) of the RenderMesh; the fourth is texels per metre.
        tags: (Q, 4) of the RenderMesh; the second is the picture, or -1.
        maps: (Q, 3, 4) of its `Wardrobe`.
        pictures: (P, 16) of its `Wardrobe`.
        texels: (T, 4) with those of its `Wardrobe`.
        shelf: where these begin.
        width: pixels.
        height: pixels.
        rgb: (height, width, 3), written; black where nothing is seen.
    """
    out = rgb.reshape(height * width * 3)
    size_1m = np.sqrt(frame[STEP_RIGHT, 0] ** 2 + frame[STEP_RIGHT, 1] ** 2)
    pixel_size = size_1m / np.float32(TEXELS_PER_PIXEL)
    half = np.float32(0.5) - np.float32(0.5 * width)
    origin = np.empty(3, np.float32)
    fixed = np.empty(3, np.float32)
    step = np.empty(3, np.float32)
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
            picture = tags[face, 1]
            channels = 2 if picture >= 0 else 3
            for c in range(channels):
                origin[c] = _at_eye(maps, corners, face, c, frame)
                fixed[c] = _along(maps, face, c, frame, AHEAD)
                fixed[c] += down * _along(maps, face, c, frame, STEP_DOWN)
                step[c] = _along(maps, face, c, frame, STEP_RIGHT)
            if picture < 0:
                _painted(inverse, v * width, u, end, half, origin, fixed, step, out)
            else:
                end = _pictured(
                    inverse, v * width, u, end, half, origin, fixed, step, paint, face,
                    paint[face, 3] * pixel_size, pictures, picture, texels, shelf, out,
                )  # fmt: skip
            u = end


@inlined
def _painted(
    inverse: F32,
    line: int,
    u: int,
    end: int,
    half: np.float32,
    origin: F32,
    fixed: F32,
    step: F32,
    out: U8,
) -> None:
    """Colour the pixels u to end of the row that begins at `line` between a face's corners."""
    for w in range(u, end):
        pixel = line + w
        depth = np.float32(1) / inverse[np.uintp(pixel)]
        column = np.float32(w) + half
        light = max(np.float32(DARKEST), np.float32(1) - np.float32(FALLOFF) * depth)
        for c in range(3):
            value = light * (origin[c] + depth * (fixed[c] + step[c] * column))
            value = min(max(value, np.float32(0)), np.float32(255))
            out[np.uintp(3 * pixel + c)] = int(value)


@inlined
def _pictured(
    inverse: F32,
    line: int,
    u: int,
    end: int,
    half: np.float32,
    origin: F32,
    fixed: F32,
    step: F32,
    paint: F32,
    face: int,
    switch: np.float32,
    pictures: I32,
    picture: int,
    texels: U8,
    shelf: int,
    out: U8,
) -> int:
    """Colour pixels from u on from a picture, up to `end` or to where another version begins."""
    # A run ends where another version of the picture takes over; its depth is monotonic.
    most = pictures[picture, 2]
    level = _smaller(inverse[line + u], switch, most)
    while _smaller(inverse[line + end - 1], switch, most) != level:
        end = u + (end - u) // 2
    start = shelf + pictures[picture, 3 + level]
    across = max(pictures[picture, 0] - level, 0)
    mask_i, mask_j = (1 << across) - 1, (1 << max(pictures[picture, 1] - level, 0)) - 1
    scale = np.float32(1) / np.float32(1 << level)
    origin_i, fixed_i, step_i = origin[0] * scale, fixed[0] * scale, step[0] * scale
    origin_j, fixed_j, step_j = origin[1] * scale, fixed[1] * scale, step[1] * scale
    red, green, blue = paint[face, 0], paint[face, 1], paint[face, 2]
    for w in range(u, end):
        pixel = line + w
        depth = np.float32(1) / inverse[np.uintp(pixel)]
        column = np.float32(w) + half
        at_i = np.int32(origin_i + depth * (fixed_i + step_i * column)) & mask_i
        at_j = np.int32(origin_j + depth * (fixed_j + step_j * column)) & mask_j
        texel = np.uintp(start + (at_j << across) + at_i)
        light = max(np.float32(DARKEST), np.float32(1) - np.float32(FALLOFF) * depth)
        out[np.uintp(3 * pixel)] = int(red * light * texels[texel, 0])
        out[np.uintp(3 * pixel + 1)] = int(green * light * texels[texel, 1])
        out[np.uintp(3 * pixel + 2)] = int(blue * light * texels[texel, 2])
    return end
