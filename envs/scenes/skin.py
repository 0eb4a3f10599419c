"""How the faces of a mesh look where pictures or colours came with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..interface import F32, I32, U8, Bool, SoundwalkError


@dataclass(frozen=True, eq=False)
class Skin:
    """Colours and pictures of a scene's faces, instead of their surfaces' tints and textures.

    Attributes:
        colours: (F, 3, 3) uint8, red, green, blue on the screen (sRGB) at a face's three corners;
            a picture is multiplied by their mean.
        image: (F,) int32, index into `images`; -1 for a face without a picture.
        uv: (F, 3, 2) float32, place of the corners in the picture: 0 to 1 from left to right and
            from top to bottom; beyond that the picture repeats.
        images: pictures (H, W, 3) uint8, sRGB.
    """

    colours: U8
    image: I32
    uv: F32
    images: tuple[U8, ...] = ()

    def __post_init__(self) -> None:
        """Check that the arrays belong together.

        Raises:
            SoundwalkError: a shape does not fit, or a picture does not exist.
        """
        faces = len(self.image)
        for label, shape in (("colours", (faces, 3, 3)), ("uv", (faces, 3, 2))):
            if getattr(self, label).shape != shape:
                raise SoundwalkError(
                    f"{label} has shape {getattr(self, label).shape}: expected {shape}"
                )
        if faces and not -1 <= self.image.min() <= self.image.max() < len(self.images):
            raise SoundwalkError(
                f"a face has the picture {self.image.max()} of {len(self.images)}: "
                f"expected -1 to {len(self.images) - 1}"
            )

    def __len__(self) -> int:
        """How many faces it dresses."""
        return len(self.image)

    def take(self, faces: Bool | np.ndarray) -> Skin:
        """The skin of some of the faces, by mask or by number."""
        return Skin(self.colours[faces], self.image[faces], self.uv[faces], self.images)
