"""How well agents walk: every agent on the same fixed episodes, with intervals over episodes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from ..agents.baselines import Agent
from ..agents.policies import AudioGoalPolicy
from ..envs.interface import SoundwalkError
from ..envs.tasks.metrics import METRICS, bootstrap_interval
from ..envs.vector import AudioGoalVectorEnv
from .config import Config, EnvConfig
from .elsewhere import GENERATED, listed, scene_arguments
from .players import PolicyAgent, make_agent, resolve
from .runs import run_config
from .worlds import Envs, make_envs

EPISODES_PER_HOME = 4  # homes cost more to build than episodes to walk
_COLUMNS = ("success", "spl", "soft_spl", "dtg", "na")
_MOST_HOMES = 160  # kept at a time, for all agents to meet

Results = dict[str, Any]


def evaluate(
    agents: Sequence[str],
    run_dir: str | Path | None = None,
    *,
    split: str = "val",
    sounds: str = "heard",
    episodes: int = 500,
    seed: int = 0,
    num_envs: int = 32,
    checkpoint: str = "last",
    temperature: float = 1.0,
    world: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Results:
    """Evaluate agents by name on the same episodes.

    A trained agent is met in the environment that it was trained in (rooms, resolution, senses), in
    homes of `split`; the baselines in that of the first trained agent.

    Args:
        agents: baselines, "trained", "deaf", or run directories; see `players.resolve`.
        run_dir: the run that "trained" and "deaf" mean; by default the first run among `agents`.
        split: of homes.
        sounds: "heard", "unheard_clips", "unheard", or a folder of recordings.
        episodes: how many.
        seed: of the episodes and of agents that choose at random.
        num_envs: environments walked in at a time; no result of a trained agent or the oracle
            depends on it. Random and the follower draw from a stream of each environment.
        checkpoint: "last" or "best".
        temperature: of trained agents' choices; 0 always takes the most probable action.
        world: where to walk instead of where the first trained agent was trained; see
            `training.elsewhere`. All agents walk in one world, in the episodes of its split.
        say: told which agent is at work.

    Returns:
        {"split", "episodes", "seed", "config", "agents"}, where "agents" maps names to metrics to
        {"mean", "low", "high"}.

    Raises:
        SoundwalkError: an unknown agent, split or kind of sounds, or no episode.
    """
    if episodes < 1:
        raise SoundwalkError(f"episodes is {episodes}: expected at least 1")
    if not agents:
        raise SoundwalkError("no agent to evaluate: name one, e.g. oracle, random, or a run")
    if run_dir is None:
        run_dir = next((name for name in agents if Path(name).is_dir()), None)
    kinds = {name: resolve(name, run_dir) for name in agents}
    base = env_config(Path(run_dir) if run_dir else None, sounds, world)
    walks = fixed_episodes(base, split=split, count=episodes, seed=seed)
    episodes = len(walks)
    figures: dict[str, dict[str, dict[str, float]]] = {}
    stage = _Stage(walks, min(num_envs, episodes))
    try:
        for name, (kind, run) in kinds.items():
            if say is not None:
                say(name)
            config = base if run is None else env_config(run, sounds)
            config = dataclasses.replace(config, world=base.world, world_options=base.world_options)
            envs = stage.envs(config)
            agent = make_agent(
                kind, envs, run=run, seed=seed, checkpoint=checkpoint, temperature=temperature
            )
            figures[name] = intervals(walk(agent, envs, episodes, seed=seed))
    finally:
        stage.close()
    return {
        "split": split, "episodes": episodes, "seed": seed,
        "config": {"sounds": sounds, **_described(base)}, "agents": figures,
    }  # fmt: skip


def evaluate_policy(policy: AudioGoalPolicy, config: Config) -> dict[str, float]:
    """Mean metrics of a policy under training on the episodes of `config.eval`."""
    wanted = config.eval
    base = dataclasses.replace(config.env, sounds=wanted.sounds)
    walks = fixed_episodes(base, split=wanted.split, count=wanted.episodes, seed=wanted.seed)
    stage = _Stage(walks, min(config.env.num_envs, len(walks)))
    try:
        policy.set_training_mode(False)
        envs = stage.envs(base)
        agent = PolicyAgent(policy, envs.num_envs, seed=wanted.seed)
        rows = walk(agent, envs, len(walks), seed=wanted.seed)
    finally:
        stage.close()
    return {name: float(np.mean([row[name] for row in rows])) for name in METRICS}


def fixed_episodes(config: EnvConfig, *, split: str, count: int, seed: int) -> list[Any]:
    """The episodes that an evaluation walks: a function of these arguments alone.

    In data of others they are the first of the split, and fewer than `count` if it has no more.
    """
    given = listed(config, split=split, count=count)
    if given is not None:
        return given
    envs = AudioGoalVectorEnv(
        1, split=split, sounds=config.sounds, rooms=config.rooms, duration=config.duration,
        sensors=(), homes=1, refresh=1 / EPISODES_PER_HOME, **scene_arguments(config),
    )  # fmt: skip
    try:
        rng = np.random.default_rng(seed)
        return [envs.episodes.next(rng, 0, i) for i in range(count)]
    finally:
        envs.close()


def walk(agent: Agent, envs: Envs, count: int, *, seed: int = 0) -> list[dict[str, float]]:
    """Let an agent walk the first `count` listed episodes; metrics in the order of the list."""
    n = envs.num_envs
    envs.unwrapped.privileged = getattr(agent, "privileged", False)  # type: ignore[attr-defined]
    observations, infos = envs.reset(seed=seed)
    agent.reset(np.ones(n, np.bool_))
    plays = np.arange(n)  # environment i of n plays i, i + n, i + 2n, … of the list
    rows: dict[int, dict[str, float]] = {}
    while len(rows) < count:
        actions = agent.act(observations, infos)
        observations, _, terminated, truncated, infos = envs.step(actions)
        done = terminated | truncated
        if done.any():
            final = infos["final_info"]
            for i in np.flatnonzero(done):
                if plays[i] < count:
                    rows[int(plays[i])] = {name: float(final[name][i]) for name in METRICS}
                plays[i] += n
            agent.reset(done)
    return [rows[i] for i in range(count)]


def intervals(rows: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and 95 % bootstrap interval of every metric over episodes."""
    figures = {}
    for name in METRICS:
        values = np.array([row[name] for row in rows])
        figures[name] = dict(zip(("mean", "low", "high"), bootstrap_interval(values), strict=True))
    return figures


