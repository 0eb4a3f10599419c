"""The control that a learned agent must beat: it walks to where the sound comes from, untaught.

It keeps a belief over directions in the room. Each step GCC-PHAT of the two ears says how well each
time difference explains what was heard; a direction gets the value of the time difference it would
cause in a rigid sphere (Woodworth 1938). One step leaves front and back alike; after a turn only
the true direction still fits, because the belief is turned back by the agent's own heading.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from typing import Any

import numpy as np

from ...envs.interface import (
    F32,
    F64,
    I64,
    SAMPLE_RATE,
    SENSOR_HEIGHT,
    TURN_ANGLE,
    Action,
    Bool,
    wrap_angle,
)
from ...perception.features import azimuth_to_itd, gcc_phat
from .agent import generators, turn_actions

DIRECTIONS = 72  # of the belief, 5 degrees apart
MEMORY = 0.9  # weight of the belief of the last step
LOUD = 0.4  # RMS of the ears; a source of the bank makes 0.1 at 1 m in the open, rooms add to it
LIKELY = 0.2  # RMS at which it stops when the loudness falls again: it has passed the source
PASSED = 0.8  # of the greatest loudness of the episode
FIRST_TURNS = 3  # a source straight behind sounds like one straight ahead until it turns
LOUD_STEPS = 4  # loudness is taken over so many steps: most sounds pause
CLEARANCE = 0.4  # m free ahead, or it turns away
_UPSAMPLE = 4
_MAX_LAG = 12  # samples; a head gives 10.5
_HALF_WIDTH = 0.2  # m to either side of the way ahead that must be free
_FLOOR = 0.1  # m; lower things are the floor
_SILENCE = 1e-12  # power


class DirectionFollower:
    """Turns to the sound, walks, turns away from obstacles, and stops where it is loudest.

    Attributes:
        belief: (N, 72) how well each direction, relative to the heading at the start of the
            episode, explains what was heard lately.
    """

    def __init__(
        self, num_envs: int, seed: int = 0, loud: float = LOUD, likely: float = LIKELY
    ) -> None:
        """Choose for some environments.

        Args:
            num_envs: how many.
            seed: of its choices.
            loud: RMS of the ears at which it stops.
            likely: RMS at which it stops once the loudness falls again.
        """
        self._rngs = generators(num_envs, seed)
        self._loud, self._likely = loud, likely
        self._angles = np.arange(DIRECTIONS) * (2 * pi / DIRECTIONS)
        self.belief: F64 = np.zeros((num_envs, DIRECTIONS))
        self._powers = np.zeros((num_envs, LOUD_STEPS))
        self._loudest = np.zeros(num_envs)
        self._turns = np.zeros(num_envs, np.int64)  # left to do; negative: to the right
        self._deaf = np.zeros(num_envs, np.int64)  # steps to walk before it follows again
        self.reset(np.ones(num_envs, bool))

    def reset(self, mask: Bool) -> None:
        """Forget what was heard and any detour; begin with turns that tell front from back."""
        self.belief[mask] = self._powers[mask] = self._loudest[mask] = self._deaf[mask] = 0
        for index in np.flatnonzero(mask):
            self._turns[index] = FIRST_TURNS * self._rngs[index].choice((-1, 1))

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> I64:
        """See `Agent.act`; observes audio, pose, collided and, where it is there, depth."""
        heading = np.arctan2(observations["pose"][:, 3], observations["pose"][:, 2])
        level = self._listen(np.asarray(observations["audio"], np.float32), heading)
        offset = wrap_angle(self._angles[self.belief.argmax(axis=1)] - heading)
        wanted = np.where(np.abs(offset) > 0.6 * TURN_ANGLE, np.sign(offset), 0).astype(np.int64)
        wanted[self._deaf > 0] = 0
        self._avoid(observations, wanted == 0)
        actions = turn_actions(np.where(self._turns != 0, self._turns, wanted))
        self._deaf -= (self._turns == 0) & (self._deaf > 0)
        self._turns -= np.sign(self._turns)
        self._loudest = np.maximum(self._loudest, level)
        passed = (level >= self._likely) & (level < PASSED * self._loudest)
        return np.where((level >= self._loud) | passed, Action.STOP, actions)

    def _listen(self, audio: F32, heading: F64) -> F64:
        """Update the belief; returns the RMS (N,) over the last steps."""
        lags = gcc_phat(audio, _MAX_LAG, _UPSAMPLE)
        itd = azimuth_to_itd(self._angles - heading[:, None])  # (N, 72) seconds
        entry = np.rint((itd * SAMPLE_RATE + _MAX_LAG) * _UPSAMPLE).astype(np.int64)
        power = np.square(audio).mean(axis=(1, 2), dtype=np.float64)
        heard = np.take_along_axis(lags, entry, axis=1) * (power > _SILENCE)[:, None]
        self.belief = MEMORY * self.belief + heard
        self._powers = np.concatenate([self._powers[:, 1:], power[:, None]], axis=1)
        return np.asarray(np.sqrt(self._powers.mean(axis=1)))

    def _avoid(self, observations: Mapping[str, Any], ahead: Bool) -> None:
        """Plan a detour where something is in the way: turn aside, then walk on, deaf."""
        blocked = np.asarray(observations["collided"])[:, 0] > 0
        sides = np.zeros(len(blocked))
        if "depth" in observations:
            near, sides = look(np.asarray(observations["depth"])[..., 0])
            blocked = blocked | (near & ahead)
        for index in np.flatnonzero(blocked & (self._turns == 0)):
            rng = self._rngs[index]
            lost = self._deaf[index] > 0 or sides[index] == 0  # on a detour already: try any side
            side = rng.choice((-1, 1)) if lost else sides[index]
            self._turns[index] = side * rng.integers(2, 5)
            self._deaf[index] = rng.integers(2, 7)


def look(depth: F32) -> tuple[Bool, F64]:
    """What a depth image tells about the way ahead.

    Args:
        depth: (N, H, W) metres along the view axis, of a level camera with a horizontal field of
            view of 90 degrees.

    Returns:
        (N,) whether something stands within `CLEARANCE` ahead, and (N,) which side has more
        room: 1 left, -1 right.
    """
    rows, columns = depth.shape[1:]
    left = (columns / 2 - 0.5 - np.arange(columns)) / (columns / 2)  # tangents
    down = (np.arange(rows) + 0.5 - rows / 2) / (columns / 2)
    stands = SENSOR_HEIGHT - down[:, None] * depth > _FLOOR
    inside = stands & (np.abs(left * depth) < _HALF_WIDTH) & (depth < CLEARANCE)
    room = np.minimum(depth, 3.0).mean(axis=1)  # (N, W)
    side = np.where(room[:, : columns // 2].sum(1) >= room[:, columns // 2 :].sum(1), 1.0, -1.0)
    return inside.any(axis=(1, 2)), side
