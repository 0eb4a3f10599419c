"""AudioGoal on what others made: SoundSpaces' data and habitat-sim, as `vector` has it at home.

Observations, actions, infos, metrics and autoreset are those of `AudioGoalVectorEnv`, so that
agents, wrappers and evaluations run on all of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import gymnasium as gym
import numpy as np

from .acoustics.sounds import Clip, SoundBank, Split
from .arguments import SENSORS, check_arguments, hearing_options, open_sounds
from .episodic import EpisodicVectorEnv
from .interface import (
    F32,
    SAMPLE_RATE,
    SENSOR_HEIGHT,
    STEP_SECONDS,
    SUCCESS_DISTANCE,
    SoundwalkError,
    unknown,
)
from .observations import observation_space
from .rendering import Camera
from .simulators.emitters import Sound
from .simulators.habitat import HabitatOptions, HabitatScene, HabitatSimulator
from .simulators.habitat.binding import Library
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


class HabitatVectorEnv(EpisodicVectorEnv[HabitatEpisode]):
    """N agents in scenes of habitat-sim, that walk as far and turn as much as at home.

    Args:
        scenes: by the path that episodes name them with, or by its last part.
        episodes: a list, or a split's json or json.gz file of PointNav or AudioNav.
        num_envs: how many agents.
        split: of the bank of sounds.
        sounds: "heard", "unheard_clips", "unheard", a folder, or a bank. An episode that names a
            sound plays that clip, or one of its category; of PointNav each plays one of the bank.
        resolution: height and width of the images in pixels.
        hfov: horizontal field of view in radians.
        sensors: which of "rgb", "depth", "audio" are wanted.
        max_steps: an episode is truncated after so many steps.
        reach: metres of walking from the goal within which STOP is a success.
        source_height: metres above the goal at which the sound is.
        engine: what hears: "ours" on the acoustics of the scenes, or "rlr", habitat's own.
        habitat: further fields of `HabitatOptions`, e.g. {"gpu": -1}.
        simulators: how many scenes are open at a time; one for each agent if None.
        shuffled: draw episodes by chance, for training, instead of playing them in order.
        privileged: put the simulator's truth into `info`.
        library: habitat-sim; imported if None.
        hearing: options of our ears: see `HearingOptions`. Episodes have one source, which stays.

    Raises:
        SoundwalkError: habitat-sim is not installed, an argument has no meaning, or a file cannot
            be read.
    """

    def __init__(
        self,
        scenes: Mapping[str, HabitatScene],
        episodes: str | Path | Sequence[HabitatEpisode],
        *,
        num_envs: int = 1,
        split: str = "train",
        sounds: str | SoundBank = "heard",
        resolution: int = 64,
        hfov: float = np.pi / 2,
        sensors: Sequence[str] = SENSORS,
        max_steps: int = 500,
        reach: float = SUCCESS_DISTANCE,
        source_height: float = SENSOR_HEIGHT,
        engine: str = "ours",
        habitat: Mapping[str, Any] | None = None,
        simulators: int | None = None,
        shuffled: bool = False,
        privileged: bool = False,
        library: Library | None = None,
        **hearing: Any,
    ) -> None:
        """See the class."""
        check_arguments(num_envs, resolution, max_steps, sensors, None)
        options = hearing_options(hearing)
        _refuse_at_home_only(options)
        images = tuple(name for name in sensors if name != "audio")
        seeing = HabitatOptions(
            camera=Camera(resolution, resolution, hfov), sensors=images, **(habitat or {})
        )
        self._scenes, self._height = scenes, source_height
        self.bank, mode = open_sounds(sounds, options.config().sample_rate)
        self._clips = self.bank.clips(cast(Split, split), mode=mode)
        self.simulator = HabitatSimulator(
            num_envs, seeing, hearing=options, simulators=simulators, library=library,
            engine=engine if "audio" in sensors else "none",
        )  # fmt: skip
        self.task = WalkingGoal(self.simulator, max_steps=max_steps, reach=reach)
        if isinstance(episodes, str | Path):
            episodes = load_habitat_episodes(episodes)
        super().__init__(
            num_envs,
            self.simulator,
            self.task,
            HabitatEpisodes(episodes, num_envs, shuffled=shuffled),
            observation_space(resolution, tuple(sensors), options),
            privileged=privileged,
        )

    def close_extras(self, **kwargs: Any) -> None:
        """Stop habitat-sim."""
        self.simulator.close()

    def _place(self, agent: int, episode: HabitatEpisode) -> None:
        if self._lived[agent]:
            self.simulator.stages.release(int(self.simulator.slots[agent]))
        scene = self._scene(episode.scene)
        slot = self.simulator.open(scene)
        x, y, heading = episode.start
        goal = np.array(episode.goal)
        source = goal + np.array([0.0, 0.0, self._height - scene.floor])
        rate = self.bank.sample_rate
        sound = Sound(
            self._dry(episode), source, round(episode.offset * rate), duration=episode.duration
        )
        feet = np.array([x, y, episode.floor])
        seed = zlib.crc32(episode.name.encode())
        self.simulator.settle(agent, slot, feet, heading, [sound], goal, seed)
        self.task.begin(agent, episode.actions)

    def _scene(self, path: str) -> HabitatScene:
        for name in (path, Path(path).name, Path(path).stem):
            if name in self._scenes:
                return self._scenes[name]
        raise unknown("scene", path, self._scenes)

    def _dry(self, episode: HabitatEpisode) -> F32:
        fitting: Sequence[Clip] = self._clips
        if episode.clip:
            fitting = [c for c in self._clips if c.name == episode.clip]
            fitting = fitting or [c for c in self._clips if c.category == episode.category]
        if not fitting:
            raise unknown("sound", episode.clip, self.bank.categories)
        chosen = zlib.crc32(f"{episode.scene}/{episode.name}".encode()) % len(fitting)
        return self.bank.load(fitting[chosen])


def sound_space(resolution: int, sensors: Sequence[str], block: int) -> gym.spaces.Dict:
    """What one agent with two ears observes, with `block` samples of sound in a step."""
    spaces = dict(observation_space(resolution, sensors, HearingOptions()).spaces)
    heard = spaces.get("audio")
    if isinstance(heard, gym.spaces.Box):
        shape = (heard.shape[0], block)
        spaces["audio"] = gym.spaces.Box(heard.low.min(), heard.high.max(), shape, np.float32)
    return gym.spaces.Dict(spaces)


def _refuse_at_home_only(options: HearingOptions) -> None:
    """Options that need episodes, or an action, that files of others do not have."""
    plain = HearingOptions()
    for name in (
        "distractors", "moving", "echolocation", "onset", "loop", "level", "stems", "directivity"
    ):  # fmt: skip
        if getattr(options, name) != getattr(plain, name):
            raise SoundwalkError(
                f"{name}={getattr(options, name)!r} works in generated homes only "
                f"(AudioGoalVectorEnv): leave it at {getattr(plain, name)!r} here"
            )


def _check_seconds(step: float, response: float, rate: int) -> None:
    if not 1000 <= rate <= 192_000:
        raise SoundwalkError(f"sample_rate={rate}: expected 1000 to 192000 samples per second")
    for name, value in (("step_seconds", step), ("response_seconds", response)):
        if not 0.01 <= value <= 30:
            raise SoundwalkError(f"{name}={value}: expected 0.01 to 30 seconds")