def table(results: Results) -> Table:
    """The results for people."""
    title = (
        f"{results['episodes']} episodes, {results['split']} {_places(results['config'])}, "
        f"{results['config']['sounds']} sounds, seed {results['seed']}"
    )
    view = Table(title=title)
    for column in ("agent", *_COLUMNS):
        view.add_column(column, no_wrap=True)
    for name, figures in results["agents"].items():
        cells = []
        for column in _COLUMNS:
            mean, low, high = (figures[column][key] for key in ("mean", "low", "high"))
            digits = 0 if column == "na" else 2
            cells.append(f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]")
        view.add_row(name, *cells)
    return view


def _places(config: dict[str, Any]) -> str:
    world = config.get("world")
    return "homes" if world is None else f"of {world if isinstance(world, str) else 'scenes'}"


class _Stage:
    """The listed episodes in one environment after another; equal ones are made once."""

    def __init__(self, walks: list[Any], num_envs: int) -> None:
        self._walks, self._num_envs = walks, num_envs
        self._config: EnvConfig | None = None
        self._envs: Envs | None = None

    def envs(self, config: EnvConfig) -> Envs:
        """The environment of a configuration, with the listed episodes."""
        if self._envs is None or config != self._config:
            self.close()
            homes = min(len(self._walks) // EPISODES_PER_HOME + 1, _MOST_HOMES)
            self._config = config
            self._envs = make_envs(
                config, num_envs=self._num_envs, homes=homes, episodes=self._walks
            )
        return self._envs

    def close(self) -> None:
        """Stop what is running."""
        if self._envs is not None:
            self._envs.close()
            self._envs = None


def env_config(run: Path | None, sounds: str, world: str | None = None) -> EnvConfig:
    """The environment that a run was trained in, or the default one, with other sounds.

    With a world, that one instead; without the options of the other.
    """
    config = run_config(run).env if run else EnvConfig()
    if world is not None and world != config.world:
        config = dataclasses.replace(config, world=world, world_options={})
    return dataclasses.replace(config, sounds=sounds)


def _described(config: EnvConfig) -> dict[str, Any]:
    names = ["rooms", "resolution", "sensors", "max_steps", "duration", "wrappers"]
    if config.world != GENERATED:
        names += ["world", "world_options"]
    return {name: getattr(config, name) for name in names}
