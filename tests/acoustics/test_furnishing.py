"""Furniture takes out sound as EN 12354-6 says, and homes ring for as long as real ones do."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from soundwalk.envs.acoustics.statistics import face_areas, furniture_areas, room_statistics
from soundwalk.envs.interface import F64
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.scenes.scene import Box3, FloorPlan, Furniture, Scene


def furnished(box: Box3, alpha: float) -> tuple[F64, float]:
    """Absorption area per octave and bare area of one box of furniture."""
    plan = shoebox((5, 4, 2.6)).plan
    piece = Furniture("cabinet", 0, box, 0, 1, (box,))
    plan = FloorPlan(plan.rooms, furniture=(piece,))
    ((room, areas),) = furniture_areas(plan, np.full((1, 7), alpha))
    assert room == 0
    return areas[:-1], float(areas[-1])


def test_a_hard_cubic_metre_absorbs_a_square_metre() -> None:
    absorbed, bare = furnished((1.0, 1.0, 0.0, 2.0, 2.0, 1.0), 0.02)
    np.testing.assert_allclose(absorbed, 1.0)
    assert bare == 5.0


def test_a_soft_piece_absorbs_what_its_skin_does() -> None:
    absorbed, bare = furnished((1.0, 1.0, 0.0, 3.0, 1.9, 0.8), 0.7)
    np.testing.assert_allclose(absorbed, 0.7 * bare)


def test_no_piece_absorbs_more_than_reaches_its_skin() -> None:
    absorbed, bare = furnished((1.0, 1.0, 0.0, 1.1, 1.1, 0.05), 1.0)
    assert (absorbed <= bare + 1e-12).all()


def reverberation(scene: Scene) -> list[tuple[str, float]]:
    """Kind and Eyring RT60 at 1 kHz of every room, doors shut."""
    absorption = np.array([s.absorption for s in scene.surfaces])
    stats = room_statistics(scene.plan, absorption, furniture_areas(scene.plan, absorption))
    out = []
    for room, stat in zip(scene.plan.rooms, stats, strict=True):
        solid = np.maximum(face_areas(room) - stat.openings, 0.0)
        area = float((solid @ stat.absorption + stat.furniture)[3])
        mean = min(area / stat.surface, 0.99)
        out.append(
            (room.kind, 0.161 * room.area * room.height / (-stat.surface * np.log(1 - mean)))
        )
    return out


def test_furnished_rooms_ring_for_as_long_as_measured_homes_do() -> None:
    # Bedrooms and living rooms: Diaz and Pedrero, "The reverberation time of furnished rooms in
    # dwellings", Applied Acoustics 66 (2005); harder rooms ring longer, but not twice as long.
    times = defaultdict(list)
    for seed in range(30):
        for kind, seconds in reverberation(generate(seed=seed, rooms=5)):
            times[kind].append(seconds)
    for kind, low, high in (
        ("living_room", 0.3, 0.7),
        ("bedroom", 0.3, 0.7),
        ("kitchen", 0.4, 0.9),
        ("bathroom", 0.4, 1.1),
        ("hall", 0.5, 1.1),
    ):
        assert low <= np.mean(times[kind]) <= high, kind
