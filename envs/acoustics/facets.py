"""What reflects besides the walls: flat facets of furniture, and patches of rough walls.

Facets come from the triangles that the camera sees: neighbours in one plane are joined to
rectangles; what is small, looks at the floor or a wall nearby is left out. In places known by their
geometry everything counts that does not lie on a face of a room's box.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..interface import F32, F64, I32, I64, Bool
from ..scenes.scene import Scene
from .wandering import ALONG, NEAR_FACE

LEAST = 0.08  # m2
LARGE = 1.4  # m; facets that are longer scatter in pieces
PATCH = 1.8  # m, of rough walls
ROUGH = 0.15  # mean scattering of a wall from which it is rough
MOST = 48  # rows in one room; the largest are kept
CLOSE = 0.15  # m; a face so near to a wall that it looks at hides
COLUMNS = 13


class Facets(NamedTuple):
    """The facets of all rooms.

    Attributes:
        panels: (R, P, COLUMNS) float64: centre, normal, first tangent, half sizes along the first
            and the second tangent (normal x first), area, sign of scattered sound.
        mirrors: (R, P, B) float32 pressure gain of the reflection as by a mirror.
        scatters: (R, P, B) float32 pressure gain of the diffuse reflection.
        used: (R,) int32 rows in use.
    """

    panels: F64
    mirrors: F32
    scatters: F32
    used: I32


def _cross(a: F64, b: F64) -> F64:
    """Cross products (N, 3); np.cross takes ten times as long for the few rows of a room."""
    ax, ay, az = a.T
    bx, by, bz = b.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)


def _tangents(normals: F64) -> tuple[F64, F64]:
    """Two unit vectors (N, 3) in the plane of each normal."""
    steep = np.abs(normals[:, 2:]) > 0.999
    level = np.stack([-normals[:, 1], normals[:, 0], np.zeros(len(normals))], axis=1)
    first = np.where(steep, (1.0, 0.0, 0.0), level)
    first /= np.sqrt((first**2).sum(1, keepdims=True))
    return first, _cross(normals, first)


def _groups(corners: F64, normals: F64, labels: I64) -> I64:
    """(N,) number of the plane of each triangle: same label, normal, and offset within 4 cm."""
    offset = np.einsum("ij,ij->i", corners[:, 0], normals)
    keys = np.column_stack([labels, np.round(normals * 20), np.round(offset * 25)])
    return np.unique(keys, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def _rectangles(corners: F64, normals: F64, areas: F64, groups: I64) -> tuple[F64, I64, F64]:
    """Bounding rectangle of each group: rows (G, COLUMNS), a member of each, and filled area."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    member = order[starts]
    first, second = (t[member][groups] for t in _tangents(normals))
    u, v = (np.einsum("fcj,fj->fc", corners, t) for t in (first, second))
    low = [np.minimum.reduceat(x.min(1)[order], starts) for x in (u, v)]
    high = [np.maximum.reduceat(x.max(1)[order], starts) for x in (u, v)]
    filled = np.add.reduceat(areas[order], starts)
    n, a, b = normals[member], first[member], second[member]
    height = np.einsum("ij,ij->i", corners[member, 0], n)
    middle = [(p + q)[:, None] / 2 for p, q in zip(low, high, strict=True)]
    rows = np.zeros((len(member), COLUMNS))
    rows[:, :3] = middle[0] * a + middle[1] * b + height[:, None] * n
    rows[:, 3:6], rows[:, 6:9] = n, a
    rows[:, 9], rows[:, 10] = (high[0] - low[0]) / 2, (high[1] - low[1]) / 2
    return rows, member, filled


