"""What a home is: triangles for the eye, surfaces for the ear, and a plan for both and the feet.

A scene is plain data. Rooms are axis-aligned boxes whose faces are *inner* faces; walls fill the
gaps between rooms; a door is the open tunnel through such a wall. Furniture and sounding objects
are made of axis-aligned boxes or small meshes that stay inside their room.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..interface import AGENT_HEIGHT, F32, F64, I32, SoundwalkError
from .freespace import FreeSpace
from .skin import Skin

OCTAVES = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)  # Hz, centres of acoustic tables

# Procedural textures by index; the renderer paints them, scenes choose them.
TEXTURES = (
    "plain", "planks", "tiles", "carpet", "plaster", "fabric", "brick", "marble", "metal", "screen",
    "leaves", "grille",
)  # fmt: skip

Box2 = tuple[float, float, float, float]  # x0, y0, x1, y1
Box3 = tuple[float, float, float, float, float, float]  # x0, y0, z0, x1, y1, z1
Point3 = tuple[float, float, float]

LEAF = 0.04  # m, thickness of a door's leaf
BESIDE = 1.5  # m beside the boxes that stand for the rooms of a place known by its raster

# The order of a room's six faces, wherever faces are listed.
WEST, EAST, SOUTH, NORTH, FLOOR, CEILING = range(6)


@dataclass(frozen=True, slots=True)
class Surface:
    """A material, as seen and as heard.

    Attributes:
        name: what it is, e.g. "plasterboard".
        absorption: energy absorption coefficient at each of OCTAVES, 0 to 1.
        scattering: share of the reflected energy that is diffuse at each of OCTAVES, 0 to 1.
        transmission: share of the incident energy that a whole wall (floor, pane, leaf) of this
            make lets through at each of OCTAVES. It is not reflected, so it is part of absorption.
            A wall with two different faces lets through the geometric mean of both.
        colour: linear tint, three values 0 to 1, multiplied with the texture.
        texture: index into TEXTURES.
    """

    name: str
    absorption: tuple[float, ...]
    scattering: tuple[float, ...] = (0.1,) * len(OCTAVES)
    colour: tuple[float, float, float] = (0.8, 0.8, 0.8)
    texture: int = 0
    transmission: tuple[float, ...] = (0.0,) * len(OCTAVES)

    def __post_init__(self) -> None:
        """Check every coefficient.

        Raises:
            SoundwalkError: not one per octave, outside 0 to 1, or more let through than absorbed.
        """
        for label in ("absorption", "scattering", "transmission"):
            values = getattr(self, label)
            if len(values) != len(OCTAVES):
                raise SoundwalkError(
                    f"{label} of {self.name!r} has {len(values)} values: "
                    f"expected {len(OCTAVES)}, one per octave from 125 to 8000 Hz"
                )
            for value in values:
                if not 0 <= value <= 1:
                    raise SoundwalkError(
                        f"{label} of {self.name!r} holds {value:g}: expected 0 to 1, "
                        "a share of the energy"
                    )
        for lost, through in zip(self.absorption, self.transmission, strict=True):
            if through > lost + 1e-9:
                raise SoundwalkError(
                    f"{self.name!r} lets {through:g} through but absorbs {lost:g}: what passes is "
                    "not reflected, so absorption must be at least transmission"
                )


@dataclass(frozen=True, slots=True)
class Room:
    """An axis-aligned box of air. `surfaces` indexes Scene.surfaces in the order WEST … CEILING."""

    kind: str
    box: Box2
    height: float
    surfaces: tuple[int, int, int, int, int, int]

    @property
    def area(self) -> float:
        """Floor area in square metres."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])

    def contains(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Whether (x, y) lies at least `margin` metres inside."""
        x0, y0, x1, y1 = self.box
        return x0 + margin <= x <= x1 - margin and y0 + margin <= y <= y1 - margin


@dataclass(frozen=True, slots=True)
class Door:
    """A tunnel through the wall between two rooms, open or closed by a leaf.

    Without thickness it is a joint: the rooms touch there and sound and feet pass freely.

    Attributes:
        rooms: indices of the rooms it joins; the first lies on the lower side along `axis`.
        box: the tunnel seen from above; along `axis` it spans the wall's thickness exactly.
        height: of the opening; above it is the lintel.
        axis: 0 if one walks through along x, 1 if along y.
        open: whether nothing but air is in it. `set_doors` opens and closes.
        leaf: surface of its leaf, index into Scene.surfaces; -1 if it has none yet.
    """

    rooms: tuple[int, int]
    box: Box2
    height: float
    axis: int
    open: bool = True
    leaf: int = -1

    @property
    def thickness(self) -> float:
        """Of the wall it goes through, metres; 0 for a joint."""
        return self.box[self.axis + 2] - self.box[self.axis]

    @property
    def width(self) -> float:
        """Clear width in metres."""
        return self.box[3] - self.box[1] if self.axis == 0 else self.box[2] - self.box[0]


@dataclass(frozen=True, slots=True)
class Window:
    """A pane in an outer wall: `face` is WEST … NORTH of its room, `box` spans it in 3-D (flat)."""

    room: int
    face: int
    box: Box3


@dataclass(frozen=True, slots=True)
class Furniture:
    """One piece: its bounding box, main surface, and instance id; `parts` are its solid boxes."""

    kind: str
    room: int
    box: Box3
    surface: int
    instance: int
    parts: tuple[Box3, ...]


@dataclass(frozen=True, slots=True)
class SoundingObject:
    """A body that can sound: its category (CATEGORIES), its box, and where sound leaves it."""

    category: str
    room: int
    position: Point3
    box: Box3
    instance: int


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """Where everything is, for the feet and the ears."""

    rooms: tuple[Room, ...]
    doors: tuple[Door, ...] = ()
    windows: tuple[Window, ...] = ()
    furniture: tuple[Furniture, ...] = ()
    objects: tuple[SoundingObject, ...] = ()

    def room_at(self, x: float, y: float) -> int:
        """Index of the room (or, in a door tunnel, of the room it opens from) at (x, y).

        Raises:
            SoundwalkError: the point lies in a wall or outside the home.
        """
        for index, room in enumerate(self.rooms):
            if room.contains(x, y):
                return index
        for door in self.doors:
            x0, y0, x1, y1 = door.box
            if x0 <= x <= x1 and y0 <= y <= y1:
                middle = (x0 + x1) / 2 if door.axis == 0 else (y0 + y1) / 2
                beyond = (x if door.axis == 0 else y) - middle
                if not door.open and abs(beyond) < LEAF / 2:
                    raise SoundwalkError(
                        f"the point ({x:.2f}, {y:.2f}) lies inside the leaf of a closed door: "
                        "give a point in a room, or open the door with set_doors"
                    )
                return door.rooms[int(beyond > 0)]
        raise SoundwalkError(
            f"the point ({x:.2f}, {y:.2f}) lies inside a wall or outside the home: "
            f"give a point inside a room; `soundwalk info --scene … --png plan.png` draws them"
        )

    @property
    def bounds(self) -> Box2:
        """The smallest rectangle around all rooms."""
        boxes = np.array([room.box for room in self.rooms])
        low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


@dataclass(frozen=True)
class Scene:
    """A home: geometry, surfaces, and plan.

    Attributes:
        triangles: (F, 3, 3) float32, corners counter-clockwise seen from the air side.
        surface: (F,) int32, index into `surfaces`.
        instance: (F,) int32; 0 is the shell, furniture and objects count from 1.
        surfaces: the materials used.
        plan: rooms, doors, furniture, objects.
        obstacles: (K, 4) float64 rectangles x0, y0, x1, y1 that stop an agent: wall pieces (the
            complement of rooms and doors, outer walls included) and the footprints of everything
            that reaches into the agent's height. They may touch or overlap.
        seed: the generator's seed, or -1 for scenes from elsewhere.
        free: where the floor is free, for scenes known by their geometry: agents then walk in this
            raster. None where `obstacles` are exact: generated homes, shoeboxes, plans of boxes.
        skin: how faces look where pictures or colours came with them. Faces of a scene with a skin
            may turn either way: they are drawn from both sides.
    """

    triangles: F32
    surface: I32
    instance: I32
    surfaces: tuple[Surface, ...]
    plan: FloorPlan
    obstacles: F64
    seed: int = -1
    name: str = field(default="scene")
    free: FreeSpace | None = None
    skin: Skin | None = None

    def room_at(self, x: float, y: float) -> int:
        """As `FloorPlan.room_at`, for points beside the boxes, too, if the scene has a raster.

        Boxes cannot always follow the walls of such places: up to BESIDE metres beside them the
        nearest counts.

        Raises:
            SoundwalkError: the point lies in a wall or outside the home.
        """
        try:
            return self.plan.room_at(x, y)
        except SoundwalkError:
            boxes = np.array([room.box for room in self.plan.rooms])
            gaps = np.maximum(np.maximum(boxes[:, :2] - (x, y), (x, y) - boxes[:, 2:]), 0.0)
            away = np.hypot(gaps[:, 0], gaps[:, 1])
            if self.free is None or away.min() > BESIDE:
                raise
            return int(away.argmin())

    def __post_init__(self) -> None:
        """Check that the arrays belong together."""
        faces = len(self.triangles)
        if self.triangles.shape != (faces, 3, 3) or self.triangles.dtype != np.float32:
            raise SoundwalkError(
                f"triangles has shape {self.triangles.shape} and type {self.triangles.dtype}: "
                "expected (F, 3, 3) float32"
            )
        for label in ("surface", "instance"):
            array = getattr(self, label)
            if array.shape != (faces,):
                raise SoundwalkError(f"{label} has shape {array.shape}: expected ({faces},)")
        if self.skin is not None and len(self.skin) != faces:
            raise SoundwalkError(f"the skin dresses {len(self.skin)} faces: expected {faces}")
        if not self.plan.rooms:
            raise SoundwalkError("a scene needs at least one room; plan.rooms is empty")
        for index, door in enumerate(self.plan.doors):
            if not door.open and not 0 <= door.leaf < len(self.surfaces):
                raise SoundwalkError(
                    f"door {index} is closed but its leaf is {door.leaf}: "
                    "close doors with set_doors, which makes the leaf"
                )


def blocks_agent(box: Box3) -> bool:
    """Whether a solid box reaches into the height of an agent (a rug or a lamp does not)."""
    return box[2] < AGENT_HEIGHT and box[5] > 0.05
