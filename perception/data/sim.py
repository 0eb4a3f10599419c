"""Samples that are computed while a training runs, ahead of it, and samples of any environment."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from ...envs.interface import (
    SAMPLE_RATE,
    TURN_ANGLE,
    Action,
    ClipSource,
    SoundwalkError,
    wrap_angle,
)
from .sample import Sample

_STEPS = (int(Action.MOVE_FORWARD), int(Action.TURN_LEFT), int(Action.TURN_RIGHT))
_ODDS = (0.6, 0.2, 0.2)
_ROUNDS = 8  # more than needed if no episode ended


class SimClips:
    """Batches of a source in order, computed ahead by one thread in the background.

    Kernels and Fourier transforms hold no lock, so that a second core computes clips while the
    first one trains. What goes wrong in the thread is raised where the batch is asked for.

    Args:
        source: of the samples.
        batch_size: samples of a batch.
        start: number of the first batch; a training that was interrupted after n goes on at n.
        prefetch: batches computed ahead.

    Raises:
        SoundwalkError: a number has no meaning.

    >>> class Counter:
    ...     def batch(self, index, size):
    ...         return {"index": [index] * size}
    >>> with SimClips(Counter(), 2, start=7) as clips:
    ...     next(clips)["index"], next(clips)["index"], clips.index
    ([7, 7], [8, 8], 9)
    """

    def __init__(
        self, source: ClipSource, batch_size: int, *, start: int = 0, prefetch: int = 2
    ) -> None:
        for name, value, least in (
            ("batch_size", batch_size, 1), ("start", start, 0), ("prefetch", prefetch, 1),
        ):  # fmt: skip
            if value < least:
                raise SoundwalkError(f"{name}={value}: expected {least} or more")
        self.index = start  # of the batch that comes next
        self._source, self._size, self._prefetch = source, batch_size, prefetch
        self._asked = start
        self._coming: deque[Future[Sample]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clips")
        self._closed = False

    def __enter__(self) -> SimClips:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def __iter__(self) -> SimClips:
        """Itself: batches without end."""
        return self

    def __next__(self) -> Sample:
        """The next batch.

        Raises:
            StopIteration: it was closed.
        """
        if self._closed:
            raise StopIteration
        while len(self._coming) <= self._prefetch:
            self._coming.append(self._thread.submit(self._source.batch, self._asked, self._size))
            self._asked += 1
        self.index += 1
        return self._coming.popleft().result()

    def close(self) -> None:
        """Stop the thread; a batch that it has begun is finished first. The source stays open."""
        self._closed = True
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._coming.clear()


class BatchedEnv(Protocol):
    """A batched Gymnasium environment of N agents whose observations are ours."""

    num_envs: int

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode everywhere."""

    def step(self, actions: Any) -> tuple[dict[str, Any], Any, Any, Any, dict[str, Any]]:
        """One action each."""