def _planes(corners: F64, labels: I64) -> tuple[F64, I64]:
    """Rectangles (G, COLUMNS) that stand for triangles, and one triangle of each."""
    across = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double = np.sqrt((across**2).sum(1))
    keep = np.flatnonzero(double > 1e-9)
    corners, labels, areas = corners[keep], labels[keep], double[keep] / 2
    normals = across[keep] / double[keep, None]
    whole = _groups(corners, normals, labels)
    rows, member, filled = _rectangles(corners, normals, areas, whole)
    fill = filled / np.maximum(4 * rows[:, 9] * rows[:, 10], 1e-9)
    loose = (fill < 0.6)[whole]  # far apart in one plane: pairs of triangles by themselves
    if loose.any():
        pairs = np.column_stack([keep[loose] // 2, whole[loose]])
        numbers = np.unique(pairs, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
        more, others, area = _rectangles(corners[loose], normals[loose], areas[loose], numbers)
        tight = fill >= 0.6
        rows = np.concatenate([rows[tight], more])
        member = np.concatenate([member[tight], np.flatnonzero(loose)[others]])
        filled = np.concatenate([filled[tight], area])
    bounding = np.maximum(4 * rows[:, 9] * rows[:, 10], 1e-9)
    rows[:, 9:11] *= np.sqrt(np.minimum(filled / bounding, 1.0))[:, None]
    rows[:, 11] = filled
    return rows, keep[member]


def _exposed(rows: F64, box: F64) -> Bool:
    """Which rows are large enough and look into a room (x0, y0, x1, y1, height)."""
    large = rows[:, 11] >= LEAST
    low, high = np.append(box[:2], 0.0), np.append(box[2:4], box[4])
    seen = np.full(len(rows), True)
    for ahead in (1e-3, CLOSE):
        point = rows[:, :3] + ahead * rows[:, 3:6]
        seen &= (point > low).all(1) & (point < high).all(1)
    exposed: Bool = large & seen
    return exposed


def _on_walls(rows: F64, box: F64) -> Bool:
    """Which rows lie along a face of a room and near it: images of the room reflect there."""
    low, high = np.append(box[:2], 0.0), np.append(box[2:4], box[4])
    centre, along = rows[:, :3], np.abs(rows[:, 3:6]) >= ALONG
    near = np.minimum(np.abs(centre - low), np.abs(centre - high)) <= NEAR_FACE
    on: Bool = (along & near).any(1)
    return on


def _pieces(row: F64, longest: float) -> F64:
    """A rectangle cut into equal pieces (N, COLUMNS) no longer than `longest`."""
    counts = [math.ceil(2 * half / longest) or 1 for half in row[9:11].tolist()]
    if counts == [1, 1]:
        return row[None]
    u, v = (row[9 + k] * ((2 * np.arange(n) + 1) / n - 1) for k, n in enumerate(counts))
    pieces = row[None].repeat(counts[0] * counts[1], axis=0)
    pieces[:, :3] += u.repeat(counts[1])[:, None] * row[6:9]
    second = _cross(row[None, 3:6], row[None, 6:9])
    pieces[:, :3] += np.concatenate([v] * counts[0])[:, None] * second
    pieces[:, 9:11] /= counts
    pieces[:, 11] /= counts[0] * counts[1]
    return pieces


def _walls(box: F64) -> F64:
    """The six faces of a room as rows, in the order WEST ... CEILING."""
    low, high = np.append(box[:2], 0.0), np.append(box[2:4], box[4])
    rows = np.zeros((6, COLUMNS))
    rows[:, :3] = (low + high) / 2
    for face in range(6):
        axis, upper = divmod(face, 2)
        rows[face, axis] = (low, high)[upper][axis]
        rows[face, 3 + axis] = -1.0 if upper else 1.0
    rows[:, 6:9], second = _tangents(rows[:, 3:6])
    size = (high - low) / 2
    rows[:, 9], rows[:, 10] = np.abs(rows[:, 6:9]) @ size, np.abs(second) @ size
    rows[:, 11] = 4 * rows[:, 9] * rows[:, 10]
    return rows


def _room_rows(
    rows: F64, surfaces: I64, box: F64, walls: list[int], scattering: F64
) -> list[tuple[F64, int, bool, bool]]:
    """Rows of one room: rectangle, surface, whether it mirrors, whether it scatters."""
    out: list[tuple[F64, int, bool, bool]] = []
    for row, surface in zip(rows, surfaces.tolist(), strict=True):
        whole = 2 * max(row[9], row[10]) <= LARGE
        out.append((row, surface, True, whole))
        if not whole:
            out += [(piece, surface, False, True) for piece in _pieces(row, LARGE)]
    rough = scattering.mean(1) >= ROUGH
    if rough[walls].any():
        for wall, surface in zip(_walls(box), walls, strict=True):
            if rough[surface]:
                out += [(piece, surface, False, True) for piece in _pieces(wall, PATCH)]
    return sorted(out, key=lambda item: -float(item[0][11]))[:MOST]


def find_facets(scene: Scene, absorption: F64, scattering: F64, *, wanted: bool = True) -> Facets:
    """The facets of a home.

    Args:
        scene: the home.
        absorption: (surfaces, B) energy absorption per band.
        scattering: (surfaces, B) share of the reflected energy that is diffuse.
        wanted: False for a home in which only walls reflect.
    """
    rooms = np.array([(*room.box, room.height) for room in scene.plan.rooms])
    found: list[list[tuple[F64, int, bool, bool]]] = [[] for _ in rooms]
    if wanted:
        solid = np.flatnonzero((scene.instance > 0) | (scene.free is not None))
        corners = scene.triangles[solid].astype(np.float64)
        labels = scene.instance[solid].astype(np.int64) * len(scene.surfaces)
        labels += scene.surface[solid]
        rows, member = np.zeros((0, COLUMNS)), np.zeros(0, np.int64)
        if len(solid):
            rows, member = _planes(corners, labels)
        surfaces = scene.surface[solid][member].astype(np.int64)
        for index, room in enumerate(scene.plan.rooms):
            mine = _exposed(rows, rooms[index])
            if scene.free is not None:
                mine &= ~_on_walls(rows, rooms[index])
            walls = list(room.surfaces)
            found[index] = _room_rows(rows[mine], surfaces[mine], rooms[index], walls, scattering)
    most, bands = max(1, *map(len, found)), absorption.shape[1]
    panels = np.zeros((len(rooms), most, COLUMNS))
    mirrors = np.zeros((len(rooms), most, bands), np.float32)
    scatters = np.zeros((len(rooms), most, bands), np.float32)
    left = 1.0 - absorption
    mirror, scatter = np.sqrt(left * (1.0 - scattering)), np.sqrt(left * scattering)
    for index, mine_here in enumerate(found):
        if mine_here:
            count = len(mine_here)
            panels[index, :count] = [item[0] for item in mine_here]
            panels[index, :count, 12] = np.where(np.arange(count) * 7 % 5 < 2, 1.0, -1.0)
            used = [item[1] for item in mine_here]
            mirrors[index, :count] = mirror[used] * [[item[2]] for item in mine_here]
            scatters[index, :count] = scatter[used] * [[item[3]] for item in mine_here]
    return Facets(panels, mirrors, scatters, np.array([len(f) for f in found], np.int32))
