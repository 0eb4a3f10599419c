"""A camera, and the one call that draws many of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, pi, tan
from typing import Any

import numpy as np
import numpy.typing as npt

from ..interface import F32, I32, I64, U8, Bool, SoundwalkError, kernel
from .dress import dress
from .moving import Copies, Moves, check_moves, copies, displace, no_moves
from .pool import MeshPool
from .raster import rasterise
from .shade import measure, name, shade
from .textures import atlas as painted
from .view import aim

_NONE = np.zeros((0, 0, 0), np.float32)
_NO_COLOUR = np.zeros((0, 0, 0, 3), np.uint8)
_NO_INSTANCE = np.zeros((0, 0, 0), np.int32)


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera with square pixels.

    Attributes:
        height: rows, pixels.
        width: columns, pixels.
        hfov: horizontal field of view, radians, between 0 and pi.

    Raises:
        SoundwalkError: a size is not positive or the field of view is out of range.
    """

    height: int = 64
    width: int = 64
    hfov: float = pi / 2

    def __post_init__(self) -> None:
        """Check the values."""
        for label in ("height", "width"):
            size = getattr(self, label)
            if not 1 <= size <= 8192:
                raise SoundwalkError(f"{label}={size}: expected 1 to 8192 pixels")
        if not (isfinite(self.hfov) and 0 < self.hfov < pi):
            raise SoundwalkError(
                f"hfov={self.hfov}: expected radians between 0 and pi (90 degrees is pi / 2)"
            )

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return 0.5 * self.width / tan(0.5 * self.hfov)


def render(
    pool: MeshPool,
    slots: I32,
    poses: F32,
    camera: Camera,
    *,
    rgb: U8 | None = None,
    depth: F32 | None = None,
    instance: I32 | None = None,
    moves: Moves | None = None,
) -> None:
    """Draw N cameras, each in its own home, into the arrays given; what is None is not computed.

    Args:
        pool: the homes.
        slots: (N,) int32, the home of each camera.
        poses: (N, 5) float32, x, y, z in metres, yaw (counter-clockwise from +x) and pitch
            (positive up) in radians.
        camera: size and field of view, the same for all.
        rgb: (N, H, W, 3) uint8; black where nothing is seen.
        depth: (N, H, W) float32, metres along the view axis, at most MAX_DEPTH.
        instance: (N, H, W) int32; -1 where nothing is seen.
        moves: objects that each camera sees elsewhere or stretched; none if None.

    Raises:
        SoundwalkError: a slot is empty or does not exist, a pose or a displacement is not finite,
            or an array has another shape or type.
    """
    _check_inputs(pool, slots, poses)
    if moves is not None:
        check_moves(moves, len(slots))
        moves = Moves(np.ascontiguousarray(moves.instance), np.ascontiguousarray(moves.shift))
    room = (pool.boxes.shape[1], pool.corners.shape[1]) if moves is not None else (0, 0)
    shape = (len(slots), camera.height, camera.width)
    _check_output("rgb", rgb, (*shape, 3), np.uint8)
    _check_output("depth", depth, shape, np.float32)
    _check_output("instance", instance, shape, np.int32)
    _render(
        np.array(slots), np.array(poses), camera.height, camera.width, camera.focal,
        pool.boxes, pool.links, pool.corners, pool.normals, pool.paint, pool.tags, pool.closed,
        painted(), pool.fine, pool.flat, pool.dressed, pool.maps, pool.pictures, pool.texels,
        pool.shelf,
        _NO_COLOUR if rgb is None else rgb,
        _NONE if depth is None else depth,
        _NO_INSTANCE if instance is None else instance,
        no_moves() if moves is None else moves,
        copies(*room),
    )  # fmt: skip