class EnvClips:
    """Samples of any batched environment: agents walk at random, stop to look around, and go on.

    View 0 is what an agent perceives after a walk; further views follow as it turns where it
    stands, so that each lasts one step of sound and its turn is known. What observations do not
    hold is absent: `info` adds azimuth and distance (horizontal) of the goal where the environment
    is made with privileged=True, dry and wet with stems=True, and echo comes with echolocation.
    Poses are relative to where each walk began.

    Args:
        env: of N agents; it is reset with every batch, and stays open.
        views: of a place.
        turns: least and most turns of 15 degrees from one view to the next, to either side.
        walk: least and most steps before view 0, mostly forward.
        seed: of everything.
        echo_seconds: of the echo that are kept.
        rate: samples per second.

    Raises:
        SoundwalkError: a number has no meaning.
    """

    def __init__(
        self,
        env: BatchedEnv,
        *,
        views: int = 1,
        turns: tuple[int, int] = (1, 6),
        walk: tuple[int, int] = (4, 16),
        seed: int = 0,
        echo_seconds: float = 0.06,
        rate: int = SAMPLE_RATE,
    ) -> None:
        if views < 1:
            raise SoundwalkError(f"views={views}: expected 1 or more")
        for name, (low, high), least in (("turns", turns, 1), ("walk", walk, 0)):
            if not least <= low <= high:
                raise SoundwalkError(
                    f"{name}=({low}, {high}): expected (least, most) steps from {least} up"
                )
        self._env, self._views, self._turns, self._walk = env, views, turns, walk
        self._seed, self._echo = seed, round(echo_seconds * rate)

    def batch(self, index: int, size: int) -> Sample:
        """Batch number `index` of `size` samples; see `perception.data.sample`.

        Raises:
            SoundwalkError: episodes end before agents have looked around.
        """
        words = np.random.SeedSequence([self._seed, index])
        rng = np.random.default_rng(words)
        begin = int(words.generate_state(1)[0])
        self._now = self._env.reset(seed=begin, options={"begun": [index] * self._env.num_envs})
        rounds: list[Sample] = []
        missing = size
        for _ in range(_ROUNDS + -(-size // self._env.num_envs)):
            found = self._look_around(rng)
            rounds.append({key: value[:missing] for key, value in found.items()})
            missing -= len(rounds[-1]["turn"])
            if missing == 0:
                return {key: np.concatenate([r[key] for r in rounds]) for key in rounds[0]}
        raise SoundwalkError(
            f"batch {index} lacks {missing} of {size} samples: expected episodes that outlast a "
            f"walk of {self._walk[1]} steps and {self._views - 1} times {self._turns[1]} turns; "
            "raise the environment's max_steps, or ask for less"
        )

    def _look_around(self, rng: np.random.Generator) -> Sample:
        """One sample of each agent whose episode did not end meanwhile."""
        count = self._env.num_envs
        for _ in range(int(rng.integers(self._walk[0], self._walk[1] + 1))):
            self._step(rng.choice(_STEPS, size=count, p=_ODDS))
        views, turn = [self._view()], np.zeros((count, self._views))
        whole = np.ones(count, np.bool_)
        for view in range(1, self._views):
            left = rng.random(count) < 0.5
            steps = int(rng.integers(self._turns[0], self._turns[1] + 1))
            for _ in range(steps):
                whole &= ~self._step(np.where(left, Action.TURN_LEFT, Action.TURN_RIGHT))
            turn[:, view] = turn[:, view - 1] + np.where(left, 1, -1) * steps * TURN_ANGLE
            views.append(self._view())
        sample = {key: np.stack([v[key] for v in views], 1)[whole] for key in views[0]}
        return sample | {"turn": wrap_angle(turn).astype(np.float32)[whole]}

    def _step(self, actions: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """One action each; (N,) whose episode ended."""
        observations, _, terminated, truncated, infos = self._env.step(actions)
        self._now = observations, infos
        return np.asarray(terminated | truncated, np.bool_)

    def _view(self) -> Sample:
        """What all agents perceive now, and what is known of it; (N, …) each."""
        seen, info = self._now
        shaped = {
            "rgb": lambda a: a[:, None],
            "depth": lambda a: a[..., 0],
            "audio": lambda a: a,
            "echo": lambda a: a[..., : self._echo],
            "pose": _planar,
        }
        view = {key: shape(seen[key]) for key, shape in shaped.items() if key in seen}
        for key, name in (("azimuth", "goal_azimuth"), ("distance", "source_distance")):
            if name in info:
                view[key] = np.asarray(info[name], np.float32)[:, None]
        view |= info.get("stems", {})
        return {key: np.array(value) for key, value in view.items()}


def _planar(pose: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Poses x, y, cos, sin (N, 4) as x, y, heading (N, 3)."""
    heading = np.arctan2(pose[:, 3], pose[:, 2])
    return np.column_stack([pose[:, :2], heading]).astype(np.float32)
