"""Where one can stand in a place that is known by its geometry: a raster of the floor.

Scenes from elsewhere (meshes, robots' maps) carry a `FreeSpace`. Walking, rooms, and acoustics'
plan are derived from it. A cell is judged at its centre; things thinner than a cell (a wall that is
a single sheet) are drawn one cell thick. Outside of the raster nothing is free. Who knows the floor
more finely than in cells says so in `fine`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..interface import F32, F64, I32, I64, Bool, SoundwalkError

CELL = 0.05  # m
FEW = 256  # rectangles among which distances are exact at little cost


@dataclass(frozen=True, eq=False)
class FreeSpace:
    """Where the floor is free, in cells; row = y, column = x.

    Attributes:
        cell: edge of a cell, metres.
        origin: x0, y0 of the outer corner of cell [0, 0], metres.
        floor: (H, W) bool, there is floor, and headroom for an agent standing; not eroded by the
            agent's radius.
        ceiling: (H, W) float32, height above the floor at which the open air over the cell ends,
            metres: the ceiling over a room and over furniture in it, the lintel's underside in a
            doorway; inf under open sky, anything where `air` is false.
        level: z of this floor in the scene, metres.
        air: (H, W) bool, cells of rooms and doorways, furnished or not: there is floor, and no wall
            stands on it (nothing solid from the floor to near the ceiling). It tells walls from
            tables, and rooms are found in it. None if only `floor` is known: then what stands in
            the middle of free floor counts as furniture, and the rest as wall.
        fine: (k H, k W) bool, the floor in cells k times finer, each judged by all of it; None if
            it is known no more finely.
    """

    cell: float
    origin: tuple[float, float]
    floor: Bool
    ceiling: F32
    level: float = 0.0
    air: Bool | None = None
    fine: Bool | None = None

    def __post_init__(self) -> None:
        """Check that the arrays belong together.

        Raises:
            SoundwalkError: a shape or type that does not fit, a cell without size, or no free cell.
        """
        if not (isfinite(self.cell) and self.cell > 0):
            raise SoundwalkError(f"cell={self.cell!r}: expected a positive number of metres")
        if not all(isfinite(v) for v in (*self.origin, self.level)):
            raise SoundwalkError(
                f"origin={self.origin}, level={self.level}: expected finite numbers of metres"
            )
        if self.floor.ndim != 2 or self.floor.dtype != np.bool_:
            raise SoundwalkError(
                f"floor has shape {self.floor.shape} and type {self.floor.dtype}: "
                "expected (H, W) bool"
            )
        for label in ("ceiling", "air"):
            array = getattr(self, label)
            if array is not None and array.shape != self.floor.shape:
                raise SoundwalkError(
                    f"{label} has shape {array.shape}: expected that of floor, {self.floor.shape}"
                )
        self._check_fine()
        if not self.floor.any():
            raise SoundwalkError(
                f"none of the {self.floor.size} cells of {self.cell:g} m is free: no floor with "
                "headroom was found; check the unit, the up axis, and the height of the floor"
            )

    def _check_fine(self) -> None:
        if self.fine is None:
            return
        times = self.fine.shape[0] // max(self.floor.shape[0], 1)
        whole = tuple(times * side for side in self.floor.shape)
        if times < 1 or self.fine.shape != whole or self.fine.dtype != np.bool_:
            raise SoundwalkError(
                f"fine has shape {self.fine.shape} and type {self.fine.dtype}: expected bool, "
                f"a whole multiple of that of floor, {self.floor.shape}"
            )

    def cells(self, points: npt.ArrayLike) -> I64:
        """Row and column (M, 2) of the cells that hold points (M, 2); may lie outside."""
        offset = (np.asarray(points, np.float64) - self.origin) / self.cell
        return np.floor(offset).astype(np.int64)[..., ::-1]

    def centres(self, cells: npt.ArrayLike) -> F64:
        """World x, y (M, 2) in metres of the centres of cells (M, 2), row and column."""
        middle = np.asarray(cells, np.float64)[..., ::-1] + 0.5
        return np.asarray(self.origin) + middle * self.cell

    def holds(self, points: npt.ArrayLike) -> Bool:
        """Whether each of points (M, 2) lies on a free cell."""
        rows, columns = self.cells(points).reshape(-1, 2).T
        inside = (rows >= 0) & (columns >= 0)
        inside &= (rows < self.floor.shape[0]) & (columns < self.floor.shape[1])
        inside[inside] = self.floor[rows[inside], columns[inside]]
        return inside

    def eroded(self, radius: float) -> Bool:
        """(H, W) cells at whose centres a disc of that radius (metres) touches nothing."""
        return clearance(self.floor) * self.cell >= radius

    def obstacles(self) -> F64:
        """(K, 4) rectangles x0, y0, x1, y1 in metres that cover all cells that are not free."""
        return self.rectangles(~self.floor)

    def rectangles(self, cells: Bool) -> F64:
        """(K, 4) rectangles x0, y0, x1, y1 in metres that cover cells, see `merged`.

        Args:
            cells: (H, W), or (k H, k W) finer ones.
        """
        rectangles: F64 = np.asarray(self.origin * 2) + merged(cells) * self.edge(cells)
        return rectangles

    def edge(self, cells: Bool) -> float:
        """Metres along the edge of a cell of a raster (H, W), or finer, of the same floor."""
        metres: float = self.cell * self.floor.shape[0] / cells.shape[0]
        return metres

    def surfaces(self) -> tuple[F64, F64]:
        """What is not free and what is, as exactly as it is known.

        A fine cell is taken wherever a surface passes through it, which lies in its middle on the
        whole. So rectangles of such cells are smaller by half a cell all around than the cells.

        Returns:
            (K, 4) and (M, 4) rectangles x0, y0, x1, y1 in metres.
        """
        if self.fine is None:
            return self.obstacles(), self.rectangles(self.floor)
        half = self.edge(self.fine) / 2
        smaller = np.array([half, half, -half, -half])
        taken = self.rectangles(~self.fine) + smaller
        taken[:, 2:] = np.maximum(taken[:, 2:], taken[:, :2])  # of one cell: rounding
        return taken, self.rectangles(self.fine) - smaller


def clearance(free: Bool) -> F64:
    """Distance from the centre of each cell to the nearest square that is not free, in cells.

    Around the raster nothing is free.

    Args:
        free: (H, W) bool.

    Returns:
        (H, W) float64, 0 in cells that are not free.
    """
    return _half_cells(free)[1::2, 1::2]


def corner_clearance(free: Bool) -> F64:
    """The same from each corner of a cell, (H + 1, W + 1)."""
    return _half_cells(free)[::2, ::2]


def _half_cells(free: Bool) -> F64:
    """Distance to the nearest square that is not free from all points of the lattice of half cells.

    Exact: the nearest point of a square lies on that lattice, too, and the Euclidean distance
    transform (Felzenszwalb & Huttenlocher, 2012) is taken there.

    Returns:
        (2 H + 1, 2 W + 1) float64 cells; even indices are edges of cells, odd ones middles.
    """
    height, width = free.shape
    open_ = np.ones((2 * height + 3, 2 * width + 3), bool)
    open_[:2] = open_[-2:] = open_[:, :2] = open_[:, -2:] = False
    for i in range(3):
        for j in range(3):
            open_[1 + i : 1 + i + 2 * height : 2, 1 + j : 1 + j + 2 * width : 2] &= free
    distance: F64 = ndimage.distance_transform_edt(open_)
    return distance[1:-1, 1:-1] / 2


def islands(free: Bool) -> tuple[I32, I64]:
    """Connected parts (cells that share an edge), the largest first.

    Returns:
        (H, W) int32, 0 where not free, else 1 + number of the part; (parts,) sizes in cells.
    """
    labels, count = ndimage.label(free)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")
    renamed = np.zeros(count + 1, np.int32)
    renamed[order + 1] = np.arange(1, count + 1)
    return renamed[labels], sizes[order].astype(np.int64)


def merged(cells: Bool) -> I64:
    """(K, 4) rectangles x0, y0, x1, y1 in whole cells that cover exactly the cells set.

    Runs of a row that the next row repeats become one rectangle.
    """
    done: list[tuple[int, int, int, int]] = []
    growing: dict[tuple[int, int], int] = {}
    edges = np.diff(np.pad(cells, ((0, 1), (1, 1))).astype(np.int8), axis=1)
    for row, line in enumerate(edges):
        starts, ends = np.flatnonzero(line == 1), np.flatnonzero(line == -1)
        runs = set(zip(starts.tolist(), ends.tolist(), strict=True))
        for low, high in [span for span in growing if span not in runs]:
            done.append((low, growing.pop((low, high)), high, row))
        for span in runs:
            growing.setdefault(span, row)
    return np.array(sorted(done), np.int64).reshape(-1, 4)
