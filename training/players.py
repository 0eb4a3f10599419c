"""Agents by name: the baselines, a trained policy, and the same policy made deaf."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..agents.baselines import BASELINES, Agent, make
from ..agents.policies import AudioGoalPolicy
from ..envs.interface import F32, I64, Bool, SoundwalkError, unknown
from ..perception.features.encoded import silence
from .checkpoints import Checkpoints
from .runs import run_config
from .worlds import Envs, make_policy

HEARING = ("audio", "waveform", "spectrogram", "cues", "belief")  # 0 where nothing is heard
_ALIASES = {"direction_follower": "direction", "follower": "direction"}


class PolicyAgent:
    """A trained policy, which acts as it was trained: by chance, weighted by its own confidence.

    Args:
        policy: the network; it picks the observations that it knows.
        num_envs: how many environments it acts in.
        seed: of its choices. They depend on the episode's place in the list of episodes and on
            nothing else, so that an evaluation gives the same walks in a batch of any size.
        temperature: 1 acts as in training, 0 always takes the most probable action.
        deaf: replace what it hears by silence.
        silence: observations (D,) of silence that are not 0, by name: those that encoders make.

    Raises:
        SoundwalkError: the temperature is negative or not finite.
    """

    privileged = False

    def __init__(
        self,
        policy: AudioGoalPolicy,
        num_envs: int,
        *,
        seed: int = 0,
        temperature: float = 1.0,
        deaf: bool = False,
        silence: Mapping[str, F32] | None = None,
    ) -> None:
        """See the class."""
        if not 0 <= temperature < np.inf:
            raise SoundwalkError(f"temperature={temperature}: expected 0 (greedy) or more")
        self._policy, self._deaf, self._silence = policy, deaf, silence or {}
        self._seed, self._temperature = seed, temperature
        self._keys = list(policy.observation_space.spaces)  # type: ignore[attr-defined]
        self._plays = np.arange(num_envs) - num_envs
        self._rngs = [np.random.default_rng([seed, i]) for i in range(num_envs)]

    def reset(self, mask: Bool) -> None:
        """The next episode of environment i of n is n places further down the list."""
        for i in np.flatnonzero(mask):
            self._plays[i] += len(self._plays)
            self._rngs[i] = np.random.default_rng([self._seed, self._plays[i]])

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> I64:
        """The next action of each environment, (N,)."""
        seen = {key: observations[key] for key in self._keys}
        if self._deaf:
            heard = [key for key in self._keys if key in HEARING or key in self._silence]
            seen.update({k: np.zeros_like(seen[k]) + self._silence.get(k, 0) for k in heard})
        device = self._policy.device
        with torch.no_grad():
            tensors = {key: torch.as_tensor(value, device=device) for key, value in seen.items()}
            logits = self._policy.judge(tensors)[0].cpu().numpy()
        chance = np.stack([rng.gumbel(size=logits.shape[1]) for rng in self._rngs])
        return np.asarray((logits + self._temperature * chance).argmax(1), np.int64)


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
    kind: str,
    envs: Envs,
    *,
    run: Path | None = None,
    seed: int = 0,
    checkpoint: str = "last",
    temperature: float = 1.0,
) -> Agent:
    """An agent for a batched environment; `kind` and `run` as `resolve` returns them.

    Args:
        kind: a baseline, "trained" or "deaf".
        envs: where it will act.
        run: run directory of a trained agent.
        seed: of an agent's own choices.
        checkpoint: "last" or "best" of the run.
        temperature: of a trained agent's choices; 0 is greedy.

    Raises:
        SoundwalkError: the run holds no readable checkpoint, or the environment does not observe
            what the policy needs.
    """
    if run is not None:
        policy = load_policy(run, envs, checkpoint=checkpoint)
        deaf = kind == "deaf"
        return PolicyAgent(
            policy, envs.num_envs, seed=seed, temperature=temperature, deaf=deaf,
            silence=silence(envs),
        )  # fmt: skip
    return make(kind, envs.num_envs, seed)


def load_policy(run: Path, envs: Envs, *, checkpoint: str = "last") -> AudioGoalPolicy:
    """The trained policy of a run."""
    if checkpoint not in ("last", "best"):
        raise unknown("checkpoint", checkpoint, ["last", "best"])
    config = run_config(run)
    if config.torch_threads > 0:  # small batches: more threads only wait for each other
        torch.set_num_threads(config.torch_threads)
    policy = make_policy(config.policy, envs)
    Checkpoints(run / "checkpoints").load_policy(policy, checkpoint)
    policy.set_training_mode(False)
    return policy
