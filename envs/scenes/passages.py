"""Where a floor narrows: the doorways between rooms, found in the raster of a place's air.

Two signs tell a doorway. A lintel: a thin strip of cells whose ceiling is lower than on both sides
of it, between two jambs. And a neck: where discs as wide as a door's largest width do not pass, the
parts in which they do fit are different rooms (a morphological opening); long narrow parts in which
they fit nowhere are corridors. All lengths here are in cells, x before y in boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from ..interface import F32, F64, I32, I64, Bool
from .freespace import clearance
from .tiling import firm_box

DROP = 0.15  # m a lintel hangs below the ceilings beside it
THICK = 0.8  # m, the thickest wall that a doorway goes through
LINTEL_WIDE = 2.5  # m, the widest opening that a lintel spans
NARROWEST = 0.4  # m of an opening that counts as a doorway
SPECK = 1.0  # m2; a smaller room belongs to its neighbour
_SOLID = 0.3  # share of a jamb that may be air
_TOGETHER = 2  # cells; pieces of a border that are twice as near are one
_OPEN = 0.6  # share of an opening's mouth that must be air


class Passage(NamedTuple):
    """A doorway.

    Attributes:
        box: x0, y0, x1, y1 in cells.
        axis: 0 if one walks through along x, 1 if along y.
        lintel: whether a lintel marks it.
        rooms: on its lower and upper side, -1 for none.
    """

    box: tuple[int, int, int, int]
    axis: int
    lintel: bool
    rooms: tuple[int, int] = (-1, -1)


@dataclass(frozen=True, eq=False)
class Regions:
    """Rooms of any shape.

    Attributes:
        labels: (H, W) int32, 0 where there is no room (walls, doorways), else 1 + room.
        passages: between them.
    """

    labels: I32
    passages: tuple[Passage, ...]


def find_regions(
    air: Bool, ceiling: F32, cell: float, widest: float, distinct: float = 1.0
) -> Regions:
    """Divide the air of a place into rooms.

    Args:
        air: (H, W) cells of rooms and doorways.
        ceiling: (H, W) metres.
        cell: edge of a cell, m.
        widest: m, a passage without lintel that is wider joins what lies beyond to one room.
        distinct: neighbours are one room if what joins them is wider than this share of the
            narrower one's width; 1 for never.
    """
    lintels = _lintels(air, ceiling, cell)
    body = air.copy()
    for passage in lintels:
        x0, y0, x1, y1 = passage.box
        body[y0:y1, x0:x1] = False
    labels = _rooms(body, cell, widest / 2)
    if distinct < 1:
        labels = _united(labels, clearance(body), distinct)
    necks = []
    for low, high, part in _boundaries(labels):
        rows, columns = (np.ptp(k) + 1 for k in np.nonzero(part))
        if max(rows, columns) * cell >= NARROWEST:
            necks.append(_cut(labels, (low, high), part, round(THICK / cell)))
    names, kept = _tidy(labels, body)
    found = [passage._replace(rooms=_sides(kept, passage)) for passage in lintels]
    for passage in necks:
        low, high = np.searchsorted(names, passage.rooms).tolist()
        found.append(passage._replace(rooms=(low, high)))
    return Regions(kept, tuple(found))


def _united(labels: I32, clear: F64, distinct: float) -> I32:
    """Join neighbours between which the floor hardly narrows, the widest passages first."""
    labels = labels.copy()
    while True:
        widths = ndimage.maximum(clear, labels, np.arange(labels.max() + 1))
        best, pair = distinct, (0, 0)
        for low, high, part in _boundaries(labels):
            share = clear[part].max() / min(widths[low], widths[high])
            if share > best:
                best, pair = share, (low, high)
        if not pair[0]:
            return labels
        labels[labels == pair[1]] = pair[0]


def _lintels(air: Bool, ceiling: F32, cell: float) -> list[Passage]:
    """The doorways that a lintel marks."""
    high = np.where(air, ceiling, -np.inf)
    around = ndimage.maximum_filter(high, 2 * round(0.5 / cell) + 1)
    labels, _ = ndimage.label(air & (high < around - DROP))
    found = []
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        x0, y0, x1, y1 = firm_box(labels[rows, columns] == index)
        box = (columns.start + x0, rows.start + y0, columns.start + x1, rows.start + y1)
        filled = (labels[box[1] : box[3], box[0] : box[2]] == index).mean()
        beside = air & (labels != index)
        for axis in (0, 1):
            thick, wide = (box[axis + 2] - box[axis]), (box[3 - axis] - box[1 - axis])
            fits = thick * cell <= THICK and NARROWEST <= wide * cell <= LINTEL_WIDE
            if fits and filled >= 0.7 and _is_doorway(beside, box, axis):
                found.append(Passage(box, axis, lintel=True))
                break
    return found


def _is_doorway(air: Bool, box: tuple[int, int, int, int], axis: int) -> bool:
    """Whether one can go in and out of a box along `axis`, and not across."""
    x0, y0, x1, y1 = box
    if x0 == 0 or y0 == 0 or x1 == air.shape[1] or y1 == air.shape[0]:
        return False
    along_x = (air[y0:y1, x0 - 1].mean(), air[y0:y1, x1].mean())
    along_y = (air[y0 - 1, x0:x1].mean(), air[y1, x0:x1].mean())
    mouths, jambs = (along_x, along_y) if axis == 0 else (along_y, along_x)
    return bool(min(mouths) >= _OPEN and max(jambs) <= _SOLID)


def _rooms(body: Bool, cell: float, half: float) -> I32:
    """Label the parts of the air in which discs of the radius `half` fit, and the corridors."""
    wide = clearance(body) * cell > half
    cores, count = ndimage.label(wide)
    away, nearest = ndimage.distance_transform_edt(~wide, return_indices=True)
    beyond = away * cell - half if count else np.full(body.shape, np.inf)
    opened = body & (beyond <= cell / 2)
    labels = np.where(opened, cores[tuple(nearest)] if count else 0, 0).astype(np.int32)
    pieces, number = ndimage.label(body & ~opened)
    for piece in range(1, number + 1):
        cells = pieces == piece
        deep = beyond[cells].max() >= half
        if deep and cells.sum() * cell**2 >= SPECK / 2:
            count += 1
            labels[cells] = count
    labels = _grown(labels, body)
    return _without_specks(labels, cell)


def _grown(labels: I32, body: Bool) -> I32:
    """Let labels spread over unlabelled cells of the body, one cell at a time."""
    labels = labels.copy()
    while True:
        blank = body & (labels == 0)
        spread = ndimage.grey_dilation(labels, footprint=ndimage.generate_binary_structure(2, 1))
        fresh = blank & (spread > 0)
        if not fresh.any():
            return labels
        labels[fresh] = spread[fresh]


def _without_specks(labels: I32, cell: float) -> I32:
    """Give rooms smaller than SPECK to the neighbour with whom they share the longest border."""
    sizes = np.bincount(labels.ravel()) * cell**2
    labels = labels.copy()
    for small in np.flatnonzero((sizes > 0) & (sizes < SPECK)):
        cells = labels == small
        ring = ndimage.binary_dilation(cells) & ~cells & (labels > 0)
        if small and ring.any():
            labels[cells] = np.bincount(labels[ring]).argmax()
    return labels


def _boundaries(labels: I32) -> list[tuple[int, int, Bool]]:
    """Places where two rooms touch: both labels, the smaller first, and the cells (H, W) there."""
    pairs: dict[tuple[int, int], list[I64]] = {}
    for step in ((0, 1), (1, 0)):
        one = labels[: labels.shape[0] - step[0], : labels.shape[1] - step[1]]
        other = labels[step[0] :, step[1] :]
        touching = np.argwhere((one != other) & (one > 0) & (other > 0))
        ends = np.stack([one[tuple(touching.T)], other[tuple(touching.T)]], axis=1)
        for cell, end in zip(touching, np.sort(ends, axis=1).tolist(), strict=True):
            pairs.setdefault((end[0], end[1]), []).extend([cell, cell + step])
    found = []
    for (low, high), cells in pairs.items():
        mask = np.zeros(labels.shape, bool)
        mask[tuple(np.array(cells).T)] = True
        near = ndimage.binary_dilation(mask, np.ones((3, 3), bool), iterations=_TOGETHER)
        parts, count = ndimage.label(near)
        found += [(low, high, mask & (parts == part)) for part in range(1, count + 1)]
    return found


def _cut(labels: I32, pair: tuple[int, int], part: Bool, thickest: int) -> Passage:
    """The passage where two rooms touch; if its border is upright or level, cut it straight there.

    Args:
        labels: changed in place: straight tunnels between walls are taken out of both rooms.
        pair: labels of the rooms.
        part: (H, W) cells on both sides of where they touch.
        thickest: cells; a longer tunnel is a corridor, and its end the passage.
    """
    means = [np.argwhere(part & (labels == label)).mean(0) for label in pair]
    lean = np.abs(means[1] - means[0])  # rows, columns
    axis = 0 if lean[1] >= lean[0] else 1
    turned, border = (labels, part) if axis == 0 else (labels.T, part.T)  # walking along rows
    one, other = pair if means[0][1 - axis] <= means[1][1 - axis] else pair[::-1]
    across, along = np.nonzero(border)
    low, high = int(across.min()), int(across.max()) + 1
    near, far = int(along.min()), int(along.max()) + 1
    at = round(float(along.mean()) + 0.5)
    start = end = at
    if 2 * (far - near - 1) <= high - low:
        start = at - _tunnel(turned[:, :at][:, ::-1], low, high, thickest)
        end = at + _tunnel(turned[:, at:], low, high, thickest)
        if end - start > thickest:
            start = end = _mouth(start, at, end, thickest)
        strip = turned[low:high, min(near, start) : max(far, end)]
        columns = np.arange(min(near, start), max(far, end))
        owner = np.where(columns < start, one, np.where(columns < end, 0, other))
        mine = np.isin(strip, pair)
        strip[mine] = np.broadcast_to(owner, strip.shape)[mine]
    box = (start, low, end, high) if axis == 0 else (low, start, high, end)
    return Passage(box, axis, lintel=False, rooms=(one, other))


def _mouth(start: int, at: int, end: int, thickest: int) -> int:
    """Where a corridor ends: of a tunnel's ends the one that is near to the cut."""
    if end - at < thickest:
        return end
    return start if at - start < thickest else at


