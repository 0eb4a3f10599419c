"""Where an agent can stand in one home, how far it is to walk, and which way.

Everything is exact for a disc: the free space is the complement of the rounded rectangles, and
distances are lengths of taut strings in it (`tangents`). Immutable once built: threads may share.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from ..interface import AGENT_RADIUS, F64, I32, Bool, SoundwalkError
from ..scenes.scene import Scene
from .geodesic import costs_to_go, goal_exits, look, trace
from .shapes import BIG, TOUCH, clearance
from .standing import clear_points, nearest_candidates
from .tangents import free_arcs, link, tangent_edges

_THIN = 1e-6  # m; a rectangle thinner than this is made this thick


@dataclass(frozen=True, eq=False, slots=True)
class TangentGraph:
    """Arrays of `tangents`: arcs, their quadrants, and the departures along their chains."""

    arcs: F64  # (P, 4) centre x, y, angles lo, hi
    quadrants: I32  # (P,)
    values: F64  # (E, 3) s at departure, length, s at arrival
    reached: I32  # (E,) chain reached
    start: I32  # (2P + 1,) first departure of each chain
    following: I32  # (E,) first departure after the arrival
    into: I32  # (E + 1,) lists of the arrivals before each departure
    members: I32  # (E,)

    @classmethod
    def build(cls, rects: F64, bounds: F64, radius: float) -> TangentGraph:
        """The graph of a disc of `radius` among `rects` (K, 4), inside `bounds` (4,)."""
        arcs, quadrants = free_arcs(rects, bounds, radius)
        values, chains = tangent_edges(arcs, quadrants, rects, radius)
        return cls(arcs, quadrants, *link(values, chains, 2 * len(arcs)))


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
    """

    rects: F64
    floor: F64
    bounds: F64
    radius: float
    graph: TangentGraph
    home: GoalField

    @classmethod
    def from_scene(cls, scene: Scene, radius: float = AGENT_RADIUS) -> NavMap:
        """Build the map of a scene (about 5 ms for a home of five rooms).

        Raises:
            SoundwalkError: an obstacle is not finite or inside out, the radius is not positive, or
                the agent fits nowhere.
        """
        plan = scene.plan
        boxes = [room.box for room in plan.rooms] + [door.box for door in plan.doors]
        return cls.from_rectangles(scene.obstacles, np.array(boxes, np.float64), radius)

    @classmethod
    def from_rectangles(cls, obstacles: F64, floor: F64, radius: float = AGENT_RADIUS) -> NavMap:
        """Build a map from obstacles (K, 4) and the rectangles (M, 4) one may stand in.

        Raises:
            SoundwalkError: as `from_scene`.
        """
        if not (isfinite(radius) and radius > 0):
            raise SoundwalkError(
                f"radius={radius} of the agent must be a positive length in metres"
            )
        rects = _checked(obstacles)
        floor = np.ascontiguousarray(floor, np.float64)
        bounds = np.concatenate([floor[:, :2].min(0), floor[:, 2:].max(0)])
        rects = np.concatenate([rects, _fence(bounds)])
        graph = TangentGraph.build(rects, bounds, radius)
        return cls(rects, floor, bounds, radius, graph, _home(rects, floor, bounds, radius, graph))

    def is_free(self, points: npt.ArrayLike) -> Bool:
        """Whether a disc at each of `points` (M, 2) touches nothing and stands in a room or door.

        Raises:
            SoundwalkError: wrong shape, or not finite.
        """
        return clear_points(_points(points), self.rects, self.floor, self.radius)

    def reachable(self, points: npt.ArrayLike) -> Bool:
        """Whether each of `points` (M, 2) is free and connected with the largest free part."""
        array = _points(points)
        free = self.is_free(array)
        for i in np.flatnonzero(free):
            free[i] = self.home.look(array[i])[0] < BIG
        return free

    def nearest_free(self, point: npt.ArrayLike) -> F64:
        """The nearest point (2,) where the disc can stand, reachable from the rest of the home.

        Candidates are the point itself, its projections onto the sides and arcs of grown
        rectangles, and the crossings of two of them: the nearest free point is one of these.
        """
        x, y = _point(point)
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
        point = _point(goal)
        if not self.is_free(point[None])[0]:
            raise SoundwalkError(
                f"the goal ({point[0]:.2f}, {point[1]:.2f}) lies inside an obstacle or nearer than "
                f"{self.radius} m to one: give a point where the agent can stand, for example "
                "nearest_free(goal)"
            )
        return GoalField.solve(self.rects, self.radius, self.graph, point)


