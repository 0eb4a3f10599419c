"""Films of walks: the view, the plan with the path, both ears' waveform, and the sound itself.

A step lasts 0.25 s. Its picture (what is seen after the action) is shown while its block of audio
(what was heard during the action) plays, so picture and sound have the same clock by construction.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np

from ..agents.baselines import Agent
from ..envs.elsewhere import SoundSpacesVectorEnv
from ..envs.interface import F32, SAMPLE_RATE, STEP_SECONDS, U8
from ..envs.vector import AudioGoalVectorEnv
from .elsewhere import kind_of
from .evaluate import env_config, fixed_episodes
from .frames import Frames, Sketches, waveforms
from .players import make_agent, resolve
from .worlds import Envs, make_envs

FPS = 8  # each step twice: some players refuse less
_SHOWN = 8  # steps of sound in the strip
_HOLD = 4  # steps that the end of an episode stays on the screen
_LOUD = 0.7  # full scale of the loudest sample; one gain for the whole film


class Film:
    """An mp4 file of pictures and stereo sound: H.264 and AAC.

    Args:
        path: where to write.
        sample_rate: of the sound, hertz.
        fps: pictures per second.
    """

    def __init__(
        self, path: Path, *, sample_rate: int = SAMPLE_RATE, fps: int | Fraction = FPS
    ) -> None:
        """See the class."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = av.open(str(path), "w", options={"movflags": "faststart"})
        self._rate, self._fps = sample_rate, fps
        self._pictures: Any = self._file.add_stream("libx264", rate=fps)
        self._pictures.pix_fmt = "yuv420p"
        self._pictures.options = {"crf": "20", "preset": "medium"}
        self._sound: Any = self._file.add_stream("aac", rate=sample_rate, layout="stereo")
        self._sound.bit_rate = 160_000
        self._samples = 0

    def __enter__(self) -> Film:
        """Nothing to open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file."""
        for stream in (self._pictures, self._sound):
            self._file.mux(stream.encode(None))
        self._file.close()

    def add(self, picture: U8, audio: F32) -> None:
        """Show a picture (H, W, 3) for as long as a block of audio (2, samples) lasts."""
        height, width = (size - size % 2 for size in picture.shape[:2])  # yuv420p wants even sizes
        if self._samples == 0:
            self._pictures.width, self._pictures.height = width, height
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]))
        for _ in range(round(audio.shape[1] / self._rate * self._fps)):
            frame.pts = None
            self._file.mux(self._pictures.encode(frame))
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(audio, dtype=np.float32), format="fltp", layout="stereo"
        )
        block.sample_rate, block.pts = self._rate, self._samples
        self._samples += audio.shape[1]
        self._file.mux(self._sound.encode(block))


def film(agent: Agent, envs: Envs, count: int, path: Path, *, seed: int = 0) -> list[bool]:
    """Film an agent on the first `count` listed episodes.

    Args:
        agent: who walks.
        envs: one environment with the sensor "audio" and a list of episodes.
        count: how many episodes.
        path: of the mp4 file.
        seed: of the environment.

    Returns:
        Whether each episode was a success.
    """
    world: Any = envs.unwrapped
    world.privileged = getattr(agent, "privileged", False)
    frames = Frames(world) if isinstance(world, AudioGoalVectorEnv) else Sketches(world)
    observations, infos = envs.reset(seed=seed)
    agent.reset(np.ones(1, np.bool_))
    steps: list[tuple[U8, F32]] = [(frames.picture(), observations["audio"][0])]
    successes: list[bool] = []
    while len(successes) < count:
        observations, _, terminated, truncated, infos = envs.step(agent.act(observations, infos))
        if not (terminated[0] or truncated[0]):
            steps.append((frames.picture(), observations["audio"][0]))
            continue
        final = infos["final_info"]
        successes.append(bool(final["success"][0]))
        # The environment is in the next episode already; who says STOP stands still.
        words = "found it" if successes[-1] else "not there" if terminated[0] else "out of time"
        words = f"{words}: {final['dtg'][0]:.1f} m from the sound, SPL {final['spl'][0]:.2f}"
        last = frames.caption(steps[-1][0], words)
        heard = infos["final_obs"][0]["audio"]
        steps += [(last, heard), *[(last, np.zeros_like(heard))] * _HOLD]
        agent.reset(np.ones(1, np.bool_))
        if len(successes) < count:
            steps.append((frames.picture(), observations["audio"][0]))
    rate = world.simulator.rate if isinstance(world, SoundSpacesVectorEnv) else None
    _write(steps, path, rate)
    return successes


def film_agent(
    name: str,
    run_dir: str | Path | None,
    path: Path | None,
    count: int,
    *,
    split: str = "val",
    sounds: str = "heard",
    seed: int = 0,
    checkpoint: str = "last",
    temperature: float = 1.0,
    world: str | None = None,
) -> Path:
    """Film an agent by name on the first episodes of an evaluation; arguments as `evaluate`.

    Args:
        name: of the agent.
        run_dir: the run that "trained" and "deaf" mean.
        path: of the film; by default video.mp4 in the agent's run directory, else here.
        count: how many episodes.
        split: of homes.
        sounds: kind of sounds.
        seed: of the episodes.
        checkpoint: "last" or "best".
        temperature: of a trained agent's choices.
        world: where to walk instead of where the agent was trained.

    Returns:
        Where the film is.
    """
    kind, run = resolve(name, run_dir)
    trained = run or (Path(run_dir) if run_dir else None)  # a baseline is filmed where others walk
    config = env_config(trained, sounds, world)
    pictured = ["rgb"] if kind_of(config.world) in ("soundspaces", "habitat") else []
    sensors = tuple(dict.fromkeys([*config.sensors, "audio", *pictured]))
    config = dataclasses.replace(config, sensors=sensors)
    walks = fixed_episodes(config, split=split, count=count, seed=seed)
    path = path or (run or Path()) / "video.mp4"
    envs = make_envs(config, num_envs=1, homes=8, episodes=walks)
    try:
        agent = make_agent(
            kind, envs, run=run, seed=seed, checkpoint=checkpoint, temperature=temperature
        )
        film(agent, envs, count, path, seed=seed)
    finally:
        envs.close()
    return path


def _write(steps: list[tuple[U8, F32]], path: Path, rate: int | None) -> None:
    loudest = max(float(np.abs(audio).max()) for _, audio in steps) or 1.0
    block = steps[0][1].shape[1]
    past = [np.zeros((2, block), np.float32)] * _SHOWN
    with Film(path, sample_rate=rate or round(block / STEP_SECONDS)) as out:
        for picture, audio in steps:
            past = [*past[1:], audio[:2]]
            strip = waveforms(past, picture.shape[1], full=loudest)
            out.add(np.concatenate([picture, strip]), audio[:2] * (_LOUD / loudest))
