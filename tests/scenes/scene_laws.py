"""What holds in every home, each law by a method the generator does not use."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from soundwalk.envs.interface import AGENT_RADIUS, F64, I64
from soundwalk.envs.scenes import Scene

PASSAGE = 2 * AGENT_RADIUS + 0.10


def air(scene: Scene) -> BaseGeometry:
    """Rooms and door tunnels, seen from above."""
    boxes = [room.box for room in scene.plan.rooms] + [door.box for door in scene.plan.doors]
    return shapely.union_all([shapely.box(*box) for box in boxes])


def free_space(scene: Scene) -> BaseGeometry:
    """Air without obstacles."""
    return air(scene).difference(shapely.union_all([shapely.box(*b) for b in scene.obstacles]))


def navigable(scene: Scene, radius: float = AGENT_RADIUS) -> BaseGeometry:
    """Where the centre of a disc can be."""
    return free_space(scene).buffer(-radius, quad_segs=16)


def check_passages(scene: Scene) -> None:
    """One connected space in every room, and no way in that is narrower than PASSAGE.

    Wherever the agent's disc fits, a disc of the width of a passage fits too, up to the corner
    that a wider round disc leaves: 5 cm x sqrt(2).
    """
    space = navigable(scene)
    assert isinstance(space, shapely.Polygon), f"{scene.name}: {len(space.geoms)} separate parts"
    wide = navigable(scene, PASSAGE / 2 - 0.001)
    assert isinstance(wide, shapely.Polygon), f"{scene.name}: a passage narrower than {PASSAGE}"
    left_over = space.difference(wide.buffer(0.05 * 2**0.5 + 0.012))
    assert left_over.area < 1e-6, f"{scene.name}: {left_over.wkt[:200]}"
    for room in scene.plan.rooms:
        share = space.intersection(shapely.box(*room.box)).area / room.area
        assert share > 0.2, f"{scene.name}: {room.kind} has {share:.2f} of its floor left"


def check_objects(scene: Scene) -> None:
    """Sound leaves its body into the air of its room, near a place where the agent can stand."""
    space = navigable(scene)
    low, high = scene.triangles.min(1).astype(float), scene.triangles.max(1).astype(float)
    for thing in scene.plan.objects:
        label = f"{scene.name}: {thing.category} at {thing.position}"
        point = np.array(thing.position)
        assert scene.plan.rooms[thing.room].contains(*thing.position[:2], margin=0.05), label
        assert 0.2 <= point[2] <= 2.2, label
        gap = np.maximum(np.maximum(low - point, point - high), 0)
        assert np.linalg.norm(gap, axis=1).min() >= 0.05 - 1e-6, label
        assert space.distance(shapely.Point(*thing.position[:2])) <= 0.6, label
        assert (scene.instance == thing.instance).sum() >= 8, label


def cast(scene: Scene, origins: F64, directions: F64) -> tuple[F64, I64]:
    """Nearest hits by Möller and Trumbore (1997): (R,) distance, inf if none, and (R,) triangle."""
    corners = scene.triangles.astype(np.float64)
    a, edge1, edge2 = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(directions[:, None], edge2)  # (R, F, 3)
    determinant = (p * edge1).sum(-1)
    inverse = 1.0 / np.where(np.abs(determinant) < 1e-12, np.inf, determinant)
    offset = origins[:, None] - a
    u = (offset * p).sum(-1) * inverse
    q = np.cross(offset, edge1)
    v = (q * directions[:, None]).sum(-1) * inverse
    t = (q * edge2).sum(-1) * inverse
    slack = 1e-9
    hit = (u >= -slack) & (v >= -slack) & (u + v <= 1 + slack) & (t > 1e-9)
    hit &= np.abs(determinant) >= 1e-12
    distance = np.where(hit, t, np.inf)
    nearest = distance.argmin(1)
    return distance[np.arange(len(origins)), nearest], nearest


def check_rays(scene: Scene, rays: int, seed: int = 0) -> None:
    """From where an agent can look, every ray ends on the air side of a surface."""
    rng = np.random.default_rng(seed)
    space = navigable(scene)
    x0, y0, x1, y1 = scene.plan.bounds
    spots = rng.uniform((x0, y0), (x1, y1), (rays * 8, 2))
    spots = spots[shapely.contains_xy(space, spots[:, 0], spots[:, 1])][:rays]
    origins = np.column_stack([spots, rng.uniform(0.1, 2.0, len(spots))])
    origins[:, 2] = np.where(rng.random(len(spots)) < 0.5, 1.25, origins[:, 2])
    directions = rng.normal(size=origins.shape)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for block in np.array_split(np.arange(len(origins)), max(1, len(origins) // 64)):
        distance, triangle = cast(scene, origins[block], directions[block])
        assert np.isfinite(distance).all(), f"{scene.name}: a ray leaves the home"
        corners = scene.triangles[triangle].astype(float)
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        facing = (normal * directions[block]).sum(1)
        assert (facing < 0).all(), f"{scene.name}: a ray meets the back of a surface"
