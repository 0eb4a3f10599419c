"""Where to stand and where to look, so that a clip is of the kind that was asked for.

Geometry proposes: of many free places the one from which the target should fall into the image.
The renderer disposes: a proposal counts only if its own picture shows what it must, or does not
show what it must not. The target's azimuth is uniform over the field of view.
"""

from __future__ import annotations

from collections.abc import Callable
from math import tan
from typing import NamedTuple

import numpy as np

from ..interface import F64, I32, I64, SENSOR_HEIGHT, Bool, SoundwalkError, kernel, wrap_angle
from ..rendering import Camera, MeshPool, render
from .options import OFFSCREEN, SILENT, ClipOptions
from .places import POINTS, Window

_CANDIDATES = 32  # places considered for each proposal
_ROUNDS = 80
_PATIENCE = 8  # proposals after which another target is taken
_STRICT = 24  # proposals that must have as many objects in view as asked for
_ELSEWHERE = 0.15  # share of proposals that may look at a target in another room
_FILL = 0.5  # share of an object's box that its parts fill, as seen from anywhere
_EDGE = 0.95  # share of the field of view over which targets are spread

Sights = Callable[[I32, F64, F64], Bool]


class Shots(NamedTuple):
    """Samples that are decided but for their sounds.

    Attributes:
        home: (N,) row of the window.
        room: (N,) where the head is.
        head: (N, 3) metres.
        heading: (N,) radians, of view 0.
        sources: (N, K) objects that sound, -1 where there is none.
    """

    home: I64
    room: I64
    head: F64
    heading: F64
    sources: I64


