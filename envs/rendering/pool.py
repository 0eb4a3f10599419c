"""Many homes side by side in padded arrays, so that one call draws cameras in any of them."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ..interface import F32, I32, I64, U8, Bool, SoundwalkError
from .bvh import FINE_MESH
from .mesh import RenderMesh
from .sift import side_by_side

T = TypeVar("T", bound=np.generic)


class MeshPool:
    """Numbered slots, each holding one RenderMesh; a slot's padding grows with the largest mesh.

    Args:
        slots: how many homes it can hold at a time.

    Raises:
        SoundwalkError: `slots` is not positive.
    """

    def __init__(self, slots: int) -> None:
        if slots < 1:
            raise SoundwalkError(f"slots={slots}: a pool needs at least one slot")
        self.filled: Bool = np.zeros(slots, np.bool_)
        self.closed: Bool = np.zeros(slots, np.bool_)
        self.fine: Bool = np.zeros(slots, np.bool_)
        self.dressed: Bool = np.zeros(slots, np.bool_)
        # np.empty, here and in _grown: pages that no mesh fills are never taken from the system
        self.boxes: F32 = np.empty((slots, 0, 6), np.float32)
        self.links: I32 = np.empty((slots, 0, 3), np.int32)
        self.corners: F32 = np.empty((slots, 0, 4, 3), np.float32)
        self.normals: F32 = np.empty((slots, 0, 3), np.float32)
        self.paint: F32 = np.empty((slots, 0, 4), np.float32)
        self.tags: I32 = np.empty((slots, 0, 4), np.int32)
        self.flat: F32 = np.empty((slots, 0), np.float32)
        self.maps: F32 = np.empty((slots, 0, 3, 4), np.float32)
        self.pictures: I32 = np.empty((slots, 0, 16), np.int32)
        # Pictures take much more than the rest: they lie one after another, without padding.
        self.texels: U8 = np.empty((0, 4), np.uint8)
        self.shelf: I64 = np.zeros(slots, np.int64)  # where those of each slot begin
        self._texels = [self.texels] * slots
        self._used = np.zeros((slots, 5), np.int64)  # in the order of `put`

    def __len__(self) -> int:
        """How many slots there are."""
        return len(self.filled)

    def put(self, slot: int, mesh: RenderMesh) -> None:
        """Place a home in a slot, replacing what was there.

        Raises:
            SoundwalkError: the slot does not exist.
        """
        if not 0 <= slot < len(self):
            raise SoundwalkError(f"slot {slot} does not exist: expected 0 to {len(self) - 1}")
        nodes, faces, flats, maps, pictures = self._used.T
        self.boxes = _placed(self.boxes, nodes, slot, mesh.boxes)
        self.links = _placed(self.links, nodes, slot, mesh.links)
        self.corners = _placed(self.corners, faces, slot, mesh.corners)
        self.normals = _placed(self.normals, faces, slot, mesh.normals)
        self.paint = _placed(self.paint, faces, slot, mesh.paint)
        self.tags = _placed(self.tags, faces, slot, mesh.tags)
        worn = mesh.wardrobe
        fine = len(mesh) >= FINE_MESH
        flat = side_by_side(mesh.corners, mesh.links) if fine else np.empty(0, np.float32)
        self.flat = _placed(self.flat, flats, slot, flat)
        self.maps = _placed(self.maps, maps, slot, worn.maps)
        self.pictures = _placed(self.pictures, pictures, slot, worn.pictures)
        self._hang(slot, worn.texels)
        sizes = len(mesh.boxes), len(mesh), len(flat), len(worn.maps), len(worn.pictures)
        self._used[slot] = sizes
        self.fine[slot] = fine
        self.dressed[slot] = len(worn.maps) > 0
        self.closed[slot] = mesh.closed
        self.filled[slot] = True

    def _hang(self, slot: int, texels: U8) -> None:
        """Replace the pictures of a slot; all are laid out anew if there are or were any."""
        if len(texels) or len(self._texels[slot]):
            self._texels[slot] = texels
            self.texels = np.concatenate(self._texels)
            sizes = np.array([len(each) for each in self._texels], np.int64)
            self.shelf = np.cumsum(sizes) - sizes


def _placed(
    padded: npt.NDArray[T],
    used: npt.NDArray[np.int64],
    slot: int,
    values: npt.NDArray[T],
) -> npt.NDArray[T]:
    """Write `values` into row `slot`, in a wider copy of `padded` if it does not fit."""
    need = len(values)
    if need > padded.shape[1]:
        wider = np.empty((len(padded), need + need // 4, *padded.shape[2:]), padded.dtype)
        for row, count in enumerate(used):
            if row != slot:
                wider[row, :count] = padded[row, :count]
        padded = wider
    padded[slot, :need] = values
    return padded