def _tunnel(ahead: I32, low: int, high: int, longest: int) -> int:
    """Cells from a cut to where the walls at both its ends stop; at most `longest`."""
    for step in range(min(longest, ahead.shape[1])):
        column = ahead[:, step]
        beside = [column[k] for k in (low - 1, high) if 0 <= k < len(column)]
        if any(beside) or not column[low:high].all():
            return step
    return longest


def _tidy(labels: I32, body: Bool) -> tuple[I32, I32]:
    """Old names of the rooms, and rooms numbered from 1, each in one piece.

    Each keeps its largest piece; the others go to whom they touch.
    """
    names: I32 = np.unique(labels[labels > 0])
    kept = np.zeros_like(labels)
    for count, label in enumerate(names, start=1):
        parts, _ = ndimage.label(labels == label)
        kept[parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))] = count
    return names, _grown(kept, body & (labels > 0))


def _sides(labels: I32, passage: Passage) -> tuple[int, int]:
    """The rooms before and behind a passage, -1 for none."""
    turned = labels if passage.axis == 0 else labels.T
    start, end = passage.box[passage.axis], passage.box[passage.axis + 2]
    low, high = passage.box[1 - passage.axis], passage.box[3 - passage.axis]
    ends = []
    for at in (start - 1, end):
        met = turned[low:high, at] if 0 <= at < turned.shape[1] else np.zeros(1, np.int32)
        met = met[met > 0]
        ends.append(int(np.bincount(met).argmax()) - 1 if len(met) else -1)
    return ends[0], ends[1]
