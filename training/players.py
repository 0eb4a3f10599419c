"""Agents by name: the baselines, a trained policy, and the same policy made deaf."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..agents.baselines import BASELINES, Agent, make
from ..agents.policies import AudioGoalPolicy
from ..envs.interface import I64, Bool, SoundwalkError, unknown
from .checkpoints import Checkpoints
from .runs import run_config
from .worlds import Envs, make_policy

HEARING = ("audio", "spectrogram", "cues", "belief")  # observations that sound goes into
_ALIASES = {"direction_follower": "direction", "follower": "direction"}


class PolicyAgent:
    """A policy that takes its most probable action.

    Args:
        policy: the network; it picks the observations that it knows.
        deaf: replace what it hears by silence.
    """

    privileged = False

    def __init__(self, policy: AudioGoalPolicy, *, deaf: bool = False) -> None:
        """See the class."""
        self._policy, self._deaf = policy, deaf
        self._keys = list(policy.observation_space.spaces)  # type: ignore[attr-defined]

    def reset(self, mask: Bool) -> None:
        """Nothing is remembered between steps."""

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> I64:
        """The most probable action of each environment, (N,)."""
        seen = {key: observations[key] for key in self._keys}
        if self._deaf:
            seen.update({key: np.zeros_like(seen[key]) for key in self._keys if key in HEARING})
        actions, _ = self._policy.predict(seen, deterministic=True)
        return np.asarray(actions, np.int64)


def resolve(name: str, run_dir: str | Path | None) -> tuple[str, Path | None]:
    """The kind of agent that a name asks for, and its run directory if it was trained.

    Args:
        name: a baseline, "trained", "deaf", or a run directory.
        run_dir: the run that "trained" and "deaf" mean.

    Raises:
        SoundwalkError: an unknown name, or "trained" without a run.
    """
    if _ALIASES.get(name, name) in BASELINES:
        return _ALIASES.get(name, name), None
    if name in ("trained", "deaf"):
        if run_dir is None:
            raise SoundwalkError(f"agent {name!r} needs a run directory: name one with --run-dir")
        return name, Path(run_dir)
    if Path(name).is_dir():
        return "trained", Path(name)
    raise unknown("agent", name, [*BASELINES, *_ALIASES, "trained", "deaf", "or a run directory"])


def make_agent(
    kind: str, envs: Envs, *, run: Path | None = None, seed: int = 0, checkpoint: str = "last"
) -> Agent:
    """An agent for a batched environment; `kind` and `run` as `resolve` returns them.

    Args:
        kind: a baseline, "trained" or "deaf".
        envs: where it will act.
        run: run directory of a trained agent.
        seed: of an agent's own choices.
        checkpoint: "last" or "best" of the run.

    Raises:
        SoundwalkError: the run holds no readable checkpoint, or the environment does not observe
            what the policy needs.
    """
    if run is not None:
        policy = load_policy(run, envs, checkpoint=checkpoint)
        return PolicyAgent(policy, deaf=kind == "deaf")
    return make(kind, envs.num_envs, seed)


def load_policy(run: Path, envs: Envs, *, checkpoint: str = "last") -> AudioGoalPolicy:
    """The trained policy of a run."""
    if checkpoint not in ("last", "best"):
        raise unknown("checkpoint", checkpoint, ["last", "best"])
    policy = make_policy(run_config(run).policy, envs)
    Checkpoints(run / "checkpoints").load_policy(policy, checkpoint)
    policy.set_training_mode(False)
    return policy
