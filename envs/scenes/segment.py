"""The floor plan of a place that is known by its geometry: rooms, doors and joints from a raster.

Rooms are judged on the walls, not on tables (`FreeSpace.air`), divided at doorways (`passages`) and
covered with boxes (`tiling`). Boxes are axis-aligned, so the place should be: `wall_angle` says by
how much to turn it first.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy import ndimage

from ..interface import AGENT_RADIUS, F32, I32, Bool, SoundwalkError
from .freespace import FreeSpace, islands
from .passages import Passage, Regions, find_regions
from .rasterise import rasterised
from .scene import Door, FloorPlan, Room
from .tiling import Tile, tile

TABLE = 4.0  # m2; a larger hole in the free floor is no furniture
DISTINCT = 0.6  # where furniture cannot be told from walls, rooms narrow at least to this share
OPEN_HEIGHT = 3.0  # m, taken for the height of what has no ceiling at all
# How a passage may change to meet boxes, tried in turn: m along its axis, m across, least width in
# m, and whether it is walked across the axis that was found.
_TRIES = ((0.3, 0.0, 0.4, 0), (0.3, 0.0, 0.4, 1), (0.8, 0.3, 0.2, 0), (0.8, 0.3, 0.2, 1))
_AGREED = 0.2  # share of the walls that must agree on a direction
_Faces = tuple[int, int, int, int, int, int]


def plan_from_free(
    free: FreeSpace,
    faces: _Faces = (0, 0, 0, 0, 0, 0),
    *,
    widest_door: float = 1.2,
    most_boxes: int = 6,
    radius: float = AGENT_RADIUS,
) -> FloorPlan:
    """Rooms and doors of a place.

    Args:
        free: its raster. Only the air that the largest island of free floor lies in counts.
        faces: surface of the west, east, south and north face, the floor and the ceiling of every
            room, indices into Scene.surfaces.
        widest_door: m; a wider passage without lintel does not part rooms.
        most_boxes: that a room is made of. More are used only where a door would be lost.
        radius: of the agent for whom islands are told apart, m.

    Returns:
        A plan without furniture and objects. A room of several boxes is as many entries of `rooms`
        with joints between them; a box is as high as the mean of the ceiling over it (3 m where
        there is none).

    Raises:
        SoundwalkError: the agent fits nowhere, or an argument that is no positive number.
    """
    if not (widest_door > 0 and most_boxes >= 1):
        raise SoundwalkError(
            f"widest_door={widest_door} m, most_boxes={most_boxes}: expected positive numbers"
        )
    air = _air(free, radius)
    distinct = DISTINCT if free.air is None else 1.0
    regions = find_regions(air, free.ceiling, free.cell, widest_door, distinct)
    tiles, doors = _tiles(regions, most_boxes, free.cell)
    first = np.cumsum([0, *map(len, tiles)]).tolist()
    rooms = tuple(
        Room("room", _metres(free, box), _height(regions.labels, label + 1, free, box), faces)
        for label, boxes in enumerate(tiles)
        for box in boxes
    )
    openings = [(passage, (first[a] + i, first[b] + j)) for passage, ((a, i), (b, j)) in doors]
    for label, boxes in enumerate(tiles):
        for passage, (i, j) in _joints(boxes):
            openings.append((passage, (first[label] + i, first[label] + j)))
    found = []
    for passage, ends in openings:
        top = min(rooms[ends[0]].height, rooms[ends[1]].height, _lintel(free, passage))
        found.append(Door(ends, _metres(free, passage.box), top, passage.axis))
    return FloorPlan(rooms, tuple(found))


def mismatch(free: FreeSpace, plan: FloorPlan, radius: float = AGENT_RADIUS) -> float:
    """Floor area that a plan covers and should not or should and does not, over the place's area.

    Args:
        free: the raster.
        plan: made from it.
        radius: as for `plan_from_free`.
    """
    air = _air(free, radius)
    drawn = rasterised(plan, np.empty((0, 4)), free.cell)
    rows, columns = np.argwhere(drawn.floor).T
    cells = free.cells(drawn.centres(np.stack([rows, columns], axis=1)))
    covered = np.zeros(air.shape, bool)
    inside = ((cells >= 0) & (cells < air.shape)).all(1)
    covered[tuple(cells[inside].T)] = True
    return float(((covered ^ air).sum() + (~inside).sum()) / air.sum())


def wall_angle(air: Bool) -> float:
    """Angle of the walls to the axes, radians in [-pi/4, pi/4): turn by its negative to align them.

    The direction in which the gradient of the smoothed raster is strongest, modulo a right angle:
    the mean of exp(4 i angle), weighted with the square of the gradient. 0 if there is none, as in
    a round hall.

    Args:
        air: (H, W) bool, e.g. `FreeSpace.air`.
    """
    smooth = ndimage.gaussian_filter(np.pad(air, 4).astype(np.float64), 2.0)
    down, right = np.gradient(smooth)
    weight = right**2 + down**2
    total = ((right + 1j * down) ** 4 / (weight + 1e-9)).sum()
    return float(np.angle(total) / 4) if abs(total) > _AGREED * weight.sum() else 0.0


def _air(free: FreeSpace, radius: float) -> Bool:
    """The cells of rooms and doorways around the largest island of the free floor."""
    if free.air is not None:
        air = free.air | free.floor
    else:
        holes, count = ndimage.label(~np.pad(free.floor, 1), np.ones((3, 3)))
        sizes = np.bincount(holes.ravel(), minlength=count + 1) * free.cell**2
        small = sizes <= TABLE
        small[[0, holes[0, 0]]] = False
        air = free.floor | small[holes[1:-1, 1:-1]]
    standing = free.eroded(radius)
    if not standing.any():
        raise SoundwalkError(
            f"an agent of radius {radius} m fits nowhere on the {free.floor.sum()} free cells of "
            f"{free.cell:g} m: the floor is too narrow; check the unit of the geometry"
        )
    row, column = np.argwhere(islands(standing)[0] == 1)[0]
    parts, _ = ndimage.label(air)
    main: Bool = parts == parts[row, column]
    return main


_Ends = tuple[tuple[int, int], tuple[int, int]]  # room and number of its box, on both sides


def _tiles(
    regions: Regions, most: int, cell: float
) -> tuple[list[list[Tile]], list[tuple[Passage, _Ends]]]:
    """Boxes of each room, and between which of them each passage lies.

    Rooms are covered more finely while a passage finds no boxes and its rooms do not hang together
    without it.
    """
    count = int(regions.labels.max())
    ways = [tile(regions.labels == label + 1, most) for label in range(count)]
    chosen = [0] * count
    links = [p for p in regions.passages if min(p.rooms) >= 0 and p.rooms[0] != p.rooms[1]]
    while True:
        tiles = _apart([way[k] for way, k in zip(ways, chosen, strict=True)])
        doors, lost = _doors(links, tiles, cell)
        finer = [
            room
            for room in _needed(lost, [(low[0], high[0]) for _, (low, high) in doors])
            if chosen[room] + 1 < len(ways[room])
        ]
        if not finer:
            return tiles, doors
        for room in finer:
            chosen[room] += 1


def _needed(lost: list[tuple[int, int]], kept: list[tuple[int, int]]) -> set[int]:
    """Rooms between which all ways are lost."""
    rooms = {room for pair in lost + kept for room in pair}
    group = {room: room for room in rooms}
    for low, high in kept:
        old, new = group[high], group[low]
        group = {room: new if g == old else g for room, g in group.items()}
    return {room for pair in lost if group[pair[0]] != group[pair[1]] for room in pair}


def _apart(tiles: list[list[Tile]]) -> list[list[Tile]]:
    """Boxes of different rooms that overlap, cut where the overlap is thinnest."""
    out = [list(boxes) for boxes in tiles]
    for room, other in itertools.combinations(range(len(out)), 2):
        for i, j in itertools.product(range(len(out[room])), range(len(out[other]))):
            out[room][i], out[other][j] = _trimmed(out[room][i], out[other][j])
    return out


def _trimmed(a: Tile, b: Tile) -> tuple[Tile, Tile]:
    """Two boxes without their overlap."""
    deep = [min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1)]
    if min(deep) <= 0:
        return a, b
    axis = 0 if deep[0] <= deep[1] else 1
    if a[axis] > b[axis]:
        return _trimmed(b, a)[::-1]
    middle = b[axis] + deep[axis] // 2
    return _with_side(a, axis + 2, middle), _with_side(b, axis, middle)


def _with_side(box: Tile, side: int, value: int) -> Tile:
    """A box with one of its four sides elsewhere."""
    x0, y0, x1, y1 = (value if k == side else v for k, v in enumerate(box))
    return x0, y0, x1, y1


def _doors(
    links: list[Passage], tiles: list[list[Tile]], cell: float
) -> tuple[list[tuple[Passage, _Ends]], list[tuple[int, int]]]:
    """Passages between boxes, and the pairs of rooms of those that found none."""
    doors: list[tuple[Passage, _Ends]] = []
    lost = []
    for passage in links:
        for reach, aside, least, turn in _TRIES:
            found = _between(passage, turn, tiles, (reach / cell, aside / cell, least / cell))
            if found is not None:
                doors.append(found)
                break
        else:
            lost.append(passage.rooms)
    return doors, lost


def _between(
    passage: Passage,
    turn: int,
    tiles: list[list[Tile]],
    limits: tuple[float, float, float],
) -> tuple[Passage, _Ends] | None:
    """Let a passage span from face to face of a box before and a box behind it.

    Args:
        passage: as found.
        turn: 1 to walk across the axis that was found, either way.
        tiles: boxes of all rooms.
        limits: how far the ends may move along the axis and across, and the least width, cells.
    """
    reach, aside, least = limits
    axis, box = passage.axis ^ turn, passage.box
    best, found = (0.0, 0.0), None
    for low, high in (passage.rooms, passage.rooms[::-1])[: 1 + turn]:
        for (i, a), (j, b) in itertools.product(enumerate(tiles[low]), enumerate(tiles[high])):
            near, far = a[axis + 2], b[axis]
            left = max(a[1 - axis], b[1 - axis], round(box[1 - axis] - aside))
            right = min(a[3 - axis], b[3 - axis], round(box[3 - axis] + aside))
            inside = box[axis] - reach <= near <= far <= box[axis + 2] + reach
            worth = (right - left, near - far)
            if inside and right - left >= least and worth > best:
                span = (near, left, far, right) if axis == 0 else (left, near, right, far)
                best, found = worth, (Passage(span, axis, passage.lintel), ((low, i), (high, j)))
    return found


def _joints(tiles: list[Tile]) -> list[tuple[Passage, tuple[int, int]]]:
    """Where boxes of a room touch: the flat box they share, and the lower's and upper's number."""
    found = []
    for (i, one), (j, other) in itertools.permutations(enumerate(tiles), 2):
        for axis in (0, 1):
            low = max(one[1 - axis], other[1 - axis])
            high = min(one[3 - axis], other[3 - axis])
            if one[axis + 2] == other[axis] and low < high:
                at = one[axis + 2]
                box = (at, low, at, high) if axis == 0 else (low, at, high, at)
                found.append((Passage(box, axis, lintel=False), (i, j)))
    return found


def _metres(free: FreeSpace, box: Tile) -> tuple[float, float, float, float]:
    """A box in the world."""
    (x, y), c = free.origin, free.cell
    x0, y0, x1, y1 = box
    return (x + x0 * c, y + y0 * c, x + x1 * c, y + y1 * c)


def _window(box: Tile) -> tuple[slice, slice]:
    x0, y0, x1, y1 = box
    return slice(y0, y1), slice(x0, x1)


def _height(labels: I32, label: int, free: FreeSpace, box: Tile) -> float:
    """Mean of the ceiling over a room's cells in a box."""
    over: F32 = free.ceiling[_window(box)][labels[_window(box)] == label]
    over = over[np.isfinite(over) & (over > 0)]
    return float(over.mean(dtype=np.float64)) if len(over) else OPEN_HEIGHT


def _lintel(free: FreeSpace, passage: Passage) -> float:
    """Height of what hangs over a passage that a lintel marks; inf if nothing does."""
    over = free.ceiling[_window(passage.box)]
    return float(np.median(over)) if passage.lintel and over.size else np.inf
