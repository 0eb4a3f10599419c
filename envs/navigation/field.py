"""Distances and paths to one goal: exact over the tangent graph, or marched on a raster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..interface import F32, F64, I32, SoundwalkError
from .descent import trace_down
from .geodesic import costs_to_go, goal_exits, look, trace
from .marching import march
from .raster import NO_RASTER, Raster
from .shapes import BIG, TOUCH, clearance
from .tangents import free_arcs, link, tangent_edges


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

    @classmethod
    def empty(cls) -> TangentGraph:
        """The graph of nothing, for homes whose distances are marched."""
        none = np.zeros(0, np.int32)
        start = np.zeros(1, np.int32)
        return cls(np.zeros((0, 4)), none, np.zeros((0, 3)), none, start, none, start, none)


@dataclass(frozen=True, eq=False, slots=True)
class GoalField:
    """Geodesic distances to one goal. Made by `NavMap.field`.

    Attributes:
        goal: (2,) float64, m.
        exits: (2P, 2) where each chain of the graph sees the goal, and from how far.
        costs: (E,) distance to the goal from every departure, m.
        choice: (E,) what to do there.
        raster: of the home, NO_RASTER where the graph is exact.
        times: (nodes,) distance to the goal from every node of the raster, m.
    """

    rects: F64
    radius: float
    graph: TangentGraph
    goal: F64
    exits: F64
    costs: F64
    choice: I32
    raster: Raster
    times: F32

    @classmethod
    def solve(cls, rects: F64, radius: float, graph: TangentGraph, goal: F64) -> GoalField:
        """Run Dijkstra's algorithm from the goal."""
        g = graph
        exits = goal_exits(goal[0], goal[1], g.arcs, g.quadrants, rects, radius)
        costs, choice = costs_to_go(
            exits, g.values, g.reached, g.start, g.following, g.into, g.members, radius
        )
        none = np.zeros(0, np.float32)
        return cls(rects, radius, graph, goal.copy(), exits, costs, choice, NO_RASTER, none)

    @classmethod
    def march(cls, rects: F64, radius: float, raster: Raster, goal: F64) -> GoalField:
        """Let distances spread from the goal over a raster."""
        times = march(raster.nodes, raster.frame, goal[0], goal[1], rects, radius)
        graph, exits = TangentGraph.empty(), np.zeros((0, 2))
        costs, choice = np.zeros(0), np.zeros(0, np.int32)
        return cls(rects, radius, graph, goal.copy(), exits, costs, choice, raster, times)

    def look(self, point: F64) -> tuple[float, float, float, int, float]:
        """`geodesic.look` from a point: distance, first direction, chain reached and where."""
        g, (gx, gy) = self.graph, self.goal
        result: tuple[float, float, float, int, float] = look(
            point[0], point[1], gx, gy, self.rects, len(self.rects), g.arcs, g.quadrants,
            len(g.arcs), g.values, g.start, self.exits, self.costs, self.radius, self.raster.frame,
            self.times,
        )  # fmt: skip
        return result

    def _standing(self, point: npt.ArrayLike) -> F64:
        array = as_point(point)
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
        (x, y), (gx, gy), g = array, self.goal, self.graph
        if self.raster.used:
            frame, times = self.raster.frame, self.times
            corners: F64 = trace_down(x, y, gx, gy, self.rects, self.radius, frame, times)
            return corners
        if chain < 0:
            return np.stack([array, self.goal])
        middle = trace(
            chain, s, g.arcs, g.quadrants, g.values, g.reached, g.start, self.exits, self.costs,
            self.choice, self.radius,
        )  # fmt: skip
        return np.concatenate([array[None], middle, self.goal[None]])


def as_points(points: npt.ArrayLike) -> F64:
    """Check and convert to a contiguous (M, 2) float64 array."""
    array: F64 = np.ascontiguousarray(points, np.float64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise SoundwalkError(f"points have shape {array.shape}: expected (M, 2), x and y in metres")
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array).all(1)][0]
        raise SoundwalkError(f"the point ({bad[0]}, {bad[1]}) is not finite: give metres")
    return array


def as_point(point: npt.ArrayLike) -> F64:
    """Check and convert to (2,) float64."""
    row: F64 = as_points(np.atleast_2d(np.asarray(point, np.float64)))[0]
    return row
