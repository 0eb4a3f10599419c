"""What habitat's images and shortest ways mean to our agents."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...interface import (
    F32,
    F64,
    FORWARD_STEP,
    MAX_DEPTH,
    SUCCESS_DISTANCE,
    TURN_ANGLE,
    U8,
    Action,
    wrap_angle,
)

_SHORTEST = 1e-4  # metres; a shorter leg has no direction


def free_step(pose: F64, name: str) -> F64:
    """The pose (3,) after an action of habitat's where nothing is in the way."""
    x, y, heading = pose
    if name == "move_forward":
        return np.array(
            [x + FORWARD_STEP * np.cos(heading), y + FORWARD_STEP * np.sin(heading), heading]
        )
    turn = TURN_ANGLE if name == "turn_left" else -TURN_ANGLE
    return np.array([x, y, wrap_angle(heading + turn)])


def azimuth_along(points: F64, pose: F64) -> float:
    """Where a way (P, 3) leads from a pose x, y, heading: to the first corner half a step off."""
    delta = points[:, :2] - pose[:2]
    beyond = np.flatnonzero(np.hypot(delta[:, 0], delta[:, 1]) > 0.5 * FORWARD_STEP)
    if not len(beyond):
        return 0.0
    x, y = delta[beyond[0]]
    return float(wrap_angle(np.arctan2(y, x) - pose[2]))


def towards(azimuth: float) -> Action:
    """Turn until the way lies ahead, to within three quarters of a turn; then walk.

    Within half a turn it would turn with almost every step where the way lies between two headings.
    """
    if abs(azimuth) <= 0.75 * TURN_ANGLE:
        return Action.MOVE_FORWARD
    return Action.TURN_LEFT if azimuth > 0 else Action.TURN_RIGHT


def count_actions(length: float, points: F64, heading: float) -> int:
    """About how many actions a way takes, STOP counted: steps to within 1 m, and turns."""
    legs = np.diff(points[:, :2], axis=0)
    angles = np.arctan2(legs[:, 1], legs[:, 0])[np.hypot(legs[:, 0], legs[:, 1]) > _SHORTEST]
    turns = np.abs(wrap_angle(np.diff([heading, *angles]))) / TURN_ANGLE
    steps = max(length - SUCCESS_DISTANCE, 0.0) / FORWARD_STEP
    return int(np.ceil(steps - 1e-9) + np.around(turns).sum()) + 1


def colours(image: Any) -> U8:
    """(H, W, 3) of habitat's (H, W, 4), which has a transparency that nobody needs."""
    return np.ascontiguousarray(np.asarray(image, np.uint8)[..., :3])


def metres(image: Any) -> F32:
    """(H, W) up to 10 m; habitat's 0 is where nothing was hit."""
    depth = np.asarray(image, np.float32)
    hit = np.isfinite(depth) & (depth > 0)
    return np.where(hit, np.minimum(depth, MAX_DEPTH), MAX_DEPTH).astype(np.float32)