class Director:
    """Finds viewpoints."""

    def __init__(self, meshes: MeshPool, options: ClipOptions, sights: Sights) -> None:
        """Take the homes' meshes, and who tells whether straight lines to sources are free."""
        self._meshes, self._options, self._sights = meshes, options, sights
        self._camera = Camera(options.resolution, options.resolution, options.hfov)

    def find(self, window: Window, kinds: I64, rng: np.random.Generator) -> Shots:
        """A viewpoint for each of `kinds` (N,).

        Raises:
            SoundwalkError: after many proposals there is none.
        """
        count, sources = len(kinds), self._options.sources
        found = Shots(
            np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros((count, 3)),
            np.zeros(count), np.full((count, sources), -1, np.int64),
        )  # fmt: skip
        home, target = np.zeros(count, np.int64), np.zeros(count, np.int64)
        pending = np.arange(count)
        for attempt in range(_ROUNDS):
            if attempt % _PATIENCE == 0:
                home[pending], target[pending] = self._targets(window, len(pending), rng)
            shots = self._propose(window, home[pending], target[pending], kinds[pending], rng)
            good, shots = self._judge(
                window, shots, target[pending], kinds[pending], rng, strict=attempt < _STRICT
            )
            for kept, new in zip(found, shots, strict=True):
                kept[pending[good]] = new[good]
            pending = pending[~good]
            if len(pending) == 0:
                return found
        raise SoundwalkError(
            f"{len(pending)} of {count} clips found no viewpoint in {_ROUNDS} tries: expected "
            f"distance={self._options.distance}, sources={sources}, least_pixels="
            f"{self._options.least_pixels:g}, line_of_sight={self._options.line_of_sight} to be "
            "possible in these homes; relax one of them, or take larger `rooms`"
        )

    def _targets(self, window: Window, count: int, rng: np.random.Generator) -> tuple[I64, I64]:
        """(count,) homes, and in each an object that can be heard."""
        most = window.usable.sum(1)
        rich = np.flatnonzero(most >= min(self._options.sources, int(most.max())))
        home = rich[rng.integers(len(rich), size=count)]
        lots = np.where(window.usable[home], rng.random((count, window.usable.shape[1])), -1.0)
        return home, lots.argmax(1)

    def _propose(
        self, window: Window, home: I64, target: I64, kinds: I64, rng: np.random.Generator
    ) -> Shots:
        """The best of many random places and headings for each target."""
        o, p, n = self._options, window.places, len(home)
        at = rng.integers(POINTS, size=(n, _CANDIDATES))
        points, rooms = p.points[home[:, None], at], p.rooms[home[:, None], at]
        delta = p.position[home][:, None] - _heads(points)[:, :, None]  # (n, M, O, 3)
        flat = np.hypot(delta[..., 0], delta[..., 1])
        bearing = np.arctan2(delta[..., 1], delta[..., 0])
        mine = np.broadcast_to(target[:, None, None], (n, _CANDIDATES, 1))
        aimed = np.take_along_axis(bearing, mine, 2)[..., 0]
        spread = rng.uniform(-0.5, 0.5, (n, _CANDIDATES))
        away = (kinds == OFFSCREEN)[:, None]
        turned = np.where(away, 2 * np.pi * spread, aimed - spread * _EDGE * o.hfov)
        heading: F64 = wrap_angle(np.asarray(turned, np.float64))
        azimuth: F64 = wrap_angle(bearing - heading[..., None])
        inside = self._inside(azimuth, flat, delta[..., 2])
        near = p.room[home][:, None] == rooms[..., None]
        size = self._size(window, home, delta, flat * np.cos(azimuth))
        seen = inside & near & (size > o.least_pixels) & (p.instance[home] >= 0)[:, None]
        shown = np.take_along_axis(inside & (near | self._stray(n, rng)), mine, 2)[..., 0]
        shown &= np.take_along_axis(size, mine, 2)[..., 0] > o.least_pixels
        hidden = ~np.take_along_axis(inside & near, mine, 2)[..., 0]
        far = np.sqrt((np.take_along_axis(delta, mine[..., None], 2) ** 2).sum(-1))[..., 0]
        fits = (far >= o.distance[0]) & (far <= o.distance[1])
        wanted = max(o.least_in_view, o.sources if o.sources > 1 else 0)
        score = 100.0 * fits + 50.0 * np.where(away, hidden, shown)
        score += np.minimum(seen.sum(-1), wanted) + rng.random((n, _CANDIDATES))
        best = score.argmax(1)
        row = np.arange(n)
        head = _as_reported(_heads(points[row, best]))
        sources = np.full((n, o.sources), -1, np.int64)
        return Shots(home, rooms[row, best], head, _as_reported(heading[row, best]), sources)

    def _stray(self, count: int, rng: np.random.Generator) -> Bool:
        """(count, 1, 1) which proposals may look into another room."""
        return rng.random((count, 1, 1)) < _ELSEWHERE

    def _inside(self, azimuth: F64, flat: F64, height: F64) -> Bool:
        """Whether points fall into the image."""
        half = 0.5 * self._options.hfov
        ahead = flat * np.cos(azimuth)
        return (np.abs(azimuth) < half) & (np.abs(height) < ahead * tan(half))

    def _size(self, window: Window, home: I64, delta: F64, ahead: F64) -> F64:
        """Shares of the image that objects would cover if nothing stood before them."""
        box = window.places.box[home]
        x, y, z = np.moveaxis(box[..., 3:] - box[..., :3], -1, 0)[:, :, None]  # (n, 1, O)
        dx, dy, dz = np.moveaxis(np.abs(delta), -1, 0)
        distance = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9
        area = (dx * y * z + dy * x * z + dz * x * y) / distance
        side = 2.0 * tan(0.5 * self._options.hfov) * np.maximum(ahead, 0.1)
        return np.asarray(_FILL * area / side**2)

    def _judge(
        self,
        window: Window,
        shots: Shots,
        target: I64,
        kinds: I64,
        rng: np.random.Generator,
        *,
        strict: bool,
    ) -> tuple[Bool, Shots]:
        """Which proposals show what they must, and what sounds in them."""
        o, p, row = self._options, window.places, np.arange(len(target))
        pixels = self._pixels(window, shots)
        seen = pixels >= o.visible_pixels
        reach = np.linalg.norm(p.position[shots.home] - shots.head[:, None], axis=-1)
        fits = window.usable[shots.home] & (reach >= o.distance[0]) & (reach <= o.distance[1])
        away = (kinds == OFFSCREEN)[:, None]
        eligible = fits & np.where(away, (pixels == 0) & self._beside(window, shots), seen)
        lots = np.where(eligible, rng.random(eligible.shape), -1.0)
        lots[row, target] += 2.0  # the target comes first
        order = np.argsort(-lots, axis=1, kind="stable")[:, : o.sources]
        sources = np.full((len(target), o.sources), -1, np.int64)
        sources[:, : order.shape[1]] = order
        quiet = kinds >= SILENT
        good = eligible[row, target] & ((eligible.sum(1) >= o.sources) | quiet)
        if strict:
            good &= seen.sum(1) >= o.least_in_view
        sources[quiet] = -1
        shots = shots._replace(sources=sources)
        if o.line_of_sight is not None:
            good &= self._clear(window, shots, good & ~quiet) | quiet
        return good, shots

    def _beside(self, window: Window, shots: Shots) -> Bool:
        """(n, O) which objects stay beside the image even when they move; all, if none moves."""
        o, box = self._options, window.places.box[shots.home]
        if o.motion == 0.0:
            return np.ones(box.shape[:2], np.bool_)
        delta = 0.5 * (box[..., :2] + box[..., 3:5]) - shots.head[:, None, :2]
        reach = 0.5 * np.linalg.norm(box[..., 3:5] - box[..., :2], axis=-1) + o.motion
        flat = np.hypot(delta[..., 0], delta[..., 1])
        azimuth = wrap_angle(np.arctan2(delta[..., 1], delta[..., 0]) - shots.heading[:, None])
        wide = np.arcsin(np.minimum(reach / np.maximum(flat, 1e-9), 1.0))
        return np.asarray(np.abs(azimuth) - wide > 0.5 * o.hfov, np.bool_)

    def _clear(self, window: Window, shots: Shots, asked: Bool) -> Bool:
        """(n,) whether all straight lines are as wanted, where that is asked."""
        which = np.flatnonzero(asked)
        home, sources = shots.home[which], shots.sources[which]
        position = window.places.position[home[:, None], sources]
        free = self._sights(window.slots[home], shots.head[which], position)
        result = np.zeros(len(asked), np.bool_)
        result[which] = (free == self._options.line_of_sight).all(1)
        return result

    def _pixels(self, window: Window, shots: Shots) -> I64:
        """(n, O) pixels that each object covers."""
        size = self._options.resolution
        image = np.empty((len(shots.home), size, size), np.int32)
        poses = np.zeros((len(shots.home), 5), np.float32)
        poses[:, :3], poses[:, 3] = shots.head, shots.heading
        render(self._meshes, window.slots[shots.home], poses, self._camera, instance=image)
        return count_pixels(image, window.places.instance[shots.home])


def count_pixels(image: I32, instances: I64) -> I64:
    """How many pixels of images (n, H, W) show each of `instances` (n, O); (n, O) int64."""
    out = np.zeros(instances.shape, np.int64)
    _count(image.reshape(len(image), -1), instances, out, np.zeros(int(image.max()) + 2, np.int64))
    return out


@kernel
def _count(image: I32, instances: I64, out: I64, table: I64) -> None:
    for n in range(image.shape[0]):
        table[:] = 0
        for k in range(image.shape[1]):
            table[image[n, k] + 1] += 1
        for k in range(instances.shape[1]):
            if 0 <= instances[n, k] < len(table) - 1:
                out[n, k] = table[instances[n, k] + 1]


def _heads(points: F64) -> F64:
    """Heads (..., 3) that stand at points (..., 2)."""
    height = np.full((*points.shape[:-1], 1), SENSOR_HEIGHT)
    return np.concatenate([points, height], axis=-1)


def _as_reported(values: F64) -> F64:
    """Values as float32 holds them, so that the pose in a sample is exactly the one rendered."""
    return values.astype(np.float32).astype(np.float64)
