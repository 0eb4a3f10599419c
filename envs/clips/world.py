"""ClipWorld: audio-visual samples of simulated homes, computed as they are asked for."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from ..acoustics.sounds.levels import ACTIVE_RMS
from ..arguments import room_range
from ..interface import F32, F64, I64, wrap_angle
from ..simulators.homes import HomePool
from ..tasks.episodes import home_seeds
from .hearing import ROWS, Ears
from .images import Eyes
from .motion import Envelopes, shifts
from .options import NOISE, SILENT, ClipOptions
from .places import Neighbourhood, Window
from .viewpoints import Director, Shots
from .voices import Voices

_SPARE = 8  # slots for homes that are built ahead or were left
_AHEAD = 6  # batches whose homes are built in the background

Batch = dict[str, npt.NDArray[Any]]


class ClipWorld:
    """A source of clips; batches are pure functions of the seed, their number and their size.

    >>> world = ClipWorld(rooms=1, homes=1, wants=("audio", "mask"), seconds=0.25)
    >>> {key: value.shape for key, value in world.batch(0, 2).items() if key in ("audio", "mask")}
    {'mask': (2, 1, 1, 64, 64), 'audio': (2, 1, 2, 4000)}
    >>> world.close()
    """

    def __init__(self, options: ClipOptions | None = None, **changes: Any) -> None:
        """Take options, or changes to them; see `ClipOptions`.

        Raises:
            SoundwalkError: an option does not exist, or its value has no meaning.
        """
        self.options = o = ClipOptions.of(options, changes)
        seeds, rooms = home_seeds(o.split), room_range(o.rooms)
        self.voices = Voices(o)
        rows = max(ROWS, o.sources)
        self._pool = HomePool(o.homes + _SPARE, 1, o.config, rows)
        self._homes = Neighbourhood(self._pool, seeds, rooms, self.voices.can_sound)
        self._ears = Ears(self._pool.acoustics, o.echo_seconds)
        self._director = Director(self._pool.meshes, o, self._ears.sights)
        self._eyes = Eyes(self._pool.meshes, o)
        self._envelopes = Envelopes(self.voices, o.fps)
        self._first = int(np.random.default_rng([o.seed, 1]).integers(len(seeds)))
        self._lock = threading.Lock()  # the pool's scratch memory serves one batch at a time

    def __enter__(self) -> ClipWorld:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Stop building homes."""
        self._pool.close()

    def batch(self, index: int, size: int) -> Batch:
        """Batch number `index` of `size` samples; `perception.data.sample` names its keys.

        Raises:
            SoundwalkError: no viewpoint fits the options.
        """
        with self._lock:
            return self._batch(index, size)

    def _batch(self, index: int, size: int) -> Batch:
        o = self.options
        rng = np.random.default_rng([o.seed, 2, index])
        pace = o.refresh * size / 64
        window = self._homes.window(self._first + int(index * pace), o.homes)
        self._homes.expect(self._first + int((index + _AHEAD) * pace), o.homes)
        kinds = rng.choice(len(o.shares), size=size, p=o.shares)
        shots = self._director.find(window, kinds, rng)
        headings = self._headings(shots.heading, rng)
        there, p = shots.sources >= 0, window.places
        names = np.where(there, p.category[shots.home[:, None], shots.sources], -1)
        clips, offsets = self.voices.draw(names, rng)
        batch = self._facts(window, shots, headings)
        batch |= {"category": names, "clip": clips, "kind": kinds.astype(np.int64)}
        moved = self._shifts(window, shots, names, clips, offsets) if o.motion > 0.0 else None
        batch |= self._eyes.see(window, shots, headings, moved)
        if "audio" in o.wants or "stems" in o.wants:
            batch |= self._sounds(window, shots, headings, clips, offsets)
            self._add_noise(batch["audio"], kinds, rng)
            if "audio" not in o.wants:
                del batch["audio"]
        if "echo" in o.wants:
            batch["echo"] = self._ears.echoes(window.slots[shots.home], shots.head, headings)
        return batch

    def _headings(self, first: F64, rng: np.random.Generator) -> F64:
        """(N, V) headings of all views."""
        o = self.options
        if o.views == 1:
            return first[:, None]
        order = np.argsort(rng.random((len(first), len(o.turns))), axis=1)
        turns = o.turns[np.resize(order.T, (o.views - 1, len(first))).T]
        turned = wrap_angle(first[:, None] + np.pad(turns, ((0, 0), (1, 0))))
        return turned.astype(np.float32).astype(np.float64)  # exactly what `pose` says

    def _facts(self, window: Window, shots: Shots, headings: F64) -> Batch:
        """Where everything is."""
        p, home = window.places, shots.home
        v = headings.shape[1]
        there = shots.sources >= 0
        position = self._positions(window, shots)
        delta = position - shots.head[:, None]
        flat = np.hypot(delta[..., 0], delta[..., 1])
        bearing = np.arctan2(delta[..., 1], delta[..., 0])
        azimuth = wrap_angle(bearing[:, None] - headings[..., None]) * there[:, None]
        still = {
            "elevation": np.arctan2(delta[..., 2], flat) * there,
            "distance": np.linalg.norm(delta, axis=-1) * there,
        }
        sight = self._ears.sights(window.slots[home], shots.head, position) & there
        pose = np.concatenate([np.repeat(shots.head[:, None, :2], v, 1), headings[..., None]], -1)
        return {
            "pose": pose.astype(np.float32),
            "turn": wrap_angle(headings - headings[:, :1]).astype(np.float32),
            "azimuth": azimuth.astype(np.float32),
            **{k: np.repeat(a[:, None], v, 1).astype(np.float32) for k, a in still.items()},
            "sight": np.repeat(sight[:, None], v, 1),
            "home": p.seed[home],
            "room": shots.room,
            "room_kind": p.kinds[home, shots.room],
            "rt60": p.rt60[home, shots.room].astype(np.float32),
        }

    def _positions(self, window: Window, shots: Shots) -> F64:
        """(N, K, 3) where sources are; that of the first object where there is none."""
        chosen = np.maximum(shots.sources, 0)
        return np.asarray(window.places.position[shots.home[:, None], chosen])

    def _shifts(self, window: Window, shots: Shots, names: I64, clips: I64, offsets: I64) -> F32:
        """(N, K, F, 4) how far sources are from their places in each frame."""
        o = self.options
        first = offsets + self._pool.config.samples - 1  # of the clip at the sound's beginning
        at = first[..., None] + np.rint(o.frame_times * o.rate).astype(np.int64)
        boxes = window.places.box[shots.home[:, None], shots.sources]
        return shifts(names, boxes, self._envelopes.read(clips, at), o.motion)

    def _sounds(
        self, window: Window, shots: Shots, headings: F64, clips: I64, offsets: I64
    ) -> Batch:
        """Audio without noise, and stems."""
        o, config = self.options, self._pool.config
        (n, v), t = headings.shape, o.samples
        slots, positions = window.slots[shots.home], self._positions(window, shots)
        stems = "stems" in o.wants
        some = np.flatnonzero((clips >= 0).any(1))
        signals = self.voices.read(clips[some], offsets[some], t + config.samples - 1)
        heard = self._ears.hear(
            slots[some], shots.head[some], headings[some], positions[some], signals, t,
            mixed=not stems,
        )  # fmt: skip
        full = len(some) == n
        batch: Batch = {}
        if stems:
            wet = heard if full else _spread(heard, some, n)
            dry = signals[..., -t:] if full else _spread(signals[..., -t:], some, n)
            batch["dry"] = np.repeat(dry[:, None], v, 1)
            batch["wet"], batch["audio"] = wet, wet.sum(2)
        else:
            batch["audio"] = heard if full else _spread(heard, some, n)
        return batch

    def _add_noise(self, audio: F32, kinds: I64, rng: np.random.Generator) -> None:
        """Add noise, in place: alone, or in the background; nothing is added to silence."""
        o = self.options
        levels = np.zeros(len(kinds))
        alone = kinds == NOISE
        drawn = self._ears.lonely_levels(len(kinds), rng)
        levels[alone] = drawn[alone]
        if o.snr is not None:
            levels[kinds < SILENT] = ACTIVE_RMS / 10 ** (o.snr / 20)
        noisy = np.flatnonzero(levels)
        if len(noisy):
            audio[noisy] += self._ears.noise(levels[noisy], o.views, o.samples, rng)


def _spread(rows: F32, where: I64, count: int) -> F32:
    """`rows` at the places `where` of `count`, zeros elsewhere."""
    out = np.zeros((count, *rows.shape[1:]), np.float32)
    out[where] = rows
    return out
