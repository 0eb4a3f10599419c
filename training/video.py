"""Films of walks: the view, the plan with the path, both ears' waveform, and the sound itself.

A step lasts 0.25 s. Its picture (what is seen after the action) is shown while its block of audio
(what was heard during the action) plays, so picture and sound have the same clock by construction.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np

from ..agents.baselines import Agent
from ..envs.interface import F32, SAMPLE_RATE, STEP_SECONDS, U8
from .evaluate import env_config, fixed_episodes
from .players import make_agent, resolve
from .worlds import Envs, make_envs

FPS = 8  # each step twice: some players refuse less
_STRIP = 96  # pixels of height for the waveforms
_SHOWN = 8  # steps of sound in the strip
_HOLD = 4  # steps that the end of an episode stays on the screen
_LOUD = 0.7  # full scale of the loudest sample; one gain for the whole film
_EARS = ((70, 130, 230), (230, 110, 70))  # colours: left, right


class Film:
    """An mp4 file of pictures and stereo sound: H.264 and AAC.

    Args:
        path: where to write.
        sample_rate: of the sound, hertz.
    """

    def __init__(self, path: Path, *, sample_rate: int = SAMPLE_RATE) -> None:
        """See the class."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = av.open(str(path), "w", options={"movflags": "faststart"})
        self._rate = sample_rate
        self._pictures: Any = self._file.add_stream("libx264", rate=FPS)
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
        self._pictures.width, self._pictures.height = width, height
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]))
        for _ in range(round(audio.shape[1] / self._rate * FPS)):
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
        envs: one environment with `render_mode="rgb_array"`, the sensor "audio", and a list of
            episodes.
        count: how many episodes.
        path: of the mp4 file.
        seed: of the environment.

    Returns:
        Whether each episode was a success.
    """
    envs.unwrapped.privileged = getattr(agent, "privileged", False)  # type: ignore[attr-defined]
    observations, infos = envs.reset(seed=seed)
    agent.reset(np.ones(1, np.bool_))
    steps: list[tuple[U8, F32]] = [_seen(envs, observations)]
    successes: list[bool] = []
    while len(successes) < count:
        observations, _, terminated, truncated, infos = envs.step(agent.act(observations, infos))
        if not (terminated[0] or truncated[0]):
            steps.append(_seen(envs, observations))
            continue
        # The environment shows the next episode already; who says STOP stands still.
        steps.append((steps[-1][0], infos["final_obs"][0]["audio"]))
        successes.append(bool(infos["final_info"]["success"][0]))
        steps += [(steps[-1][0], np.zeros_like(steps[-1][1]))] * _HOLD
        agent.reset(np.ones(1, np.bool_))
        if len(successes) < count:
            steps.append(_seen(envs, observations))
    _write(steps, path)
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

    Returns:
        Where the film is.
    """
    kind, run = resolve(name, run_dir)
    config = env_config(run, sounds)
    sensors = tuple(dict.fromkeys([*config.sensors, "audio"]))
    config = dataclasses.replace(config, sensors=sensors)
    walks = fixed_episodes(config, split=split, count=count, seed=seed)
    path = path or (run or Path()) / "video.mp4"
    envs = make_envs(config, num_envs=1, homes=8, episodes=walks, render_mode="rgb_array")
    try:
        agent = make_agent(kind, envs, run=run, seed=seed, checkpoint=checkpoint)
        film(agent, envs, count, path, seed=seed)
    finally:
        envs.close()
    return path


def waveforms(blocks: list[F32], width: int, *, full: float) -> U8:
    """The last seconds of both ears, left above right, (96, width, 3).

    Args:
        blocks: blocks of audio (2, samples), the newest last.
        width: of the picture in pixels.
        full: the amplitude that fills an ear's half of the strip.
    """
    sound = np.concatenate(blocks, 1)
    strip = np.full((_STRIP, width, 3), 255, np.uint8)
    edges = np.linspace(0, sound.shape[1], width + 1).astype(int)[:-1]
    lane = _STRIP // 2
    rows = np.arange(_STRIP)[:, None]
    for ear, colour in enumerate(_EARS):
        middle = ear * lane + lane // 2
        reach = (lane // 2 - 2) / max(full, 1e-9)
        top = middle - np.maximum.reduceat(sound[ear], edges) * reach
        bottom = middle - np.minimum.reduceat(sound[ear], edges) * reach
        strip[(rows >= np.floor(top)) & (rows <= np.ceil(bottom))] = colour
    return strip


def _seen(envs: Envs, observations: dict[str, Any]) -> tuple[U8, F32]:
    pictures: Any = envs.render()
    return pictures[0], observations["audio"][0].copy()


def _write(steps: list[tuple[U8, F32]], path: Path) -> None:
    loudest = max(float(np.abs(audio).max()) for _, audio in steps) or 1.0
    block = steps[0][1].shape[1]
    past = [np.zeros((2, block), np.float32)] * _SHOWN
    with Film(path, sample_rate=round(block / STEP_SECONDS)) as out:
        for picture, audio in steps:
            past = [*past[1:], audio[:2]]
            strip = waveforms(past, picture.shape[1], full=loudest)
            out.add(np.concatenate([picture, strip]), audio[:2] * (_LOUD / loudest))
