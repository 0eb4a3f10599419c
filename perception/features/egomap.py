"""What an agent has seen of the floor around it: an egocentric map from depth, bumps and odometry.

Each depth image is projected to the plane (pinhole camera, no pitch) and remembered in the frame
in which the episode started; what the policy gets is the part around the agent, turned so that
ahead is up. A camera at 1.25 m does not see a stool at its feet: bumps are remembered too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv

from ...envs.interface import AGENT_HEIGHT, AGENT_RADIUS, F32, SENSOR_HEIGHT, U8, Bool, kernel
from .wrappers import Observations, _Memory

SIZE = 32  # cells along each side of the crop
SPACING = 0.15  # metres between cells of the crop
BEHIND = 10  # rows of the crop that lie behind the agent
_CELL = 0.1  # metres, of the remembered grid
_EXTENT = 48.0  # metres along each side of the remembered grid, the start in the middle
_REACH = 5.0  # metres; farther depth readings are too coarse to place
_FLOOR = 0.1  # metres; what is lower can be walked over
_SEEN, _VISITED, _BLOCKED = 1, 2, 4  # bits


@kernel
def _remember(  # noqa: C901 - one pass over the pixels
    grids: U8, depth: F32, poses: F32, bumped: F32, moved: F32, tangent: float
) -> None:
    """Project (N, H, W) depth and mark where (N, 4) poses have been and what stopped them."""
    cells = grids.shape[1]
    height, width = depth.shape[1], depth.shape[2]
    for i in range(len(grids)):
        x, y, c, s = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        for v in range(0, height, 2):
            down = (v + 0.5 - height / 2) / (width / 2) * tangent
            for u in range(width):
                d = depth[i, v, u]
                z = SENSOR_HEIGHT - down * d
                if d > _REACH or z > AGENT_HEIGHT:
                    continue
                right = (u + 0.5 - width / 2) / (width / 2) * tangent * d
                a = int((x + c * d + s * right + _EXTENT / 2) / _CELL)
                b = int((y + s * d - c * right + _EXTENT / 2) / _CELL)
                if 0 <= a < cells and 0 <= b < cells:
                    grids[i, a, b] |= _BLOCKED if z > _FLOOR else _SEEN
        a = int((x + _EXTENT / 2) / _CELL)
        b = int((y + _EXTENT / 2) / _CELL)
        if 0 <= a < cells and 0 <= b < cells:
            grids[i, a, b] |= _SEEN | _VISITED
        if bumped[i] > 0 and moved[i] > 0:
            ahead = AGENT_RADIUS + 0.05
            a = int((x + c * ahead + _EXTENT / 2) / _CELL)
            b = int((y + s * ahead + _EXTENT / 2) / _CELL)
            if 0 <= a < cells and 0 <= b < cells:
                grids[i, a, b] |= _BLOCKED


@kernel
def _crop(grids: U8, poses: F32, out: F32) -> None:
    """Cut (N, SIZE, SIZE, 3) out of the grids: blocked, seen, visited; row 0 is far ahead."""
    cells = grids.shape[1]
    for i in range(len(grids)):
        x, y, c, s = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        for row in range(SIZE):
            for column in range(SIZE):
                bits = 0
                for k in range(4):  # a cell of the crop is larger than one of the grid
                    ahead = (SIZE - BEHIND - 0.5 - row + 0.5 * (k % 2) - 0.25) * SPACING
                    left = (SIZE / 2 - 0.5 - column + 0.5 * (k // 2) - 0.25) * SPACING
                    a = int((x + c * ahead - s * left + _EXTENT / 2) / _CELL)
                    b = int((y + s * ahead + c * left + _EXTENT / 2) / _CELL)
                    if 0 <= a < cells and 0 <= b < cells:
                        bits |= grids[i, a, b]
                out[i, row, column, 0] = 1.0 if bits & _BLOCKED else 0.0
                out[i, row, column, 1] = 1.0 if bits & _SEEN else 0.0
                out[i, row, column, 2] = 1.0 if bits & _VISITED else 0.0


class EgoMap:
    """Remembers N floors.

    Args:
        num: how many agents.
        hfov: horizontal field of view of the depth camera, radians.
    """

    def __init__(self, num: int, hfov: float = np.pi / 2) -> None:
        """See the class."""
        cells = round(_EXTENT / _CELL)
        self._grids = np.zeros((num, cells, cells), np.uint8)
        self._tangent = float(np.tan(hfov / 2))

    def push(self, observations: Observations) -> F32:
        """Add a step's depth, pose, collided and last_action; returns (N, 32, 32, 3) float32."""
        return self._look(self._grids, observations)

    def restart(self, mask: Bool, observations: Observations) -> F32:
        """Forget the floors of a (N,) mask of agents and add their first step, K rows."""
        grids = np.zeros((len(observations["pose"]), *self._grids.shape[1:]), np.uint8)
        out = self._look(grids, observations)
        self._grids[mask] = grids
        return out

    def _look(self, grids: U8, observations: Observations) -> F32:
        poses = observations["pose"]
        depth = np.ascontiguousarray(observations["depth"][..., 0])
        moved = np.ascontiguousarray(observations["last_action"][:, 1])
        bumped = np.ascontiguousarray(observations["collided"][:, 0])
        _remember(grids, depth, poses, bumped, moved, self._tangent)
        out = np.empty((len(poses), SIZE, SIZE, 3), np.float32)
        _crop(grids, poses, out)
        return out


class EgoMapObservation(_Memory):
    """Adds `map` (N, 32, 32, 3) float32: blocked, seen, visited, 3.3 m ahead and 1.5 m behind."""

    key = "map"
    needs = ("depth", "pose", "collided", "last_action")

    def __init__(self, env: VectorEnv[Any, Any, Any], hfov: float = np.pi / 2) -> None:
        """Wrap a vector environment.

        Args:
            env: with depth, pose, collided and last_action.
            hfov: horizontal field of view of its camera, radians.

        Raises:
            SoundwalkError: one of these observations is missing.
        """
        super().__init__(env, spaces.Box(0.0, 1.0, (SIZE, SIZE, 3), np.float32))
        self._map = EgoMap(env.num_envs, hfov)

    def _push(self, observations: Observations) -> F32:
        return self._map.push(observations)

    def _restart(self, mask: Bool, observations: Observations) -> F32:
        return self._map.restart(mask, {key: observations[key][mask] for key in self.needs})
