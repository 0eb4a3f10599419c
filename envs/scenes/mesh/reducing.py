"""Fewer triangles where a budget asks for it: edges collapse where that changes the shape least.

The collapsing is fast-simplification's (Garland & Heckbert, "Surface simplification using quadric
error metrics", 1997). It knows positions only; every face that is left descends from a face of the
file, and keeps its material and its picture, whose plane is continued to the corners' new places.
Where that would show another part of the picture, as across a seam, the face shows plain colours.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...interface import F32, F64, I64, U8
from ..corners import vertex_numbers
from ..skin import Skin
from .soup import Soup, areas

# How much shape is given away for the budget, and whether open edges stay; tried in turn.
_WAYS = ((5.0, True), (5.0, False), (9.0, False))
_BLURRED = 64  # pixels, pictures are compared no finer
_UNLIKE = 50  # of 255, colours that differ more are of another part of a picture


def reduced(soup: Soup, budget: int) -> Soup:
    """The soup with at most about `budget` faces; the same soup if it has no more."""
    if len(soup) <= budget:
        return soup
    vertex = vertex_numbers(soup.corners.astype(np.float32)).reshape(-1, 3)
    first = np.zeros(int(vertex.max()) + 1, np.int64)
    first[vertex.ravel()] = np.arange(vertex.size)
    points = soup.corners.reshape(-1, 3)[first]
    places, faces, moved = _collapsed(points, vertex, budget)
    source, turn = _ancestors(moved[vertex], faces)
    known = source >= 0
    source, turn, corners = source[known], turn[known], places[faces[known]]
    less = replace(soup.take(source), corners=corners, skin=_skin(soup, source, turn, corners))
    return less.take(areas(corners) > 0)


def _collapsed(points: F64, vertex: I64, budget: int) -> tuple[F64, I64, I64]:
    """Points, faces, and the new number of each old point."""
    import fast_simplification as fast

    for eager, border in _WAYS:
        places, faces, collapses = fast.simplify(
            points, vertex.astype(np.int32), target_count=budget, agg=eager, return_collapses=True,
            preserve_border=border,
        )  # fmt: skip
        if len(faces) <= 1.05 * budget:
            break
    places, faces, moved = fast.replay_simplification(points, vertex.astype(np.int32), collapses)
    return np.asarray(places, np.float64), np.asarray(faces, np.int64), np.asarray(moved, np.int64)


def _ancestors(old: I64, new: I64) -> tuple[I64, I64]:
    """For each new face an old one with the same corners, or -1, and each corner's place in it.

    Args:
        old: (F, 3) new numbers of old faces' corners.
        new: (G, 3) new faces.

    Returns:
        (G,) old faces; (G, 3) which of their corners each new corner is.
    """
    wanted, have = _keys(new), _keys(old)
    order = np.argsort(have, kind="stable")
    place = np.minimum(np.searchsorted(have[order], wanted), len(order) - 1)
    source = np.where(have[order[place]] == wanted, order[place], -1)
    turn = (old[source][:, None, :] == new[:, :, None]).argmax(2)
    return source, turn


def _keys(faces: I64) -> I64:
    """One number for three corners in any order."""
    a, b, c = np.sort(faces, 1).T.astype(np.uint64)
    mixed = (a * np.uint64(0x9E3779B97F4A7C15)) ^ (b * np.uint64(0xC2B2AE3D27D4EB4F))
    mixed ^= c * np.uint64(0x165667B19E3779F9)
    keys: I64 = mixed.astype(np.int64)
    return keys


def _skin(soup: Soup, source: I64, turn: I64, corners: F64) -> Skin:
    """The skin of faces that descend from `source`."""
    row = np.arange(len(source))[:, None]
    old = soup.skin.take(source)
    colours, image = old.colours[row, turn], old.image.copy()
    worn = image >= 0
    uv = np.zeros_like(old.uv)
    uv[worn] = _continued(soup.corners[source[worn]], old.uv[worn], corners[worn])
    shown = _shown(old.images, image, colours, uv)
    before = _shown(old.images, image, old.colours, old.uv)[row, turn]
    apart = np.abs(shown.astype(int) - before).max((1, 2)) > _UNLIKE
    torn = worn & apart
    image[torn] = -1
    colours[torn] = before[torn]
    return Skin(colours, image, uv, old.images)


def _continued(triangles: F64, uv: F32, corners: F64) -> F32:
    """Places in the picture of new corners (N, 3, 3) in the planes of triangles (N, 3, 3)."""
    one, two = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    normal = np.cross(one, two)
    square = (normal**2).sum(1)[:, None]
    dual = np.stack([np.cross(two, normal), np.cross(normal, one)], 1) / square[..., None]
    share = np.einsum("nkd,ncd->nck", dual, corners - triangles[:, :1])  # (N, corner, edge)
    change = uv[:, 1:].astype(np.float64) - uv[:, :1]
    places: F32 = (uv[:, :1] + np.einsum("nck,nkt->nct", share, change)).astype(np.float32)
    return places


def _shown(images: tuple[U8, ...], image: np.ndarray, colours: U8, uv: F32) -> U8:
    """Blurred colours (N, 3, 3) at corners, pictures and tints together."""
    shown = colours.copy()
    for k, picture in enumerate(images):
        rows = np.flatnonzero(image == k)
        if len(rows):
            small = _small(picture)
            size = np.array(small.shape[1::-1])
            at = (np.floor(uv[rows] * size).astype(np.int64)) % size
            texel = small[at[..., 1], at[..., 0]].astype(np.uint16)
            shown[rows] = (texel * colours[rows] // 255).astype(np.uint8)
    return shown


def _small(picture: U8) -> U8:
    """A picture no larger than _BLURRED."""
    from PIL import Image

    height, width = (min(side, _BLURRED) for side in picture.shape[:2])
    small: U8 = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BOX))
    return small
