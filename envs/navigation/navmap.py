"""Where an agent can stand in one home, how far it is to walk, and which way.

Everything is exact for a disc: the free space is the complement of the rounded rectangles, and
distances are lengths of taut strings in it (`tangents`). Of places known by a raster the cells are
such rectangles, often too many for that: there distances are marched (`marching`). Immutable once
built: threads may share.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from ..interface import AGENT_RADIUS, F64, Bool, SoundwalkError
from ..scenes.freespace import FEW, FreeSpace
from ..scenes.scene import Scene
from .field import GoalField, TangentGraph, as_point, as_points
from .raster import NO_RASTER, Raster
from .shapes import BIG
from .standing import clear_points, nearest_candidates

_THIN = 1e-6  # m; a rectangle thinner than this is made this thick


@dataclass(frozen=True, eq=False, slots=True)
class NavMap:
    """The free space of a disc in one home.

    Attributes:
        rects: (K, 4) float64, what stops the agent: x0, y0, x1, y1 in metres.
        floor: (M, 4) float64, rooms and door tunnels: standing anywhere else is not free.
        bounds: (4,) float64, around all of `floor`.
        radius: of the agent, m.
        graph: see `TangentGraph`.
        home: a point of the largest connected part of the free space: what `sample_free` and
            `nearest_free` give is connected with it.
        raster: nodes on which distances are marched, NO_RASTER where `graph` is exact.
    """

    rects: F64
    floor: F64
    bounds: F64
    radius: float
    graph: TangentGraph
    home: GoalField
    raster: Raster

    @classmethod
    def from_scene(cls, scene: Scene, radius: float = AGENT_RADIUS) -> NavMap:
        """Build the map of a scene (about 5 ms for a home of five rooms).

        Raises:
            SoundwalkError: an obstacle is not finite or inside out, the radius is not positive, or
                the agent fits nowhere.
        """
        if scene.free is not None:
            return cls.from_free(scene.free, radius)
        plan = scene.plan
        boxes = [room.box for room in plan.rooms] + [door.box for door in plan.doors]
        return cls.from_rectangles(scene.obstacles, np.array(boxes, np.float64), radius)

    @classmethod
    def from_rectangles(cls, obstacles: F64, floor: F64, radius: float = AGENT_RADIUS) -> NavMap:
        """Build a map from obstacles (K, 4) and the rectangles (M, 4) one may stand in.

        Raises:
            SoundwalkError: as `from_scene`.
        """
        _check_radius(radius)
        rects = _checked(obstacles)
        floor = np.ascontiguousarray(floor, np.float64)
        bounds = np.concatenate([floor[:, :2].min(0), floor[:, 2:].max(0)])
        rects = np.concatenate([rects, _fence(bounds)])
        graph = TangentGraph.build(rects, bounds, radius)
        home = _home(rects, floor, bounds, radius, graph)
        return cls(rects, floor, bounds, radius, graph, home, NO_RASTER)

    @classmethod
    def from_free(cls, free: FreeSpace, radius: float = AGENT_RADIUS, exact: int = FEW) -> NavMap:
        """Build a map from a raster of the floor: cells that are not free stop the agent.

        Args:
            free: the raster.
            radius: of the agent, m.
            exact: where so many rectangles or fewer cover what is not free, as finely as that is
                known, distances are exact. Elsewhere they are marched from cell to cell.

        Raises:
            SoundwalkError: as `from_scene`.
        """
        _check_radius(radius)
        taken, left = free.surfaces()
        if len(taken) <= exact:
            return cls.from_rectangles(taken, left, radius)
        bounds = np.concatenate([left[:, :2].min(0), left[:, 2:].max(0)])
        rects = np.concatenate([taken, _fence(bounds)])
        raster = Raster.build(free, radius)
        goal = raster.main()
        if not np.isfinite(goal).all():
            raise SoundwalkError(
                f"an agent of radius {radius} m fits nowhere on the {free.floor.sum()} free cells "
                f"of {free.cell:g} m: the floor is too narrow"
            )
        home = GoalField.march(rects, radius, raster, goal)
        return cls(rects, left, bounds, radius, TangentGraph.empty(), home, raster)

    def is_free(self, points: npt.ArrayLike) -> Bool:
        """Whether a disc at each of `points` (M, 2) touches nothing and stands in a room or door.

        Raises:
            SoundwalkError: wrong shape, or not finite.
        """
        return clear_points(as_points(points), self.rects, self.floor, self.radius)

    def reachable(self, points: npt.ArrayLike) -> Bool:
        """Whether each of `points` (M, 2) is free and connected with the largest free part."""
        array = as_points(points)
        free = self.is_free(array)
        for i in np.flatnonzero(free):
            free[i] = self.home.look(array[i])[0] < BIG
        return free

    def nearest_free(self, point: npt.ArrayLike) -> F64:
        """The nearest point (2,) where the disc can stand, reachable from the rest of the home.

        Candidates are the point itself, its projections onto the sides and arcs of grown
        rectangles, and the crossings of two of them: the nearest free point is one of these. On a
        raster they are the point itself and the nodes.
        """
        x, y = as_point(point)
        if self.raster.used:
            if self.reachable([[x, y]])[0]:
                return np.array([x, y])
            places = self.raster.places(self.home.times)
            nearest: F64 = places[np.argmin(np.hypot(*(places - (x, y)).T))]
            return nearest
        size = float(np.ptp(self.bounds)) + float(np.hypot(*(self.bounds[:2] - (x, y))))
        reach = 0.5
        while True:
            found = nearest_candidates(x, y, reach, self.rects, self.radius)
            found = found[self.is_free(found[:, 1:])]
            for _, cx, cy in found[np.argsort(found[:, 0], kind="stable")]:
                candidate = np.array([cx, cy])
                if self.home.look(candidate)[0] < BIG:
                    return candidate
            if reach > 2 * size:
                return self.home.goal.copy()
            reach *= 2

    def sample_free(self, rng: np.random.Generator, n: int) -> F64:
        """`n` points (n, 2), uniform over the largest connected part of the free space."""
        if n < 0:
            raise SoundwalkError(f"n={n} points cannot be sampled: n must be 0 or more")
        batches: list[F64] = []
        missing = n
        while missing > 0:
            points = rng.uniform(self.bounds[:2], self.bounds[2:], (2 * missing + 8, 2))
            batches.append(points[self.reachable(points)][:missing])
            missing -= len(batches[-1])
        return np.concatenate(batches) if batches else np.empty((0, 2))

    def field(self, goal: npt.ArrayLike) -> GoalField:
        """Distances and paths to `goal` (2,).

        Raises:
            SoundwalkError: the goal is not finite, or the disc cannot stand there.
        """
        point = as_point(goal)
        if not self.is_free(point[None])[0]:
            raise SoundwalkError(
                f"the goal ({point[0]:.2f}, {point[1]:.2f}) lies inside an obstacle or nearer than "
                f"{self.radius} m to one: give a point where the agent can stand, for example "
                "nearest_free(goal)"
            )
        if self.raster.used:
            return GoalField.march(self.rects, self.radius, self.raster, point)
        return GoalField.solve(self.rects, self.radius, self.graph, point)


def _check_radius(radius: float) -> None:
    if not (isfinite(radius) and radius > 0):
        raise SoundwalkError(f"radius={radius} of the agent must be a positive length in metres")


def _checked(obstacles: F64) -> F64:
    """Check rectangles (K, 4) and give the thinnest ones a thickness."""
    rects = np.array(obstacles, np.float64).reshape(-1, 4)
    size = rects[:, 2:] - rects[:, :2]
    bad = ~np.isfinite(rects).all(1) | (size < 0).any(1)
    if bad.any():
        index = int(np.flatnonzero(bad)[0])
        raise SoundwalkError(
            f"obstacle {index} is {rects[index].tolist()}: expected finite x0 <= x1, y0 <= y1"
        )
    grow = np.maximum(_THIN - size, 0.0) / 2
    rects[:, :2] -= grow
    rects[:, 2:] += grow
    return rects


def _fence(bounds: F64) -> F64:
    """Four walls around the bounds, so that nobody leaves a home whose outer walls have a gap."""
    (x0, y0, x1, y1), d = bounds, 10.0
    return np.array(
        [
            (x0 - d, y0 - d, x0, y1 + d),
            (x1, y0 - d, x1 + d, y1 + d),
            (x0 - d, y0 - d, x1 + d, y0),
            (x0 - d, y1, x1 + d, y1 + d),
        ]
    )


def _home(rects: F64, floor: F64, bounds: F64, radius: float, graph: TangentGraph) -> GoalField:
    """The field of a point in the largest connected part of the free space.

    The parts are compared by how many of a low-discrepancy point set they hold (R2 sequence,
    M. Roberts 2018), first 64 points, more if the home is nearly full.
    """
    for count in (64, 4096):
        steps = np.arange(1, count + 1)[:, None] * (0.7548776662466927, 0.5698402909980532)
        points = bounds[:2] + (0.5 + steps) % 1.0 * (bounds[2:] - bounds[:2])
        left = points[clear_points(points, rects, floor, radius)]
        best, most = None, 0
        while len(left) > most:
            field = GoalField.solve(rects, radius, graph, left[0])
            inside = np.array([field.look(point)[0] < BIG for point in left])
            if inside.sum() > most:
                best, most = field, int(inside.sum())
            left = left[~inside]
        if best is not None:
            return best
    raise SoundwalkError(
        f"an agent of radius {radius} m fits nowhere in this home: "
        "the obstacles fill the rooms, or the rooms are too small"
    )
