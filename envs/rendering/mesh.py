"""A home as the renderer reads it: faces in the order of a bounding volume hierarchy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..interface import F32, I32, I64, SoundwalkError
from ..scenes.scene import TEXTURES, Scene
from .bvh import FINE_MESH, LEAF_FACES, SIFTED_LEAF_FACES, build_tree
from .quads import join_quads
from .textures import TEXELS, TILE_METRES
from .wardrobe import Channels, Wardrobe, hang

LIGHT = (0.48, 0.80, 0.36)  # towards the light; unequal parts: each wall, floor, ceiling differs
AMBIENT = 0.82
DIRECTED = 0.18
GAMMA = 2.2  # from a surface's linear tint to the screen, where light and texture multiply it
SMALLEST_FACE = 1e-10  # m2; anything smaller covers no pixel and has no normal


@dataclass(frozen=True)
class RenderMesh:
    """Faces (triangles and quadrilaterals), their tree, and their looks. Immutable.

    Attributes:
        boxes: (B, 6) float32, centre and half size of each node of the tree.
        links: (B, 3) int32, left child or -1, first face, face count.
        corners: (Q, 4, 3) float32 metres; a triangle repeats its last corner.
        normals: (Q, 3) float32, unit length, towards the air.
        paint: (Q, 4) float32, red, green, blue (0 to 1, lit) and texels per metre.
        tags: (Q, 4) int32, corner count, texture, axis of the texture plane's normal, instance.
        closed: whether faces are invisible from behind.
        wardrobe: pictures and colours of a scene with a skin; empty without one.
    """

    boxes: F32
    links: I32
    corners: F32
    normals: F32
    paint: F32
    tags: I32
    closed: bool
    wardrobe: Wardrobe = field(default_factory=Wardrobe.empty)

    @classmethod
    def from_scene(cls, scene: Scene, *, closed: bool | None = None) -> RenderMesh:
        """Prepare a scene for rendering.

        Args:
            scene: its faces without area are left out.
            closed: whether to leave out faces seen from behind. Right for every mesh whose faces
                turn counter-clockwise seen from the air. None does so unless the scene has a skin.

        Raises:
            SoundwalkError: a corner is not finite, or a surface or texture number does not exist.
        """
        _check(scene)
        edges = scene.triangles[:, 1:] - scene.triangles[:, :1]
        cross = np.cross(edges[:, 0], edges[:, 1]).astype(np.float64)
        doubled = np.linalg.norm(cross, axis=1)
        keep = doubled > 2 * SMALLEST_FACE
        triangles = np.ascontiguousarray(scene.triangles[keep])
        normals = (cross[keep] / doubled[keep, None]).astype(np.float32)
        surface = scene.surface[keep].astype(np.int64)
        instance = scene.instance[keep].astype(np.int64)
        labels = surface << 32 | instance
        if scene.skin is not None:
            skin = scene.skin.take(keep)
            sizes, pictures, texels = hang(skin.images)
            channels = Channels.of(skin, triangles, sizes)
            labels = channels.labels(triangles) << 32 | instance
        corners, counts, source = join_quads(triangles, normals, labels)
        leaf = SIFTED_LEAF_FACES if len(corners) >= FINE_MESH else LEAF_FACES
        boxes, links, order = build_tree(corners.min(1), corners.max(1), leaf)
        corners, counts, source = corners[order], counts[order], source[order]
        normals = np.ascontiguousarray(normals[source])
        lit: F32 = np.asarray(
            AMBIENT + DIRECTED * (normals @ np.array(LIGHT, np.float32)), np.float32
        )
        if scene.skin is None:
            colour, density, texture = _looks(scene, surface[source])
            wardrobe = Wardrobe.empty()
        else:
            colour, density = channels.tint[source], channels.density[source]
            texture = channels.picture[source]
            maps = channels.maps(source, triangles, corners, lit, sizes)
            wardrobe = Wardrobe(maps, pictures, texels)
        axis = np.abs(normals).argmax(1)
        return cls(
            boxes=boxes,
            links=links,
            corners=np.ascontiguousarray(corners),
            normals=normals,
            paint=np.column_stack([colour * lit[:, None], density]).astype(np.float32),
            tags=np.column_stack([counts, texture, axis, instance[source]]).astype(np.int32),
            closed=scene.skin is None if closed is None else closed,
            wardrobe=wardrobe,
        )

    def __len__(self) -> int:
        """How many faces there are to draw."""
        return len(self.corners)


def _looks(scene: Scene, surface: I64) -> tuple[F32, F32, I32]:
    """Colours (Q, 3), texels per metre and textures of faces of these surfaces."""
    texture = np.array([s.texture for s in scene.surfaces], np.int32)[surface]
    tint = np.array([s.colour for s in scene.surfaces], np.float32)[surface]
    colour: F32 = tint ** np.float32(1 / GAMMA)
    density: F32 = (np.float32(TEXELS) / np.array(TILE_METRES, np.float32))[texture]
    return colour, density, texture


def _check(scene: Scene) -> None:
    """Refuse what the kernels cannot draw."""
    wrong = ~np.isfinite(scene.triangles).all((1, 2))
    if wrong.any():
        raise SoundwalkError(
            f"triangle {int(wrong.argmax())} of {scene.name!r} has a corner that is not finite: "
            "remove or repair it"
        )
    for label, numbers, limit in (
        ("surface", scene.surface, len(scene.surfaces)),
        ("texture", np.array([s.texture for s in scene.surfaces], np.int64), len(TEXTURES)),
    ):
        bad = (numbers < 0) | (numbers >= limit)
        if bad.any():
            raise SoundwalkError(
                f"{label} {int(numbers[bad.argmax()])} of {scene.name!r} does not exist: "
                f"expected 0 to {limit - 1}"
            )
