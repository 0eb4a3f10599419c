"""What an agent has seen of the floor around it: an egocentric map from depth, bumps and odometry.

Each depth image is projected to the plane (pinhole camera, no pitch) and remembered in the frame
in which the episode started; what the policy gets is the part around the agent, turned so that
ahead is up. A camera at 1.25 m does not see a stool at its feet: bumps are remembered too.
"""

from __future__ import annotations

from typing import Any, cast

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv, VectorWrapper

from ...envs.interface import (
    AGENT_HEIGHT,
    AGENT_RADIUS,
    F32,
    SENSOR_HEIGHT,
    U8,
    SoundwalkError,
    kernel,
)

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

    def reset(self, mask: Any) -> None:
        """Forget the floors of the agents in a (N,) mask."""
        self._grids[mask] = 0

    def push(self, observations: dict[str, Any]) -> F32:
        """Add a step's depth, pose, collided and last_action; returns (N, 32, 32, 3) float32."""
        poses = observations["pose"]
        depth = observations["depth"][..., 0]
        moved = np.ascontiguousarray(observations["last_action"][:, 1])
        bumped = np.ascontiguousarray(observations["collided"][:, 0])
        _remember(self._grids, depth, poses, bumped, moved, self._tangent)
        out = np.empty((len(poses), SIZE, SIZE, 3), np.float32)
        _crop(self._grids, poses, out)
        return out


class EgoMapObservation(VectorWrapper[Any, Any, Any, Any]):
    """Adds `map` (N, 32, 32, 3) float32: blocked, seen, visited, 3.3 m ahead and 1.5 m behind.

    Args:
        env: a batched environment with depth, pose, collided and last_action (autoreset SAME_STEP).
        hfov: its horizontal field of view, radians.

    Raises:
        SoundwalkError: one of these observations is missing.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], hfov: float = np.pi / 2) -> None:
        """See the class."""
        super().__init__(env)
        space = env.single_observation_space
        names = list(space.spaces) if isinstance(space, gym.spaces.Dict) else []
        missing = [k for k in ("depth", "pose", "collided", "last_action") if k not in names]
        if missing or not isinstance(space, gym.spaces.Dict):
            raise SoundwalkError(f"a map needs {', '.join(missing)}; the environment has {names}")
        box = gym.spaces.Box(0.0, 1.0, (SIZE, SIZE, 3), np.float32)
        self.single_observation_space = gym.spaces.Dict({**space.spaces, "map": box})
        self.observation_space = gym.vector.utils.batch_space(
            self.single_observation_space, self.num_envs
        )
        self._map = EgoMap(self.num_envs, hfov)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin everywhere with nothing seen."""
        observations, infos = self.env.reset(seed=cast(int | None, seed), options=options)
        self._map.reset(np.ones(self.num_envs, np.bool_))
        return {**observations, "map": self._map.push(observations)}, infos

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Step; episodes that end get their last map in `final_obs`."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        done = terminated | truncated
        if done.any():
            last = {key: value.copy() for key, value in observations.items()}
            for i in np.flatnonzero(done):
                for key in ("depth", "pose", "collided", "last_action"):
                    last[key][i] = infos["final_obs"][i][key]
            maps = self._map.push(last)
            for i in np.flatnonzero(done):
                infos["final_obs"][i]["map"] = maps[i].copy()
            self._map.reset(done)
        # environments that go on see nothing new by this, those that begin see their first image
        return (
            {**observations, "map": self._map.push(observations)},
            rewards,
            terminated,
            truncated,
            infos,
        )
