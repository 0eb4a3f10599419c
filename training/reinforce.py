"""Learning to walk to the sound: a warm start from the oracle if asked for, then PPO.

A run lives in a folder: config.yaml, progress.csv, tensorboard/, checkpoints/. At every checkpoint
all environments begin anew from a seed made of the run's seed and the step, so that nothing but the
checkpoint is needed to go on: a run that was killed and resumed has the same weights, bit for bit,
as one that never stopped. (The warm start keeps its buffer in memory only: resumed within it, a run
fills the buffer again.) The price is that the episodes under way at a checkpoint are cut short.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback

from ..agents.policies import AudioGoalPolicy
from ..envs.interface import SoundwalkError
from ..envs.sb3 import SB3VecEnv
from .checkpoints import Checkpoints, State
from .config import Config, save_config
from .curves import WINDOW, Pace, make_logger
from .distributed import choose_device
from .imitate import Imitation
from .interrupts import interrupts
from .ppo import make_ppo
from .runs import check_room, clear_run, run_config
from .worlds import Envs, make_envs

MakeEnvs = Callable[[Config], Envs]


def train(
    config: Config,
    run_dir: str | Path,
    *,
    overwrite: bool = False,
    console: Console | None = None,
    make: MakeEnvs | None = None,
) -> State:
    """Train an agent in a new run directory.

    Args:
        config: the experiment.
        run_dir: where everything is written.
        overwrite: remove a run that is already there.
        console: where progress is shown.
        make: makes the environments from the configuration; soundwalk's own by default.

    Returns:
        The last state; `finished` is False after an interrupt.

    Raises:
        SoundwalkError: the run directory is already there, the device is not there, or the
            environments or the policy cannot be made.
    """
    run = Path(run_dir)
    check_room(run, overwrite=overwrite)  # at once, not after homes are built
    with closing(_Session(config, run, console, make)) as session:  # checked before files go
        clear_run(run, overwrite=overwrite)
        run.mkdir(parents=True, exist_ok=True)
        save_config(config, run / "config.yaml")
        return session.go()


def resume(
    run_dir: str | Path,
    *,
    device: str | None = None,
    console: Console | None = None,
    make: MakeEnvs | None = None,
) -> State:
    """Go on from the newest readable checkpoint of a run; arguments as in `train`.

    Args:
        run_dir: the run.
        device: where to compute from now on; that of the run's configuration by default.
        console: where progress is shown.
        make: makes the environments from the configuration; soundwalk's own by default.

    Raises:
        SoundwalkError: there is no run, or its checkpoint was written by another policy.
    """
    run = Path(run_dir)
    config = run_config(run)
    config = config if device is None else replace(config, device=device)
    with closing(_Session(config, run, console, make)) as session:
        return session.go()


class _Session:
    """One process of a run, from the state it finds to the end or an interrupt."""

    def __init__(
        self, config: Config, run: Path, console: Console | None, make: MakeEnvs | None
    ) -> None:
        self.config, self.run = config, run
        choose_device(config.device)  # SB3 would take the CPU in silence where it is not there
        self.console = console or Console(stderr=True)
        self.interrupted = False
        if config.torch_threads > 0:
            torch.set_num_threads(config.torch_threads)
        self.checkpoints = Checkpoints(run / "checkpoints", config.keep)
        self.envs = (make or _default_envs)(config)
        self.venv = SB3VecEnv(self.envs)
        self.model = make_ppo(config, self.venv)
        self.state = State(begun=[0] * config.env.num_envs)

    def go(self) -> State:
        """Train until the end or an interrupt."""
        self._load()
        if self.state.finished:
            self.console.print(f"{self.run} is finished: {self.state.steps:,} steps")
            return self.state
        logger = make_logger(self.run, self.state.steps)
        self.model.set_logger(logger)
        with interrupts(self._ask), self._pace() as self.pace:
            if self.state.phase == "imitation":
                self._imitate()
            if not self.interrupted:
                self._reinforce()
        logger.close()
        self._farewell()
        return self.state

    def close(self) -> None:
        """Close the environments."""
        self.venv.close()

    def save(self, *, finished: bool = False) -> bool:
        """Write a checkpoint of this moment, which lies between two updates; was it written?"""
        state = self.state
        state.finished = finished
        state.seconds, state.recent = self.pace.seconds, list(self.pace.recent)
        self._score()
        self._saved = state.steps
        return self.checkpoints.save(state, self.policy, self._optimizer)

    def due(self, steps: int) -> bool:
        """Whether a checkpoint lies between the last one and `steps`."""
        return steps // self.config.checkpoint_every > self.state.steps // (
            self.config.checkpoint_every
        )

    def restart(self) -> None:
        """Begin anew in all environments, from a seed that only this step has."""
        seed = np.random.SeedSequence([self.config.seed, self.state.steps]).generate_state(1)
        options = {"begun": self.state.begun}
        observations, self.venv.infos = self.envs.reset(seed=int(seed[0]), options=options)
        self.state.begun = [count + 1 for count in self.state.begun]
        # What PPO.learn sets when it resets environments itself.
        self.model._last_obs = observations
        self.model._last_episode_starts = np.ones(self.venv.num_envs, bool)

    def count(self, dones: Any, metrics: list[dict[str, float]]) -> None:
        """Episodes have ended, and new ones begun in their places."""
        for i in np.flatnonzero(dones):
            self.state.begun[i] += 1
        self.pace.ended(metrics)

    @property
    def policy(self) -> AudioGoalPolicy:
        """Whom this is all about."""
        policy = self.model.policy
        assert isinstance(policy, AudioGoalPolicy)
        return policy

    def _ask(self) -> None:
        """A first Ctrl-C."""
        self.interrupted = True
        self.pace.say("Stopping after this update; press Ctrl-C again to stop at once.")

    def _load(self) -> None:
        warm = self.config.imitation.steps > 0
        self._optimizer = self.policy.optimizer
        found = self.checkpoints.peek()
        if found is None:
            self.state.phase = "imitation" if warm else "ppo"
        elif found.phase == "imitation":
            # Its optimizer is made by Imitation, and restored once that is there.
            self.state = found
        else:
            self.state = self.checkpoints.load(self.policy, self._optimizer) or self.state
        self.checkpoints.discard_after(self.state.steps)
        self._saved = self.state.steps
        self.model.num_timesteps = self.state.steps
        self.model._n_updates = self.state.updates

    def _pace(self) -> Pace:
        state = self.state
        total = self.config.total_steps
        return Pace(total, state.steps, state.seconds, state.recent, self.console)

    def _imitate(self) -> None:
        """The warm start; steps count from the beginning of the run."""
        _set_privileged(self.envs, value=True)
        seed = np.random.SeedSequence([self.config.seed, self.state.steps, 1]).generate_state(1)
        teacher = Imitation(self.policy, self.envs, self.config.imitation, int(seed[0]))
        self._optimizer = teacher.optimizer
        self.checkpoints.load(self.policy, teacher.optimizer)
        teacher.steps = self.state.steps

        def after_rollout(losses: dict[str, float], episodes: list[dict[str, float]]) -> bool:
            self.pace.ended(episodes)
            due = self.due(teacher.steps)
            self.state.steps = self.model.num_timesteps = teacher.steps
            for name, value in losses.items():
                self.model.logger.record(f"imitation/{name}", value)
            self.log("imitation")
            self.model.logger.dump(teacher.steps)
            if due or self.interrupted:
                self.save()
            return not self.interrupted

        teacher.learn(after_rollout)
        _set_privileged(self.envs, value=False)
        if not self.interrupted:
            self.state.phase = "ppo"
            self.pace.recent.clear()  # those walked with the teacher's help
            self._optimizer = self.policy.optimizer
            self.save()

    def _reinforce(self) -> None:
        """PPO until the end of the run."""
        left = self.config.total_steps - self.state.steps
        if left > 0:
            self.restart()
            self.model.learn(left, callback=_Watch(self), reset_num_timesteps=False)
        if not self.interrupted:
            self.state.steps = self.model.num_timesteps
            self.state.updates = self.model._n_updates
            if not self.save(finished=True):
                raise SoundwalkError(
                    f"{self.run} came to its end, but its last checkpoint could not be written: "
                    f"make room on the disk, then `soundwalk resume {self.run}`"
                )

    def log(self, phase: str) -> None:
        """Hand the figures of this moment to the logger and the progress bar."""
        for name, value in self.pace.means().items():
            self.model.logger.record(f"episode/{name}", value)
        self.model.logger.record("time/seconds", round(self.pace.seconds, 1))
        self.model.logger.record("time/steps_per_second", round(self.pace.speed, 1))
        self.pace.advance(self.model.num_timesteps, phase)

    def _score(self) -> None:
        """What the best checkpoint is chosen by: SPL, of an evaluation if there is one."""
        config = self.config.eval
        if config.episodes == 0:
            # With a teacher at its side an agent looks better than it is.
            full = len(self.pace.recent) == WINDOW and self.state.phase == "ppo"
            self.state.score = self.pace.means()["spl"] if full else None
        elif self.state.finished or self._evaluation_due:
            from .evaluate import evaluate_policy

            figures = evaluate_policy(self.policy, self.config)
            self.state.score = figures["spl"]
            for name, value in figures.items():
                self.model.logger.record(f"eval/{name}", value)
            self.model.logger.dump(self.state.steps)
        else:
            self.state.score = None

    @property
    def _evaluation_due(self) -> bool:
        every = max(self.config.eval.every, 1)
        return self.state.steps // every > self._saved // every

    def _farewell(self) -> None:
        if self.interrupted:
            self.console.print(
                f"Stopped at {self.state.steps:,} steps. Go on with: soundwalk resume {self.run}",
                highlight=False,
            )
        else:
            self.console.print(f"Done: {self.run}, {self.state.steps:,} steps", highlight=False)


class _Watch(BaseCallback):
    """Between SB3's rollouts and our checkpoints, counters and progress."""

    def __init__(self, session: _Session) -> None:
        super().__init__()
        self._session = session

    def _on_rollout_start(self) -> None:
        """Between two updates: the moment for checkpoints."""
        session, steps = self._session, self.num_timesteps
        due = session.due(steps)
        session.state.steps, session.state.updates = steps, self.model_updates
        if due:
            session.save()
            session.restart()

    def _on_step(self) -> bool:
        session = self._session
        if session.interrupted:
            session.save()  # of the last update: what this rollout has walked since is dropped
            return False
        infos = self.locals["infos"]
        session.count(self.locals["dones"], [i["metrics"] for i in infos if "metrics" in i])
        session.pace.advance(self.num_timesteps, "ppo")
        return True

    def _on_rollout_end(self) -> None:
        self._session.log("ppo")

    @property
    def model_updates(self) -> int:
        """Gradient epochs so far."""
        return int(self._session.model._n_updates)


def _default_envs(config: Config) -> Envs:
    return make_envs(config.env, keys=config.policy.keys)


def _set_privileged(envs: Envs, *, value: bool) -> None:
    envs.unwrapped.privileged = value  # type: ignore[attr-defined]
