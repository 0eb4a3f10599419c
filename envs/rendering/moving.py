"""Objects that are not where their home has them: moved, or stretched upwards.

For each camera the faces of its objects are displaced in a copy of the home, and the boxes of the
tree around them are widened to hold both places, so that nothing is left out; the rest of the
home stays as it is. Textures stay where they are in the home, as if they shone through.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..interface import F32, I32, SoundwalkError, inner_kernel, kernel


class Moves(NamedTuple):
    """Displacements for each of N cameras.

    Attributes:
        instance: (N, M) int32, which objects; -1 is none.
        shift: (N, M, 4) float32 metres: along x, y, z, and by how much the top rises further while
            the bottom stays.
    """

    instance: I32
    shift: F32


class Copies(NamedTuple):
    """Working memory for one home: its arrays with objects displaced, and notes on its tree.

    Attributes:
        boxes: (B, 6)
        corners: (Q, 4, 3)
        normals: (Q, 3)
        order: (B,) nodes that can be reached, parents first.
        grown: (B, 6) metres by which each node reaches further down and up along x, y, z.
    """

    boxes: F32
    corners: F32
    normals: F32
    order: I32
    grown: F32


def no_moves() -> Moves:
    """Nothing moves."""
    return Moves(np.zeros((0, 0), np.int32), np.zeros((0, 0, 4), np.float32))


def copies(nodes: int, faces: int) -> Copies:
    """Memory for homes of so many nodes and faces."""
    return Copies(
        np.empty((nodes, 6), np.float32),
        np.empty((faces, 4, 3), np.float32),
        np.empty((faces, 3), np.float32),
        np.empty(nodes, np.int32),
        np.empty((nodes, 6), np.float32),
    )


def check_moves(moves: Moves, cameras: int) -> None:
    """Refuse displacements that cannot be drawn.

    Raises:
        SoundwalkError: another shape or type, or not finite.
    """
    instance, shift = moves
    if instance.ndim != 2 or len(instance) != cameras or instance.dtype != np.int32:
        raise SoundwalkError(
            f"moves.instance has shape {instance.shape} and type {instance.dtype}: "
            f"expected ({cameras}, M) int32"
        )
    if shift.shape != (*instance.shape, 4) or shift.dtype != np.float32:
        raise SoundwalkError(
            f"moves.shift has shape {shift.shape} and type {shift.dtype}: "
            f"expected {(*instance.shape, 4)} float32, metres"
        )
    if not np.isfinite(shift).all():
        raise SoundwalkError("moves.shift must be finite numbers of metres; found NaN or infinity")


@kernel
def displace(
    boxes: F32,
    links: I32,
    corners: F32,
    normals: F32,
    tags: I32,
    instances: I32,
    shifts: F32,
    copy: Copies,
) -> None:
    """Fill `copy` with a home of which the objects `instances` (M,) are displaced, (M, 4)."""
    copy.boxes[:] = boxes
    copy.corners[:] = corners
    copy.normals[:] = normals
    nodes = _reach(links, copy.order)
    copy.grown[:] = np.float32(0)
    for m in range(len(instances)):
        if instances[m] >= 0:
            _displace_one(links, corners, tags, instances[m], shifts[m], copy, nodes)
    _widen(links, copy, nodes)


@inner_kernel
def _displace_one(
    links: I32, corners: F32, tags: I32, instance: int, shift: F32, copy: Copies, nodes: int
) -> None:
    """Displace the faces of one object, and note it at the leaves that hold them."""
    low, high = _extent(links, corners, tags, instance, copy.order, nodes)
    stretch = shift[3] / max(high - low, np.float32(1e-6))
    for k in range(nodes):
        node = copy.order[k]
        if links[node, 0] >= 0:
            continue
        touched = False
        for face in range(links[node, 1], links[node, 1] + links[node, 2]):
            if tags[face, 3] == instance:
                touched = True
                _shift(copy, face, shift, low, stretch)
        if touched:
            _grow(copy.grown[node], shift)


@inner_kernel
def _widen(links: I32, copy: Copies, nodes: int) -> None:
    """Widen every box of the tree by as much as what is in it moves."""
    for k in range(nodes - 1, -1, -1):
        node = copy.order[k]
        child = links[node, 0]
        if child >= 0:
            for d in range(6):
                copy.grown[node, d] = max(copy.grown[child, d], copy.grown[child + 1, d])
        for d in range(3):
            down, up = copy.grown[node, d], copy.grown[node, 3 + d]
            copy.boxes[node, d] += np.float32(0.5) * (up - down)
            copy.boxes[node, 3 + d] += np.float32(0.5) * (up + down)


@inner_kernel
def _reach(links: I32, order: I32) -> int:
    """List the nodes that can be reached from the root, parents first; returns how many."""
    order[0] = 0
    nodes = 1
    k = 0
    while k < nodes:
        child = links[order[k], 0]
        if child >= 0:
            order[nodes] = child
            order[nodes + 1] = child + 1
            nodes += 2
        k += 1
    return nodes


@inner_kernel
def _extent(
    links: I32, corners: F32, tags: I32, instance: int, order: I32, nodes: int
) -> tuple[np.float32, np.float32]:
    """The lowest and the highest corner of an object; the lowest is above where there is none."""
    low, high = np.float32(1e9), np.float32(-1e9)
    for k in range(nodes):
        node = order[k]
        if links[node, 0] >= 0:
            continue
        for face in range(links[node, 1], links[node, 1] + links[node, 2]):
            if tags[face, 3] == instance:
                for c in range(4):
                    low = min(low, corners[face, c, 2])
                    high = max(high, corners[face, c, 2])
    return low, high


@inner_kernel
def _shift(copy: Copies, face: int, shift: F32, low: np.float32, stretch: np.float32) -> None:
    """Displace one face; a plane's normal shrinks along the way in which the plane is stretched."""
    for c in range(4):
        rise = stretch * (copy.corners[face, c, 2] - low)
        copy.corners[face, c, 0] += shift[0]
        copy.corners[face, c, 1] += shift[1]
        copy.corners[face, c, 2] += shift[2] + rise
    x, y = copy.normals[face, 0], copy.normals[face, 1]
    z = copy.normals[face, 2] / max(np.float32(1) + stretch, np.float32(1e-3))
    scale = np.float32(1) / np.sqrt(x * x + y * y + z * z)
    copy.normals[face, 0] = x * scale
    copy.normals[face, 1] = y * scale
    copy.normals[face, 2] = z * scale


@inner_kernel
def _grow(grown: F32, shift: F32) -> None:
    """Note how far a displacement reaches down and up along each axis."""
    for d in range(3):
        least, most = min(shift[d], np.float32(0)), max(shift[d], np.float32(0))
        if d == 2:
            least += min(shift[3], np.float32(0))
            most += max(shift[3], np.float32(0))
        grown[d] = max(grown[d], -least)
        grown[3 + d] = max(grown[3 + d], most)
