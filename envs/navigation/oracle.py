"""The shortest-path oracle for discrete actions: it knows the map and the goal.

It heads for the first straight leg of the exact shortest path, rounded to the headings that
turning can reach. Where a step that way gains too little (a corner clipped by rounding), it tries
every reachable heading with the real motion and takes the one after which the goal is nearest. Both
choices depend on the position and on the set of reachable headings, not on the current heading, so
that turning towards the choice never changes it: the oracle cannot oscillate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, floor, pi, sin, sqrt

import numpy as np

from ..interface import (
    F32,
    F64,
    FORWARD_STEP,
    I32,
    I64,
    SUCCESS_DISTANCE,
    TURN_ANGLE,
    Bool,
    SoundwalkError,
    kernel,
)
from .geodesic import look
from .pool import NavPool
from .shapes import BIG, slide

_GAIN = 0.5  # share of a step by which the goal must come nearer, else look around
_TURN_COST = 0.01  # m; among headings of nearly equal gain prefer the one nearer to the current


@kernel
def _decide(
    x: float, y: float, heading: float, forward: float, turn: float, stop: float, gx: float,
    gy: float, rects: F64, num_rects: int, arcs: F64, quadrants: I32, num_arcs: int, values: F64,
    start: I32, exits: F64, costs: F64, radius: float, raster: F64, times: F32,
) -> tuple[int, float, float]:  # fmt: skip
    """The oracle's action (-1: no path leads to the goal), its path's azimuth and length."""
    distance, ux, uy, _, _ = look(
        x, y, gx, gy, rects, num_rects, arcs, quadrants, num_arcs, values, start, exits, costs,
        radius, raster, times,
    )  # fmt: skip
    if distance >= BIG:
        return -1, 0.0, distance
    error = atan2(uy, ux) - heading
    error -= 2 * pi * floor((error + pi) / (2 * pi))
    if distance <= stop:
        return 0, error, distance
    half = int(pi / turn + 0.5)
    turns = floor(error / turn + 0.5)
    best, choice = BIG, turns
    for trial in range(2 * half + 2):
        t = turns if trial == 0 else trial - 1 - half
        h = heading + t * turn
        px, py, _ = slide(x, y, forward * cos(h), forward * sin(h), rects, num_rects, radius)
        after, _, _, _, _ = look(
            px, py, gx, gy, rects, num_rects, arcs, quadrants, num_arcs, values, start, exits,
            costs, radius, raster, times,
        )  # fmt: skip
        if trial == 0 and after <= max(distance - _GAIN * forward, stop):
            break
        if after + _TURN_COST * abs(t) < best:
            best, choice = after + _TURN_COST * abs(t), t
    return (1 if choice == 0 else (2 if choice > 0 else 3)), error, distance


@kernel
def _choose(
    slots: I32, poses: F64, forward: float, turn: float, stop: float, actions: I64, azimuth: F64,
    rects: F64, num_rects: I32, arcs: F64, quadrants: I32, num_arcs: I32, values: F64, start: I32,
    radius: F64, goal: F64, exits: F64, costs: F64, raster: F64, times: F32,
) -> None:  # fmt: skip
    """`_decide` for N agents."""
    for i in range(len(slots)):
        k = slots[i]
        actions[i], azimuth[i], _ = _decide(
            poses[i, 0], poses[i, 1], poses[i, 2], forward, turn, stop, goal[i, 0], goal[i, 1],
            rects[k], num_rects[k], arcs[k], quadrants[k], num_arcs[k], values[k], start[k],
            exits[i], costs[i], radius[k], raster[k], times[i],
        )  # fmt: skip


def _checked(
    pool: NavPool, slots: I32, poses: F64, forward: float, turn: float, stop_distance: float
) -> tuple[I32, F64]:
    """Slots and poses as the kernels take them; raises SoundwalkError as `next_actions` says."""
    if not (forward > 0 and 0 < turn <= pi and stop_distance >= 0):
        raise SoundwalkError(
            f"forward={forward} m, turn={turn} rad, stop_distance={stop_distance} m: expected "
            "forward > 0, 0 < turn <= pi, stop_distance >= 0"
        )
    slots, poses = pool.checked(slots, poses)
    pool.check_goals(len(slots))
    return slots, poses


def _refuse_lost(pool: NavPool, poses: F64, actions: I64) -> None:
    """Raise SoundwalkError if one of the agents found no path."""
    if (actions < 0).any():
        agent = int(np.flatnonzero(actions < 0)[0])
        x, y = poses[agent, :2]
        raise SoundwalkError(
            f"agent {agent} at ({x:.2f}, {y:.2f}) cannot reach its goal "
            f"{pool.goal[agent].round(2).tolist()}: no path leads there; place both with "
            "NavMap.sample_free"
        )


def next_actions(
    pool: NavPool,
    slots: I32,
    poses: F64,
    forward: float = FORWARD_STEP,
    turn: float = TURN_ANGLE,
    stop_distance: float = SUCCESS_DISTANCE,
) -> tuple[I64, F64]:
    """What a perfect navigator does next, and where its path begins.

    Args:
        pool: homes and goals; agent i walks to goal i.
        slots: (N,) int32, the home of each agent.
        poses: (N, 3) float64 x, y, heading.
        forward: length of a step, m.
        turn: angle of a turn, radians.
        stop_distance: stop when the geodesic distance is at most this, m.

    Returns:
        (N,) int64 of `Action`; (N,) relative azimuth of the first leg of the shortest path,
        radians, positive to the left.

    Raises:
        SoundwalkError: a pose is not finite, a goal is missing, or no path leads to it.
    """
    slots, poses = _checked(pool, slots, poses, forward, turn, stop_distance)
    actions, azimuth = np.empty(len(slots), np.int64), np.empty(len(slots))
    _choose(slots, poses, forward, turn, stop_distance, actions, azimuth, *pool.fields)
    _refuse_lost(pool, poses, actions)
    return actions, azimuth


@kernel
def _walk(
    slots: I32, poses: F64, forward: float, turn: float, stop: float, max_steps: int, count: I64,
    length: F64, left: F64, stopped: Bool, rects: F64, num_rects: I32, arcs: F64, quadrants: I32,
    num_arcs: I32, values: F64, start: I32, radius: F64, goal: F64, exits: F64, costs: F64,
    raster: F64, times: F32,
) -> None:  # fmt: skip
    """Let the oracle act for N agents until it stops; `poses` is used up; count -1: no path."""
    for i in range(len(slots)):
        k = slots[i]
        for step in range(max_steps + 1):
            x, y, h = poses[i, 0], poses[i, 1], poses[i, 2]
            action, _, left[i] = _decide(
                x, y, h, forward, turn, stop, goal[i, 0], goal[i, 1], rects[k], num_rects[k],
                arcs[k], quadrants[k], num_arcs[k], values[k], start[k], exits[i], costs[i],
                radius[k], raster[k], times[i],
            )  # fmt: skip
            if action < 0:
                count[i] = -1
                break
            if step == max_steps:
                break
            count[i] += 1
            if action == 0:
                stopped[i] = True
                break
            if action == 1:
                poses[i, 0], poses[i, 1], _ = slide(
                    x, y, forward * cos(h), forward * sin(h), rects[k], num_rects[k], radius[k]
                )
                length[i] += sqrt((poses[i, 0] - x) ** 2 + (poses[i, 1] - y) ** 2)
            else:
                poses[i, 2] += turn if action == 2 else -turn


@dataclass(frozen=True, slots=True)
class Walk:
    """What the oracle did, for each of N agents.

    Attributes:
        actions: (N,) int64, number of actions, the final STOP counted.
        length: (N,) metres walked.
        distance: (N,) geodesic distance to the goal at the end, m.
        stopped: (N,) whether it stopped itself (else it ran out of steps).
    """

    actions: I64
    length: F64
    distance: F64
    stopped: Bool


def follow(
    pool: NavPool,
    slots: I32,
    poses: F64,
    forward: float = FORWARD_STEP,
    turn: float = TURN_ANGLE,
    stop_distance: float = SUCCESS_DISTANCE,
    max_steps: int = 500,
) -> Walk:
    """Let the oracle walk from `poses` (N, 3), which stay as they are, until it stops.

    The numbers of actions are what SNA compares with (`envs.tasks.metrics`).
    """
    slots, poses = _checked(pool, slots, np.array(poses, np.float64), forward, turn, stop_distance)
    count, stopped = np.zeros(len(slots), np.int64), np.zeros(len(slots), np.bool_)
    length, left = np.zeros(len(slots)), np.zeros(len(slots))
    _walk(
        slots, poses, forward, turn, stop_distance, max_steps, count, length, left, stopped,
        *pool.fields,
    )  # fmt: skip
    _refuse_lost(pool, poses, count)
    return Walk(count, length, left, stopped)
