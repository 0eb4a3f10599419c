"""AudioGoal on what others made: SoundSpaces' data and habitat-sim, as `vector` has it at home.

Observations, actions, infos, metrics and autoreset are those of `AudioGoalVectorEnv`, so that
agents, wrappers and evaluations run on all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gymnasium as gym
import numpy as np

from .arguments import SENSORS, check_arguments
from .episodic import EpisodicVectorEnv
from .interface import SAMPLE_RATE, STEP_SECONDS, SoundwalkError
from .observations import observation_space
from .simulators.emitters import Sound
from .simulators.options import HearingOptions
from .simulators.soundspaces import SoundSpacesData, SoundSpacesSimulator
from .simulators.soundspaces.layout import scene_name
from .tasks.habitat_episodes import HabitatEpisode, HabitatEpisodes, load_habitat_episodes
from .tasks.walking import WalkingGoal

_RIGHT_ANGLE = np.pi / 2


class SoundSpacesVectorEnv(EpisodicVectorEnv[HabitatEpisode]):
    """N agents on the grid of SoundSpaces' scenes: steps of 0.5 or 1 m, turns of 90 degrees.

    Args:
        data: the folder that holds metadata, binaural_rirs, scene_observations, datasets, sounds.
        dataset: "replica" or "mp3d".
        split: of episodes, e.g. "train_telephone" or "val_multiple_unheard".
        version: of episodes.
        num_envs: how many agents.
        resolution: height and width of the images; divides that of the cached ones, 128.
        sensors: which of "rgb", "depth", "audio" are wanted.
        max_steps: an episode is truncated after so many steps.
        step_seconds: what an action lasts. SoundSpaces has 1.0, and hears a second in each step;
            0.25 makes observations as large as elsewhere here.
        sample_rate: of what is heard; responses and sounds of other rates are resampled.
        response_seconds: what is used of an impulse response; SoundSpaces' seconds use 1.0.
        reach: metres of walking from the goal within which STOP is a success: 0, as theirs, is
            the goal's own node; 1.0 is what is asked elsewhere here.
        shuffled: draw episodes by chance, for training, instead of playing them in order.
        episodes: a list to play instead of a split.
        privileged: put the simulator's truth into `info`.

    Raises:
        MissingDataError: files are missing; the message says which and how many.
        SoundwalkError: an argument has no meaning, or files are damaged or disagree.
    """

    def __init__(
        self,
        data: str | Path,
        dataset: str = "replica",
        split: str = "train_telephone",
        *,
        version: str = "v1",
        num_envs: int = 1,
        resolution: int = 64,
        sensors: Sequence[str] = SENSORS,
        max_steps: int = 500,
        step_seconds: float = STEP_SECONDS,
        sample_rate: int = SAMPLE_RATE,
        response_seconds: float = 1.0,
        reach: float = 0.0,
        shuffled: bool = False,
        episodes: Sequence[HabitatEpisode] | None = None,
        privileged: bool = False,
    ) -> None:
        """See the class."""
        check_arguments(num_envs, resolution, max_steps, sensors, None)
        _check_seconds(step_seconds, response_seconds, sample_rate)
        self.data, self.sensors = SoundSpacesData(Path(data), dataset), tuple(sensors)
        if episodes is None:
            episodes = load_habitat_episodes(self.data.episodes(split, version))
        self.simulator = SoundSpacesSimulator(
            self.data, num_envs, resolution=resolution, sensors=self.sensors, rate=sample_rate,
            step_seconds=step_seconds, response_seconds=response_seconds, reach=reach,
        )  # fmt: skip
        self.task = WalkingGoal(self.simulator, max_steps=max_steps, reach=reach)
        super().__init__(
            num_envs,
            self.simulator,
            self.task,
            HabitatEpisodes(episodes, num_envs, shuffled=shuffled),
            sound_space(resolution, self.sensors, self.simulator.block),
            privileged=privileged,
        )

    def _place(self, agent: int, episode: HabitatEpisode) -> None:
        name = scene_name(episode.scene, self.data.dataset)
        start, goal = (
            self._node(
                name, (*episode.start[:2], episode.floor), f"start of episode {episode.name}"
            ),
            self._node(name, episode.goal, f"goal of episode {episode.name}"),
        )
        facing = round(episode.start[2] / _RIGHT_ANGLE) - 1
        rate = self.simulator.rate
        sound = Sound(
            self.simulator.sound(episode.clip),
            self.simulator.place(name).graph.positions[goal],
            offset=round(episode.offset * rate),
            duration=episode.duration,
        )
        self.simulator.settle(agent, name, start, facing % 4, goal, sound)
        self.task.begin(agent, episode.actions)

    def _node(self, scene: str, position: Sequence[float], what: str) -> int:
        node = self.simulator.place(scene).graph.node_at(np.array(position))
        if node is None:
            x, y, z = position
            raise SoundwalkError(
                f"the {what} in {scene!r}, ({x:.2f}, {y:.2f}, {z:.2f}) with z up, is no node of "
                "its graph: episodes and graph are of different versions, or these are episodes "
                "of semantic audio-visual navigation, whose goals are objects"
            )
        return node


def sound_space(resolution: int, sensors: Sequence[str], block: int) -> gym.spaces.Dict:
    """What one agent with two ears observes, with `block` samples of sound in a step."""
    spaces = dict(observation_space(resolution, sensors, HearingOptions()).spaces)
    heard = spaces.get("audio")
    if isinstance(heard, gym.spaces.Box):
        shape = (heard.shape[0], block)
        spaces["audio"] = gym.spaces.Box(heard.low.min(), heard.high.max(), shape, np.float32)
    return gym.spaces.Dict(spaces)


def _check_seconds(step: float, response: float, rate: int) -> None:
    if not 1000 <= rate <= 192_000:
        raise SoundwalkError(f"sample_rate={rate}: expected 1000 to 192000 samples per second")
    for name, value in (("step_seconds", step), ("response_seconds", response)):
        if not 0.01 <= value <= 30:
            raise SoundwalkError(f"{name}={value}: expected 0.01 to 30 seconds")
