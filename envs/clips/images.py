"""What a clip shows: frames, depth, masks, and how much of each object is in view."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..interface import F32, F64, I32, I64
from ..rendering import Camera, MeshPool, Moves, render
from .options import ClipOptions
from .places import Window
from .viewpoints import Shots, count_pixels


class Eyes:
    """Draws views of the homes of a pool."""

    def __init__(self, meshes: MeshPool, options: ClipOptions) -> None:
        """Take the homes' meshes."""
        self._meshes, self._options = meshes, options
        self._camera = Camera(options.resolution, options.resolution, options.hfov)

    def see(
        self, window: Window, shots: Shots, headings: F64, shifts: F32 | None
    ) -> dict[str, npt.NDArray[Any]]:
        """The keys rgb, depth and mask as far as wanted, visibility, in_view.

        Args:
            window: the homes.
            shots: where the heads are.
            headings: (N, V)
            shifts: (N, K, F, 4) displacements of the sources in each frame; nothing moves if None.
        """
        o, p, (n, v) = self._options, window.places, headings.shape
        side = o.resolution
        there = shots.sources >= 0
        mine = np.where(there, p.instance[shots.home[:, None], shots.sources], -2)
        slots = np.repeat(window.slots[shots.home], v)
        poses = np.zeros((n * v, 5), np.float32)
        poses[:, :3], poses[:, 3] = np.repeat(shots.head, v, 0), headings.ravel()
        last = None if shifts is None else _moves(mine, shifts[:, :, -1:], v)
        rgb = np.empty((n * v, side, side, 3), np.uint8) if "rgb" in o.wants else None
        depth = np.empty((n * v, side, side), np.float32) if "depth" in o.wants else None
        image = np.empty((n * v, side, side), np.int32)
        render(
            self._meshes, slots, poses, self._camera,
            rgb=rgb, depth=depth, instance=image, moves=last,
        )  # fmt: skip
        batch: dict[str, npt.NDArray[Any]] = {}
        if rgb is not None:
            frames = np.empty((n * v, o.frames, side, side, 3), np.uint8)
            frames[:, -1] = rgb
            if shifts is None:
                frames[:, :-1] = rgb[:, None]
            else:
                self._film(slots, poses, _moves(mine, shifts[:, :, :-1], v), frames)
            batch["rgb"] = frames.reshape(n, v, *frames.shape[1:])
        if depth is not None:
            batch["depth"] = depth.reshape(n, v, side, side)
        if "mask" in o.wants:
            batch["mask"] = image.reshape(n, v, 1, side, side) == mine[:, None, :, None, None]
        return batch | self._visible(window, shots, image.reshape(n, v, side, side))

    def _film(self, slots: I32, poses: F32, moves: Moves, frames: npt.NDArray[np.uint8]) -> None:
        """Draw all frames but the last of each view."""
        many = frames.shape[1] - 1
        for first in range(0, len(slots), 32):
            piece = slice(first, first + 32)
            film = frames[piece, :-1]
            drawn = np.empty((len(film) * many, *film.shape[2:]), np.uint8)
            few = slice(first * many, (first + 32) * many)
            render(
                self._meshes, np.repeat(slots[piece], many), np.repeat(poses[piece], many, 0),
                self._camera, rgb=drawn, moves=Moves(moves.instance[few], moves.shift[few]),
            )  # fmt: skip
            film[:] = drawn.reshape(film.shape)

    def _visible(
        self, window: Window, shots: Shots, image: npt.NDArray[np.int32]
    ) -> dict[str, npt.NDArray[Any]]:
        """The shares of the images (N, V, H, W) that sources cover, and how many objects show."""
        o, (n, v, side, _) = self._options, image.shape
        names = np.repeat(window.places.instance[shots.home], v, 0)
        pixels = count_pixels(image.reshape(n * v, side, side), names).reshape(n, v, -1)
        mine = np.take_along_axis(pixels, np.maximum(shots.sources, 0)[:, None], 2)
        share = mine * (shots.sources >= 0)[:, None] / side**2
        return {
            "visibility": share.astype(np.float32),
            "in_view": (pixels >= o.visible_pixels).sum(-1),
        }


def _moves(instances: I64, shifts: F32, views: int) -> Moves:
    """Displacements (N, K, F, 4) of objects (N, K) for cameras of all views and frames, (N V F)."""
    n, k, f, _ = shifts.shape
    shape = (n, views, f, k)
    names = np.broadcast_to(instances[:, None, None], shape).astype(np.int32)
    moved = np.broadcast_to(shifts.transpose(0, 2, 1, 3)[:, None], (*shape, 4))
    return Moves(names.reshape(-1, k), np.ascontiguousarray(moved).reshape(-1, k, 4))