@dataclass(frozen=True, eq=False, slots=True)
class GoalField:
    """Exact geodesic distances to one goal. Made by `NavMap.field`.

    Attributes:
        goal: (2,) float64, m.
        exits: (2P, 2) where each chain of the graph sees the goal, and from how far.
        costs: (E,) distance to the goal from every departure, m.
        choice: (E,) what to do there.
    """

    rects: F64
    radius: float
    graph: TangentGraph
    goal: F64
    exits: F64
    costs: F64
    choice: I32

    @classmethod
    def solve(cls, rects: F64, radius: float, graph: TangentGraph, goal: F64) -> GoalField:
        """Run Dijkstra's algorithm from the goal."""
        g = graph
        exits = goal_exits(goal[0], goal[1], g.arcs, g.quadrants, rects, radius)
        costs, choice = costs_to_go(
            exits, g.values, g.reached, g.start, g.following, g.into, g.members, radius
        )
        return cls(rects, radius, graph, goal.copy(), exits, costs, choice)

    def look(self, point: F64) -> tuple[float, float, float, int, float]:
        """`geodesic.look` from a point: distance, first direction, chain reached and where."""
        g, (gx, gy) = self.graph, self.goal
        result: tuple[float, float, float, int, float] = look(
            point[0], point[1], gx, gy, self.rects, len(self.rects), g.arcs, g.quadrants,
            len(g.arcs), g.values, g.start, self.exits, self.costs, self.radius,
        )  # fmt: skip
        return result

    def _standing(self, point: npt.ArrayLike) -> F64:
        array = _point(point)
        if clearance(array[0], array[1], self.rects, len(self.rects)) < self.radius - TOUCH:
            raise SoundwalkError(
                f"the point ({array[0]:.2f}, {array[1]:.2f}) lies inside an obstacle or nearer "
                f"than {self.radius} m to one: no path begins there; "
                "take NavMap.nearest_free(point)"
            )
        return array

    def distance(self, point: npt.ArrayLike) -> float:
        """Length in metres of the shortest path from `point` (2,) to the goal; inf if none.

        Raises:
            SoundwalkError: the point is not finite, or the disc cannot stand there.
        """
        distance = self.look(self._standing(point))[0]
        return distance if distance < BIG else float("inf")

    def path(self, point: npt.ArrayLike) -> F64:
        """The shortest path, points (P, 2) from `point` to the goal, arcs drawn every 7.5 degrees.

        Raises:
            SoundwalkError: no path leads there, the point is not finite, or inside an obstacle.
        """
        array = self._standing(point)
        distance, _, _, chain, s = self.look(array)
        if distance >= BIG:
            raise SoundwalkError(
                f"no path leads from ({array[0]:.2f}, {array[1]:.2f}) to the goal "
                f"({self.goal[0]:.2f}, {self.goal[1]:.2f}): they lie in parts of the home that the "
                "agent cannot pass between; NavMap.sample_free gives points that are connected"
            )
        if chain < 0:
            return np.stack([array, self.goal])
        g = self.graph
        middle = trace(
            chain, s, g.arcs, g.quadrants, g.values, g.reached, g.start, self.exits, self.costs,
            self.choice, self.radius,
        )  # fmt: skip
        return np.concatenate([array[None], middle, self.goal[None]])


def _points(points: npt.ArrayLike) -> F64:
    """Check and convert to a contiguous (M, 2) float64 array."""
    array: F64 = np.ascontiguousarray(points, np.float64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise SoundwalkError(f"points have shape {array.shape}: expected (M, 2), x and y in metres")
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array).all(1)][0]
        raise SoundwalkError(f"the point ({bad[0]}, {bad[1]}) is not finite: give metres")
    return array


def _point(point: npt.ArrayLike) -> F64:
    """Check and convert to (2,) float64."""
    row: F64 = _points(np.atleast_2d(np.asarray(point, np.float64)))[0]
    return row


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