def _check_inputs(pool: MeshPool, slots: I32, poses: F32) -> None:
    """Refuse slots and poses that cannot be drawn."""
    if slots.ndim != 1 or slots.dtype != np.int32:
        raise SoundwalkError(
            f"slots has shape {slots.shape} and type {slots.dtype}: expected (N,) int32"
        )
    if poses.shape != (len(slots), 5) or poses.dtype != np.float32:
        raise SoundwalkError(
            f"poses has shape {poses.shape} and type {poses.dtype}: "
            f"expected ({len(slots)}, 5) float32, x, y, z, yaw, pitch"
        )
    wrong = (slots < 0) | (slots >= len(pool))
    if wrong.any():
        raise SoundwalkError(
            f"slot {slots[wrong.argmax()]} of camera {wrong.argmax()} does not exist: "
            f"expected 0 to {len(pool) - 1}"
        )
    empty = ~pool.filled[slots]
    if empty.any():
        raise SoundwalkError(
            f"slot {slots[empty.argmax()]} of camera {empty.argmax()} is empty: "
            "put a mesh there first"
        )
    lost = ~np.isfinite(poses).all(1)
    if lost.any():
        raise SoundwalkError(
            f"pose {poses[lost.argmax()].tolist()} of camera {lost.argmax()} is not finite"
        )


def _check_output(
    label: str, array: npt.NDArray[Any] | None, shape: tuple[int, ...], kind: type
) -> None:
    """Refuse an array that the kernels cannot write."""
    if array is None:
        return
    if array.shape != shape or array.dtype != kind:
        raise SoundwalkError(
            f"{label} has shape {array.shape} and type {array.dtype}: "
            f"expected {shape} {np.dtype(kind)}"
        )
    if not (array.flags.c_contiguous and array.flags.writeable):
        raise SoundwalkError(f"{label} must be C-contiguous and writeable: pass np.empty{shape}")


@kernel
def _render(
    slots: I32,
    poses: F32,
    height: int,
    width: int,
    focal: float,
    boxes: F32,
    links: I32,
    corners: F32,
    normals: F32,
    paint: F32,
    tags: I32,
    closed: Bool,
    atlas: U8,
    fine: Bool,
    flat: F32,
    dressed: Bool,
    maps: F32,
    pictures: I32,
    texels: U8,
    shelf: I64,
    rgb: U8,
    depth: F32,
    instance: I32,
    moves: Moves,
    copy: Copies,
) -> None:
    """Draw camera after camera over one small working image.

    numba's cache on disk watches this file alone: after a change in view.py, raster.py, shade.py,
    sift.py, dress.py or moving.py, which this kernel links in, delete this folder's __pycache__.
    """
    pixels = height * width
    inverse = np.empty(pixels, np.float32)
    faces = np.empty(pixels, np.int32)
    frame = np.empty((6, 3), np.float32)
    planes = np.empty((5, 7), np.float32)
    for camera in range(len(slots)):
        slot = slots[camera]
        aim(poses[camera], width, height, focal, frame, planes)
        tree, shape, facing = boxes[slot], corners[slot], normals[slot]
        sifted = fine[slot]
        if moves.instance.shape[0]:
            displace(
                tree, links[slot], shape, facing, tags[slot],
                moves.instance[camera], moves.shift[camera], copy,
            )  # fmt: skip
            tree, shape, facing = copy.boxes, copy.corners, copy.normals
            sifted = False  # moved faces are not where `flat` has them
        rasterise(
            tree, links[slot], shape, facing, tags[slot], closed[slot], flat[slot], sifted,
            frame, planes, inverse, faces, width, height,
        )  # fmt: skip
        if rgb.shape[0] and dressed[slot]:
            dress(
                faces, inverse, frame, shape, paint[slot], tags[slot], maps[slot], pictures[slot],
                texels, shelf[slot], width, height, rgb[camera],
            )  # fmt: skip
        elif rgb.shape[0]:
            shade(faces, inverse, frame, paint[slot], tags[slot], atlas, width, height, rgb[camera])
        if depth.shape[0]:
            measure(inverse, depth[camera].reshape(pixels))
        if instance.shape[0]:
            name(faces, tags[slot], instance[camera].reshape(pixels))
