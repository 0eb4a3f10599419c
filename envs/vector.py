"""AudioGoal as a batched Gymnasium environment: the one real environment.

Observations (dictionary, batched over N environments):

| key | shape, type | unit |
|---|---|---|
| rgb | (N, H, W, 3) uint8 | colour |
| depth | (N, H, W, 1) float32 | metres along the view axis, 0 to 10 |
| audio | (N, C, 4000) float32 | what the ears heard during this step, left first |
| echo | (N, C, 4000) float32 | what of it came back from its own emission; with echolocation |
| pose | (N, 4) float32 | x ahead, y left (metres), cos, sin of heading, relative to the start |
| collided | (N, 1) float32 | 1 if something stood in the way |
| last_action | (N, A) float32 | one-hot of the action just taken; zeros at the start |

An episode ends by STOP (terminated) or after `max_steps` (truncated). Autoreset is SAME_STEP: the
step that ends an episode returns the next one's first observation, and `final_obs` and `final_info`
what the ended one showed last. With `stems=True` info["stems"] holds the dry signals (N, K, 4000)
of the goal and the distractors, and the wet ones (N, K, C, 4000).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .acoustics.sounds import SoundBank, Split
from .arguments import (
    SENSORS,
    check_arguments,
    checked_actions,
    hearing_options,
    open_sounds,
    room_range,
)
from .interface import F64, I32, I64, SENSOR_HEIGHT, Bool, SoundwalkError
from .observations import Observations, collect, observation_space, relative_poses
from .rendering import Camera
from .scenes.collection import Scenes, gather
from .simulators.hearing import Heard
from .simulators.homes import HomePool
from .simulators.native import NativeSimulator
from .tasks.audiogoal import AudioGoal
from .tasks.episodes import Episode, load_episodes
from .tasks.sampler import EpisodeSource, ListedEpisodes, SampledEpisodes
from .tasks.surroundings import Surroundings, episode_seed, episode_sounds


class AudioGoalVectorEnv(VectorEnv[Any, Any, Any]):
    """N agents that walk to what they hear, each in its own home, in one process.

    Args:
        num_envs: how many agents.
        split: homes of "train", "val" or "test".
        sounds: "heard", "unheard_clips", "unheard", a folder of wav, flac or ogg files, or a bank.
        rooms: number of rooms of a home, or the smallest and largest number.
        resolution: height and width of the images in pixels.
        hfov: horizontal field of view in radians.
        sensors: which of "rgb", "depth", "audio" are wanted.
        max_steps: an episode is truncated after so many steps.
        episodes: a list of episodes, or a file of them, played in order instead of sampling.
        homes: how many homes training draws from at a time.
        refresh: by how many homes that window moves with every episode of an environment.
        duration: seconds the source sounds; 0 means all the time.
        scenes: homes to walk in instead of generated ones: a scene, a file of one, a folder, a
            list, or lists by split; see `gather`.
        scene_options: options of what reads files of scenes: see `open_scene`.
        source_height: metres above the floor of sounds in scenes where no object can sound.
        privileged: put the simulator's truth into `info`: geodesic_distance, path_azimuth,
            goal_azimuth, source_distance, oracle_action. For critics, teachers and measuring.
        render_mode: "rgb_array" or "human".
        hearing: receiver, distractors, moving, snr, echolocation, stems, …: see `HearingOptions`.

    Raises:
        SoundwalkError: an argument has no meaning; the message names it and what is valid.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "render_modes": ["rgb_array", "human"],
        "render_fps": 4,
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        *,
        split: str = "train",
        sounds: str | SoundBank = "heard",
        rooms: int | Sequence[int] = (3, 6),
        resolution: int = 64,
        hfov: float = np.pi / 2,
        sensors: Sequence[str] = SENSORS,
        max_steps: int = 500,
        episodes: str | Path | list[Episode] | None = None,
        homes: int = 64,
        refresh: float = 0.5,
        duration: float = 0.0,
        scenes: Scenes | None = None,
        scene_options: dict[str, Any] | None = None,
        source_height: float = SENSOR_HEIGHT,
        privileged: bool = False,
        render_mode: str | None = None,
        **hearing: Any,
    ) -> None:
        """See the class."""
        check_arguments(num_envs, resolution, max_steps, sensors, render_mode)
        options = self.options = hearing_options(hearing)
        self.num_envs, self.render_mode = num_envs, render_mode
        self.sensors, self.privileged = tuple(sensors), privileged
        config = options.config()
        camera = Camera(height=resolution, width=resolution, hfov=hfov)
        # Listed episodes keep the homes of a round and of the next one; sampling keeps its window.
        slots = max(homes, 8) + num_envs + 8
        self.bank, mode = open_sounds(sounds, config.sample_rate)
        places = {} if scenes is None else gather(scenes, split)
        rows = options.rows(num_envs)
        self.pool = HomePool(slots, num_envs, config, rows, places, scene_options)
        self.simulator = NativeSimulator(self.pool, num_envs, camera, config, options)
        if episodes is None:
            self.episodes: EpisodeSource = SampledEpisodes(
                self.pool,
                self.bank,
                split=cast(Split, split),
                sounds=mode,
                rooms=room_range(rooms),
                homes=homes,
                refresh=refresh,
                duration=duration,
                surroundings=Surroundings.of(options),
                scenes=tuple(places),
                height=source_height,
            )
        else:
            listed = load_episodes(episodes) if isinstance(episodes, str | Path) else episodes
            self.episodes = ListedEpisodes(listed, num_envs)
        self.task = AudioGoal(self.simulator, max_steps=max_steps)
        self.current: list[Episode | None] = [None] * num_envs
        self._begun = np.zeros(num_envs, np.int64)
        self._lived = np.zeros(num_envs, np.bool_)
        self._origins = np.zeros((num_envs, 3))
        self._rngs = [np.random.default_rng() for _ in range(num_envs)]
        self.single_observation_space = observation_space(resolution, self.sensors, options)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._actions: int = self.single_observation_space["last_action"].shape[0]  # type: ignore[index]
        self.single_action_space = gym.spaces.Discrete(self._actions)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._picture: Any = None
        if render_mode is not None:
            from .tasks.picture import Picture

            self._picture = Picture(self.simulator, self.current)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin an episode everywhere; environment i of a batch seeded s is seeded s + i.

        With a seed, `options={"begun": counts}` goes on as after so many episodes in each
        environment instead of from the first one: a resumed training keeps its window of homes.
        """
        begun = (options or {}).get("begun", [0] * self.num_envs)
        if seed is not None:
            seeds = [seed + i for i in range(self.num_envs)] if isinstance(seed, int) else seed
            for i, s in enumerate(seeds):
                if s is not None:
                    self._rngs[i] = np.random.default_rng(s)
                    self._begun[i] = begun[i]
        everyone = np.arange(self.num_envs, dtype=np.int32)
        self._begin(everyone)
        observations, heard = self._first_observations(everyone)
        self._note(observations, np.ones(self.num_envs, np.bool_))
        return observations, self._infos(heard)

    def step(self, actions: Any) -> tuple[Observations, F64, Bool, Bool, dict[str, Any]]:
        """One action each, 0.25 s.

        Raises:
            SoundwalkError: an action does not exist, or their number is wrong.
        """
        emitting = self.options.echolocation == "action"
        acts = checked_actions(actions, self.num_envs, emitting=emitting)
        if not self._lived.all():
            raise SoundwalkError("step() was called before reset(): call reset() first")
        collided = self.simulator.act(acts)
        outcome = self.task.advance(acts)
        everyone = np.arange(self.num_envs, dtype=np.int32)
        rgb, depth = self._see(everyone)
        if "audio" in self.sensors:
            self.simulator.hear()
        else:
            self.simulator.skip_hearing()
        heard = self.simulator.heard
        observations = self._observations(everyone, rgb, depth, heard, acts, collided)
        done = np.flatnonzero(outcome.terminated | outcome.truncated).astype(np.int32)
        infos = self._infos(heard)
        if len(done):
            self._end(done, observations, infos)
        self._note(observations, outcome.terminated | outcome.truncated)
        return observations, outcome.reward, outcome.terminated, outcome.truncated, infos

    def render(self) -> tuple[Any, ...] | None:
        """A picture of each environment: camera, plan with path, spectrogram, side by side."""
        if self._picture is None:
            raise SoundwalkError("render_mode is None: make the environment with 'rgb_array'")
        if self.render_mode == "human":
            self._picture.show(0)
            return None
        return tuple(self._picture.draw(i) for i in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Stop the thread that builds homes."""
        self.pool.close()

    def _note(self, observations: Observations, begun: Bool) -> None:
        """Keep the picture up to date; a window is redrawn in every step, as Gymnasium does."""
        if self._picture is not None:
            self._picture.note(observations, begun)
            if self.render_mode == "human":
                self._picture.show(0)

    def _end(self, done: I32, observations: Observations, infos: dict[str, Any]) -> None:
        """Report what ended, and begin anew there."""
        since = time.perf_counter()
        final_obs = np.full(self.num_envs, None, dtype=object)
        for i in done:
            final_obs[i] = {key: value[i].copy() for key, value in observations.items()}
        mask = np.zeros(self.num_envs, np.bool_)
        mask[done] = True
        final_info: dict[str, Any] = {}
        metrics: dict[str, Any] = {**self.task.metrics(done), "episode_index": self._index(done)}
        for key, values in metrics.items():
            final_info[key] = np.zeros(self.num_envs, np.asarray(values).dtype)
            final_info[key][done] = values
            final_info["_" + key] = mask.copy()
        for key, value in infos.items():
            final_info.setdefault(key, copy.deepcopy(value))
        infos.update(final_obs=final_obs, _final_obs=mask, final_info=final_info, _final_info=mask)
        self._begin(done)
        self.simulator.clock.add("resets", since)
        first, heard = self._first_observations(done)
        for key, value in first.items():
            observations[key][done] = value
        truth = self._infos(heard)
        for key, value in truth.pop("stems", {}).items():
            infos["stems"][key][done] = value
        infos.update(truth)

    def _begin(self, agents: I32) -> None:
        for i in agents:
            count = int(self._begun[i])
            episode = self.episodes.next(self._rngs[i], int(i), count)
            if self._lived[i]:
                self.pool.release(int(self.simulator.slots[i]))
            slot = self.pool.acquire(episode.home, episode.rooms, episode.scene)
            sounds = episode_sounds(episode, self.pool.home(slot), self.bank, self.options)
            start, noise = np.array(episode.start), episode_seed(episode)
            self.simulator.settle(int(i), slot, start, sounds, noise)
            for key in self.episodes.upcoming(count):
                self.pool.expect(*key)
            self.current[i] = episode
            self._begun[i] += 1
            self._lived[i] = True
            self._origins[i] = episode.start
            self.task.begin(int(i), episode)

    def _index(self, agents: I32) -> I64:
        """Position in the list of episodes, or the number of the sampled episode."""
        counts = self._begun[agents] - 1
        index = [self.episodes.index(int(a), int(c)) for a, c in zip(agents, counts, strict=True)]
        return np.array(index, np.int64)

    def _first_observations(self, agents: I32) -> tuple[Observations, Heard | None]:
        rgb, depth = self._see(agents)
        if "audio" in self.sensors:
            self.simulator.begin_hearing(agents)
        heard, actions = self.simulator.heard, np.full(len(agents), -1)
        collided = np.zeros(len(agents), np.bool_)
        return self._observations(agents, rgb, depth, heard, actions, collided), heard

    def _see(self, agents: I32) -> tuple[Any, Any]:
        return self.simulator.see(agents, rgb="rgb" in self.sensors, depth="depth" in self.sensors)

    def _observations(
        self,
        agents: I32,
        rgb: Any,
        depth: Any,
        heard: Heard | None,
        actions: I64,
        collided: Bool,
    ) -> Observations:
        pose = relative_poses(self.simulator.poses[agents], self._origins[agents])
        chosen = actions[:, None] == np.arange(self._actions)
        return collect(rgb, depth, heard, pose, collided, chosen)

    def _infos(self, heard: Heard | None) -> dict[str, Any]:
        """The simulator's truth, and stems of those who were heard."""
        infos = self.task.truth() if self.privileged else {}
        if heard is not None and heard.wet is not None:
            infos["stems"] = {"dry": heard.dry, "wet": heard.wet}
        return infos
