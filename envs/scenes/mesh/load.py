"""From a mesh in a file to a scene that agents can walk in, see and hear."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...interface import AGENT_HEIGHT, AGENT_RADIUS, F64, I32, SoundwalkError
from ..scene import Scene, Surface
from ..segment import plan_from_free, wall_angle
from .cleaning import cleaned, edge_counts
from .finishing import finished
from .frame import find_frame
from .naming import Naming
from .reading import GAMMA, read_mesh
from .reducing import reduced
from .report import MeshReport, Storey
from .soup import Soup
from .standing import Stand, free_space
from .storeys import Body, Building, find_storeys, main_storey
from .things import with_things

ALIGNED = 0.02  # radians, walls that are no farther from the axes are left as they are
STEP = 0.05  # m; what is no higher is stepped over, as in generated homes


@dataclass(frozen=True, slots=True)
class MeshOptions:
    """How to read a mesh.

    Attributes:
        up: the file's axis that points up: "auto", x, y, z, -x, -y or -z.
        unit: of the file: "auto", m, cm, mm, inch, ft, or metres.
        triangles: at most so many are kept.
        materials: a YAML file of materials, or what would be in it; see `Naming`.
        level: number of the storey to stand on, 0 is the lowest; None takes the largest that has a
            roof.
        island: number of its part to walk in, 0 is the largest.
        height: of the agent, m.
        radius: of the agent, m.
        step: height in metres that the agent steps over.
    """

    up: str = "auto"
    unit: str | float = "auto"
    triangles: int = 200_000
    materials: str | Path | Mapping[str, Any] | None = None
    level: int | None = None
    island: int = 0
    height: float = AGENT_HEIGHT
    radius: float = AGENT_RADIUS
    step: float = STEP

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            SoundwalkError: one is not positive.
        """
        for label in ("triangles", "height", "radius", "step"):
            value = getattr(self, label)
            if not 0 < value < float("inf"):
                raise SoundwalkError(f"{label}={value!r}: expected a positive number")


def load_mesh(path: str | Path, **options: Any) -> Scene:
    """A scene from a .glb, .gltf, .obj, .ply, .dae or .stl file.

    Args:
        path: the file.
        options: see `MeshOptions`.

    Returns:
        The scene: z is 0 on the chosen floor, `free` says where an agent can stand.

    Raises:
        SoundwalkError: a file that cannot be read or is no home, no floor, or an option that does
            not fit it.
    """
    return import_mesh(path, MeshOptions(**options))[0]


def import_mesh(path: str | Path, options: MeshOptions | None = None) -> tuple[Scene, MeshReport]:
    """As `load_mesh`, with a report of what was found.

    A guess at the up axis or the unit, and pictures that are missing, are warned of.

    Raises:
        SoundwalkError: see `load_mesh`.
    """
    options, file = options or MeshOptions(), Path(path)
    naming = Naming.of(options.materials)
    raw, missing = read_mesh(file)
    if missing:
        warnings.warn(
            f"{file.name} names {len(missing)} files that are not there: {', '.join(missing[:20])};"
            " its faces show their plain colours",
            stacklevel=2,
        )
    whole, left_out, notes = cleaned(raw, file)
    frame = find_frame(whole, file, options.up, options.unit)
    for note in frame.notes:
        warnings.warn(f"{file.name}: {note}", stacklevel=2)
    soup = frame.apply(whole)
    open_edges, crowded = edge_counts(soup)
    soup = reduced(soup, options.triangles)
    body = Body(options.height, options.radius, options.step)
    building, storeys, level = _storeys(soup, body, options.level, file)
    z = storeys[level].z
    soup = soup.moved(np.eye(3), np.array([0.0, 0.0, -z]))
    soup, building, stand, angle = _aligned(soup, building.turned, options.island, body)
    scene, made_of = _scene(soup, stand, naming, file)
    if angle:
        notes += (f"walls stood at {np.rad2deg(angle):.1f} degrees to the axes: turned back",)
    if building.turned:
        notes += (
            "nowhere does a floor look up and have a roof: faces were taken to look both ways",
        )
    report = MeshReport(
        file=file.name,
        up=f"{frame.up} ({frame.up_by})",
        unit=f"{frame.unit:g} m ({frame.unit_by})",
        size=_size(soup.corners),
        triangles=(len(raw), len(soup)),
        left_out=left_out,
        open_edges=open_edges,
        crowded_edges=crowded,
        storeys=storeys,
        storey=level,
        islands=stand.islands,
        island=options.island,
        materials=made_of,
        missing=missing,
        notes=notes + frame.notes,
    )
    return scene, report


