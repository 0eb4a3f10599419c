"""A tree of boxes over faces, so that what is hidden or out of sight is never looked at.

Built top down; each split minimises the surface area heuristic over binned centroids
(Wald, "On fast construction of SAH-based bounding volume hierarchies", 2007).
"""

from __future__ import annotations

import numpy as np

from ..interface import F32, I32, I64, kernel

FINE_MESH = 20_000  # faces; of so many most are smaller than a pixel, and leaves are sifted
SIFTED_LEAF_FACES = 48  # where a leaf is sifted, a face costs less: measured at 200,000 faces
MOST_IN_LEAF = 64  # what the renderer sifts at a time
LEAF_FACES = 12  # a leaf's faces cost about as much as the two nodes that would split it
BINS = 12
DEPTH_LIMIT = 60  # the renderer's stack holds as many nodes
_BIG = np.float32(1e30)


@kernel
def build_tree(low: F32, high: F32, leaf_faces: int) -> tuple[F32, I32, I64]:  # noqa: C901 - one loop over nodes
    """Build the tree.

    Args:
        low: (F, 3) smallest corner of each face.
        high: (F, 3) largest corner of each face.
        leaf_faces: a node with no more faces is not split.

    Returns:
        boxes (B, 6): centre and half size; links (B, 3): left child (the right one follows it) or
        -1, first face, face count; order (F,): the faces as the leaves hold them. Node 0 is the
        root.
    """
    faces = low.shape[0]
    order = np.arange(faces)
    boxes = np.zeros((2 * faces + 1, 6), np.float32)
    links = np.zeros((2 * faces + 1, 3), np.int32)
    bin_low = np.empty((BINS, 3), np.float32)
    bin_high = np.empty((BINS, 3), np.float32)
    bin_count = np.empty(BINS, np.int64)
    area_right = np.empty(BINS, np.float32)
    box_low = np.empty(3, np.float32)
    box_high = np.empty(3, np.float32)
    mid_low = np.empty(3, np.float32)
    mid_high = np.empty(3, np.float32)
    stack = np.empty((2 * DEPTH_LIMIT + 2, 4), np.int64)  # node, first, last, depth
    stack[0, 0] = 0
    stack[0, 1] = 0
    stack[0, 2] = faces
    stack[0, 3] = 0
    pending = 1
    nodes = 1
    while pending:
        pending -= 1
        node = stack[pending, 0]
        first = stack[pending, 1]
        last = stack[pending, 2]
        depth = stack[pending, 3]
        box_low[:] = _BIG
        box_high[:] = -_BIG
        mid_low[:] = _BIG
        mid_high[:] = -_BIG
        for k in range(first, last):
            face = order[k]
            for d in range(3):
                box_low[d] = min(box_low[d], low[face, d])
                box_high[d] = max(box_high[d], high[face, d])
                middle = low[face, d] + high[face, d]
                mid_low[d] = min(mid_low[d], middle)
                mid_high[d] = max(mid_high[d], middle)
        for d in range(3):
            boxes[node, d] = np.float32(0.5) * (box_low[d] + box_high[d])
            # 1e-5 m wider: the centre and half size are rounded
            boxes[node, 3 + d] = np.float32(0.5) * (box_high[d] - box_low[d]) + np.float32(1e-5)
        links[node, 0] = -1
        links[node, 1] = first
        links[node, 2] = last - first
        if last - first <= leaf_faces or depth >= DEPTH_LIMIT:
            continue
        best_cost = _BIG
        best_axis = -1
        best_bin = 0
        for axis in range(3):
            extent = mid_high[axis] - mid_low[axis]
            if extent < np.float32(1e-6):
                continue
            scale = np.float32(BINS) / extent
            bin_low[:] = _BIG
            bin_high[:] = -_BIG
            bin_count[:] = 0
            for k in range(first, last):
                face = order[k]
                slot = min(
                    BINS - 1, int((low[face, axis] + high[face, axis] - mid_low[axis]) * scale)
                )
                bin_count[slot] += 1
                for d in range(3):
                    bin_low[slot, d] = min(bin_low[slot, d], low[face, d])
                    bin_high[slot, d] = max(bin_high[slot, d], high[face, d])
            box_low[:] = _BIG
            box_high[:] = -_BIG
            for slot in range(BINS - 1, 0, -1):  # half areas of everything from each bin on
                for d in range(3):
                    box_low[d] = min(box_low[d], bin_low[slot, d])
                    box_high[d] = max(box_high[d], bin_high[slot, d])
                area_right[slot] = _half_area(box_low, box_high)
            box_low[:] = _BIG
            box_high[:] = -_BIG
            count = 0
            for slot in range(1, BINS):
                count += bin_count[slot - 1]
                for d in range(3):
                    box_low[d] = min(box_low[d], bin_low[slot - 1, d])
                    box_high[d] = max(box_high[d], bin_high[slot - 1, d])
                if count == 0 or count == last - first:
                    continue
                cost = count * _half_area(box_low, box_high)
                cost += (last - first - count) * area_right[slot]
                if cost < best_cost:
                    best_cost = cost
                    best_axis = axis
                    best_bin = slot
        if best_axis < 0:  # all centres coincide
            continue
        scale = np.float32(BINS) / (mid_high[best_axis] - mid_low[best_axis])
        head = first
        tail = last - 1
        while head <= tail:
            face = order[head]
            middle = low[face, best_axis] + high[face, best_axis] - mid_low[best_axis]
            if min(BINS - 1, int(middle * scale)) < best_bin:
                head += 1
            else:
                order[head] = order[tail]
                order[tail] = face
                tail -= 1
        links[node, 0] = nodes
        for side in range(2):
            stack[pending, 0] = nodes + side
            stack[pending, 1] = first if side == 0 else head
            stack[pending, 2] = head if side == 0 else last
            stack[pending, 3] = depth + 1
            pending += 1
        nodes += 2
    return boxes[:nodes].copy(), links[:nodes].copy(), order


@kernel
def _half_area(low: F32, high: F32) -> np.float32:
    """Half the surface of a box; 0 if it is empty."""
    x = high[0] - low[0]
    y = high[1] - low[1]
    z = high[2] - low[2]
    area: np.float32 = x * y + y * z + z * x
    return area if x >= 0 else np.float32(0)
