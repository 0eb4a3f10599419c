"""What was found out about a mesh, and what was done to it: for people to check."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Storey:
    """One floor of a building.

    Attributes:
        z: its height in the file's coordinates, turned up and in metres.
        area: m² of its largest part that an agent can reach all of.
        roofed: share of that part that has something above it.
    """

    z: float
    area: float
    roofed: float


@dataclass(frozen=True, slots=True)
class MeshReport:
    """How a mesh was understood.

    Attributes:
        file: name of the file.
        up: the file's axis that points up, and how that is known.
        unit: metres of the file's unit, and how that is known.
        size: metres along x, y and z, after turning.
        triangles: in the file, and in the scene.
        left_out: faces without area, or with a corner that is not finite.
        open_edges: edges that only one face has: the mesh is not closed there.
        crowded_edges: edges that more than two faces share: the mesh is not a manifold there.
        storeys: from below.
        storey: number of the one that is the floor.
        islands: m² of its parts that an agent cannot walk between, the largest first.
        island: number of the one that is the free space.
        materials: what each material or thing of the file is made of.
        missing: pictures that the file names and that are not there.
        notes: what else a user ought to know.
    """

    file: str
    up: str
    unit: str
    size: tuple[float, float, float]
    triangles: tuple[int, int]
    left_out: int
    open_edges: int
    crowded_edges: int
    storeys: tuple[Storey, ...]
    storey: int
    islands: tuple[float, ...]
    island: int
    materials: dict[str, str]
    missing: tuple[str, ...]
    notes: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As plain values, for tables and JSON."""
        return asdict(self)