def _aligned(
    soup: Soup, turned: bool, island: int, body: Body
) -> tuple[Soup, Building, Stand, float]:
    """The soup turned so that its walls run along the axes, with its free space, and the angle."""
    building = Building.of(soup.corners, turned=turned)
    stand = free_space(building, 0.0, island, body)
    assert stand.free.air is not None  # as `free_space` makes it
    angle = wall_angle(stand.free.air)
    if abs(angle) < ALIGNED:
        return soup, building, stand, 0.0
    c, s = np.cos(angle), np.sin(angle)
    soup = soup.moved(np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]))
    building = Building.of(soup.corners, turned=turned)
    return soup, building, free_space(building, 0.0, island, body), angle


def _size(corners: F64) -> tuple[float, float, float]:
    x, y, z = np.ptp(corners.reshape(-1, 3), axis=0)
    return round(float(x), 3), round(float(y), 3), round(float(z), 3)


def _standable(soup: Soup, body: Body) -> tuple[Building, tuple[Storey, ...]]:
    """The building and its storeys; faces look both ways if only so a floor has a roof over it."""
    building = Building.of(soup.corners)
    storeys = find_storeys(building, body)
    if any(storey.roofed > 0.5 for storey in storeys):
        return building, storeys
    both = Building.of(soup.corners, turned=True)
    more = find_storeys(both, body)
    largest = max((storey.area for storey in storeys), default=0.0)
    if any(storey.roofed > 0.5 and storey.area > largest / 2 for storey in more) or not storeys:
        return both, more
    return building, storeys


def _storeys(
    soup: Soup, body: Body, level: int | None, path: Path
) -> tuple[Building, tuple[Storey, ...], int]:
    """The building, its storeys, and which of them is wanted."""
    building, storeys = _standable(soup, body)
    if not storeys:
        size = " x ".join(f"{v:g}" for v in _size(soup.corners))
        raise SoundwalkError(
            f"no floor was found in {str(path)!r} ({size} m): nowhere is there 1 m² that looks up, "
            f"with {body.height:g} m of headroom, for an agent of radius {body.radius:g} m; give "
            "up= and unit= if they were taken wrongly"
        )
    if level is None:
        return building, storeys, main_storey(storeys)
    if not 0 <= level < len(storeys):
        listed = ", ".join(f"{k}: {s.z:g} m, {s.area:g} m²" for k, s in enumerate(storeys))
        raise SoundwalkError(f"level {level} does not exist: the storeys are {listed}")
    return building, storeys, level


def _scene(soup: Soup, stand: Stand, naming: Naming, path: Path) -> tuple[Scene, dict[str, str]]:
    """The scene, and what each material of the file is made of."""
    surfaces, surface, made_of = _surfaces(soup, naming)
    scene = Scene(
        np.ascontiguousarray(soup.corners.astype(np.float32)),
        surface,
        (soup.node + (len(soup.nodes) > 1)).astype(np.int32),
        surfaces,
        plan_from_free(stand.free),
        stand.free.surfaces()[0],
        name=path.name,
        free=stand.free,
        skin=soup.skin,
    )
    return finished(with_things(scene, soup)), made_of


def _surfaces(soup: Soup, naming: Naming) -> tuple[tuple[Surface, ...], I32, dict[str, str]]:
    """Surfaces in the mean colour of their faces, each face's, and the surface of each name."""
    pairs, pair = np.unique(soup.material * len(soup.nodes) + soup.node, return_inverse=True)
    used: dict[str, int] = {}
    made: list[Surface] = []
    made_of: dict[str, str] = {}
    number = []
    for value in pairs:
        name, thing = soup.materials[value // len(soup.nodes)], soup.nodes[value % len(soup.nodes)]
        found = naming.surface(name, thing.name)
        if found.name not in used:
            used[found.name] = len(made)
            made.append(found)
        number.append(used[found.name])
        made_of.setdefault(name or thing.name, found.name)
    surface = np.array(number, np.int32)[pair]
    shown = soup.skin.colours.mean(1) / 255  # (F, 3)
    for k, entry in enumerate(made):
        linear = shown[surface == k].mean(0) ** GAMMA
        red, green, blue = (round(float(v), 4) for v in linear)
        made[k] = replace(entry, colour=(red, green, blue), texture=0)
    return tuple(made), surface, made_of
