"""Many agents in many homes at once: padded arrays with numbered slots, one kernel call for all."""

from __future__ import annotations

from math import cos, sin
from typing import Any

import numpy as np

from ..interface import (
    F32,
    F64,
    FORWARD_STEP,
    I32,
    I64,
    TURN_ANGLE,
    Action,
    Bool,
    SoundwalkError,
    kernel,
    wrap_angle,
)
from .field import GoalField
from .geodesic import look
from .navmap import NavMap
from .shapes import BIG, slide


class NavPool:
    """Maps in numbered slots, and one goal for each numbered agent.

    Which home an agent walks in is said at every call (`slots`); its goal stays until replaced.
    """

    def __init__(self, slots: int, agents: int | None = None) -> None:
        """Make room for `slots` homes and as many agents (or `agents`)."""
        if slots < 1 or (agents is not None and agents < 1):
            raise SoundwalkError(f"a pool of {slots} slots, {agents} agents: give at least one")
        self.slots, self.agents = slots, slots if agents is None else agents
        self.radius = np.zeros(slots)
        self.num_rects = np.zeros(slots, np.int32)
        self.num_arcs = np.zeros(slots, np.int32)
        self.rects = np.zeros((slots, 0, 4))
        self.arcs = np.zeros((slots, 0, 4))
        self.quadrants = np.zeros((slots, 0), np.int32)
        self.start = np.zeros((slots, 1), np.int32)
        self.values = np.zeros((slots, 0, 3))
        self.goal = np.full((self.agents, 2), np.nan)
        self.exits = np.zeros((self.agents, 0, 2))
        self.costs = np.zeros((self.agents, 0))
        self.raster = np.zeros((slots, 5))
        self.times = np.zeros((self.agents, 0), np.float32)

    def put(self, slot: int, navmap: NavMap) -> None:
        """Place a home's map into a slot; goals of agents that walk there must be put anew."""
        self._check("slot", slot, self.slots)
        graph = navmap.graph
        self.radius[slot], self.raster[slot] = navmap.radius, navmap.raster.frame
        self.num_rects[slot], self.num_arcs[slot] = len(navmap.rects), len(graph.arcs)
        for name, rows in (
            ("rects", navmap.rects), ("arcs", graph.arcs), ("quadrants", graph.quadrants),
            ("start", graph.start), ("values", graph.values),
        ):  # fmt: skip
            self._store(name, slot, rows)

    def put_goal(self, agent: int, field: GoalField) -> None:
        """Give an agent its goal: a field of the map in the slot where it will walk."""
        self._check("agent", agent, self.agents)
        self.goal[agent] = field.goal
        self._store("exits", agent, field.exits)
        self._store("costs", agent, field.costs)
        self._store("times", agent, field.times)

    @staticmethod
    def _check(kind: str, index: int, size: int) -> None:
        if not 0 <= index < size:
            raise SoundwalkError(
                f"{kind} {index} does not exist: the pool has {kind}s 0 to {size - 1}"
            )

    def _store(self, name: str, index: int, rows: Any) -> None:
        """Copy rows into a padded array, which grows by half when they do not fit."""
        array = getattr(self, name)
        if len(rows) > array.shape[1]:
            shape = (array.shape[0], len(rows) + len(rows) // 2, *array.shape[2:])
            grown = np.zeros(shape, array.dtype)
            grown[:, : array.shape[1]] = array
            setattr(self, name, grown)
            array = grown
        array[index, : len(rows)] = rows

    def guide(self, slots: I32, positions: F64) -> tuple[F64, F64]:
        """Geodesic distances and first directions of N agents, agent i to its own goal.

        Args:
            slots: (N,) int32, the home each agent is in.
            positions: (N, 2 or more) float64 x, y in metres; further columns are ignored.

        Returns:
            (N,) distances in metres, inf where no path leads; (N,) world headings of the first
            straight leg of the shortest path, radians.

        Raises:
            SoundwalkError: a position is not finite, a slot is empty, or an agent has no goal.
        """
        slots, positions = self.checked(slots, positions)
        self.check_goals(len(slots))
        distance, heading = np.empty(len(slots)), np.empty(len(slots))
        _guide(slots, positions, distance, heading, *self.fields)
        distance[distance >= BIG] = np.inf
        return distance, heading

    def distances(self, slots: I32, positions: F64) -> F64:
        """Geodesic distances (N,) in metres: see `guide`."""
        return self.guide(slots, positions)[0]

    def path_azimuths(self, slots: I32, poses: F64) -> F64:
        """Relative azimuth (N,) of the first leg of the shortest path, positive to the left.

        Args:
            slots: (N,) int32.
            poses: (N, 3) float64 x, y, heading.
        """
        return wrap_angle(self.guide(slots, poses)[1] - np.asarray(poses, np.float64)[:, 2])

    @property
    def fields(self) -> tuple[Any, ...]:
        """The arrays that the kernels take, in their order."""
        return (
            self.rects, self.num_rects, self.arcs, self.quadrants, self.num_arcs, self.values,
            self.start, self.radius, self.goal, self.exits, self.costs, self.raster, self.times,
        )  # fmt: skip

    def checked(self, slots: I32, poses: F64) -> tuple[I32, F64]:
        """Slots and poses as the kernels take them.

        Raises:
            SoundwalkError: shapes differ, a slot is empty, or a pose is not finite.
        """
        slots = np.ascontiguousarray(slots, np.int32)
        poses = np.ascontiguousarray(poses, np.float64)
        if poses.ndim != 2 or poses.shape[1] < 2 or slots.shape != poses.shape[:1]:
            raise SoundwalkError(
                f"slots have shape {slots.shape}, positions {poses.shape}: "
                "expected (N,) and (N, 2 or more)"
            )
        bad = ~np.isfinite(poses).all(1)
        if bad.any():
            agent = int(np.flatnonzero(bad)[0])
            raise SoundwalkError(
                f"the pose {poses[agent].tolist()} of agent {agent} is not finite: "
                "give metres and radians"
            )
        known = (slots >= 0) & (slots < self.slots)
        if not known.all() or not self.num_rects[slots].all():
            raise SoundwalkError(
                f"slots {slots.tolist()} name a home that is not there: put() maps into slots "
                f"0 to {self.slots - 1} first"
            )
        return slots, poses

    def check_goals(self, num_agents: int) -> None:
        """Raise SoundwalkError if one of the first agents has no goal."""
        if num_agents > self.agents or not np.isfinite(self.goal[:num_agents]).all():
            missing = np.flatnonzero(~np.isfinite(self.goal[:num_agents]).all(1))
            agent = int(missing[0]) if len(missing) else self.agents
            raise SoundwalkError(f"agent {agent} has no goal: put_goal({agent}, field) first")


@kernel
def _guide(
    slots: I32, positions: F64, distance: F64, heading: F64, rects: F64, num_rects: I32, arcs: F64,
    quadrants: I32, num_arcs: I32, values: F64, start: I32, radius: F64, goal: F64, exits: F64,
    costs: F64, raster: F64, times: F32,
) -> None:  # fmt: skip
    """`geodesic.look` for N agents."""
    for i in range(len(slots)):
        k = slots[i]
        distance[i], ux, uy, _, _ = look(
            positions[i, 0], positions[i, 1], goal[i, 0], goal[i, 1], rects[k], num_rects[k],
            arcs[k], quadrants[k], num_arcs[k], values[k], start[k], exits[i], costs[i], radius[k],
            raster[k], times[i],
        )  # fmt: skip
        heading[i] = np.arctan2(uy, ux)


@kernel
def _move(
    slots: I32, poses: F64, actions: I64, forward: float, turn: float, rects: F64,
    num_rects: I32, radius: F64, collided: Bool,
) -> None:  # fmt: skip
    """Apply one action to each of N agents, in place."""
    for i in range(len(slots)):
        k = slots[i]
        if actions[i] == 1:
            h = poses[i, 2]
            poses[i, 0], poses[i, 1], collided[i] = slide(
                poses[i, 0], poses[i, 1], forward * cos(h), forward * sin(h), rects[k],
                num_rects[k], radius[k],
            )  # fmt: skip
        elif actions[i] >= 2:
            h = poses[i, 2] + (turn if actions[i] == 2 else -turn)
            poses[i, 2] = h - 2 * np.pi * np.floor((h + np.pi) / (2 * np.pi))


def move(
    pool: NavPool, slots: I32, poses: F64, actions: I64, forward: float = FORWARD_STEP, turn:
    float = TURN_ANGLE,
) -> Bool:  # fmt: skip
    """Let N agents act in their homes.

    Args:
        pool: the homes.
        slots: (N,) int32, the home of each agent.
        poses: (N, 3) float64 x, y, heading; changed IN PLACE. Headings stay in [-pi, pi).
        actions: (N,) of `Action`.
        forward: length of a step, m; any length is walked continuously, never through anything.
        turn: angle of a turn, radians.

    Returns:
        (N,) whether something stood in the way (the agent then slid along it, or stopped).

    Raises:
        SoundwalkError: a pose is not finite, an action unknown, a slot empty, or `poses` cannot be
            changed in place.
    """
    writable = poses.dtype == np.float64 and poses.flags.c_contiguous and poses.flags.writeable
    if poses.ndim != 2 or poses.shape[1] != 3 or not writable:
        raise SoundwalkError(
            f"poses have shape {poses.shape} and type {poses.dtype}: expected contiguous (N, 3) "
            "float64, which is changed in place"
        )
    slots, poses = pool.checked(slots, poses)
    actions = np.ascontiguousarray(actions, np.int64)
    if actions.shape != slots.shape or ((actions < 0) | (actions > max(Action))).any():
        valid = ", ".join(f"{a.name} {a.value}" for a in Action)
        raise SoundwalkError(
            f"actions {actions.tolist()} for {len(slots)} agents: valid are {valid}"
        )
    collided = np.zeros(len(slots), np.bool_)
    _move(slots, poses, actions, forward, turn, pool.rects, pool.num_rects, pool.radius, collided)
    return collided
