"""Where the sound has been coming from, and where it was loudest: memory that a policy can use.

One step's interaural time differences leave front and back alike and drown in reverberation. Kept
in the frame in which the episode started and turned by the agent's own heading, they add up: only
the true direction goes on fitting (active listening; Wallach 1940). A direction is credited with
the coherence at the time difference it causes on a rigid sphere (Woodworth 1938).
"""

from __future__ import annotations

from math import asin, atan2, pi, sin
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv

from ...envs.interface import F32, SAMPLE_RATE, SPEED_OF_SOUND, Bool, kernel
from .cues import CUE_NAMES, MAX_LAG
from .wrappers import Observations, _Memory

DIRECTIONS = 36  # of the belief, 10 degrees apart; the first is ahead, then to the left
DECAYS = (0.75, 0.94)  # what is left of a belief after a step: the last second, the last four
_HEAD = 0.0875  # m
_LAGS = 2 * MAX_LAG + 1
_FIRST_LEVEL = CUE_NAMES.index("left 0")
_LEVELS = 12  # six bands of two ears
_LEVEL_DECAY = 0.7
_PLACE = ("level", "loudest", "fall", "ahead / 4 m", "left / 4 m", "age / 40 steps")
WIDTH = DIRECTIONS * len(DECAYS) + len(_PLACE)


@kernel
def _credit(beliefs: F32, lags: F32, headings: F32, decays: F32, lag_scale: float) -> None:
    """Let beliefs (N, M, D) about fixed directions decay, and add what lags (N, L) say for each."""
    directions = beliefs.shape[2]
    middle = lags.shape[1] // 2
    for i in range(len(beliefs)):
        for k in range(directions):
            lateral = asin(sin(2 * pi * k / directions - headings[i]))
            place = middle + lag_scale * (lateral + sin(lateral))
            low = int(place)
            part = place - low
            credit = (1 - part) * lags[i, low] + part * lags[i, low + 1]
            for m in range(len(decays)):
                beliefs[i, m, k] = decays[m] * beliefs[i, m, k] + (1 - decays[m]) * credit


@kernel
def _facing(beliefs: F32, headings: F32, out: F32) -> None:
    """Turn beliefs (N, M, D) so that the first direction is ahead; (N, M * D)."""
    memories, directions = beliefs.shape[1], beliefs.shape[2]
    for i in range(len(beliefs)):
        offset = headings[i] / (2 * pi) * directions + 2 * directions
        low = int(offset)
        part = offset - low
        for m in range(memories):
            for k in range(directions):
                a = beliefs[i, m, (k + low) % directions]
                b = beliefs[i, m, (k + low + 1) % directions]
                out[i, m * directions + k] = (1 - part) * a + part * b


@kernel
def _recall(places: F32, levels: F32, poses: F32, fresh: Bool, out: F32) -> None:
    """Smooth levels, remember where they were highest, and say where that lies from here.

    Args:
        places: (N, 5) smoothed level, highest level, x, y, steps since; changed.
        levels: (N,) level of this step, 20 dB to the unit.
        poses: (N, 4) x, y, cos, sin.
        fresh: (N,) whether this is an episode's first step.
        out: (N, 6) named by `_PLACE`; written.
    """
    for i in range(len(places)):
        x, y, c, s = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        if fresh[i]:
            places[i, 0] = levels[i]
        else:
            places[i, 0] = _LEVEL_DECAY * places[i, 0] + (1 - _LEVEL_DECAY) * levels[i]
        places[i, 4] += 1
        if fresh[i] or places[i, 0] > places[i, 1]:
            places[i, 1], places[i, 2], places[i, 3], places[i, 4] = places[i, 0], x, y, 0
        dx, dy = places[i, 2] - x, places[i, 3] - y
        out[i, 0], out[i, 1] = places[i, 0], places[i, 1]
        out[i, 2] = 2 * (places[i, 1] - places[i, 0])
        out[i, 3], out[i, 4] = (dx * c + dy * s) / 4, (dy * c - dx * s) / 4
        out[i, 5] = min(places[i, 4] / 40, 1.0)


class BeliefObservation(_Memory):
    """Adds `belief` (N, 78) float32: 36 directions over one and over four seconds, and 6 more.

    The directions run from ahead to the left. The six are: level, highest level so far, fall since
    (20 dB and 10 dB to the unit), and where it was highest, seen from here: ahead, left, how long
    ago. Needs `cues` (put it around `CueHistory`) and `pose`.
    """

    key = "belief"
    needs = ("cues", "pose")

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        """Wrap a vector environment."""
        super().__init__(env, spaces.Box(-np.inf, np.inf, (WIDTH,), np.float32))
        self._beliefs = np.zeros((env.num_envs, len(DECAYS), DIRECTIONS), np.float32)
        self._places = np.zeros((env.num_envs, 5), np.float32)
        self._decays = np.array(DECAYS, np.float32)

    def _push(self, observations: Observations) -> F32:
        everyone = np.ones(self.num_envs, np.bool_)
        return self._hear(everyone, observations, fresh=False)

    def _restart(self, mask: Bool, observations: Observations) -> F32:
        self._beliefs[mask] = 0
        self._places[mask] = 0
        return self._hear(mask, {key: observations[key][mask] for key in self.needs}, fresh=True)

    def _hear(self, mask: Bool, observations: Observations, *, fresh: bool) -> F32:
        beliefs, places = self._beliefs[mask], self._places[mask]  # copies of these rows
        poses = np.ascontiguousarray(observations["pose"], np.float32)
        cues = np.ascontiguousarray(observations["cues"][:, -1], np.float32)
        headings = np.array([atan2(s, c) for c, s in poses[:, 2:]], np.float32)
        lag_scale = _HEAD / SPEED_OF_SOUND * SAMPLE_RATE
        _credit(beliefs, cues[:, :_LAGS].copy(), headings, self._decays, lag_scale)
        out = np.empty((len(poses), WIDTH), np.float32)
        _facing(beliefs, headings, out)
        bands = cues[:, _FIRST_LEVEL : _FIRST_LEVEL + _LEVELS]  # (dB + 60) / 20
        levels = np.log10(np.mean(10.0 ** (2 * bands), 1)).astype(np.float32) / 2
        recalled = np.empty((len(poses), len(_PLACE)), np.float32)
        _recall(places, levels, poses, np.full(len(poses), fresh), recalled)
        out[:, -len(_PLACE) :] = recalled
        self._beliefs[mask], self._places[mask] = beliefs, places
        return out
